/* test_meter.c - counters of interfaces as amounts: wraps, restarts, gaps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/meter.h"

#include <cmocka.h>

static const nsec_t T0 = 1700000000 * SECOND; /* 20 s into its half minute */

static struct interface_counters sample(nsec_t after, uint64_t octets, uint64_t packets)
{
    return (struct interface_counters){.at = T0 + after,
                                       .index = 3,
                                       .speed = 1000000000,
                                       .in_octets = octets,
                                       .out_octets = 7,
                                       .in_packets = packets};
}

static void take(struct meter *m, nsec_t after, uint64_t octets, uint64_t packets)
{
    struct interface_counters c = sample(after, octets, packets);
    meter_take(m, &c);
}

static void test_the_first_sample_says_nothing_about_the_past(void **state)
{
    struct meter m = {0};
    take(&m, 0, 5000000, 70000);
    assert_int_equal(m.interval, 0);
    assert_int_equal(m.total[METER_IN_OCTETS], 0);
    assert_true(meter_bin(&m, (uint32_t)(T0 / SECOND / METER_STEP), METER_IN_OCTETS) == UINT64_MAX);
}

static void test_what_is_new_is_spread_over_the_time_between_samples(void **state)
{
    struct meter m = {0};
    uint32_t first = (uint32_t)(T0 / SECOND / METER_STEP);
    take(&m, 0, 1000, 10);
    take(&m, 60 * SECOND, 61000, 73);
    assert_int_equal(m.interval, 60 * SECOND);
    assert_int_equal(m.delta[METER_IN_OCTETS], 60000);
    assert_int_equal(m.delta[METER_OUT_OCTETS], 0);
    assert_int_equal(meter_bin(&m, first, METER_IN_OCTETS), 10000);
    assert_int_equal(meter_bin(&m, first + 1, METER_IN_OCTETS), 30000);
    assert_int_equal(meter_bin(&m, first + 2, METER_IN_OCTETS), 20000);
    assert_int_equal(meter_bin(&m, first + 2, METER_OUT_OCTETS), 0);
    uint64_t packets = 0;
    for (uint32_t i = 0; i < 3; i++)
        packets += meter_bin(&m, first + i, METER_IN_PACKETS);
    assert_int_equal(packets, 63);
}

static void test_a_counter_of_32_bits_wraps(void **state)
{
    struct meter m = {0};
    take(&m, 0, 1000, UINT32_MAX - 5);
    take(&m, 20 * SECOND, 2000, 4);
    assert_int_equal(m.delta[METER_IN_PACKETS], 10);
    assert_int_equal(m.delta[METER_IN_OCTETS], 1000);
    assert_int_equal(m.restarts, 0);
}

static void test_after_a_restart_counting_begins_anew(void **state)
{
    struct meter m = {0};
    take(&m, 0, 5000000000, 4000000000);
    take(&m, 20 * SECOND, 300, 2);
    assert_int_equal(m.restarts, 1);
    assert_int_equal(m.interval, 0);
    assert_int_equal(m.total[METER_IN_OCTETS], 0);
    take(&m, 40 * SECOND, 800, 5);
    assert_int_equal(m.delta[METER_IN_OCTETS], 500);
    assert_int_equal(m.total[METER_IN_OCTETS], 500);
}

static void test_a_restart_that_looks_like_a_wrap_is_told_by_the_speed(void **state)
{
    struct meter m = {0};
    take(&m, 0, 3000000000, 10);
    /* Packets have grown by chance; a gigabit in a second is no gigabyte. */
    take(&m, SECOND, 1000, 11);
    assert_int_equal(m.restarts, 1);
    assert_int_equal(m.total[METER_IN_OCTETS], 0);
}

static void test_a_sample_that_comes_twice_or_late_is_passed_over(void **state)
{
    struct meter m = {0};
    take(&m, 0, 1000, 10);
    take(&m, 20 * SECOND, 3000, 30);
    take(&m, 20 * SECOND, 3000, 30);
    take(&m, 10 * SECOND, 2000, 20);
    take(&m, 40 * SECOND, 4000, 40);
    assert_int_equal(m.total[METER_IN_OCTETS], 3000);
    assert_int_equal(m.restarts, 0);
}

static void test_silence_for_more_than_an_hour_is_a_gap(void **state)
{
    struct meter m = {0};
    take(&m, 0, 1000, 10);
    take(&m, 2 * HOUR, 900000, 90000);
    assert_int_equal(m.interval, 0);
    assert_int_equal(m.total[METER_IN_OCTETS], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_sample_says_nothing_about_the_past),
        cmocka_unit_test(test_what_is_new_is_spread_over_the_time_between_samples),
        cmocka_unit_test(test_a_counter_of_32_bits_wraps),
        cmocka_unit_test(test_after_a_restart_counting_begins_anew),
        cmocka_unit_test(test_a_restart_that_looks_like_a_wrap_is_told_by_the_speed),
        cmocka_unit_test(test_a_sample_that_comes_twice_or_late_is_passed_over),
        cmocka_unit_test(test_silence_for_more_than_an_hour_is_a_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
