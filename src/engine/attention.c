/* attention.c - flows that somebody looks at: the latest record about each, with every field as it was sent. */
#include "engine/attention.h"

#include "base/alloc.h"

/* A page asks each second; who has not asked for so long has gone. */
static const nsec_t PATIENCE = 10 * SECOND;

static struct attended *find(struct attention *a, uint64_t hash)
{
    for (unsigned i = 0; i < a->n; i++)
        if (a->flow[i].hash == hash)
            return &a->flow[i];
    return NULL;
}

static void forget(struct attention *a, unsigned i)
{
    if (a->flow[i].row)
        mem_free(ACCOUNT_answers, a->flow[i].row, sizeof *a->flow[i].row);
    a->flow[i] = a->flow[--a->n];
}

static void make_room(struct attention *a)
{
    unsigned oldest = 0;
    for (unsigned i = 1; i < a->n; i++)
        if (a->flow[i].asked < a->flow[oldest].asked)
            oldest = i;
    if (a->n == ATTENTION_FLOWS)
        forget(a, oldest);
}

const struct told_row *attention_ask(struct attention *a, uint64_t hash, nsec_t now)
{
    struct attended *flow = find(a, hash);
    if (!flow) {
        make_room(a);
        flow = &a->flow[a->n++];
        *flow = (struct attended){.hash = hash};
    }
    flow->asked = now;
    return flow->row;
}

void attention_keep(struct attention *a, uint64_t hash, nsec_t now, const struct told_row *row)
{
    struct attended *flow = find(a, hash);
    if (!flow->row)
        flow->row = mem_alloc(ACCOUNT_answers, sizeof *row);
    if (!flow->row)
        return;
    *flow->row = *row;
    flow->kept = now;
}

void attention_tick(struct attention *a, nsec_t now)
{
    for (unsigned i = a->n; i-- > 0;)
        if (now > a->flow[i].asked + PATIENCE)
            forget(a, i);
}

void attention_fini(struct attention *a)
{
    while (a->n)
        forget(a, a->n - 1);
}
