/* tally.h - adds up traffic by a key: what the report's tables are made of. */
#ifndef WEIR_APP_TALLY_H
#define WEIR_APP_TALLY_H

#include "base/alloc.h"

#include <stdbool.h>

enum { TALLY_KEY = 40, TALLY_LABEL = 64 };

struct tally_row {
    uint8_t key[TALLY_KEY];   /* zeroed behind the key */
    char label[TALLY_LABEL];  /* free for whoever adds; "" at first */
    uint64_t bytes[2];        /* sent and received */
    uint64_t packets[2];
    uint64_t flows;
};

/* Zero is empty. Owner: whoever declares it. */
struct tally {
    struct tally_row *rows;
    uint32_t *slots; /* row number + 1, 0 = free */
    size_t n, room, mask;
};

/* The row of a key of len bytes (at most TALLY_KEY), made when there is none; NULL when out of
 * memory. Valid until the next call. */
struct tally_row *tally_at(struct tally *t, const void *key, size_t len);

/* Largest first, ties by key, so that the order is the same from run to run. No tally_at() after
 * this. */
void tally_sort(struct tally *t);

void tally_free(struct tally *t);

#endif
