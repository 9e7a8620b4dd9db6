/* test_cert_name.c - RFC 6125: which certificate names stand for which host. */
#include "engine/cert_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static bool matches(const char *pattern, const char *name)
{
    return cert_name_matches(pattern, strlen(pattern), name, strlen(name));
}

static void test_names_match_without_regard_to_case_and_last_dot(void **state)
{
    assert_true(matches("Shop.Example.ORG", "shop.example.org."));
    assert_false(matches("shop.example.org", "luca.example.org"));
    assert_false(matches("example.org", "shop.example.org"));
    assert_false(matches("", ""));
}

static void test_a_wildcard_stands_for_exactly_one_leftmost_label(void **state)
{
    assert_true(matches("*.example.org", "a.example.org"));
    assert_false(matches("*.example.org", "example.org"));
    assert_false(matches("*.example.org", "a.b.example.org"));
    assert_false(matches("*.example.org", ".example.org"));
    assert_false(matches("a.*.org", "a.example.org"));
    assert_false(matches("*", "org"));
}

static void test_one_name_of_a_list_is_enough(void **state)
{
    const char *list = "a.example,*.b.example,c.example";
    assert_true(cert_names_match(list, "x.b.example", 11));
    assert_true(cert_names_match(list, "c.example", 9));
    assert_false(cert_names_match(list, "d.example", 9));
    assert_false(cert_names_match("", "d.example", 9));
}

static void test_the_common_name_is_found_in_a_subject(void **state)
{
    size_t len;
    const char *name = cert_common_name("C=US, O=CN=no, CN=www.example.org, L=x", &len);
    assert_non_null(name);
    assert_int_equal(len, 15);
    assert_memory_equal(name, "www.example.org", len);
    assert_null(cert_common_name("O=Example", &len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_match_without_regard_to_case_and_last_dot),
        cmocka_unit_test(test_a_wildcard_stands_for_exactly_one_leftmost_label),
        cmocka_unit_test(test_one_name_of_a_list_is_enough),
        cmocka_unit_test(test_the_common_name_is_found_in_a_subject),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
