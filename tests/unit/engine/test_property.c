/* test_property.c - the flow table and the sweep against a slow model that knows nothing of them.
 *
 * Random packets over few hosts and ports go to both: with ends, resets, reused ports, jumping
 * clocks, short time-outs and tables that grow or are too small. Every record that the engine tells
 * must be one that the model predicted; at whole seconds all flows, hosts, groups and totals are
 * compared.
 *
 * A seed that fails is printed; WEIR_SEED=n plays it alone, WEIR_SEEDS=n the first n.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/ledger.h"
#include "slow_model.h"

#include <cmocka.h>

enum { SEEDS = 40 };

static struct locals locals;
static uint64_t played; /* the seed that is being played */

/* --- what is played --- */

static void make_peers(void)
{
    for (unsigned i = 0; i < plan.peers; i++) {
        struct peer *p = &plan.peer[i];
        p->is_local = below(3) == 0;
        if (i > 1 && below(4) == 0) { /* the first two can always talk */
            uint8_t six[16] = {0x20, 0x01, 0x0d, 0xb8, 0, (uint8_t)p->is_local};
            put16(six + 14, i);
            p->addr = addr_v6(six);
        } else {
            uint8_t four[4] = {p->is_local ? 10 : 11, 0};
            put16(four + 2, i);
            p->addr = addr_v4(four);
        }
        /* Some stand behind one router. */
        p->mac = (struct mac){{2, 0, 0, 0, (uint8_t)(i / 3 >> 8), (uint8_t)(i / 3)}};
    }
}

static nsec_t seconds(unsigned low, unsigned high)
{
    return between(low, high) * (nsec_t)SECOND;
}

static void make_plan(uint64_t seed)
{
    random_state = seed;
    memset(&plan, 0, sizeof plan);
    plan.seed = seed;
    plan.live = below(3) == 0;
    plan.workers = below(2) ? 1 : between(2, WORKERS_MOST);
    plan.peers = below(2) ? between(2, 20) : between(20, PEERS_MOST);
    plan.ports = below(2) ? between(1, 4) : between(4, 60);
    plan.vlans = between(1, 3);
    plan.packets = between(200, 4000);
    plan.burst = between(1, BURST_FRAMES);
    plan.gap = (nsec_t)(below(2) ? between(1, 20) : between(20, 500)) * MILLISECOND;
    plan.grain = below(2) ? 1 : SECOND / 4;
    plan.evicts = plan.workers == 1 && below(3) == 0;

    struct engine_config *c = &plan.config;
    *c = hand_config();
    c->locals = &locals;
    c->flow_idle = seconds(0, 20);
    c->tcp_closed_idle = seconds(0, 10);
    c->flow_active = below(3) ? seconds(1, 30) : seconds(ALWAYS, ALWAYS);
    c->local_host_idle = seconds(0, 60);
    c->remote_host_idle = seconds(0, 30);
    c->timeouts = below(8) != 0;
    /* Which worker of a file knows a host is the engine's secret. */
    c->expire_hosts = plan.live || plan.workers == 1;
    if (below(8) == 0) { /* thousands of flows: the tables double again and again */
        plan.peers = PEERS_MOST;
        plan.ports = 60;
        plan.packets = FLOWS_MOST - 1;
        c->flow_idle = seconds(60, 600);
        plan.gap = MILLISECOND;
    }
    if (plan.evicts) {
        c->max_flows = between(1, 200);
        c->expire_hosts = false; /* which of them are hosts is the engine's choice */
        c->flow_active = seconds(ALWAYS, ALWAYS); /* so that each end is told */
        plan.burst = 1;
    }
    plan.crowds = below(6) == 0;
    if (plan.crowds) {
        c->max_hosts = between(1, 40);
        c->expire_hosts = false; /* who is forgotten takes its counters along */
    }
    make_peers();
}

static uint8_t make_flags(void)
{
    static const uint8_t some[] = {TCP_SYN, TCP_SYN | TCP_ACK, TCP_FIN | TCP_ACK, TCP_RST, TCP_SYN};
    return below(4) ? TCP_ACK : some[below(sizeof some)];
}

