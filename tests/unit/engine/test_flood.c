/* test_flood.c - a flood of made-up flows beside conversations: who stays, and that sums close. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "by_hand.h"
#include "engine/ledger.h"

#include <cmocka.h>

enum {
    T0 = 1700000000,
    STEADY = 5000,  /* conversations */
    LIMIT = 20000,  /* flows of the table */
    FLOOD = 150000, /* made-up flows */
    BATCH = 200,
    SERVER = 0xc0000201
};

struct flood {
    struct engine *engine;
    unsigned workers;
    struct script *script; /* frames on their way */
    uint64_t sent[STEADY]; /* IP bytes of each conversation so far */
};

static nsec_t at(double seconds)
{
    return T0 * SECOND + (nsec_t)(seconds * 1e9);
}

static struct flood flood_new(const struct engine_config *c, unsigned workers)
{
    struct flood f = {.workers = workers, .script = calloc(1, sizeof *f.script)};
    f.engine = hand_engine(c, f.script, workers, false);
    return f;
}

static void flood_free(struct flood *f)
{
    engine_free(f->engine);
    free(f->script);
}

/* Gives every worker the frames that have gathered. */
static void deliver(struct flood *f)
{
    struct script *s = f->script;
    for (unsigned i = 0; i < f->workers; i++) {
        struct worker *w = hand_worker(f->engine, i);
        struct burst b = {.n = s->n};
        for (unsigned k = 0; k < s->n; k++) {
            b.frame[k] = (struct frame){.bytes = s->frame[k].bytes,
                                        .ts = s->frame[k].ts,
                                        .cap_len = s->frame[k].len,
                                        .wire_len = s->frame[k].wire,
                                        .link = 1};
            counter_add(&w->source->counts.received, 1);
            counter_add(&w->source->counts.received_bytes, s->frame[k].wire);
        }
        worker_burst(w, &b);
    }
    s->n = 0;
}

static void send(struct flood *f, struct one o)
{
    add_frame(f->script, o);
    if (f->script->n == BATCH)
        deliver(f);
}

static struct one steady_packet(unsigned i, bool from_client, nsec_t ts, uint8_t flags)
{
    uint32_t client = 0x0a000000 + i;
    return (struct one){.ts = ts,
                        .src = from_client ? client : SERVER,
                        .dst = from_client ? SERVER : client,
                        .sport = from_client ? 40000 : 8443,
                        .dport = from_client ? 8443 : 40000,
                        .proto = 6,
                        .flags = flags};
}

static void talk(struct flood *f, unsigned i, bool from_client, nsec_t ts, uint8_t flags)
{
    send(f, steady_packet(i, from_client, ts, flags));
    f->sent[i] += 40;
}

static void open_conversations(struct flood *f)
{
    for (unsigned i = 0; i < STEADY; i++) {
        nsec_t ts = at(0.1 + i * 1e-5);
        talk(f, i, true, ts, TCP_SYN);
        talk(f, i, false, ts + 1000, TCP_SYN | TCP_ACK);
        talk(f, i, true, ts + 2000, TCP_ACK);
    }
}

static struct one stranger(unsigned i, nsec_t ts)
{
    /* Spread over networks, as a random source is, and the same in every run. */
    uint32_t src = 0x20000000 + i * 2654435761u % 0x60000000;
    return (struct one){.ts = ts,
                        .src = src,
                        .dst = SERVER,
                        .sport = (uint16_t)(1024 + i % 60000),
                        .dport = 8443,
                        .proto = 6,
                        .flags = TCP_SYN};
}

/* Four seconds of flood; every tenth packet is one of a conversation. */
static void pour(struct flood *f, unsigned flows)
{
    for (unsigned i = 0; i < flows; i++) {
        nsec_t ts = at(2 + 4.0 * i / flows);
        send(f, stranger(i, ts));
        if (i % 10 == 0)
            talk(f, i / 10 % STEADY, i / 10 / STEADY % 2, ts, TCP_ACK);
    }
    deliver(f);
}

struct place {
    uint32_t worker, index, generation;
    uint64_t bytes;
};

