/* test_dns_cache.c - names out of DNS answers, and no harm out of broken ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/hash.h"
#include "engine/dns_cache.h"

#include <cmocka.h>

/* www.example.org is an alias of web.example.org with addresses 192.0.2.7 and 2001:db8::7. */
static const uint8_t answer[] =
    "\x12\x34\x81\x80\x00\x01\x00\x03\x00\x00\x00\x00"
    "\3www\7example\3org\0\0\1\0\1"
    "\xc0\x0c\0\5\0\1\0\0\1\0\0\6\3web\xc0\x10"
    "\xc0\x2d\0\1\0\1\0\0\1\0\0\4\xc0\0\2\7"
    "\xc0\x2d\0\x1c\0\1\0\0\1\0\0\x10\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\7";

static unsigned learnt_count;

static void learnt(void *context, const struct dns_entry *entry)
{
    (void)context;
    assert_true(entry->name[0]);
    learnt_count++;
}

static void test_both_addresses_get_the_name_that_was_asked_for(void **state)
{
    (void)state;
    struct err e;
    struct dns_cache c = {0};
    struct addr four, six;
    assert_true(dns_cache_init(&c, &e));
    learnt_count = 0;
    dns_cache_learn(&c, answer, sizeof answer - 1, false, learnt, NULL);
    assert_int_equal(learnt_count, 2);
    assert_true(addr_parse("192.0.2.7", &four) && addr_parse("2001:db8::7", &six));
    assert_string_equal(dns_cache_find(&c, &four)->name, "www.example.org");
    assert_string_equal(dns_cache_find(&c, &six)->name, "www.example.org");
    assert_true(addr_parse("192.0.2.8", &four));
    assert_null(dns_cache_find(&c, &four));
    dns_cache_fini(&c);
}

static void test_a_query_teaches_nothing(void **state)
{
    (void)state;
    struct err e;
    struct dns_cache c = {0};
    uint8_t query[sizeof answer];
    memcpy(query, answer, sizeof answer);
    query[2] = 1;
    assert_true(dns_cache_init(&c, &e));
    learnt_count = 0;
    dns_cache_learn(&c, query, sizeof answer - 1, false, learnt, NULL);
    assert_int_equal(learnt_count, 0);
    dns_cache_fini(&c);
}

static void test_every_cut_and_every_changed_byte_is_survived(void **state)
{
    (void)state;
    struct err e;
    struct dns_cache c = {0};
    assert_true(dns_cache_init(&c, &e));
    for (size_t len = 0; len < sizeof answer; len++) {
        uint8_t *copy = malloc(len ? len : 1); /* exactly as long, so that a sanitizer sees */
        memcpy(copy, answer, len);
        dns_cache_learn(&c, copy, len, false, learnt, NULL);
        for (unsigned v = 0; len > 12 && v < 256; v += 5) {
            copy[len - 1] = (uint8_t)v;
            dns_cache_learn(&c, copy, len, true, learnt, NULL);
        }
        free(copy);
    }
    dns_cache_fini(&c);
}

static void test_a_name_that_points_to_itself_ends(void **state)
{
    (void)state;
    struct err e;
    struct dns_cache c = {0};
    static const uint8_t loop[] = "\0\1\x81\x80\0\1\0\1\0\0\0\0\xc0\x0c\0\1\0\1"
                                  "\xc0\x0c\0\1\0\1\0\0\1\0\0\4\1\2\3\4";
    assert_true(dns_cache_init(&c, &e));
    learnt_count = 0;
    dns_cache_learn(&c, loop, sizeof loop - 1, false, learnt, NULL);
    assert_int_equal(learnt_count, 0);
    dns_cache_fini(&c);
}

int main(void)
{
    hash_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_addresses_get_the_name_that_was_asked_for),
        cmocka_unit_test(test_a_query_teaches_nothing),
        cmocka_unit_test(test_every_cut_and_every_changed_byte_is_survived),
        cmocka_unit_test(test_a_name_that_points_to_itself_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
