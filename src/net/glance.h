/* glance.h - the little that a known conversation needs of a packet, read without decoding it.
 *
 * Nearly all packets are plain (decode_plain.c) and of a flow that exists. For those a look at a
 * dozen fixed places of the frame is enough: 70 instructions instead of the 180 that write a whole
 * struct packet, and half a cache line to keep instead of four. Whoever needs more decodes the
 * frame, which gives the same values.
 */
#ifndef WEIR_NET_GLANCE_H
#define WEIR_NET_GLANCE_H

#include "base/cursor.h"
#include "net/walk.h"

/* What is counted per packet; members as in struct packet. */
struct glance {
    nsec_t ts;
    uint32_t wire_len;
    uint32_t ip_bytes;
    uint32_t payload_len;
    uint32_t tcp_seq;
    uint16_t tcp_window;
    uint8_t tcp_flags;
    bool is_tcp;
    uint8_t version;
};

/* What a key is made of. Addresses are 4 or 16 bytes that belong to the frame or packet. */
struct ends {
    const uint8_t *src, *dst;
    uint16_t src_port, dst_port;
    uint32_t tags; /* VLAN, 12 bits, and above it the inner VLAN, 12 bits */
    uint8_t proto;
    uint8_t version;
};

static inline uint32_t ends_tags(unsigned vlan, unsigned inner)
{
    return (vlan & 0xfff) | (inner & 0xfff) << 12;
}

static inline struct glance glance_of(const struct packet *p)
{
    return (struct glance){.ts = p->ts,
                           .wire_len = p->wire_len,
                           .ip_bytes = p->ip_bytes,
                           .payload_len = p->payload_len,
                           .tcp_seq = p->tcp_seq,
                           .tcp_window = p->tcp_window,
                           .tcp_flags = p->tcp_flags,
                           .is_tcp = p->is_tcp,
                           .version = p->version};
}

static inline struct ends ends_of(const struct packet *p)
{
    unsigned skip = p->version == 4 ? 12 : 0;
    return (struct ends){.src = p->src.byte + skip,
                         .dst = p->dst.byte + skip,
                         .src_port = p->src_port,
                         .dst_port = p->dst_port,
                         .tags = ends_tags(p->vlan, p->vlan_inner),
                         .proto = p->proto,
                         .version = p->version};
}

enum {
    GLANCE_LEAST = 14 + 20 + 20, /* Ethernet, IPv4, TCP: the least that is captured of a frame */
    GLANCE_FRAGMENT = 0x3fff     /* more to come, or an offset */
};

/* The transport header at h with `wire` bytes from it on, `left` of them captured. */
static inline bool glance_l4(const uint8_t *h, uint32_t wire, size_t left, struct glance *g,
                             struct ends *ends)
{
    ends->src_port = load_be16(h);
    ends->dst_port = load_be16(h + 2);
    if (ends->proto == 6) {
        uint32_t header = (h[12] >> 4) * 4u;
        g->payload_len = wire - header;
        g->tcp_seq = load_be32(h + 4);
        g->tcp_window = load_be16(h + 14);
        g->tcp_flags = h[13];
        g->is_tcp = true;
        return header >= 20 && header <= wire && header <= left;
    }
    g->payload_len = wire - 8;
    g->tcp_seq = 0;
    g->tcp_window = 0;
    g->tcp_flags = 0;
    g->is_tcp = false;
    return ends->proto == 17 && load_be16(h + 4) == wire && wire >= 8 &&
           !decode_is_tunnel_port(ends->src_port) && !decode_is_tunnel_port(ends->dst_port);
}

/* True when the frame is plain, its IP header and 20 bytes of transport are captured, and *g and
 * *ends are written; false decides nothing: packet_decode() it. A true frame is one that
 * packet_decode_plain() takes. */
static inline bool packet_glance(const struct frame *f, struct glance *g, struct ends *ends)
{
    struct cursor c = cur_over(f->bytes, f->cap_len);
    const uint8_t *b = cur_take(&c, GLANCE_LEAST);
    if (__builtin_expect(!b || f->link != 1 || f->wire_len < f->cap_len, 0))
        return false;
    unsigned type = load_be16(b + 12);
    uint32_t tags = f->vlan & 0xfff;
    const uint8_t *ip = b + 14;
    if (__builtin_expect(type == 0x8100, 0)) {
        if (!cur_take(&c, 4))
            return false;
        /* The card takes off the outer tag. */
        unsigned tag = load_be16(b + 14);
        tags = f->vlan ? ends_tags(tags, tag) : ends_tags(tag, 0);
        type = load_be16(b + 16);
        ip += 4;
    }
    uint32_t on_wire = f->wire_len - (uint32_t)(ip - b), header, total;
    if (__builtin_expect(type == 0x0800, 1)) {
        if (ip[0] != 0x45 || load_be16(ip + 6) & GLANCE_FRAGMENT)
            return false;
        ends->proto = ip[9];
        ends->version = 4;
        ends->src = ip + 12;
        ends->dst = ip + 16;
        header = 20;
        total = load_be16(ip + 2);
    } else if (type == 0x86dd && cur_take(&c, 20) && ip[0] >> 4 == 6) {
        ends->proto = ip[6];
        ends->version = 6;
        ends->src = ip + 8;
        ends->dst = ip + 24;
        header = 40;
        total = load_be16(ip + 4) + header;
    } else {
        return false;
    }
    if (total < header + 8 || total > on_wire)
        return false;
    ends->tags = tags;
    g->wire_len = f->wire_len;
    g->ip_bytes = total;
    g->version = ends->version;
    size_t left = f->cap_len - (size_t)(ip + header - b);
    return glance_l4(ip + header, total - header, left, g, ends);
}

#endif
