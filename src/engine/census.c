/* census.c - a hash set that halves itself. */
#include "engine/census.h"

enum { CENSUS_FIRST = 64 };

static bool is_kept(uint64_t hash, unsigned zeros)
{
    return !(hash & (((uint64_t)1 << zeros) - 1));
}

/* 0 marks a free slot; a hash of 0 is kept at any number of zero bits, and so is this one. */
static uint64_t as_key(uint64_t hash)
{
    return hash ? hash : (uint64_t)1 << 63;
}

/* The low bits are all zero some day; the upper ones decide. */
static uint32_t home_of(const struct census *c, uint64_t key)
{
    return (uint32_t)(key >> 32) & (c->cap - 1);
}

static uint32_t place_of(const struct census *c, uint64_t key)
{
    uint32_t at = home_of(c, key);
    while (c->slot[at] && c->slot[at] != key)
        at = (at + 1) & (c->cap - 1);
    return at;
}

/* Moves all that are still kept to a table of cap slots. False without memory. */
static bool move_to(struct census *c, uint32_t cap)
{
    struct census to = {.cap = cap, .zeros = c->zeros};
    to.slot = mem_alloc(ACCOUNT_editions, cap * sizeof *to.slot);
    if (!to.slot)
        return false;
    for (uint32_t i = 0; i < c->cap; i++) {
        if (!c->slot[i] || !is_kept(c->slot[i], c->zeros))
            continue;
        to.slot[place_of(&to, c->slot[i])] = c->slot[i];
        to.n++;
    }
    mem_free(ACCOUNT_editions, c->slot, c->cap * sizeof *c->slot);
    *c = to;
    return true;
}

/* A table is at most half full; who finds no memory for more counts fewer, for more each. */
static bool make_room(struct census *c)
{
    if (2 * (c->n + 1) <= c->cap)
        return true;
    if (c->cap < 2 * CENSUS_MOST && move_to(c, c->cap ? c->cap * 2 : CENSUS_FIRST))
        return true;
    while (c->cap && 2 * (c->n + 1) > c->cap && c->zeros < 62) {
        c->zeros++;
        if (!move_to(c, c->cap))
            return false;
    }
    return 2 * (c->n + 1) <= c->cap;
}

void census_add(struct census *c, uint64_t hash)
{
    uint64_t key = as_key(hash);
    if (!is_kept(key, c->zeros) || !make_room(c) || !is_kept(key, c->zeros))
        return;
    uint32_t at = place_of(c, key);
    c->n += !c->slot[at];
    c->slot[at] = key;
}

void census_remove(struct census *c, uint64_t hash)
{
    uint64_t key = as_key(hash);
    if (!c->cap || !is_kept(key, c->zeros))
        return;
    uint32_t hole = place_of(c, key);
    if (!c->slot[hole])
        return;
    c->n--;
    c->slot[hole] = 0;
    /* Those behind the hole that would not be found any more move into it. */
    for (uint32_t at = (hole + 1) & (c->cap - 1); c->slot[at]; at = (at + 1) & (c->cap - 1)) {
        uint32_t home = home_of(c, c->slot[at]);
        if (((at - home) & (c->cap - 1)) < ((at - hole) & (c->cap - 1)))
            continue;
        c->slot[hole] = c->slot[at];
        c->slot[at] = 0;
        hole = at;
    }
}

void census_clear(struct census *c)
{
    mem_free(ACCOUNT_editions, c->slot, c->cap * sizeof *c->slot);
    *c = (struct census){0};
}

void census_take(const struct census *c, struct sample *s, enum account account)
{
    s->n = 0;
    s->zeros = c->zeros;
    if (s->cap < c->n) {
        mem_free(account, s->hash, s->cap * sizeof *s->hash);
        s->cap = 0;
        s->hash = mem_alloc(account, c->n * sizeof *s->hash);
        if (!s->hash)
            return;
        s->cap = c->n;
    }
    for (uint32_t i = 0; i < c->cap; i++)
        if (c->slot[i])
            s->hash[s->n++] = c->slot[i];
}
