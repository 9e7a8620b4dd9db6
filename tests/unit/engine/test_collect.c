/* test_collect.c - what a worker does with what its collector tells: flows, events, shares of a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/ledger.h"
#include "engine/merge.h"
#include "exports.h"

#include <cmocka.h>

enum { ROUTER = 0x0a000001, SERVER = 0xc0000201, CREATED = 1, DELETED = 2, UDP = 17 };

static const nsec_t now = 1700000000 * SECOND;

struct bench {
    struct script *script;
    struct engine *engine;
    unsigned workers;
};

/* Live, or workers of one file. */
static struct bench bench_new(unsigned workers, bool live)
{
    struct engine_config c = hand_config();
    c.dedup = true;
    c.export_port = EXPORT_PORT_ANY;
    struct bench b = {.script = calloc(1, sizeof(struct script)), .workers = workers};
    b.engine = hand_engine(&c, b.script, workers, live);
    for (unsigned i = 0; i < workers; i++)
        worker_time(hand_worker(b.engine, i), now);
    return b;
}

static void bench_free(struct bench *b)
{
    engine_free(b->engine);
    free(b->script);
}

/* Every worker of a file sees every message. */
static void hear_all(struct bench *b, const struct message_bytes *m)
{
    for (unsigned i = 0; i < b->workers; i++)
        hear(hand_worker(b->engine, i), ROUTER, now, m);
}

static struct totals_row totals_of(struct bench *b)
{
    struct totals_row t, more;
    worker_totals(hand_worker(b->engine, 0), &t);
    for (unsigned i = 1; i < b->workers; i++) {
        worker_totals(hand_worker(b->engine, i), &more);
        totals_add(&t, &more);
    }
    t.received = t.wire_packets;
    t.catching_up = 0;
    struct ledger l;
    ledger_fill(&l, &t);
    for (unsigned i = 0; i < l.n; i++)
        if (l.line[i].gap)
            fail_msg("%s %s: %lld", l.line[i].id, l.line[i].text, (long long)l.line[i].gap);
    return t;
}

/* A firewall's template: addresses, ports, protocol, what happened, and the octets of the flow. */
static struct message_bytes event_message(uint32_t sequence)
{
    static const struct field_row fields[] = {{0, 8, 4}, {0, 12, 4},  {0, 7, 2},  {0, 11, 2},
                                              {0, 4, 1}, {0, 233, 1}, {0, 85, 4}, {0}};
    struct message_bytes m = v9_message(1000, (uint32_t)(now / SECOND), sequence);
    open_set(&m, 0);
    put_template(&m, 263, fields);
    close_set(&m);
    open_set(&m, 263);
    return m;
}

static void put_event(struct message_bytes *m, uint32_t client, unsigned event, uint32_t octets)
{
    put(m, client, 4);
    put(m, SERVER, 4);
    put(m, 5000, 2);
    put(m, 53, 2);
    put(m, UDP, 1);
    put(m, event, 1);
    put(m, octets, 4);
}

static struct answer *told_of(struct bench *b)
{
    struct question q = {.kind = QUESTION_TOLD, .iface = -1, .limit = 1000};
    return question_ask(b->engine, &q);
}

static void test_a_firewall_s_event_is_told_with_all_its_fields_and_is_no_traffic(void **state)
{
    struct bench b = bench_new(1, true);
    struct message_bytes m = event_message(1);
    put_event(&m, 0xc0a80001, CREATED, 0);
    close_set(&m);
    hear(hand_worker(b.engine, 0), ROUTER, now, &m);
    struct answer *a = told_of(&b);
    struct addr router = hand_ip(ROUTER);
    assert_int_equal(a->n, 1);
    assert_true(a->told[0].is_event);
    assert_int_equal(a->told[0].event, CREATED);
    assert_int_equal(a->told[0].dst_port, 53);
    assert_int_equal(a->told[0].domain, 7);
    assert_true(addr_equal(&a->told[0].exporter, &router));
    assert_non_null(strstr(a->told[0].fields, "192.168.0.1"));
    assert_non_null(strstr(a->told[0].fields, "FIREWALL_EVENT"));
    answer_free(a);
    struct totals_row t = totals_of(&b);
    assert_int_equal(t.packets[REASON_record_event], 1);
    assert_int_equal(t.ip_bytes, 0);
    assert_int_equal(t.flows_created, 0);
    bench_free(&b);
}

