/* test_sample.c - counting what several know together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "engine/sample.h"

#include <cmocka.h>

static uint64_t count_of(struct sample *a, struct sample *b)
{
    const struct sample *both[] = {a, b};
    uint64_t count = 0;
    assert_true(sample_count(both, 2, &count));
    sample_free(a);
    sample_free(b);
    return count;
}

static void note(struct sample *s, uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i < to; i++)
        assert_true(sample_add(s, hash_u128(i, 1)));
}

static void test_what_two_know_counts_once(void **state)
{
    (void)state;
    struct sample a = {0}, b = {0};
    note(&a, 0, 40000);
    note(&b, 30000, 65000);
    assert_int_equal(count_of(&a, &b), 65000);
    assert_int_equal(count_of(&a, &b), 0);
    assert_int_equal(mem_used(ACCOUNT_answers), 0);
}

static void test_of_very_many_the_count_is_close_and_the_memory_bounded(void **state)
{
    (void)state;
    struct sample a = {0}, b = {0};
    note(&a, 0, 700000);
    note(&b, 500000, 540000);
    assert_true(a.cap <= SAMPLE_MOST);
    uint64_t count = count_of(&a, &b);
    assert_in_range(count, 680000, 720000);
}

int main(void)
{
    hash_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_two_know_counts_once),
        cmocka_unit_test(test_of_very_many_the_count_is_close_and_the_memory_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
