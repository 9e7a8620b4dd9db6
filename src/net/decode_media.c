/* decode_media.c - media that are seldom captured: ATM, Fibre Channel, FireWire, DOCSIS, InfiniBand,
 * ARCNET, and cards that put a header of their own before the frame. Their headers are described at
 * tcpdump.org/linktypes.
 */
#include "net/walk.h"

enum {
    NETANALYZER_HEADER = 4,
    PREAMBLE = 8,
    IPOIB_HEADER = 44,
    FIBRE_CHANNEL_HEADER = 16,
    SUN_ATM_HEADER = 4,
    FIREWIRE_HEADER = 18,
    DOCSIS_HEADER = 6,
    ERF_HEADER = 16
};

struct next decode_netanalyzer(struct walk *w)
{
    if (!cur_take(&w->cur, NETANALYZER_HEADER))
        return walk_stop(w, REASON_short_link);
    return decode_ethernet(w);
}

struct next decode_netanalyzer_transparent(struct walk *w)
{
    if (!cur_take(&w->cur, NETANALYZER_HEADER + PREAMBLE))
        return walk_stop(w, REASON_short_link);
    return decode_ethernet(w);
}

struct next decode_ipoib(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, IPOIB_HEADER);
    if (!h)
        return walk_stop(w, REASON_short_link);
    return walk_to(LAYER_ETHER_TYPE, load_be16(h + 40));
}

/* "MGC", flags, and with the highest flag a list of extensions; then the frame, or without its
 * link header the number of the protocol. */
struct next decode_juniper(struct walk *w)
{
    enum { HEADER = 4, NO_LINK = 0x02, EXTENSIONS = 0x80 };
    const uint8_t *h = cur_take(&w->cur, HEADER);
    if (!h)
        return walk_stop(w, REASON_short_link);
    if (load_be24(h) != 0x4d4743)
        return walk_stop(w, REASON_other_link);
    if (h[3] & EXTENSIONS) {
        const uint8_t *length = cur_take(&w->cur, 2);
        if (!length || !cur_take(&w->cur, load_be16(length)))
            return walk_stop(w, REASON_short_link);
    }
    if (!(h[3] & NO_LINK))
        return decode_ethernet(w);
    return cur_take(&w->cur, 4) ? walk_ip_by_version(w) : walk_stop(w, REASON_short_link);
}

/* RFC 1051 has its numbers at once, RFC 1201 behind a split flag and a sequence. */
static struct next arcnet_protocol(struct walk *w)
{
    enum {
        OLD_IP = 0xf0,
        OLD_ARP = 0xf1,
        IP = 0xd4,
        ARP = 0xd5,
        RARP = 0xd6,
        IP6 = 0xc4,
        EXCEPTION = 0xff
    };
    const uint8_t *type = cur_take(&w->cur, 1);
    if (!type)
        return walk_stop(w, REASON_short_link);
    if (*type == OLD_IP)
        return decode_ipv4(w);
    if (*type == OLD_ARP)
        return walk_stop(w, REASON_arp);
    const uint8_t *split = cur_take(&w->cur, 3);
    if (!split || (*split == EXCEPTION && !cur_take(&w->cur, 4)))
        return walk_stop(w, REASON_short_link);
    if (*type == IP)
        return decode_ipv4(w);
    if (*type == IP6)
        return decode_ipv6(w);
    return walk_stop(w, *type == ARP || *type == RARP ? REASON_arp : REASON_other_link);
}

struct next decode_arcnet(struct walk *w)
{
    cur_take(&w->cur, 2); /* source, destination */
    return arcnet_protocol(w);
}

struct next decode_arcnet_linux(struct walk *w)
{
    cur_take(&w->cur, 4); /* and an offset that is no part of the frame */
    return arcnet_protocol(w);
}

/* IP with or without LLC before it. */
struct next decode_classical_ip(struct walk *w)
{
    const uint8_t *h = cur_peek(&w->cur, 3);
    if (h && h[0] == 0xaa && h[1] == 0xaa && h[2] == 0x03)
        return decode_llc(w);
    return walk_ip_by_version(w);
}

/* Two addresses of eight bytes, then LLC (RFC 2625). */
struct next decode_fibre_channel(struct walk *w)
{
    if (!cur_take(&w->cur, FIBRE_CHANNEL_HEADER))
        return walk_stop(w, REASON_short_link);
    return decode_llc(w);
}

/* | direction, type | path | channel, 2 | */
struct next decode_sun_atm(struct walk *w)
{
    enum { TYPE = 0x0f, TYPE_LLC = 2 };
    const uint8_t *h = cur_take(&w->cur, SUN_ATM_HEADER);
    if (!h)
        return walk_stop(w, REASON_short_link);
    if ((h[0] & TYPE) != TYPE_LLC)
        return walk_stop(w, REASON_other_link);
    return decode_llc(w);
}

/* Two addresses of eight bytes and an Ethernet type (RFC 2734). */
struct next decode_firewire(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, FIREWIRE_HEADER);
    if (!h)
        return walk_stop(w, REASON_short_link);
    return walk_to(LAYER_ETHER_TYPE, load_be16(h + 16));
}

/* | type, extended header there | length of that | length, 2 | extended header | check sum, 2 |; only
 * type 0 is an Ethernet frame of the user. */
struct next decode_docsis(struct walk *w)
{
    enum { TYPE = 0xc0, HAS_EXTENDED = 0x01 };
    const uint8_t *h = cur_take(&w->cur, DOCSIS_HEADER);
    if (!h || (h[0] & HAS_EXTENDED && !cur_take(&w->cur, h[1])))
        return walk_stop(w, REASON_short_link);
    if (h[0] & TYPE)
        return walk_stop(w, REASON_other_link);
    return decode_ethernet(w);
}

/* | time stamp, 8 | more, type | flags | record length, 2 | lost, 2 | wire length, 2 |, then headers of
 * eight bytes as long as their first bit is set. */
struct next decode_erf(struct walk *w)
{
    enum { MORE = 0x80, TYPE = 0x7f, HDLC = 1, ETHERNET = 2, ETHERNET_COLOUR = 11, PADDING = 2 };
    const uint8_t *h = cur_take(&w->cur, ERF_HEADER);
    if (!h)
        return walk_stop(w, REASON_short_link);
    for (unsigned more = h[8] & MORE; more;) {
        const uint8_t *extension = cur_take(&w->cur, 8);
        if (!extension)
            return walk_stop(w, REASON_short_link);
        more = *extension & MORE;
    }
    switch (h[8] & TYPE) {
    case ETHERNET:
    case ETHERNET_COLOUR:
        return cur_take(&w->cur, PADDING) ? decode_ethernet(w) : walk_stop(w, REASON_short_link);
    case HDLC:
        return decode_ppp_link(w);
    default:
        return walk_stop(w, REASON_other_link);
    }
}
