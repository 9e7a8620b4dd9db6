/* pool.c - entries of one size, addressed by a stable index. */
#include "base/pool.h"

#include <assert.h>
#include <string.h>

#include "base/ahead.h"

enum {
    POOL_AHEAD = 8, /* a pool's share that is touched before it is needed, 1 part in so many */
    AHEAD_MOST = 16 * 1024 * 1024
};

static size_t pool_size(const struct pool *p)
{
    return (size_t)p->limit * p->stride;
}

bool pool_init(struct pool *p, enum account account, uint32_t stride, uint32_t limit, struct err *e)
{
    assert(stride >= 8 && stride % 8 == 0);
    /* One more for index 0, which is nobody's. */
    if (limit == UINT32_MAX)
        limit--;
    *p = (struct pool){.stride = stride, .top = 1, .limit = limit + 1, .account = account};
    p->base = mem_reserve(account, pool_size(p));
    if (!p->base)
        return fail(e, "no address space for %u entries of %u bytes for %s", limit, stride,
                    mem_account_name(account));
    return true;
}

void pool_fini(struct pool *p)
{
    mem_release(p->account, p->base, pool_size(p), p->touched);
    *p = (struct pool){0};
}

/* Claims the next step of memory, which the entry to be taken has come near; false when there is none
 * to be had. Beyond the first huge page somebody else touches it meanwhile: that takes as long as
 * 20,000 packets. */
static bool reach_further(struct pool *p)
{
    size_t step = p->touched < MEM_PAGE ? MEM_STEP : MEM_PAGE;
    if (p->touched >= pool_size(p) || !mem_claim(p->account, step)) {
        p->due = p->touched; /* not before the last entry that there is room for */
        return false;
    }
    if (p->touched >= MEM_PAGE)
        ahead_touch(p->base + p->touched, step);
    p->touched += step;
    size_t margin = p->touched / POOL_AHEAD;
    margin = margin < AHEAD_MOST ? margin : AHEAD_MOST;
    p->due = p->touched < MEM_PAGE ? p->touched : p->touched - margin;
    return true;
}

uint32_t pool_take(struct pool *p)
{
    uint32_t index = p->free;
    if (index) {
        void *entry = pool_at(p, index);
        memcpy(&p->free, entry, sizeof p->free);
        memset(entry, 0, p->stride);
        p->used++;
        return index;
    }
    if (p->top >= p->limit)
        return 0;

    /* Fresh from the kernel, so it is zero already. */
    size_t end = ((size_t)p->top + 1) * p->stride;
    while (p->due < end && reach_further(p))
        continue;
    if (p->touched < end)
        return 0;
    index = p->top++;
    p->used++;
    return index;
}

void pool_give(struct pool *p, uint32_t index)
{
    assert(index && index < p->top && p->used);
    memcpy(pool_at(p, index), &p->free, sizeof p->free);
    p->free = index;
    p->used--;
}
