/* test_pool.c - entries keep their place, come back zeroed, and their memory is accounted. */
#include "base/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void test_index_zero_is_never_handed_out_and_the_limit_holds(void **state)
{
    struct pool p;
    assert_true(pool_init(&p, ACCOUNT_flows, 64, 3, NULL));
    for (uint32_t want = 1; want <= 3; want++)
        assert_int_equal(pool_take(&p), want);
    assert_int_equal(pool_take(&p), 0);
    assert_int_equal(p.used, 3);
    pool_give(&p, 2);
    assert_int_equal(pool_take(&p), 2);
    assert_int_equal(pool_take(&p), 0);
    pool_fini(&p);
}

static void test_a_reused_entry_is_zeroed_and_last_in_is_first_out(void **state)
{
    struct pool p;
    uint8_t zeros[24] = {0};
    assert_true(pool_init(&p, ACCOUNT_flows, sizeof zeros, 100, NULL));
    for (unsigned i = 0; i < 10; i++) {
        uint32_t index = pool_take(&p);
        assert_memory_equal(pool_at(&p, index), zeros, sizeof zeros);
        memset(pool_at(&p, index), 0xff, sizeof zeros);
    }
    pool_give(&p, 3);
    pool_give(&p, 7);
    assert_int_equal(pool_take(&p), 7);
    assert_memory_equal(pool_at(&p, 7), zeros, sizeof zeros);
    assert_int_equal(pool_take(&p), 3);
    assert_int_equal(pool_take(&p), 11);
    pool_fini(&p);
}

static void test_small_steps_are_accounted_first_and_huge_pages_after_them(void **state)
{
    struct pool p;
    uint64_t before = mem_used(ACCOUNT_hosts);
    assert_true(pool_init(&p, ACCOUNT_hosts, 1024, 1000000, NULL));
    assert_int_equal(mem_used(ACCOUNT_hosts) - before, 0);
    pool_take(&p);
    assert_int_equal(mem_used(ACCOUNT_hosts) - before, MEM_STEP);
    for (unsigned i = 0; i < 4096; i++)
        memset(pool_at(&p, pool_take(&p)), 1, 1024);
    assert_int_equal(mem_used(ACCOUNT_hosts) - before, 3 * (uint64_t)MEM_PAGE);
    pool_fini(&p);
    assert_int_equal(mem_used(ACCOUNT_hosts), before);
    assert_true(mem_peak(ACCOUNT_hosts) >= 3 * (uint64_t)MEM_PAGE);
}

static void test_a_budget_stops_a_pool_and_what_is_given_back_is_handed_out_again(void **state)
{
    struct pool p;
    assert_true(pool_init(&p, ACCOUNT_flows, 1024, 1000000, NULL));
    mem_set_budget(mem_total() + 5 * (uint64_t)MEM_PAGE);
    uint32_t n = 0;
    while (pool_take(&p))
        n++;
    assert_in_range(n, 4 * MEM_PAGE / 1024 - 1, 5 * MEM_PAGE / 1024);
    assert_int_equal(p.top, n + 1);
    assert_int_equal(p.used, n);
    pool_give(&p, 5);
    assert_int_equal(pool_take(&p), 5);
    assert_int_equal(pool_take(&p), 0);
    mem_set_budget(0);
    assert_int_equal(pool_take(&p), n + 1);
    pool_fini(&p);
}

static void test_address_space_that_cannot_be_is_refused_in_words(void **state)
{
    struct pool p;
    struct err e = {""};
    assert_false(pool_init(&p, ACCOUNT_flows, 1U << 31, UINT32_MAX, &e));
    assert_non_null(strstr(e.text, "flows"));
    pool_fini(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_index_zero_is_never_handed_out_and_the_limit_holds),
        cmocka_unit_test(test_a_reused_entry_is_zeroed_and_last_in_is_first_out),
        cmocka_unit_test(test_small_steps_are_accounted_first_and_huge_pages_after_them),
        cmocka_unit_test(test_a_budget_stops_a_pool_and_what_is_given_back_is_handed_out_again),
        cmocka_unit_test(test_address_space_that_cannot_be_is_refused_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
