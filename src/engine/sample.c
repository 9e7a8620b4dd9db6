/* sample.c - hashes that are kept, and the count they stand for. */
#include "engine/sample.h"

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

/* Adds a hash to an open table of cap slots, 0 = free; true when it is new. */
static bool is_new(uint64_t *slot, size_t cap, uint64_t hash)
{
    size_t at = (hash >> 32) & (cap - 1); /* the low bits may be zero in all of them */
    while (slot[at] && slot[at] != hash)
        at = (at + 1) & (cap - 1);
    bool is = !slot[at];
    slot[at] = hash;
    return is;
}

bool sample_count(const struct sample *const *s, unsigned n, uint64_t *count)
{
    unsigned zeros = 0;
    size_t most = 1, cap = 64;
    for (unsigned i = 0; i < n; i++) {
        zeros = s[i]->zeros > zeros ? s[i]->zeros : zeros;
        most += s[i]->n;
    }
    while (cap < 2 * most)
        cap *= 2;
    uint64_t *slot = mem_alloc(ACCOUNT_answers, cap * sizeof *slot), different = 0;
    if (!slot)
        return false;
    bool zero = false; /* a hash of 0 would look like a free slot */
    for (unsigned i = 0; i < n; i++) {
        for (uint32_t k = 0; k < s[i]->n; k++) {
            uint64_t hash = s[i]->hash[k];
            zero |= !hash;
            different += hash && is_kept(hash, zeros) && is_new(slot, cap, hash);
        }
    }
    mem_free(ACCOUNT_answers, slot, cap * sizeof *slot);
    *count = (different + zero) << zeros;
    return true;
}

void sample_free(struct sample *s)
{
    mem_free(ACCOUNT_answers, s->hash, s->cap * sizeof *s->hash);
    *s = (struct sample){0};
}
