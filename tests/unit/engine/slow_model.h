/* slow_model.h - an independent model of the flow table and the sweep, for test_property.c.
 *
 * A list of flows, of hosts and of groups in which everything is found by looking at each entry,
 * and which counts a packet everywhere at once: no hash, no deltas, no folding.
 */
#ifndef WEIR_TESTS_SLOW_MODEL_H
#define WEIR_TESTS_SLOW_MODEL_H

#include <assert.h>
#include <stdio.h>

#include "by_hand.h"

enum {
    T0 = 1700000000,
    WORKERS_MOST = 3,
    PEERS_MOST = 400,
    FLOWS_MOST = 8000,
    CAPTURED = 96,
    GROUPS_MOST = 2000,
    ALWAYS = 1000000 /* seconds */
};

struct peer {
    struct addr addr;
    struct mac mac;
    bool is_local;
};

/* What one run does; all of it follows from the seed. */
struct plan {
    uint64_t seed;
    struct engine_config config;
    unsigned workers, peers, ports, packets, burst, vlans;
    bool live;
    bool evicts, crowds; /* the table of flows, of hosts is too small */
    nsec_t gap;          /* between packets, on average */
    nsec_t grain;        /* of stamps: coarse ones meet the time-outs exactly */
    struct peer peer[PEERS_MOST];
};

struct shot {
    nsec_t ts;
    unsigned from, to; /* peers */
    uint16_t sport, dport, vlan, ip_len;
    uint8_t proto, flags;
    uint8_t bytes[CAPTURED];
    uint16_t wire;
};

struct counts {
    uint64_t bytes[2], packets[2];
};

struct m_flow {
    unsigned worker, peer[2]; /* end 0 sent the first packet */
    uint16_t port[2], vlan;
    uint8_t proto, client;
    bool fin[2], is_closed;
    nsec_t first, last, interval;
    struct counts all, told; /* by end */
    uint64_t goodput[2];
};

struct m_host {
    unsigned worker, peer;
    uint16_t vlan;
    nsec_t last;
    struct counts all, l4[L4_CLASSES];
    uint64_t goodput[2], sizes[2][SIZE_BINS], total_flows[2], syn[2], fin[2], rst[2];
    uint32_t flows[2]; /* as client, as server */
};

struct m_group {
    enum group_kind kind;
    uint64_t id;
    struct counts all;
    uint64_t flows, total_flows;
};

struct m_totals {
    struct counts all; /* by client, server */
    struct counts l4[L4_CLASSES];
    uint64_t wire_packets, wire_bytes, goodput, sizes[SIZE_BINS], v4, v6, local[4];
    uint64_t created, ended, evicted, untracked, ended_packets, ended_bytes, syn, syn_ack, fin, rst;
};

struct told {
    struct addr client, server;
    uint16_t client_port, server_port, vlan;
    uint8_t proto, why;
    nsec_t first;
    uint64_t sent_bytes, rcvd_bytes, sent_packets, rcvd_packets;
};

struct tellings {
    struct sink sink;
    unsigned n, cap;
    struct told *at;
};

struct model {
    nsec_t now, next_tick;
    unsigned flows, hosts, groups;
    struct m_flow flow[FLOWS_MOST];
    struct m_host host[WORKERS_MOST * PEERS_MOST * 3];
    struct m_group group[GROUPS_MOST];
    struct m_totals totals;
    struct tellings expect;
};

static struct model model;
static struct plan plan;
static uint64_t random_state;

static inline uint64_t next_random(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static inline unsigned below(unsigned n)
{
    return (unsigned)(next_random() % n);
}

static inline unsigned between(unsigned low, unsigned high)
{
    return low + below(high - low + 1);
}

static inline bool is_v4_peer(unsigned peer)
{
    return plan.peer[peer].addr.byte[10] == 0xff;
}

static inline bool is_v4(const struct shot *s)
{
    return is_v4_peer(s->from);
}

static inline bool same_family(unsigned a, unsigned b)
{
    return is_v4_peer(a) == is_v4_peer(b);
}

/* --- what is told --- */

static inline void tell(struct tellings *t, const struct told *x)
{
    if (t->n == t->cap) {
        t->cap = t->cap ? 2 * t->cap : 256;
        t->at = realloc(t->at, t->cap * sizeof *t->at);
        assert(t->at);
    }
    t->at[t->n++] = *x;
}

static inline void hear(struct sink *sink, const struct record *r)
{
    struct told x;
    memset(&x, 0, sizeof x); /* compared as bytes */
    x.client = r->client;
    x.server = r->server;
    x.client_port = r->client_port;
    x.server_port = r->server_port;
    x.vlan = r->vlan;
    x.proto = r->proto;
    x.why = r->end_reason;
    x.first = r->flow_first;
    x.sent_bytes = r->sent_bytes;
    x.rcvd_bytes = r->rcvd_bytes;
    x.sent_packets = r->sent_packets;
    x.rcvd_packets = r->rcvd_packets;
    tell((struct tellings *)sink, &x);
}

static inline int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct told));
}

