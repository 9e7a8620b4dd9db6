/* table.c - an index from a 64-bit hash to entries of a pool, one cache line a bucket. */
#include "base/table.h"

#include <assert.h>

#include "base/ahead.h"

enum {
    TABLE_KEYS = 5,    /* a bucket's share of keys at which the table doubles: half of its ways */
    TABLE_CROWDED = 7, /* its share above which nothing is added when doubling is impossible */
    TABLE_FIRST = 64,  /* buckets of a new table */
    TABLE_AT_ONCE = 16384,   /* buckets that are moved in one go: 80,000 keys, 4 ms */
    TABLE_AN_ADD = 8,        /* old buckets that a new key brings along, of a larger table */
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
    if (t->old)
        buckets_free(t->old, t->mask >> 1);
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

/* Moves the next n old buckets. What is left of `passed` there is too high: a search is a little
 * longer, never wrong. */
static void move_buckets(struct table *t, uint32_t n)
{
    uint32_t old_mask = t->mask >> 1;
    for (; t->old && n; n--) {
        struct bucket *b = &t->old[t->moved];
        for (unsigned way = 0; way < TABLE_WAYS; way++) {
            if (b->tag[way])
                table_put(t, t->hash_of(t->owner, b->index[way]), b->index[way]);
            b->tag[way] = 0;
        }
        if (t->moved++ == old_mask) {
            buckets_free(t->old, old_mask);
            t->old = NULL;
        }
    }
}

static bool table_double(struct table *t)
{
    struct bucket *buckets = t->next ? t->next : buckets_new(t->mask * 2 + 1);
    if (!buckets)
        return false;

    move_buckets(t, UINT32_MAX); /* what the last doubling has left, if anything */
    uint32_t n = t->mask + 1;
    t->old = t->buckets;
    t->moved = 0;
    t->next = NULL;
    t->buckets = buckets;
    t->mask = t->mask * 2 + 1;
    t->max_keys = keys_of(t->mask, TABLE_KEYS);
    if (n <= TABLE_AT_ONCE)
        move_buckets(t, n);
    return true;
}

void table_settle(struct table *t)
{
    if (t->old)
        move_buckets(t, TABLE_AT_ONCE);
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
    if (t->old)
        move_buckets(t, TABLE_AN_ADD);
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

/* False when it is not in these buckets. */
static bool take_out(struct bucket *buckets, uint32_t mask, uint64_t hash, uint32_t index)
{
    uint32_t home = (uint32_t)hash & mask;
    uint16_t tag = table_tag(hash);
    uint32_t at = home;
    unsigned way;
    while ((way = bucket_way_of(&buckets[at], tag, index)) == TABLE_WAYS) {
        uint32_t next = (at + 1) & mask;
        if (!buckets[at].passed || next == home)
            return false;
        at = next;
    }
    buckets[at].tag[way] = 0;
    buckets[at].index[way] = 0;

    /* It no longer passes the buckets on its way. One that stuck stays stuck until the table
     * doubles: a search through it is a little longer, never wrong. */
    for (uint32_t b = home; b != at; b = (b + 1) & mask)
        if (buckets[b].passed < TABLE_STUCK)
            buckets[b].passed--;
    return true;
}

void table_remove(struct table *t, uint64_t hash, uint32_t index)
{
    bool was_inside = take_out(t->buckets, t->mask, hash, index) ||
                      (t->old && take_out(t->old, t->mask >> 1, hash, index));
    assert(was_inside); /* only what was added can be taken out */
    t->used--;
}
