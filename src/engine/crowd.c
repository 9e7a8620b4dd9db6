/* crowd.c - what made-up flows of a flood did, added up before it is told to anybody. */
#include "engine/crowd.h"

#include <string.h>

#include "engine/worker.h"

/* The other end's view. */
static struct traffic turned(const struct traffic *t)
{
    return (struct traffic){.bytes = {t->bytes[1], t->bytes[0]},
                            .packets = {t->packets[1], t->packets[0]}};
}

static void add_traffic(struct traffic *to, const struct traffic *t)
{
    for (unsigned side = 0; side < 2; side++) {
        to->bytes[side] += t->bytes[side];
        to->packets[side] += t->packets[side];
    }
}

static void tell_group(struct worker *w, uint32_t index, const struct traffic *t, uint64_t flows)
{
    if (!index)
        return;
    struct group *g = group_at(&w->groups, index);
    if (g->rate.stamp != w->tick)
        group_roll(g, w->tick);
    add_traffic(&g->traffic, t);
    g->total_flows += flows;
    g->last = w->crowd.last > g->last ? w->crowd.last : g->last;
}

static void tell_groups(struct worker *w, const struct crowd *c)
{
    struct groups *gs = &w->groups;
    const struct crowd_key *k = &c->key;
    const struct traffic mine[2] = {c->traffic, turned(&c->traffic)};
    uint32_t net[2];
    for (unsigned i = 0; i < 2; i++) {
        net[i] = k->network[i] < 0
                     ? 0
                     : groups_get(gs, GROUP_NETWORK, (uint64_t)k->network[i], c->last, NULL);
        /* Both ends' bytes count, the flow once. */
        tell_group(w, k->device[i], &mine[i], i && k->device[1] == k->device[0] ? 0 : c->flows);
        tell_group(w, net[i], &mine[i], i && net[1] == net[0] ? 0 : c->flows);
    }
    if (k->vlan)
        tell_group(w, groups_get(gs, GROUP_VLAN, k->vlan, c->last, NULL), mine, c->flows);
    tell_group(w, groups_get(gs, GROUP_L4, k->proto, c->last, NULL), mine, c->flows);
    tell_group(w, groups_get(gs, GROUP_APP, 0, c->last, NULL), mine, c->flows);
    tell_group(w, groups_get(gs, GROUP_CATEGORY, 0, c->last, NULL), mine, c->flows);
}

/* Both ends are Other hosts: once as client, once as server. */
static void tell_others(struct worker *w, const struct crowd *c)
{
    struct hosts *hs = &w->hosts;
    struct host *h = host_at(hs, HOST_OTHERS);
    bool is_full = false;
    struct host_use *u = host_use_at(hs, host_use_get(hs, h, 0, 0, &is_full));
    for (unsigned i = 0; i < 2; i++) {
        struct host_share share = {.traffic = i ? turned(&c->traffic) : c->traffic,
                                   .goodput = {c->goodput[i], c->goodput[!i]},
                                   .class = l4_class_of(c->key.proto)};
        host_count_share(hs, h, w->tick, c->last, &share);
        host_add_total_flows(hs, h, i, c->flows);
        host_add_unanswered(hs, h, i, c->flows);
        for (unsigned side = 0; side < 2; side++) {
            host_use_count(u, side, share.traffic.bytes[side], share.traffic.packets[side]);
            for (unsigned bin = 0; bin < SIZE_BINS; bin++)
                host_add_sizes(hs, h, side * SIZE_BINS + bin, c->sizes[side ^ i][bin]);
        }
    }
    u->seconds += u->last_tick != w->tick;
    u->last_tick = w->tick;
}

void crowd_tell(struct worker *w)
{
    struct crowd *c = &w->crowd;
    if (!c->flows)
        return;
    tell_groups(w, c);
    tell_others(w, c);
    tally_add(&w->tally, l4_class_of(c->key.proto), c->key.locality, &c->traffic,
              c->goodput[0] + c->goodput[1]);
    for (unsigned bin = 0; bin < SIZE_BINS; bin++)
        w->tally.sizes[bin] += c->sizes[0][bin] + c->sizes[1][bin];
    worker_count_many(w, REASON_flow_without_hosts, c->flows);
    *c = (struct crowd){0};
}

static struct crowd_key key_of(const struct worker *w, uint32_t index, unsigned client)
{
    const struct flow_cold *f = flow_cold_at(&w->flows, index);
    return (struct crowd_key){.device = {f->device[client], f->device[!client]},
                              .network = {(int16_t)flow_network(w, index, client),
                                          (int16_t)flow_network(w, index, !client)},
                              .vlan = f->vlan,
                              .proto = f->proto,
                              .locality = f->locality};
}

/* Networks are many and differ from flow to flow; each has a row of its own. */
static void tell_prefix(struct worker *w, uint32_t index, unsigned end, const struct traffic *t,
                        nsec_t last)
{
    struct addr a = flow_addr(w, index, end);
    uint32_t group = groups_get_prefix(&w->groups, &a, last);
    if (!group)
        return;
    struct group *g = group_at(&w->groups, group);
    if (g->rate.stamp != w->tick)
        group_roll(g, w->tick);
    add_traffic(&g->traffic, t);
    g->total_flows++;
    g->last = last > g->last ? last : g->last;
}

void crowd_take(struct worker *w, uint32_t index)
{
    struct crowd *c = &w->crowd;
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    unsigned client = flow_client(h);
    const struct crowd_key key = key_of(w, index, client);
    if (c->flows && memcmp(&c->key, &key, sizeof key) != 0)
        crowd_tell(w);
    c->key = key;
    c->flows++;
    const struct traffic t = {.bytes = {h->bytes[client], h->bytes[!client]},
                              .packets = {h->packets[client], h->packets[!client]}};
    const struct traffic back = turned(&t);
    nsec_t last = flow_last(h);
    add_traffic(&c->traffic, &t);
    c->last = last > c->last ? last : c->last;
    for (unsigned i = 0; i < 2; i++) {
        unsigned end = i ? !client : client;
        c->goodput[i] += h->goodput[end];
        for (unsigned bin = 0; h->packets[end] && bin < SIZE_BINS; bin++)
            c->sizes[i][bin] += h->sizes[end][bin];
        tell_prefix(w, index, end, i ? &back : &t, last);
    }

    struct tally *tally = &w->tally;
    uint64_t packets = t.packets[0] + t.packets[1], bytes = t.bytes[0] + t.bytes[1];
    tally->flows_ended++;
    tally->pending_packets -= packets;
    tally->pending_bytes -= bytes;
    tally->ended_packets += packets;
    tally->ended_bytes += bytes;
    flows_give(&w->flows, index);
}
