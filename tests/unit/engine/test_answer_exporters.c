/* test_answer_exporters.c - what can be asked about exporters, over one worker and over several. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "exports.h"

#include <cmocka.h>

enum { ROUTER = 0x0a000001, SWITCH = 0x0a000002, CLIENT = 0xc0a80001, SERVER = 0xc0000201 };

static const nsec_t now = 1700000000 * SECOND;

struct bench {
    struct script *script;
    struct engine *engine;
};

static struct bench bench_new(unsigned workers)
{
    struct engine_config c = hand_config();
    c.dedup = true;
    struct bench b = {.script = calloc(1, sizeof(struct script))};
    b.engine = hand_collector(&c, b.script, workers);
    for (unsigned i = 0; i < workers; i++)
        worker_time(hand_worker(b.engine, i), now);
    return b;
}

static void bench_free(struct bench *b)
{
    engine_free(b->engine);
    free(b->script);
}

static struct answer *ask(struct bench *b, enum question_kind kind, uint32_t addr)
{
    struct question q = {.kind = kind, .iface = -1, .limit = 100, .addr = hand_ip(addr)};
    struct answer *a = question_ask(b->engine, &q);
    assert_true(a->complete);
    return a;
}

static const struct v5_flow flow = {.src = CLIENT,
                                    .dst = SERVER,
                                    .sport = 50000,
                                    .dport = 443,
                                    .bytes = 6000,
                                    .packets = 10,
                                    .in_if = 3,
                                    .out_if = 7};

static void hear_flow(struct bench *b, unsigned worker, uint32_t from, uint32_t sequence)
{
    struct message_bytes m = v5_message(now, sequence, &flow);
    hear(hand_worker(b->engine, worker), from, now, &m);
}

static void test_an_exporter_s_row_tells_traffic_as_counted_and_as_sent(void **state)
{
    struct bench b = bench_new(1);
    hear_flow(&b, 0, ROUTER, 1);
    struct answer *a = ask(&b, QUESTION_EXPORTERS, 0);
    assert_int_equal(a->n, 1);
    const struct exporter_view *x = &a->exporters[0];
    assert_int_equal(x->row.telemetry, TELEMETRY_NETFLOW5);
    assert_int_equal(x->row.datagrams, 1);
    assert_int_equal(x->bytes, 6000);
    assert_int_equal(x->packets, 10);
    assert_int_equal(x->told.raw_bytes, 6000);
    assert_int_equal(x->told.records, 1);
    assert_int_equal(x->told.dup_bytes, 0);
    assert_int_equal(x->state, EXPORTER_SENDS);
    answer_free(a);
    bench_free(&b);
}

static void test_silence_is_the_time_since_the_last_datagram(void **state)
{
    struct bench b = bench_new(1);
    hear_flow(&b, 0, ROUTER, 1);
    worker_time(hand_worker(b.engine, 0), now + 25 * SECOND);
    struct answer *a = ask(&b, QUESTION_EXPORTERS, 0);
    assert_int_equal(a->exporters[0].silence, 25 * SECOND);
    answer_free(a);
    bench_free(&b);
}

static void test_what_a_second_exporter_repeats_counts_for_its_interfaces_alone(void **state)
{
    struct bench b = bench_new(1);
    hear_flow(&b, 0, ROUTER, 1);
    hear_flow(&b, 0, SWITCH, 1);
    struct answer *a = ask(&b, QUESTION_EXPORTER, SWITCH);
    assert_true(a->found);
    assert_int_equal(a->n, 1);
    assert_int_equal(a->exporters[0].bytes, 0);
    assert_int_equal(a->exporters[0].told.dup_bytes, 6000);
    assert_int_equal(a->exporters[0].told.records, 1);
    assert_int_equal(a->exporter.interfaces, 2);
    assert_int_equal(a->exporter.interface[0].index, 3);
    assert_int_equal(a->exporter.interface[0].traffic.bytes[0], 6000);
    assert_int_equal(a->exporter.interface[1].index, 7);
    assert_int_equal(a->exporter.interface[1].traffic.bytes[0], 0);
    assert_int_equal(a->exporter.interface[1].traffic.bytes[1], 6000);
    answer_free(a);
    bench_free(&b);
}

static void test_exporters_of_several_workers_are_one_list_in_order(void **state)
{
    struct bench b = bench_new(2);
    hear_flow(&b, 1, ROUTER, 1);
    hear_flow(&b, 0, SWITCH, 1);
    struct answer *a = ask(&b, QUESTION_EXPORTERS, 0);
    struct addr first = hand_ip(ROUTER), second = hand_ip(SWITCH);
    assert_int_equal(a->n, 2);
    assert_int_equal(a->total, 2);
    assert_true(addr_equal(&a->exporters[0].row.addr, &first));
    assert_true(addr_equal(&a->exporters[1].row.addr, &second));
    answer_free(a);
    bench_free(&b);
}

static void test_an_unknown_exporter_is_not_found(void **state)
{
    struct bench b = bench_new(2);
    hear_flow(&b, 0, ROUTER, 1);
    struct answer *a = ask(&b, QUESTION_EXPORTER, 0x7f000001);
    assert_false(a->found);
    assert_int_equal(a->n, 0);
    assert_int_equal(a->exporter.interfaces, 0);
    answer_free(a);
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_exporter_s_row_tells_traffic_as_counted_and_as_sent),
        cmocka_unit_test(test_silence_is_the_time_since_the_last_datagram),
        cmocka_unit_test(test_what_a_second_exporter_repeats_counts_for_its_interfaces_alone),
        cmocka_unit_test(test_exporters_of_several_workers_are_one_list_in_order),
        cmocka_unit_test(test_an_unknown_exporter_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
