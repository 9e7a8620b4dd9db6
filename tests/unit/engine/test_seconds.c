/* test_seconds.c - an hour of seconds, kept where something happened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "engine/seconds.h"
#include "engine/series.h"

#include <cmocka.h>

enum { T0 = 1700000000 };

static void test_every_second_of_an_hour_is_told_however_the_hour_moves(void **state)
{
    (void)state;
    static struct seconds s;
    for (uint32_t t = T0; t < T0 + 3 * SECONDS_KEPT; t++) {
        if (t % 7 == 3) /* nothing happened */
            continue;
        assert_true(seconds_put(&s, 2, t, (uint64_t[]){t, 2 * (uint64_t)t}));
        if (t % 100 || t < T0 + SECONDS_KEPT)
            continue;
        for (uint32_t back = 0; back < SECONDS_KEPT; back++) {
            uint32_t then = t - back, want = then % 7 == 3 ? 0 : then;
            assert_int_equal(seconds_get(&s, 2, then, 0), want);
            assert_int_equal(seconds_get(&s, 2, then, 1), 2 * want);
        }
    }
    seconds_fini(&s, 2);
}

static void test_a_quiet_hour_leaves_nothing_of_the_one_before_and_takes_no_memory(void **state)
{
    (void)state;
    static struct seconds s;
    uint64_t before = mem_used(ACCOUNT_series);
    assert_true(seconds_put(&s, 1, 0, (uint64_t[]){5})); /* never */
    assert_int_equal(mem_used(ACCOUNT_series), before);
    assert_true(seconds_put(&s, 1, T0, (uint64_t[]){UINT64_MAX}));
    uint64_t one = mem_used(ACCOUNT_series) - before;
    assert_true(one < 2000);
    assert_int_equal(seconds_get(&s, 1, T0, 0), UINT32_MAX - 1);
    uint32_t later = T0 + SECONDS_PIECES * SECONDS_PIECE;
    assert_int_equal(seconds_get(&s, 1, later, 0), 0);
    assert_true(seconds_put(&s, 1, later + 1, (uint64_t[]){7}));
    assert_int_equal(seconds_get(&s, 1, later, 0), 0);
    assert_int_equal(seconds_get(&s, 1, later + 1, 0), 7);
    assert_int_equal(mem_used(ACCOUNT_series) - before, one);
    seconds_fini(&s, 1);
    assert_int_equal(mem_used(ACCOUNT_series), before);
}

static void test_a_day_s_record_has_its_last_hour_in_sight_and_all_of_it_counted(void **state)
{
    (void)state;
    enum { DAY_S = 86400, SECOND_HAS = 100 };
    struct err e;
    struct series s = {0};
    assert_true(series_init(&s, true, &e));
    const uint64_t all[SERIES_COLUMNS] = {[SERIES_UPLOAD] = DAY_S * SECOND_HAS};
    nsec_t last = (nsec_t)T0 * SECOND;
    series_spread(&s, T0, last - DAY_S * SECOND, last, all);
    for (uint32_t t = T0 - SERIES_SECONDS + 1; t < T0; t++)
        assert_in_range(series_get(&s, t, SERIES_UPLOAD), SECOND_HAS - 1, SECOND_HAS);
    assert_int_equal(series_get(&s, T0 - SERIES_SECONDS, SERIES_UPLOAD), UINT64_MAX);
    series_put(&s, T0, all); /* the rest of it */
    assert_in_range(series_get(&s, T0, SERIES_UPLOAD), 0, SERIES_SECONDS);
    /* Before anybody looked: nothing of it is in the second that is now. */
    series_spread(&s, T0 + 1, last - DAY_S * SECOND, last - 2 * SERIES_SECONDS * SECOND, all);
    const uint64_t twice[SERIES_COLUMNS] = {[SERIES_UPLOAD] = 2 * DAY_S * SECOND_HAS};
    series_put(&s, T0 + 1, twice);
    assert_int_equal(series_get(&s, T0 + 1, SERIES_UPLOAD), 0);
    series_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_second_of_an_hour_is_told_however_the_hour_moves),
        cmocka_unit_test(test_a_day_s_record_has_its_last_hour_in_sight_and_all_of_it_counted),
        cmocka_unit_test(test_a_quiet_hour_leaves_nothing_of_the_one_before_and_takes_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
