/* l7_states.h - one worker's undecided flows: pooled, and in the order in which they were opened.
 *
 * A flow of one packet that nothing answers stays undecided until it ends. A flood of these would
 * hold all states for a minute; so when all are taken the oldest is settled with what it has told,
 * and its state goes to the newest. Owner: the worker.
 */
#ifndef WEIR_ENGINE_L7_STATES_H
#define WEIR_ENGINE_L7_STATES_H

#include "base/counter.h"
#include "base/pool.h"
#include "engine/peek.h"

#include <stdalign.h>

/* One undecided flow; whatever libndpi needs stands behind it. */
struct l7_flow {
    alignas(16) uint32_t index; /* of this state */
    uint32_t peek;              /* in pool peeks, 0 = none */
    uint32_t owner;             /* the flow, as its owner named it */
    uint32_t older, newer;      /* states opened before and after, 0 = none */
    uint16_t master, app;       /* verdict so far, 0 = unknown */
    uint8_t category;
    uint8_t seen, fed, unusable; /* packets; shown to libndpi; that it cannot take */
    bool failed;                 /* libndpi says that it will never know */
    uint8_t proto;
};

struct l7_states {
    struct pool pool, peeks;
    uint32_t oldest, newest;
    counter_t open;
};

/* Room for limit states with `behind` bytes behind each. False with a sentence. */
bool l7_states_init(struct l7_states *s, size_t behind, uint32_t limit, struct err *e);
void l7_states_fini(struct l7_states *s);

/* A cleared state, the newest; NULL when all are taken or there is no memory. */
struct l7_flow *l7_states_take(struct l7_states *s, uint32_t owner);
/* Its peek goes too. */
void l7_states_give(struct l7_states *s, struct l7_flow *f);

/* The flow's own readers, NULL when it has said nothing for them. */
static inline struct peek *l7_states_peek(const struct l7_states *s, const struct l7_flow *f)
{
    return f->peek ? pool_at(&s->peeks, f->peek) : NULL;
}

/* The same, made when the packet may hold something for them. */
struct peek *l7_states_peek_for(struct l7_states *s, struct l7_flow *f, const struct packet *p);

#endif
