/* test_protos.c - names of application protocols by number. */
#include "model/protos.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const char *full(uint16_t master, uint16_t app)
{
    static char buf[100];
    size_t n = protos_full_name(master, app, buf);
    assert_int_equal(n, strlen(buf));
    return buf;
}

static void test_without_names_numbers_print_as_themselves(void **state)
{
    assert_string_equal(full(0, 700), "700");
    assert_string_equal(full(700, 701), "700.701");
    assert_string_equal(full(0, 0), "Unknown");
    assert_null(protos_name(700));
    assert_null(protos_name(PROTOS_MAX));
    assert_null(protos_name(UINT16_MAX));
}

static void test_master_and_app_are_joined_unless_they_say_the_same(void **state)
{
    protos_set(5, "DNS", 14, 1);
    protos_set(91, "TLS", 5, 0);
    protos_set(126, "Google", 5, 1);
    assert_string_equal(full(91, 126), "TLS.Google");
    assert_string_equal(full(5, 5), "DNS");
    assert_string_equal(full(0, 5), "DNS");
    assert_string_equal(full(5, 0), "DNS");
    assert_int_equal(protos_category_of(5), 14);
    assert_int_equal(protos_category_of(PROTOS_MAX), 0);
}

static void test_names_are_found_whole_and_in_any_case(void **state)
{
    protos_set(5, "DNS", 14, 1);
    assert_int_equal(protos_find("dns", 3), 5);
    assert_int_equal(protos_find("dnsx", 3), 5);
    assert_int_equal(protos_find("dn", 2), -1);
    assert_int_equal(protos_find("dnss", 4), -1);
    assert_int_equal(protos_find("", 0), -1);
}

static void test_two_names_of_full_length_fit(void **state)
{
    char name[80];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    protos_set(800, name, 0, 0);
    protos_set(801, name, 0, 0);
    assert_int_equal(strlen(protos_name(800)), 47);
    assert_int_equal(strlen(full(800, 801)), 95);
}

static void test_out_of_range_is_ignored(void **state)
{
    protos_set(PROTOS_MAX, "x", 0, 0);
    protos_set(1, NULL, 0, 0);
    protos_set_breed(BREEDS_MAX, "x");
    protos_set_risk(RISKS_MAX, "x", 1);
    assert_null(protos_breed(BREEDS_MAX));
    assert_null(protos_risk(RISKS_MAX));
}

static void test_risk_scores_add_up_and_stop_at_the_top(void **state)
{
    protos_set_risk(0, "a", 100);
    protos_set_risk(63, "b", 50);
    assert_int_equal(protos_risk_score(1 | 1ull << 63), 150);
    assert_int_equal(protos_risk_score(2), 0);
    protos_set_risk(1, "c", UINT16_MAX);
    assert_int_equal(protos_risk_score(3), UINT16_MAX);
}

static void test_a_name_has_the_same_colour_everywhere(void **state)
{
    assert_int_equal(protos_colour("TLS"), protos_colour("TLS"));
    unsigned seen = 0;
    char name[2] = "A";
    for (; *name <= 'Z'; name[0]++) {
        assert_true(protos_colour(name) < 10);
        seen |= 1u << protos_colour(name);
    }
    assert_true(__builtin_popcount(seen) >= 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_names_numbers_print_as_themselves),
        cmocka_unit_test(test_master_and_app_are_joined_unless_they_say_the_same),
        cmocka_unit_test(test_names_are_found_whole_and_in_any_case),
        cmocka_unit_test(test_two_names_of_full_length_fit),
        cmocka_unit_test(test_out_of_range_is_ignored),
        cmocka_unit_test(test_risk_scores_add_up_and_stop_at_the_top),
        cmocka_unit_test(test_a_name_has_the_same_colour_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
