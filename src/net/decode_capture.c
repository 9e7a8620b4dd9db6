/* decode_capture.c - link types that only exist in captures: cooked, loopback, raw, logged packets,
 * serial lines. Their headers are described at tcpdump.org/linktypes.
 */
#include "net/walk.h"

enum {
    SLL_HEADER = 16,
    SLL2_HEADER = 20,
    NULL_HEADER = 4,
    ENC_HEADER = 12,
    CHDLC_HEADER = 4,
    SLIP_HEADER = 16,
    IPNET_HEADER = 24,
    PKTAP_HEADER = 12
};

/* Hardware types of Linux cooked captures (if_arp.h). */
enum {
    ARPHRD_IPGRE = 778,
    ARPHRD_NETLINK = 824,
    ARPHRD_WLAN = 801,
    ARPHRD_RADIOTAP = 803,
    ARPHRD_FRAD = 770
};

/* Numbers of address families differ from system to system, those of IPv6 above all. */
static struct next by_family(struct walk *w, uint32_t family)
{
    switch (family) {
    case 2:
        return decode_ipv4(w);
    case 10: /* Linux */
    case 24: /* NetBSD, OpenBSD */
    case 26: /* Solaris */
    case 28: /* FreeBSD */
    case 30: /* Darwin */
        return decode_ipv6(w);
    default:
        return walk_stop(w, REASON_other_link);
    }
}

static struct next cooked(struct walk *w, unsigned hardware, unsigned protocol)
{
    enum { SLL_8023 = 1, SLL_ETHERNET = 3, SLL_LLC = 4, SLL_PPP = 7, TYPE_MIN = 1536 };
    if (hardware == ARPHRD_NETLINK)
        return walk_stop(w, REASON_other_link);
    if (hardware == ARPHRD_WLAN)
        return decode_wlan(w);
    if (hardware == ARPHRD_RADIOTAP)
        return decode_radiotap(w);
    if (hardware == ARPHRD_FRAD)
        return decode_frame_relay(w);
    if (hardware == ARPHRD_IPGRE)
        return walk_to(LAYER_GRE, protocol);
    if (protocol >= TYPE_MIN)
        return walk_to(LAYER_ETHER_TYPE, protocol);
    switch (protocol) {
    case SLL_LLC:
        return decode_llc(w);
    case SLL_ETHERNET:
        return decode_ethernet(w);
    case SLL_PPP:
        return decode_ppp(w);
    case SLL_8023:
        return walk_stop(w, REASON_llc);
    default:
        return walk_stop(w, REASON_other_link);
    }
}

struct next decode_sll(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, SLL_HEADER);
    if (!h)
        return walk_stop(w, REASON_short_link);
    return cooked(w, load_be16(h + 2), load_be16(h + 14));
}

struct next decode_sll2(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, SLL2_HEADER);
    if (!h)
        return walk_stop(w, REASON_short_link);
    return cooked(w, load_be16(h + 8), load_be16(h));
}

/* The family stands in the byte order of the machine that captured; some write an Ethernet type,
 * alone or behind two bytes of their own. */
struct next decode_null(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, NULL_HEADER);
    if (!h)
        return walk_stop(w, REASON_short_link);
    uint32_t family = load_be32(h);
    if (family > 0xffff)
        family = load_le32(h);
    if (family > 0xffff)
        family = load_be16(h + 2);
    if (family >= 1536)
        return walk_to(LAYER_ETHER_TYPE, family);
    return by_family(w, family);
}

struct next decode_loop(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, NULL_HEADER);
    if (!h)
        return walk_stop(w, REASON_short_link);
    return by_family(w, load_be32(h));
}

struct next decode_enc(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, ENC_HEADER);
    if (!h)
        return walk_stop(w, REASON_short_link);
    uint32_t family = load_be32(h);
    return by_family(w, family > 0xff ? load_le32(h) : family);
}

/* IP without anything before it; some modems leave PPP framing on. */
struct next decode_raw(struct walk *w)
{
    const uint8_t *h = cur_peek(&w->cur, 2);
    if (h && h[0] == 0xff && h[1] == 0x03)
        return decode_ppp(w);
    return walk_ip_by_version(w);
}

struct next decode_slip(struct walk *w)
{
    if (!cur_take(&w->cur, SLIP_HEADER))
        return walk_stop(w, REASON_short_link);
    return walk_ip_by_version(w);
}

/* PPP in HDLC framing, or Cisco HDLC, which the address tells. */
struct next decode_ppp_link(struct walk *w)
{
    const uint8_t *h = cur_peek(&w->cur, 1);
    if (!h)
        return walk_stop(w, REASON_short_link);
    if (*h == 0x0f || *h == 0x8f)
        return decode_chdlc(w);
    return decode_ppp(w);
}

struct next decode_ppp_with_direction(struct walk *w)
{
    cur_take(&w->cur, 1);
    return decode_ppp_link(w);
}

struct next decode_chdlc(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, CHDLC_HEADER);
    if (!h)
        return walk_stop(w, REASON_short_link);
    unsigned protocol = load_be16(h + 2);
    /* SLARP shares its number with RARP. */
    if (protocol == 0x8035 || protocol < 1536)
        return walk_stop(w, REASON_other_link);
    return walk_to(LAYER_ETHER_TYPE, protocol);
}

