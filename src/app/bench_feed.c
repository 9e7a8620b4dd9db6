/* bench_feed.c - a source of made-up packets for the engine that also holds the stop-watch. */
#include "app/bench_feed.h"

#include "base/alloc.h"
#include "model/key.h"
#include "net/decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FEED_BYTES = 256 << 20, /* of frames: far more than any cache */
    FRAMES_AHEAD = 16,      /* between touching a frame and decoding it */
    LINK_ETHERNET = 1
};

static const nsec_t feed_begin = 1700000000 * SECOND;

/* Writes the next packets. The opening ends with a buffer, so that a watch runs for all of one or
 * for nothing of it. */
static void refill(struct bench_feed *f)
{
    const struct feed_config *c = &f->config;
    uint64_t n = f->slots;
    f->served = 0;
    if (c->repeat && f->made > c->opening)
        return;
    if (f->made < c->opening && c->opening - f->made < n)
        n = c->opening - f->made;
    for (uint32_t i = 0; i < n; i++)
        f->bytes[i] = c->make(c->maker, f->made + i, f->frames + (size_t)i * c->stride);
    f->made += n;
    f->filled = (uint32_t)n;
}

/* The opening is over: the engine folds it at once, in a chunk that does not count. */
static void begin(struct bench_feed *f)
{
    f->now += SECOND - f->now % SECOND;
    f->begin = f->now;
}

/* Between two bursts of the measured part. False when enough was measured. */
static bool look_at_watch(struct bench_feed *f)
{
    struct stopwatch *w = &f->watch[f->running];
    bool full = watch_is_full(w), empty = f->served == f->filled;
    if (w->start && !full && !empty)
        return true;
    watch_stop(w);
    if (full && !atomic_load_explicit(&f->warm, memory_order_relaxed)) {
        atomic_store(&f->warm, true);
        f->at_warm = bench_memory_now();
        watch_clear(w);
    }
    unsigned phase = atomic_load_explicit(&f->phase, memory_order_relaxed);
    nsec_t chunk = WATCH_CHUNK * f->config.gap, since = f->now - f->begin;
    bool second_over = since / SECOND != (since - chunk) / SECOND;
    if (phase == FEED_OVER || (f->config.measure && w->spent >= f->config.measure && second_over))
        return false;
    if (empty)
        refill(f);
    f->running = phase;
    watch_start(&f->watch[phase]);
    return true;
}

static void hand_over(struct bench_feed *f, struct burst *b)
{
    uint32_t n = f->filled - f->served, stride = f->config.stride;
    if (n > BURST_FRAMES)
        n = BURST_FRAMES;
    const uint8_t *bytes = f->frames + (size_t)f->served * stride;
    const uint32_t *length = f->bytes + f->served;
    /* The time in a register and each frame written where it belongs: 1 ns a packet, not 9. */
    nsec_t now = f->config.live ? clock_wall() : f->now, gap = f->config.gap;
    uint64_t total = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct frame *to = &b->frame[i];
        now += gap;
        to->bytes = bytes;
        to->ts = now;
        to->cap_len = to->wire_len = length[i];
        to->link = LINK_ETHERNET;
        to->vlan = 0;
        to->outgoing = false;
        bytes += stride;
        total += length[i];
    }
    f->now = now;
    f->served += n;
    b->n = n;
    b->now = f->config.live ? now : 0;
    counter_add(&f->source.counts.received, n);
    counter_add(&f->source.counts.received_bytes, total);
}

static enum source_result feed_read(struct source *s, struct burst *b, int timeout_ms)
{
    (void)timeout_ms;
    struct bench_feed *f = (struct bench_feed *)s;
    if (f->made <= f->config.opening && f->served == f->filled) {
        if (f->made == f->config.opening)
            begin(f);
        refill(f);
    }
    if (f->made > f->config.opening) {
        if (!look_at_watch(f)) {
            f->at_end = bench_memory_now();
            return SOURCE_END;
        }
    }
    hand_over(f, b);
    if (f->made > f->config.opening)
        watch_count(&f->watch[f->running], b->n);
    return SOURCE_OK;
}

