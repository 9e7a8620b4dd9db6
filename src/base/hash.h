/* hash.h - keyed hashes that cannot be forged from outside.
 *
 * Seeds come from the kernel once per process, so an attacker cannot aim at a bucket. Nothing that
 * is shown or stored may depend on a hash made here: output must be the same from run to run.
 */
#ifndef WEIR_BASE_HASH_H
#define WEIR_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Written by hash_seed() before threads start, then constant. */
extern uint64_t hash_seeds[4];

/* Draws the seeds from getrandom(2). Once, at start; a test may write hash_seeds instead. */
void hash_seed(void);

static inline uint64_t hash_mum(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 r = (unsigned __int128)a * b;
    return (uint64_t)r ^ (uint64_t)(r >> 64);
}

static inline uint64_t hash_u64(uint64_t a)
{
    return hash_mum(hash_mum(a ^ hash_seeds[0], hash_seeds[1]), hash_seeds[2] ^ a);
}

static inline uint64_t hash_u128(uint64_t a, uint64_t b)
{
    return hash_mum(hash_mum(a ^ hash_seeds[0], b ^ hash_seeds[1]) ^ hash_seeds[1],
                    hash_seeds[2] ^ a);
}

/* 64 bits over any bytes. Any thread. */
uint64_t hash_bytes(const void *bytes, size_t n);

/* 64 bits that are the same in every process on every machine (ids, colours): FNV-1a with a
 * final mix, not keyed. Never for a table that strangers can fill. */
uint64_t hash_stable(const void *bytes, size_t n);

#endif
