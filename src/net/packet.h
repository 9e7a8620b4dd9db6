/* packet.h - a borrowed frame and what the decoders learn about it. */
#ifndef WEIR_NET_PACKET_H
#define WEIR_NET_PACKET_H

#include "base/clock.h"
#include "net/addr.h"

enum reason {
#define REASON(name, group, title, text) REASON_##name,
#include "net/reasons.def"
#undef REASON
    REASONS
};

enum reason_group {
    GROUP_FLOW,
    GROUP_OTHER,
    GROUP_MALFORMED,
    GROUP_UNTRACKED,
    GROUP_NOTE,
    GROUP_RECORD,
    GROUP_EXPORT
};

struct reason_info {
    const char *name;
    enum reason_group group;
    const char *title;
    const char *text;
};

/* One row per enum reason, in its order. */
extern const struct reason_info reason_table[REASONS];

/* A packet as a source hands it over: bytes belong to the source and stay until its next read. */
struct frame {
    const uint8_t *bytes;
    nsec_t ts;
    uint32_t cap_len;  /* bytes that are there */
    uint32_t wire_len; /* bytes that were on the wire */
    uint16_t link;     /* LINKTYPE_ of the frame (tcpdump.org/linktypes.html), 1 = Ethernet */
    uint16_t vlan;     /* tag that the card took off, with TPID 0x8100 assumed; 0 = none */
    bool outgoing;     /* sent by this machine, where the source knows */
};

enum {
    PACKET_STEPS = 160,     /* headers followed in one frame, whatever they are */
    PACKET_LABELS = 16,     /* MPLS labels followed in one stack */
    PACKET_TUNNELS = 8,     /* tunnels followed */
    PACKET_EXTENSIONS = 256 /* IPv6 extension headers followed; each takes 8 bytes of the frame */
};

/* Bits of packet.tunnels_seen and of the record: tunnels that were taken off. */
enum tunnel {
    TUNNEL_GRE = 1 << 0,
    TUNNEL_ERSPAN = 1 << 1,
    TUNNEL_IPIP = 1 << 2, /* IPv4 in IPv4, IPv6 in IPv6, 4in6 */
    TUNNEL_6IN4 = 1 << 3,
    TUNNEL_TEREDO = 1 << 4,
    TUNNEL_VXLAN = 1 << 5,
    TUNNEL_GENEVE = 1 << 6,
    TUNNEL_GTP = 1 << 7,
    TUNNEL_L2TP = 1 << 8,
    TUNNEL_MPLS = 1 << 9, /* labels, and pseudowires over them */
    TUNNEL_PPPOE = 1 << 10,
    TUNNEL_OTHER = 1 << 11 /* LISP, CAPWAP, NSH, AYIYA, PPTP ... */
};

enum tcp_flag {
    TCP_FIN = 1,
    TCP_SYN = 2,
    TCP_RST = 4,
    TCP_PSH = 8,
    TCP_ACK = 16,
    TCP_URG = 32,
    TCP_ECE = 64,
    TCP_CWR = 128
};

/* What the decoders learned, of the innermost IP header that could be read. Pointers borrow from
 * the frame. Lives on the worker's stack. All of it is written for each frame but the members at
 * the end, which are only there when the member they name says so. */
struct packet {
    nsec_t ts;
    uint32_t wire_len;
    uint32_t cap_len;
    struct addr src, dst;
    uint16_t src_port, dst_port; /* 0 for protocols without, and for orphan fragments */
    uint8_t version;             /* 4 or 6; 0 when there is no IP header */
    uint8_t proto;               /* after IPv6 extension headers; AH and ESP are not skipped */
    uint8_t ttl;
    uint8_t tos;         /* DSCP and ECN */
    uint16_t vlan;       /* outermost tag of the innermost Ethernet header, 12 bits */
    uint16_t vlan_inner; /* its second tag */
    uint32_t ip_bytes;   /* length of the IP packet as its header says, header included; where
                                    it says 0, what was on the wire (segmentation offload) */

    const uint8_t *ip;      /* its first byte, NULL when there is no IP header */
    const uint8_t *l4;      /* transport header, NULL when not there (later fragment, cut) */
    const uint8_t *payload; /* what the transport carries, NULL when nothing was captured */
    uint32_t ip_cap;        /* bytes of the IP packet that were captured and are not padding */
    uint32_t payload_len;   /* length of the payload as the headers say: goodput */
    uint32_t payload_cap;   /* bytes of it that were captured; 0 for later fragments */
    uint32_t tcp_seq, tcp_ack;
    uint16_t tcp_window;
    uint8_t tcp_flags;  /* enum tcp_flag */
    bool is_tcp;        /* the TCP header was read (of its options what was captured) */
    uint16_t tcp_mss;   /* of a SYN, 0 = none */
    uint8_t tcp_wscale; /* of a SYN: shift + 1, 0 = none */
    uint8_t icmp_type, icmp_code;
    bool is_fragment;       /* any part of a fragmented packet */
    bool is_later_fragment; /* not its first part */
    uint8_t tunnels;        /* how many IP headers stand around the innermost one */
    uint16_t tunnels_seen;  /* enum tunnel */
    uint8_t arp_op;         /* 1 request, 2 reply, else 0 */
    bool has_mac;
    uint16_t ether_type; /* last one read; ARP for an ARP frame */

    struct mac src_mac, dst_mac;      /* of the innermost Ethernet header; only with has_mac */
    uint32_t tunnel_id;               /* VNI, GRE key, TEID, session or outermost label of the last
                                    tunnel; only with tunnels_seen */
    struct addr outer_src, outer_dst; /* of the outermost IP header; only with tunnels */
    struct addr arp_sender, arp_target; /* IPv4 of an ARP packet; only with arp_op */
};

#endif
