/* flow_groups.c - what a flow counts for beside its hosts: devices, networks, VLAN, protocol, and
 * an application, which may change. */
#include "engine/say.h"
#include "engine/worker.h"

static uint32_t device_for(struct worker *w, const struct mac *m, nsec_t now)
{
    bool made;
    uint32_t index = groups_get(&w->groups, GROUP_MAC, mac_id(m), now, &made);
    if (made && !(m->byte[0] & 1))
        say_new_device(&w->events, now, m);
    return index;
}

static uint64_t app_id(const struct flow_cold *c)
{
    return (uint64_t)c->l7_master << 16 | c->l7_app;
}

/* The uses that the flow counts for at its hosts from now on, with what it counted before. */
static void join_uses(struct worker *w, const struct flow_hot *h, struct flow_cold *c)
{
    for (unsigned end = 0; end < 2; end++) {
        bool is_full = false;
        c->use[end] = host_use_get(&w->hosts, host_at(&w->hosts, h->host[end]), c->l7_master,
                                   c->l7_app, &is_full);
        if (is_full)
            worker_count(w, REASON_host_apps_full, 0);
        struct host_use *u = host_use_at(&w->hosts, c->use[end]);
        u->flows++;
        for (unsigned side = 0; side < 2; side++)
            host_use_count(u, side, c->bytes[side ^ end], c->packets[side ^ end]);
    }
}

static void leave_uses(struct worker *w, const struct flow_hot *h, const struct flow_cold *c)
{
    for (unsigned end = 0; end < 2; end++) {
        struct host_use *u = host_use_at(&w->hosts, c->use[end]);
        u->flows--;
        for (unsigned side = 0; side < 2; side++)
            host_use_take_back(u, side, c->bytes[side ^ end], c->packets[side ^ end]);
        host_use_tidy(&w->hosts, host_at(&w->hosts, h->host[end]), c->use[end]);
    }
}

/* What the flow's application and category count of it, client to server first. */
static struct traffic flow_traffic(const struct flow_hot *h, const struct flow_cold *c)
{
    unsigned client = flow_client(h);
    return (struct traffic){.bytes = {c->bytes[client], c->bytes[!client]},
                            .packets = {c->packets[client], c->packets[!client]}};
}

/* The application and category that the flow counts for from now on. */
static void join_apps(struct worker *w, struct flow_hot *h, struct flow_cold *c, nsec_t now)
{
    struct traffic t = flow_traffic(h, c);
    bool made;
    c->app_group = groups_get(&w->groups, GROUP_APP, app_id(c), now, &made);
    uint32_t joined[2] = {c->app_group,
                          groups_get(&w->groups, GROUP_CATEGORY, c->category, now, NULL)};
    for (unsigned i = 0; i < 2; i++) {
        if (!joined[i])
            continue;
        struct group *g = group_at(&w->groups, joined[i]);
        group_join(g, &t);
        g->flows++;
        g->total_flows++;
    }
    join_uses(w, h, c);
    if (made && (c->l7_master || c->l7_app))
        say_new_app(&w->events, now, c->l7_master, c->l7_app);
}

static void leave_apps(struct worker *w, struct flow_hot *h, struct flow_cold *c)
{
    struct traffic t = flow_traffic(h, c);
    uint32_t left[2] = {c->app_group, w->groups.category[c->category]};
    for (unsigned i = 0; i < 2; i++) {
        if (!left[i])
            continue;
        struct group *g = group_at(&w->groups, left[i]);
        group_leave(g, &t);
        g->flows--;
        g->total_flows--;
    }
    leave_uses(w, h, c);
}

enum { FIXED_GROUPS = 6 };

/* The groups that the flow belongs to for life, each once: also where both ends are of one network
 * or device. */