static void test_an_event_with_octets_counts_and_is_told(void **state)
{
    struct bench b = bench_new(1, true);
    struct message_bytes m = event_message(1);
    put_event(&m, 0xc0a80001, DELETED, 4321);
    close_set(&m);
    hear(hand_worker(b.engine, 0), ROUTER, now, &m);
    struct answer *a = told_of(&b);
    assert_int_equal(a->n, 1);
    answer_free(a);
    struct totals_row t = totals_of(&b);
    assert_int_equal(t.ip_bytes, 4321);
    assert_int_equal(t.records_counted, 1);
    assert_int_equal(t.packets[REASON_record_event], 0);
    bench_free(&b);
}

/* A NetFlow v5 message whose header says that one packet of `rate` was looked at. */
static struct message_bytes sampled(uint32_t sequence, unsigned rate)
{
    enum { SAMPLING_AT = 22 };
    const struct v5_flow f = {.src = SERVER, .dst = 0xc0a80001, .packets = 1, .bytes = 100};
    struct message_bytes m = v5_message(now, sequence, &f);
    set_u16(&m, SAMPLING_AT, 1u << 14 | rate);
    return m;
}

static void test_a_rate_that_changes_far_is_a_problem_and_a_little_an_event(void **state)
{
    static const unsigned rate[] = {10, 20, 4000};
    struct bench b = bench_new(1, true);
    for (unsigned i = 0; i < 3; i++) {
        struct message_bytes m = sampled(i, rate[i]);
        hear(hand_worker(b.engine, 0), ROUTER, now, &m);
    }
    struct question q = {.kind = QUESTION_EVENTS, .iface = -1, .limit = 100};
    struct answer *a = question_ask(b.engine, &q);
    unsigned kinds[EVENT_EXPORTER + 1] = {0};
    for (uint32_t i = 0; i < a->n; i++)
        kinds[a->events[i].kind] += strstr(a->events[i].text, "10.0.0.1") != NULL;
    assert_int_equal(kinds[EVENT_PROBLEM], 1);
    assert_int_equal(kinds[EVENT_EXPORTER], 2); /* that it is there, and from 10 to 20 */
    answer_free(a);
    bench_free(&b);
}

static void test_the_newest_of_many_events_are_kept_newest_first(void **state)
{
    enum { EVENTS = TOLD_KEPT + 40 };
    struct bench b = bench_new(1, true);
    for (unsigned i = 0; i < EVENTS; i++) {
        struct message_bytes m = event_message(i + 1);
        put_event(&m, 0xc0a80000 + i, CREATED, 0);
        close_set(&m);
        hear(hand_worker(b.engine, 0), ROUTER, now + i * MILLISECOND, &m);
    }
    struct answer *a = told_of(&b);
    struct addr newest = hand_ip(0xc0a80000 + EVENTS - 1);
    struct addr oldest = hand_ip(0xc0a80000 + EVENTS - TOLD_KEPT);
    assert_int_equal(a->n, TOLD_KEPT);
    assert_true(addr_equal(&a->told[0].src, &newest));
    assert_true(addr_equal(&a->told[TOLD_KEPT - 1].src, &oldest));
    answer_free(a);
    assert_int_equal(totals_of(&b).packets[REASON_record_event], EVENTS);
    bench_free(&b);
}

