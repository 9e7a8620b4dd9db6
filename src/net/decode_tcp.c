/* decode_tcp.c - the TCP header (RFC 9293), and of its options what a SYN says once.
 *
 *  | source port               | destination port               |
 *  | sequence number                                            |
 *  | acknowledgement number                                     |
 *  | hlen | 0 | flags          | window                         |
 *  | checksum                  | urgent pointer                 |
 *  | options, hlen * 4 - 20 bytes                               |
 */
#include "net/walk.h"

enum { TCP_HEADER = 20, OPTION_END = 0, OPTION_NOP = 1, OPTION_MSS = 2, OPTION_SCALE = 3 };

/* RFC 7323, 2.3: a larger shift is used as 14. */
enum { SCALE_MAX = 14 };

void walk_tcp_options(struct packet *p, struct cursor c)
{
    while (cur_left(&c)) {
        unsigned kind = cur_u8(&c);
        if (kind == OPTION_END)
            return;
        if (kind == OPTION_NOP)
            continue;
        unsigned length = cur_u8(&c);
        if (length < 2)
            return;
        struct cursor value = cur_sub(&c, length - 2);
        if (kind == OPTION_MSS)
            p->tcp_mss = cur_be16(&value);
        if (kind == OPTION_SCALE && cur_left(&value)) {
            unsigned shift = cur_u8(&value);
            p->tcp_wscale = (uint8_t)((shift < SCALE_MAX ? shift : SCALE_MAX) + 1);
        }
    }
}

bool walk_take_ports(struct walk *w)
{
    const uint8_t *h = cur_peek(&w->cur, 4);
    if (!h)
        return false;
    w->packet->src_port = load_be16(h);
    w->packet->dst_port = load_be16(h + 2);
    return true;
}

/* The header is cut: what is left of it is no payload. */
static struct next cut(struct walk *w)
{
    w->packet->payload = NULL;
    w->packet->payload_len = w->packet->payload_cap = 0;
    walk_note(w, REASON_l4_cut);
    return walk_done();
}

struct next decode_tcp(struct walk *w)
{
    struct packet *p = w->packet;
    if (!walk_take_ports(w))
        return cut(w);
    uint32_t wire = walk_wire_left(w);
    const uint8_t *h = cur_take(&w->cur, TCP_HEADER);
    if (!h)
        return cut(w);

    p->tcp_seq = load_be32(h + 4);
    p->tcp_ack = load_be32(h + 8);
    p->tcp_flags = h[13];
    p->tcp_window = load_be16(h + 14);
    uint32_t header = (h[12] >> 4) * 4u;
    if (header < TCP_HEADER || header > wire) {
        walk_note(w, REASON_l4_bad);
        p->payload = NULL;
        p->payload_len = p->payload_cap = 0;
        return walk_done();
    }
    p->is_tcp = true;
    p->payload_len = wire - header;

    size_t options = header - TCP_HEADER;
    if (options > cur_left(&w->cur)) {
        walk_note(w, REASON_l4_cut);
        options = cur_left(&w->cur);
    }
    struct cursor c = cur_sub(&w->cur, options);
    if (p->tcp_flags & TCP_SYN)
        walk_tcp_options(p, c);
    p->payload_cap = (uint32_t)cur_left(&w->cur);
    p->payload = p->payload_cap ? w->cur.at : NULL;
    return walk_done();
}
