/* talkers.h - whose active flows carry the most, summed up by the sweep as it passes by.
 *
 * Nobody keeps a host's active flows apart from those that ended, and a table of sums over a million
 * hosts would cost more than it tells. But what its active flows carry is part of what a host has
 * counted at all, and of that the largest are known (leads.c). So a pass sums up for these alone, and
 * whoever carries more than the largest total among all others is sure to be one of the largest.
 */
#ifndef WEIR_ENGINE_TALKERS_H
#define WEIR_ENGINE_TALKERS_H

#include "engine/leaders.h"
#include "engine/question.h"

struct worker;

struct talker {
    struct addr addr;
    uint32_t index;                /* of the host */
    uint32_t flows;                /* active ones */
    uint64_t bytes[2], packets[2]; /* by enum side */
    uint64_t bps;
};

enum { TALKER_PLACES = 4 * LEADERS_MOST };

/* Owner: the worker; the lists of an edition are copies. */
struct talkers {
    bool on;      /* sums are being made in this pass */
    bool strange; /* a flow had an end that is no host of its own: sums are not whole */
    uint32_t n;
    struct talker *sum; /* LEADERS_MOST of them */
    uint16_t *place;    /* by host index, number in sum + 1; TALKER_PLACES of them */
};

/* The worker's thread, all of these. */

/* Begins a pass with these hosts, the largest of all. */
void talkers_begin(struct talkers *t, const struct leader *hosts, uint32_t n);
/* Adds an active flow that the pass has folded. */
void talkers_add(struct worker *w, uint32_t index);
/* The pass is over: puts the largest into to (LEADERS_MOST of them), largest first, as far as they
 * are sure; host_bytes: the largest hosts now, of which all others are below floor. Returns their
 * number; *all tells that nobody else has an active flow. */
uint32_t talkers_end(struct worker *w, const struct leader *hosts, uint32_t n, uint64_t floor,
                     struct talker *to, bool *all);
void talkers_free(struct talkers *t);

#endif
