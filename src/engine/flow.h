/* flow.h - one conversation as the engine holds it: a hot half and a cold half of the same index.
 *
 * Per packet only the hot half is written: two neighbouring cache lines with the key and 32-bit
 * deltas. The sweep (sweep.c) folds the deltas once a second into the cold half, the hosts, the
 * groups and the totals. "End" 0 is the lower (address, port) of the key, end 1 the higher; which
 * of them is the client is a bit.
 */
#ifndef WEIR_ENGINE_FLOW_H
#define WEIR_ENGINE_FLOW_H

#include <stddef.h>

#include "engine/host.h"
#include "engine/l7.h"
#include "model/key.h"

/* Bits of flow_hot.bits. */
enum flow_bit {
    FLOW_USED = 1 << 0,
    FLOW_V6 = 1 << 1,
    FLOW_TCP = 1 << 2,
    FLOW_DPI = 1 << 3,         /* undecided: packets with payload go to l7_feed() */
    FLOW_UNMET = 1 << 4,       /* its hosts are not made yet: it counts for Other hosts */
    FLOW_CLIENT_HIGH = 1 << 5, /* the client is end 1 */
    FLOW_CLOSED = 1 << 6,      /* FIN from both sides, or RST */
    FLOW_WATCH = 1 << 7,       /* ICMP, DNS, HTTP: each packet is counted for the hosts (watch.c) */
    FLOW_SEQ_LOW = 1 << 8,     /* next_seq[0] is known; FLOW_SEQ_LOW << 1: next_seq[1] */
    FLOW_SEQ_HIGH = 1 << 9,
    FLOW_TWO_WAY = 1 << 10, /* both ends have spoken */
    FLOW_FRESH = 1 << 11,   /* the next packet starts a new interval of records */
    FLOW_TIME_LOW =
        1
        << 12, /* packets of end 0 are timed: handshake, request, answer; FLOW_TIME_LOW << 1: end 1 */
    FLOW_TIME_HIGH = 1 << 13,
    FLOW_TIME = FLOW_TIME_LOW | FLOW_TIME_HIGH,
    FLOW_RAW = 1 << 14,     /* unmet, and counts nowhere yet (crowd.h) */
    FLOW_EXPORTED = 1 << 15 /* exporters tell of it: see struct flow_export */
};

/* Two lines of 64 bytes. The second is read and written by every packet too, but no probe of the
 * table looks at it. */
struct flow_hot {
    struct flow_key key;
    uint32_t host[2];  /* index of each end's host */
    uint32_t bytes[2]; /* IP bytes by sending end since the last fold */
    uint32_t packets[2];
    uint32_t goodput[2];
    uint32_t next_seq[2]; /* TCP: sequence number expected next from this end */
    uint16_t window[2];   /* TCP: largest window offered, unscaled */
    uint8_t tcp_flags[2]; /* every flag this end has sent */
    uint16_t bits;        /* enum flow_bit */

    nsec_t last[2];      /* last packet of this end, 0 = none yet */
    uint32_t iat_min[2]; /* us; UINT32_MAX = fewer than two packets */
    uint32_t iat_max[2];
    uint32_t second_bytes; /* IP bytes of both ends in the second `second` */
    uint32_t peak_bytes;   /* largest second so far */
    uint16_t second;       /* low 16 bits of the packet time in seconds */
    uint16_t min_ip[2];    /* IP packet sizes, 65535 and more is 65535 */
    uint16_t max_ip[2];
    uint8_t sizes[2][SIZE_BINS]; /* packets by size since the last fold of sizes */
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct flow_hot) == 128, "two cache lines");

/* What a verdict left behind; allocated to size, account names. */
struct flow_names {
    uint64_t risk;
    uint16_t size; /* of the allocation */
    uint16_t tls_version, tls_cipher, http_code, dns_type, dns_code;
    bool tls_mismatch;
    uint16_t used;
    uint8_t bytes[]; /* as struct tail */
};

/* Counters already told by records of earlier intervals; taken at the first active time-out. */
struct flow_told {
    nsec_t interval_first; /* first packet that no record has told yet, 0 = none */
    uint64_t bytes[2], packets[2], goodput[2];
    uint32_t retrans[2], ooo[2], lost[2], keepalive[2], zero_window[2];
};

