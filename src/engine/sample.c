/* sample.c - hashes that are kept, and the count they stand for. */
#include "engine/sample.h"

#include <stdlib.h>

#include "base/alloc.h"

enum { SAMPLE_FIRST = 256 };

static bool is_kept(uint64_t hash, unsigned zeros)
{
    return !(hash & (((uint64_t)1 << zeros) - 1));
}

static bool make_room(struct sample *s)
{
    if (s->cap < SAMPLE_MOST) {
        uint32_t cap = s->cap ? s->cap * 2 : SAMPLE_FIRST;
        uint64_t *grown =
            mem_resize(ACCOUNT_answers, s->hash, s->cap * sizeof *s->hash, cap * sizeof *s->hash);
        if (!grown)
            return false;
        s->hash = grown;
        s->cap = cap;
        return true;
    }
    while (s->n == s->cap && s->zeros < 63) {
        s->zeros++;
        uint32_t kept = 0;
        for (uint32_t i = 0; i < s->n; i++)
            if (is_kept(s->hash[i], s->zeros))
                s->hash[kept++] = s->hash[i];
        s->n = kept;
    }
    return s->n < s->cap;
}

bool sample_add(struct sample *s, uint64_t hash)
{
    if (!is_kept(hash, s->zeros))
        return true;
    if (s->n == s->cap && !make_room(s))
        return false;
    if (is_kept(hash, s->zeros))
        s->hash[s->n++] = hash;
    return true;
}

static int by_value(const void *x, const void *y)
{
    const uint64_t *a = x, *b = y;
    return *a < *b ? -1 : *a > *b;
}

bool sample_count(const struct sample *const *s, unsigned n, uint64_t *count)
{
    unsigned zeros = 0;
    size_t most = 1, all = 0;
    for (unsigned i = 0; i < n; i++) {
        zeros = s[i]->zeros > zeros ? s[i]->zeros : zeros;
        most += s[i]->n;
    }
    uint64_t *hash = mem_alloc(ACCOUNT_answers, most * sizeof *hash);
    if (!hash)
        return false;
    for (unsigned i = 0; i < n; i++)
        for (uint32_t k = 0; k < s[i]->n; k++)
            if (is_kept(s[i]->hash[k], zeros))
                hash[all++] = s[i]->hash[k];
    qsort(hash, all, sizeof *hash, by_value);
    uint64_t different = 0;
    for (size_t i = 0; i < all; i++)
        different += !i || hash[i] != hash[i - 1];
    mem_free(ACCOUNT_answers, hash, most * sizeof *hash);
    *count = different << zeros;
    return true;
}

void sample_free(struct sample *s)
{
    mem_free(ACCOUNT_answers, s->hash, s->cap * sizeof *s->hash);
    *s = (struct sample){0};
}
