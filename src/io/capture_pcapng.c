/* capture_pcapng.c - the pcapng format: blocks, each framed by its length on both sides.
 *
 *     0      4        8                               length - 4
 *     type   length   body, padded to four bytes ...  length again
 *
 * A section header block begins a section, sets the byte order and forgets the interfaces. Blocks
 * that carry no packet (names, statistics, secrets, custom ones) are stepped over.
 * See draft-ietf-opsawg-pcapng.
 */
#include "io/capture_format.h"

#include "base/alloc.h"

enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_OLD_PACKET = 2, /* obsolete, still met */
    BLOCK_SIMPLE = 3,
    BLOCK_ENHANCED = 6,

    BLOCK_HEADER = 8,
    BLOCK_FRAME = 12, /* header and the length at the end */
    SECTION_MIN = 28,
    MAGIC_ORDER = 0x1a2b3c4d,

    OPTION_END = 0,
    OPTION_PACKET_FLAGS = 2,
    OPTION_IF_TSRESOL = 9,
    OPTION_IF_TSOFFSET = 14
};

/* Seconds that still fit into nsec_t with room for some arithmetic: the year 2255. */
static const int64_t SECONDS_MAX = 9000000000;

/* One block's body, its end taken off. */
struct block {
    uint32_t type;
    struct cursor body;
};

/* Calls for one option after the other: false at the end, with cur bad when the list is broken. */
static bool next_option(const struct capture *c, struct cursor *cur, unsigned *code,
                        struct cursor *value)
{
    if (cur_left(cur) == 0)
        return false;
    const uint8_t *h = cur_take(cur, 4);
    if (!h)
        return false;
    *code = capture_u16(c, h);
    size_t len = capture_u16(c, h + 2);
    if (*code == OPTION_END)
        return false;
    const uint8_t *v = cur_take(cur, len);
    if (!v)
        return false;
    *value = cur_over(v, len);
    cur_take(cur, (4 - len % 4) % 4);
    return true;
}

static int64_t clamp_seconds(int64_t seconds)
{
    if (seconds < 0)
        return 0;
    return seconds > SECONDS_MAX ? SECONDS_MAX : seconds;
}

/* A time stamp in the interface's units as nanoseconds since 1970, without overflow. */
static nsec_t stamp(const struct capture_interface *i, uint64_t units)
{
    uint64_t seconds, ns;
    if (i->binary) {
        unsigned shift = i->exponent > 63 ? 63 : i->exponent;
        uint64_t rest = units & ((UINT64_C(1) << shift) - 1);
        seconds = units >> shift;
        ns = (uint64_t)(((unsigned __int128)rest * 1000000000u) >> shift);
    } else {
        uint64_t per_second = 1;
        for (unsigned k = 0; k < i->exponent && k < 19; k++)
            per_second *= 10;
        seconds = units / per_second;
        ns = (uint64_t)((unsigned __int128)(units % per_second) * 1000000000u / per_second);
    }
    if (seconds > SECONDS_MAX)
        seconds = SECONDS_MAX;
    int64_t sum = (int64_t)seconds + i->offset;
    return clamp_seconds(sum) * SECOND + (nsec_t)ns;
}

/* The usual case, microseconds without offset, costs one multiplication. */
static nsec_t stamp_quick(const struct capture_interface *i, uint64_t units)
{
    if (!i->binary && i->offset == 0 && units < UINT64_C(4000000000000000000)) {
        if (i->exponent == 6 && units < UINT64_C(9000000000000000))
            return (nsec_t)units * 1000;
        if (i->exponent == 9)
            return (nsec_t)units;
    }
    return stamp(i, units);
}

static enum parse_result read_section(struct capture *c, const struct block *b)
{
    struct cursor cur = b->body;
    const uint8_t *h = cur_take(&cur, 16);
    if (!h)
        return capture_broken(c, 0, "a section header of %zu bytes is too short",
                              cur_left(&b->body));
    unsigned major = capture_u16(c, h + 4);
    if (major != 1)
        return capture_broken(c, 8, "a section of version %u, which cannot be read (1 is usual)",
                              major);
    unsigned code;
    struct cursor value;
    while (next_option(c, &cur, &code, &value))
        continue;
    if (!cur_ok(&cur))
        return capture_broken(c, 0,
                              "a section header with an option that is longer than its block");
    c->in_section = true;
    c->n_interfaces = 0;
    return PARSE_FRAMES;
}

