/* decode_pppoe.c - PPP over Ethernet (RFC 2516), PPP (RFC 1661) and PPP in HDLC framing (RFC 1662).
 *
 *  PPPoE: | version, type | code | session | length |
 *  PPP:   | ff 03, often left out | protocol, one byte when odd, else two |
 */
#include "net/walk.h"

enum { PPPOE_HEADER = 6, MULTILINK_HEADER = 4, MULTILINK_FIRST = 0x80, BRIDGE_FLAGS = 2 };

struct next decode_pppoe_discovery(struct walk *w)
{
    return walk_stop(w, REASON_pppoe_control);
}

struct next decode_pppoe(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, PPPOE_HEADER);
    if (!h)
        return walk_stop(w, REASON_short_pppoe);
    if (h[1])
        return walk_stop(w, REASON_pppoe_control);
    w->tunnels_seen |= TUNNEL_PPPOE;
    walk_tunnel_id(w, load_be16(h + 2));
    return decode_ppp(w);
}

struct next decode_ppp(struct walk *w)
{
    const uint8_t *h = cur_peek(&w->cur, 2);
    if (h && h[0] == 0xff && h[1] == 0x03)
        cur_take(&w->cur, 2);

    unsigned protocol = cur_u8(&w->cur);
    if (!(protocol & 1))
        protocol = protocol << 8 | cur_u8(&w->cur);
    if (!cur_ok(&w->cur))
        return walk_stop(w, REASON_short_pppoe);
    return walk_to(LAYER_PPP, protocol);
}

/* Multilink (RFC 1990): only a first fragment shows what is inside. */
struct next decode_multilink(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, MULTILINK_HEADER);
    if (!h)
        return walk_stop(w, REASON_short_pppoe);
    if (!(h[0] & MULTILINK_FIRST))
        return walk_stop(w, REASON_pppoe_control);
    return decode_ppp(w);
}

/* Bridging (RFC 3518): flags, MAC type, then the frame as that type has it; 1 is Ethernet. */
struct next decode_bridging(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, BRIDGE_FLAGS);
    if (!h)
        return walk_stop(w, REASON_short_pppoe);
    if (h[1] != 1)
        return walk_stop(w, REASON_pppoe_control);
    return decode_ethernet(w);
}
