/* test_collector_order.c - what belongs together although it comes late, early or in another order. */
#include "codec/collector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "codec/json_flow_in.h"
#include "messages.h"

#define NOON_S 1500000000u

static struct collector *c;
static unsigned options;
static char line[1024];

static void see_flows(void *to, const struct flow_in *f, size_t n)
{
    struct text t = {0};
    flow_in_to_json(&t, &f[n - 1], &f[n - 1].src);
    assert_true(t.len < sizeof line);
    memcpy(line, t.data, t.len + 1);
    text_free(&t);
    for (size_t i = 0; i < n; i++)
        options += f[i].kind == FLOW_IN_OPTIONS;
    on_flows(to, f, n);
}

static int setup(void **state)
{
    static const struct collector_ops ops = {.flows = see_flows};
    struct err e;
    c = collector_new(&(struct collector_config){.keep_raw = true}, &ops, NULL, &e);
    forget_told();
    options = 0;
    return !c;
}

static int teardown(void **state)
{
    collector_free(c);
    return 0;
}

static const struct field_row plain[] = {{0, 8, 4}, {0, 12, 4}, {0, 1, 4}, {0, 0, 0}};
static const struct field_row stamped[] = {
    {0, 8, 4}, {0, 12, 4}, {0, 22, 4}, {0, 21, 4}, {0, 0, 0}};

static void put_words(struct message_bytes *m, const uint32_t *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put(m, words[i], 4);
}

static void test_a_message_a_minute_late_is_no_restart(void **state)
{
    struct message_bytes m = v9_message(500000, NOON_S, 5);
    open_set(&m, 0);
    put_template(&m, 300, plain);
    close_set(&m);
    take(c, &m);
    m = v9_message(430000, NOON_S - 70, 4);
    take(c, &m);
    m = v9_message(501000, NOON_S + 1, 6);
    open_set(&m, 300);
    put_words(&m, (const uint32_t[]){1, 2, 3}, 3);
    close_set(&m);
    take(c, &m);
    struct exporter_row row;
    assert_true(collector_exporter(c, 0, &row));
    assert_int_equal(row.restarts, 0);
    assert_int_equal(told.flows, 1);
}

static void test_an_uptime_that_trembles_as_the_second_turns_is_no_restart(void **state)
{
    struct message_bytes m = v9_message(500000, NOON_S, 5);
    take(c, &m);
    m = v9_message(499999, NOON_S + 1, 6);
    take(c, &m);
    struct exporter_row row;
    assert_true(collector_exporter(c, 0, &row));
    assert_int_equal(row.restarts, 0);
    m = v9_message(490000, NOON_S + 2, 7);
    take(c, &m);
    assert_true(collector_exporter(c, 0, &row));
    assert_int_equal(row.restarts, 1);
}

static void take_sflow(uint32_t sequence, uint32_t uptime, nsec_t received)
{
    struct message_bytes m = {.len = 0};
    put_words(&m, (const uint32_t[]){5, 1, 0xc0000209, 0, sequence, uptime, 0}, 7);
    take_at(c, &m, received);
}

static void test_an_agent_whose_datagrams_overtake_each_other_has_not_restarted(void **state)
{
    take_sflow(7, 90000, NOON);
    take_sflow(9, 90500, NOON + 500 * MILLISECOND);
    take_sflow(8, 90400, NOON + 600 * MILLISECOND);
    struct exporter_row row;
    assert_true(collector_exporter(c, 0, &row));
    assert_int_equal(row.restarts, 0);
    assert_int_equal(row.lost, 0);
    assert_int_equal(row.reordered, 1);
    take_sflow(0, 200, NOON + 2 * MINUTE);
    assert_true(collector_exporter(c, 0, &row));
    assert_int_equal(row.restarts, 1);
}

/* A set of layouts that is padded with eight octets: "id 0, no fields" withdraws nothing. */
static void test_padding_behind_layouts_withdraws_none(void **state)
{
    struct message_bytes m = ipfix_message(NOON_S, 0);
    open_set(&m, 2);
    put_template(&m, 300, plain);
    put(&m, 0, 8);
    close_set(&m);
    open_set(&m, 300);
    put_words(&m, (const uint32_t[]){1, 2, 3}, 3);
    close_set(&m);
    take(c, &m);
    assert_int_equal(told.flows, 1);
}

static void put_boot_template(struct message_bytes *m)
{
    open_set(m, 3);
    put(m, 301, 2);
    put(m, 2, 2);
    put(m, 1, 2);
    put(m, 144 << 16 | 4, 4);
    put(m, 160 << 16 | 8, 4);
    close_set(m);
}

