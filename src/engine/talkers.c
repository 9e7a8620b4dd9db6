/* talkers.c - sums over the active flows of the largest hosts. */
#include "engine/talkers.h"

#include <stdlib.h>
#include <string.h>

#include "engine/worker.h"

static uint32_t home_of(uint32_t index)
{
    return index * 2654435761u >> 20 & (TALKER_PLACES - 1);
}

_Static_assert(TALKER_PLACES == 4096, "home_of() takes 12 bits");

static struct talker *find(const struct talkers *t, uint32_t index)
{
    for (uint32_t at = home_of(index); t->place[at]; at = (at + 1) & (TALKER_PLACES - 1))
        if (t->sum[t->place[at] - 1].index == index)
            return &t->sum[t->place[at] - 1];
    return NULL;
}

void talkers_begin(struct talkers *t, const struct leader *hosts, uint32_t n)
{
    if (!t->sum)
        t->sum = mem_alloc(ACCOUNT_editions, LEADERS_MOST * sizeof *t->sum);
    if (!t->place)
        t->place = mem_alloc(ACCOUNT_editions, TALKER_PLACES * sizeof *t->place);
    t->on = t->sum && t->place;
    t->strange = false;
    if (!t->on)
        return;
    memset(t->place, 0, TALKER_PLACES * sizeof *t->place);
    for (t->n = 0; t->n < n; t->n++) {
        uint32_t at = home_of(hosts[t->n].index);
        while (t->place[at])
            at = (at + 1) & (TALKER_PLACES - 1);
        t->sum[t->n] = (struct talker){.index = hosts[t->n].index};
        t->place[at] = (uint16_t)(t->n + 1);
    }
}

void talkers_add(struct worker *w, uint32_t index)
{
    struct talkers *t = &w->leads.talkers;
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    if (!(h->bits & FLOW_USED)) /* it was its time */
        return;
    t->strange |= h->host[0] == HOST_OTHERS || h->host[1] == HOST_OTHERS;
    unsigned client = flow_client(h);
    for (unsigned end = 0; end < 2; end++) {
        struct talker *x = find(t, h->host[end]);
        if (!x || (end != client && h->host[0] == h->host[1])) /* who talks to itself counts once */
            continue;
        const struct flow_cold *c = flow_cold_at(&w->flows, index);
        for (unsigned side = 0; side < 2; side++) {
            x->bytes[side] += c->bytes[end ^ side];
            x->packets[side] += c->packets[end ^ side];
        }
        x->bps += (uint64_t)flow_rate(c, w->tick + 1).bytes * 8;
        x->flows++;
    }
}

static uint64_t bytes_of(const struct talker *x)
{
    return x->bytes[0] + x->bytes[1];
}

static int by_bytes(const void *x, const void *y)
{
    uint64_t a = bytes_of(x), b = bytes_of(y);
    return a > b ? -1 : a < b ? 1 : 0;
}

/* The most that anybody can carry for whom no sum was made. */
static uint64_t most_of_others(const struct talkers *t, const struct leader *hosts, uint32_t n,
                               uint64_t floor)
{
    for (uint32_t i = 0; i < n; i++)
        if (hosts[i].value > floor && !find(t, hosts[i].index))
            floor = hosts[i].value;
    return floor;
}

/* An address of several VLANs is one line of a ranking, but several hosts. */
static bool has_vlans(const struct worker *w)
{
    for (unsigned i = 1; i < VLANS; i++)
        if (w->groups.vlan[i])
            return true;
    return false;
}

uint32_t talkers_end(struct worker *w, const struct leader *hosts, uint32_t n, uint64_t floor,
                     struct talker *to, bool *all)
{
    struct talkers *t = &w->leads.talkers;
    uint32_t sure = 0;
    uint64_t most = t->on ? most_of_others(t, hosts, n, floor) : 0;
    *all = false;
    if (!t->on || t->strange || has_vlans(w))
        return 0;
    for (uint32_t i = 0; i < t->n; i++) {
        struct talker *x = &t->sum[i];
        if (!x->flows || bytes_of(x) <= most)
            continue;
        x->addr = host_at(&w->hosts, x->index)->addr;
        to[sure++] = *x;
    }
    if (sure)
        qsort(to, sure, sizeof *to, by_bytes);
    *all = !most;
    return sure;
}

void talkers_free(struct talkers *t)
{
    mem_free(ACCOUNT_editions, t->sum, LEADERS_MOST * sizeof *t->sum);
    mem_free(ACCOUNT_editions, t->place, TALKER_PLACES * sizeof *t->place);
    *t = (struct talkers){0};
}
