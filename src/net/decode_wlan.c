/* decode_wlan.c - IEEE 802.11 data frames and the headers that capture tools put before them.
 *
 *  | frame control, 2 | duration, 2 | address 1 | address 2 | address 3 | sequence, 2 |
 *  | address 4, between access points | QoS, 2 | HT control, 4 | LLC ... |
 *
 * What is encrypted, and management and control frames, end here.
 */
#include "net/walk.h"

enum {
    WLAN_HEADER = 24,
    TYPE_DATA = 2,
    SUBTYPE_NO_DATA = 0x4,
    SUBTYPE_QOS = 0x8,
    TO_DS = 0x01,
    FROM_DS = 0x02,
    PROTECTED = 0x40,
    ORDER = 0x80,
    QOS_AGGREGATE = 0x80,
    MAC = 6,
    AGGREGATE_HEADER = 14
};

/* Destination and source by the direction (802.11, table 9-30). */
static void take_macs(struct walk *w, const uint8_t *h, unsigned direction, const uint8_t *fourth)
{
    const uint8_t *one = h + 4, *two = h + 10, *three = h + 16;
    if (direction == TO_DS)
        walk_link(w, three, two);
    else if (direction == FROM_DS)
        walk_link(w, one, three);
    else if (direction == 0)
        walk_link(w, one, two);
    else
        walk_link(w, three, fourth);
}

/* type and flags are the two bytes of frame control; padding is what the driver put behind the
 * header to end it on a word. */
static struct next data_frame(struct walk *w, unsigned type, unsigned flags, bool is_padded)
{
    const uint8_t *h = cur_take(&w->cur, WLAN_HEADER);
    if (!h)
        return walk_stop(w, REASON_short_link);
    if ((type >> 2 & 3) != TYPE_DATA)
        return walk_stop(w, REASON_other_link);
    unsigned subtype = type >> 4, direction = flags & (TO_DS | FROM_DS);
    const uint8_t *fourth = direction == (TO_DS | FROM_DS) ? cur_take(&w->cur, MAC) : NULL;
    const uint8_t *qos = subtype & SUBTYPE_QOS ? cur_take(&w->cur, 2) : NULL;
    if (qos && flags & ORDER)
        cur_take(&w->cur, 4);
    if (is_padded)
        cur_take(&w->cur, (size_t)(h - w->cur.at) & 3);
    if (!cur_ok(&w->cur))
        return walk_stop(w, REASON_short_link);

    if (subtype & SUBTYPE_NO_DATA || flags & PROTECTED)
        return walk_stop(w, REASON_other_link);
    take_macs(w, h, direction, fourth);
    if (qos && *qos & QOS_AGGREGATE) {
        /* The first of several frames: | destination | source | length |. */
        const uint8_t *first = cur_take(&w->cur, AGGREGATE_HEADER);
        if (!first)
            return walk_stop(w, REASON_short_link);
        walk_link(w, first, first + MAC);
        cur_limit(&w->cur, load_be16(first + 12));
    }
    return decode_llc(w);
}

struct next decode_wlan(struct walk *w)
{
    const uint8_t *h = cur_peek(&w->cur, 2);
    if (!h)
        return walk_stop(w, REASON_short_link);
    return data_frame(w, h[0], h[1], false);
}

struct next decode_wlan_swapped(struct walk *w)
{
    const uint8_t *h = cur_peek(&w->cur, 2);
    if (!h)
        return walk_stop(w, REASON_short_link);
    return data_frame(w, h[1], h[0], false);
}

/* The field "flags" of a radiotap header, 0 when it has none. It stands behind the words that say
 * what is present and behind a time stamp. */
static unsigned radiotap_flags(const uint8_t *h, unsigned length)
{
    const uint32_t TSFT = 1, FLAGS = 2, MORE = UINT32_C(1) << 31;
    struct cursor c = cur_over(h, length);
    cur_take(&c, 4);
    const uint8_t *word = cur_take(&c, 4);
    uint32_t present = word ? load_le32(word) : 0;
    while (word && load_le32(word) & MORE)
        word = cur_take(&c, 4);
    if (present & TSFT)
        cur_take(&c, ((size_t)(h - c.at) & 7) + 8);
    return present & FLAGS ? cur_u8(&c) : 0;
}

/* | version, 1 | padding, 1 | length, 2 | what is present, 4 ... |, little-endian */
struct next decode_radiotap(struct walk *w)
{
    enum { HEADER = 8, IS_PADDED = 0x20 };
    const uint8_t *h = cur_peek(&w->cur, HEADER);
    if (!h)
        return walk_stop(w, REASON_short_link);
    unsigned length = load_le16(h + 2);
    if (length < HEADER || !cur_take(&w->cur, length))
        return walk_stop(w, REASON_short_link);
    const uint8_t *frame = cur_peek(&w->cur, 2);
    if (!frame)
        return walk_stop(w, REASON_short_link);
    return data_frame(w, frame[0], frame[1], radiotap_flags(h, length) & IS_PADDED);
}

/* | magic, 4 | length, 4 | ... |, big-endian */
struct next decode_avs(struct walk *w)
{
    const uint8_t *h = cur_peek(&w->cur, 8);
    if (!h || !cur_take(&w->cur, load_be32(h + 4)))
        return walk_stop(w, REASON_short_link);
    return decode_wlan(w);
}

/* | message code, 4 | length, 4 | ... | in the capturing machine's order, or an AVS header. */
struct next decode_prism(struct walk *w)
{
    const uint8_t *h = cur_peek(&w->cur, 8);
    if (!h)
        return walk_stop(w, REASON_short_link);
    if (load_be32(h) >> 12 == 0x80211)
        return decode_avs(w);
    uint32_t length = load_be32(h + 4);
    if (length > 0xffff)
        length = load_le32(h + 4);
    if (!cur_take(&w->cur, length))
        return walk_stop(w, REASON_short_link);
    return decode_wlan(w);
}
