/* test_export_template.c - which fields an export sends. */
#include "codec/export_template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_names_of_the_seeds_get_their_numbers(void **state)
{
    struct export_template t;
    struct err e = {""};
    assert_true(export_template_parse(
        &t, "%IPV4_SRC_ADDR %l4_src_port, IN_BYTES %L7_PROTO %FIRST_SWITCHED %SRC_PROC_PID", &e));
    assert_int_equal(t.n, 6);
    assert_int_equal(t.field[0].id, 8);
    assert_int_equal(t.field[1].id, 7);
    assert_int_equal(t.field[1].len, 2);
    assert_int_equal(t.field[2].len, 8);
    assert_int_equal(t.field[3].pen, PEN_NTOP);
    assert_int_equal(t.field[3].id, 118);
    assert_int_equal(t.field[4].how, EXPORT_FIRST_UPTIME);
    assert_int_equal(t.field[5].how, EXPORT_CONSTANT);
    assert_false(t.has_reverse);
}

static void test_a_group_stands_for_its_members(void **state)
{
    struct export_template t;
    struct err e = {""};
    assert_true(export_template_parse(&t, "%IN_PKTS @PROCESS@ %L7_PROTO", &e));
    assert_int_equal(t.n, 8);
    assert_int_equal(t.field[1].id, 168);
    assert_int_equal(t.field[7].id, 118);
    assert_false(export_template_parse(&t, "@PROCES@", &e));
    assert_non_null(strstr(e.text, "@PROCESS@"));
}

static void test_an_unknown_name_is_told_with_what_is_near(void **state)
{
    struct export_template t;
    struct err e = {""};
    assert_false(export_template_parse(&t, "%IN_PKTS %IPV4_SRC_ADR", &e));
    assert_non_null(strstr(e.text, "%IPV4_SRC_ADR"));
    assert_non_null(strstr(e.text, "did you mean %IPV4_SRC_ADDR"));
    assert_false(export_template_parse(&t, "%HTTP", &e));
    assert_non_null(strstr(e.text, "%HTTP_HOST"));
    assert_non_null(strstr(e.text, "%HTTP_URL"));
    assert_false(export_template_parse(&t, "  ", &e));
}

static void test_a_registered_name_without_a_value_is_left_out(void **state)
{
    struct export_template t;
    struct err e = {""};
    assert_true(export_template_parse(&t, "%IN_PKTS %SIP_CALL_ID %octetDeltaCount", &e));
    assert_int_equal(t.n, 2);
    assert_int_equal(t.field[1].id, 1);
    assert_string_equal(t.no_value, "SIP_CALL_ID");
    assert_false(export_template_parse(&t, "%SIP_CALL_ID", &e));
    assert_non_null(strstr(e.text, "SIP_CALL_ID"));
}

static void test_names_of_ipv6_and_other_forms_are_the_same_fields(void **state)
{
    struct export_template t;
    struct err e = {""};
    assert_true(
        export_template_parse(&t, "%IPV6_SRC_ADDR %IN_DST_MAC %OUT_DST_MAC %DIRECTION", &e));
    assert_int_equal(t.n, 4);
    assert_int_equal(t.field[0].id, 8);
    assert_int_equal(t.field[0].len, 4);
    assert_int_equal(t.field[0].twin->v6, 27);
    assert_int_equal(t.field[1].id, 80);
    assert_ptr_equal(t.field[1].field, t.field[2].field);
    assert_int_equal(t.field[3].id, 61);
}

static void test_every_number_is_the_one_of_its_name(void **state)
{
    for (size_t i = 0; i < field_count; i++) {
        struct export_template t;
        struct err e = {""};
        const char *seed = field_table[i].seed;
        if (!seed || !*seed || !export_template_parse(&t, seed, &e) || !t.field[0].id)
            continue;
        const struct element *row = element_find(t.field[0].pen, t.field[0].id);
        assert_non_null(row);
        /* Those of which the registries have a name of their own. */
        bool is_other = t.field[0].pen == 0 && strcmp(row->key, seed) != 0;
        if (!is_other)
            assert_string_equal(row->key, seed);
    }
}

static void test_a_field_named_twice_is_sent_once(void **state)
{
    struct export_template t;
    struct err e = {""};
    assert_true(export_template_parse(&t, "%IN_PKTS %IPV4_SRC_ADDR %IPV6_SRC_ADDR %IN_PKTS", &e));
    assert_int_equal(t.n, 2);
}

static void test_counters_of_the_server_make_one_record_of_a_flow(void **state)
{
    struct export_template t;
    struct err e = {""};
    assert_true(export_template_parse(&t, "%IN_BYTES %OUT_BYTES", &e));
    assert_true(t.has_reverse);
    export_template_default(&t, true, false);
    assert_false(t.has_reverse);
    assert_true(t.n >= 17);
    export_template_default(&t, true, true);
    assert_true(t.has_reverse);
}

static void test_the_other_side_tells_the_same_record_swapped(void **state)
{
    struct record r = {.client_port = 1000,
                       .server_port = 53,
                       .sent_bytes = 7,
                       .rcvd_bytes = 9,
                       .client_flags = 2,
                       .locality = LOCALITY_L2R};
    r.client.byte[15] = 1;
    r.server.byte[15] = 2;
    struct record turned = r;
    record_reverse(&turned);
    assert_int_equal(turned.client.byte[15], 2);
    assert_int_equal(turned.client_port, 53);
    assert_int_equal(turned.sent_bytes, 9);
    assert_int_equal(turned.server_flags, 2);
    assert_int_equal(turned.locality, LOCALITY_R2L);
    record_reverse(&turned);
    assert_memory_equal(&turned, &r, sizeof r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_of_the_seeds_get_their_numbers),
        cmocka_unit_test(test_a_group_stands_for_its_members),
        cmocka_unit_test(test_an_unknown_name_is_told_with_what_is_near),
        cmocka_unit_test(test_a_registered_name_without_a_value_is_left_out),
        cmocka_unit_test(test_names_of_ipv6_and_other_forms_are_the_same_fields),
        cmocka_unit_test(test_every_number_is_the_one_of_its_name),
        cmocka_unit_test(test_a_field_named_twice_is_sent_once),
        cmocka_unit_test(test_counters_of_the_server_make_one_record_of_a_flow),
        cmocka_unit_test(test_the_other_side_tells_the_same_record_swapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
