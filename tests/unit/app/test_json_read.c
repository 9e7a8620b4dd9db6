/* test_json_read.c - JSON is read token by token, and what is none is refused. */
#include "app/json_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct json_reader over(const char *text)
{
    return json_read(text, strlen(text));
}

/* The last token of a document: JSON_END or JSON_BAD. */
static enum json_token read_all(const char *text)
{
    struct json_reader r = over(text);
    enum json_token token;
    do {
        token = json_next(&r);
    } while (token != JSON_END && token != JSON_BAD);
    return token;
}

static void test_keys_values_and_levels_come_in_order(void **state)
{
    (void)state;
    struct json_reader r =
        over(" {\"a\": [1, -20, true], \"b\":{\"c\":\"x\\n\\u00e9\"}, \"d\":null} ");
    assert_int_equal(json_next(&r), JSON_OPEN);
    assert_int_equal(json_next(&r), JSON_OPEN);
    assert_string_equal(r.key, "a");
    assert_int_equal(json_next(&r), JSON_NUMBER);
    assert_int_equal(r.number, 1);
    assert_string_equal(r.key, "");
    assert_int_equal(json_next(&r), JSON_NUMBER);
    assert_int_equal(r.number, -20);
    assert_int_equal(json_next(&r), JSON_TRUE);
    assert_int_equal(json_next(&r), JSON_CLOSE);
    assert_int_equal(json_next(&r), JSON_OPEN);
    assert_string_equal(r.key, "b");
    assert_int_equal(json_next(&r), JSON_STRING);
    assert_string_equal(r.key, "c");
    assert_string_equal(r.text, "x\n\xc3\xa9");
    assert_int_equal(json_next(&r), JSON_CLOSE);
    assert_int_equal(json_next(&r), JSON_NULL);
    assert_int_equal(json_next(&r), JSON_CLOSE);
    assert_int_equal(json_next(&r), JSON_END);
    assert_int_equal(json_next(&r), JSON_END);
}

static void test_what_is_no_json_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",    "{",      "[1",  "[1,]", "{\"a\"}",    "{\"a\":}", "{a:1}",     "[1 2]",
        "tru", "\"open", "1 2", "]",    "{\"a\":1,}", "\"\\x\"",  "\"\\u12\"", "-",
    };
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(read_all(wrong[i]), JSON_BAD);
}

static void test_depth_is_bounded(void **state)
{
    (void)state;
    char deep[2 * JSON_DEPTH + 3] = "";
    memset(deep, '[', JSON_DEPTH);
    memset(deep + JSON_DEPTH, ']', JSON_DEPTH);
    assert_int_equal(read_all(deep), JSON_END);
    memset(deep, '[', JSON_DEPTH + 1);
    memset(deep + JSON_DEPTH + 1, ']', JSON_DEPTH + 1);
    assert_int_equal(read_all(deep), JSON_BAD);
}

static void test_long_strings_and_large_numbers_are_cut_not_believed(void **state)
{
    (void)state;
    char text[JSON_TEXT + 100];
    memset(text, 'x', sizeof text);
    text[0] = text[sizeof text - 2] = '"';
    text[sizeof text - 1] = '\0';
    struct json_reader r = over(text);
    assert_int_equal(json_next(&r), JSON_STRING);
    assert_int_equal(strlen(r.text), JSON_TEXT - 1);
    r = over("99999999999999999999");
    assert_int_equal(json_next(&r), JSON_NUMBER);
    assert_int_equal(r.number, 0);
}

static void test_every_cut_of_a_document_ends(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":[1,2.5e3,\"x\\u20ac\"],\"b\":{\"c\":false}}";
    for (size_t n = 0; n < sizeof text - 1; n++) {
        struct json_reader r = json_read(text, n);
        enum json_token token;
        do {
            token = json_next(&r);
        } while (token != JSON_END && token != JSON_BAD);
        assert_int_equal(token, JSON_BAD);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_values_and_levels_come_in_order),
        cmocka_unit_test(test_what_is_no_json_is_refused),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_long_strings_and_large_numbers_are_cut_not_believed),
        cmocka_unit_test(test_every_cut_of_a_document_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
