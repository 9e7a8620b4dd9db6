/* leaders.h - the largest of very many entries, known at any time without a walk over all of them.
 *
 * Whoever makes an entry larger offers it. A set of candidates takes what ranks above a floor; when
 * it is full, the smaller half leaves, and the best of those who leave is the new floor. So all who
 * are no candidates rank at or below the floor, and for most offers one comparison is the end of it.
 * This holds while entries only grow or vanish. Too many vanished: the owner starts the set again and
 * offers everybody once.
 */
#ifndef WEIR_ENGINE_LEADERS_H
#define WEIR_ENGINE_LEADERS_H

#include <stdbool.h>

#include "base/alloc.h"
#include "base/clock.h"

enum { LEADERS_TOP = 320 /* the largest that are sure to be known */, LEADERS_MOST = 1024 };

/* How an entry ranks: by value, then by second; then the older one, then the smaller index. */
struct leader {
    uint64_t value, second;
    nsec_t first;
    uint32_t index;
};

/* Zeroed to begin with. Owner: one worker. */
struct leaders {
    /* Ranks an entry as it stands now; false when it is gone. owner is the set's. */
    bool (*look)(const void *owner, uint32_t index, struct leader *x);
    const void *owner;
    struct leader floor; /* the best that is no candidate any more */
    bool floored;        /* somebody is none */
    bool failed;         /* memory ran out: nothing is sure until the next start */
    uint32_t n;
    uint32_t *candidate; /* LEADERS_MOST of them */
    uint64_t *member;    /* a bit for each index that is a candidate */
    size_t words;
    struct leader *rank; /* room for a look at all candidates */
};

/* Nobody is a candidate, and there is no floor. */
void leaders_start(struct leaders *l);
void leaders_free(struct leaders *l);

/* Nearly every entry ends here: false when the value is below the floor. */
static inline bool leaders_may_take(const struct leaders *l, uint64_t value)
{
    return value >= l->floor.value;
}

/* Offers an entry whose value has grown. */
void leaders_offer(struct leaders *l, const struct leader *x);

/* The largest, best first, into top; at most LEADERS_MOST. All of them rank above everybody who is
 * left out. Those who are gone or have fallen to the floor leave the set. */
uint32_t leaders_rank(struct leaders *l, struct leader *top);

/* True when x ranks above y. */
bool leader_is_above(const struct leader *x, const struct leader *y);

#endif
