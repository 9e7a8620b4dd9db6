/* sflow.h - what an sFlow agent sent (versions 2, 4 and 5): sampled packets, drops, counters.
 *
 * A pure decoder: bytes in, callbacks out; no state, no clock, nothing is multiplied. Whoever calls
 * keeps the sequence numbers (loss) and knows the agent. sflow.org/sflow_version_5.txt, RFC 3176.
 */
#ifndef WEIR_CODEC_SFLOW_H
#define WEIR_CODEC_SFLOW_H

#include "codec/collector.h"

enum { SFLOW_LABELS = 8, SFLOW_PATH = 32, SFLOW_COMMUNITIES = 32 };

/* The datagram's own words. */
struct sflow_head {
    uint32_t version; /* 2, 4 or 5 */
    struct addr agent;
    uint32_t sub_agent; /* 0 before version 5 */
    uint32_t sequence;  /* of datagrams of this sub-agent */
    uint32_t uptime_ms;
    uint32_t samples; /* as claimed */
};

/* How an interface number is to be read. */
enum sflow_interface {
    SFLOW_IF_INDEX,     /* an ifIndex; 0 = unknown */
    SFLOW_IF_DISCARDED, /* value is the reason: the packet was not sent anywhere */
    SFLOW_IF_MULTIPLE,  /* value is the number of interfaces that the packet left by, 0 = unknown */
    SFLOW_IF_RESERVED
};

/* Borrowed text of a datagram, not terminated; at NULL = absent. */
struct sflow_text {
    const uint8_t *at;
    size_t len;
};

/* Who carried the packet from where to where, as BGP at the agent knows it. */
struct sflow_gateway {
    bool is_present;
    uint32_t as, src_as, src_peer_as, local_pref;
    uint32_t path[SFLOW_PATH]; /* towards the destination; a set stands as its members */
    uint32_t communities[SFLOW_COMMUNITIES];
    unsigned path_len, communities_len; /* entries above; more are not kept */
};

/* Addresses of a tunnel's outer header (records 1023 to 1026), and its number. */
struct sflow_tunnel {
    bool is_present;
    struct addr src, dst;
    uint32_t vni; /* records 1029, 1030 */
};

/* One flow sample. Everything borrows the datagram until the callback returns. */
struct sflow_sample {
    const struct sflow_head *head;
    uint32_t sequence; /* of samples of this source */
    uint32_t source_type, source_index;
    uint32_t rate; /* one packet in so many was sampled; as sent, 0 stays 0 */
    uint32_t pool; /* packets that could have been sampled, since the agent began */
    uint32_t drops;
    uint32_t in_format, in_value; /* enum sflow_interface and what belongs to it */
    uint32_t out_format, out_value;
    bool is_discard;         /* a discarded-packet sample: no rate, each packet is told */
    uint32_t discard_reason; /* of a discarded packet: ICMP unreachable codes, then 256 and up */
    bool has_frame;
    uint32_t header_protocol; /* as sent */
    uint32_t stripped;        /* bytes that the agent took off before (check sum, tags) */
    struct frame frame;       /* with has_frame; ts is not set */
    /* With sampled Ethernet, IPv4 or IPv6 instead of a frame it holds the packet's columns and
     * has_columns is set; what switch, router, gateway, MPLS and NAT records say stands here anyway. */
    bool has_columns;
    struct flow_in flow;
    struct sflow_gateway gateway;
    struct sflow_tunnel tunnel[2]; /* ingress, egress */
    struct sflow_text src_user, dst_user, url, host;
    unsigned url_direction;   /* 1 source is the server, 2 destination is */
    unsigned unknown_records; /* skipped by their length */
};

/* Counters of one counter sample. */
struct sflow_counters {
    const struct sflow_head *head;
    uint32_t sequence, source_type, source_index;
    bool has_interface;
    struct interface_counters interface; /* exporter and at are the caller's */
    bool has_ethernet;
    uint32_t ethernet[13]; /* dot3Stats in the order of the format */
    bool has_vlan;
    uint32_t vlan_id;
    uint64_t vlan_octets;
    uint32_t vlan_packets[3]; /* unicast, multicast, broadcast */
    uint32_t vlan_discards;
    bool has_processor;
    uint32_t cpu_permyriad[3]; /* hundredths of a percent over 5 s, 1 min, 5 min */
    uint64_t memory_total, memory_free;
    unsigned unknown_records;
};

/* Why something could not be read. */
enum sflow_fault {
    SFLOW_SHORT_HEADER,   /* no room for the datagram's head */
    SFLOW_BAD_VERSION,    /* none of 2, 4, 5 */
    SFLOW_BAD_ADDRESS,    /* agent is neither IPv4 nor IPv6 */
    SFLOW_SAMPLES_CUT,    /* fewer samples than claimed */
    SFLOW_SAMPLE_CUT,     /* a sample ends inside its own head */
    SFLOW_RECORD_CUT,     /* a record is longer than its sample, or shorter than its structure */
    SFLOW_SAMPLE_UNKNOWN, /* a sample of a format that is not known: skipped */
    SFLOW_FAULTS
};

/* Whom the decoder tells, in order. Any of them may be NULL. */
struct sflow_ops {
    void (*head)(void *to, const struct sflow_head *h);
    void (*flow)(void *to, const struct sflow_sample *s);
    void (*counters)(void *to, const struct sflow_counters *c);
    void (*fault)(void *to, enum sflow_fault fault);
};

/* Decodes one datagram. False when not even its head could be read; damaged samples are told as
 * faults and cost only themselves (before version 5, where samples have no length, also those behind).
 * Any thread. */
bool sflow_decode(const uint8_t *bytes, size_t len, const struct sflow_ops *ops, void *to);

/* A sentence's worth of words for a fault. Any thread. */
const char *sflow_fault_text(enum sflow_fault fault);

#endif