static inline void print_told(const char *who, const struct tellings *t)
{
    for (unsigned i = 0; i < t->n; i++)
        fprintf(stderr,
                "%s: port %u -> %u vlan %u proto %u why %u first %.3f: %llu/%llu packets %llu/"
                "%llu bytes\n",
                who, t->at[i].client_port, t->at[i].server_port, t->at[i].vlan, t->at[i].proto,
                t->at[i].why, (double)(t->at[i].first - T0 * SECOND) / 1e9,
                (unsigned long long)t->at[i].sent_packets,
                (unsigned long long)t->at[i].rcvd_packets, (unsigned long long)t->at[i].sent_bytes,
                (unsigned long long)t->at[i].rcvd_bytes);
}

static inline bool same_tellings(struct tellings *got, struct tellings *expect)
{
    if (got->n)
        qsort(got->at, got->n, sizeof *got->at, by_bytes);
    if (expect->n)
        qsort(expect->at, expect->n, sizeof *expect->at, by_bytes);
    if (got->n != expect->n || (got->n && memcmp(got->at, expect->at, got->n * sizeof *got->at))) {
        print_told("told", got);
        print_told("model", expect);
        return false;
    }
    got->n = expect->n = 0;
    return true;
}

/* --- the model --- */

static inline enum l4_class class_of(uint8_t proto)
{
    return proto == 6 ? L4_TCP : proto == 17 ? L4_UDP : L4_OTHER;
}

static inline unsigned bin_of(unsigned bytes)
{
    unsigned bin = 0;
    while (bytes > size_bin_top[bin])
        bin++;
    return bin;
}

static inline struct m_host *host_of(unsigned worker, unsigned peer, uint16_t vlan, nsec_t ts)
{
    for (unsigned i = 0; i < model.hosts; i++)
        if (model.host[i].worker == worker && model.host[i].peer == peer &&
            model.host[i].vlan == vlan)
            return &model.host[i];
    struct m_host *h = &model.host[model.hosts++];
    assert(model.hosts <= sizeof model.host / sizeof *h);
    *h = (struct m_host){.worker = worker, .peer = peer, .vlan = vlan, .last = ts};
    return h;
}

static inline struct m_group *group_of(enum group_kind kind, uint64_t id)
{
    for (unsigned i = 0; i < model.groups; i++)
        if (model.group[i].kind == kind && model.group[i].id == id)
            return &model.group[i];
    struct m_group *g = &model.group[model.groups++];
    assert(model.groups <= GROUPS_MOST);
    *g = (struct m_group){.kind = kind, .id = id};
    return g;
}

static inline uint64_t mac_number(const struct mac *m)
{
    uint64_t id = 0;
    for (unsigned i = 0; i < 6; i++)
        id = id << 8 | m->byte[i];
    return id;
}

/* The groups that a flow is in: of each end its device and network, then VLAN and protocol. */
struct membership {
    unsigned n;
    struct {
        struct m_group *group;
        unsigned from; /* the end whose bytes the group sends */
    } in[6];
};

static inline void join(struct membership *m, struct m_group *g, unsigned from)
{
    m->in[m->n].group = g;
    m->in[m->n++].from = from;
}

static inline struct membership groups_of(const struct m_flow *f)
{
    struct membership m = {0};
    for (unsigned end = 0; end < 2; end++) {
        const struct peer *p = &plan.peer[f->peer[end]];
        join(&m, group_of(GROUP_MAC, mac_number(&p->mac)), end);
        if (p->is_local)
            join(&m, group_of(GROUP_NETWORK, !is_v4_peer(f->peer[end])), end);
    }
    if (f->vlan)
        join(&m, group_of(GROUP_VLAN, f->vlan), f->client);
    join(&m, group_of(GROUP_L4, f->proto), f->client);
    return m;
}

/* A flow counts once in each group, also where both of its ends are. */
static inline void count_flow_in_groups(const struct m_flow *f, bool begins)
{
    struct membership m = groups_of(f);
    for (unsigned i = 0; i < m.n; i++) {
        bool again = false;
        for (unsigned k = 0; k < i; k++)
            again = again || m.in[k].group == m.in[i].group;
        if (again)
            continue;
        m.in[i].group->flows += begins ? 1 : UINT64_MAX;
        m.in[i].group->total_flows += begins;
    }
}

