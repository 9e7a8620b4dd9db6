/* test_engine.c - frames in, records and totals out, by one worker and by several. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/hash.h"
#include "engine/engine.h"
#include "engine/ledger.h"
#include "frames.h"

#include <cmocka.h>

enum { CLIENT = 0x0a000001, SERVER = 0xc0000201, T0 = 1700000000 };

static nsec_t at(double seconds)
{
    return T0 * SECOND + (nsec_t)(seconds * 1e9);
}

struct kept {
    struct sink base;
    unsigned n, cap;
    struct record *record;
};

static void keep(struct sink *base, const struct record *r)
{
    struct kept *k = (struct kept *)base;
    if (k->n == k->cap) {
        k->cap = k->cap ? 2 * k->cap : 64;
        k->record = realloc(k->record, k->cap * sizeof *r);
    }
    record_copy(&k->record[k->n++], r);
}

static struct locals locals;

static struct engine_config config(bool timeouts)
{
    return (struct engine_config){.flow_idle = 60 * SECOND,
                                  .flow_active = 60 * SECOND,
                                  .tcp_closed_idle = 15 * SECOND,
                                  .local_host_idle = 300 * SECOND,
                                  .remote_host_idle = 60 * SECOND,
                                  .timeouts = timeouts,
                                  .decap = true,
                                  .max_flows = 100000,
                                  .max_hosts = 100000,
                                  .locals = &locals,
                                  .l7 = {.enabled = false, .packets = 8, .protos = ""},
                                  .keep_series = true,
                                  .expire_hosts = true,
                                  .learn_names = true};
}

/* A finished run: the engine still answers; records of all workers in their total order. */
struct run {
    struct engine *engine;
    struct kept all;
};

static int by_order(const void *a, const void *b)
{
    return record_order(a, b);
}

static struct run run_script(const struct script *s, bool timeouts, unsigned workers, bool stop)
{
    struct err e = {""};
    struct engine_config c = config(timeouts);
    struct run r = {engine_new(&c, &e), {{0}, 0, 0, NULL}};
    assert_non_null(r.engine);
    struct source *source[8];
    struct kept kept[8] = {0};
    struct sink *sink[8];
    for (unsigned i = 0; i < workers; i++) {
        source[i] = script_open(s);
        kept[i].base.record = keep;
        sink[i] = &kept[i].base;
    }
    assert_int_equal(
        engine_add_interface(r.engine, "script", source, workers, stop ? sink : NULL, &e), 0);
    assert_true(engine_start(r.engine, &e));
    assert_true(engine_wait_done(r.engine, clock_mono() + 30 * SECOND));
    if (stop)
        engine_stop(r.engine);
    for (unsigned i = 0; i < workers; i++) {
        for (unsigned k = 0; k < kept[i].n; k++)
            keep(&r.all.base, &kept[i].record[k]);
        free(kept[i].record);
    }
    if (r.all.n)
        qsort(r.all.record, r.all.n, sizeof *r.all.record, by_order);
    return r;
}

static void end_run(struct run *r)
{
    engine_free(r->engine);
    free(r->all.record);
}

static struct totals_row totals_of(struct engine *en)
{
    struct question q = {.kind = QUESTION_TOTALS, .iface = -1};
    struct answer *a = question_ask(en, &q);
    assert_true(a->complete);
    struct totals_row t = *a->totals;
    answer_free(a);
    return t;
}

static void assert_closes(struct engine *en)
{
    struct totals_row t = totals_of(en);
    struct ledger l;
    ledger_fill(&l, &t);
    if (!l.closes) {
        struct text out = {0};
        ledger_print(&l, &t, &out);
        print_error("%s", out.data);
        text_free(&out);
    }
    assert_true(l.closes);
}