/* TCP details; taken when the first gap, repetition, keep-alive or closed window is seen. */
struct flow_tcp {
    uint32_t retrans[2], ooo[2], lost[2], keepalive[2], zero_window[2];
    uint32_t gap_from[2], gap_to[2]; /* the latest hole in the sequence */
    nsec_t gap_ts[2];
};

/* What a flow did, by the end that sent it; seen from one of its ends: by enum side. */
struct flow_delta {
    uint64_t bytes[2], packets[2], goodput[2];
};

enum { FLOW_PATH = 4 /* exporters of one flow that are remembered */ };

/* One exporter on the way of a flow. */
struct flow_hop {
    uint32_t group; /* GROUP_EXPORTER */
    uint32_t domain, in_if, out_if;
    nsec_t heard; /* when a record of it came last */
};

/* What exporters told of a flow; from client to server where it has a direction. What nearly every
 * record writes is in the first two lines. */
struct flow_export {
    nsec_t heard;                          /* when a record came last */
    uint64_t raw_bytes[2], raw_packets[2]; /* by end, as sent */
    uint32_t as[2];
    uint8_t mask[2], sampling_source, observed;
    uint8_t hops;       /* of hop[] */
    uint8_t others;     /* exporters that found no place there */
    uint8_t counted[2]; /* by end: 1 + the hop that is counted, 0 = none yet ... */
    uint8_t at[2];      /* ... and where: 1 ingress, 2 egress, 0 = it does not say */
    bool over[2];       /* by end: the record counted last said that the flow had ended */
    uint32_t sampling;
    uint16_t nat_port[2];
    struct addr next_hop;
    struct flow_hop hop[FLOW_PATH];
    uint32_t vrf[2], mpls[3];
    struct addr bgp_next_hop, nat[2];
    uint64_t total_bytes[2], total_packets[2]; /* by end: what the newest total said */
    uint64_t id[2];                            /* by end: what the exporter calls it, 0 = nothing */
} __attribute__((aligned(64)));

_Static_assert(offsetof(struct flow_export, hop[1]) <= 128,
               "one exporter's record writes two lines");

/* What is in one part of n. Large divisions cost 5 ns each, and most are not needed. */
static inline uint64_t average(uint64_t sum, uint64_t n)
{
    if (n <= 1)
        return sum;
    return (sum | n) >> 32 ? sum / n : (uint32_t)sum / (uint32_t)n;
}

/* What few flows have. */
struct flow_more {
    struct addr addr[2];              /* with MORE_ADDR: of an IPv6 end without a host of its own */
    struct addr outer_src, outer_dst; /* of the tunnel, as the first packet had them */
    uint32_t tunnel_id;
    uint16_t tunnels_seen; /* enum tunnel, 0 = none */
    struct mac mac[2];     /* with MORE_MAC: not what the end's group says */
    uint16_t has;          /* enum more_bit << end */
} __attribute__((aligned(8)));

enum more_bit { MORE_ADDR = 1 << 0, MORE_MAC = 1 << 2 };

/* Bits of flow_cold.marks. */
enum flow_mark {
    MARK_NAMED = 1 << 0,        /* a verdict or guess was made */
    MARK_ALERTED = 1 << 1,      /* it had a problem once, and its hosts have counted it */
    MARK_SUSPECT = 1 << 2,      /* something has been seen that may be a problem */
    MARK_FIRST_HIGH = 1 << 3,   /* end 1 sent the first packet */
    MARK_TREND_UP = 1 << 4,     /* prev_bytes is more than the tick before it had */
    MARK_TREND_DOWN = 1 << 5,   /* or less */
    MARK_NOT_INSPECTED = 1 << 6 /* named without detection, for want of time or room */
};

/* What flow_cold.handshake and flow_cold.request hold at the moment. */
enum handshake { HANDSHAKE_NONE, HANDSHAKE_SYN, HANDSHAKE_SYN_ACK, HANDSHAKE_TIMED };
enum request { REQUEST_NONE, REQUEST_SENT, REQUEST_ANSWERED };

