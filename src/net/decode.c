/* decode.c - the walk from layer to layer. What most networks carry takes the shortcut of
 * packet_decode() in decode_plain.c and never comes here. */
#include "net/decode.h"

#include "net/fragment.h"
#include "net/walk.h"

static struct next step(struct walk *w, struct next next)
{
    switch (ROW(next.layer, next.number)) {
#define DECODER(layer, number, name)                                                               \
    case ROW(layer, number):                                                                       \
        return decode_##name(w);
#define TUNNEL(layer, number, name)                                                                \
    case ROW(layer, number):                                                                       \
        return w->decoder->decap ? decode_##name(w) : walk_done();
#include "net/decoders.def"
#undef DECODER
#undef TUNNEL
    default:
        break;
    }
    switch (next.layer) {
    case LAYER_GRE:
        return walk_to(LAYER_ETHER_TYPE, next.number);
    case LAYER_LINK:
        return walk_stop(w, REASON_other_link);
    case LAYER_PPP:
        return walk_stop(w, REASON_pppoe_control);
    case LAYER_ETHER_TYPE:
        return walk_stop(w, REASON_other_ether_type);
    default:
        return walk_done();
    }
}

void decode_count_notes(struct decoder *d, uint64_t notes, uint32_t wire_len)
{
    while (notes) {
        unsigned reason = (unsigned)__builtin_ctzll(notes);
        notes &= notes - 1;
        counter_add(&d->packets[reason], 1);
        counter_add(&d->bytes[reason], wire_len);
    }
}

/* Everything that a frame without IP leaves as it is. */
static void forget(struct packet *p, const struct frame *f)
{
    /* In two, because a compiler makes moves of 64 bytes and a slow string instruction of more. */
    memset(p, 0, offsetof(struct packet, ip));
    memset(&p->ip, 0, offsetof(struct packet, src_mac) - offsetof(struct packet, ip));
    p->ts = f->ts;
    p->wire_len = f->wire_len;
    p->cap_len = f->cap_len;
}

/* The link header of a frame in which there was no IP. */
static void take_link(struct packet *p, const struct walk *w)
{
    p->vlan = w->vlan;
    p->vlan_inner = w->vlan_inner;
    p->has_mac = w->has_mac;
    if (w->has_mac) {
        memcpy(p->src_mac.byte, w->src_mac, sizeof p->src_mac.byte);
        memcpy(p->dst_mac.byte, w->dst_mac, sizeof p->dst_mac.byte);
    }
}

/* A first fragment that is no tunnel lends its ports to the later ones. */
static void remember_fragment(struct walk *w)
{
    const struct packet *p = w->packet;
    bool kept = fragments_put(w->decoder->fragments, p, w->fragment_proto, w->fragment_id);
    if (!kept)
        walk_note(w, REASON_fragment_full);
}

static enum reason verdict(struct walk *w)
{
    struct packet *p = w->packet;
    if (!p->version) {
        take_link(p, w);
        return w->reason;
    }
    if (reason_table[w->reason].group == GROUP_MALFORMED)
        walk_note(w, REASON_tunnel_broken);
    if (p->is_fragment && !p->is_later_fragment && p->l4)
        remember_fragment(w);
    return p->version == 4 ? REASON_ipv4 : REASON_ipv6;
}

/* Member by member, which is quicker than clearing all of it. */
static void begin(struct walk *w, struct decoder *d, const struct frame *f, struct packet *p)
{
    w->cur = cur_over(f->bytes, f->cap_len);
    w->packet = p;
    w->decoder = d;
    w->frame = f;
    w->wire_end = f->wire_len > f->cap_len ? f->wire_len : f->cap_len;
    w->notes = 0;
    w->reason = REASON_other_ether_type;
    w->vlan = w->vlan_inner = 0;
    w->tags = 0;
    w->has_mac = false;
    w->src_mac = w->dst_mac = NULL;
    w->tunnels_seen = 0;
    w->has_tunnel_id = false;
    w->tunnel_id = 0;
    w->fragment_id = 0;
    w->fragment_proto = 0;
}

enum reason decode_by_walk(struct decoder *d, const struct frame *f, struct packet *p)
{
    struct walk w;
    begin(&w, d, f, p);
    forget(p, f);
    struct next next = walk_to(LAYER_LINK, f->link);
    for (unsigned i = 0; next.layer != LAYER_END; i++) {
        if (i == PACKET_STEPS) {
            walk_stop(&w, REASON_too_deep);
            break;
        }
        if (next.layer == LAYER_ETHER_TYPE)
            p->ether_type = next.number;
        next = step(&w, next);
        /* The card's tag stood in front of those that are still in the frame. */
        if (!i && f->vlan && !w.tags)
            walk_tag(&w, f->vlan);
    }
    enum reason reason = verdict(&w);
    if (f->cap_len < f->wire_len)
        walk_note(&w, REASON_snapped);
    decode_count_notes(d, w.notes, f->wire_len);
    return reason;
}

bool decoder_init(struct decoder *d, bool decap, struct err *e)
{
    d->decap = decap;
    d->fragments = fragments_new(e);
    return d->fragments != NULL;
}

void decoder_fini(struct decoder *d)
{
    fragments_free(d->fragments);
    d->fragments = NULL;
}

bool link_is_known(uint16_t link)
{
    switch (ROW(LAYER_LINK, link)) {
#define DECODER(layer, number, name) case ROW(layer, number):
#define TUNNEL(layer, number, name)
#include "net/decoders.def"
#undef DECODER
#undef TUNNEL
        return true;
    default:
        return false;
    }
}