/* One HTTP-like connection: handshake, request, answer, FIN from both. */
static void connection(struct script *s, double start, uint32_t client, uint16_t port)
{
    struct one c = {.src = client, .dst = SERVER, .sport = port, .dport = 80, .proto = 6};
    struct one v = {.src = SERVER, .dst = client, .sport = 80, .dport = port, .proto = 6};
#define SAY(who, t, f, sq, pay)                                                                    \
    who.ts = at(start + (t)), who.flags = f, who.seq = sq, who.payload = pay, add_frame(s, who)
    SAY(c, 0, TCP_SYN, 100, 0);
    SAY(v, 0.010, TCP_SYN | TCP_ACK, 500, 0);
    SAY(c, 0.014, TCP_ACK, 101, 0);
    SAY(c, 0.015, TCP_ACK | TCP_PSH, 101, 50);
    SAY(v, 0.055, TCP_ACK | TCP_PSH, 501, 100);
    SAY(v, 0.056, TCP_ACK | TCP_PSH, 601, 100);
    SAY(c, 0.060, TCP_ACK | TCP_FIN, 151, 0);
    SAY(v, 0.070, TCP_ACK | TCP_FIN, 701, 0);
    SAY(c, 0.074, TCP_ACK, 152, 0);
#undef SAY
}

static void test_a_connection_becomes_one_record_with_latencies_and_state(void **state)
{
    (void)state;
    struct script *s = calloc(1, sizeof *s);
    connection(s, 0.2, CLIENT, 40000);
    struct run r = run_script(s, true, 1, true);
    assert_int_equal(r.all.n, 1);
    const struct record *x = &r.all.record[0];
    assert_int_equal(x->client_port, 40000);
    assert_int_equal(x->client_reason, CLIENT_SYN);
    assert_int_equal(x->sent_packets, 5);
    assert_int_equal(x->rcvd_packets, 4);
    assert_int_equal(x->sent_bytes, 5 * 40 + 50);
    assert_int_equal(x->rcvd_bytes, 4 * 40 + 200);
    assert_int_equal(x->sent_goodput, 50);
    assert_int_equal(x->rcvd_goodput, 200);
    assert_int_equal(x->server_rtt, 5000);
    assert_int_equal(x->client_rtt, 2000);
    assert_int_equal(x->appl_latency, 40000);
    assert_int_equal(x->tcp_state, TCP_SF);
    assert_int_equal(x->sent_iat_min, 1000);
    assert_int_equal(x->sent_iat_max, 45000);
    assert_int_equal(x->peak_bps, (9 * 40 + 250) * 8);
    assert_int_equal(x->sent_lost + x->rcvd_lost + x->sent_retrans + x->rcvd_retrans, 0);
    assert_closes(r.engine);
    end_run(&r);
    free(s);
}

static void test_a_syn_ack_first_makes_its_receiver_the_client(void **state)
{
    (void)state;
    struct script *s = calloc(1, sizeof *s);
    add_frame(s, (struct one){.ts = at(0),
                              .src = SERVER,
                              .dst = CLIENT,
                              .sport = 9000,
                              .dport = 9001,
                              .proto = 6,
                              .flags = TCP_SYN | TCP_ACK});
    struct run r = run_script(s, true, 1, true);
    assert_int_equal(r.all.record[0].client_port, 9001);
    assert_int_equal(r.all.record[0].client_reason, CLIENT_SYN_ACK);
    end_run(&r);
    free(s);
}

static void test_retransmission_gap_and_reordering_are_told_apart(void **state)
{
    (void)state;
    struct script *s = calloc(1, sizeof *s);
    struct one c = {.src = CLIENT,
                    .dst = SERVER,
                    .sport = 5000,
                    .dport = 80,
                    .proto = 6,
                    .flags = TCP_ACK,
                    .payload = 10};
    static const struct {
        double t;
        uint32_t seq;
    } step[] = {
        {0, 100},   {0.1, 110},   /* in order */
        {0.2, 110},               /* sent again */
        {0.3, 130}, {0.301, 120}, /* late by 1 ms: reordering, no loss */
        {0.4, 150}, {0.9, 140},   /* a hole, filled after half a second: lost and resent */
        {1.0, 160},
    };
    for (unsigned i = 0; i < sizeof step / sizeof *step; i++) {
        c.ts = at(step[i].t);
        c.seq = step[i].seq;
        add_frame(s, c);
    }
    /* A keep-alive probe repeats the last byte. */
    c.ts = at(5);
    c.seq = 169;
    c.payload = 0;
    add_frame(s, c);
    struct run r = run_script(s, true, 1, true);
    const struct record *x = &r.all.record[0];
    assert_int_equal(x->sent_retrans, 2);
    assert_int_equal(x->sent_ooo, 1);
    assert_int_equal(x->sent_lost, 1);
    assert_int_equal(x->sent_keepalive, 1);
    end_run(&r);
    free(s);
}

