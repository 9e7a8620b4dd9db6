/* capture_file.c - frames out of the bytes of a capture file, with one buffer and no copies.
 *
 * The buffer holds [at, end). A format takes whole records from its front; when none is whole, the
 * rest moves to the beginning and the input fills the space behind it. That happens only at the
 * start of capture_read(), when the frames of the call before are no longer promised.
 */
#include "io/capture_file.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "io/capture_format.h"

enum { HEAD_MIN = 4, PCAP_HEAD = 24, GZIP_MAGIC = 0x1f8b, SHB_MAGIC = 0x0a0d0d0a };

/* Things that people hand to a reader of captures, and what they can do about it. */
static const struct {
    uint8_t len;
    uint8_t bytes[8];
    const char *what;
} strangers[] = {
    {4,
     {0x28, 0xb5, 0x2f, 0xfd},
     "zstd-compressed; decompress it first: zstd -dc FILE | weir read -"},
    {6,
     {0xfd, '7', 'z', 'X', 'Z', 0},
     "xz-compressed; decompress it first: xz -dc FILE | weir read -"},
    {3, {'B', 'Z', 'h'}, "bzip2-compressed; decompress it first: bzip2 -dc FILE | weir read -"},
    {4,
     {0x04, 0x22, 0x4d, 0x18},
     "lz4-compressed; decompress it first: lz4 -dc FILE | weir read -"},
    {4, {'P', 'K', 3, 4}, "a zip archive; unpack it first"},
    {5, {'s', 'n', 'o', 'o', 'p'}, "a snoop capture; convert it first: editcap -F pcap FILE OUT"},
    {4,
     {'G', 'M', 'B', 'U'},
     "a Network Monitor capture; convert it first: editcap -F pcap FILE OUT"},
    {4, {0x7f, 'E', 'L', 'F'}, "a program"},
};

enum parse_result capture_broken(struct capture *c, size_t skip, const char *format, ...)
{
    char what[160];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    snprintf(c->damage, sizeof c->damage, "byte %llu%s, packet %llu: %s",
             (unsigned long long)(c->base + c->at + skip), c->gzip ? " after decompression" : "",
             (unsigned long long)c->packets + 1, what);
    c->ended = true;
    return PARSE_DAMAGE;
}

struct capture *capture_new(struct capture_input input, struct err *e)
{
    struct capture *c = mem_alloc(ACCOUNT_capture, sizeof *c);
    if (!c) {
        fail(e, "out of memory for a capture file");
        return NULL;
    }
    *c = (struct capture){.input = input, .cap = CAPTURE_BUFFER, .need = HEAD_MIN, .kind = ""};
    c->buf = mem_alloc(ACCOUNT_capture, c->cap);
    if (!c->buf) {
        fail(e, "out of memory for the buffer of a capture file");
        capture_close(c);
        return NULL;
    }
    return c;
}

void capture_close(struct capture *c)
{
    if (!c)
        return;
    gunzip_free(c->gzip);
    if (c->interfaces)
        mem_free(ACCOUNT_capture, c->interfaces, CAPTURE_INTERFACES_MAX * sizeof *c->interfaces);
    if (c->buf)
        mem_free(ACCOUNT_capture, c->buf, c->cap);
    mem_free(ACCOUNT_capture, c, sizeof *c);
}

/* Makes the buffer large enough for c->need bytes and moves what is left to its front. */
static bool make_room(struct capture *c)
{
    size_t left = c->end - c->at;
    uint8_t *to = c->buf;
    size_t cap = c->cap;
    while (cap < c->need)
        cap *= 2;
    if (cap != c->cap) {
        to = mem_alloc(ACCOUNT_capture, cap);
        if (!to)
            return false;
    }
    if (left > 0 && (to != c->buf || c->at > 0))
        memmove(to, c->buf + c->at, left);
    if (to != c->buf) {
        mem_free(ACCOUNT_capture, c->buf, c->cap);
        c->buf = to;
        c->cap = cap;
    }
    c->base += c->at;
    c->at = 0;
    c->end = left;
    return true;
}

/* One read from the input behind what is there. */
static ssize_t fill(struct capture *c, struct err *e)
{
    if (!make_room(c)) {
        fail(e, "out of memory for a record of %zu bytes", c->need);
        return CAPTURE_INPUT_FAILED;
    }
    uint8_t *to = c->buf + c->end;
    size_t room = c->cap - c->end;
    assert(room > 0);
    ssize_t got =
        c->gzip ? gunzip_read(c->gzip, to, room, e) : c->input.read(c->input.context, to, room, e);
    if (got > 0)
        c->end += (size_t)got;
    return got;
}

/* Fills until n bytes stand in the buffer; > 0 when they do, else what the input said. */
static ssize_t fill_to(struct capture *c, size_t n, struct err *e)
{
    c->need = n;
    while (c->end - c->at < n) {
        ssize_t got = fill(c, e);
        if (got <= 0)
            return got;
    }
    return 1;
}

