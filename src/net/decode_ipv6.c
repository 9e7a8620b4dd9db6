/* decode_ipv6.c - the IPv6 header and the extension headers in front of the transport (RFC 8200).
 *
 *  0      4              12                                    31
 *  | ver | traffic class | flow label                          |
 *  | payload length             | next header | hop limit      |
 *  | source address, 16 bytes                                  |
 *  | destination address, 16 bytes                             |
 *
 * Skipped are hop-by-hop options (0), routing (43), fragment (44) and destination options (60).
 * Everything else, AH and ESP and the mobility header too, is what the packet is.
 */
#include "net/walk.h"

enum {
    IPV6_HEADER = 40,
    NEXT_HOP_BY_HOP = 0,
    NEXT_ROUTING = 43,
    NEXT_FRAGMENT = 44,
    NEXT_NONE = 59,
    NEXT_DESTINATION = 60,
    FRAGMENT_HEADER = 8,
    OPTION_JUMBO = 0xc2 /* RFC 2675 */
};

/* Length of a jumbogram as the hop-by-hop options at next say it, or 0. */
static uint32_t jumbo_length(const struct walk *w)
{
    struct cursor c = w->cur;
    cur_u8(&c);
    struct cursor options = cur_sub(&c, cur_u8(&c) * 8u + 6);
    while (cur_ok(&options) && cur_left(&options)) {
        unsigned type = cur_u8(&options);
        if (!type)
            continue;
        unsigned length = cur_u8(&options);
        if (type == OPTION_JUMBO && length == 4)
            return cur_be32(&options);
        cur_take(&options, length);
    }
    return 0;
}

/* Takes one fragment header. False when it is cut. */
static bool take_fragment(struct walk *w, uint8_t *next)
{
    const uint8_t *h = cur_take(&w->cur, FRAGMENT_HEADER);
    if (!h)
        return false;
    unsigned where = load_be16(h + 2);
    struct packet *p = w->packet;
    /* An atomic fragment (RFC 6946) is whole: offset 0 and no more to come. */
    p->is_fragment = where & 0xfff9;
    p->is_later_fragment = where & 0xfff8;
    w->fragment_id = load_be32(h + 4);
    w->fragment_proto = h[0];
    *next = h[0];
    return true;
}

static bool take_options(struct walk *w, uint8_t *next)
{
    const uint8_t *h = cur_peek(&w->cur, 1);
    if (!h)
        return false;
    *next = h[0];
    h = cur_peek(&w->cur, 2);
    return h && cur_take(&w->cur, (h[1] + 1u) * 8);
}

/* Of a header that is cut the packet still is what it says comes next. */
static struct next extensions(struct walk *w, uint8_t next)
{
    for (unsigned i = 0; i < PACKET_EXTENSIONS; i++) {
        bool whole;
        if (next == NEXT_FRAGMENT)
            whole = take_fragment(w, &next);
        else if (next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_DESTINATION)
            whole = take_options(w, &next);
        else
            return walk_transport(w, next);
        if (!whole)
            break;
        if (w->packet->is_later_fragment)
            return walk_transport(w, next);
    }
    walk_note(w, REASON_extension_bad);
    w->packet->proto = next;
    return walk_done();
}

/* Length 0 is a jumbogram, a sender that leaves cutting to its card, or truly nothing. A jumbogram
 * that claims more than was on the wire is none. */
static uint32_t payload_length(struct walk *w, const uint8_t *ip, bool *unknown)
{
    uint32_t payload = load_be16(ip + 4);
    *unknown = !payload && cur_left(&w->cur) && ip[6] != NEXT_NONE;
    if (*unknown && ip[6] == NEXT_HOP_BY_HOP) {
        uint32_t jumbo = jumbo_length(w);
        if (jumbo > walk_wire_left(w))
            walk_note(w, REASON_ip_length_bad);
        else
            payload = jumbo;
        *unknown = !payload;
    }
    return payload;
}

struct next decode_ipv6(struct walk *w)
{
    const uint8_t *ip = cur_peek(&w->cur, 1);
    if (!ip)
        return walk_stop(w, REASON_short_ip);
    if (*ip >> 4 != 6)
        return walk_stop(w, REASON_bad_ip);
    if (!cur_take(&w->cur, IPV6_HEADER))
        return walk_stop(w, REASON_short_ip);

    bool unknown;
    uint32_t payload = payload_length(w, ip, &unknown);
    if (!walk_enter_ip(w, ip, 6, unknown ? 0 : payload + IPV6_HEADER))
        return walk_done();

    struct packet *p = w->packet;
    p->tos = (uint8_t)(load_be16(ip) >> 4);
    p->ttl = ip[7];
    memcpy(p->src.byte, ip + 8, sizeof p->src.byte);
    memcpy(p->dst.byte, ip + 24, sizeof p->dst.byte);
    if (unknown)
        walk_note(w, REASON_ip_length_zero);
    return extensions(w, ip[6]);
}
