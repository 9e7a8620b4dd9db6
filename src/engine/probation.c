/* probation.c - flows that have not yet proved to be a conversation, in the order they came. */
#include "engine/probation.h"

#include "base/alloc.h"

enum { FIRST = 256 /* entries of a new ring */ };

bool probation_init(struct probation *p, uint32_t slots, struct err *e)
{
    *p = (struct probation){.size = FIRST, .most = FIRST};
    while (p->most < slots / PROBATION_PART)
        p->most *= 2;
    if (p->most > FIRST && p->most > slots / PROBATION_PART)
        p->most /= 2;
    p->entry = mem_alloc(ACCOUNT_flows, p->size * sizeof *p->entry);
    return p->entry ? true : fail(e, "no memory for the queue of new flows");
}

void probation_fini(struct probation *p)
{
    mem_free(ACCOUNT_flows, p->entry, p->size * sizeof *p->entry);
    *p = (struct probation){0};
}

static void grow(struct probation *p)
{
    uint32_t n = probation_length(p);
    struct probation_entry *wider =
        p->size < p->most ? mem_alloc(ACCOUNT_flows, 2 * p->size * sizeof *wider) : NULL;
    if (!wider)
        return;
    for (uint32_t i = 0; i < n; i++)
        wider[i] = p->entry[(p->head + i) & (p->size - 1)];
    mem_free(ACCOUNT_flows, p->entry, p->size * sizeof *wider);
    p->entry = wider;
    p->size *= 2;
    p->head = 0;
    p->tail = n;
}

void probation_add(struct probation *p, uint32_t index, const struct flow_key *key)
{
    if (probation_length(p) == p->size)
        grow(p);
    if (probation_length(p) == p->size)
        p->head++;
    p->entry[p->tail++ & (p->size - 1)] =
        (struct probation_entry){.index = index, .tag = probation_tag(key)};
}
