/* nearest.h - which of many names is meant by a misspelt one. */
#ifndef WEIR_MODEL_NEAREST_H
#define WEIR_MODEL_NEAREST_H

#include <stddef.h>

enum { NEAREST_NAME = 40 /* longer names are not compared */ };

/* On the caller's stack. best is borrowed from the names that were offered, NULL while none of
 * them is near. */
struct nearest {
    char name[NEAREST_NAME];
    size_t len;
    size_t distance;
    const char *best;
};

/* Starts the search for the name of len bytes, in any case. */
struct nearest nearest_to(const char *name, size_t len);

/* Offers a name. It is taken when it is nearer than those before, and at most a third of its
 * letters (at least one) are wrong, missing, too many or swapped with their neighbour. */
void nearest_offer(struct nearest *n, const char *candidate);

#endif