static inline struct m_flow *flow_of(const struct shot *s)
{
    for (unsigned i = 0; i < model.flows; i++) {
        struct m_flow *f = &model.flow[i];
        if (f->proto != s->proto || f->vlan != s->vlan)
            continue;
        for (unsigned end = 0; end < 2; end++)
            if (f->peer[end] == s->from && f->peer[!end] == s->to && f->port[end] == s->sport &&
                f->port[!end] == s->dport)
                return f;
    }
    return NULL;
}

/* Is it the flow that this record is about? */
static inline bool is_client(const struct m_flow *f, const struct record *r)
{
    const struct addr *client = &plan.peer[f->peer[f->client]].addr;
    const struct addr *server = &plan.peer[f->peer[!f->client]].addr;
    return f->proto == r->proto && f->vlan == r->vlan && f->port[f->client] == r->client_port &&
           f->port[!f->client] == r->server_port && addr_equal(client, &r->client) &&
           addr_equal(server, &r->server);
}

static inline void m_tell(struct m_flow *f, enum end_reason why)
{
    if (!f->interval)
        return;
    struct told x;
    memset(&x, 0, sizeof x);
    x.client = plan.peer[f->peer[f->client]].addr;
    x.server = plan.peer[f->peer[!f->client]].addr;
    x.client_port = f->port[f->client];
    x.server_port = f->port[!f->client];
    x.vlan = f->vlan;
    x.proto = f->proto;
    x.why = (uint8_t)why;
    x.first = f->first;
    x.sent_bytes = f->all.bytes[f->client] - f->told.bytes[f->client];
    x.rcvd_bytes = f->all.bytes[!f->client] - f->told.bytes[!f->client];
    x.sent_packets = f->all.packets[f->client] - f->told.packets[f->client];
    x.rcvd_packets = f->all.packets[!f->client] - f->told.packets[!f->client];
    tell(&model.expect, &x);
    f->told = f->all;
    f->interval = 0;
}

static inline void m_end(struct m_flow *f, enum end_reason why)
{
    m_tell(f, why);
    count_flow_in_groups(f, false);
    for (unsigned end = 0; end < 2; end++)
        host_of(f->worker, f->peer[end], f->vlan, 0)->flows[end != f->client]--;
    model.totals.ended++;
    model.totals.ended_packets += f->all.packets[0] + f->all.packets[1];
    model.totals.ended_bytes += f->all.bytes[0] + f->all.bytes[1];
    *f = model.flow[--model.flows];
}

/* The engine has given up this flow. */
static inline void m_evict(const struct told *x)
{
    for (unsigned i = 0; i < model.flows; i++) {
        struct m_flow *f = &model.flow[i];
        struct record r = {.client = x->client,
                           .server = x->server,
                           .client_port = x->client_port,
                           .server_port = x->server_port,
                           .vlan = x->vlan,
                           .proto = x->proto};
        if (is_client(f, &r)) {
            model.totals.evicted++;
            m_end(f, END_RESOURCES);
            return;
        }
    }
    fprintf(stderr, "a flow was given up that the model does not know\n");
}

static inline void m_tick(nsec_t second)
{
    const struct engine_config *c = &plan.config;
    model.next_tick = second + SECOND;
    for (unsigned i = 0; c->timeouts && i < model.flows;) {
        struct m_flow *f = &model.flow[i];
        nsec_t idle = f->is_closed ? c->tcp_closed_idle : c->flow_idle;
        if (second - f->last > idle) {
            m_end(f, f->is_closed ? END_OF_FLOW : END_IDLE);
            continue; /* another one stands here now */
        }
        if (f->interval && second - f->interval >= c->flow_active)
            m_tell(f, END_ACTIVE);
        i++;
    }
    for (unsigned i = 0; c->expire_hosts && i < model.hosts;) {
        struct m_host *h = &model.host[i];
        nsec_t idle = plan.peer[h->peer].is_local ? c->local_host_idle : c->remote_host_idle;
        if (!h->flows[0] && !h->flows[1] && second - h->last > idle)
            *h = model.host[--model.hosts];
        else
            i++;
    }
}

/* The clock of a live interface was set back. */
static inline void m_set_back(nsec_t now)
{
    for (unsigned i = 0; i < model.flows; i++) {
        struct m_flow *f = &model.flow[i];
        f->last = f->last > now ? now : f->last;
        f->interval = f->interval > now ? now : f->interval;
    }
    for (unsigned i = 0; i < model.hosts; i++)
        model.host[i].last = model.host[i].last > now ? now : model.host[i].last;
    model.now = now;
    model.next_tick = now - now % SECOND + SECOND;
}

/* Returns true when a second has begun. */
static inline bool m_time(nsec_t now)
{
    if (plan.live && model.now - now > SECOND)
        m_set_back(now);
    if (now > model.now)
        model.now = now;
    nsec_t clock = plan.live ? model.now : now;
    if (clock < model.next_tick)
        return false;
    m_tick(clock - clock % SECOND);
    return true;
}

