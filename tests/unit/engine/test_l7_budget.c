/* test_l7_budget.c - the share holds on average, a quiet moment is worth a burst, debts are paid. */
#include "engine/l7_budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void test_a_full_bucket_is_the_share_of_a_fifth_of_a_second(void **state)
{
    struct l7_budget b;
    l7_budget_init(&b, 25);
    l7_budget_fill(&b, 10 * SECOND);
    l7_budget_spend(&b, 50 * MILLISECOND - 1);
    assert_true(l7_budget_has_time(&b));
    l7_budget_spend(&b, 1);
    assert_false(l7_budget_has_time(&b));
}

static void test_on_average_no_more_than_the_share_is_spent(void **state)
{
    struct l7_budget b;
    nsec_t spent = 0;
    l7_budget_init(&b, 10);
    for (nsec_t now = SECOND; now < 11 * SECOND; now += 30 * MICROSECOND) {
        l7_budget_fill(&b, now);
        if (!l7_budget_has_time(&b))
            continue;
        l7_budget_spend(&b, 20 * MICROSECOND);
        spent += 20 * MICROSECOND;
    }
    assert_in_range(spent, SECOND, SECOND + 25 * MILLISECOND);
}

static void test_a_debt_is_paid_before_anything_new_is_begun(void **state)
{
    struct l7_budget b;
    l7_budget_init(&b, 50);
    l7_budget_fill(&b, SECOND);
    l7_budget_spend(&b, 300 * MILLISECOND);
    l7_budget_fill(&b, SECOND + 400 * MILLISECOND);
    assert_false(l7_budget_has_time(&b));
    l7_budget_fill(&b, SECOND + 401 * MILLISECOND);
    assert_true(l7_budget_has_time(&b));
}

static void test_a_quiet_day_is_worth_no_more_than_a_quiet_moment(void **state)
{
    struct l7_budget b;
    l7_budget_init(&b, 50);
    l7_budget_fill(&b, SECOND);
    l7_budget_fill(&b, SECOND + 1000000 * HOUR);
    assert_int_equal(b.left, 100 * MILLISECOND);
}

static void test_a_clock_that_goes_backwards_adds_nothing(void **state)
{
    struct l7_budget b;
    l7_budget_init(&b, 50);
    l7_budget_fill(&b, 2 * SECOND);
    l7_budget_spend(&b, 100 * MILLISECOND);
    l7_budget_fill(&b, SECOND);
    assert_false(l7_budget_has_time(&b));
}

static void test_all_of_the_time_is_no_limit(void **state)
{
    struct l7_budget b;
    l7_budget_init(&b, 100);
    l7_budget_spend(&b, HOUR);
    assert_true(l7_budget_has_time(&b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_full_bucket_is_the_share_of_a_fifth_of_a_second),
        cmocka_unit_test(test_on_average_no_more_than_the_share_is_spent),
        cmocka_unit_test(test_a_debt_is_paid_before_anything_new_is_begun),
        cmocka_unit_test(test_a_quiet_day_is_worth_no_more_than_a_quiet_moment),
        cmocka_unit_test(test_a_clock_that_goes_backwards_adds_nothing),
        cmocka_unit_test(test_all_of_the_time_is_no_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
