/* bench_feed.h - a source of made-up packets for the engine that also holds the stop-watch.
 *
 * A maker writes packet number n, from 0 on, for ever. A large buffer of frames is written while
 * the watch stands, then handed over burst by burst while it runs, so what is measured is the
 * engine and reading the frames from memory; handing over costs about 1 ns a packet. The first
 * packets (`opening`) only prepare: they open the flows.
 */
#ifndef WEIR_APP_BENCH_FEED_H
#define WEIR_APP_BENCH_FEED_H

#include <stdatomic.h>

#include "app/bench_watch.h"
#include "engine/plug.h"

enum { FEED_PHASES = 4, FEED_OVER = FEED_PHASES };

/* Memory of the process and its accounts at a moment. */
struct bench_memory {
    uint64_t rss, peak, huge;     /* peak is since the process began */
    uint64_t flows, hosts, index; /* accounts */
};

/* Writes packet n and returns the bytes of its frame, at most `stride`. */
typedef uint32_t frame_maker(void *maker, uint64_t n, uint8_t *to);

struct feed_config {
    frame_maker *make;
    void *maker;
    uint32_t stride;  /* room for a frame */
    uint64_t opening; /* packets before the watch runs */
    nsec_t gap;       /* packet time between two packets; live: nearly none */
    nsec_t measure;   /* CPU time; the feed ends at the next whole second of packet time. 0: it ends
                         when the phase says so */
    bool repeat;      /* the first full buffer again and again: for packets without numbers */
    bool live;        /* the engine takes it for an interface: packets come at the time of day */
};

/* Used by one worker at a time; phase by any thread. */
struct bench_feed {
    struct source source; /* first: what the engine sees */
    struct feed_config config;
    uint8_t *frames; /* slots of config.stride bytes */
    uint32_t *bytes; /* of each frame */
    uint32_t slots;
    uint32_t filled, served; /* frames in the buffer, and of them handed over */
    uint64_t made;           /* packets written */
    nsec_t now;              /* packet time */
    nsec_t begin;            /* packet time when the opening was over */
    atomic_bool warm;        /* the first chunk after it is over, too: from here on it counts */
    atomic_uint phase;       /* which watch runs; FEED_OVER ends it */
    unsigned running;        /* phase of the present chunk */
    struct bench_memory at_warm, at_end;
    struct stopwatch watch[FEED_PHASES];
};

/* Takes and touches the buffer. False with a sentence when out of memory. */
bool feed_init(struct bench_feed *f, const struct feed_config *config, struct err *e);
void feed_fini(struct bench_feed *f);

/* CPU time of decoding and keyed hash alone over the frames that are in the buffer now: what any
 * meter must do before it can count. The caller's thread, for about `measure`. */
bool feed_floor(struct bench_feed *f, nsec_t measure, struct bench_speed *floor, struct err *e);

/* Resident memory, huge pages and accounts of this process now. */
struct bench_memory bench_memory_now(void);

#endif
