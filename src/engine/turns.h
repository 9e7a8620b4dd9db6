/* turns.h - who has to go next: entries of a table in the order in which they came.
 *
 * Whoever is attacked with made-up addresses gets a new flow with every packet, and none of them is
 * ever heard of again. So a new flow is on probation until both ends have spoken or it has three
 * packets, and only flows on probation make room for newer ones (flow_room.c). Hosts wait likewise
 * from when their last flow has gone (host_others.c). That somebody may stay after all is not noted
 * here: it is seen when the turn comes, so the packets of a flow pay nothing. A queue knows its next
 * victims in advance, and they are prefetched.
 *
 * An entry is an index and a few bits of the key, which tell whether the slot has been given to
 * somebody else since: nobody needs a field for it. The same key in the same slot again is taken for
 * its predecessor and may go early; it waits as well, only not for as long as it should.
 */
#ifndef WEIR_ENGINE_TURNS_H
#define WEIR_ENGINE_TURNS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/err.h"

enum { TURNS_PART = 4 /* a queue is as long as a quarter of its table's slots */ };

struct turn {
    uint32_t index;
    uint32_t tag;
};

/* Owner: one worker. */
struct turns {
    struct turn *turn;   /* a ring that doubles */
    uint32_t size, most; /* entries of the ring now and at most, powers of two */
    uint32_t head, tail; /* both only grow and wrap */
    enum account account;
};

static inline uint32_t turn_tag(uint64_t low, uint64_t high)
{
    /* Odd numbers without a pattern: keys that count up in both ends at once differ, too. */
    return (uint32_t)((low * 0x9e3779b97f4a7c15 ^ high * 0xc2b2ae3d27d4eb4f) >> 32);
}

static inline uint32_t turns_length(const struct turns *t)
{
    return t->tail - t->head;
}

/* For a table of so many slots. False with a sentence when out of memory. */
bool turns_init(struct turns *t, enum account account, uint32_t slots, struct err *e);
void turns_fini(struct turns *t);

/* Puts an entry at the end. When the queue is full the oldest leaves it and is on its own. */
void turns_add(struct turns *t, struct turn turn);

/* Takes the oldest out of the queue; false when it is empty. */
static inline bool turns_take(struct turns *t, struct turn *out)
{
    if (t->head == t->tail)
        return false;
    *out = t->turn[t->head++ & (t->size - 1)];
    return true;
}

/* The entry that is taken after `ahead` others, or NULL: what to prefetch. */
static inline const struct turn *turns_peek(const struct turns *t, uint32_t ahead)
{
    return ahead < turns_length(t) ? &t->turn[(t->head + ahead) & (t->size - 1)] : NULL;
}

#endif
