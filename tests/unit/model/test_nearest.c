/* test_nearest.c - which of many names is meant by a misspelt one. */
#include "model/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const char *nearest_of(const char *name, const char *const *names)
{
    struct nearest n = nearest_to(name, strlen(name));
    for (; *names; names++)
        nearest_offer(&n, *names);
    return n.best;
}

static const char *const names[] = {"bytes", "packets", "bps", "pps", "app", "ip", NULL};

static void test_one_wrong_letter_finds_the_name(void **state)
{
    assert_string_equal(nearest_of("bytez", names), "bytes");
    assert_string_equal(nearest_of("byte", names), "bytes");
    assert_string_equal(nearest_of("packtes", names), "packets");
    assert_string_equal(nearest_of("BYTESS", names), "bytes");
}

static void test_a_strange_word_has_no_nearest_name(void **state)
{
    assert_null(nearest_of("zebra", names));
    assert_null(nearest_of("", names));
    assert_null(nearest_of("a_name_that_is_much_longer_than_any_field_of_ours", names));
}

static void test_a_short_name_is_not_replaced_letter_by_letter(void **state)
{
    assert_null(nearest_of("xy", names));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_wrong_letter_finds_the_name),
        cmocka_unit_test(test_a_strange_word_has_no_nearest_name),
        cmocka_unit_test(test_a_short_name_is_not_replaced_letter_by_letter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
