/* test_text.c - numbers and strings appended to a growing buffer. */
#include "base/text.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void test_an_empty_text_needs_no_memory(void **state)
{
    struct text t = {0};
    assert_null(t.data);
    text_free(&t);
    assert_int_equal(t.len, 0);
}

static void test_integers_read_as_printf_writes_them(void **state)
{
    static const int64_t values[] = {0,   1,    9,           10,        99,        100,       101,
                                     999, 1000, 12345678901, INT64_MAX, INT64_MIN, -1,        -10,
                                     -99, -100, INT32_MIN,   INT_MAX,   999999999, 1000000000};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct text t = {0};
        char want[64];
        snprintf(want, sizeof want, "%lld %llu", (long long)values[i],
                 (unsigned long long)values[i]);
        text_i64(&t, values[i]);
        text_char(&t, ' ');
        text_u64(&t, (uint64_t)values[i]);
        assert_string_equal(t.data, want);
        text_free(&t);
    }
}

static void check_fixed(int64_t value, unsigned decimals, const char *want)
{
    struct text t = {0};
    text_fixed(&t, value, decimals);
    assert_string_equal(t.data, want);
    text_free(&t);
}

static void test_a_fixed_number_keeps_its_zeros_and_its_sign(void **state)
{
    check_fixed(41224, 3, "41.224");
    check_fixed(41200, 3, "41.200");
    check_fixed(7, 3, "0.007");
    check_fixed(-7, 3, "-0.007");
    check_fixed(0, 2, "0.00");
    check_fixed(5, 0, "5");
    check_fixed(INT64_MIN, 9, "-9223372036.854775808");
    check_fixed(1, 19, "0.0000000000000000001");
}

static void test_a_text_grows_and_stays_terminated(void **state)
{
    struct text t = {0};
    for (unsigned i = 0; i < 5000; i++) {
        text_char(&t, (char)('a' + i % 26));
        assert_int_equal(t.data[t.len], 0);
    }
    assert_int_equal(strlen(t.data), 5000);
    assert_int_equal(t.data[4999], 'a' + 4999 % 26);
    text_reset(&t);
    assert_int_equal(t.len, 0);
    assert_string_equal(t.data, "");
    text_free(&t);
}

static void test_a_size_that_cannot_be_marks_the_text_failed(void **state)
{
    struct text t = {0};
    text_add(&t, "kept");
    assert_false(text_reserve(&t, SIZE_MAX));
    assert_true(t.failed);
    text_add(&t, " not added");
    assert_string_equal(t.data, "kept");
    text_free(&t);
}

static void test_hexadecimal_and_printf_append(void **state)
{
    struct text t = {0};
    text_hex(&t, "\x00\x7f\xff\xa5", 4);
    text_printf(&t, "-%s-%d", "x", 42);
    assert_string_equal(t.data, "007fffa5-x-42");
    assert_int_equal(t.len, strlen(t.data));
    text_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_text_needs_no_memory),
        cmocka_unit_test(test_integers_read_as_printf_writes_them),
        cmocka_unit_test(test_a_fixed_number_keeps_its_zeros_and_its_sign),
        cmocka_unit_test(test_a_text_grows_and_stays_terminated),
        cmocka_unit_test(test_a_size_that_cannot_be_marks_the_text_failed),
        cmocka_unit_test(test_hexadecimal_and_printf_append),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
