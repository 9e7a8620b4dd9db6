/* fuzz_capture.c - the readers of capture files on any bytes.
 *
 * The first byte says how the rest is fed: in which pieces, with pauses or without, and how many
 * frames are asked for at once. Frames must lie inside memory that may be read, reading must end,
 * and the pieces must make no difference.
 */
#include "io/capture_file.h"

#include <stdlib.h>
#include <string.h>

enum {
    /* No file of so many bytes has more frames: a record takes 16 at least. */
    RECORD_MIN = 16,
    OUTPUT_MAX = 1 << 22 /* of a bomb this much is looked at */
};

struct feeder {
    const uint8_t *data;
    size_t len, at, chunk;
    bool pauses, paused;
    uint64_t given;
};

static ssize_t feed(void *context, void *buf, size_t n, struct err *e)
{
    (void)e;
    struct feeder *f = context;
    f->paused = f->pauses && !f->paused;
    if (f->paused)
        return CAPTURE_INPUT_LATER;
    size_t left = f->len - f->at;
    n = n < left ? n : left;
    n = f->chunk && n > f->chunk ? f->chunk : n;
    memcpy(buf, f->data + f->at, n);
    f->at += n;
    return (ssize_t)n;
}

struct outcome {
    uint64_t frames, bytes, sum;
    bool good;
};

static struct outcome read_all(struct feeder f, unsigned max)
{
    struct outcome o = {0};
    struct err e = {""};
    struct capture *c = capture_new((struct capture_input){feed, &f}, &e);
    if (!c)
        abort();
    enum capture_result r;
    unsigned later = 0;
    do {
        struct frame frames[256];
        unsigned n;
        r = capture_read(c, frames, max, &n);
        if (n > max || (r == CAPTURE_FRAMES) != (n > 0))
            abort();
        if (r == CAPTURE_LATER && ++later > 2 * f.len + 1000)
            abort();
        for (unsigned i = 0; i < n; i++) {
            if (frames[i].cap_len > CAPTURE_FRAME_MAX || frames[i].ts < 0)
                abort();
            for (uint32_t k = 0; k < frames[i].cap_len; k++)
                o.sum = (o.sum ^ frames[i].bytes[k]) * 1099511628211u;
            o.sum = (o.sum ^ (uint64_t)frames[i].ts ^ frames[i].wire_len ^ frames[i].link) *
                    1099511628211u;
            o.bytes += frames[i].cap_len;
            o.frames++;
        }
    } while (r != CAPTURE_END && o.bytes + o.frames * RECORD_MIN < OUTPUT_MAX);
    o.good = r == CAPTURE_END && capture_damage(c)[0] == '\0';
    if (strlen(capture_damage(c)) >= 256)
        abort();
    capture_close(c);
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n < 1)
        return 0;
    static const size_t chunks[] = {1, 3, 13, 64, 1000, 0};
    struct feeder whole = {.data = bytes + 1, .len = n - 1};
    struct feeder pieces = whole;
    pieces.chunk = chunks[bytes[0] % 6];
    pieces.pauses = bytes[0] & 0x40;
    struct outcome a = read_all(whole, 256);
    struct outcome b = read_all(pieces, bytes[0] & 0x80 ? 256 : 3);
    /* Patched pcap variants are told by the records at hand, so pieces may change that verdict. */
    bool may_differ = n > 4 && !memcmp(bytes + 1, "\x1f\x8b", 2);
    may_differ = may_differ || n < 5 || bytes[1] != 0x0a;
    if (!may_differ && a.bytes + a.frames * RECORD_MIN < OUTPUT_MAX &&
        (a.frames != b.frames || a.sum != b.sum || a.good != b.good))
        abort();
    return 0;
}
