/* decode_plain.c - the packets that most networks carry, in one straight line.
 *
 * Ethernet with at most one tag, IPv4 without options and not fragmented, TCP but no SYN (whose
 * options matter) or UDP outside of tunnels, all lengths in order. Whatever is not exactly that is
 * left to the walk, so that each rule stands there once; here they only may not be broken.
 */
#include "net/walk.h"

enum {
    ETHERNET_HEADER = 14,
    TAG = 4,
    IPV4_HEADER = 20,
    TCP_HEADER = 20,
    UDP_HEADER = 8,
    TYPE_IPV4 = 0x0800,
    TYPE_VLAN = 0x8100,
    LINK_ETHERNET = 1,
    PROTO_TCP = 6,
    PROTO_UDP = 17,
    FRAGMENT = 0x3fff /* more to come, or an offset */
};

/* What the walk would go into: see decode_udp(). */
static inline bool is_tunnel(uint16_t src, uint16_t dst)
{
    return __builtin_expect(decode_is_tunnel_port(src) || decode_is_tunnel_port(dst), 0);
}

/* The TCP header, NULL when it is not plain. */
static inline const uint8_t *take_tcp(struct cursor *c, struct packet *p, uint32_t wire)
{
    const uint8_t *h = cur_take(c, TCP_HEADER);
    if (!h || h[13] & TCP_SYN)
        return NULL;
    uint32_t header = (h[12] >> 4) * 4u;
    if (header < TCP_HEADER || header > wire || !cur_take(c, header - TCP_HEADER))
        return NULL;
    p->payload_len = wire - header;
    p->tcp_seq = load_be32(h + 4);
    p->tcp_ack = load_be32(h + 8);
    p->tcp_window = load_be16(h + 14);
    p->tcp_flags = h[13];
    p->is_tcp = true;
    return h;
}

static inline const uint8_t *take_udp(struct cursor *c, struct packet *p, uint32_t wire)
{
    const uint8_t *h = cur_take(c, UDP_HEADER);
    if (!h || load_be16(h + 4) != wire || is_tunnel(load_be16(h), load_be16(h + 2)))
        return NULL;
    p->payload_len = wire - UDP_HEADER;
    p->tcp_seq = p->tcp_ack = 0;
    p->tcp_window = 0;
    p->tcp_flags = 0;
    p->is_tcp = false;
    return h;
}

/* True when the frame was plain and *p is written. */
static inline bool decode_plain(const struct frame *f, struct packet *p)
{
    struct cursor c = cur_over(f->bytes, f->cap_len);
    const uint8_t *ethernet = cur_take(&c, ETHERNET_HEADER);
    if (!ethernet || f->link != LINK_ETHERNET || f->wire_len < f->cap_len)
        return false;
    unsigned type = load_be16(ethernet + 12);
    unsigned vlan = f->vlan & 0xfff, vlan_inner = 0;
    if (type == TYPE_VLAN) {
        const uint8_t *tag = cur_take(&c, TAG);
        if (!tag)
            return false;
        /* The card takes off the outer tag. */
        vlan_inner = f->vlan ? load_be16(tag) & 0xfff : 0;
        vlan = f->vlan ? vlan : load_be16(tag) & 0xfff;
        type = load_be16(tag + 2);
    }
    const uint8_t *ip = cur_take(&c, IPV4_HEADER);
    if (!ip || type != TYPE_IPV4 || ip[0] != 0x45 || load_be16(ip + 6) & FRAGMENT)
        return false;
    uint32_t total = load_be16(ip + 2);
    if (total < IPV4_HEADER + UDP_HEADER || total > f->wire_len - (uint32_t)(ip - f->bytes))
        return false;

    cur_limit(&c, total - IPV4_HEADER);
    p->ip_cap = (uint32_t)(c.end - ip);
    const uint8_t *l4;
    if (ip[9] == PROTO_TCP)
        l4 = take_tcp(&c, p, total - IPV4_HEADER);
    else if (ip[9] == PROTO_UDP)
        l4 = take_udp(&c, p, total - IPV4_HEADER);
    else
        return false;
    if (!l4)
        return false;

    p->ts = f->ts;
    p->wire_len = f->wire_len;
    p->cap_len = f->cap_len;
    addr_set_v4(&p->src, ip + 12);
    addr_set_v4(&p->dst, ip + 16);
    p->src_port = load_be16(l4);
    p->dst_port = load_be16(l4 + 2);
    p->version = 4;
    p->proto = ip[9];
    p->ttl = ip[8];
    p->tos = ip[1];
    p->vlan = (uint16_t)vlan;
    p->vlan_inner = (uint16_t)vlan_inner;
    p->ip_bytes = total;
    p->ip = ip;
    p->l4 = l4;
    p->payload_cap = (uint32_t)cur_left(&c);
    p->payload = p->payload_cap ? c.at : NULL;
    p->tcp_mss = 0;
    p->tcp_wscale = 0;
    p->icmp_type = p->icmp_code = 0;
    p->is_fragment = p->is_later_fragment = false;
    p->tunnels = 0;
    p->tunnels_seen = 0;
    p->arp_op = 0;
    p->has_mac = true;
    p->ether_type = TYPE_IPV4;
    memcpy(p->dst_mac.byte, ethernet, sizeof p->dst_mac.byte);
    memcpy(p->src_mac.byte, ethernet + 6, sizeof p->src_mac.byte);
    return true;
}

enum reason packet_decode(struct decoder *d, const struct frame *f, struct packet *p)
{
    if (__builtin_expect(!decode_plain(f, p), 0))
        return decode_by_walk(d, f, p);
    if (__builtin_expect(f->cap_len < f->wire_len, 0))
        decode_count_notes(d, UINT64_C(1) << REASON_snapped, f->wire_len);
    return REASON_ipv4;
}
