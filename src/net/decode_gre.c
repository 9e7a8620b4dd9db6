/* decode_gre.c - GRE (RFC 2784, 2890, 1701), PPTP's version 1 (RFC 2637), ERSPAN and WCCP in it.
 *
 *  | C R K S s | recursion | flags | version | protocol type, 2 |
 *  | C or R: checksum, 2, offset, 2 | K: key, 4 | S: sequence, 4 | R: routes |
 *  version 1:                        K: payload length, 2, call, 2 | S: sequence | A: acknowledged |
 */
#include "net/walk.h"

enum {
    GRE_HEADER = 4,
    HAS_CHECKSUM = 0x8000,
    HAS_ROUTING = 0x4000,
    HAS_KEY = 0x2000,
    HAS_SEQUENCE = 0x1000,
    HAS_ACKNOWLEDGEMENT = 0x0080,
    VERSION = 0x0007,
    TYPE_ERSPAN = 0x88be,
    TYPE_WLAN_FIRST = 0x8200, /* Aruba: one type for each of eight slots and priorities */
    TYPE_WLAN_LAST = 0x83f0,
    ERSPAN2_HEADER = 8,
    ERSPAN3_HEADER = 12,
    ERSPAN3_PLATFORM = 8
};

/* | address family, 2 | offset | length | route |, the last one with length 0 (RFC 1701). */
static void skip_routes(struct cursor *c)
{
    for (;;) {
        const uint8_t *h = cur_take(c, 4);
        if (!h || !h[3] || !cur_take(c, h[3]))
            return;
    }
}

struct next decode_gre(struct walk *w)
{
    struct cursor *c = &w->cur;
    const uint8_t *h = cur_take(c, GRE_HEADER);
    if (!h)
        return walk_stop(w, REASON_short_link);
    unsigned flags = load_be16(h), type = load_be16(h + 2);
    if ((flags & VERSION) > 1)
        return walk_stop(w, REASON_bad_ip);
    w->tunnels_seen |= TUNNEL_GRE;
    if (flags & (HAS_CHECKSUM | HAS_ROUTING))
        cur_take(c, 4);
    const uint8_t *key = flags & HAS_KEY ? cur_take(c, 4) : NULL;
    if (flags & HAS_SEQUENCE)
        cur_take(c, 4);
    if ((flags & VERSION) == 1) {
        if (flags & HAS_ACKNOWLEDGEMENT)
            cur_take(c, 4);
        w->tunnels_seen |= TUNNEL_OTHER;
    }
    if (flags & HAS_ROUTING)
        skip_routes(c);
    if (!cur_ok(c))
        return walk_stop(w, REASON_short_link);
    if (key)
        walk_tunnel_id(w, (flags & VERSION) == 1 ? load_be16(key + 2) : load_be32(key));

    /* An acknowledgement of PPTP carries nothing. */
    if (!cur_left(c))
        return walk_done();
    /* ERSPAN type I has neither a sequence nor a header. */
    if (type == TYPE_ERSPAN && !(flags & HAS_SEQUENCE))
        return walk_through(w, TUNNEL_ERSPAN, decode_ethernet(w));
    if (type >= TYPE_WLAN_FIRST && type <= TYPE_WLAN_LAST && !(type & 15))
        return decode_wlan(w);
    return walk_to(LAYER_GRE, type);
}

/* Type II: | version, VLAN | class, truncated, session | reserved, index |, then Ethernet. */
struct next decode_erspan(struct walk *w)
{
    const uint8_t *h = cur_peek(&w->cur, ERSPAN2_HEADER);
    if (!h)
        return walk_stop(w, REASON_short_link);
    if (h[0] >> 4 == 2)
        return decode_erspan3(w);
    cur_take(&w->cur, ERSPAN2_HEADER);
    walk_tunnel_id(w, load_be16(h + 2) & 0x3ff);
    return walk_through(w, TUNNEL_ERSPAN, decode_ethernet(w));
}

/* Type III: as type II, time stamp, then | group, 2 | P, frame type, 5, hardware, direction, time
 * granularity, 2, O |; O says that 8 bytes of the platform's own follow. */
struct next decode_erspan3(struct walk *w)
{
    enum { FRAME_ETHERNET = 0, FRAME_IP = 2 };
    const uint8_t *h = cur_take(&w->cur, ERSPAN3_HEADER);
    if (!h || (h[11] & 1 && !cur_take(&w->cur, ERSPAN3_PLATFORM)))
        return walk_stop(w, REASON_short_link);
    walk_tunnel_id(w, load_be16(h + 2) & 0x3ff);
    w->tunnels_seen |= TUNNEL_ERSPAN;
    unsigned frame = load_be16(h + 10) >> 10 & 0x1f;
    if (frame == FRAME_IP)
        return walk_ip_by_version(w);
    return decode_ethernet(w);
}

/* A redirected packet (WCCP); version 2 puts four bytes of its own before it, which cannot be the
 * start of an IPv4 header. */
struct next decode_wccp(struct walk *w)
{
    const uint8_t *h = cur_peek(&w->cur, 1);
    if (h && *h >> 4 != 4)
        cur_take(&w->cur, 4);
    return decode_ipv4(w);
}
