/* capture_gzip.c - bytes out of a gzip stream, as much as there is room for and no more.
 *
 * What comes out goes straight into the reader's buffer, so a bomb costs time but no memory. Several
 * streams one behind the other (RFC 1952 section 2.2) are one; zeros behind the last are padding.
 */
#include <string.h>
#include <zlib.h>

#include "base/alloc.h"
#include "io/capture_format.h"

enum { GZIP_WINDOW = 15 + 16 /* the largest window, and gzip's header */ };

struct gunzip {
    struct capture_input input; /* borrowed */
    z_stream z;
    bool running; /* inside a stream */
    bool broken;  /* reported once what came before the damage is handed out */
    bool input_over;
    uint64_t read; /* compressed bytes taken from the input */
    uint8_t in[CAPTURE_BUFFER];
};

struct gunzip *gunzip_new(struct capture_input input, const uint8_t *head, size_t n, struct err *e)
{
    struct gunzip *g = n <= CAPTURE_BUFFER ? mem_alloc(ACCOUNT_capture, sizeof *g) : NULL;
    if (!g || inflateInit2(&g->z, GZIP_WINDOW) != Z_OK) {
        fail(e, "out of memory for decompression");
        if (g)
            mem_free(ACCOUNT_capture, g, sizeof *g);
        return NULL;
    }
    g->input = input;
    g->running = true;
    memcpy(g->in, head, n);
    g->z.next_in = g->in;
    g->z.avail_in = (uInt)n;
    g->read = n;
    return g;
}

void gunzip_free(struct gunzip *g)
{
    if (!g)
        return;
    inflateEnd(&g->z);
    mem_free(ACCOUNT_capture, g, sizeof *g);
}

/* Compressed bytes to work on: 1, or what the input said. The end of the input is 1 too, with
 * nothing to work on. */
static ssize_t feed(struct gunzip *g, struct err *e)
{
    if (g->z.avail_in > 0 || g->input_over)
        return 1;
    ssize_t got = g->input.read(g->input.context, g->in, sizeof g->in, e);
    if (got < 0)
        return got;
    g->input_over = got == 0;
    g->z.next_in = g->in;
    g->z.avail_in = (uInt)got;
    g->read += (uint64_t)got;
    return 1;
}

/* Between two streams: steps over padding. False while there is no further stream. */
static bool next_stream(struct gunzip *g)
{
    while (g->z.avail_in > 0 && *g->z.next_in == 0) {
        g->z.next_in++;
        g->z.avail_in--;
    }
    if (g->z.avail_in == 0)
        return false;
    g->running = inflateReset(&g->z) == Z_OK;
    return g->running;
}

static ssize_t damaged(const struct gunzip *g, struct err *e)
{
    fail(e, "the compressed data is damaged at byte %llu (%s)",
         (unsigned long long)(g->read - g->z.avail_in), g->z.msg ? g->z.msg : "broken stream");
    return CAPTURE_INPUT_FAILED;
}

ssize_t gunzip_read(struct gunzip *g, void *buf, size_t n, struct err *e)
{
    if (g->broken)
        return damaged(g, e);
    for (;;) {
        ssize_t got = feed(g, e);
        if (got < 0)
            return got;
        if (!g->running && !next_stream(g)) {
            if (g->input_over)
                return CAPTURE_INPUT_END;
            continue;
        }
        if (g->z.avail_in == 0) {
            fail(e, "the compressed data ends too early, at byte %llu",
                 (unsigned long long)g->read);
            return CAPTURE_INPUT_FAILED;
        }
        g->z.next_out = buf;
        g->z.avail_out = (uInt)n;
        int r = inflate(&g->z, Z_NO_FLUSH);
        size_t out = n - g->z.avail_out;
        if (r == Z_STREAM_END)
            g->running = false;
        else if (r != Z_OK && r != Z_BUF_ERROR)
            g->broken = true;
        if (out > 0)
            return (ssize_t)out;
        if (g->broken)
            return damaged(g, e);
    }
}