static inline bool is_well_known(uint16_t port)
{
    return port > 0 && port < 1024;
}

static inline struct m_flow *m_begin(const struct shot *s, unsigned worker)
{
    struct m_flow *f = &model.flow[model.flows++];
    assert(model.flows <= FLOWS_MOST);
    *f = (struct m_flow){.worker = worker,
                         .peer = {s->from, s->to},
                         .port = {s->sport, s->dport},
                         .vlan = s->vlan,
                         .proto = s->proto,
                         .first = s->ts,
                         .interval = s->ts};
    unsigned syn = s->flags & (TCP_SYN | TCP_ACK);
    if (s->proto == 6 && (syn & TCP_SYN))
        f->client = syn == (TCP_SYN | TCP_ACK);
    else if (is_well_known(s->sport) != is_well_known(s->dport))
        f->client = is_well_known(s->sport);
    for (unsigned end = 0; end < 2; end++) {
        struct m_host *h = host_of(worker, f->peer[end], f->vlan, s->ts);
        h->flows[end != f->client]++;
        h->total_flows[end != f->client]++;
    }
    count_flow_in_groups(f, true);
    model.totals.created++;
    return f;
}

static inline void m_flags(struct m_flow *f, const struct shot *s, unsigned end,
                           struct m_host **host)
{
    struct m_totals *t = &model.totals;
    for (unsigned side = 0; side < 2; side++) {
        host[side]->syn[side] += (s->flags & TCP_SYN) != 0;
        host[side]->fin[side] += (s->flags & TCP_FIN) != 0;
        host[side]->rst[side] += (s->flags & TCP_RST) != 0;
    }
    t->syn += (s->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
    t->syn_ack += (s->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
    t->fin += (s->flags & TCP_FIN) != 0;
    t->rst += (s->flags & TCP_RST) != 0;
    if (s->flags & TCP_FIN)
        f->fin[end] = true;
    if ((s->flags & TCP_FIN && f->fin[!end]) || s->flags & TCP_RST)
        f->is_closed = true;
}

static inline void m_packet(const struct shot *s, unsigned worker)
{
    struct m_totals *t = &model.totals;
    struct m_flow *f = flow_of(s);
    bool is_fresh_syn = s->proto == 6 && (s->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
    if (f && f->is_closed && is_fresh_syn && plan.config.timeouts) {
        m_end(f, END_OF_FLOW);
        f = NULL;
    }
    if (!f)
        f = m_begin(s, worker);
    unsigned end = f->peer[0] == s->from && f->port[0] == s->sport ? 0 : 1;
    unsigned goodput = s->ip_len - (is_v4(s) ? 20u : 40u) - (s->proto == 6 ? 20u : 8u);
    if (!f->interval)
        f->interval = s->ts;
    if (s->ts > f->last)
        f->last = s->ts;
    f->all.bytes[end] += s->ip_len;
    f->all.packets[end]++;
    f->goodput[end] += goodput;
    struct m_host *host[2] = {host_of(f->worker, s->from, s->vlan, s->ts),
                              host_of(f->worker, s->to, s->vlan, s->ts)};
    for (unsigned side = 0; side < 2; side++) {
        struct m_host *h = host[side];
        h->last = s->ts > h->last ? s->ts : h->last;
        h->all.bytes[side] += s->ip_len;
        h->all.packets[side]++;
        h->l4[class_of(s->proto)].bytes[side] += s->ip_len;
        h->l4[class_of(s->proto)].packets[side]++;
        h->goodput[side] += goodput;
        h->sizes[side][bin_of(s->ip_len)]++;
    }
    if (s->proto == 6)
        m_flags(f, s, end, host);
    struct membership m = groups_of(f);
    for (unsigned i = 0; i < m.n; i++) {
        m.in[i].group->all.bytes[m.in[i].from != end] += s->ip_len;
        m.in[i].group->all.packets[m.in[i].from != end]++;
    }
    t->all.bytes[end != f->client] += s->ip_len;
    t->all.packets[end != f->client]++;
    t->l4[class_of(s->proto)].bytes[end != f->client] += s->ip_len;
    t->l4[class_of(s->proto)].packets[end != f->client]++;
    t->goodput += goodput;
    t->sizes[bin_of(s->ip_len)]++;
    *(is_v4(s) ? &t->v4 : &t->v6) += s->ip_len;
    bool local[2] = {plan.peer[f->peer[f->client]].is_local,
                     plan.peer[f->peer[!f->client]].is_local};
    t->local[local[0] ? (local[1] ? LOCALITY_L2L : LOCALITY_L2R)
                      : (local[1] ? LOCALITY_R2L : LOCALITY_R2R)] += s->ip_len;
}

static inline void model_start(void)
{
    free(model.expect.at);
    memset(&model, 0, sizeof model);
}

#endif