/* A stamp until there is a time to tell. */
union flow_timing {
    nsec_t at;
    uint32_t us;
};

/* Three lines of 64 bytes. The first two are what the sweep folds into and looks at; the third is
 * written when a flow begins and read for records. What has its home elsewhere is not repeated: an
 * end's address is its host's, its MAC is its group's (flow_ends.c); and what few flows have hangs
 * off told, tcp and more. */
struct flow_cold {
    uint64_t bytes[2], packets[2], goodput[2]; /* folded */
    uint32_t stamp;                            /* tick of the last fold */
    uint32_t tick_bytes, tick_packets;
    uint32_t prev_bytes; /* of the tick before the stamp */

    uint32_t prev_packets;
    uint32_t device[2]; /* group of each end's MAC, 0 = none */
    uint32_t app_group; /* 0 = none; the flow's other groups go by numbers (groups.h) */
    uint32_t use[2];    /* struct host_use of each end's host */
    uint16_t vlan, vlan_inner;
    uint8_t category;
    uint8_t proto;
    uint8_t locality; /* enum locality, by client */
    uint8_t problem;  /* enum problem, as of the last look at it */
    uint8_t marks;    /* enum flow_mark */
    uint32_t told;    /* index of a struct flow_told, 0 = none */
    nsec_t first;     /* first packet */
    uint32_t tcp;     /* index of a struct flow_tcp, 0 = none */
    uint32_t generation;
    union {
        struct l7_flow *dpi;      /* until MARK_NAMED */
        struct flow_names *names; /* from then on */
    };

    union flow_timing handshake; /* SYN, SYN-ACK, then half a round trip to the client */
    union flow_timing request;   /* first client payload, then the time to its answer */
    nsec_t answer_first;         /* first packet of the end that did not begin, 0 = none */
    uint32_t more;               /* index of a struct flow_more, 0 = none */
    uint32_t server_rtt;         /* us, 0 = unknown */
    uint16_t port[2];
    uint16_t l7_master, l7_app;
    uint8_t breed, confidence;
    uint8_t client_reason : 3;   /* enum client_reason */
    uint8_t handshake_state : 2; /* enum handshake */
    uint8_t request_state : 2;   /* enum request */
    uint8_t tos[2], ttl[2];
    uint32_t exported; /* index of a struct flow_export, 0 = none */
    union {
        uint16_t icmp[2];
        struct {
            uint8_t wscale[2]; /* TCP: shift + 1 */
            uint8_t first_rst; /* TCP: 1 + end that reset first, 0 = none */
        };
    };
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct flow_cold) == 192, "three cache lines");
_Static_assert(offsetof(struct flow_cold, handshake) == 128, "the sweep needs two of them");

/* What a flow did in the last whole second. */
struct flow_rate {
    uint32_t bytes, packets;
    enum trend trend; /* against the second before it */
};

static inline enum trend flow_trend(uint32_t before, uint32_t after)
{
    return after > before ? TREND_UP : after < before ? TREND_DOWN : TREND_STEADY;
}

/* Read while `tick` is running, in which the flow may have been folded already (sweep.c). */
static inline struct flow_rate flow_rate(const struct flow_cold *c, uint32_t tick)
{
    if (c->stamp == tick)
        return (struct flow_rate){c->prev_bytes, c->prev_packets,
                                  c->marks & MARK_TREND_UP     ? TREND_UP
                                  : c->marks & MARK_TREND_DOWN ? TREND_DOWN
                                                               : TREND_STEADY};
    if (c->stamp + 1 == tick)
        return (struct flow_rate){c->tick_bytes, c->tick_packets,
                                  flow_trend(c->prev_bytes, c->tick_bytes)};
    return (struct flow_rate){0};
}

/* What the verdict left behind, or NULL. */
static inline const struct flow_names *flow_names(const struct flow_cold *c)
{
    return c->marks & MARK_NAMED ? c->names : NULL;
}

static inline unsigned flow_client(const struct flow_hot *h)
{
    return h->bits & FLOW_CLIENT_HIGH ? 1 : 0;
}

static inline nsec_t flow_last(const struct flow_hot *h)
{
    return h->last[0] > h->last[1] ? h->last[0] : h->last[1];
}

#endif