static uint8_t *put_ip(uint8_t *ip, const struct shot *s)
{
    const struct addr *from = &plan.peer[s->from].addr, *to = &plan.peer[s->to].addr;
    if (is_v4(s)) {
        ip[0] = 0x45;
        put16(ip + 2, s->ip_len);
        ip[8] = 64;
        ip[9] = s->proto;
        memcpy(ip + 12, from->byte + 12, 4);
        memcpy(ip + 16, to->byte + 12, 4);
        return ip + 20;
    }
    ip[0] = 0x60;
    put16(ip + 4, s->ip_len - 40u);
    ip[6] = s->proto;
    ip[7] = 64;
    memcpy(ip + 8, from->byte, 16);
    memcpy(ip + 24, to->byte, 16);
    return ip + 40;
}

static void put_frame(struct shot *s)
{
    uint8_t *f = s->bytes;
    memset(f, 0, sizeof s->bytes);
    memcpy(f, plan.peer[s->to].mac.byte, 6);
    memcpy(f + 6, plan.peer[s->from].mac.byte, 6);
    size_t at = 12;
    if (s->vlan) {
        put16(f + at, 0x8100);
        put16(f + at + 2, s->vlan);
        at += 4;
    }
    put16(f + at, is_v4(s) ? 0x0800 : 0x86dd);
    uint8_t *l4 = put_ip(f + at + 2, s);
    put16(l4, s->sport);
    put16(l4 + 2, s->dport);
    if (s->proto == 6) {
        put32(l4 + 4, (uint32_t)next_random());
        l4[12] = 0x50;
        l4[13] = s->flags;
        put16(l4 + 14, 1000);
    } else {
        put16(l4 + 4, s->ip_len - (is_v4(s) ? 20u : 40u));
    }
    s->wire = (uint16_t)(at + 2 + s->ip_len);
}

static uint16_t make_port(void)
{
    unsigned i = below(plan.ports);
    return (uint16_t)(i % 4 == 0 ? 440 + i : 40000 + i);
}

static void make_shot(struct shot *s, nsec_t ts)
{
    memset(s, 0, sizeof *s);
    s->ts = ts;
    do {
        s->from = below(plan.peers);
        s->to = below(plan.peers);
    } while (s->from == s->to || !same_family(s->from, s->to));
    s->sport = make_port();
    s->dport = make_port();
    s->proto = below(3) ? 6 : 17;
    s->flags = s->proto == 6 ? make_flags() : 0;
    s->vlan = (uint16_t)(below(plan.vlans) * 5);
    s->ip_len = (uint16_t)(60 + (below(3) ? below(60) : below(2) ? below(1441) : below(9000)));
    put_frame(s);
}

/* --- comparing --- */

static struct answer *ask(struct engine *en, struct question q)
{
    q.iface = 0;
    q.limit = QUESTION_ROWS;
    q.hosts_local = -1;
    struct answer *a = question_ask(en, &q);
    assert_true(a->complete);
    return a;
}

