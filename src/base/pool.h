/* pool.h - entries of one size, addressed by a stable index.
 *
 * Index 0 is never handed out, so that 0 can mean none. Freed entries are reused last in, first
 * out. Entries are zeroed when taken. Owner: one worker; no locks.
 */
#ifndef WEIR_BASE_POOL_H
#define WEIR_BASE_POOL_H

#include "base/alloc.h"
#include "base/err.h"

struct pool {
    uint8_t *base;
    uint32_t stride; /* bytes from entry to entry */
    uint32_t top;    /* entries ever taken, with index 0: all used indexes are below */
    uint32_t limit;  /* index never reached */
    uint32_t used;   /* taken now */
    uint32_t free;   /* head of the free list, 0 = none; links live in the entries' first bytes */
    enum account account;
    size_t touched; /* bytes declared to the account */
    size_t due;     /* bytes in use at which the next are declared */
};

/* Room for limit entries of stride bytes (a multiple of 8). False with a sentence when the address
 * space is refused. pool_fini() gives all back. */
bool pool_init(struct pool *p, enum account account, uint32_t stride, uint32_t limit,
               struct err *e);
void pool_fini(struct pool *p);

/* The index of a zeroed entry, or 0 when the limit is reached or memory may not be had. */
uint32_t pool_take(struct pool *p);
/* The entry may be reused from now on; its bytes are lost. */
void pool_give(struct pool *p, uint32_t index);

static inline void *pool_at(const struct pool *p, uint32_t index)
{
    return p->base + (size_t)index * p->stride;
}

#endif
