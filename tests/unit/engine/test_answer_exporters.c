/* test_answer_exporters.c - what can be asked about exporters, over one worker and over several. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "export_bench.h"

#include <cmocka.h>

enum { ROUTER = 0x0a000001, SWITCH = 0x0a000002, CLIENT = 0xc0a80001, SERVER = 0xc0000201 };

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

/* An sFlow v5 datagram with the generic counters of one interface. */
static struct message_bytes counters_message(uint32_t sequence, uint32_t index, uint64_t octets)
{
    struct message_bytes m = {.len = 0};
    put(&m, 5, 4);
    put(&m, 1, 4); /* the agent's address is IPv4 */
    put(&m, SWITCH, 4);
    put(&m, 0, 4);
    put(&m, sequence, 4);
    put(&m, 1000 * sequence, 4);
    put(&m, 1, 4); /* one sample */
    put(&m, 2, 4); /* counters */
    put(&m, 12 + 8 + 88, 4);
    put(&m, sequence, 4);
    put(&m, index, 4);
    put(&m, 1, 4); /* one record */
    put(&m, 1, 4); /* generic interface counters */
    put(&m, 88, 4);
    put(&m, index, 4);
    put(&m, 6, 4);
    put(&m, 1000000000, 8);
    put(&m, 1, 4);
    put(&m, 3, 4);
    put(&m, octets, 8);
    put(&m, 100, 4); /* unicast in */
    put(&m, 0, 20);
    put(&m, 2 * octets, 8);
    put(&m, 0, 20);
    put(&m, 0, 4);
    return m;
}

static void test_counters_of_an_interface_become_its_last_hour(void **state)
{
    struct bench b = bench_new(2);
    for (uint32_t i = 0; i < 4; i++) {
        struct message_bytes m = counters_message(i + 1, 7, 1000 + 3000 * i);
        hear(hand_worker(b.engine, 1), SWITCH, now + 30 * i * SECOND, &m);
    }
    worker_time(hand_worker(b.engine, 1), now + 90 * SECOND);
    struct answer *a = ask(&b, QUESTION_EXPORTER, SWITCH);
    assert_int_equal(a->exporter.interfaces, 1);
    const struct exporter_if_row *row = &a->exporter.interface[0];
    assert_int_equal(row->index, 7);
    assert_int_equal(row->speed, 1000000000);
    assert_int_equal(row->counters.in_octets, 10000);
    assert_int_equal(row->interval, 30 * SECOND);
    assert_int_equal(row->delta[METER_IN_OCTETS], 3000);
    assert_int_equal(row->delta[METER_OUT_OCTETS], 6000);
    assert_int_equal(row->total[METER_IN_OCTETS], 9000);
    assert_int_equal(row->restarts, 0);
    answer_free(a);
    struct question q = {
        .kind = QUESTION_METER, .iface = -1, .addr = hand_ip(SWITCH), .interface = 7};
    a = question_ask(b.engine, &q);
    assert_int_equal(a->n, METER_COLUMNS);
    assert_string_equal(a->series[0].name, "in_octets");
    assert_int_equal(a->series[0].step, METER_STEP);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < a->series[0].n; i++)
        sum += a->series[0].value[i] == UINT64_MAX ? 0 : a->series[0].value[i];
    assert_int_equal(sum, 9000);
    assert_true(a->series[0].value[0] == UINT64_MAX);
    answer_free(a);
    bench_free(&b);
}

static void test_templates_with_their_fields_and_rates_are_told(void **state)
{
    struct bench b = bench_new(2);
    static const struct field_row fields[] = {{0, 8, 4}, {0, 12, 4}, {0, 1, 4}, {0, 2, 4}, {0}};
    struct message_bytes m = v9_message(1000, (uint32_t)(now / SECOND), 1);
    open_set(&m, 0);
    put_template(&m, 300, fields);
    put_template(&m, 256, fields + 2);
    close_set(&m);
    hear(hand_worker(b.engine, 1), ROUTER, now, &m);
    struct answer *a = ask(&b, QUESTION_EXPORTER, ROUTER);
    const struct exporter_detail *d = &a->exporter;
    assert_int_equal(d->templates, 2);
    assert_int_equal(d->template[0].row.id, 256);
    assert_int_equal(d->template[0].fields, 2);
    assert_int_equal(d->template[1].row.id, 300);
    assert_int_equal(d->template[1].domain, 7);
    assert_true(d->template[1].is_heard);
    assert_int_equal(d->template[1].fields, 4);
    assert_int_equal(d->field[d->template[1].first_field].id, 8);
    assert_int_equal(d->field[d->template[1].first_field + 3].id, 2);
    assert_int_equal(d->field[d->template[0].first_field].id, 1);
    answer_free(a);
    bench_free(&b);
}

static void test_what_was_remembered_by_all_is_told_once_by_who_hears_it(void **state)
{
    struct bench first = bench_new(1), b = bench_new(3);
    static const struct field_row fields[] = {{0, 8, 4}, {0, 12, 4}, {0}};
    struct message_bytes m = v9_message(1000, (uint32_t)(now / SECOND), 1);
    open_set(&m, 0);
    put_template(&m, 300, fields);
    close_set(&m);
    hear(hand_worker(first.engine, 0), ROUTER, now, &m);
    struct answer *a = ask(&first, QUESTION_TEMPLATES, 0);
    char path[] = "/tmp/weir-templates-XXXXXX";
    int fd = mkstemp(path);
    struct err e = {""};
    assert_int_not_equal(fd, -1);
    close(fd);
    assert_int_equal(a->n, 1);
    assert_true(a->kept[0].is_heard);
    assert_true(collector_write(&a->kept[0].packed, path, &e));
    answer_free(a);
    assert_true(engine_recall(b.engine, 0, path, &e));
    unlink(path);
    a = ask(&b, QUESTION_EXPORTERS, 0);
    assert_int_equal(a->n, 1);
    assert_int_equal(a->exporters[0].state, EXPORTER_REMEMBERED);
    answer_free(a);
    hear(hand_worker(b.engine, 2), ROUTER, now, &m);
    a = ask(&b, QUESTION_EXPORTER, ROUTER);
    assert_int_equal(a->n, 1);
    assert_int_equal(a->exporters[0].state, EXPORTER_SENDS);
    assert_int_equal(a->exporter.templates, 1);
    assert_true(a->exporter.template[0].is_heard);
    answer_free(a);
    a = ask(&b, QUESTION_TEMPLATES, 0);
    assert_int_equal(a->n, 1);
    assert_true(a->kept[0].is_heard);
    answer_free(a);
    bench_free(&first);
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
        cmocka_unit_test(test_counters_of_an_interface_become_its_last_hour),
        cmocka_unit_test(test_templates_with_their_fields_and_rates_are_told),
        cmocka_unit_test(test_what_was_remembered_by_all_is_told_once_by_who_hears_it),
        cmocka_unit_test(test_an_unknown_exporter_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
