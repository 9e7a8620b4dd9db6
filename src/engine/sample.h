/* sample.h - how many different hosts several workers know together, in bounded memory.
 *
 * A worker notes the hash of each host. Past SAMPLE_MOST it keeps those alone that end in one more
 * zero bit, half of them, and counts each for two (adaptive sampling, Wegman; Flajolet 1990).
 * Exact up to SAMPLE_MOST hosts of a worker, within half a percent beyond.
 */
#ifndef WEIR_ENGINE_SAMPLE_H
#define WEIR_ENGINE_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

enum { SAMPLE_MOST = 65536 };

/* Zeroed to begin with. Owner: who adds; then who counts. */
struct sample {
    uint64_t *hash;
    uint32_t n, cap;
    unsigned zeros; /* low bits that are 0 in all that are kept */
};

/* Notes a hash. False without memory. */
bool sample_add(struct sample *s, uint64_t hash);

/* The number of different hashes that n samples have noted. False without memory. */
bool sample_count(const struct sample *const *s, unsigned n, uint64_t *count);

/* Gives the memory back; the sample is empty again. */
void sample_free(struct sample *s);

#endif
