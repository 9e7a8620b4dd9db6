/* test_tail.c - the bounded strings of a record. */
#include "model/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct tail t;

static int setup(void **state)
{
    memset(&t, 0, sizeof t);
    return 0;
}

static void assert_tail(enum string_field field, const char *expected)
{
    size_t len;
    const uint8_t *p = tail_get(&t, field, &len);
    if (!expected) {
        assert_null(p);
        assert_int_equal(len, 0);
        return;
    }
    assert_non_null(p);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(p, expected, len);
}

static void test_strings_are_kept_replaced_and_removed(void **state)
{
    assert_tail(STRING_sni, NULL);
    assert_true(tail_set(&t, STRING_sni, "a.example", 9));
    assert_true(tail_set(&t, STRING_info, "b", 1));
    assert_true(tail_set(&t, STRING_ja4, "c", 1));
    assert_true(tail_set(&t, STRING_info, "longer", 6));
    assert_tail(STRING_sni, "a.example");
    assert_tail(STRING_info, "longer");
    assert_tail(STRING_ja4, "c");
    assert_int_equal(t.used, 11 + 8 + 3);
    assert_true(tail_set(&t, STRING_sni, "", 0));
    assert_tail(STRING_sni, NULL);
    assert_int_equal(t.used, 11);
}

static void test_a_long_string_is_cut(void **state)
{
    char long_one[300];
    memset(long_one, 'x', sizeof long_one);
    assert_false(tail_set(&t, STRING_http_url, long_one, sizeof long_one));
    size_t len;
    assert_non_null(tail_get(&t, STRING_http_url, &len));
    assert_int_equal(len, TAIL_STRING);
    assert_true(tail_set(&t, STRING_http_url, long_one, TAIL_STRING));
}

static void test_a_cut_does_not_split_a_utf8_letter(void **state)
{
    char text[300];
    memset(text, 'x', sizeof text);
    memcpy(text + 254, "\xc3\xa4", 2);
    assert_false(tail_set(&t, STRING_info, text, sizeof text));
    size_t len;
    tail_get(&t, STRING_info, &len);
    assert_int_equal(len, 254);
    memset(text, '\x80', sizeof text);
    assert_false(tail_set(&t, STRING_info, text, sizeof text));
    tail_get(&t, STRING_info, &len);
    assert_int_equal(len, 255);
}

static void test_a_full_tail_takes_what_fits_and_says_so(void **state)
{
    char text[TAIL_STRING];
    memset(text, 'x', sizeof text);
    enum string_field f = STRING_info;
    for (; f < STRING_info + 5; f++)
        assert_true(tail_set(&t, f, text, sizeof text));
    assert_false(tail_set(&t, f, text, sizeof text));
    size_t len;
    assert_non_null(tail_get(&t, f, &len));
    assert_int_equal(len, TAIL_BYTES - 5 * 257 - 2);
    assert_int_equal(t.used, TAIL_BYTES);
    assert_false(tail_set(&t, f + 1, "x", 1));
    assert_null(tail_get(&t, f + 1, &len));
    assert_int_equal(t.used, TAIL_BYTES);
}

static void test_a_damaged_tail_is_never_read_past_its_end(void **state)
{
    size_t len;
    t.used = 5;
    memcpy(t.bytes, (uint8_t[]){STRING_sni, 200, 1, 2, 3}, 5);
    assert_null(tail_get(&t, STRING_sni, &len));
    t.used = UINT16_MAX;
    memset(t.bytes, 0xff, sizeof t.bytes);
    assert_null(tail_get(&t, STRING_sni, &len));
    assert_true(tail_set(&t, STRING_sni, "a", 1));
    assert_tail(STRING_sni, "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_strings_are_kept_replaced_and_removed, setup),
        cmocka_unit_test_setup(test_a_long_string_is_cut, setup),
        cmocka_unit_test_setup(test_a_cut_does_not_split_a_utf8_letter, setup),
        cmocka_unit_test_setup(test_a_full_tail_takes_what_fits_and_says_so, setup),
        cmocka_unit_test_setup(test_a_damaged_tail_is_never_read_past_its_end, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
