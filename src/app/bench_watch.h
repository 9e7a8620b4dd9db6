/* bench_watch.h - a stop-watch of CPU time, chunk by chunk, and what the chunks say.
 *
 * The 5th percentile of the chunks is what the machine does when its neighbours are quiet, the
 * median what it does today; the mean has everything in it, the sweep of each second too.
 */
#ifndef WEIR_APP_BENCH_WATCH_H
#define WEIR_APP_BENCH_WATCH_H

#include <stdbool.h>

#include "base/clock.h"

enum {
    WATCH_CHUNK = 32768, /* packets between two looks */
    WATCH_CHUNKS = 16384 /* chunks remembered for the percentiles; the mean has all */
};

struct stopwatch {
    nsec_t start; /* of the chunk, 0 = not running */
    nsec_t spent;
    uint64_t packets;
    uint32_t in_chunk;
    uint32_t chunks;
    float ns[WATCH_CHUNKS]; /* nanoseconds a packet */
};

/* Nanoseconds a packet. All 0 when nothing was measured. */
struct bench_speed {
    double p5, p50, mean;
    uint64_t packets;
    nsec_t spent;
};

/* Forgets everything. */
void watch_clear(struct stopwatch *w);

/* Begins a chunk. The thread whose time is taken, as with the others. */
void watch_start(struct stopwatch *w);

/* Packets are about to be worked on. */
static inline void watch_count(struct stopwatch *w, uint32_t packets)
{
    w->in_chunk += packets;
}

/* True when the chunk is full: watch_stop() takes its time. */
static inline bool watch_is_full(const struct stopwatch *w)
{
    return w->in_chunk >= WATCH_CHUNK;
}

/* Ends the chunk and keeps its time; nothing when none is running or it is empty. */
void watch_stop(struct stopwatch *w);

/* What the chunks say; sorts them. */
struct bench_speed watch_speed(struct stopwatch *w);

/* Events a second at so many nanoseconds each; 0 for none. */
double rate_of(double ns);

#endif