static void put_boot(struct message_bytes *m, uint64_t ms)
{
    open_set(m, 301);
    put(m, 1, 4);
    put(m, ms, 8);
    close_set(m);
}

static void test_options_before_their_layout_in_one_message_are_learnt(void **state)
{
    struct message_bytes m = ipfix_message(NOON_S, 0);
    put_boot(&m, 1000);
    put_boot_template(&m);
    take(c, &m);
    assert_int_equal(options, 1);
    assert_int_equal(counter_get(&collector_counts(c)->options), 1);
}

/* The exporter has been up for fifty days, its stamps for seven hours since they wrapped. */
static void test_stamps_of_ipfix_wrap_and_need_the_start_that_its_options_tell(void **state)
{
    const uint64_t up = (UINT64_C(1) << 32) + 25000000, boot = NOON_S * UINT64_C(1000) - up;
    struct message_bytes m = ipfix_message(NOON_S, 0);
    put_boot_template(&m);
    open_set(&m, 2);
    put_template(&m, 300, stamped);
    close_set(&m);
    open_set(&m, 300);
    put_words(&m, (const uint32_t[]){1, 2, 25000000 - 3000, 25000000 - 1000}, 4);
    close_set(&m);
    put_boot(&m, boot);
    take(c, &m);
    assert_int_equal(told.flows, 1);
    assert_true(told.flow[0].first == NOON - 3 * SECOND);
    assert_true(told.flow[0].last == NOON - SECOND);
    assert_false(told.flow[0].flags & FLOW_IN_CLAMPED);
}

static void test_no_microseconds_ago_is_a_time(void **state)
{
    static const struct field_row rows[] = {
        {0, 8, 4}, {0, 12, 4}, {0, 158, 4}, {0, 159, 4}, {0, 0, 0}};
    struct message_bytes m = ipfix_message(NOON_S, 0);
    open_with_template(&m, 300, rows);
    put_words(&m, (const uint32_t[]){1, 2, 2000000, 0}, 4);
    close_set(&m);
    take(c, &m);
    assert_true(told.flow[0].first == NOON - 2 * SECOND);
    assert_true(told.flow[0].last == NOON);
}

static void test_of_two_destinations_the_one_that_says_something_stays(void **state)
{
    static const struct field_row rows[] = {{0, 8, 4}, {0, 12, 4}, {0, 28, 16}, {0, 0, 0}};
    struct message_bytes m = ipfix_message(NOON_S, 0);
    open_with_template(&m, 300, rows);
    put_words(&m, (const uint32_t[]){0x0a000001, 0x0a000002, 0, 0, 0, 0}, 6);
    close_set(&m);
    take(c, &m);
    assert_int_equal(told.flow[0].version, 4);
    assert_int_equal(told.flow[0].dst.byte[15], 2);
}

static void test_options_show_every_element_and_scopes_of_v9_by_their_names(void **state)
{
    struct message_bytes m = v9_message(1000, NOON_S, 5);
    open_set(&m, 1);
    put(&m, 301, 2);
    put(&m, 4, 2);
    put(&m, 8, 2);
    put(&m, 1 << 16 | 4, 4);
    put(&m, 10 << 16 | 4, 4);
    put(&m, 34 << 16 | 4, 4);
    close_set(&m);
    open_set(&m, 301);
    put_words(&m, (const uint32_t[]){9, 3, 100}, 3);
    close_set(&m);
    take(c, &m);
    assert_non_null(strstr(line, "\"SCOPE_SYSTEM\":9"));
    assert_non_null(strstr(line, "\"INPUT_SNMP\":3"));
    assert_non_null(strstr(line, "\"SAMPLING_INTERVAL\":100"));
}

static void put_record(struct message_bytes *m, uint32_t octets)
{
    open_set(m, 300);
    put_words(m, (const uint32_t[]){1, 2, octets}, 3);
    close_set(m);
}