static enum parse_result read_interface(struct capture *c, const struct block *b)
{
    struct cursor cur = b->body;
    const uint8_t *h = cur_take(&cur, 8);
    if (!h)
        return capture_broken(c, 0, "an interface description of %zu bytes is too short",
                              cur_left(&b->body));
    if (c->n_interfaces == CAPTURE_INTERFACES_MAX)
        return capture_broken(c, 0, "more than %d interfaces in one section",
                              CAPTURE_INTERFACES_MAX);

    struct capture_interface *i = &c->interfaces[c->n_interfaces++];
    *i = (struct capture_interface){
        .link = capture_link(capture_u16(c, h)), .snaplen = capture_u32(c, h + 4), .exponent = 6};
    unsigned code;
    struct cursor value;
    while (next_option(c, &cur, &code, &value)) {
        const uint8_t *v;
        if (code == OPTION_IF_TSRESOL && (v = cur_peek(&value, 1))) {
            i->binary = v[0] & 0x80;
            i->exponent = v[0] & 0x7f;
        } else if (code == OPTION_IF_TSOFFSET && (v = cur_peek(&value, 8))) {
            uint64_t raw =
                c->big_endian ? load_be64(v) : (uint64_t)load_le32(v + 4) << 32 | load_le32(v);
            int64_t offset = (int64_t)raw;
            if (offset > -SECONDS_MAX && offset < SECONDS_MAX)
                i->offset = offset;
        }
    }
    if (!cur_ok(&cur))
        return capture_broken(
            c, 0, "an interface description with an option that is longer than its block");
    return PARSE_FRAMES;
}

/* Direction of the flags option: 2 in its lowest two bits means outbound. A broken list of options
 * does no harm to the packet before it. */
static bool is_outgoing(const struct capture *c, struct cursor options)
{
    unsigned code;
    struct cursor value;
    while (next_option(c, &options, &code, &value)) {
        const uint8_t *v;
        if (code == OPTION_PACKET_FLAGS && (v = cur_peek(&value, 4)))
            return (capture_u32(c, v) & 3) == 2;
    }
    return false;
}

/* What enhanced and old packet blocks have in common once their heads are told apart:
 *     enhanced:  interface (4)             high low captured length packet options
 *     old:       interface (2) drops (2)   high low captured length packet options */
static enum parse_result read_packet(struct capture *c, const struct block *b, struct frame *f)
{
    struct cursor cur = b->body;
    const uint8_t *h = cur_take(&cur, 20);
    if (!h)
        return capture_broken(c, 0, "a packet block of %zu bytes is too short", cur_left(&b->body));
    uint32_t number = b->type == BLOCK_ENHANCED ? capture_u32(c, h) : capture_u16(c, h);
    uint32_t captured = capture_u32(c, h + 12);
    if (number >= c->n_interfaces)
        return capture_broken(c, BLOCK_HEADER, "it names interface %u, of which there are %u",
                              number, c->n_interfaces);
    if (captured > CAPTURE_FRAME_MAX || captured > cur_left(&cur))
        return capture_broken(c, BLOCK_HEADER + 12,
                              "it claims %u captured bytes where its block has %zu", captured,
                              cur_left(&cur));
    const struct capture_interface *i = &c->interfaces[number];
    *f = (struct frame){
        .bytes = cur_take(&cur, captured),
        .ts = stamp_quick(i, (uint64_t)capture_u32(c, h + 4) << 32 | capture_u32(c, h + 8)),
        .cap_len = captured,
        .wire_len = capture_u32(c, h + 16),
        .link = i->link,
    };
    c->last_ts = f->ts;
    cur_take(&cur, (4 - captured % 4) % 4);
    if (cur_left(&cur) >= 8)
        f->outgoing = is_outgoing(c, cur);
    return PARSE_FRAMES;
}

/* A simple packet block has no time, no interface number (the first is meant) and no captured
 * length: it is what fits, cut by the snap length. */
