/* test_fields.c - the table of fields and finding its rows. */
#include "model/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <cmocka.h>

static void test_every_row_is_found_by_each_of_its_names(void **state)
{
    for (size_t i = 0; i < field_count; i++) {
        const struct field *f = &field_table[i];
        if (f->kind == KIND_none)
            continue;
        assert_ptr_equal(field_find(f->operand), f);
        assert_ptr_equal(field_find(f->api), f);
        if (*f->seed)
            assert_ptr_equal(field_find(f->seed), f);
    }
}

static void test_names_are_found_in_any_case(void **state)
{
    assert_ptr_equal(field_find("Cli.IP"), &field_table[FIELD_client]);
    assert_ptr_equal(field_find("in_bytes"), &field_table[FIELD_sent_bytes]);
    assert_ptr_equal(field_find("C2S_BYTES"), &field_table[FIELD_sent_bytes]);
    assert_ptr_equal(field_find("sent_bytes"), &field_table[FIELD_sent_bytes]);
}

static void test_raw_members_and_nonsense_are_not_found(void **state)
{
    assert_null(field_find("l7_master"));
    assert_null(field_find(""));
    assert_null(field_find(NULL));
    assert_null(field_find("nonsense"));
}

static void test_no_two_rows_share_a_seed_an_api_key_or_an_operand(void **state)
{
    for (size_t i = 0; i < field_count; i++)
        for (size_t j = 0; j < i; j++) {
            const struct field *a = &field_table[i], *b = &field_table[j];
            if (a->kind == KIND_none || b->kind == KIND_none)
                continue;
            assert_string_not_equal(a->api, b->api);
            assert_int_not_equal(strcasecmp(a->operand, b->operand), 0);
            if (*a->seed)
                assert_string_not_equal(a->seed, b->seed);
        }
}

static void test_ids_are_indexes(void **state)
{
    assert_int_equal(FIELDS, field_count);
    assert_string_equal(field_table[FIELD_bytes].member, "bytes");
    assert_string_equal(field_table[FIELD_user_name].member, "user_name");
    assert_int_equal(field_table[FIELD_sni].string, STRING_sni);
}

static void test_computed_rows_have_no_place_and_others_do(void **state)
{
    assert_int_equal(field_table[FIELD_bytes].offset, -1);
    assert_int_equal(field_table[FIELD_sent_bytes].offset, offsetof(struct record, sent_bytes));
    assert_int_equal(field_table[FIELD_sent_bytes].size, 8);
    assert_int_equal(field_table[FIELD_client].size, 16);
}

static void test_a_misspelt_field_has_a_nearest_one(void **state)
{
    assert_string_equal(field_nearest("bytez"), "bytes");
    assert_string_equal(field_nearest("cil.ip"), "cli.ip");
    assert_null(field_nearest("qqqqqqqq"));
    assert_null(field_nearest(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_is_found_by_each_of_its_names),
        cmocka_unit_test(test_names_are_found_in_any_case),
        cmocka_unit_test(test_raw_members_and_nonsense_are_not_found),
        cmocka_unit_test(test_no_two_rows_share_a_seed_an_api_key_or_an_operand),
        cmocka_unit_test(test_ids_are_indexes),
        cmocka_unit_test(test_computed_rows_have_no_place_and_others_do),
        cmocka_unit_test(test_a_misspelt_field_has_a_nearest_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
