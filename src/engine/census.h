/* census.h - which hosts a worker knows, kept while they come and go, for several workers to be
 * counted together: most hosts are known to more than one of them.
 *
 * A set of hashes. Past CENSUS_MOST it keeps only those that end in one more zero bit, half of them,
 * and each stands for two (as sample.h): exact up to there, within one percent beyond.
 */
#ifndef WEIR_ENGINE_CENSUS_H
#define WEIR_ENGINE_CENSUS_H

#include "base/alloc.h"
#include "engine/sample.h"

enum { CENSUS_MOST = 16384 };

/* Zeroed to begin with. Owner: one worker. */
struct census {
    uint64_t *slot; /* open addressing, 0 = free */
    uint32_t cap, n;
    unsigned zeros; /* low bits that are 0 in all that are kept */
};

/* Who comes and who goes; the hash of a thing is the same in every worker. */
void census_add(struct census *c, uint64_t hash);
void census_remove(struct census *c, uint64_t hash);

/* So many have left that it could count better: start it again and add all. */
static inline bool census_is_coarse(const struct census *c)
{
    return c->zeros && c->n < CENSUS_MOST / 8;
}

/* Nobody is known. Gives the memory back, too. */
void census_clear(struct census *c);

/* The census as a sample, into s, whose memory of that account is used again. Without memory it is
 * empty. */
void census_take(const struct census *c, struct sample *s, enum account account);

#endif