static enum parse_result read_simple(struct capture *c, const struct block *b, struct frame *f)
{
    struct cursor cur = b->body;
    const uint8_t *h = cur_take(&cur, 4);
    if (!h)
        return capture_broken(c, 0, "a simple packet block of %zu bytes is too short",
                              cur_left(&b->body));
    if (c->n_interfaces == 0)
        return capture_broken(c, 0, "a simple packet block before any interface description");
    const struct capture_interface *i = &c->interfaces[0];
    uint32_t length = capture_u32(c, h);
    uint32_t captured = length;
    if (i->snaplen > 0 && captured > i->snaplen)
        captured = i->snaplen;
    if (captured > CAPTURE_FRAME_MAX || captured > cur_left(&cur))
        return capture_broken(c, BLOCK_HEADER,
                              "it claims %u captured bytes where its block has %zu", captured,
                              cur_left(&cur));
    *f = (struct frame){
        .bytes = cur_take(&cur, captured),
        .ts = c->last_ts,
        .cap_len = captured,
        .wire_len = length,
        .link = i->link,
    };
    return PARSE_FRAMES;
}

/* The block at c->at, if it stands whole in the buffer. A section header decides the byte order
 * before its own length can be read. */
static enum parse_result whole_block(struct capture *c, struct block *b)
{
    struct cursor cur = {.at = c->buf + c->at, .end = c->buf + c->end};
    const uint8_t *h = cur_peek(&cur, BLOCK_FRAME);
    c->need = BLOCK_FRAME;
    if (!h)
        return PARSE_MORE;
    b->type = capture_u32(c, h);
    if (b->type == BLOCK_SECTION) {
        uint32_t order = load_be32(h + 8);
        if (order != MAGIC_ORDER && order != 0x4d3c2b1a)
            return capture_broken(c, 8, "a section header without its byte order mark");
        c->big_endian = order == MAGIC_ORDER;
    } else if (!c->in_section) {
        return capture_broken(c, 0, "a block before the first section header");
    }
    uint32_t len = capture_u32(c, h + 4);
    if (len < BLOCK_FRAME || len > CAPTURE_BLOCK_MAX)
        return capture_broken(c, 4, "a block of %u bytes, which cannot be", len);
    /* Some writers forget the padding in the length; readers agree to round it up. */
    size_t whole = ((size_t)len + 3) & ~(size_t)3;
    c->need = whole;
    const uint8_t *block = cur_take(&cur, whole);
    if (!block)
        return PARSE_MORE;
    if (capture_u32(c, block + whole - 4) != len)
        return capture_broken(c, whole - 4, "a block of %u bytes that ends with another length, %u",
                              len, capture_u32(c, block + whole - 4));
    b->body = cur_over(block + BLOCK_HEADER, whole - BLOCK_FRAME);
    return PARSE_FRAMES;
}

static enum parse_result pcapng_parse(struct capture *c, struct frame *frames, unsigned max,
                                      unsigned *n)
{
    unsigned i = 0;
    enum parse_result result = PARSE_FRAMES;
    while (i < max) {
        struct block b;
        bool was_big = c->big_endian;
        result = whole_block(c, &b);
        if (result != PARSE_FRAMES) {
            /* A section header that is not there yet must not turn the bytes of this section. */
            if (result == PARSE_MORE)
                c->big_endian = was_big;
            break;
        }
        switch (b.type) {
        case BLOCK_SECTION:
            result = read_section(c, &b);
            break;
        case BLOCK_INTERFACE:
            result = read_interface(c, &b);
            break;
        case BLOCK_ENHANCED:
        case BLOCK_OLD_PACKET:
            result = read_packet(c, &b, &frames[i]);
            i += result == PARSE_FRAMES;
            c->packets += result == PARSE_FRAMES;
            break;
        case BLOCK_SIMPLE:
            result = read_simple(c, &b, &frames[i]);
            i += result == PARSE_FRAMES;
            c->packets += result == PARSE_FRAMES;
            break;
        default:
            break;
        }
        if (result != PARSE_FRAMES)
            break;
        c->at += cur_left(&b.body) + BLOCK_FRAME;
    }
    *n = i;
    return result;
}

bool pcapng_start(struct capture *c, struct err *e)
{
    c->interfaces = mem_alloc(ACCOUNT_capture, CAPTURE_INTERFACES_MAX * sizeof *c->interfaces);
    if (!c->interfaces)
        return fail(e, "out of memory for the interfaces of a capture file");
    c->kind = c->gzip ? "pcapng in gzip" : "pcapng";
    c->need = SECTION_MIN;
    c->parse = pcapng_parse;
    return true;
}