static void compare_totals(struct engine *en)
{
    const struct m_totals *m = &model.totals;
    struct answer *a = ask(en, (struct question){.kind = QUESTION_TOTALS});
    const struct totals_row *t = a->totals;
    uint64_t packets = m->all.packets[0] + m->all.packets[1];
    uint64_t bytes = m->all.bytes[0] + m->all.bytes[1];
    assert_int_equal(t->wire_packets, m->wire_packets);
    assert_int_equal(t->wire_bytes, m->wire_bytes);
    assert_int_equal(t->ip_packets, packets);
    assert_int_equal(t->ip_bytes, bytes);
    assert_int_equal(t->ip_v4_bytes, m->v4);
    assert_int_equal(t->ip_v6_bytes, m->v6);
    assert_int_equal(t->goodput_bytes, m->goodput);
    assert_memory_equal(t->sizes, m->sizes, sizeof m->sizes);
    assert_memory_equal(t->local_bytes, m->local, sizeof m->local);
    for (unsigned c = 0; c < L4_CLASSES; c++) {
        assert_memory_equal(t->l4[c].bytes, m->l4[c].bytes, sizeof m->l4[c].bytes);
        assert_memory_equal(t->l4[c].packets, m->l4[c].packets, sizeof m->l4[c].packets);
    }
    assert_int_equal(t->tcp_syn, m->syn);
    assert_int_equal(t->tcp_synack, m->syn_ack);
    assert_int_equal(t->tcp_fin, m->fin);
    assert_int_equal(t->tcp_rst, m->rst);
    assert_int_equal(t->flows_active, model.flows);
    assert_int_equal(t->flows_created, m->created);
    assert_int_equal(t->flows_ended, m->ended);
    assert_int_equal(t->flows_evicted, m->evicted);
    assert_int_equal(t->flow_packets_ended, m->ended_packets);
    assert_int_equal(t->flow_bytes_ended, m->ended_bytes);
    assert_int_equal(t->flow_packets_active, packets - m->ended_packets);
    assert_int_equal(t->flow_bytes_active, bytes - m->ended_bytes);
    assert_int_equal(t->packets[REASON_flow_table_full], m->untracked);
    struct ledger l;
    ledger_fill(&l, t);
    assert_true(l.closes);
    answer_free(a);
}

static void compare_flows(struct engine *en)
{
    struct answer *a = ask(en, (struct question){.kind = QUESTION_FLOWS});
    assert_int_equal(a->total, model.flows);
    for (uint32_t i = 0; i < a->n; i++) {
        const struct record *r = &a->records[i];
        unsigned found = 0;
        for (unsigned k = 0; k < model.flows; k++) {
            const struct m_flow *f = &model.flow[k];
            if (!is_client(f, r))
                continue;
            found++;
            assert_int_equal(r->flow_first, f->first);
            /* No end before the beginning, also where a clock was set back. */
            assert_int_equal(r->last, f->last > r->first ? f->last : r->first);
            assert_int_equal(r->sent_bytes, f->all.bytes[f->client]);
            assert_int_equal(r->rcvd_bytes, f->all.bytes[!f->client]);
            assert_int_equal(r->sent_packets, f->all.packets[f->client]);
            assert_int_equal(r->rcvd_packets, f->all.packets[!f->client]);
            assert_int_equal(r->sent_goodput, f->goodput[f->client]);
            assert_int_equal(r->rcvd_goodput, f->goodput[!f->client]);
        }
        assert_int_equal(found, 1);
    }
    answer_free(a);
}

static void add_pairs(uint64_t *to, const uint64_t *more, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] += more[i];
}

/* A host that several workers know is one to who asks. */
static struct m_host sum_of_host(const struct host_row *r)
{
    struct m_host sum = {0};
    for (unsigned i = 0; i < model.hosts; i++) {
        const struct m_host *h = &model.host[i];
        if (h->vlan != r->vlan || !addr_equal(&plan.peer[h->peer].addr, &r->addr))
            continue;
        sum.peer = h->peer;
        add_pairs(sum.all.bytes, h->all.bytes, 2);
        add_pairs(sum.all.packets, h->all.packets, 2);
        for (unsigned c = 0; c < L4_CLASSES; c++) {
            add_pairs(sum.l4[c].bytes, h->l4[c].bytes, 2);
            add_pairs(sum.l4[c].packets, h->l4[c].packets, 2);
        }
        add_pairs(sum.goodput, h->goodput, 2);
        add_pairs(sum.sizes[0], h->sizes[0], (size_t)2 * SIZE_BINS);
        add_pairs(sum.total_flows, h->total_flows, 2);
        add_pairs(sum.syn, h->syn, 2);
        add_pairs(sum.fin, h->fin, 2);
        add_pairs(sum.rst, h->rst, 2);
        sum.flows[0] += h->flows[0];
        sum.flows[1] += h->flows[1];
        sum.vlan = UINT16_MAX; /* found */
    }
    return sum;
}

