/* merge.h - one answer out of the workers' parts. */
#ifndef WEIR_ENGINE_MERGE_H
#define WEIR_ENGINE_MERGE_H

#include "engine/question.h"

struct answer_box;

/* Joins, sums and orders the rows of the parts as the question asks, and cuts offset and limit.
 * The parts stay their owners'. NULL without memory. */
struct answer *merge_answers(const struct question *q, struct answer *const *part, unsigned n);

/* All rows of one kind in one array of a fresh answer. rows_of: a part's rows. NULL without memory. */
struct answer_box *merge_gather(enum question_kind kind, size_t size, struct answer *const *part,
                                unsigned n, void *(*rows_of)(struct answer *));
/* Cuts ordered rows to the page of the question, in place. */
void merge_cut_page(const struct question *q, struct answer *a, void *rows, size_t size);

/* Adds the counters of another worker's totals. */
void totals_add(struct totals_row *t, const struct totals_row *more);

#endif
