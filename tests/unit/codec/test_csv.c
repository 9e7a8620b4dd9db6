/* test_csv.c - records as comma-separated values. */
#include "codec/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void assert_cell(const char *value, const char *expected)
{
    struct text t = {0};
    text_add(&t, "");
    csv_cell(&t, value, strlen(value));
    assert_string_equal(t.data, expected);
    text_free(&t);
}

static void test_cells_are_quoted_only_when_they_must_be(void **state)
{
    assert_cell("plain", "plain");
    assert_cell("", "");
    assert_cell("a,b", "\"a,b\"");
    assert_cell("say \"x\"", "\"say \"\"x\"\"\"");
    assert_cell("a\nb", "\"a\nb\"");
    assert_cell(" a", "\" a\"");
}

static void test_formulas_are_disarmed(void **state)
{
    assert_cell("=1+1", "'=1+1");
    assert_cell("+a", "'+a");
    assert_cell("-a", "'-a");
    assert_cell("@SUM(A1,B1)", "\"'@SUM(A1,B1)\"");
    assert_cell("\tx", "'\tx");
    assert_cell("\rx", "\"'\rx\"");
    assert_cell("a=b", "a=b");
}

static void test_a_nul_byte_is_left_out(void **state)
{
    struct text t = {0};
    csv_cell(&t, "a\0b", 3);
    assert_string_equal(t.data, "ab");
    assert_int_equal(t.len, 2);
    text_free(&t);
}

static void test_a_record_is_a_row_of_exact_values(void **state)
{
    struct record r;
    memset(&r, 0, sizeof r);
    addr_parse("10.0.0.1", &r.client);
    r.first = r.flow_first = 1497300991 * SECOND + 7 * MILLISECOND;
    r.last = r.first + 41224 * MICROSECOND;
    r.proto = 17;
    r.sent_bytes = 15417000000;
    r.server_rtt = 9;
    r.tunnels_seen = TUNNEL_GRE | TUNNEL_VXLAN;
    r.problem = PROBLEM_NO_ANSWER;
    tail_set(&r.tail, STRING_info, "=cmd", 4);
    static const enum field_id ids[] = {
        FIELD_first,      FIELD_duration, FIELD_client,       FIELD_server, FIELD_proto,
        FIELD_sent_bytes, FIELD_retrans,  FIELD_server_rtt,   FIELD_app,    FIELD_tunnels_seen,
        FIELD_problem,    FIELD_info,     FIELD_goodput_ratio};
    enum { N = sizeof ids / sizeof *ids };
    const struct field *fields[N];
    for (size_t i = 0; i < N; i++)
        fields[i] = &field_table[ids[i]];
    struct text t = {0};
    csv_header(&t, fields, N);
    csv_row(&t, &r, fields, N);
    assert_string_equal(
        t.data, "first_seen,duration_ms,cli.ip,srv.ip,l4,c2s_bytes,retrans,server_nw_ms,app,"
                "tunnels,problem,info,goodput_ratio\r\n"
                "1497300991007,41.224,10.0.0.1,,udp,15417000000,0,0.009,,gre; vxlan,no_answer,"
                "'=cmd,\r\n");
    text_free(&t);
}

static void test_all_fields_have_a_column(void **state)
{
    struct record r;
    memset(&r, 0, sizeof r);
    struct text t = {0};
    csv_header(&t, NULL, 0);
    size_t commas = 0;
    for (size_t i = 0; i < t.len; i++)
        commas += t.data[i] == ',';
    assert_int_equal(commas, field_count - 2 - 1);
    text_reset(&t);
    csv_row(&t, &r, NULL, 0);
    size_t cells = 0;
    for (size_t i = 0; i < t.len; i++)
        cells += t.data[i] == ',';
    assert_int_equal(cells, commas);
    text_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells_are_quoted_only_when_they_must_be),
        cmocka_unit_test(test_formulas_are_disarmed),
        cmocka_unit_test(test_a_nul_byte_is_left_out),
        cmocka_unit_test(test_a_record_is_a_row_of_exact_values),
        cmocka_unit_test(test_all_fields_have_a_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