static struct place place_of(const struct flood *f, unsigned i)
{
    static struct script script;
    struct script *s = &script;
    s->n = 0;
    add_frame(s, steady_packet(i, true, at(0), TCP_ACK));
    struct frame frame = {.bytes = s->frame[0].bytes,
                          .ts = at(0),
                          .cap_len = s->frame[0].len,
                          .wire_len = s->frame[0].wire,
                          .link = 1};
    struct place found = {0};
    for (unsigned n = 0; n < f->workers; n++) {
        struct worker *w = hand_worker(f->engine, n);
        struct packet p;
        struct keyed k;
        packet_decode(&w->decoder, &frame, &p);
        key_from_packet(&p, &k);
        uint32_t index = flows_find(&w->flows, &k);
        if (!index)
            continue;
        const struct flow_hot *h = flow_hot_at(&w->flows, index);
        const struct flow_cold *c = flow_cold_at(&w->flows, index);
        found = (struct place){.worker = n,
                               .index = index,
                               .generation = c->generation,
                               .bytes = c->bytes[0] + c->bytes[1] + h->bytes[0] + h->bytes[1]};
    }
    return found;
}

static struct totals_row totals_of(struct engine *en)
{
    struct question q = {.kind = QUESTION_TOTALS, .iface = 0, .hosts_local = -1};
    struct answer *a = question_ask(en, &q);
    struct totals_row t = *a->totals;
    answer_free(a);
    return t;
}

static void assert_closes(const struct totals_row *t)
{
    struct ledger l;
    ledger_fill(&l, t);
    struct text out = {0};
    ledger_print(&l, t, &out);
    if (!l.closes)
        print_error("%s", out.data);
    text_free(&out);
    assert_true(l.closes);
}

/* Closes the second that runs, so that everything is folded. */
static void fold_all(struct flood *f, double seconds)
{
    for (unsigned i = 0; i < f->workers; i++) {
        hand_worker(f->engine, i)->now = at(seconds);
        worker_tick(hand_worker(f->engine, i), at(seconds));
    }
}

static struct traffic sum_groups(struct flood *f, enum group_kind kind)
{
    struct traffic sum = {{0}, {0}};
    for (unsigned n = 0; n < f->workers; n++) {
        const struct groups *gs = &hand_worker(f->engine, n)->groups;
        for (uint32_t i = 1; i < gs->pool.top; i++) {
            const struct group *g = group_at(gs, i);
            if (!group_is_used(g) || g->kind != kind)
                continue;
            for (unsigned side = 0; side < 2; side++) {
                sum.bytes[side] += g->traffic.bytes[side];
                sum.packets[side] += g->traffic.packets[side];
            }
        }
    }
    return sum;
}

/* Every host's row added up, or that of Other hosts alone. */
static struct traffic sum_hosts(struct flood *f, bool others_alone)
{
    struct traffic sum = {{0}, {0}};
    for (unsigned n = 0; n < f->workers; n++) {
        const struct worker *w = hand_worker(f->engine, n);
        uint32_t top = others_alone ? HOST_OTHERS + 1 : w->hosts.pool.top;
        for (uint32_t i = 1; i < top; i++) {
            if (i != HOST_OTHERS && !host_at(&w->hosts, i)->first)
                continue;
            struct host_row row;
            host_to_row(&w->hosts, i, w->tick, &row);
            for (unsigned side = 0; side < 2; side++) {
                sum.bytes[side] += row.traffic.bytes[side];
                sum.packets[side] += row.traffic.packets[side];
            }
        }
    }
    return sum;
}

static void assert_sums_close(struct flood *f)
{
    struct totals_row t = totals_of(f->engine);
    assert_closes(&t);
    struct traffic hosts = sum_hosts(f, false);
    for (unsigned side = 0; side < 2; side++) {
        assert_int_equal(hosts.bytes[side], t.ip_bytes);
        assert_int_equal(hosts.packets[side], t.ip_packets);
    }
    static const enum group_kind whole[] = {GROUP_APP, GROUP_CATEGORY, GROUP_L4};
    for (unsigned i = 0; i < 3; i++) {
        struct traffic sum = sum_groups(f, whole[i]);
        assert_int_equal(sum.bytes[0] + sum.bytes[1], t.ip_bytes);
        assert_int_equal(sum.packets[0] + sum.packets[1], t.ip_packets);
    }
    uint64_t sizes = 0, locality = 0;
    struct traffic others = sum_hosts(f, true), prefixes = sum_groups(f, GROUP_PREFIX);
    assert_memory_equal(&others, &prefixes, sizeof others);
    for (unsigned i = 0; i < SIZE_BINS; i++)
        sizes += t.sizes[i];
    for (unsigned i = 0; i < 4; i++)
        locality += t.local_bytes[i];
    assert_int_equal(sizes, t.ip_packets);
    assert_int_equal(locality, t.ip_bytes);
}

