/* flow_in.h - what one data record of an exporter says, in the columns that the engine counts.
 *
 * Every telemetry format decodes into this value: NetFlow and IPFIX through compiled templates, sFlow
 * flow samples, flows over ZMQ as JSON or TLV. Counters are as they were sent, never multiplied;
 * what one packet stands for is said beside them. Elements that have no column stay in the raw
 * record, which is borrowed, and are shown from there (element.h).
 */
#ifndef WEIR_CODEC_FLOW_IN_H
#define WEIR_CODEC_FLOW_IN_H

#include "base/clock.h"
#include "model/record.h"

struct exporter;

enum flow_in_kind {
    FLOW_IN_FLOW,  /* traffic to be counted */
    FLOW_IN_EVENT, /* firewall or NAT event (NSEL, NEL): a flow's life; counters only where told */
    FLOW_IN_MESSAGE, /* no traffic at all: log lines, registry transactions; shown with all fields */
    FLOW_IN_OPTIONS, /* options data: only for --records and tests, the collector has used it */
    FLOW_IN_SAMPLE /* a piece of a packet, which goes to collector_ops.frame; only for --records */
};

/* Bits of flow_in.flags. */
enum {
    FLOW_IN_REVERSE = 1,    /* [1] of the counters was sent: biflow, OUT_*, responder */
    FLOW_IN_TOTALS = 2,     /* counters since the flow began, not since the last record */
    FLOW_IN_HAS_TIMES = 4,  /* first and last were sent; else both are the export time */
    FLOW_IN_CLAMPED = 8,    /* a time was impossible and was moved (rule B09) */
    FLOW_IN_INITIATOR = 16, /* src is known to be the client (initiator elements, biflow source) */
    /* A part of a total that is still to come, which will count for the rest alone. */
    FLOW_IN_PART = 32,
    /* With FLOW_IN_TOTALS: the connection's last; a later total is of the next one. */
    FLOW_IN_FINAL = 64,
    FLOW_IN_APP = 128 /* l7_* was told, 0 being: detection did not recognise it */
};

/* What a probe's detection has found beside the application; for few flows. */
struct flow_in_names {
    uint64_t risk;
    uint16_t tls_version, tls_cipher, http_code, dns_type, dns_code;
    struct tail tail;
};

/* The record as it came: fields in the template's order. Borrowed until the callback returns. */
struct flow_in_raw {
    const struct template *layout; /* NULL: not from a template; then fields come by `each` */
    const uint8_t *bytes;
    size_t len;
    /* Calls back once per field for formats without a template; context is the codec's. */
    void (*each)(const void *context,
                 void (*field)(void *to, const char *name, uint32_t pen, uint16_t id,
                               const uint8_t *value, size_t len, bool is_text),
                 void *to);
    const void *context;
};

/* Index 0: src to dst, index 1: dst to src. */
struct flow_in {
    struct addr src, dst;
    nsec_t first, last;
    nsec_t exported; /* the message's own time, else when it was received */
    uint64_t bytes[2], packets[2];
    uint16_t src_port, dst_port;
    uint8_t proto, version; /* IP version 4 or 6, 0 when there is no address */
    uint8_t kind;           /* enum flow_in_kind */
    uint8_t flags;
    uint8_t tcp_flags[2];
    uint8_t tos[2];
    uint8_t ttl[2];
    uint8_t end_reason; /* flowEndReason, 0 = not said */
    uint8_t direction;  /* flowDirection + 1: 1 ingress, 2 egress, 0 = not said */
    uint16_t icmp;      /* type << 8 | code */
    uint16_t vlan, vlan_out, vlan_inner;
    uint8_t src_mask, dst_mask;
    uint8_t sampling_source; /* enum sampling_source */
    uint8_t firewall_event;  /* element 233, 0 = none */
    uint32_t sampling;       /* one packet stands for so many; 1 .. 2^24 */
    uint32_t in_if, out_if;  /* SNMP ifIndex as sent */
    uint32_t src_as, dst_as;
    uint32_t domain;  /* observation domain, source id or sFlow sub-agent */
    uint32_t vrf[2];  /* ingress, egress */
    uint32_t mpls[3]; /* labels without TTL, outermost first */
    struct addr next_hop, bgp_next_hop;
    struct addr nat_src, nat_dst;
    uint16_t nat_src_port, nat_dst_port;
    struct mac src_mac, dst_mac;
    uint32_t min_len[2], max_len[2];
    uint16_t l7_master, l7_app; /* ntop's L7_PROTO; both 0 = not said, but for FLOW_IN_APP */
    uint8_t confidence;         /* enum confidence of it, CONFIDENCE_NONE = not said */
    uint64_t flow_id;           /* what the exporter calls the flow, 0 = not said */
    uint32_t client_us, server_us, appl_us; /* latencies, 0 = not said */
    uint32_t retrans[2], ooo[2];
    const struct flow_in_names *names; /* NULL = none; borrowed until the callback returns */
    const struct exporter *exporter;   /* who sent it; lives until the callback returns */
    struct flow_in_raw raw;
};

#endif
