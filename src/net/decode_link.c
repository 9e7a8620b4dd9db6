/* decode_link.c - Ethernet II, 802.3 with LLC and SNAP, FDDI, token ring; and what ends there.
 *
 *  | destination, 6 | source, 6 | type or length, 2 |
 *  LLC:  | DSAP | SSAP | control |      SNAP behind aa aa 03: | OUI, 3 | type, 2 |
 *
 * Up to 1500 the last field is the length of an 802.3 frame, from 1536 on it is the type.
 */
#include "net/walk.h"

enum {
    ETHERNET_HEADER = 14,
    LENGTH_MAX = 1500,
    SNAP_HEADER = 5,
    FDDI_HEADER = 13,
    RING_HEADER = 14,
    ISL_HEADER = 26
};

enum {
    SAP_SPANNING_TREE = 0x42,
    SAP_IP = 0x06,
    SAP_SNAP = 0xaa,
    CONTROL_UI = 0x03,
    OUI_ETHERNET = 0x000000,
    OUI_BRIDGED = 0x0080c2, /* RFC 2684: Ethernet in LLC; 1 with its check sum, 7 without */
    OUI_APPLE = 0x080007,
    OUI_TUNNEL = 0x0000f8, /* 802.1H */
    OUI_CISCO = 0x00000c,
    PID_PVST = 0x010b,
    TYPE_ETHERNET = 0x6558
};

/* Cisco ISL puts a header of its own before the frame and speaks to one of two groups. */
static bool is_isl(const uint8_t *mac)
{
    return (mac[0] == 0x01 || mac[0] == 0x0c) && !mac[1] && mac[2] == 0x0c && !mac[3] && !mac[4];
}

struct next decode_ethernet(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, ETHERNET_HEADER);
    if (!h)
        return walk_stop(w, REASON_short_link);
    if (is_isl(h)) {
        if (!cur_take(&w->cur, ISL_HEADER - ETHERNET_HEADER))
            return walk_stop(w, REASON_short_link);
        return walk_to(LAYER_ETHER_TYPE, TYPE_ETHERNET);
    }
    walk_link(w, h, h + 6);
    unsigned type = load_be16(h + 12);
    if (type > LENGTH_MAX)
        return walk_to(LAYER_ETHER_TYPE, type);
    cur_limit(&w->cur, type);
    return decode_llc(w);
}

struct next decode_snap(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, SNAP_HEADER);
    if (!h)
        return walk_stop(w, REASON_short_llc);
    unsigned id = load_be16(h + 3);
    switch (load_be24(h)) {
    case OUI_ETHERNET:
    case OUI_TUNNEL:
    case OUI_APPLE:
        return walk_to(LAYER_ETHER_TYPE, id);
    case OUI_BRIDGED:
        if (id == 1 || id == 7)
            return walk_to(LAYER_ETHER_TYPE, TYPE_ETHERNET);
        return walk_stop(w, REASON_llc);
    case OUI_CISCO:
        return walk_stop(w, id == PID_PVST ? REASON_spanning_tree : REASON_llc);
    default:
        return walk_stop(w, REASON_llc);
    }
}

struct next decode_llc(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, 3);
    if (!h)
        return walk_stop(w, REASON_short_llc);
    unsigned sap = h[0] & 0xfe;
    if (sap == SAP_SPANNING_TREE)
        return walk_stop(w, REASON_spanning_tree);
    if (h[2] != CONTROL_UI)
        return walk_stop(w, REASON_llc);
    if (sap == SAP_SNAP)
        return decode_snap(w);
    if (sap == SAP_IP)
        return walk_ip_by_version(w);
    return walk_stop(w, REASON_llc);
}

struct next decode_fddi(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, FDDI_HEADER);
    if (!h)
        return walk_stop(w, REASON_short_link);
    walk_link(w, h + 1, h + 7);
    return decode_llc(w);
}

struct next decode_token_ring(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, RING_HEADER);
    if (!h)
        return walk_stop(w, REASON_short_link);
    walk_link(w, h + 2, h + 8);
    /* The first bit of the source says that the route of bridges follows, with its length. */
    const uint8_t *route = cur_peek(&w->cur, 1);
    if (h[8] & 0x80 && route && !cur_take(&w->cur, *route & 0x1f))
        return walk_stop(w, REASON_short_link);
    return decode_llc(w);
}

/*  | hardware, 2 | protocol, 2 | lengths, 1 + 1 | operation, 2 |
 *  | sender's MAC, 6 | sender's IPv4, 4 | target's MAC, 6 | target's IPv4, 4 |   (RFC 826) */
struct next decode_arp(struct walk *w)
{
    enum { ARP_HEADER = 8, ARP_ETHERNET_IPV4 = 28 };
    struct packet *p = w->packet;
    const uint8_t *h = cur_peek(&w->cur, ARP_ETHERNET_IPV4);
    if (!h || p->version)
        return walk_stop(w, REASON_arp);
    bool is_ipv4 = load_be16(h + 2) == 0x0800 && h[4] == 6 && h[5] == 4;
    unsigned operation = load_be16(h + 6);
    if (is_ipv4 && (operation == 1 || operation == 2)) {
        p->arp_op = (uint8_t)operation;
        addr_set_v4(&p->arp_sender, h + 14);
        addr_set_v4(&p->arp_target, h + 24);
    }
    return walk_stop(w, REASON_arp);
}

struct next decode_slow(struct walk *w)
{
    return walk_stop(w, REASON_slow);
}

struct next decode_eapol(struct walk *w)
{
    return walk_stop(w, REASON_eapol);
}

struct next decode_lldp(struct walk *w)
{
    return walk_stop(w, REASON_lldp);
}

/* Cisco FabricPath: what looks like MACs and a type is the outer header; a tag of two bytes, then
 * the frame. */
struct next decode_fabric_path(struct walk *w)
{
    if (!cur_take(&w->cur, 2))
        return walk_stop(w, REASON_short_link);
    return decode_ethernet(w);
}

/* TRILL (RFC 6325): | version, options length in words, hops | egress | ingress |, then the frame. */
struct next decode_trill(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, 6);
    if (!h || !cur_take(&w->cur, (load_be16(h) >> 6 & 0x1f) * 4u))
        return walk_stop(w, REASON_short_link);
    return decode_ethernet(w);
}
