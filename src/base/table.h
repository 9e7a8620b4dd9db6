/* table.h - an index from a 64-bit hash to entries of a pool, one cache line a bucket.
 *
 * A bucket holds ten 16-bit tags and ten 32-bit indexes. A search compares the tags of a line at
 * once and leaves the comparison of keys to the caller, who knows where they are. A key that found
 * its bucket full went on to the next one and was counted in `passed` on the way, so that a search
 * knows when to stop. The table doubles by itself at half load; what it points to never moves.
 * Owner: one worker; no locks.
 */
#ifndef WEIR_BASE_TABLE_H
#define WEIR_BASE_TABLE_H

#include "base/alloc.h"
#include "base/err.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { TABLE_WAYS = 10, TABLE_WAYS_MASK = (1 << TABLE_WAYS) - 1 };

struct bucket {
    uint16_t tag[TABLE_WAYS]; /* 0 = free */
    uint16_t passed;          /* keys that found this bucket full and went on; sticks at 65535 */
    uint16_t unused;
    uint32_t index[TABLE_WAYS];
} __attribute__((aligned(64)));

struct table {
    struct bucket *buckets;
    struct bucket *next; /* twice as many, empty, made ready for doubling, or NULL */
    uint32_t mask;       /* number of buckets - 1 */
    uint32_t used;       /* keys inside */
    uint32_t max_keys;   /* doubles above this */
    uint32_t limit_mask; /* largest mask it may grow to */
    /* Gives the full hash of an entry that is inside, when the table doubles. */
    uint64_t (*hash_of)(const void *owner, uint32_t index);
    const void *owner;
};

/* Starts small and may grow to hold `limit` keys. False with a sentence when out of memory. */
bool table_init(struct table *t, uint32_t limit, uint64_t (*hash_of)(const void *, uint32_t),
                const void *owner, struct err *e);
void table_fini(struct table *t);

/* Puts index under hash. The key must not be inside. False when out of memory and full. */
bool table_add(struct table *t, uint64_t hash, uint32_t index);

/* Takes index, which was added under hash, out again. */
void table_remove(struct table *t, uint64_t hash, uint32_t index);

static inline uint16_t table_tag(uint64_t hash)
{
    uint16_t tag = (uint16_t)(hash >> 48);
    return tag ? tag : 1;
}

static inline struct bucket *table_home(const struct table *t, uint64_t hash)
{
    return &t->buckets[(uint32_t)hash & t->mask];
}

static inline void table_prefetch(const struct table *t, uint64_t hash)
{
    __builtin_prefetch(table_home(t, hash));
}

/* One bit for each way of the bucket that carries the tag. */
static inline unsigned bucket_match(const struct bucket *b, uint16_t tag)
{
#if defined(__SSE2__)
    const __m128i want = _mm_set1_epi16((short)tag);
    const __m128i low = _mm_cmpeq_epi16(_mm_load_si128((const __m128i *)(const void *)b), want);
    const __m128i high =
        _mm_cmpeq_epi16(_mm_load_si128((const __m128i *)(const void *)b + 1), want);
    return (unsigned)_mm_movemask_epi8(_mm_packs_epi16(low, high)) & TABLE_WAYS_MASK;
#else
    unsigned found = 0;
    for (unsigned i = 0; i < TABLE_WAYS; i++)
        found |= (unsigned)(b->tag[i] == tag) << i;
    return found;
#endif
}

/* Walks the entries that may be the key:
 *     for (struct table_walk w = table_find(t, hash); table_next(t, &w);)
 *         if (key_equal(w.index)) ...                                                     */
struct table_walk {
    uint32_t at;
    uint32_t home;
    unsigned left;
    uint32_t index; /* the candidate after table_next() said true */
    uint16_t tag;
};

static inline struct table_walk table_find(const struct table *t, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & t->mask;
    uint16_t tag = table_tag(hash);
    return (struct table_walk){
        .at = at, .home = at, .tag = tag, .left = bucket_match(&t->buckets[at], tag)};
}

static inline bool table_next(const struct table *t, struct table_walk *w)
{
    while (__builtin_expect(!w->left, 0)) {
        if (__builtin_expect(!t->buckets[w->at].passed, 1))
            return false;
        w->at = (w->at + 1) & t->mask;
        if (w->at == w->home) /* all the way round: `passed` of every bucket, but no more keys */
            return false;
        w->left = bucket_match(&t->buckets[w->at], w->tag);
    }
    w->index = t->buckets[w->at].index[__builtin_ctz(w->left)];
    w->left &= w->left - 1;
    return true;
}

/* The first entry with the hash's tag in its home bucket, or 0: what to prefetch. */
static inline uint32_t table_hint(const struct table *t, uint64_t hash)
{
    const struct bucket *b = table_home(t, hash);
    unsigned found = bucket_match(b, table_tag(hash));
    return found ? b->index[__builtin_ctz(found)] : 0;
}

#endif
