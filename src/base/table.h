/* table.h - an index from a 64-bit hash to entries of a pool, one cache line a bucket.
 *
 * A bucket holds ten 16-bit tags and ten 32-bit indexes. A search compares the tags of a line at
 * once and leaves the comparison of keys to the caller, who knows where they are. A key that found
 * its bucket full went on to the next one and was counted in `passed` on the way, so that a search
 * knows when to stop. The table doubles by itself at half load; what it points to never moves.
 *
 * A large table doubles in pieces, because moving a million keys at once takes as long as 100,000
 * packets: new keys go to the new buckets, each of them brings a few old buckets along, and until the
 * last is moved a search that found nothing looks into the old ones as well.
 *
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
    struct bucket *old;  /* half as many, from which keys are being moved, or NULL */
    uint32_t moved;      /* old buckets that are empty now */
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

/* Goes on with a doubling that is on its way, so that it comes to its end without new keys, too. Once a
 * second. */
void table_settle(struct table *t);

static inline uint16_t table_tag(uint64_t hash)
{
    uint16_t tag = (uint16_t)(hash >> 48);
    return tag ? tag : 1;
}

static inline struct bucket *table_home(const struct table *t, uint64_t hash)
{
    return &t->buckets[(uint32_t)hash & t->mask];
}

static inline struct bucket *table_old_home(const struct table *t, uint64_t hash)
{
    return &t->old[(uint32_t)hash & t->mask >> 1];
}

/* Always inline: gcc throws away calls of functions that do nothing but prefetch, and this one had
 * grown large enough to become a call. */
static inline __attribute__((always_inline)) void table_prefetch(const struct table *t,
                                                                 uint64_t hash)
{
    __builtin_prefetch(table_home(t, hash));
    if (__builtin_expect(t->old != NULL, 0))
        __builtin_prefetch(table_old_home(t, hash));
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
    const struct bucket *buckets;
    uint32_t mask;
    uint32_t at;
    uint32_t home;
    unsigned left;
    uint32_t index; /* the candidate after table_next() said true */
    uint16_t tag;
};

static inline struct table_walk table_walk_from(const struct bucket *buckets, uint32_t mask,
                                                uint32_t at, uint16_t tag)
{
    return (struct table_walk){.buckets = buckets,
                               .mask = mask,
                               .at = at,
                               .home = at,
                               .tag = tag,
                               .left = bucket_match(&buckets[at], tag)};
}

static inline struct table_walk table_find(const struct table *t, uint64_t hash)
{
    return table_walk_from(t->buckets, t->mask, (uint32_t)hash & t->mask, table_tag(hash));
}

static inline bool table_next(const struct table *t, struct table_walk *w)
{
    while (__builtin_expect(!w->left, 0)) {
        /* When it has come all the way round, `passed` of every bucket is set, but there are no more
         * keys. */
        uint32_t next = (w->at + 1) & w->mask;
        if (__builtin_expect(w->buckets[w->at].passed && next != w->home, 0)) {
            w->at = next;
            w->left = bucket_match(&w->buckets[next], w->tag);
        } else if (__builtin_expect(t->old && w->buckets != t->old, 0)) {
            *w = table_walk_from(t->old, t->mask >> 1, w->home & t->mask >> 1, w->tag);
        } else {
            return false;
        }
    }
    w->index = w->buckets[w->at].index[__builtin_ctz(w->left)];
    w->left &= w->left - 1;
    return true;
}

/* The first entry with the hash's tag in its home bucket, or 0: what to prefetch. */
static inline uint32_t table_hint(const struct table *t, uint64_t hash)
{
    const struct bucket *b = table_home(t, hash);
    unsigned found = bucket_match(b, table_tag(hash));
    if (__builtin_expect(!found && t->old, 0)) {
        b = table_old_home(t, hash);
        found = bucket_match(b, table_tag(hash));
    }
    return found ? b->index[__builtin_ctz(found)] : 0;
}

#endif