/* The same messages to n workers of a file. */
static struct totals_row share(unsigned workers, uint32_t *events)
{
    struct bench b = bench_new(workers, false);
    for (unsigned i = 0; i < 20; i++) {
        struct v5_flow f = {.src = 0xc0a80000 + i, .dst = SERVER, .bytes = 1000, .packets = 2};
        struct message_bytes m = v5_message(now, i, &f);
        hear_all(&b, &m);
        m = event_message(i + 1);
        put_event(&m, 0xc0a80000 + i, CREATED, 0);
        put_event(&m, 0xc0a80000 + i, DELETED, 500);
        close_set(&m);
        hear_all(&b, &m);
    }
    struct totals_row t = totals_of(&b);
    struct answer *a = told_of(&b);
    *events = a->n;
    answer_free(a);
    bench_free(&b);
    return t;
}

static void test_workers_of_a_file_count_together_what_one_counts(void **state)
{
    uint32_t told_one, told_four;
    struct totals_row one = share(1, &told_one), four = share(4, &told_four);
    assert_int_equal(one.ip_bytes, 20 * 1500);
    assert_int_equal(four.ip_bytes, one.ip_bytes);
    assert_int_equal(four.datagrams, one.datagrams);
    assert_int_equal(four.records, one.records);
    assert_int_equal(four.records_taken, one.records_taken);
    assert_int_equal(four.flows_created, one.flows_created);
    assert_int_equal(four.wire_bytes, one.wire_bytes);
    assert_int_equal(four.packets[REASON_export], 40);
    assert_int_equal(told_one, 40);
    assert_int_equal(told_four, told_one);
}

static void test_what_waits_for_a_template_at_the_end_is_counted_as_lost(void **state)
{
    struct bench b = bench_new(1, true);
    struct message_bytes m = v9_message(1000, (uint32_t)(now / SECOND), 1);
    open_set(&m, 300);
    put(&m, 1, 4);
    close_set(&m);
    hear(hand_worker(b.engine, 0), ROUTER, now, &m);
    assert_int_equal(totals_of(&b).records, 0);
    collect_end(hand_worker(b.engine, 0));
    struct totals_row t = totals_of(&b);
    assert_int_equal(t.records, 1);
    assert_int_equal(t.record_losses[LOSS_no_template], 1);
    bench_free(&b);
}

static void test_a_new_exporter_is_an_event_that_leads_to_its_flows(void **state)
{
    struct bench b = bench_new(1, true);
    struct v5_flow f = {.src = 0xc0a80001, .dst = SERVER, .bytes = 1000, .packets = 2};
    struct message_bytes m = v5_message(now, 1, &f);
    hear(hand_worker(b.engine, 0), ROUTER, now, &m);
    struct question q = {.kind = QUESTION_EVENTS, .iface = -1, .limit = 10};
    struct answer *a = question_ask(b.engine, &q);
    const struct event_row *row = NULL;
    for (uint32_t i = 0; i < a->n; i++)
        row = a->events[i].kind == EVENT_EXPORTER ? &a->events[i] : row;
    assert_non_null(row);
    assert_non_null(strstr(row->text, "Exporter 10.0.0.1: "));
    assert_string_equal(row->filter, "exporter=10.0.0.1");
    assert_string_equal(row->link, "10.0.0.1");
    answer_free(a);
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_firewall_s_event_is_told_with_all_its_fields_and_is_no_traffic),
        cmocka_unit_test(test_an_event_with_octets_counts_and_is_told),
        cmocka_unit_test(test_a_rate_that_changes_far_is_a_problem_and_a_little_an_event),
        cmocka_unit_test(test_the_newest_of_many_events_are_kept_newest_first),
        cmocka_unit_test(test_workers_of_a_file_count_together_what_one_counts),
        cmocka_unit_test(test_what_waits_for_a_template_at_the_end_is_counted_as_lost),
        cmocka_unit_test(test_a_new_exporter_is_an_event_that_leads_to_its_flows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
