/* sums.h - adds up traffic by a key: what the report's tables are made of. */
#ifndef WEIR_APP_SUM_H
#define WEIR_APP_SUM_H

#include "base/alloc.h"

#include <stdbool.h>

enum { SUM_KEY = 40, SUM_LABEL = 64 };

struct sum {
    uint8_t key[SUM_KEY];  /* zeroed behind the key */
    char label[SUM_LABEL]; /* free for whoever adds; "" at first */
    uint64_t bytes[2];     /* sent and received */
    uint64_t packets[2];
    uint64_t flows;
};

/* Zero is empty. Owner: whoever declares it. */
struct sums {
    struct sum *rows;
    uint32_t *slots; /* row number + 1, 0 = free */
    size_t n, room, mask;
};

/* The row of a key of len bytes (at most SUM_KEY), made when there is none; NULL when out of
 * memory. Valid until the next call. */
struct sum *sums_at(struct sums *t, const void *key, size_t len);

/* Largest first, ties by key, so that the order is the same from run to run. No sums_at() after
 * this. */
void sums_sort(struct sums *t);

/* Gives the memory back; the sums are empty again. */
void sums_free(struct sums *t);

#endif