static bool looks_like_text(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((p[i] < ' ' || p[i] == 0x7f) && p[i] != '\n' && p[i] != '\r' && p[i] != '\t')
            return false;
    return n > 0;
}

static bool refuse(const struct capture *c, struct err *e)
{
    const uint8_t *p = c->buf + c->at;
    size_t n = c->end - c->at;
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
        if (n >= strangers[i].len && !memcmp(p, strangers[i].bytes, strangers[i].len))
            return fail(e, "not a pcap or pcapng capture: it is %s", strangers[i].what);
    if (looks_like_text(p, n < 256 ? n : 256))
        return fail(e, "not a pcap or pcapng capture: it is a text file");
    return fail(e,
                "not a pcap or pcapng capture: it begins with %02x %02x %02x %02x, which no "
                "format known here does",
                p[0], p[1], p[2], p[3]);
}

/* Puts the decompressor between the input and an empty buffer. */
static bool start_gzip(struct capture *c, struct err *e)
{
    c->gzip = gunzip_new(c->input, c->buf + c->at, c->end - c->at, e);
    if (!c->gzip)
        return false;
    c->at = c->end = 0;
    c->base = 0;
    return true;
}

/* Tells what the input said when the file header is not there: true = come again. */
static bool no_head(struct capture *c, ssize_t said, struct err *e)
{
    if (said == CAPTURE_INPUT_LATER)
        return true;
    c->ended = true;
    if (said == CAPTURE_INPUT_FAILED)
        return false;
    size_t n = c->end - c->at;
    if (n == 0)
        return fail(e, c->gzip ? "empty once decompressed: there is no capture in it"
                               : "empty: there is no capture in it");
    if (n >= HEAD_MIN && looks_like_text(c->buf + c->at, n))
        return refuse(c, e);
    return fail(e, "too short for a capture: only %zu bytes%s", n,
                c->gzip ? " once decompressed" : "");
}

bool capture_start(struct capture *c, struct err *e)
{
    if (c->parse)
        return true;
    ssize_t got = fill_to(c, HEAD_MIN, e);
    if (got <= 0)
        return no_head(c, got, e);
    if (load_be16(c->buf + c->at) == GZIP_MAGIC && !c->gzip) {
        if (!start_gzip(c, e)) {
            c->ended = true;
            return false;
        }
        got = fill_to(c, HEAD_MIN, e);
        if (got <= 0)
            return no_head(c, got, e);
    }
    bool good;
    uint32_t magic = load_be32(c->buf + c->at);
    if (magic == SHB_MAGIC) {
        good = pcapng_start(c, e);
    } else if (magic == 0xa1b2c3d4 || magic == 0xd4c3b2a1 || magic == 0xa1b23c4d ||
               magic == 0x4d3cb2a1 || magic == 0xa1b2cd34 || magic == 0x34cdb2a1) {
        got = fill_to(c, PCAP_HEAD, e);
        if (got <= 0)
            return no_head(c, got, e);
        good = pcap_start(c, e);
    } else {
        good = refuse(c, e);
    }
    if (!good)
        c->ended = true;
    return good;
}

/* The input is over: is anything left of a record that began? */
static void end_of_input(struct capture *c)
{
    size_t left = c->end - c->at;
    if (left > 0)
        capture_broken(
            c, 0,
            "the file ends in the middle of a record (%zu bytes are there, at least %zu needed)",
            left, c->need);
    c->ended = true;
}

static enum capture_result start_late(struct capture *c)
{
    struct err e = {""};
    if (!capture_start(c, &e)) {
        snprintf(c->damage, sizeof c->damage, "%.250s", e.text);
        return CAPTURE_END;
    }
    return c->parse ? CAPTURE_FRAMES : CAPTURE_LATER;
}

enum capture_result capture_read(struct capture *c, struct frame *frames, unsigned max, unsigned *n)
{
    *n = 0;
    if (!c->parse && !c->ended) {
        enum capture_result r = start_late(c);
        if (r != CAPTURE_FRAMES)
            return r;
    }
    while (!c->ended) {
        enum parse_result r = c->parse(c, frames, max, n);
        if (*n > 0)
            return CAPTURE_FRAMES;
        if (r == PARSE_DAMAGE)
            break;
        struct err e = {""};
        ssize_t got = fill(c, &e);
        if (got == CAPTURE_INPUT_LATER)
            return CAPTURE_LATER;
        if (got == CAPTURE_INPUT_FAILED)
            capture_broken(c, c->end - c->at, "%s", e.text);
        else if (got == CAPTURE_INPUT_END)
            end_of_input(c);
    }
    return CAPTURE_END;
}

const char *capture_damage(const struct capture *c)
{
    return c->damage;
}

const char *capture_kind(const struct capture *c)
{
    return c->kind;
}
