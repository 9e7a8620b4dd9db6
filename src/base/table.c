/* table.c - an index from a 64-bit hash to entries of a pool, one cache line a bucket. */
#include "base/table.h"

#include <assert.h>

#include "base/ahead.h"

enum {
    TABLE_KEYS = 5,    /* a bucket's share of keys at which the table doubles: half of its ways */
    TABLE_CROWDED = 7, /* its share above which nothing is added when doubling is impossible */
    TABLE_FIRST = 64,  /* buckets of a new table */
    TABLE_SMALL = 64 * 1024, /* bytes below which mem_alloc() aligns them */
    TABLE_STUCK = 65535      /* `passed` that can no longer be counted down */
};

/* Small tables come from the heap; the large ones want huge pages. */
static struct bucket *buckets_new(uint32_t mask)
{
    size_t size = ((size_t)mask + 1) * sizeof(struct bucket);
    if (size < TABLE_SMALL)
        return mem_alloc(ACCOUNT_index, size);
    if (!mem_claim(ACCOUNT_index, size))
        return NULL;
    struct bucket *buckets = mem_reserve_whole(ACCOUNT_index, size);
    if (!buckets)
        mem_unclaim(ACCOUNT_index, size);
    return buckets;
}

static void buckets_free(struct bucket *buckets, uint32_t mask)
{
    size_t size = ((size_t)mask + 1) * sizeof(struct bucket);
    if (size < TABLE_SMALL)
        mem_free(ACCOUNT_index, buckets, size);
    else
        mem_release(ACCOUNT_index, buckets, size, size);
}

static uint32_t keys_of(uint32_t mask, uint32_t share)
{
    uint64_t keys = ((uint64_t)mask + 1) * share;
    return keys > UINT32_MAX ? UINT32_MAX : (uint32_t)keys;
}

bool table_init(struct table *t, uint32_t limit, uint64_t (*hash_of)(const void *, uint32_t),
                const void *owner, struct err *e)
{
    *t = (struct table){.hash_of = hash_of, .owner = owner, .limit_mask = TABLE_FIRST - 1};
    while (keys_of(t->limit_mask, TABLE_KEYS) < limit)
        t->limit_mask = t->limit_mask * 2 + 1;
    t->mask = TABLE_FIRST - 1;
    t->max_keys = keys_of(t->mask, TABLE_KEYS);
    t->buckets = buckets_new(t->mask);
    if (!t->buckets)
        return fail(e, "no memory for an index of %u entries", limit);
    return true;
}

void table_fini(struct table *t)
{
    if (t->next)
        buckets_free(t->next, t->mask * 2 + 1);
    if (t->buckets)
        buckets_free(t->buckets, t->mask);
    *t = (struct table){0};
}

/* Puts a key into the first bucket with room, from its home on. There must be room somewhere. */
static void table_put(struct table *t, uint64_t hash, uint32_t index)
{
    uint32_t at = (uint32_t)hash & t->mask;
    unsigned free_ways;
    while (!(free_ways = bucket_match(&t->buckets[at], 0))) {
        if (t->buckets[at].passed < TABLE_STUCK)
            t->buckets[at].passed++;
        at = (at + 1) & t->mask;
    }
    unsigned way = (unsigned)__builtin_ctz(free_ways);
    t->buckets[at].tag[way] = table_tag(hash);
    t->buckets[at].index[way] = index;
}

static bool table_double(struct table *t)
{
    uint32_t old_mask = t->mask;
    struct bucket *old = t->buckets;
    struct bucket *buckets = t->next ? t->next : buckets_new(old_mask * 2 + 1);
    if (!buckets)
        return false;

    t->next = NULL;
    t->buckets = buckets;
    t->mask = old_mask * 2 + 1;
    t->max_keys = keys_of(t->mask, TABLE_KEYS);
    for (uint32_t b = 0; b <= old_mask; b++)
        for (unsigned way = 0; way < TABLE_WAYS; way++)
            if (old[b].tag[way])
                table_put(t, t->hash_of(t->owner, old[b].index[way]), old[b].index[way]);
    buckets_free(old, old_mask);
    return true;
}

/* The next size, when it is large, is made resident while the last fifth of this one fills: that is
 * half of what doubling costs. */
static void make_ready(struct table *t)
{
    uint32_t mask = t->mask * 2 + 1;
    size_t size = ((size_t)mask + 1) * sizeof(struct bucket);
    if (size < MEM_PAGE || t->next || t->mask >= t->limit_mask)
        return;
    t->next = buckets_new(mask);
    if (t->next)
        ahead_touch(t->next, size);
}

bool table_add(struct table *t, uint64_t hash, uint32_t index)
{
    if (t->used >= t->max_keys && t->mask < t->limit_mask)
        (void)table_double(t); /* out of memory: go on in the old one while it has room */
    if (t->used >= keys_of(t->mask, TABLE_CROWDED))
        return false;
    table_put(t, hash, index);
    t->used++;
    if (t->used == t->max_keys / TABLE_KEYS * (TABLE_KEYS - 1))
        make_ready(t);
    return true;
}

/* Where index sits in a bucket, or TABLE_WAYS. */
static unsigned bucket_way_of(const struct bucket *b, uint16_t tag, uint32_t index)
{
    for (unsigned found = bucket_match(b, tag); found; found &= found - 1) {
        unsigned way = (unsigned)__builtin_ctz(found);
        if (b->index[way] == index)
            return way;
    }
    return TABLE_WAYS;
}

void table_remove(struct table *t, uint64_t hash, uint32_t index)
{
    uint32_t home = (uint32_t)hash & t->mask;
    uint16_t tag = table_tag(hash);
    uint32_t at = home;
    unsigned way;
    while ((way = bucket_way_of(&t->buckets[at], tag, index)) == TABLE_WAYS) {
        at = (at + 1) & t->mask;
        assert(at != home); /* only what was added can be taken out */
    }
    t->buckets[at].tag[way] = 0;
    t->buckets[at].index[way] = 0;
    t->used--;

    /* It no longer passes the buckets on its way. One that stuck stays stuck until the table
     * doubles: a search through it is a little longer, never wrong. */
    for (uint32_t b = home; b != at; b = (b + 1) & t->mask)
        if (t->buckets[b].passed < TABLE_STUCK)
            t->buckets[b].passed--;
}
