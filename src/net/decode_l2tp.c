/* decode_l2tp.c - L2TP version 2 (RFC 2661) and 3 (RFC 3931), and smaller tunnels over UDP: Teredo
 * (RFC 4380), AYIYA, CAPWAP data (RFC 5415), TZSP; and IP below an authentication header.
 *
 *  L2TP 2: | T L 0 0 S 0 O P | version | L: length | tunnel | session | S: Ns, Nr | O: offset |
 */
#include "net/walk.h"

enum {
    L2TP_CONTROL = 0x8000,
    L2TP_HAS_LENGTH = 0x4000,
    L2TP_HAS_SEQUENCE = 0x0800,
    L2TP_HAS_OFFSET = 0x0200,
    L2TP_VERSION = 0x000f
};

/* Behind the session of version 3 stand a cookie of 0, 4 or 8 bytes and a sublayer of 0 or 4, which
 * only the two ends know; an Ethernet header that makes sense shows where the frame begins. */
static struct next l2tp3_frame(struct walk *w)
{
    for (size_t skip = 0; skip <= 12; skip += 4) {
        if (walk_sees_ethernet(&w->cur, skip)) {
            cur_take(&w->cur, skip);
            return decode_ethernet(w);
        }
    }
    return walk_done();
}

struct next decode_l2tp3(struct walk *w)
{
    const uint8_t *session = cur_take(&w->cur, 4);
    if (!session)
        return walk_stop(w, REASON_short_link);
    if (!load_be32(session))
        return walk_done();
    w->tunnels_seen |= TUNNEL_L2TP;
    walk_tunnel_id(w, load_be32(session));
    return l2tp3_frame(w);
}

struct next decode_l2tp(struct walk *w)
{
    struct cursor *c = &w->cur;
    unsigned flags = cur_be16(c);
    if (!cur_ok(c) || flags & L2TP_CONTROL)
        return walk_done();
    if ((flags & L2TP_VERSION) == 3) {
        cur_take(c, 2);
        return decode_l2tp3(w);
    }
    if ((flags & L2TP_VERSION) != 2)
        return walk_done();
    if (flags & L2TP_HAS_LENGTH)
        cur_take(c, 2);
    const uint8_t *ids = cur_take(c, 4);
    if (flags & L2TP_HAS_SEQUENCE)
        cur_take(c, 4);
    if (flags & L2TP_HAS_OFFSET)
        cur_take(c, cur_be16(c));
    if (!cur_ok(c))
        return walk_stop(w, REASON_short_link);
    w->tunnels_seen |= TUNNEL_L2TP;
    walk_tunnel_id(w, load_be32(ids));
    return decode_ppp(w);
}

/* Before the IPv6 packet may stand | 00 01 | lengths of id and proof | both | nonce, 8 | confirm |
 * and | 00 00 | port, 2 | address, 4 |. */
struct next decode_teredo(struct walk *w)
{
    enum { AUTHENTICATION = 4, NONCE = 9, ORIGIN = 8 };
    const uint8_t *h = cur_peek(&w->cur, AUTHENTICATION);
    if (h && load_be16(h) == 1) {
        cur_take(&w->cur, (size_t)AUTHENTICATION + h[2] + h[3] + NONCE);
        h = cur_peek(&w->cur, 2);
    }
    if (h && load_be16(h) == 0)
        cur_take(&w->cur, ORIGIN);
    h = cur_peek(&w->cur, 1);
    if (!h || *h >> 4 != 6)
        return walk_done();
    w->tunnels_seen |= TUNNEL_TEREDO;
    return decode_ipv6(w);
}

/*  | id length as power of 2, type | signature words, hash | authentication, opcode | next header |
 *  | time, 4 | id | signature | */
struct next decode_ayiya(struct walk *w)
{
    enum { HEADER = 8, OPCODE_FORWARD = 1 };
    const uint8_t *h = cur_take(&w->cur, HEADER);
    if (!h || (h[2] & 15) != OPCODE_FORWARD)
        return walk_done();
    size_t id = (size_t)1 << (h[0] >> 4), signature = (h[1] >> 4) * 4u;
    if (!cur_take(&w->cur, id + signature))
        return walk_stop(w, REASON_short_link);
    w->tunnels_seen |= TUNNEL_OTHER;
    return h[3] == 41 || h[3] == 4 ? walk_ip_by_version(w) : walk_done();
}

/*  | version, type | length in words, 5, radio, 5, binding, 5, T, F, L, W, M, K, reserved | fragment |
 *  T: the frame is 802.11, with its frame control swapped; F: part of a larger one */
struct next decode_capwap(struct walk *w)
{
    enum {
        HEADER = 8,
        IS_NATIVE = 0x000100,
        IS_PART = 0x000080,
        KEEP_ALIVE = 0x000008,
        OFFSET = 0xfff8
    };
    const uint8_t *h = cur_peek(&w->cur, HEADER);
    if (!h || h[0])
        return walk_done();
    uint32_t bits = load_be24(h + 1);
    size_t length = (bits >> 19) * 4;
    bool is_later_part = bits & IS_PART && load_be16(h + 6) & OFFSET;
    if (length < HEADER || !cur_take(&w->cur, length))
        return walk_stop(w, REASON_short_link);
    if (bits & KEEP_ALIVE || is_later_part)
        return walk_done();
    w->tunnels_seen |= TUNNEL_OTHER;
    return bits & IS_NATIVE ? decode_wlan_swapped(w) : decode_ethernet(w);
}

/*  | version 1 | type | protocol, 2 |, then tags | number | length | value | until number 1 */
struct next decode_tzsp(struct walk *w)
{
    enum {
        HEADER = 4,
        RECEIVED = 0,
        TRANSMIT = 1,
        TAG_PADDING = 0,
        TAG_END = 1,
        ETHERNET = 1,
        WLAN = 0x12
    };
    const uint8_t *h = cur_take(&w->cur, HEADER);
    if (!h || h[0] != 1 || h[1] > TRANSMIT)
        return walk_done();
    for (unsigned tag = TAG_PADDING; tag != TAG_END;) {
        tag = cur_u8(&w->cur);
        if (tag != TAG_PADDING && tag != TAG_END)
            cur_take(&w->cur, cur_u8(&w->cur));
        if (!cur_ok(&w->cur))
            return walk_stop(w, REASON_short_link);
    }
    w->tunnels_seen |= TUNNEL_OTHER;
    switch (load_be16(h + 2)) {
    case ETHERNET:
        return decode_ethernet(w);
    case WLAN:
        return decode_wlan(w);
    default:
        return walk_done();
    }
}

/* The flow is AH's. In tunnel mode (RFC 4302) an IP packet or another tunnel is inside it. */
struct next decode_ah(struct walk *w)
{
    enum { HEADER = 12 };
    const uint8_t *h = cur_peek(&w->cur, HEADER);
    if (!h || !cur_take(&w->cur, (h[1] + 2u) * 4)) {
        walk_note(w, REASON_l4_cut);
        return walk_done();
    }
    switch (h[0]) {
    case 4:
    case 41:
    case 47:
    case 97:
    case 137:
        return walk_through(w, TUNNEL_OTHER, walk_to(LAYER_IP, h[0]));
    default:
        return walk_done();
    }
}
