/* decode_udp.c - the headers of UDP (RFC 768), UDP-Lite (RFC 3828), DCCP (RFC 4340), SCTP
 * (RFC 9260) and ICMP (RFC 792, RFC 4443).
 *
 *  | source port               | destination port               |
 *  | UDP: length, checksum; SCTP: verification tag; DCCP: data offset, ... |
 */
#include "net/walk.h"

enum {
    UDP_HEADER = 8,
    SCTP_HEADER = 12,
    DCCP_HEADER = 12,
    ICMP_HEADER = 8,
    LAST_SYSTEM_PORT = 1023
};

/* The payload begins `header` bytes behind the transport header, of which wire_left bytes were on
 * the wire; what was captured of it is for the packet. */
static bool take_header(struct walk *w, uint32_t header)
{
    struct packet *p = w->packet;
    uint32_t wire = walk_wire_left(w);
    p->payload = NULL;
    p->payload_cap = 0;
    p->payload_len = wire > header ? wire - header : 0;
    if (!cur_take(&w->cur, header)) {
        walk_note(w, REASON_l4_cut);
        return false;
    }
    p->payload_cap = (uint32_t)cur_left(&w->cur);
    p->payload = p->payload_cap ? w->cur.at : NULL;
    return true;
}

/* The length field of UDP covers header and payload; 0 stands for a jumbogram or for a sender that
 * leaves it to its card. A first fragment carries less than it says. */
static void limit_to_length(struct walk *w, uint32_t length)
{
    struct packet *p = w->packet;
    if (!length)
        return;
    if (length < UDP_HEADER || (length - UDP_HEADER > p->payload_len && !p->is_fragment)) {
        walk_note(w, REASON_l4_bad);
        return;
    }
    if (length - UDP_HEADER < p->payload_len)
        p->payload_len = length - UDP_HEADER;
    cur_limit(&w->cur, p->payload_len);
    p->payload_cap = (uint32_t)cur_left(&w->cur);
    p->payload = p->payload_cap ? w->cur.at : NULL;
}

struct next decode_udp(struct walk *w)
{
    struct packet *p = w->packet;
    walk_take_ports(w);
    const uint8_t *h = w->cur.at;
    if (!take_header(w, UDP_HEADER))
        return walk_done();
    limit_to_length(w, load_be16(h + 4));

    bool ascending = p->src_port < p->dst_port;
    uint16_t low = ascending ? p->src_port : p->dst_port;
    uint16_t high = ascending ? p->dst_port : p->src_port;
    if (decode_is_tunnel_port(low))
        return walk_to(LAYER_UDP_PORT, low);
    /* A client of a system service may happen to speak from the port of a tunnel. */
    if (decode_is_tunnel_port(high) && (low > LAST_SYSTEM_PORT || !low))
        return walk_to(LAYER_UDP_PORT, high);
    return walk_done();
}

struct next decode_udplite(struct walk *w)
{
    walk_take_ports(w);
    take_header(w, UDP_HEADER);
    return walk_done();
}

struct next decode_sctp(struct walk *w)
{
    walk_take_ports(w);
    take_header(w, SCTP_HEADER);
    return walk_done();
}

struct next decode_dccp(struct walk *w)
{
    walk_take_ports(w);
    const uint8_t *offset = cur_peek(&w->cur, DCCP_HEADER);
    uint32_t header = offset ? offset[4] * 4u : DCCP_HEADER;
    if (header < DCCP_HEADER || header > walk_wire_left(w)) {
        walk_note(w, offset ? REASON_l4_bad : REASON_l4_cut);
        header = DCCP_HEADER;
    }
    take_header(w, header);
    return walk_done();
}

/* An IP header inside is a quotation of the packet that failed, not a tunnel. */
struct next decode_icmp(struct walk *w)
{
    const uint8_t *h = cur_peek(&w->cur, 2);
    if (h) {
        w->packet->icmp_type = h[0];
        w->packet->icmp_code = h[1];
    }
    take_header(w, ICMP_HEADER);
    return walk_done();
}