static unsigned hosts_of_model(void)
{
    unsigned n = 0;
    for (unsigned i = 0; i < model.hosts; i++) {
        unsigned k = 0;
        while (model.host[k].peer != model.host[i].peer || model.host[k].vlan != model.host[i].vlan)
            k++;
        n += k == i;
    }
    return n;
}

/* Whom the engine counts under Other hosts is its choice; what all of them did is not. */
static void compare_sums_of_hosts(const struct answer *a)
{
    struct m_host want = {0}, got = {0};
    for (unsigned i = 0; i < model.hosts; i++) {
        const struct m_host *h = &model.host[i];
        add_pairs(want.all.bytes, h->all.bytes, 2);
        add_pairs(want.all.packets, h->all.packets, 2);
        add_pairs(want.goodput, h->goodput, 2);
        add_pairs(want.sizes[0], h->sizes[0], (size_t)2 * SIZE_BINS);
        add_pairs(want.total_flows, h->total_flows, 2);
        add_pairs(want.syn, h->syn, 2);
        for (unsigned c = 0; c < L4_CLASSES; c++)
            add_pairs(want.l4[c].bytes, h->l4[c].bytes, 2);
        want.flows[0] += h->flows[0];
        want.flows[1] += h->flows[1];
    }
    for (uint32_t i = 0; i < a->n; i++) {
        const struct host_row *r = &a->hosts[i];
        add_pairs(got.all.bytes, r->traffic.bytes, 2);
        add_pairs(got.all.packets, r->traffic.packets, 2);
        add_pairs(got.goodput, r->goodput, 2);
        add_pairs(got.sizes[0], r->sizes[0], (size_t)2 * SIZE_BINS);
        got.total_flows[0] += r->total_flows_client;
        got.total_flows[1] += r->total_flows_server;
        add_pairs(got.syn, r->tcp_syn, 2);
        for (unsigned c = 0; c < L4_CLASSES; c++)
            add_pairs(got.l4[c].bytes, r->l4[c].bytes, 2);
        got.flows[0] += r->flows_client;
        got.flows[1] += r->flows_server;
    }
    assert_memory_equal(&got, &want, sizeof got);
}

static void compare_hosts(struct engine *en)
{
    struct answer *a = ask(en, (struct question){.kind = QUESTION_HOSTS});
    if (plan.evicts) {
        compare_sums_of_hosts(a);
        answer_free(a);
        return;
    }
    assert_int_equal(a->total, hosts_of_model());
    for (uint32_t i = 0; i < a->n; i++) {
        const struct host_row *r = &a->hosts[i];
        struct m_host m = sum_of_host(r);
        assert_int_equal(m.vlan, UINT16_MAX);
        assert_int_equal(r->is_local, plan.peer[m.peer].is_local);
        assert_memory_equal(r->traffic.bytes, m.all.bytes, sizeof m.all.bytes);
        assert_memory_equal(r->traffic.packets, m.all.packets, sizeof m.all.packets);
        for (unsigned c = 0; c < L4_CLASSES; c++) {
            assert_memory_equal(r->l4[c].bytes, m.l4[c].bytes, sizeof m.l4[c].bytes);
            assert_memory_equal(r->l4[c].packets, m.l4[c].packets, sizeof m.l4[c].packets);
        }
        assert_memory_equal(r->goodput, m.goodput, sizeof m.goodput);
        assert_memory_equal(r->sizes, m.sizes, sizeof m.sizes);
        assert_memory_equal(r->tcp_syn, m.syn, sizeof m.syn);
        assert_memory_equal(r->tcp_fin, m.fin, sizeof m.fin);
        assert_memory_equal(r->tcp_rst, m.rst, sizeof m.rst);
        assert_int_equal(r->flows_client, m.flows[0]);
        assert_int_equal(r->flows_server, m.flows[1]);
        assert_int_equal(r->total_flows_client, m.total_flows[0]);
        assert_int_equal(r->total_flows_server, m.total_flows[1]);
    }
    answer_free(a);
}

