/* decode_plain.c - the packets that most networks carry, in one straight line.
 *
 * Ethernet with at most one tag, IPv4 without options and not fragmented or IPv6 without extension
 * headers, TCP or UDP outside of tunnels, all lengths in order. Whatever is not exactly that is left
 * to the walk, so that each rule stands there once; here they only may not be broken.
 */
#include "net/walk.h"

enum {
    ETHERNET_HEADER = 14,
    TAG = 4,
    IPV4_HEADER = 20,
    IPV6_HEADER = 40,
    TCP_HEADER = 20,
    UDP_HEADER = 8,
    TYPE_IPV4 = 0x0800,
    TYPE_IPV6 = 0x86dd,
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
    if (!h)
        return NULL;
    uint32_t header = (h[12] >> 4) * 4u;
    if (header < TCP_HEADER || header > wire || header - TCP_HEADER > cur_left(c))
        return NULL;
    p->payload_len = wire - header;
    p->tcp_seq = load_be32(h + 4);
    p->tcp_ack = load_be32(h + 8);
    p->tcp_window = load_be16(h + 14);
    p->tcp_flags = h[13];
    p->is_tcp = true;
    struct cursor options = cur_sub(c, header - TCP_HEADER);
    if (__builtin_expect(h[13] & TCP_SYN, 0) && cur_left(&options))
        walk_tcp_options(p, options);
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

/* Length of the IPv4 packet, 0 when it is not plain. */
static inline uint32_t take_ipv4(struct cursor *c, struct packet *p)
{
    const uint8_t *ip = cur_take(c, IPV4_HEADER);
    if (!ip || ip[0] != 0x45 || load_be16(ip + 6) & FRAGMENT)
        return 0;
    p->proto = ip[9];
    p->ttl = ip[8];
    p->tos = ip[1];
    p->version = 4;
    addr_set_v4(&p->src, ip + 12);
    addr_set_v4(&p->dst, ip + 16);
    return load_be16(ip + 2);
}

static inline uint32_t take_ipv6(struct cursor *c, struct packet *p)
{
    const uint8_t *ip = cur_take(c, IPV6_HEADER);
    if (!ip || ip[0] >> 4 != 6)
        return 0;
    p->proto = ip[6];
    p->ttl = ip[7];
    p->tos = (uint8_t)(load_be16(ip) >> 4);
    p->version = 6;
    memcpy(p->src.byte, ip + 8, sizeof p->src.byte);
    memcpy(p->dst.byte, ip + 24, sizeof p->dst.byte);
    return load_be16(ip + 4) + IPV6_HEADER;
}

/* What is the same for all plain packets. */
static inline void put_rest(const struct frame *f, struct packet *p, const uint8_t *ethernet)
{
    p->ts = f->ts;
    p->wire_len = f->wire_len;
    p->cap_len = f->cap_len;
    p->icmp_type = p->icmp_code = 0;
    p->is_fragment = p->is_later_fragment = false;
    p->tunnels = 0;
    p->tunnels_seen = 0;
    p->arp_op = 0;
    p->has_mac = true;
    memcpy(p->dst_mac.byte, ethernet, sizeof p->dst_mac.byte);
    memcpy(p->src_mac.byte, ethernet + 6, sizeof p->src_mac.byte);
}

bool packet_decode_plain(const struct frame *f, struct packet *p)
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
    const uint8_t *ip = c.at;
    uint32_t total = 0;
    if (type == TYPE_IPV4)
        total = take_ipv4(&c, p);
    else if (type == TYPE_IPV6)
        total = take_ipv6(&c, p);
    uint32_t header = (uint32_t)(c.at - ip);
    if (total < header + UDP_HEADER || total > f->wire_len - (uint32_t)(ip - f->bytes))
        return false;

    uint32_t wire = total - header;
    cur_limit(&c, wire);
    p->ip = ip;
    p->ip_bytes = total;
    p->ip_cap = (uint32_t)(c.end - ip);
    p->tcp_mss = 0;
    p->tcp_wscale = 0;
    const uint8_t *l4 = NULL;
    if (p->proto == PROTO_TCP)
        l4 = take_tcp(&c, p, wire);
    else if (p->proto == PROTO_UDP)
        l4 = take_udp(&c, p, wire);
    if (!l4)
        return false;

    p->src_port = load_be16(l4);
    p->dst_port = load_be16(l4 + 2);
    p->vlan = (uint16_t)vlan;
    p->vlan_inner = (uint16_t)vlan_inner;
    p->l4 = l4;
    p->payload_cap = (uint32_t)cur_left(&c);
    p->payload = p->payload_cap ? c.at : NULL;
    p->ether_type = (uint16_t)type;
    put_rest(f, p, ethernet);
    return true;
}

void decoder_count_snapped(struct decoder *d, const struct frame *f)
{
    decode_count_notes(d, UINT64_C(1) << REASON_snapped, f->wire_len);
}

enum reason packet_decode(struct decoder *d, const struct frame *f, struct packet *p)
{
    if (__builtin_expect(!packet_decode_plain(f, p), 0))
        return decode_by_walk(d, f, p);
    if (__builtin_expect(f->cap_len < f->wire_len, 0))
        decoder_count_snapped(d, f);
    return p->version == 4 ? REASON_ipv4 : REASON_ipv6;
}
