/* pool.c - entries of one size, addressed by a stable index. */
#include "base/pool.h"

#include <assert.h>
#include <string.h>

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
    while (p->touched < end) {
        size_t step = p->touched < MEM_PAGE ? MEM_STEP : MEM_PAGE;
        if (!mem_claim(p->account, step))
            return 0;
        p->touched += step;
    }
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