/* Groups whose members the model knows, one by one. */
static void compare_groups(struct engine *en, enum group_kind kind)
{
    struct answer *a = ask(en, (struct question){.kind = QUESTION_GROUPS, .group = kind});
    unsigned expected = 0;
    for (unsigned k = 0; k < model.groups; k++)
        expected += model.group[k].kind == kind;
    assert_int_equal(a->total, expected);
    for (uint32_t i = 0; i < a->n; i++) {
        const struct group_row *r = &a->groups[i];
        const struct m_group *g = group_of(kind, r->id);
        assert_memory_equal(r->traffic.bytes, g->all.bytes, sizeof g->all.bytes);
        assert_memory_equal(r->traffic.packets, g->all.packets, sizeof g->all.packets);
        assert_int_equal(r->flows, g->flows);
        assert_int_equal(r->total_flows, g->total_flows);
    }
    answer_free(a);
}

/* Groups that nDPI names: only their sums are known. */
static void compare_sums(struct engine *en, enum group_kind kind)
{
    struct answer *a = ask(en, (struct question){.kind = QUESTION_GROUPS, .group = kind});
    struct counts sum = {0};
    uint64_t flows = 0;
    for (uint32_t i = 0; i < a->n; i++) {
        add_pairs(sum.bytes, a->groups[i].traffic.bytes, 2);
        add_pairs(sum.packets, a->groups[i].traffic.packets, 2);
        flows += a->groups[i].flows;
    }
    assert_memory_equal(&sum, &model.totals.all, sizeof sum);
    assert_int_equal(flows, model.flows);
    answer_free(a);
}

/* Who is still a host when there is no room for all is the engine's choice; that the others are
 * counted together is not. */
static void compare_sum_of_hosts(struct engine *en)
{
    struct answer *a = ask(en, (struct question){.kind = QUESTION_HOSTS});
    struct counts sum = {0};
    for (uint32_t i = 0; i < a->n; i++) {
        add_pairs(sum.bytes, a->hosts[i].traffic.bytes, 2);
        add_pairs(sum.packets, a->hosts[i].traffic.packets, 2);
    }
    const struct counts *all = &model.totals.all;
    for (unsigned side = 0; side < 2; side++) {
        assert_int_equal(sum.bytes[side], all->bytes[0] + all->bytes[1]);
        assert_int_equal(sum.packets[side], all->packets[0] + all->packets[1]);
    }
    answer_free(a);
}

static void compare(struct engine *en)
{
    compare_totals(en);
    compare_flows(en);
    if (plan.crowds)
        compare_sum_of_hosts(en);
    else
        compare_hosts(en);
    compare_groups(en, GROUP_L4);
    compare_groups(en, GROUP_VLAN);
    compare_groups(en, GROUP_MAC);
    compare_groups(en, GROUP_NETWORK);
    compare_sums(en, GROUP_APP);
    compare_sums(en, GROUP_CATEGORY);
}

/* --- playing --- */

/* Gives the engine a burst, each worker its share or, of a file, all of it. */
static void engine_burst(struct engine *en, const struct shot *shot, unsigned n, nsec_t now)
{
    for (unsigned i = 0; i < plan.workers; i++) {
        struct worker *w = hand_worker(en, i);
        struct burst b = {.now = plan.live ? now : 0};
        for (unsigned k = 0; k < n; k++) {
            const struct shot *s = &shot[k];
            if (plan.live && (s->from + s->to) % plan.workers != i)
                continue;
            b.frame[b.n++] = (struct frame){.bytes = s->bytes,
                                            .ts = s->ts,
                                            .cap_len = s->wire < CAPTURED ? s->wire : CAPTURED,
                                            .wire_len = s->wire,
                                            .link = 1};
            counter_add(&w->source->counts.received, 1);
            counter_add(&w->source->counts.received_bytes, s->wire);
        }
        if (plan.live)
            worker_time(w, now);
        worker_burst(w, &b);
    }
}

static uint64_t untracked(struct engine *en)
{
    struct answer *a = ask(en, (struct question){.kind = QUESTION_TOTALS});
    uint64_t n = a->totals->packets[REASON_flow_table_full];
    answer_free(a);
    return n;
}

