/* decode_gtp.c - user packets in GTP (3GPP TS 29.281 version 1, TS 29.060 version 0) and in GTP'.
 *
 *  version 1: | version, type, E, S, PN | message | length, 2 | TEID, 4 |
 *             with E, S or PN: | sequence, 2 | N-PDU | next extension |, each extension
 *             | length in words | ... | next extension |
 *  version 0: | version, type, S | message | length, 2 | sequence, 2 | flow, 2 | ... | TID, 8 |
 */
#include "net/walk.h"

enum {
    MESSAGE_USER_PACKET = 0xff,
    GTP0_HEADER = 20,
    GTP1_HEADER = 8,
    HAS_MORE = 0x07,
    HAS_EXTENSION = 0x04
};

/* The inner packet shows its version; anything else is PPP. */
static struct next user_packet(struct walk *w)
{
    const uint8_t *h = cur_peek(&w->cur, 1);
    if (!h)
        return walk_stop(w, REASON_short_ip);
    w->tunnels_seen |= TUNNEL_GTP;
    if (*h >= 0x45 && *h <= 0x4f)
        return decode_ipv4(w);
    if (*h >> 4 == 6)
        return decode_ipv6(w);
    return decode_ppp(w);
}

/* False when an extension header is cut. */
static bool skip_extensions(struct cursor *c, uint8_t next)
{
    while (next) {
        const uint8_t *length = cur_take(c, 1);
        if (!length || !*length)
            return false;
        const uint8_t *rest = cur_take(c, *length * 4u - 1);
        if (!rest)
            return false;
        next = rest[*length * 4 - 2];
    }
    return true;
}

static struct next version1(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, GTP1_HEADER);
    if (!h || h[1] != MESSAGE_USER_PACKET)
        return walk_done();
    walk_tunnel_id(w, load_be32(h + 4));
    if (h[0] & HAS_MORE) {
        const uint8_t *more = cur_take(&w->cur, 4);
        if (!more || (h[0] & HAS_EXTENSION && !skip_extensions(&w->cur, more[3])))
            return walk_stop(w, REASON_short_link);
    }
    return user_packet(w);
}

static struct next version0(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, GTP0_HEADER);
    if (!h || h[1] != MESSAGE_USER_PACKET)
        return walk_done();
    walk_tunnel_id(w, load_be16(h + 6));
    return user_packet(w);
}

struct next decode_gtp(struct walk *w)
{
    const uint8_t *h = cur_peek(&w->cur, 1);
    if (h && *h >> 5 == 1)
        return version1(w);
    if (h && *h >> 5 == 0)
        return version0(w);
    return walk_done();
}

/* Version 0 was also spoken on this port. */
struct next decode_gtp_prime(struct walk *w)
{
    return decode_gtp(w);
}
