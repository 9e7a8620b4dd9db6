/* walk.h - what the decoders share while they go through one frame. Only decode*.c include it.
 *
 * A decoder takes its header from the cursor and names what follows. What belongs to a link header
 * or to a tunnel waits in the walk until an IP header inside it could be read whole: only then does
 * the packet become that of the inner header. So whatever is broken further in, the packet stays
 * with the last good one.
 */
#ifndef WEIR_NET_WALK_H
#define WEIR_NET_WALK_H

#include "base/cursor.h"
#include "net/decode.h"

enum layer {
    LAYER_END,
    LAYER_LINK,
    LAYER_ETHER_TYPE,
    LAYER_GRE,
    LAYER_PPP,
    LAYER_IP,
    LAYER_UDP_PORT
};

/* Which row of decoders.def goes on; LAYER_END when nobody does. */
struct next {
    enum layer layer;
    uint16_t number;
};

struct walk {
    struct cursor cur; /* what is left of the innermost packet, without its padding */
    struct packet *packet;
    struct decoder *decoder;
    const struct frame *frame;
    uint64_t wire_end;  /* where it ends on the wire, counted from the frame's first byte */
    uint64_t notes;     /* one bit for each reason of group NOTE */
    enum reason reason; /* why the walk ended, for a frame without IP */

    /* Of the last Ethernet header, until an IP header follows. */
    uint16_t vlan, vlan_inner;
    unsigned tags;
    bool has_mac;
    const uint8_t *src_mac, *dst_mac;

    /* Of the tunnels since the last IP header, until the next one. */
    uint16_t tunnels_seen;
    bool has_tunnel_id;
    uint32_t tunnel_id;

    /* Of the innermost IP header. */
    uint32_t fragment_id;
    uint8_t fragment_proto; /* as every fragment of the packet says it */
};

_Static_assert(REASONS <= 64, "the notes of a frame are one word");

static inline struct next walk_to(enum layer layer, unsigned number)
{
    return (struct next){layer, (uint16_t)number};
}

/* Ends the walk; the reason counts only when no IP header was read before. */
static inline struct next walk_stop(struct walk *w, enum reason reason)
{
    w->reason = reason;
    return (struct next){LAYER_END, 0};
}

/* Ends the walk where the last decoder stands, in good order. */
static inline struct next walk_done(void)
{
    return (struct next){LAYER_END, 0};
}

static inline void walk_note(struct walk *w, enum reason reason)
{
    w->notes |= UINT64_C(1) << reason;
}

static inline struct next walk_through(struct walk *w, enum tunnel tunnel, struct next next)
{
    w->tunnels_seen |= (uint16_t)tunnel;
    return next;
}

static inline void walk_tunnel_id(struct walk *w, uint32_t id)
{
    w->tunnel_id = id;
    w->has_tunnel_id = true;
}

/* Bytes of the innermost packet from here to its end on the wire. */
static inline uint32_t walk_wire_left(const struct walk *w)
{
    uint64_t at = (uint64_t)(w->cur.at - w->frame->bytes);
    return at < w->wire_end ? (uint32_t)(w->wire_end - at) : 0;
}

/* Takes the ports that TCP, UDP, SCTP, DCCP and UDP-Lite all begin with. False when cut. */
bool walk_take_ports(struct walk *w);

/* Reads the options of a SYN: segment size and window scale. */
void walk_tcp_options(struct packet *p, struct cursor options);

/* True when an Ethernet header with a type that is common behind labels stands offset bytes on. */
bool walk_sees_ethernet(const struct cursor *c, size_t offset);

/* What starts with the version of IP in its first four bits; broken when it does not. */
struct next walk_ip_by_version(struct walk *w);

/* A link header with these MACs (six bytes each, in the frame) begins; its tags are new. */
static inline void walk_link(struct walk *w, const uint8_t *dst_mac, const uint8_t *src_mac)
{
    w->has_mac = true;
    w->dst_mac = dst_mac;
    w->src_mac = src_mac;
    w->vlan = w->vlan_inner = 0;
    w->tags = 0;
}

static inline void walk_tag(struct walk *w, unsigned tag)
{
    if (w->tags == 0)
        w->vlan = tag & 0xfff;
    else if (w->tags == 1)
        w->vlan_inner = tag & 0xfff;
    w->tags++;
}

/* The packet is now that of an IP header at ip, whose length field says ip_bytes (0 = not said: all
 * that was on the wire).
 * False when the tunnels are too many. Called when the whole header is known to be there. */
bool walk_enter_ip(struct walk *w, const uint8_t *ip, unsigned version, uint32_t ip_bytes);

/* What follows an IP header: looks after fragments, then to the transport. */
struct next walk_transport(struct walk *w, uint8_t proto);

#define DECODER(layer, number, name) struct next decode_##name(struct walk *w);
#define TUNNEL(layer, number, name)  struct next decode_##name(struct walk *w);
#include "net/decoders.def"
#undef DECODER
#undef TUNNEL

/* An 802.11 frame whose two bytes of frame control are swapped, as access points send it. */
struct next decode_wlan_swapped(struct walk *w);

/* What follows aa aa 03, in LLC or frame relay. */
struct next decode_snap(struct walk *w);

/* One case of a switch over the table holds layer and number. */
#define ROW(layer, number) ((uint32_t)(layer) << 16 | (number))

/* True when a row of LAYER_UDP_PORT has this number. A bit of four words says no to nearly all
 * ports: the comparisons alone were a tree that no predictor knows its way through, 1.3 to 5 ns a UDP
 * packet. */
static inline bool decode_is_tunnel_port(uint16_t port)
{
#define DECODER(layer, number, name)
#define TUNNEL(layer, number, name)                                                                \
    | ((layer) == LAYER_UDP_PORT && ((number) >> 6 & 3) == WORD ? UINT64_C(1) << ((number)&63) : 0)
    static const uint64_t maybe[4] = {
#define WORD 0
        0
#include "net/decoders.def"
#undef WORD
#define WORD 1
        ,
        0
#include "net/decoders.def"
#undef WORD
#define WORD 2
        ,
        0
#include "net/decoders.def"
#undef WORD
#define WORD 3
        ,
        0
#include "net/decoders.def"
#undef WORD
    };
#undef DECODER
#undef TUNNEL
    if (__builtin_expect(!(maybe[port >> 6 & 3] >> (port & 63) & 1), 1))
        return false;
    switch (ROW(LAYER_UDP_PORT, port)) {
#define DECODER(layer, number, name)
#define TUNNEL(layer, number, name) case ROW(layer, number):
#include "net/decoders.def"
#undef DECODER
#undef TUNNEL
        return true;
    default:
        return false;
    }
}

/* Decodes any frame, header by header. */
enum reason decode_by_walk(struct decoder *d, const struct frame *f, struct packet *p);

/* Counts the reasons whose bits are set, once each. */
void decode_count_notes(struct decoder *d, uint64_t notes, uint32_t wire_len);

#endif