static void test_silence_ends_a_flow_and_long_life_is_told_in_parts(void **state)
{
    (void)state;
    struct script *s = calloc(1, sizeof *s);
    struct one u = {
        .src = CLIENT, .dst = SERVER, .sport = 4000, .dport = 4001, .proto = 17, .payload = 10};
    for (unsigned i = 0; i < 13; i++) { /* every ten seconds for two minutes: 0..120 */
        u.ts = at(10.0 * i + 0.5);
        add_frame(s, u);
    }
    u.ts = at(300); /* and once more after three minutes of silence */
    add_frame(s, u);
    struct run r = run_script(s, true, 1, true);
    uint64_t packets = 0;
    for (unsigned i = 0; i < r.all.n; i++)
        packets += r.all.record[i].sent_packets;
    assert_int_equal(packets, 14);
    assert_int_equal(r.all.n, 3);
    assert_int_equal(r.all.record[0].end_reason, END_ACTIVE);
    assert_int_equal(r.all.record[1].end_reason, END_IDLE);
    assert_int_equal(r.all.record[2].end_reason, END_FORCED);
    assert_int_equal(r.all.record[1].flow_first, r.all.record[0].flow_first);
    assert_int_not_equal(r.all.record[2].flow_first, r.all.record[0].flow_first);
    assert_true(r.all.record[1].first > r.all.record[0].last);
    assert_closes(r.engine);
    end_run(&r);

    r = run_script(s, false, 1, true);
    assert_int_equal(r.all.n, 1);
    assert_int_equal(r.all.record[0].sent_packets, 14);
    end_run(&r);
    free(s);
}

static void test_ports_used_again_after_the_end_are_a_new_flow(void **state)
{
    (void)state;
    struct script *s = calloc(1, sizeof *s);
    connection(s, 0, CLIENT, 40000);
    connection(s, 2, CLIENT, 40000);
    struct run r = run_script(s, true, 1, true);
    assert_int_equal(r.all.n, 2);
    end_run(&r);
    r = run_script(s, false, 1, true);
    assert_int_equal(r.all.n, 1);
    end_run(&r);
    free(s);
}

static struct script *busy_script(void)
{
    struct script *s = calloc(1, sizeof *s);
    uint64_t x = 88172645463325252u;
    for (unsigned i = 0; s->n + 16 < FRAME_MOST; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        double t = i * 0.031;
        if (i % 7 == 0)
            connection(s, t, CLIENT + (uint32_t)(x % 50), (uint16_t)(1024 + x % 60000));
        else
            add_frame(s, (struct one){.ts = at(t),
                                      .src = CLIENT + (uint32_t)(x % 300),
                                      .dst = SERVER + (uint32_t)(x >> 20) % 40,
                                      .sport = (uint16_t)(2000 + x % 9),
                                      .dport = 53,
                                      .proto = 17,
                                      .payload = (uint16_t)(x % 100),
                                      .vlan = (uint16_t)(x % 3)});
    }
    return s;
}

static void test_records_and_totals_do_not_depend_on_the_number_of_workers(void **state)
{
    (void)state;
    struct script *s = busy_script();
    struct run one = run_script(s, true, 1, true);
    struct totals_row t1 = totals_of(one.engine);
    assert_closes(one.engine);
    assert_int_equal(t1.wire_packets, s->n);
    for (unsigned workers = 2; workers <= 5; workers += 3) {
        struct run more = run_script(s, true, workers, true);
        assert_closes(more.engine);
        struct totals_row t = totals_of(more.engine);
        assert_int_equal(t.ip_bytes, t1.ip_bytes);
        assert_int_equal(t.packets[REASON_ipv4], t1.packets[REASON_ipv4]);
        assert_int_equal(t.retrans, t1.retrans);
        assert_int_equal(more.all.n, one.all.n);
        for (unsigned i = 0; i < one.all.n; i++) {
            struct record a, b;
            record_copy(&a, &one.all.record[i]);
            record_copy(&b, &more.all.record[i]);
            a.worker = b.worker = a.slot = b.slot = a.generation = b.generation = 0;
            assert_memory_equal(&a, &b, offsetof(struct record, tail));
        }
        end_run(&more);
    }
    end_run(&one);
    free(s);
}