static void feed_wake(struct source *s)
{
    (void)s;
}

/* The engine is done with it; the feed stays for the floor. */
static void feed_close(struct source *s)
{
    (void)s;
}

bool feed_init(struct bench_feed *f, const struct feed_config *config, struct err *e)
{
    static const struct source_ops ops = {
        .read = feed_read, .wake = feed_wake, .close = feed_close};
    memset(f, 0, sizeof *f);
    f->config = *config;
    f->slots = FEED_BYTES / config->stride / WATCH_CHUNK * WATCH_CHUNK;
    f->now = feed_begin;
    f->source.ops = &ops;
    f->source.is_file = !config->live;
    memcpy(f->source.name, "bench", sizeof "bench");
    memcpy(f->source.kind, "generated", sizeof "generated");
    f->frames = mem_reserve(ACCOUNT_other, (size_t)f->slots * config->stride);
    f->bytes = mem_alloc(ACCOUNT_other, f->slots * sizeof *f->bytes);
    if (!f->frames || !f->bytes) {
        feed_fini(f);
        return fail(e, "no memory for %u generated packets", f->slots);
    }
    memset(f->frames, 0, (size_t)f->slots * config->stride);
    memset(f->bytes, 0, f->slots * sizeof *f->bytes);
    return true;
}

void feed_fini(struct bench_feed *f)
{
    mem_release(ACCOUNT_other, f->frames, (size_t)f->slots * f->config.stride, 0);
    mem_free(ACCOUNT_other, f->bytes, f->slots * sizeof *f->bytes);
    f->frames = NULL;
    f->bytes = NULL;
}

static uint64_t decode_and_key(struct decoder *d, const struct burst *b)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < b->n; i++) {
        struct glance glance;
        struct ends ends;
        struct keyed keyed;
        __builtin_prefetch(b->frame[(i + FRAMES_AHEAD) % BURST_FRAMES].bytes);
        if (!packet_glance(&b->frame[i], &glance, &ends)) {
            struct packet p;
            packet_decode(d, &b->frame[i], &p);
            ends = ends_of(&p);
        }
        key_from_ends(&ends, &keyed);
        sum += keyed.hash;
    }
    return sum;
}

bool feed_floor(struct bench_feed *f, nsec_t measure, struct bench_speed *floor, struct err *e)
{
    static struct decoder decoder;
    static struct burst burst;
    static struct stopwatch watch;
    if (!decoder_init(&decoder, true, e))
        return false;
    watch_clear(&watch);
    volatile uint64_t sum = 0; /* so that nothing is optimised away */
    while (watch.spent < measure) {
        if (f->served == f->filled)
            f->served = 0;
        if (!watch.start)
            watch_start(&watch);
        hand_over(f, &burst);
        watch_count(&watch, burst.n);
        sum += decode_and_key(&decoder, &burst);
        if (watch_is_full(&watch) || f->served == f->filled)
            watch_stop(&watch);
    }
    (void)sum;
    *floor = watch_speed(&watch);
    decoder_fini(&decoder);
    return true;
}

/* The kilobytes behind a word of a file of /proc, in bytes. */
static uint64_t kilobytes(const char *path, const char *word)
{
    char text[4096];
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    size_t n = fread(text, 1, sizeof text - 1, file);
    text[n] = '\0';
    fclose(file);
    const char *at = strstr(text, word);
    return at ? strtoull(at + strlen(word), NULL, 10) * 1024 : 0;
}

struct bench_memory bench_memory_now(void)
{
    return (struct bench_memory){
        .rss = kilobytes("/proc/self/status", "VmRSS:"),
        .peak = kilobytes("/proc/self/status", "VmHWM:"),
        .huge = kilobytes("/proc/self/smaps_rollup", "AnonHugePages:"),
        .flows = mem_used(ACCOUNT_flows) + mem_used(ACCOUNT_names) + mem_used(ACCOUNT_dpi),
        .hosts = mem_used(ACCOUNT_hosts),
        .index = mem_used(ACCOUNT_index),
    };
}
