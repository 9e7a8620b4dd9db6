/* zmq_topics.h - what probes tell beside flows: how they are, counters, and names of all kinds.
 *
 *   event        {"iface":{"name":...},"probe":{"version":...},"time":s,"drops":{...}}   each few seconds
 *   counter      {"deviceIP":n,"ifIndex":3,"ifName":"Gi0/3","ifInOctets":1,...}
 *   template     [{"PEN":0,"field":1,"name":"IN_BYTES",...}]                   what a number is called
 *   option       {"PEN":8741,"field":22,"value":1,"map":{"name":"Skype"}}      what its value is called
 *   snmp-ifaces  {"192.168.2.169":{"3":"Gi0/3"}}                               interfaces of exporters
 *
 * All read one record whose fields come by raw.each, nested ones as "OUTER.INNER". Any thread.
 */
#ifndef WEIR_CODEC_ZMQ_TOPICS_H
#define WEIR_CODEC_ZMQ_TOPICS_H

#include "codec/collector.h"
#include "codec/flow_keys.h"

/* How a probe is. Totals are since it started. */
struct zmq_status {
    char name[64], version[32]; /* of what it watches, of itself; "" = not told */
    nsec_t time;                /* its clock, whole seconds; 0 = not told */
    uint64_t dropped_packets;   /* that it did not see */
    uint64_t dropped_flows;     /* that it did not send, for any reason */
};

/* False when the record is no probe's report about itself but an event of another kind. */
bool zmq_status_read(const struct flow_in_raw *raw, struct zmq_status *s);

/* Fills c (not its exporter) and the device's address. */
void zmq_counters_read(const struct flow_in_raw *raw, struct interface_counters *c,
                       struct addr *device);

/* Calls back for each interface with a name; text is borrowed and does not end. */
void zmq_interfaces_read(const struct flow_in_raw *raw,
                         void (*told)(void *to, const struct addr *device, uint32_t index,
                                      const uint8_t *text, size_t len),
                         void *to);

/* Learns a name for an element, or with "value" for one of its values. False when it tells none. */
bool zmq_name_read(const struct flow_in_raw *raw, struct flow_told_names *names);

#endif
