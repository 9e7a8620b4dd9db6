/* decode_vlan.c - tags between an Ethernet header and what it carries.
 *
 * All of them end with the Ethernet type of what follows.
 */
#include "net/walk.h"

enum {
    VLAN_TAG = 4,        /* 802.1Q: priority and id, type */
    VNTAG = 6,           /* Cisco VN-tag: direction and interfaces, type */
    ETAG = 8,            /* 802.1BR: priority and ids, type */
    HSR_TAG = 6,         /* IEC 62439-3: path and length, sequence, type */
    REDUNDANCY_TAG = 6,  /* 802.1CB: reserved, sequence, type */
    BACKBONE_TAG = 18,   /* 802.1ah: service, customer's two MACs, type */
    METADATA_OPTION = 4, /* Cisco metadata counts its options in words */
    MACSEC_TAG = 6,      /* 802.1AE: TCI and AN, short length, packet number */
    MACSEC_CHANNEL = 8,
    MACSEC_CHECK = 16,
    MACSEC_HAS_CHANNEL = 0x20,
    MACSEC_ENCRYPTED = 0x0c /* E or C: payload is not as it was */
};

/* Takes a tag of n bytes whose last two are the type of what follows. */
static struct next take_tag(struct walk *w, size_t n)
{
    const uint8_t *h = cur_take(&w->cur, n);
    if (!h)
        return walk_stop(w, REASON_short_vlan);
    return walk_to(LAYER_ETHER_TYPE, load_be16(h + n - 2));
}

struct next decode_vlan(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, VLAN_TAG);
    if (!h)
        return walk_stop(w, REASON_short_vlan);
    walk_tag(w, load_be16(h));
    unsigned type = load_be16(h + 2);
    /* 802.3 inside a tag: the type is a length and LLC follows. */
    if (type <= 1500)
        return decode_llc(w);
    return walk_to(LAYER_ETHER_TYPE, type);
}

struct next decode_vntag(struct walk *w)
{
    return take_tag(w, VNTAG);
}

struct next decode_etag(struct walk *w)
{
    return take_tag(w, ETAG);
}

struct next decode_hsr(struct walk *w)
{
    return take_tag(w, HSR_TAG);
}

struct next decode_redundancy(struct walk *w)
{
    return take_tag(w, REDUNDANCY_TAG);
}

struct next decode_backbone(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, BACKBONE_TAG);
    if (!h)
        return walk_stop(w, REASON_short_vlan);
    walk_link(w, h + 4, h + 10);
    return walk_to(LAYER_ETHER_TYPE, load_be16(h + 16));
}

struct next decode_cisco_metadata(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, 2);
    if (!h || !cur_take(&w->cur, (size_t)h[1] * METADATA_OPTION))
        return walk_stop(w, REASON_short_vlan);
    return take_tag(w, 2);
}

struct next decode_macsec(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, MACSEC_TAG);
    if (!h || (h[0] & MACSEC_HAS_CHANNEL && !cur_take(&w->cur, MACSEC_CHANNEL)))
        return walk_stop(w, REASON_short_vlan);
    if (h[0] & MACSEC_ENCRYPTED)
        return walk_stop(w, REASON_other_ether_type);
    if (cur_left(&w->cur) > MACSEC_CHECK)
        cur_limit(&w->cur, cur_left(&w->cur) - MACSEC_CHECK);
    return take_tag(w, 2);
}
