/* flows.h - one worker's table of flows: find, make, give back. */
#ifndef WEIR_ENGINE_FLOWS_H
#define WEIR_ENGINE_FLOWS_H

#include "base/pool.h"
#include "base/table.h"
#include "engine/flow.h"
#include "engine/turns.h"

struct flows {
    struct pool hot;  /* struct flow_hot; the same index in both */
    struct pool cold; /* struct flow_cold */
    struct pool told; /* struct flow_told, and so on: what only some flows have */
    struct pool tcp;
    struct pool more;
    struct pool exported; /* struct flow_export */
    struct table table;
    struct turns probation; /* new flows in the order they came (flow_room.c) */
    uint32_t hand;          /* where the search for somebody who may go continues */
    uint32_t barren; /* slots in which it found nobody since it last found one or time went on */
    uint32_t generation;
};

/* Room for limit flows. The owner is one worker, for all of these. */
bool flows_init(struct flows *fs, uint32_t limit, struct err *e);
void flows_fini(struct flows *fs);

static inline struct flow_hot *flow_hot_at(const struct flows *fs, uint32_t index)
{
    return (struct flow_hot *)(void *)(fs->hot.base + (size_t)index * sizeof(struct flow_hot));
}

static inline struct flow_cold *flow_cold_at(const struct flows *fs, uint32_t index)
{
    return (struct flow_cold *)(void *)(fs->cold.base + (size_t)index * sizeof(struct flow_cold));
}

/* The flow's details, NULL when it has none. */
static inline struct flow_told *flow_told(const struct flows *fs, const struct flow_cold *c)
{
    return c->told ? pool_at(&fs->told, c->told) : NULL;
}

static inline struct flow_tcp *flow_tcp(const struct flows *fs, const struct flow_cold *c)
{
    return c->tcp ? pool_at(&fs->tcp, c->tcp) : NULL;
}

static inline struct flow_more *flow_more(const struct flows *fs, const struct flow_cold *c)
{
    return c->more ? pool_at(&fs->more, c->more) : NULL;
}

static inline struct flow_export *flow_exported(const struct flows *fs, const struct flow_cold *c)
{
    return c->exported ? pool_at(&fs->exported, c->exported) : NULL;
}

/* The same, made when missing; NULL without memory. */
struct flow_told *flow_make_told(struct flows *fs, struct flow_cold *c);
struct flow_tcp *flow_make_tcp(struct flows *fs, struct flow_cold *c);
struct flow_more *flow_make_more(struct flows *fs, struct flow_cold *c);
struct flow_export *flow_make_exported(struct flows *fs, struct flow_cold *c);

/* Index of the flow with this key, 0 when there is none. */
static inline uint32_t flows_find(const struct flows *fs, const struct keyed *k)
{
    for (struct table_walk w = table_find(&fs->table, k->hash); table_next(&fs->table, &w);) {
        const struct flow_hot *h = flow_hot_at(fs, w.index);
        if (h->key.low == k->key.low && h->key.high == k->key.high)
            return w.index;
    }
    return 0;
}

/* A new zeroed flow under the key, or 0 when the limit is reached. */
uint32_t flows_take(struct flows *fs, const struct keyed *k);
/* Gives the slot back with its names and details; DPI state and hosts before by the caller. */
void flows_give(struct flows *fs, uint32_t index);

/* A flow beyond probation that may go to make room, looked for in `tries` slots: the first that is
 * closed, else the one-way flow, else the answered one that is no TCP connection, that has been
 * silent longest and for some seconds; 0 when there is none. Slots in which nobody was found are not
 * looked at again before flows.barren is set to 0. */
uint32_t flows_spare(struct flows *fs, unsigned tries, nsec_t now);

#endif
