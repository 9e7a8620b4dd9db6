/* flow_out.h - records as NetFlow v5, NetFlow v9 or IPFIX messages.
 *
 * One of them speaks to one collector and belongs to one thread. It fills a message with records and
 * hands it over when it is full or when told to; templates go out first, again after some time and
 * after some messages. It never asks the clock.
 */
#ifndef WEIR_CODEC_FLOW_OUT_H
#define WEIR_CODEC_FLOW_OUT_H

#include "codec/export_template.h"

enum flow_format { FLOW_NETFLOW5 = 5, FLOW_NETFLOW9 = 9, FLOW_IPFIX = 10 };

enum {
    FLOW_OUT_MTU = 1420,   /* payload of a datagram that passes most tunnels unbroken */
    FLOW_OUT_LEAST = 512,  /* what --export-mtu may ask for at least */
    FLOW_OUT_MOST = 65000, /* and at most; also what a stream's message has room for */
};

struct flow_out_config {
    enum flow_format format;
    const struct export_template *template; /* borrowed; NULL: the default one */
    bool biflow;               /* one record tells both directions (RFC 5103; OUT_ in v9) */
    uint32_t domain;           /* observation domain, source id; v5: engine id, lowest 8 bits */
    size_t mtu;                /* bytes of a message; 0 = FLOW_OUT_MTU */
    nsec_t boot;               /* when uptime began; 0 = a day before the first record */
    nsec_t template_every;     /* 0 = once per session */
    unsigned template_packets; /* and after so many messages; 0 = not by number */
};

/* Takes one whole message, in which the last of `told` records ended. */
typedef void flow_send(void *to, const uint8_t *bytes, size_t len, unsigned told);

struct flow_out;

/* NULL with a sentence when the template has no field that this format can carry, is too long for a
 * message, or memory is out. to is borrowed. */
struct flow_out *flow_out_new(const struct flow_out_config *config, flow_send *send, void *to,
                              struct err *e);
void flow_out_free(struct flow_out *o);

/* Adds a record; messages that become full are sent. False when the format cannot carry it (v5 and
 * IPv6): then nothing was added. now is the export time of what is sent. */
bool flow_out_add(struct flow_out *o, const struct record *r, nsec_t now);

/* Sends what is waiting. */
void flow_out_flush(struct flow_out *o, nsec_t now);

/* A new transport session: what waits is forgotten, sequence numbers begin again, templates go out
 * first. Returns the records forgotten. */
unsigned flow_out_restart(struct flow_out *o);

/* Names of the template that have no number and were left out, by comma; "" = none. */
const char *flow_out_left_out(const struct flow_out *o);

#endif
