/* decode_ipv4.c - the IPv4 header (RFC 791), and what IPv4 and IPv6 do alike.
 *
 *  0      4      8              16                             31
 *  | ver | hlen | DSCP, ECN    | total length                  |
 *  | identification            | DF MF  fragment offset        |
 *  | time to live | protocol   | checksum                      |
 *  | source address                                            |
 *  | destination address                                       |
 *  | options, hlen * 4 - 20 bytes                              |
 */
#include "net/fragment.h"
#include "net/walk.h"

enum { IPV4_HEADER = 20, MORE_FRAGMENTS = 0x2000, FRAGMENT_OFFSET = 0x1fff };

/* Everything that describes what follows an IP header. */
static void forget_transport(struct packet *p)
{
    p->src_port = p->dst_port = 0;
    p->l4 = p->payload = NULL;
    p->payload_len = p->payload_cap = 0;
    p->tcp_seq = p->tcp_ack = 0;
    p->tcp_window = p->tcp_mss = 0;
    p->tcp_flags = p->tcp_wscale = 0;
    p->icmp_type = p->icmp_code = 0;
    p->is_tcp = p->is_fragment = p->is_later_fragment = false;
}

bool walk_enter_ip(struct walk *w, const uint8_t *ip, unsigned version, uint32_t ip_bytes)
{
    struct packet *p = w->packet;
    if (p->version) {
        if (p->tunnels == PACKET_TUNNELS) {
            walk_note(w, REASON_tunnel_too_deep);
            return false;
        }
        if (!p->tunnels++) {
            p->outer_src = p->src;
            p->outer_dst = p->dst;
        }
        walk_note(w, REASON_tunnel);
    }
    forget_transport(p);

    p->vlan = w->vlan;
    p->vlan_inner = w->vlan_inner;
    p->has_mac = w->has_mac;
    if (w->has_mac) {
        memcpy(p->src_mac.byte, w->src_mac, sizeof p->src_mac.byte);
        memcpy(p->dst_mac.byte, w->dst_mac, sizeof p->dst_mac.byte);
    }
    p->tunnels_seen |= w->tunnels_seen;
    if (w->tunnels_seen)
        p->tunnel_id = w->has_tunnel_id ? w->tunnel_id : 0;

    if (ip_bytes) {
        uint64_t end = (uint64_t)(ip - w->frame->bytes) + ip_bytes;
        if (end > w->wire_end)
            walk_note(w, REASON_ip_length_bad);
        else
            w->wire_end = end;
        size_t passed = (size_t)(w->cur.at - ip);
        cur_limit(&w->cur, ip_bytes > passed ? ip_bytes - passed : 0);
    }
    p->version = (uint8_t)version;
    p->ip = ip;
    p->ip_bytes = ip_bytes ? ip_bytes : (uint32_t)(w->wire_end - (uint64_t)(ip - w->frame->bytes));
    p->ip_cap = (uint32_t)(w->cur.end - ip);
    return true;
}

struct next walk_transport(struct walk *w, uint8_t proto)
{
    struct packet *p = w->packet;
    p->proto = proto;
    p->payload_len = walk_wire_left(w);
    if (p->is_fragment) {
        walk_note(w, REASON_fragment);
        if (p->is_later_fragment) {
            struct fragment_ports found;
            if (fragments_get(w->decoder->fragments, p, w->fragment_proto, w->fragment_id,
                              &found)) {
                p->src_port = found.src_port;
                p->dst_port = found.dst_port;
                p->proto = found.proto;
            } else {
                walk_note(w, REASON_fragment_orphan);
            }
            return walk_done();
        }
    }
    size_t left = cur_left(&w->cur);
    if (left) {
        p->l4 = p->payload = w->cur.at;
        p->payload_cap = (uint32_t)left;
    }
    return walk_to(LAYER_IP, proto);
}

struct next walk_ip_by_version(struct walk *w)
{
    const uint8_t *first = cur_peek(&w->cur, 1);
    if (!first)
        return walk_stop(w, REASON_short_ip);
    if (*first >> 4 == 4)
        return decode_ipv4(w);
    if (*first >> 4 == 6)
        return decode_ipv6(w);
    return walk_stop(w, REASON_bad_ip);
}

struct next decode_ipv4(struct walk *w)
{
    const uint8_t *ip = cur_peek(&w->cur, 1);
    if (!ip)
        return walk_stop(w, REASON_short_ip);
    uint32_t header = (*ip & 15u) * 4;
    if (*ip >> 4 != 4 || header < IPV4_HEADER)
        return walk_stop(w, REASON_bad_ip);
    if (!cur_take(&w->cur, IPV4_HEADER))
        return walk_stop(w, REASON_short_ip);
    uint32_t total = load_be16(ip + 2);
    if (total && total < header)
        return walk_stop(w, REASON_ip_length_small);
    if (!walk_enter_ip(w, ip, 4, total))
        return walk_done();

    struct packet *p = w->packet;
    p->tos = ip[1];
    p->ttl = ip[8];
    addr_set_v4(&p->src, ip + 12);
    addr_set_v4(&p->dst, ip + 16);
    if (!total)
        walk_note(w, REASON_ip_length_zero);

    unsigned fragment = load_be16(ip + 6);
    p->is_fragment = fragment & (MORE_FRAGMENTS | FRAGMENT_OFFSET);
    p->is_later_fragment = fragment & FRAGMENT_OFFSET;
    w->fragment_id = load_be16(ip + 4);
    w->fragment_proto = ip[9];
    if (!cur_take(&w->cur, header - IPV4_HEADER))
        w->cur.at = w->cur.end;
    return walk_transport(w, ip[9]);
}

/* An IPv4 packet in IPv4 (RFC 2003) or in IPv6 (RFC 2473). */
struct next decode_ipip(struct walk *w)
{
    w->tunnels_seen |= TUNNEL_IPIP;
    return decode_ipv4(w);
}

/* An IPv6 packet in IPv4 (RFC 4213) or in IPv6 (RFC 2473). */
struct next decode_ip6(struct walk *w)
{
    w->tunnels_seen |= w->packet->version == 4 ? TUNNEL_6IN4 : TUNNEL_IPIP;
    return decode_ipv6(w);
}