static void test_sums_over_hosts_and_groups_equal_the_totals(void **state)
{
    (void)state;
    struct script *s = busy_script();
    for (unsigned workers = 1; workers <= 3; workers += 2) {
        struct run r = run_script(s, false, workers, false);
        struct totals_row t = totals_of(r.engine);
        struct question q = {.kind = QUESTION_HOSTS, .iface = 0, .limit = 5000, .hosts_local = -1};
        struct answer *a = question_ask(r.engine, &q);
        uint64_t sent = 0, rcvd = 0;
        for (uint32_t i = 0; i < a->n; i++) {
            sent += a->hosts[i].traffic.bytes[SIDE_SENT];
            rcvd += a->hosts[i].traffic.bytes[SIDE_RCVD];
            if (i)
                assert_true(a->hosts[i - 1].traffic.bytes[0] + a->hosts[i - 1].traffic.bytes[1] >=
                            a->hosts[i].traffic.bytes[0] + a->hosts[i].traffic.bytes[1]);
        }
        assert_int_equal(sent, t.ip_bytes);
        assert_int_equal(rcvd, t.ip_bytes);
        answer_free(a);
        for (enum group_kind kind = GROUP_APP; kind <= GROUP_L4; kind++) {
            q = (struct question){.kind = QUESTION_GROUPS, .iface = 0, .group = kind, .limit = 999};
            a = question_ask(r.engine, &q);
            uint64_t sum = 0;
            for (uint32_t i = 0; i < a->n; i++)
                sum += a->groups[i].traffic.bytes[0] + a->groups[i].traffic.bytes[1];
            assert_int_equal(sum, t.ip_bytes);
            answer_free(a);
        }
        q = (struct question){.kind = QUESTION_FLOWS, .iface = 0, .limit = 10};
        a = question_ask(r.engine, &q);
        assert_int_equal(a->total, t.flows_active);
        assert_int_equal(a->sum_bytes, t.ip_bytes);
        assert_int_equal(a->n, 10);
        struct record tenth;
        record_copy(&tenth, &a->records[9]);
        answer_free(a);
        q.offset = 9;
        q.limit = 1;
        a = question_ask(r.engine, &q);
        assert_int_equal(record_order(&a->records[0], &tenth), 0);
        answer_free(a);
        q = (struct question){.kind = QUESTION_TOP, .iface = 0, .by = field_find("l4"), .limit = 5};
        a = question_ask(r.engine, &q);
        uint64_t sum = 0;
        for (uint32_t i = 0; i < a->n; i++)
            sum += a->tops[i].bytes[0] + a->tops[i].bytes[1];
        assert_int_equal(sum, t.ip_bytes);
        answer_free(a);
        end_run(&r);
    }
    free(s);
}

