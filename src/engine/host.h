/* host.h - what is known about an address, and about MAC devices, VLANs and networks.
 *
 * Counters are folded in from the flows by the sweep, so per packet no host line is touched. Sums
 * over hosts equal the interface's totals: each IP packet is sent by one host and received by one.
 */
#ifndef WEIR_ENGINE_HOST_H
#define WEIR_ENGINE_HOST_H

#include "model/record.h"

/* Bins of packet sizes (IP bytes): up to 64, 128, 256, 512, 1024, 1518 and above. */
enum { SIZE_BINS = 7 };
extern const uint16_t size_bin_top[SIZE_BINS]; /* the last is 65535 */

/* size_bin_top[] without a loop whose length no branch predictor can know: up to 64 is bin 0, each
 * doubling one more, and 1519 begins the last. */
static inline unsigned size_bin(uint32_t bytes)
{
    if (bytes > size_bin_top[SIZE_BINS - 2])
        return SIZE_BINS - 1;
    uint32_t lines = (bytes - !!bytes) >> 6;
    return lines ? 32 - (unsigned)__builtin_clz(lines) : 0;
}

enum side { SIDE_SENT, SIDE_RCVD };

/* L4 classes that hosts and interfaces are split by. */
enum l4_class { L4_TCP, L4_UDP, L4_ICMP, L4_OTHER, L4_CLASSES };

static inline enum l4_class l4_class_of(uint8_t proto)
{
    enum { TCP = 6, UDP = 17, ICMP = 1, ICMPV6 = 58 };
    switch (proto) {
    case TCP:
        return L4_TCP;
    case UDP:
        return L4_UDP;
    case ICMP:
    case ICMPV6:
        return L4_ICMP;
    default:
        return L4_OTHER;
    }
}

/* A pair of counters for each side. */
struct traffic {
    uint64_t bytes[2]; /* by enum side */
    uint64_t packets[2];
};

/* A host as a flat value that leaves the engine. Fields of host_fields.def point into it. */
struct host_row {
    struct addr addr;
    uint16_t vlan;
    uint8_t is_local;
    uint8_t is_multicast;  /* or broadcast */
    int16_t network;       /* index into struct locals, -1 = none */
    uint8_t is_router_mac; /* the MAC belongs to several addresses: a router or access point */
    struct mac mac;
    uint32_t iface;
    nsec_t first, last;
    struct traffic traffic;
    struct traffic l4[L4_CLASSES];
    uint64_t goodput[2];
    uint64_t bps, pps, peak_bps; /* over the last second, both sides; highest ever */
    uint64_t bps_side[2];
    uint8_t trend;
    uint32_t flows_client, flows_server;             /* active now */
    uint64_t total_flows_client, total_flows_server; /* since first seen */
    uint64_t low_goodput_client, low_goodput_server;
    uint64_t retrans[2], ooo[2], lost[2];
    uint64_t tcp_syn[2], tcp_fin[2], tcp_rst[2];
    uint64_t unanswered_client, unanswered_server; /* flows without an answer, ended */
    uint64_t alerted_flows;
    uint32_t score;
    uint64_t sizes[2][SIZE_BINS];
    uint64_t arp_requests[2], arp_replies[2]; /* of its MAC */
    uint64_t dns_queries[2], dns_replies_ok[2], dns_replies_error[2];
    uint64_t http_requests[2];
    uint64_t http_codes[2][6]; /* replies by first digit, [0] = none */
    char name[64]; /* best name known: DHCP, DNS answer, mDNS, NetBIOS, SNI; "" = none */
    char name_source[12];
    char os[32]; /* guessed from DHCP fingerprint or user agent; "" = unknown */
};

struct host_app {
    uint16_t master, app;
    uint64_t bytes[2], packets[2];
    uint32_t flows;   /* active now */
    uint32_t seconds; /* seconds in which it was seen */
};

struct host_icmp {
    uint8_t version; /* 4 or 6 */
    uint8_t type, code;
    uint64_t packets[2];
    struct addr last_peer[2];
};

/* A contacted name with its count (DNS queries, HTTP hosts, TLS names). */
struct host_name_count {
    char name[96];
    uint64_t count;
};

enum { HOST_APPS = 512, HOST_ICMP = 64, HOST_NAMES = 32, HOST_SERIES = 3600 };

/* One host in full. Large: owned by who asked. */
struct host_detail {
    struct host_row row;
    unsigned apps;
    struct host_app app[HOST_APPS];
    unsigned icmps;
    struct host_icmp icmp[HOST_ICMP];
    unsigned dns_names, http_names, other_names;
    struct host_name_count dns_name[HOST_NAMES];
    struct host_name_count http_name[HOST_NAMES];
    struct host_name_count
        other_name[HOST_NAMES]; /* TLS and QUIC server names, other names of it */
    /* Bytes of each of the last seconds, oldest first, ending at series_end; series_n = 0 when no
     * series is kept for this host. UINT32_MAX marks a gap. */
    unsigned series_n;
    nsec_t series_end;
    uint32_t series[2][HOST_SERIES];
};

enum group_kind {
    GROUP_MAC,
    GROUP_VLAN,
    GROUP_NETWORK,
    GROUP_APP,
    GROUP_CATEGORY,
    GROUP_L4,
    GROUP_PREFIX,      /* of who is counted under Other hosts: IPv4 /16, IPv6 /32 */
    GROUP_EXPORTER,    /* a domain of who told of flows: what its records brought */
    GROUP_EXPORTER_IF, /* an interface of it: what it told that came in there and went out, whether
                          others told it, too, or not */
    GROUP_KINDS
};

/* What an exporter told beside the traffic that was counted for it. */
struct group_told {
    uint64_t raw_bytes, raw_packets; /* of what was counted, as sent: not multiplied by a rate */
    uint64_t dup_bytes,
        dup_packets;  /* told by another exporter, too, or at the flow's other interface */
    uint64_t records; /* of traffic, counted ones and others */
};

static inline void group_told_add(struct group_told *to, const struct group_told *more)
{
    to->raw_bytes += more->raw_bytes;
    to->raw_packets += more->raw_packets;
    to->dup_bytes += more->dup_bytes;
    to->dup_packets += more->dup_packets;
    to->records += more->records;
}

/* Counters by something other than a host: a MAC device, a VLAN, a network, an application ... */
struct group_row {
    enum group_kind kind;
    uint64_t id;   /* MAC as 48 bits, VLAN, network index, master << 16 | app, category, protocol,
                      prefix_group_id(), exporter_group_id() */
    char name[64]; /* as a person calls it */
    nsec_t first, last;
    struct traffic traffic; /* MAC: what it sent and received; an exporter's interface: in and out;
                               others: client to server and back */
    uint64_t bps;
    uint8_t trend;
    uint32_t flows; /* active now */
    uint64_t total_flows;
    uint32_t hosts; /* MAC: addresses seen behind it; prefix: hosts forgotten early */
    uint64_t arp_requests[2], arp_replies[2];
    struct addr exporter;   /* EXPORTER, EXPORTER_IF */
    uint32_t interface;     /* EXPORTER_IF: SNMP index */
    uint32_t domain;        /* EXPORTER: observation domain */
    struct group_told told; /* EXPORTER */
};

#endif
