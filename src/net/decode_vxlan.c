/* decode_vxlan.c - overlays: VXLAN (RFC 7348) and its generic extension, Geneve (RFC 8926), NSH
 * (RFC 8300), LISP (RFC 9300), EtherIP (RFC 3378).
 */
#include "net/walk.h"

enum {
    VXLAN_HEADER = 8,
    VXLAN_HAS_VNI = 0x08,
    VXLAN_HAS_NEXT = 0x04,
    GENEVE_HEADER = 8,
    NSH_HEADER = 8,
    LISP_HEADER = 8
};

/*  | flags | reserved, 3 | VNI, 3 | reserved | */
struct next decode_vxlan(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, VXLAN_HEADER);
    if (!h || !(h[0] & VXLAN_HAS_VNI))
        return walk_done();
    w->tunnels_seen |= TUNNEL_VXLAN;
    walk_tunnel_id(w, load_be24(h + 4));
    return decode_ethernet(w);
}

/* Next protocols that VXLAN-GPE and NSH number alike. */
static struct next by_next_protocol(struct walk *w, unsigned protocol)
{
    switch (protocol) {
    case 1:
        return decode_ipv4(w);
    case 2:
        return decode_ipv6(w);
    case 3:
        return decode_ethernet(w);
    case 4:
        return walk_to(LAYER_ETHER_TYPE, 0x894f);
    case 5:
        return decode_mpls(w);
    default:
        return walk_stop(w, REASON_other_ether_type);
    }
}

/*  | flags | reserved, 2 | next protocol | VNI, 3 | reserved | */
struct next decode_vxlan_gpe(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, VXLAN_HEADER);
    if (!h || !(h[0] & VXLAN_HAS_VNI))
        return walk_done();
    w->tunnels_seen |= TUNNEL_VXLAN;
    walk_tunnel_id(w, load_be24(h + 4));
    return by_next_protocol(w, h[0] & VXLAN_HAS_NEXT ? h[3] : 3);
}

/*  | version, 2, length of options in words, 6 | flags | protocol type, 2 | VNI, 3 | reserved | */
struct next decode_geneve(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, GENEVE_HEADER);
    if (!h || h[0] >> 6)
        return walk_done();
    w->tunnels_seen |= TUNNEL_GENEVE;
    walk_tunnel_id(w, load_be24(h + 4));
    if (!cur_take(&w->cur, (h[0] & 0x3f) * 4u))
        return walk_stop(w, REASON_short_link);
    return walk_to(LAYER_ETHER_TYPE, load_be16(h + 2));
}

/*  | version, O, TTL, length in words, 6 | metadata type | next protocol | path, 3 | index | */
struct next decode_nsh(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, NSH_HEADER);
    size_t length = h ? (load_be16(h) & 0x3f) * 4u : 0;
    if (length < NSH_HEADER || !cur_take(&w->cur, length - NSH_HEADER))
        return walk_stop(w, REASON_short_link);
    w->tunnels_seen |= TUNNEL_OTHER;
    walk_tunnel_id(w, load_be24(h + 4));
    return by_next_protocol(w, h[3]);
}

/*  | flags | nonce or map versions, 3 | instance, 3, locator bits |, then IP */
struct next decode_lisp(struct walk *w)
{
    enum { HAS_INSTANCE = 0x08 };
    const uint8_t *h = cur_take(&w->cur, LISP_HEADER);
    if (!h)
        return walk_done();
    w->tunnels_seen |= TUNNEL_OTHER;
    if (h[0] & HAS_INSTANCE)
        walk_tunnel_id(w, load_be24(h + 4));
    return walk_ip_by_version(w);
}

/* An encapsulated control message (RFC 9301, type 8) is an IP packet behind four bytes. */
struct next decode_lisp_control(struct walk *w)
{
    enum { HEADER = 4, TYPE_ENCAPSULATED = 8 };
    const uint8_t *h = cur_take(&w->cur, HEADER);
    if (!h || h[0] >> 4 != TYPE_ENCAPSULATED)
        return walk_done();
    w->tunnels_seen |= TUNNEL_OTHER;
    return walk_ip_by_version(w);
}

/*  | version 3, reserved, 2 bytes |, then Ethernet */
struct next decode_etherip(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, 2);
    if (!h || h[0] >> 4 != 3)
        return walk_stop(w, REASON_short_link);
    w->tunnels_seen |= TUNNEL_OTHER;
    return decode_ethernet(w);
}
