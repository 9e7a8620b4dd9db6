/* hash.c - keyed hashes that cannot be forged from outside. */
#include "base/hash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Until hash_seed() is called these are arbitrary odd numbers: good enough for a test. */
uint64_t hash_seeds[4] = {0x9c8d5f1b7a3e6421, 0xd1b54a32d192ed03, 0xa0761d6478bd642f,
                          0xe7037ed1a0b428db};

void hash_seed(void)
{
    uint8_t *at = (uint8_t *)hash_seeds;
    size_t left = sizeof hash_seeds;
    while (left) {
        ssize_t n = getrandom(at, left, 0);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1) {
            /* Without a secret anyone could aim at one bucket, so it is better not to start. */
            fprintf(stderr, "weir: no random numbers from the kernel: %s\n", strerror(errno));
            abort();
        }
        at += n;
        left -= (size_t)n;
    }
    /* A factor of zero would make products lose everything. */
    for (size_t i = 0; i < sizeof hash_seeds / sizeof hash_seeds[0]; i++)
        hash_seeds[i] |= 1;
}

uint64_t hash_bytes(const void *bytes, size_t n)
{
    const uint8_t *at = bytes;
    uint64_t state = hash_seeds[3] ^ n;
    uint64_t word[2];
    for (size_t left = n; left;) {
        size_t take = left < sizeof word ? left : sizeof word;
        if (take < sizeof word)
            memset(word, 0, sizeof word);
        memcpy(word, at, take);
        state = hash_mum(word[0] ^ hash_seeds[0] ^ state, word[1] ^ hash_seeds[1]) ^ state;
        at += take;
        left -= take;
    }
    return hash_mum(state ^ hash_seeds[2], hash_seeds[1] ^ n);
}

uint64_t hash_stable(const void *bytes, size_t n)
{
    const uint8_t *at = bytes;
    uint64_t h = 0xcbf29ce484222325;
    for (size_t i = 0; i < n; i++)
        h = (h ^ at[i]) * 0x100000001b3;
    /* FNV-1a leaves the high bits of short keys alike; two rounds of xor and multiply spread them. */
    h = (h ^ h >> 32) * 0x9e3779b97f4a7c15;
    h = (h ^ h >> 29) * 0xbf58476d1ce4e5b9;
    return h ^ h >> 32;
}