static struct engine_config flood_config(void)
{
    struct engine_config c = hand_config();
    c.max_flows = LIMIT;
    c.max_hosts = LIMIT;
    c.keep_series = false;
    c.expire_hosts = false;
    return c;
}

/* The whole story with so many workers; the conversations' identities are compared. */
static void run_flood(struct flood *f, unsigned flows)
{
    static struct place before[STEADY];
    open_conversations(f);
    deliver(f);
    for (unsigned i = 0; i < STEADY; i++) {
        before[i] = place_of(f, i);
        assert_int_not_equal(before[i].index, 0);
    }
    pour(f, flows);
    for (unsigned i = 0; i < STEADY; i++) {
        struct place now = place_of(f, i);
        assert_int_equal(now.worker, before[i].worker);
        assert_int_equal(now.index, before[i].index);
        assert_int_equal(now.generation, before[i].generation);
        assert_int_equal(now.bytes, f->sent[i]);
    }
}

static void test_no_conversation_loses_its_identity_to_a_flood_and_sums_close(void **state)
{
    struct engine_config c = flood_config();
    struct flood f = flood_new(&c, 1);
    run_flood(&f, FLOOD);
    struct totals_row t = totals_of(f.engine);
    assert_int_equal(t.flows_active, LIMIT);
    assert_int_equal(t.flows_created, STEADY + FLOOD);
    assert_int_equal(t.flows_evicted, STEADY + FLOOD - LIMIT);
    assert_int_equal(t.packets[REASON_flow_table_full], 0);
    fold_all(&f, 20);
    assert_sums_close(&f);
    flood_free(&f);
}

static void test_an_emergency_is_told_once_and_is_over_soon_after_the_flood(void **state)
{
    struct engine_config c = flood_config();
    struct flood f = flood_new(&c, 1);
    run_flood(&f, FLOOD);
    struct worker *w = hand_worker(f.engine, 0);
    assert_int_equal(totals_of(f.engine).emergency, 1);
    unsigned told = 0;
    for (uint32_t i = 0; i < w->events.n && i < EVENTS_KEPT; i++)
        told += w->events.row[i].kind == EVENT_EMERGENCY;
    assert_int_equal(told, 1);
    fold_all(&f, 10);
    assert_int_equal(totals_of(f.engine).emergency, 1);
    fold_all(&f, 60);
    struct totals_row t = totals_of(f.engine);
    assert_int_equal(t.emergency, 0);
    assert_int_equal(t.emergencies, 1);
    assert_closes(&t);
    flood_free(&f);
}

/* Limits are each worker's own, so two of them hold twice as many flows; who talks stays with both. */
static void test_conversations_stay_with_two_workers_as_well(void **state)
{
    struct engine_config c = flood_config();
    struct flood f = flood_new(&c, 2);
    run_flood(&f, FLOOD);
    struct totals_row t = totals_of(f.engine);
    assert_int_equal(t.flows_active, 2 * LIMIT);
    assert_int_equal(t.emergency, 2);
    fold_all(&f, 20);
    assert_sums_close(&f);
    flood_free(&f);
}

static void test_when_only_conversations_are_left_newcomers_push_each_other_out(void **state)
{
    struct engine_config c = flood_config();
    c.max_flows = STEADY + 100;
    struct flood f = flood_new(&c, 1);
    run_flood(&f, 20000);
    struct totals_row t = totals_of(f.engine);
    assert_int_equal(t.flows_active, STEADY + 100);
    fold_all(&f, 20);
    assert_sums_close(&f);
    flood_free(&f);
}

static void
test_a_full_table_of_conversations_refuses_the_newcomer_and_counts_its_packets(void **state)
{
    struct engine_config c = flood_config();
    c.max_flows = STEADY;
    struct flood f = flood_new(&c, 1);
    run_flood(&f, 1000);
    struct totals_row t = totals_of(f.engine);
    assert_int_equal(t.flows_active, STEADY);
    assert_int_equal(t.packets[REASON_flow_table_full], 1000);
    assert_closes(&t);
    flood_free(&f);
}

