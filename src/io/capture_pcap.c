/* capture_pcap.c - the classic pcap format: a file header of 24 bytes, then records.
 *
 *     0               4        6        8       12      16        20            24
 *     magic           major    minor    zone    digits  snaplen   link type
 *     seconds         fraction          captured        length    packet ...
 *
 * Known variants: both byte orders; nanoseconds (another magic, or AIX with version 2.2); a patched
 * libpcap that wrote 24 or 28 bytes before each packet, with a magic of its own or, alas, without.
 */
#include "io/capture_format.h"

enum {
    FILE_HEADER = 24,
    RECORD_HEADER = 16,
    RECORD_HEADER_PATCHED = 24,
    RECORD_HEADER_PATCHED_MORE = 28,
    MAGIC_MICROSECONDS = (int)0xa1b2c3d4u,
    MAGIC_NANOSECONDS = (int)0xa1b23c4du,
    MAGIC_PATCHED = (int)0xa1b2cd34u,
    LINK_RESERVED = 0x03ff0000
};

uint16_t capture_link(uint32_t in_file)
{
    /* The upper half says how long a frame check sequence is, if at all. */
    uint16_t link = (uint16_t)in_file;
    switch (link) {
    case 11: /* DLT_ATM_RFC1483 of most systems */
        return 100;
    case 12: /* DLT_RAW of most systems */
    case 14: /* DLT_RAW of OpenBSD */
        return 101;
    default:
        return link;
    }
}

/* AIX writes interface types of the SNMP table in place of link types. */
static uint16_t aix_link(uint16_t type)
{
    switch (type) {
    case 6:
        return 1; /* Ethernet */
    case 9:
        return 6; /* token ring */
    case 15:
        return 10; /* FDDI */
    case 24:
        return 0; /* loopback */
    default:
        return type;
    }
}

/* Do the first records make sense if each header has this size? How many of them do, and whether one
 * was met that does not. */
static unsigned plausible_records(const struct capture *c, size_t header, bool *nonsense)
{
    enum { RECORDS = 8 };
    struct cursor cur = {.at = c->buf + c->at, .end = c->buf + c->end};
    unsigned good = 0;
    *nonsense = false;
    for (; good < RECORDS; good++) {
        const uint8_t *h = cur_take(&cur, header);
        if (!h)
            break;
        uint32_t captured = capture_u32(c, h + 8), length = capture_u32(c, h + 12);
        *nonsense = captured > CAPTURE_FRAME_MAX || captured > length || length > 0x7fffffff ||
                    capture_u32(c, h + 4) >= 1000000;
        if (*nonsense || !cur_take(&cur, captured))
            break;
    }
    return good;
}

/* Decides how long record headers are. The standard size is doubted only when the records do not
 * fit it and do fit another. Asked once, when the first bytes behind the file header are there. */
static void settle_header(struct capture *c)
{
    unsigned usual = c->is_patched ? RECORD_HEADER_PATCHED : RECORD_HEADER;
    unsigned other = c->is_patched ? RECORD_HEADER_PATCHED_MORE : RECORD_HEADER_PATCHED;
    c->record_header = (uint8_t)usual;
    c->settled = true;
    bool nonsense, other_nonsense;
    if (c->unit_ns != 1000 || c->lengths_swapped || c->lengths_maybe_swapped)
        return;
    plausible_records(c, usual, &nonsense);
    if (nonsense && plausible_records(c, other, &other_nonsense) >= 2 && !other_nonsense)
        c->record_header = (uint8_t)other;
}

static enum parse_result pcap_parse(struct capture *c, struct frame *frames, unsigned max,
                                    unsigned *n)
{
    if (!c->settled) {
        if (c->end - c->at < RECORD_HEADER) {
            c->need = RECORD_HEADER;
            return PARSE_MORE;
        }
        settle_header(c);
    }
    const size_t header = c->record_header;
    struct cursor cur = {.at = c->buf + c->at, .end = c->buf + c->end};
    enum parse_result result = PARSE_FRAMES;
    uint32_t claimed = 0;
    unsigned i = 0;
    for (; i < max; i++) {
        const uint8_t *h = cur_peek(&cur, header);
        if (!h) {
            c->need = header;
            result = PARSE_MORE;
            break;
        }
        uint32_t captured = capture_u32(c, h + 8), length = capture_u32(c, h + 12);
        if (c->lengths_swapped || (c->lengths_maybe_swapped && captured > length)) {
            uint32_t swap = captured;
            captured = length;
            length = swap;
        }
        if (captured > CAPTURE_FRAME_MAX) {
            claimed = captured;
            result = PARSE_DAMAGE;
            break;
        }
        if (!cur_take(&cur, header + captured)) {
            c->need = header + captured;
            result = PARSE_MORE;
            break;
        }
        frames[i] = (struct frame){
            .bytes = h + header,
            .ts = (nsec_t)capture_u32(c, h) * SECOND + (nsec_t)capture_u32(c, h + 4) * c->unit_ns,
            .cap_len = captured,
            .wire_len = length,
            .link = c->link,
        };
    }
    c->at = (size_t)(cur.at - c->buf);
    c->packets += i;
    *n = i;
    /* Frames first: the damage is met again, and told, by the next call. */
    if (result == PARSE_DAMAGE && i == 0)
        return capture_broken(c, 0, "its header claims %u captured bytes, more than any packet has",
                              claimed);
    return result;
}

bool pcap_start(struct capture *c, struct err *e)
{
    struct cursor cur = {.at = c->buf + c->at, .end = c->buf + c->end};
    const uint8_t *h = cur_take(&cur, FILE_HEADER);
    if (!h)
        return fail(e, "too short for a capture");
    c->big_endian = h[0] == 0xa1;
    int magic = (int)capture_u32(c, h);
    unsigned major = capture_u16(c, h + 4), minor = capture_u16(c, h + 6);
    uint32_t link = capture_u32(c, h + 20);

    if (major != 2 && !(major == 543 && minor == 0))
        return fail(e, "a pcap file of version %u.%u, which cannot be read (2.4 is usual)", major,
                    minor);
    if (link & LINK_RESERVED)
        return fail(e, "a pcap file whose link type, 0x%08x, has bits set that must be zero", link);
    c->kind = c->gzip ? "pcap in gzip" : "pcap";
    c->link = capture_link(link);
    c->unit_ns = magic == MAGIC_NANOSECONDS ? 1 : 1000;
    c->is_patched = magic == MAGIC_PATCHED;
    /* Before version 2.3 the two lengths stood the other way round, in 2.3 sometimes. */
    c->lengths_swapped = major == 543 || minor < 3;
    c->lengths_maybe_swapped = major == 2 && minor == 3;
    if (major == 2 && minor == 2 && magic == MAGIC_MICROSECONDS) {
        /* AIX: nanoseconds, lengths in today's order, link types of its own. */
        c->unit_ns = 1;
        c->lengths_swapped = false;
        c->link = aix_link((uint16_t)link);
    }
    c->at += FILE_HEADER;
    c->need = RECORD_HEADER;
    c->parse = pcap_parse;
    return true;
}
