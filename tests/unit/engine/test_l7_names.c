/* test_l7_names.c - the most telling name is chosen, and a wrong certificate is noticed. */
#include "engine/l7_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void set(struct tail *t, enum string_field field, const char *text)
{
    l7_names_put(t, field, text, SIZE_MAX);
}

static void assert_info(const struct tail *t, const char *want)
{
    size_t len;
    const uint8_t *text = tail_get(t, STRING_info, &len);
    assert_non_null(text);
    assert_int_equal(len, strlen(want));
    assert_memory_equal(text, want, len);
}

static void test_a_name_that_is_there_is_kept(void **state)
{
    struct tail t = {0};
    size_t len;
    set(&t, STRING_sni, "whole.example");
    l7_names_put(&t, STRING_sni, "whole.exa", 80);
    l7_names_put(&t, STRING_ja3c, "", 33);
    l7_names_put(&t, STRING_ja3s, NULL, 0);
    assert_non_null(tail_get(&t, STRING_sni, &len));
    assert_int_equal(len, strlen("whole.example"));
    assert_null(tail_get(&t, STRING_ja3c, &len));
    assert_null(tail_get(&t, STRING_ja3s, &len));
}

static void test_a_string_without_end_stops_at_its_size(void **state)
{
    struct tail t = {0};
    size_t len;
    const char four[4] = {'a', 'b', 'c', 'd'};
    l7_names_put(&t, STRING_user_name, four, sizeof four);
    assert_non_null(tail_get(&t, STRING_user_name, &len));
    assert_int_equal(len, 4);
}

static void test_info_is_the_address_then_the_server_then_the_query(void **state)
{
    struct tail t = {0};
    l7_names_put_info(&t);
    assert_int_equal(t.used, 0);
    set(&t, STRING_dns_query, "asked.example");
    l7_names_put_info(&t);
    assert_info(&t, "asked.example");
    set(&t, STRING_sni, "sni.example");
    l7_names_put_info(&t);
    assert_info(&t, "sni.example");
    set(&t, STRING_http_host, "host.example");
    set(&t, STRING_http_url, "/a?b");
    l7_names_put_info(&t);
    assert_info(&t, "host.example/a?b");
}

static void test_a_target_with_its_own_host_is_not_doubled(void **state)
{
    struct tail t = {0};
    set(&t, STRING_http_host, "proxy.example");
    set(&t, STRING_http_url, "http://far.example/x");
    l7_names_put_info(&t);
    assert_info(&t, "http://far.example/x");
}

static void test_a_certificate_for_another_name_is_a_mismatch(void **state)
{
    struct tail t = {0};
    assert_false(names_mismatch(&t, "shop.ntop.org", NULL));
    set(&t, STRING_sni, "luca.ntop.org");
    assert_true(names_mismatch(&t, "shop.ntop.org", "CN=luca.ntop.org"));
    assert_false(names_mismatch(&t, "shop.ntop.org,*.ntop.org", NULL));
    assert_true(names_mismatch(&t, NULL, "O=ntop, CN=shop.ntop.org"));
    assert_false(names_mismatch(&t, NULL, "O=ntop, CN=*.ntop.org"));
    assert_false(names_mismatch(&t, NULL, NULL));
    assert_false(names_mismatch(&t, "", "O=ntop"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_name_that_is_there_is_kept),
        cmocka_unit_test(test_a_string_without_end_stops_at_its_size),
        cmocka_unit_test(test_info_is_the_address_then_the_server_then_the_query),
        cmocka_unit_test(test_a_target_with_its_own_host_is_not_doubled),
        cmocka_unit_test(test_a_certificate_for_another_name_is_a_mismatch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