/* The budget ends before the entries do: pools give no more, and that is a full table as well. */
static void test_a_memory_budget_holds_during_a_flood_and_conversations_stay(void **state)
{
    struct engine_config c = flood_config();
    c.max_flows = c.max_hosts = 10000000;
    struct flood f = flood_new(&c, 1);
    open_conversations(&f);
    deliver(&f);
    memset(f.sent, 0, sizeof f.sent);
    uint64_t budget = mem_total() + 24 * 1024 * 1024;
    mem_set_budget(budget);
    struct place before = place_of(&f, 7);
    pour(&f, FLOOD);
    struct place now = place_of(&f, 7);
    assert_int_equal(now.index, before.index);
    assert_int_equal(now.generation, before.generation);
    assert_true(mem_total() <= budget);
    struct totals_row t = totals_of(f.engine);
    assert_true(t.flows_evicted > 0);
    assert_true(mem_refused(ACCOUNT_flows) + mem_refused(ACCOUNT_hosts) > 0);
    fold_all(&f, 20);
    assert_sums_close(&f);
    assert_true(mem_total() <= budget);
    mem_set_budget(0);
    flood_free(&f);
}

static const struct host *host_of(const struct flood *f, uint32_t v4)
{
    const struct worker *w = hand_worker(f->engine, 0);
    uint8_t four[4];
    put32(four, v4);
    struct addr a = addr_v4(four);
    uint32_t index = hosts_find(&w->hosts, &a, 0);
    return index ? host_at(&w->hosts, index) : NULL;
}

/* Strangers never become hosts during the emergency; who is answered does, and at once. */
static void test_in_an_emergency_only_those_who_are_answered_become_hosts(void **state)
{
    struct engine_config c = flood_config();
    struct flood f = flood_new(&c, 1);
    run_flood(&f, FLOOD);
    uint64_t hosts = totals_of(f.engine).hosts_created;
    for (unsigned i = 0; i < 10000; i++)
        send(&f, stranger(FLOOD + i, at(6)));
    deliver(&f);
    assert_int_equal(totals_of(f.engine).hosts_created, hosts);

    struct one o = {.ts = at(6),
                    .src = 0x0b000001,
                    .dst = SERVER,
                    .sport = 5000,
                    .dport = 8443,
                    .proto = 6,
                    .flags = TCP_SYN};
    send(&f, o);
    deliver(&f);
    assert_null(host_of(&f, 0x0b000001));
    send(&f, (struct one){.ts = at(6.01),
                          .src = SERVER,
                          .dst = 0x0b000001,
                          .sport = 8443,
                          .dport = 5000,
                          .proto = 6,
                          .flags = TCP_SYN | TCP_ACK});
    deliver(&f);
    const struct host *h = host_of(&f, 0x0b000001);
    assert_non_null(h);
    assert_int_equal(h->flows[0], 1);
    assert_true(totals_of(f.engine).packets[REASON_flow_without_hosts] > 0);
    fold_all(&f, 6.99);
    assert_int_equal(h->bytes[SIDE_SENT], 40);
    fold_all(&f, 30);
    assert_sums_close(&f);
    flood_free(&f);
}

/* Short flows from ever new addresses: hosts make room for each other when their flows have gone. */
static void test_hosts_come_and_go_in_few_places_and_every_sum_closes(void **state)
{
    struct engine_config c = flood_config();
    c.max_hosts = 500;
    c.flow_idle = SECOND;
    struct flood f = flood_new(&c, 1);
    for (unsigned i = 0; i < 30000; i++)
        send(&f, stranger(i, at(i * 0.005)));
    deliver(&f);
    fold_all(&f, 151);
    struct totals_row t = totals_of(f.engine);
    assert_true(t.hosts_evicted > 20000);
    assert_int_equal(t.emergencies, 0);
    assert_true(t.hosts_active < 500);
    assert_sums_close(&f);
    struct traffic prefixes = sum_groups(&f, GROUP_PREFIX);
    assert_true(prefixes.bytes[SIDE_SENT] > 20000 * 40);
    flood_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_conversation_loses_its_identity_to_a_flood_and_sums_close),
        cmocka_unit_test(test_an_emergency_is_told_once_and_is_over_soon_after_the_flood),
        cmocka_unit_test(test_conversations_stay_with_two_workers_as_well),
        cmocka_unit_test(test_when_only_conversations_are_left_newcomers_push_each_other_out),
        cmocka_unit_test(
            test_a_full_table_of_conversations_refuses_the_newcomer_and_counts_its_packets),
        cmocka_unit_test(test_in_an_emergency_only_those_who_are_answered_become_hosts),
        cmocka_unit_test(test_hosts_come_and_go_in_few_places_and_every_sum_closes),
        cmocka_unit_test(test_a_memory_budget_holds_during_a_flood_and_conversations_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
