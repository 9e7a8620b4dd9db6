/* by_hand.h - an engine of workers that no thread runs: tests move their packets and their time. */
#ifndef WEIR_TESTS_BY_HAND_H
#define WEIR_TESTS_BY_HAND_H

#include "engine/engine_private.h"
#include "frames.h"

static struct locals hand_locals;

static inline struct engine_config hand_config(void)
{
    return (struct engine_config){.flow_idle = 60 * SECOND,
                                  .flow_active = 60 * SECOND,
                                  .tcp_closed_idle = 15 * SECOND,
                                  .local_host_idle = 300 * SECOND,
                                  .remote_host_idle = 60 * SECOND,
                                  .timeouts = true,
                                  .decap = true,
                                  .max_flows = 100000,
                                  .max_hosts = 100000,
                                  .locals = &hand_locals,
                                  .l7 = {.enabled = false, .packets = 8, .protos = ""},
                                  .keep_series = true,
                                  .expire_hosts = true,
                                  .learn_names = true};
}

/* One interface of n workers over the script; live ones keep their own time. */
static inline struct engine *hand_engine(const struct engine_config *c, const struct script *s,
                                         unsigned n, bool live)
{
    struct err e = {""};
    struct engine *en = engine_new(c, &e);
    struct source *source[8];
    for (unsigned i = 0; i < n; i++) {
        source[i] = script_open(s);
        source[i]->is_file = !live;
        source[i]->sees_all = !live;
    }
    if (!en || engine_add_interface(en, "hand", source, n, NULL, &e) != 0)
        abort();
    return en;
}

static inline struct worker *hand_worker(struct engine *en, unsigned i)
{
    return &en->interface[0].worker[i];
}

/* Lets the worker read the script to its end, without closing the last second. */
static inline void hand_read(struct worker *w)
{
    struct burst b;
    while (w->source->ops->read(w->source, &b, 0) == SOURCE_OK)
        worker_burst(w, &b);
}

#endif