static unsigned groups_of(const struct worker *w, uint32_t index, uint32_t *group)
{
    const struct flow_cold *c = flow_cold_at(&w->flows, index);
    const struct groups *gs = &w->groups;
    uint32_t net[2];
    for (unsigned end = 0; end < 2; end++)
        net[end] = gs->network[flow_network(w, index, end) + 1];
    const uint32_t all[FIXED_GROUPS] = {c->device[0],
                                        c->device[1] == c->device[0] ? 0 : c->device[1],
                                        net[0],
                                        net[1] == net[0] ? 0 : net[1],
                                        gs->vlan[c->vlan],
                                        gs->l4[c->proto]};
    unsigned n = 0;
    for (unsigned i = 0; i < FIXED_GROUPS; i++)
        if (all[i])
            group[n++] = all[i];
    return n;
}

/* Neighbours on the wire are mostly between the same two devices. */
static uint32_t device_again(struct worker *w, struct met_device *met, const struct mac *m,
                             nsec_t now)
{
    uint64_t id = mac_id(m);
    if (met->id != id || !met->index || group_at(&w->groups, met->index)->id != id)
        *met = (struct met_device){.id = id, .index = device_for(w, m, now)};
    return met->index;
}

void flow_find_devices(struct worker *w, uint32_t index, const struct packet *p, unsigned end)
{
    struct flow_cold *c = flow_cold_at(&w->flows, index);
    if (!p->has_mac)
        return;
    c->device[end] = device_again(w, &w->met[0], &p->src_mac, p->ts);
    c->device[!end] = device_again(w, &w->met[1], &p->dst_mac, p->ts);
}

void flow_join_groups(struct worker *w, uint32_t index)
{
    struct flow_cold *c = flow_cold_at(&w->flows, index);
    struct groups *gs = &w->groups;
    if (c->vlan)
        groups_get(gs, GROUP_VLAN, c->vlan, c->first, NULL);
    for (unsigned i = 0; i < 2; i++) {
        int network = flow_network(w, index, i);
        if (network >= 0)
            groups_get(gs, GROUP_NETWORK, (uint64_t)network, c->first, NULL);
    }
    groups_get(gs, GROUP_L4, c->proto, c->first, NULL);
    uint32_t group[FIXED_GROUPS];
    for (unsigned n = groups_of(w, index, group); n--;) {
        group_at(gs, group[n])->flows++;
        group_at(gs, group[n])->total_flows++;
    }
    join_apps(w, flow_hot_at(&w->flows, index), c, c->first);
}

/* An application tells its active flows from those that ended. */
static void leave_for_good(const struct worker *w, uint32_t index, struct group *app)
{
    struct traffic t = flow_traffic(flow_hot_at(&w->flows, index), flow_cold_at(&w->flows, index));
    app->flows--;
    for (unsigned side = 0; side < 2; side++) {
        app->ended.bytes[side] += t.bytes[side];
        app->ended.packets[side] += t.packets[side];
    }
}

void flow_leave_groups(struct worker *w, uint32_t index)
{
    const struct flow_cold *c = flow_cold_at(&w->flows, index);
    struct groups *gs = &w->groups;
    uint32_t group[FIXED_GROUPS];
    for (unsigned n = groups_of(w, index, group); n--;)
        group_at(gs, group[n])->flows--;
    if (c->app_group)
        leave_for_good(w, index, group_at(gs, c->app_group));
    if (gs->category[c->category])
        group_at(gs, gs->category[c->category])->flows--;
    for (unsigned end = 0; end < 2; end++)
        host_use_at(&w->hosts, c->use[end])->flows--;
}

void flow_move_uses(struct worker *w, uint32_t index, const uint32_t *host)
{
    struct flow_hot *h = flow_hot_at(&w->flows, index);
    struct flow_cold *c = flow_cold_at(&w->flows, index);
    leave_uses(w, h, c);
    h->host[0] = host[0];
    h->host[1] = host[1];
    join_uses(w, h, c);
}

void flow_move_app(struct worker *w, uint32_t index, const struct l7_result *r)
{
    struct flow_hot *h = flow_hot_at(&w->flows, index);
    struct flow_cold *c = flow_cold_at(&w->flows, index);
    leave_apps(w, h, c);
    c->l7_master = r->master;
    c->l7_app = r->app;
    c->category = r->category;
    join_apps(w, h, c, flow_last(h) ? flow_last(h) : c->first);
}
