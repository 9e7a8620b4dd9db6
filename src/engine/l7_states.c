/* l7_states.c - one worker's undecided flows: pooled, and in the order in which they were opened. */
#include "engine/l7_states.h"

static struct l7_flow *state_at(const struct l7_states *s, uint32_t index)
{
    return pool_at(&s->pool, index);
}

bool l7_states_init(struct l7_states *s, size_t behind, uint32_t limit, struct err *e)
{
    size_t size = (sizeof(struct l7_flow) + behind + 15) & ~(size_t)15;
    return pool_init(&s->pool, ACCOUNT_dpi, (uint32_t)size, limit, e) &&
           pool_init(&s->peeks, ACCOUNT_dpi, sizeof(struct peek), limit, e);
}

void l7_states_fini(struct l7_states *s)
{
    if (s->peeks.base)
        pool_fini(&s->peeks);
    if (s->pool.base)
        pool_fini(&s->pool);
}

struct l7_flow *l7_states_take(struct l7_states *s, uint32_t owner)
{
    uint32_t index = pool_take(&s->pool);
    if (!index)
        return NULL;
    struct l7_flow *f = state_at(s, index);
    f->index = index;
    f->owner = owner;
    f->older = s->newest;
    if (s->newest)
        state_at(s, s->newest)->newer = index;
    else
        s->oldest = index;
    s->newest = index;
    counter_add(&s->open, 1);
    return f;
}

void l7_states_give(struct l7_states *s, struct l7_flow *f)
{
    struct peek *k = l7_states_peek(s, f);
    if (k) {
        peek_fini(k);
        pool_give(&s->peeks, f->peek);
    }
    if (f->older)
        state_at(s, f->older)->newer = f->newer;
    else
        s->oldest = f->newer;
    if (f->newer)
        state_at(s, f->newer)->older = f->older;
    else
        s->newest = f->older;
    pool_give(&s->pool, f->index);
    counter_add(&s->open, (uint64_t)-1);
}

struct peek *l7_states_peek_for(struct l7_states *s, struct l7_flow *f, const struct packet *p)
{
    if (!f->peek && peek_wants(p))
        f->peek = pool_take(&s->peeks);
    return l7_states_peek(s, f);
}