/* Whom a full table gives up is the engine's choice, and so is a packet that finds no room; that it
 * is told and counted is not. */
static bool engine_made_room(struct engine *en, const struct tellings *got)
{
    for (unsigned i = 0; i < got->n; i++)
        if (got->at[i].why == END_RESOURCES)
            m_evict(&got->at[i]);
    uint64_t now = untracked(en);
    bool has_room = now == model.totals.untracked;
    model.totals.untracked = now;
    return has_room;
}

static void play_burst(struct engine *en, const struct shot *shot, unsigned n, nsec_t now,
                       struct tellings *got)
{
    engine_burst(en, shot, n, now);
    if (plan.live)
        m_time(now);
    for (unsigned i = 0; i < n; i++) {
        model.totals.wire_packets++;
        model.totals.wire_bytes += shot[i].wire;
        if (!plan.live)
            m_time(shot[i].ts);
        if (!plan.evicts || engine_made_room(en, got))
            m_packet(&shot[i], plan.live ? (shot[i].from + shot[i].to) % plan.workers : 0);
    }
    assert_true(same_tellings(got, &model.expect));
}

/* A whole second by itself, so that nothing waits to be folded. */
static void play_second(struct engine *en, nsec_t now, struct tellings *got)
{
    if (now < model.next_tick || !model.next_tick)
        return;
    for (unsigned i = 0; i < plan.workers; i++) {
        if (plan.live)
            worker_time(hand_worker(en, i), now);
        else
            worker_tick(hand_worker(en, i), now - now % SECOND);
    }
    m_time(now);
    assert_true(same_tellings(got, &model.expect));
    compare(en);
}

static nsec_t step_clock(nsec_t now)
{
    if (below(400) == 0)
        now += seconds(1, 100);
    else if (below(400) == 0)
        now -= seconds(1, 60) + below(1000) * MILLISECOND;
    else
        now += (nsec_t)(next_random() % (uint64_t)(2 * plan.gap));
    return now;
}

static void play(uint64_t seed)
{
    static struct shot shot[BURST_FRAMES];
    static struct script nothing;
    make_plan(seed);
    model_start();
    struct engine *en = hand_engine(&plan.config, &nothing, plan.workers, plan.live);
    struct tellings got = {.sink.record = hear};
    for (unsigned i = 0; i < plan.workers; i++)
        hand_worker(en, i)->sink = &got.sink;

    nsec_t now = (nsec_t)T0 * SECOND, fine = now;
    for (unsigned done = 0; done < plan.packets;) {
        if (below(2))
            play_second(en, now, &got);
        unsigned n = plan.burst > plan.packets - done ? plan.packets - done : plan.burst;
        for (unsigned i = 0; i < n; i++) {
            fine = step_clock(fine);
            now = fine - fine % plan.grain;
            make_shot(&shot[i], now);
        }
        play_burst(en, shot, n, now, &got);
        done += n;
    }
    play_second(en, now + 2 * SECOND, &got);
    engine_free(en);
    free(got.at);
}

static void test_random_traffic_agrees_with_the_model(void **state)
{
    (void)state;
    struct err e = {""};
    assert_true(locals_add(&locals, "10.0.0.0/8", &e));
    assert_true(locals_add(&locals, "2001:db8:1::/48", &e));
    const char *one = getenv("WEIR_SEED"), *many = getenv("WEIR_SEEDS");
    uint64_t from = one ? strtoull(one, NULL, 10) : 1;
    uint64_t to = one ? from : many ? strtoull(many, NULL, 10) : SEEDS;
    static const uint64_t found_something[] = {510};
    for (unsigned i = 0; !one && i < sizeof found_something / sizeof *found_something; i++) {
        played = found_something[i];
        play(played);
    }
    for (uint64_t seed = from; seed <= to; seed++) {
        played = seed;
        play(seed);
    }
    played = 0;
}

/* After a failure cmocka has left play() in the middle: say which seed that was. */
static int say_seed(void **state)
{
    (void)state;
    if (played)
        print_error("seed %llu\n", (unsigned long long)played);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_random_traffic_agrees_with_the_model, say_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
