/* test_json_flow_in.c - a data record as one line of JSON says what was sent, under the names it was sent by. */
#include "messages.h"

#include "codec/json_flow_in.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static char line[4096];

static void print_flows(void *to, const struct flow_in *f, size_t n)
{
    struct text t = {0};
    const struct addr exporter = addr_v4((const uint8_t[]){192, 0, 2, 1});
    flow_in_to_json(&t, &f[n - 1], &exporter);
    snprintf(line, sizeof line, "%s", t.data);
    text_free(&t);
}

/* The line of an IPFIX record of two addresses and these counters, 11, 22 ... each. */
static const char *line_of(const struct field_row *rows, unsigned n)
{
    static const struct collector_ops ops = {.flows = print_flows};
    struct err e;
    struct collector *c =
        collector_new(&(struct collector_config){.keep_raw = true}, &ops, NULL, &e);
    struct message_bytes m = ipfix_message(1500000000, 0);
    line[0] = '\0';
    open_with_template(&m, 256, rows);
    put(&m, 0x01020304, 4);
    put(&m, 0x05060708, 4);
    for (unsigned i = 1; i <= n; i++)
        put(&m, i * 11, 8);
    close_set(&m);
    take(c, &m);
    collector_free(c);
    return line;
}

static void test_deltas_stand_under_their_names_and_once(void **state)
{
    static const struct field_row rows[] = {{0, 8, 4}, {0, 12, 4}, {0, 1, 8}, {0, 2, 8}, {0}};
    const char *text = line_of(rows, 2);
    assert_non_null(strstr(text, "\"IN_BYTES\":11,\"IN_PKTS\":22,"));
    assert_null(strstr(strstr(text, "IN_BYTES") + 1, "IN_BYTES"));
}

static void test_totals_are_not_called_deltas(void **state)
{
    static const struct field_row rows[] = {{0, 8, 4}, {0, 12, 4}, {0, 85, 8}, {0, 86, 8}, {0}};
    const char *text = line_of(rows, 2);
    assert_null(strstr(text, "\"IN_BYTES\""));
    assert_null(strstr(text, "\"IN_PKTS\""));
    assert_non_null(strstr(text, "\"IN_PERMANENT_BYTES\":11"));
    assert_non_null(strstr(text, "\"IN_PERMANENT_PKTS\":22"));
}

static void test_what_left_is_shown_beside_what_came(void **state)
{
    static const struct field_row rows[] = {{0, 8, 4},  {0, 12, 4}, {0, 1, 8}, {0, 2, 8},
                                            {0, 23, 8}, {0, 24, 8}, {0}};
    const char *text = line_of(rows, 4);
    assert_non_null(strstr(text, "\"IN_BYTES\":11"));
    assert_non_null(strstr(text, "\"OUT_BYTES\":33"));
    assert_non_null(strstr(text, "\"OUT_PKTS\":44"));
}

static void test_options_hide_no_element_behind_a_column_they_do_not_have(void **state)
{
    static const struct collector_ops ops = {.flows = print_flows};
    struct err e;
    struct collector *c =
        collector_new(&(struct collector_config){.keep_raw = true}, &ops, NULL, &e);
    struct message_bytes m = ipfix_message(1500000000, 0);
    static const uint32_t template[] = {400, 2, 1, 149, 4, 34, 4};
    open_set(&m, 3);
    for (unsigned i = 0; i < sizeof template / sizeof *template; i++)
        put(&m, template[i], 2);
    close_set(&m);
    open_set(&m, 400);
    put(&m, 7, 4);
    put(&m, 1000, 4);
    close_set(&m);
    take(c, &m);
    collector_free(c);
    assert_non_null(strstr(line, "\"SAMPLING_INTERVAL\":1000"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deltas_stand_under_their_names_and_once),
        cmocka_unit_test(test_totals_are_not_called_deltas),
        cmocka_unit_test(test_options_hide_no_element_behind_a_column_they_do_not_have),
        cmocka_unit_test(test_what_left_is_shown_beside_what_came),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
