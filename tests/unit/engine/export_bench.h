/* export_bench.h - live workers that collect at one moment, each flow once. */
#ifndef WEIR_TESTS_EXPORT_BENCH_H
#define WEIR_TESTS_EXPORT_BENCH_H

#include "exports.h"

static const nsec_t now = 1700000000 * SECOND;

struct bench {
    struct script *script;
    struct engine *engine;
};

static inline struct bench bench_new(unsigned workers)
{
    struct engine_config c = hand_config();
    c.dedup = true;
    struct bench b = {.script = calloc(1, sizeof(struct script))};
    b.engine = hand_collector(&c, b.script, workers);
    for (unsigned i = 0; i < workers; i++)
        worker_time(hand_worker(b.engine, i), now);
    return b;
}

static inline void bench_free(struct bench *b)
{
    engine_free(b->engine);
    free(b->script);
}

#endif
