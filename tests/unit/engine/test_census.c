/* test_census.c - who is known while they come and go, against a plain list of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "engine/census.h"

#include <cmocka.h>

enum { THINGS = 200000 };

static bool there[THINGS];

/* The same in every run, so that an estimate is the same, too (splitmix64). */
static uint64_t hash_of(uint64_t i)
{
    uint64_t z = (i + 1) * 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static uint64_t count_of(const struct census *c)
{
    struct sample s = {0};
    const struct sample *one = &s;
    uint64_t count;
    census_take(c, &s, ACCOUNT_answers);
    assert_true(sample_count(&one, 1, &count));
    sample_free(&s);
    return count;
}

static void toggle(struct census *c, uint32_t i)
{
    uint64_t hash = i ? hash_of(i) : 0; /* one of them has the hash 0 */
    if (there[i])
        census_remove(c, hash);
    else
        census_add(c, hash);
    there[i] = !there[i];
}

static uint64_t number_there(void)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < THINGS; i++)
        n += there[i];
    return n;
}

static void test_few_that_come_and_go_are_counted_exactly(void **state)
{
    (void)state;
    struct census c = {0};
    for (uint32_t i = 0; i < 300000; i++)
        toggle(&c, (uint32_t)(hash_of(i + 12345678) % 15000));
    assert_int_equal(c.zeros, 0);
    assert_int_equal(count_of(&c), number_there());
    for (uint32_t i = 0; i < 15000; i++)
        if (there[i])
            toggle(&c, i);
    assert_int_equal(c.n, 0);
    census_clear(&c);
    assert_int_equal(mem_used(ACCOUNT_editions), 0);
}

static void test_many_are_counted_within_three_percent_and_a_recount_is_asked_for(void **state)
{
    (void)state;
    struct census c = {0};
    for (uint32_t i = 0; i < THINGS; i++)
        toggle(&c, i);
    uint64_t count = count_of(&c);
    assert_true(count > THINGS - THINGS * 3 / 100 && count < THINGS + THINGS * 3 / 100);
    assert_false(census_is_coarse(&c));
    for (uint32_t i = 1000; i < THINGS; i++)
        toggle(&c, i);
    assert_true(census_is_coarse(&c));
    census_clear(&c);
    for (uint32_t i = 0; i < 1000; i++)
        there[i] = false;
    for (uint32_t i = 0; i < 1000; i++)
        toggle(&c, i);
    assert_int_equal(count_of(&c), 1000);
    census_clear(&c);
}

static void test_those_whom_two_know_count_once(void **state)
{
    (void)state;
    struct census c[2] = {0};
    struct sample s[2] = {0};
    const struct sample *both[] = {&s[0], &s[1]};
    uint64_t count;
    for (uint32_t i = 0; i < 100000; i++) {
        if (i < 60000)
            census_add(&c[0], hash_of(i));
        if (i >= 40000)
            census_add(&c[1], hash_of(i));
    }
    for (unsigned i = 0; i < 2; i++)
        census_take(&c[i], &s[i], ACCOUNT_answers);
    assert_true(sample_count(both, 2, &count));
    assert_true(count > 97000 && count < 103000);
    for (unsigned i = 0; i < 2; i++) {
        sample_free(&s[i]);
        census_clear(&c[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_few_that_come_and_go_are_counted_exactly),
        cmocka_unit_test(test_many_are_counted_within_three_percent_and_a_recount_is_asked_for),
        cmocka_unit_test(test_those_whom_two_know_count_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
