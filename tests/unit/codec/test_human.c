/* test_human.c - quantities as a person reads them. */
#include "codec/human.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#define THIN "\xe2\x80\x89"

static void check(void (*print)(struct text *, uint64_t), uint64_t value, const char *expected)
{
    struct text t = {0};
    print(&t, value);
    assert_string_equal(t.data, expected);
    text_free(&t);
}

static void test_rates_and_volumes_have_three_significant_digits(void **state)
{
    check(human_bps, 0, "0 bit/s");
    check(human_bps, 999, "999 bit/s");
    check(human_bps, 8080, "8.08 kbit/s");
    check(human_bps, 1494000, "1.49 Mbit/s");
    check(human_bps, 9999, "10.0 kbit/s");
    check(human_bps, 99949, "99.9 kbit/s");
    check(human_bps, 99950, "100 kbit/s");
    check(human_bps, 999499, "999 kbit/s");
    check(human_bps, 999500, "1.00 Mbit/s");
    check(human_bytes, 16000000, "16.0 MB");
    check(human_bytes, UINT64_MAX, "18.4 EB");
    check(human_bytes_iec, 1023, "1023 B");
    check(human_bytes_iec, 1024, "1.00 KiB");
    check(human_bytes_iec, 1536 * 1024, "1.50 MiB");
    check(human_pps, 90200, "90.2 kpps");
    check(human_pps, 12, "12 pps");
}

static void test_counts_stay_exact_to_five_digits(void **state)
{
    check(human_count, 0, "0");
    check(human_count, 999, "999");
    check(human_count, 1000, "1" THIN "000");
    check(human_count, 99999, "99" THIN "999");
    check(human_count, 100000, "100 k");
    check(human_count, 1234567, "1.23 M");
    check(human_exact, 18446744073709551615ull,
          "18" THIN "446" THIN "744" THIN "073" THIN "709" THIN "551" THIN "615");
}

static void test_ratios_and_shares_are_percent(void **state)
{
    check(human_ratio, 5486, "54.9 %");
    check(human_ratio, 5, "0.1 %");
    check(human_ratio, 10000, "100.0 %");
    struct text t = {0};
    human_share(&t, 81, 100);
    human_share(&t, 1, 0);
    human_share(&t, UINT64_MAX, UINT64_MAX);
    assert_string_equal(t.data, "81.0 %-100.0 %");
    text_free(&t);
}

static void test_durations_have_at_most_two_units(void **state)
{
    static const struct {
        nsec_t d;
        const char *text;
    } rows[] = {{0, "0 us"},
                {-5, "0 us"},
                {9 * MICROSECOND, "9 us"},
                {999 * MICROSECOND, "999 us"},
                {1200 * MICROSECOND, "1.2 ms"},
                {9949 * MICROSECOND, "9.9 ms"},
                {9950 * MICROSECOND, "10 ms"},
                {41224 * MICROSECOND, "41 ms"},
                {SECOND - 1, "1.0 s"},
                {1234 * MILLISECOND, "1.2 s"},
                {59499 * MILLISECOND, "59 s"},
                {59500 * MILLISECOND, "1 min"},
                {124 * SECOND, "2 min 4 s"},
                {3600 * SECOND, "1 h"},
                {3720 * SECOND, "1 h 2 min"},
                {27 * HOUR, "1 d 3 h"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text t = {0};
        human_duration(&t, rows[i].d);
        assert_string_equal(t.data, rows[i].text);
        text_free(&t);
    }
}

static void test_times_always_show_their_zone(void **state)
{
    struct text t = {0};
    human_time_utc(&t, 1497300991 * SECOND);
    assert_string_equal(t.data, "2017-06-12 20:56:31 UTC");
    text_reset(&t);
    setenv("TZ", "XXX-05:30", 1);
    tzset();
    human_time_local(&t, 1497300991 * SECOND);
    assert_string_equal(t.data, "2017-06-13 02:26:31 +05:30");
    text_free(&t);
}

static void test_width_counts_columns_and_not_bytes(void **state)
{
    assert_int_equal(human_width("abc", 3), 3);
    assert_int_equal(human_width("\xc3\xa4", 2), 1);
    assert_int_equal(human_width("a\xcc\x88", 3), 1);
    assert_int_equal(human_width("\xe6\x97\xa5\xe6\x9c\xac", 6), 4);
    assert_int_equal(human_width("\xf0\x9f\x98\x80", 4), 2);
    assert_int_equal(human_width(THIN, 3), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates_and_volumes_have_three_significant_digits),
        cmocka_unit_test(test_counts_stay_exact_to_five_digits),
        cmocka_unit_test(test_ratios_and_shares_are_percent),
        cmocka_unit_test(test_durations_have_at_most_two_units),
        cmocka_unit_test(test_times_always_show_their_zone),
        cmocka_unit_test(test_width_counts_columns_and_not_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