static void test_a_full_table_evicts_one_way_flows_and_still_closes(void **state)
{
    (void)state;
    struct script *s = calloc(1, sizeof *s);
    connection(s, 0, CLIENT, 40000);
    s->n -= 3; /* without its end */
    for (unsigned i = 0; i < 5000; i++)
        add_frame(s, (struct one){.ts = at(1 + i * 1e-5),
                                  .src = 0x0b000000 + i,
                                  .dst = SERVER,
                                  .sport = 999,
                                  .dport = 80,
                                  .proto = 6,
                                  .flags = TCP_SYN});
    struct err e = {""};
    struct engine_config c = config(true);
    c.max_flows = 1000;
    c.max_hosts = 500;
    struct engine *en = engine_new(&c, &e);
    struct source *source = script_open(s);
    assert_int_equal(engine_add_interface(en, "flood", &source, 1, NULL, &e), 0);
    assert_true(engine_start(en, &e));
    assert_true(engine_wait_done(en, clock_mono() + 10 * SECOND));
    struct totals_row t = totals_of(en);
    assert_true(t.flows_active <= 1000);
    assert_true(t.flows_evicted > 3900);
    struct filter_error fe;
    struct filter *f = filter_compile("cli.port=40000", &fe);
    struct question q = {.kind = QUESTION_FLOWS, .iface = 0, .limit = 10, .filter = f};
    struct answer *a = question_ask(en, &q);
    assert_int_equal(a->total, 1); /* the established flow kept its place */
    answer_free(a);
    filter_free(f);
    assert_closes(en);
    engine_free(en);
    free(s);
}

static void test_a_problem_is_told_once_per_server_with_its_filter(void **state)
{
    (void)state;
    struct script *s = calloc(1, sizeof *s);
    for (unsigned i = 0; i < 6; i++) /* SYNs that nobody answers, to one server */
        add_frame(s, (struct one){.ts = at(i),
                                  .src = CLIENT,
                                  .dst = SERVER,
                                  .sport = (uint16_t)(4000 + i),
                                  .dport = 80,
                                  .proto = 6,
                                  .flags = TCP_SYN});
    struct run r = run_script(s, true, 1, false);
    struct question q = {.kind = QUESTION_EVENTS, .iface = 0, .limit = 100};
    struct answer *a = question_ask(r.engine, &q);
    unsigned problems = 0;
    for (uint32_t i = 0; i < a->n; i++) {
        if (a->events[i].kind != EVENT_PROBLEM)
            continue;
        problems++;
        assert_string_equal(a->events[i].filter, "problem=no_answer srv.ip=192.0.2.1");
    }
    assert_int_equal(problems, 1);
    answer_free(a);
    end_run(&r);
    free(s);
}

static void test_the_series_holds_what_came_in_each_second(void **state)
{
    (void)state;
    struct script *s = calloc(1, sizeof *s);
    struct one u = {
        .src = CLIENT, .dst = SERVER, .sport = 4000, .dport = 4001, .proto = 17, .payload = 72};
    for (unsigned i = 0; i < 10; i++) {
        u.ts = at(i < 5 ? 0.1 * i : 3.1);
        add_frame(s, u);
    }
    struct run r = run_script(s, true, 1, false);
    struct question q = {.kind = QUESTION_SERIES, .iface = 0, .seconds = 4};
    struct answer *a = question_ask(r.engine, &q);
    bool seen = false;
    for (uint32_t i = 0; i < a->n; i++) {
        if (strcmp(a->series[i].name, "packets"))
            continue;
        seen = true;
        assert_int_equal(a->series[i].value[0], 5);
        assert_int_equal(a->series[i].value[1], 0);
        assert_int_equal(a->series[i].value[2], 0);
        assert_int_equal(a->series[i].value[3], 5);
    }
    assert_true(seen);
    answer_free(a);
    end_run(&r);
    free(s);
}

int main(void)
{
    struct err e = {""};
    locals_add(&locals, "10.0.0.0/8", &e);
    hash_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_connection_becomes_one_record_with_latencies_and_state),
        cmocka_unit_test(test_a_syn_ack_first_makes_its_receiver_the_client),
        cmocka_unit_test(test_retransmission_gap_and_reordering_are_told_apart),
        cmocka_unit_test(test_silence_ends_a_flow_and_long_life_is_told_in_parts),
        cmocka_unit_test(test_ports_used_again_after_the_end_are_a_new_flow),
        cmocka_unit_test(test_records_and_totals_do_not_depend_on_the_number_of_workers),
        cmocka_unit_test(test_sums_over_hosts_and_groups_equal_the_totals),
        cmocka_unit_test(test_a_full_table_evicts_one_way_flows_and_still_closes),
        cmocka_unit_test(test_a_problem_is_told_once_per_server_with_its_filter),
        cmocka_unit_test(test_the_series_holds_what_came_in_each_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
