/* merge.h - one answer out of the workers' parts. */
#ifndef WEIR_ENGINE_MERGE_H
#define WEIR_ENGINE_MERGE_H

#include "engine/question.h"

/* Joins, sums and orders the rows of the parts as the question asks, and cuts offset and limit.
 * The parts stay their owners'. NULL without memory. */
struct answer *merge_answers(const struct question *q, struct answer *const *part, unsigned n);

/* Adds the counters of another worker's totals. */
void totals_add(struct totals_row *t, const struct totals_row *more);

#endif
