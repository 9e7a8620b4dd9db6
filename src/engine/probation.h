/* probation.h - flows that have not yet proved to be a conversation, in the order they came.
 *
 * Whoever is attacked with made-up addresses gets a new flow with every packet, and none of them is
 * ever heard of again. So a new flow is on probation until both ends have spoken or it has three
 * packets, and only flows on probation make room for newer ones (take_slot() in flow_room.c). That
 * they were promoted is not noted here: it is seen when their turn comes, so the packets of a flow
 * pay nothing. A queue knows its next victims in advance, and they are prefetched.
 *
 * An entry is the flow's index and a few bits of its key, which tell whether the slot has been
 * given to another flow since; the flow itself needs no field for it. The same key in the same slot
 * again is taken for its predecessor and may go early: it is a flow on probation as well.
 */
#ifndef WEIR_ENGINE_PROBATION_H
#define WEIR_ENGINE_PROBATION_H

#include "base/err.h"
#include "model/key.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    PROBATION_PART = 4, /* the queue is as long as a quarter of the slots */
    PROBATION_PACKETS = 3
};

struct probation_entry {
    uint32_t index;
    uint32_t tag;
};

/* Owner: one worker. */
struct probation {
    struct probation_entry *entry; /* a ring that doubles */
    uint32_t size, most;           /* entries of the ring now and at most, powers of two */
    uint32_t head, tail;           /* both only grow and wrap */
};

static inline uint32_t probation_tag(const struct flow_key *k)
{
    /* Odd numbers without a pattern: keys that count up in both ends at once differ, too. */
    return (uint32_t)((k->low * 0x9e3779b97f4a7c15 ^ k->high * 0xc2b2ae3d27d4eb4f) >> 32);
}

static inline uint32_t probation_length(const struct probation *p)
{
    return p->tail - p->head;
}

/* For a table of so many slots. False with a sentence when out of memory. */
bool probation_init(struct probation *p, uint32_t slots, struct err *e);
void probation_fini(struct probation *p);

/* Puts a flow at the end. When the queue is full the oldest leaves it and is on its own. */
void probation_add(struct probation *p, uint32_t index, const struct flow_key *key);

/* Takes the oldest out of the queue; false when it is empty. */
static inline bool probation_take(struct probation *p, struct probation_entry *out)
{
    if (p->head == p->tail)
        return false;
    *out = p->entry[p->head++ & (p->size - 1)];
    return true;
}

/* The entry that is taken after `ahead` others, or NULL: what to prefetch. */
static inline const struct probation_entry *probation_peek(const struct probation *p,
                                                           uint32_t ahead)
{
    return ahead < probation_length(p) ? &p->entry[(p->head + ahead) & (p->size - 1)] : NULL;
}

#endif
