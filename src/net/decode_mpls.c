/* decode_mpls.c - MPLS labels (RFC 3032) and what is below them.
 *
 *  | label, 20 bits | traffic class, 3 | bottom, 1 | time to live, 8 |
 *
 * Nothing says what follows the last label. IP shows its version in the first four bits; 0001 is an
 * associated channel (RFC 4385), and 0000 may be a control word before an Ethernet frame or the
 * frame itself, which a known Ethernet type decides.
 */
#include "net/walk.h"

enum {
    LABEL = 4,
    BOTTOM = 0x01,
    CONTROL_WORD = 4,
    ETHERNET_HEADER = 14,
    CHANNEL_IPV4 = 0x21,
    CHANNEL_IPV6 = 0x57
};

bool walk_sees_ethernet(const struct cursor *c, size_t offset)
{
    const uint8_t *h = cur_peek(c, offset + ETHERNET_HEADER);
    if (!h)
        return false;
    unsigned type = load_be16(h + offset + 12);
    switch (type) {
    case 0x0800:
    case 0x0806:
    case 0x86dd:
    case 0x8100:
    case 0x88a8:
    case 0x9100:
    case 0x8847:
    case 0x8863:
    case 0x8864:
    case 0x8809:
    case 0x888e:
    case 0x88cc:
    case 0x88e5:
    case 0x8902:
        return true;
    default:
        return type >= 3 && type <= cur_left(c) - offset - ETHERNET_HEADER;
    }
}

/* A header length and a total length that fit. */
static bool looks_like_ipv4(const struct cursor *c)
{
    const uint8_t *h = cur_peek(c, 4);
    return h && h[0] >= 0x45 && h[0] <= 0x4f && load_be16(h + 2) >= (h[0] & 15u) * 4;
}

/* A payload length that is there; padding may follow. */
static bool looks_like_ipv6(const struct cursor *c)
{
    const uint8_t *h = cur_peek(c, 40);
    return h && load_be16(h + 4) + 40u <= cur_left(c);
}

static struct next associated_channel(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, CONTROL_WORD);
    if (!h)
        return walk_stop(w, REASON_short_mpls);
    unsigned type = load_be16(h + 2);
    if (type == CHANNEL_IPV4 || type == CHANNEL_IPV6)
        return walk_through(w, TUNNEL_MPLS, walk_ip_by_version(w));
    return walk_stop(w, REASON_other_mpls);
}

static struct next below_labels(struct walk *w)
{
    const uint8_t *first = cur_peek(&w->cur, 1);
    if (!first)
        return walk_stop(w, REASON_short_mpls);
    w->tunnels_seen |= TUNNEL_MPLS;
    switch (*first >> 4) {
    case 4:
        if (looks_like_ipv4(&w->cur) || !walk_sees_ethernet(&w->cur, 0))
            return decode_ipv4(w);
        return decode_ethernet(w);
    case 6:
        if (looks_like_ipv6(&w->cur) || !walk_sees_ethernet(&w->cur, 0))
            return decode_ipv6(w);
        return decode_ethernet(w);
    case 1:
        return associated_channel(w);
    case 0:
        if (walk_sees_ethernet(&w->cur, CONTROL_WORD)) {
            cur_take(&w->cur, CONTROL_WORD);
            return decode_ethernet(w);
        }
        break;
    default:
        break;
    }
    if (walk_sees_ethernet(&w->cur, 0))
        return decode_ethernet(w);
    w->tunnels_seen &= (uint16_t)~TUNNEL_MPLS;
    return walk_stop(w, REASON_other_mpls);
}

struct next decode_mpls(struct walk *w)
{
    for (unsigned i = 0; i < PACKET_LABELS; i++) {
        const uint8_t *h = cur_take(&w->cur, LABEL);
        if (!h)
            return walk_stop(w, REASON_short_mpls);
        if (!i)
            walk_tunnel_id(w, load_be24(h) >> 4);
        if (h[2] & BOTTOM)
            return below_labels(w);
    }
    return walk_stop(w, REASON_too_deep);
}
