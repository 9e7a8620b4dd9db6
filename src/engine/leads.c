/* leads.c - the largest flows and hosts of a worker, out of its sweep. */
#include <string.h>

#include "engine/worker.h"

/* What a flow or host brought in the second that is being folded reads as its rate from the next
 * second on; that is what it is ranked by. */
static uint64_t flow_bps_of(const struct flow_cold *c, uint32_t tick)
{
    return (uint64_t)flow_rate(c, tick + 1).bytes;
}

static uint64_t host_bytes_of(const struct host *h)
{
    return h->bytes[0] + h->bytes[1];
}

static bool look_flow_bytes(const void *owner, uint32_t index, struct leader *x)
{
    const struct worker *w = owner;
    const struct flow_cold *c = flow_cold_at(&w->flows, index);
    if (!(flow_hot_at(&w->flows, index)->bits & FLOW_USED))
        return false;
    *x = (struct leader){.value = c->bytes[0] + c->bytes[1], .first = c->first, .index = index};
    return true;
}

static bool look_flow_bps(const void *owner, uint32_t index, struct leader *x)
{
    const struct worker *w = owner;
    if (!look_flow_bytes(owner, index, x))
        return false;
    x->second = x->value;
    x->value = flow_bps_of(flow_cold_at(&w->flows, index), w->tick);
    return true;
}

static bool look_host_bytes(const void *owner, uint32_t index, struct leader *x)
{
    const struct worker *w = owner;
    const struct host *h = host_at(&w->hosts, index);
    if (index != HOST_OTHERS && !h->first)
        return false;
    *x = (struct leader){.value = host_bytes_of(h), .first = h->first, .index = index};
    return true;
}

static bool look_host_bps(const void *owner, uint32_t index, struct leader *x)
{
    const struct worker *w = owner;
    if (!look_host_bytes(owner, index, x))
        return false;
    x->second = x->value;
    x->value = host_now(host_at(&w->hosts, index), w->tick);
    return true;
}

void leads_init(struct worker *w)
{
    struct leads *l = &w->leads;
    l->flow_bytes = (struct leaders){.look = look_flow_bytes, .owner = w};
    l->flow_bps = (struct leaders){.look = look_flow_bps, .owner = w};
    l->host_bytes = (struct leaders){.look = look_host_bytes, .owner = w};
    l->host_bps = (struct leaders){.look = look_host_bps, .owner = w};
}

static void free_lists(struct leads *l)
{
    leaders_free(&l->flow_bytes);
    leaders_free(&l->flow_bps);
    leaders_free(&l->host_bytes);
    leaders_free(&l->host_bps);
    talkers_free(&l->talkers);
    mem_free(ACCOUNT_editions, l->loudest, LEADERS_MOST * sizeof *l->loudest);
    l->loudest = NULL;
    l->loudest_n = 0;
    for (unsigned o = 0; o < EDITION_ORDERS; o++) {
        mem_free(ACCOUNT_editions, l->flows[o], LEADERS_MOST * sizeof *l->flows[o]);
        mem_free(ACCOUNT_editions, l->hosts[o], LEADERS_MOST * sizeof *l->hosts[o]);
        l->flows[o] = l->hosts[o] = NULL;
        l->flows_n[o] = l->hosts_n[o] = 0;
    }
}

void leads_fini(struct worker *w)
{
    free_lists(&w->leads);
}

void leads_drop(struct worker *w)
{
    w->leads.on = false;
    free_lists(&w->leads);
}

static void feed_host(struct worker *w, uint32_t index)
{
    struct leads *l = &w->leads;
    const struct host *h = host_at(&w->hosts, index);
    struct leader x;
    if (leaders_may_take(&l->host_bps, host_now(h, w->tick)) && look_host_bps(w, index, &x))
        leaders_offer(&l->host_bps, &x);
    if (leaders_may_take(&l->host_bytes, host_bytes_of(h)) && look_host_bytes(w, index, &x))
        leaders_offer(&l->host_bytes, &x);
}

static void feed_flow_bytes(struct worker *w, uint32_t index)
{
    const struct flow_cold *c = flow_cold_at(&w->flows, index);
    struct leader x;
    if (leaders_may_take(&w->leads.flow_bytes, c->bytes[0] + c->bytes[1]) &&
        look_flow_bytes(w, index, &x))
        leaders_offer(&w->leads.flow_bytes, &x);
}

void leads_feed(struct worker *w, uint32_t index)
{
    struct leads *l = &w->leads;
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    struct leader x;
    if (leaders_may_take(&l->flow_bps, flow_bps_of(flow_cold_at(&w->flows, index), w->tick)) &&
        look_flow_bps(w, index, &x))
        leaders_offer(&l->flow_bps, &x);
    feed_flow_bytes(w, index);
    feed_host(w, h->host[0]);
    feed_host(w, h->host[1]);
}

