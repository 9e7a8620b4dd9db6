/* l7_budget.h - how much time protocol detection may take: a bucket that the clock fills.
 *
 * It fills with a share of the time that passes, up to the share of L7_SPARE, so that a burst of
 * new flows after a quiet moment is looked at whole. What is spent may leave a debt, which later
 * time pays: the share holds on average, and a packet that is being looked at is never given up.
 * Arithmetic only; the owner says what time it is.
 */
#ifndef WEIR_ENGINE_L7_BUDGET_H
#define WEIR_ENGINE_L7_BUDGET_H

#include "base/clock.h"

#include <stdbool.h>

#define L7_SPARE (200 * MILLISECOND)

struct l7_budget {
    unsigned percent; /* of the time that passes; 0 = no limit */
    nsec_t left;      /* of the share; below 0 a debt */
    nsec_t filled;    /* when, 0 = never */
};

/* A full bucket. percent 1 to 99; others are no limit. */
void l7_budget_init(struct l7_budget *b, unsigned percent);

/* Adds the share of what passed since the last call. now of a clock that does not go backwards; if
 * it does nothing is added. */
void l7_budget_fill(struct l7_budget *b, nsec_t now);
void l7_budget_spend(struct l7_budget *b, nsec_t spent);

static inline bool l7_budget_has_time(const struct l7_budget *b)
{
    return !b->percent || b->left > 0;
}

#endif
