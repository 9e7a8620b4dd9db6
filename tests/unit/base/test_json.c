/* test_json.c - JSON comes out right whatever bytes go in. */
#include "base/json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void check_quote(const void *bytes, size_t n, const char *want)
{
    struct text t = {0};
    json_quote(&t, bytes, n);
    assert_string_equal(t.data, want);
    assert_int_equal(t.len, strlen(want));
    text_free(&t);
}

static void test_commas_stand_between_and_nowhere_else(void **state)
{
    struct text t = {0};
    struct json j = json_into(&t);
    json_open(&j);
    json_pair_u64(&j, "a", UINT64_MAX);
    json_key(&j, "list");
    json_open_array(&j);
    json_i64(&j, -1);
    json_open(&j);
    json_close(&j);
    json_open_array(&j);
    json_close_array(&j);
    json_null(&j);
    json_bool(&j, true);
    json_close_array(&j);
    json_pair_string(&j, "s", "x");
    json_key(&j, "raw");
    json_raw(&j, "{\"b\":1}", 7);
    json_pair_bool(&j, "no", false);
    json_close(&j);
    assert_string_equal(t.data, "{\"a\":18446744073709551615,\"list\":[-1,{},[],null,true],"
                                "\"s\":\"x\",\"raw\":{\"b\":1},\"no\":false}");
    text_free(&t);
}

static void test_deep_nesting_forgets_no_comma(void **state)
{
    struct text t = {0};
    struct json j = json_into(&t);
    for (unsigned i = 0; i < 32; i++) {
        json_open_array(&j);
        json_u64(&j, i);
    }
    for (unsigned i = 0; i < 32; i++)
        json_close_array(&j);
    assert_memory_equal(t.data, "[0,[1,[2,[3,", 12);
    assert_memory_equal(t.data + t.len - 40, ",[30,[31", 8);
    assert_int_equal(t.data[t.len - 1], ']');
    text_free(&t);
}

static void test_control_bytes_and_quotes_are_escaped(void **state)
{
    check_quote("a\"b\\c\n\t\r\b\f\x01\x1f\x7f/", 14,
                "\"a\\\"b\\\\c\\n\\t\\r\\b\\f\\u0001\\u001f\x7f/\"");
    check_quote("\0x", 2, "\"\\u0000x\"");
    check_quote("", 0, "\"\"");
}

static void test_valid_utf8_is_kept(void **state)
{
    static const char good[] = "\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 "
                               "\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf";
    struct text want = {0};
    text_printf(&want, "\"%s\"", good);
    check_quote(good, sizeof good - 1, want.data);
    text_free(&want);
}

static void test_invalid_utf8_becomes_the_replacement_character(void **state)
{
    check_quote("\x80", 1, "\"\xef\xbf\xbd\"");
    check_quote("\xc0\xaf", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\""); /* overlong slash */
    check_quote("\xe2\x82", 2, "\"\xef\xbf\xbd\"");             /* cut short: one */
    check_quote("\xe2\x82z", 3, "\"\xef\xbf\xbdz\"");           /* keeps what follows */
    check_quote("\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); /* surrogate */
    check_quote("\xf4\x90\x80\x80", 4, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    check_quote("\xf5", 1, "\"\xef\xbf\xbd\"");
}

static void check_double(double value, const char *want)
{
    struct text t = {0};
    struct json j = json_into(&t);
    json_double(&j, value);
    assert_string_equal(t.data, want);
    text_free(&t);
}

static void test_doubles_are_plain_decimals(void **state)
{
    check_double(0, "0");
    check_double(1, "1");
    check_double(-1.5, "-1.5");
    check_double(0.1, "0.1");
    check_double(0.000001, "0.000001");
    check_double(1e-9, "0");
    check_double(1234567.25, "1234567.25");
    check_double(123456789012.5, "123456789012.5");
    check_double(1e300 / 1e285, "1000000000000000");
    check_double(NAN, "null");
    check_double(INFINITY, "null");
    check_double(-INFINITY, "null");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commas_stand_between_and_nowhere_else),
        cmocka_unit_test(test_deep_nesting_forgets_no_comma),
        cmocka_unit_test(test_control_bytes_and_quotes_are_escaped),
        cmocka_unit_test(test_valid_utf8_is_kept),
        cmocka_unit_test(test_invalid_utf8_becomes_the_replacement_character),
        cmocka_unit_test(test_doubles_are_plain_decimals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