void leads_walk_flow(struct worker *w, uint32_t index)
{
    feed_flow_bytes(w, index);
}

void leads_walk_hosts(struct worker *w, uint32_t from, uint32_t to)
{
    struct leader x;
    for (uint32_t i = from; i < to; i++)
        if (look_host_bytes(w, i, &x) && leaders_may_take(&w->leads.host_bytes, x.value))
            leaders_offer(&w->leads.host_bytes, &x);
}

/* Those who brought nothing stand behind those who did, by their traffic. When some of the busy ones
 * are not known, nobody who is idle may follow. */
static uint32_t append_idle(const struct leaders *bps, const struct leader *all, uint32_t n,
                            struct leader *busy, uint32_t busy_n)
{
    struct leader x;
    for (uint32_t i = 0; i < n && busy_n < LEADERS_TOP && !bps->floored; i++)
        if (bps->look(bps->owner, all[i].index, &x) && !x.value)
            busy[busy_n++] = x;
    return busy_n;
}

static bool have_room(struct leader *by[])
{
    for (unsigned o = 0; o < EDITION_ORDERS; o++)
        if (!by[o] && !(by[o] = mem_alloc(ACCOUNT_editions, LEADERS_MOST * sizeof *by[o])))
            return false;
    return true;
}

/* Ranks one table's sets into `by`. True when too few are sure: all have to be offered again. */
static bool rank_table(struct leaders *bytes, struct leaders *bps, struct leader *by[],
                       uint32_t n[], bool was_quiet)
{
    n[EDITION_BY_BYTES] = n[EDITION_BY_BPS] = 0;
    if (!have_room(by))
        return true;
    uint32_t all = leaders_rank(bytes, by[EDITION_BY_BYTES]), busy = 0;
    if (was_quiet) {
        busy = all;
        memcpy(by[EDITION_BY_BPS], by[EDITION_BY_BYTES], all * sizeof **by);
    } else if (!bps->failed) {
        busy = leaders_rank(bps, by[EDITION_BY_BPS]);
        while (busy && !by[EDITION_BY_BPS][busy - 1].value)
            busy--;
        busy = append_idle(bps, by[EDITION_BY_BYTES], all, by[EDITION_BY_BPS], busy);
    }
    n[EDITION_BY_BYTES] = all;
    n[EDITION_BY_BPS] = busy;
    leaders_start(bps);
    if (!bytes->failed && (!bytes->floored || all >= LEADERS_TOP))
        return false;
    leaders_start(bytes);
    return true;
}

/* The sums of the pass that is over, and the hosts of the next one. */
static void rank_talkers(struct worker *w, uint64_t floor, bool was_quiet)
{
    struct leads *l = &w->leads;
    const struct leader *hosts = l->hosts[EDITION_BY_BYTES];
    uint32_t n = l->hosts_n[EDITION_BY_BYTES];
    unsigned wanted = atomic_load_explicit(&w->editions.talkers_wanted, memory_order_relaxed);
    l->loudest_n = 0;
    l->loudest_all = false;
    if (!wanted || !n) {
        talkers_free(&l->talkers);
        return;
    }
    if (!l->loudest)
        l->loudest = mem_alloc(ACCOUNT_editions, LEADERS_MOST * sizeof *l->loudest);
    if (l->loudest && l->talkers.on)
        l->loudest_n = talkers_end(w, hosts, n, floor, l->loudest, &l->loudest_all);
    for (uint32_t i = 0; was_quiet && i < l->loudest_n; i++)
        l->loudest[i].bps = 0;
    talkers_begin(&l->talkers, hosts, n);
    atomic_store_explicit(&w->editions.talkers_wanted, wanted - 1, memory_order_relaxed);
}

void leads_close(struct worker *w, uint32_t tick)
{
    struct leads *l = &w->leads;
    bool wanted =
        !w->source->is_file && atomic_load_explicit(&w->editions.wanted, memory_order_relaxed);
    if (!wanted || !l->on) {
        if (l->on)
            leads_drop(w);
        l->on = l->all_flows = l->all_hosts = wanted;
        return;
    }
    /* After a second without a tick nobody has a rate. */
    bool quiet = tick - w->tick > 1;
    feed_host(w, HOST_OTHERS); /* they also grow by those who are evicted */
    l->all_flows = rank_table(&l->flow_bytes, &l->flow_bps, l->flows, l->flows_n, quiet);
    uint64_t floor = l->host_bytes.floor.value;
    l->all_hosts = rank_table(&l->host_bytes, &l->host_bps, l->hosts, l->hosts_n, quiet);
    rank_talkers(w, floor, quiet);
}