/* Its data is of a layout that is not known, and the next one with its number is another. */
static void test_data_of_a_refused_layout_is_read_by_no_later_one(void **state)
{
    static const struct field_row bad[] = {{0, 8, 4}, {0, 12, 50}, {0, 0, 0}};
    struct message_bytes m = ipfix_message(NOON_S, 0);
    put_record(&m, 7); /* before any layout */
    take(c, &m);
    m = ipfix_message(NOON_S, 1);
    open_set(&m, 2);
    put_template(&m, 300, bad);
    close_set(&m);
    put_record(&m, 8);
    take(c, &m);
    m = ipfix_message(NOON_S, 2);
    open_set(&m, 2);
    put_template(&m, 300, plain);
    close_set(&m);
    put_record(&m, 9);
    take(c, &m);
    assert_int_equal(told.flows, 1);
    assert_int_equal(told.flow[0].bytes[0], 9);
    assert_int_equal(counter_get(&collector_counts(c)->loss[LOSS_no_template]), 2);
}

static void test_what_waited_before_a_restart_is_not_read_by_layouts_after_it(void **state)
{
    struct message_bytes m = v9_message(900000000, NOON_S, 50000);
    put_record(&m, 7);
    take(c, &m);
    m = v9_message(3000, NOON_S + 30, 1);
    open_set(&m, 0);
    put_template(&m, 300, plain);
    close_set(&m);
    take_at(c, &m, NOON + 30 * SECOND);
    assert_int_equal(told.flows, 0);
    assert_int_equal(counter_get(&collector_counts(c)->loss[LOSS_no_template]), 1);
}

static void test_a_record_that_ends_where_a_length_should_stand_is_cut(void **state)
{
    static const struct field_row rows[] = {{0, 8, 4}, {0, 82, 65535}, {0, 83, 65535}, {0, 0, 0}};
    struct message_bytes m = ipfix_message(NOON_S, 0);
    open_with_template(&m, 300, rows);
    put(&m, 1, 4);
    put(&m, 0x02616201, 4); /* two letters, and the length of one more */
    put(&m, 'c', 1);
    put(&m, 2, 4);
    put(&m, 0x026162, 3);
    close_set(&m);
    take(c, &m);
    assert_int_equal(told.flows, 1);
    assert_int_equal(counter_get(&collector_counts(c)->loss[LOSS_record_cut]), 1);
}

static void test_a_sampler_whose_only_rate_was_refused_is_as_if_it_had_told_none(void **state)
{
    static const struct field_row rows[] = {{0, 8, 4}, {0, 12, 4}, {0, 48, 4}, {0, 0, 0}};
    struct message_bytes m = ipfix_message(NOON_S, 0);
    open_set(&m, 3);
    put(&m, 301, 2);
    put(&m, 2, 2);
    put(&m, 1, 2);
    put(&m, 48 << 16 | 4, 4);
    put(&m, 50 << 16 | 4, 4);
    close_set(&m);
    open_set(&m, 301);
    put_words(&m, (const uint32_t[]){7, 0}, 2);
    close_set(&m);
    open_with_template(&m, 300, rows);
    put_words(&m, (const uint32_t[]){1, 2, 7}, 3);
    close_set(&m);
    take(c, &m);
    assert_int_equal(told.flow[0].sampling, 1);
    assert_int_equal(counter_get(&collector_counts(c)->loss[LOSS_sampling_bad]), 1);
}

static void test_ports_without_addresses_and_small_reals_are_shown(void **state)
{
    static const struct field_row rows[] = {{0, 7, 2}, {0, 1, 4}, {0, 311, 8}, {0, 0, 0}};
    struct message_bytes m = ipfix_message(NOON_S, 0);
    open_with_template(&m, 300, rows);
    put(&m, 443, 2);
    put(&m, 10, 4);
    put(&m, 0x3e112e0be826d695, 8); /* 1e-9 */
    close_set(&m);
    take(c, &m);
    assert_non_null(strstr(line, "\"L4_SRC_PORT\":443"));
    assert_non_null(strstr(line, "e-09"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_message_a_minute_late_is_no_restart, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_an_uptime_that_trembles_as_the_second_turns_is_no_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_an_agent_whose_datagrams_overtake_each_other_has_not_restarted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_padding_behind_layouts_withdraws_none, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_options_before_their_layout_in_one_message_are_learnt,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_stamps_of_ipfix_wrap_and_need_the_start_that_its_options_tell, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_microseconds_ago_is_a_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_of_two_destinations_the_one_that_says_something_stays,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_options_show_every_element_and_scopes_of_v9_by_their_names, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_a_sampler_whose_only_rate_was_refused_is_as_if_it_had_told_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_data_of_a_refused_layout_is_read_by_no_later_one,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_what_waited_before_a_restart_is_not_read_by_layouts_after_it, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_record_that_ends_where_a_length_should_stand_is_cut,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_ports_without_addresses_and_small_reals_are_shown,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