struct next decode_chdlc_with_direction(struct walk *w)
{
    cur_take(&w->cur, 1);
    return decode_chdlc(w);
}

/* Q.922 address of two to four bytes, then RFC 2427 or, as Cisco has it, an Ethernet type. */
struct next decode_frame_relay(struct walk *w)
{
    enum {
        LAST = 0x01,
        UI = 0x03,
        NLPID_SNAP = 0x80,
        NLPID_IPV4 = 0xcc,
        NLPID_IPV6 = 0x8e,
        NLPID_PPP = 0xcf
    };
    unsigned length = 1, octet = cur_u8(&w->cur);
    while (!(octet & LAST) && length < 4) {
        octet = cur_u8(&w->cur);
        length++;
    }
    const uint8_t *control = cur_peek(&w->cur, 2);
    if (!control)
        return walk_stop(w, REASON_short_link);
    if (control[0] != UI) {
        unsigned type = load_be16(control);
        cur_take(&w->cur, 2);
        return type < 1536 ? walk_stop(w, REASON_other_link) : walk_to(LAYER_ETHER_TYPE, type);
    }
    cur_take(&w->cur, 1);
    unsigned nlpid = cur_u8(&w->cur);
    if (!nlpid) /* one byte of padding may stand before it */
        nlpid = cur_u8(&w->cur);
    switch (nlpid) {
    case NLPID_IPV4:
        return decode_ipv4(w);
    case NLPID_IPV6:
        return decode_ipv6(w);
    case NLPID_PPP:
        return decode_ppp(w);
    case NLPID_SNAP:
        return decode_snap(w);
    default:
        return walk_stop(w, REASON_other_link);
    }
}

struct next decode_frame_relay_with_direction(struct walk *w)
{
    cur_take(&w->cur, 1);
    return decode_frame_relay(w);
}

/* | length without padding | family | ... interface, rule, direction ... |, in words */
struct next decode_pflog(struct walk *w)
{
    const uint8_t *h = cur_peek(&w->cur, 2);
    if (!h || !cur_take(&w->cur, (h[0] + 3u) & ~3u))
        return walk_stop(w, REASON_short_link);
    return by_family(w, h[1]);
}

/* | family | version | resource, 2 |, then | length, 2 | type, 2 | value | padding | */
struct next decode_nflog(struct walk *w)
{
    enum { NFLOG_HEADER = 4, ATTRIBUTE = 4, PAYLOAD = 9, FAMILY_ARP = 3, FAMILY_BRIDGE = 7 };
    const uint8_t *h = cur_take(&w->cur, NFLOG_HEADER);
    while (h && cur_peek(&w->cur, ATTRIBUTE)) {
        const uint8_t *at = cur_take(&w->cur, ATTRIBUTE);
        unsigned length = load_le16(at);
        if (length < ATTRIBUTE)
            break;
        if (load_le16(at + 2) != PAYLOAD) {
            cur_take(&w->cur, (length + 3 - ATTRIBUTE) & ~3u);
            continue;
        }
        cur_limit(&w->cur, length - ATTRIBUTE);
        if (h[0] == FAMILY_ARP || h[0] == FAMILY_BRIDGE)
            return walk_stop(w, REASON_other_link);
        return walk_ip_by_version(w);
    }
    return walk_stop(w, REASON_short_link);
}

/* | length, 4 | type, 4 | link type, 4 | ... |; type 1 carries a packet */
struct next decode_pktap(struct walk *w)
{
    const uint8_t *h = cur_peek(&w->cur, PKTAP_HEADER);
    if (!h)
        return walk_stop(w, REASON_short_link);
    uint32_t length = load_le32(h), type = load_le32(h + 4), link = load_le32(h + 8);
    if (length < PKTAP_HEADER || !cur_take(&w->cur, length))
        return walk_stop(w, REASON_short_link);
    if (type != 1 || link > 0xffff || link == 149 || link == 258)
        return walk_stop(w, REASON_other_link);
    return walk_to(LAYER_LINK, link);
}

/* | version | flags | length, 2 | link type, 4 | fields | */
struct next decode_ppi(struct walk *w)
{
    enum { PPI_HEADER = 8, PPI = 192 };
    const uint8_t *h = cur_peek(&w->cur, PPI_HEADER);
    if (!h)
        return walk_stop(w, REASON_short_link);
    unsigned length = load_le16(h + 2);
    uint32_t link = load_le32(h + 4);
    if (length < PPI_HEADER || !cur_take(&w->cur, length))
        return walk_stop(w, REASON_short_link);
    if (link > 0xffff || link == PPI)
        return walk_stop(w, REASON_other_link);
    return walk_to(LAYER_LINK, link);
}

struct next decode_ipnet(struct walk *w)
{
    const uint8_t *h = cur_take(&w->cur, IPNET_HEADER);
    if (!h)
        return walk_stop(w, REASON_short_link);
    return by_family(w, h[1]);
}
