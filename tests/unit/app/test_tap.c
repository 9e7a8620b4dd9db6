/* test_tap.c - the tap counts every byte, however wild the time stamps are. */
#include "app/tap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void count(struct tap_seen *seen, nsec_t ts, uint32_t bytes, uint16_t link)
{
    struct frame f = {.ts = ts, .wire_len = bytes, .link = link};
    tap_count(seen, &f);
}

static uint64_t sum_of(const struct tap_seen *seen)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < TAP_BINS; i++)
        sum += seen->bytes[i];
    return sum;
}

static void test_bins_widen_without_losing_a_byte(void **state)
{
    (void)state;
    struct tap_seen seen = {0};
    for (unsigned i = 0; i < 10000; i++)
        count(&seen, 1000 * SECOND + i * 10 * MILLISECOND, 100, 1);
    assert_int_equal(sum_of(&seen), 1000000);
    assert_true(seen.bins <= TAP_BINS);
    assert_true((nsec_t)seen.bins * seen.width >= 99 * SECOND);
    assert_true(seen.width < SECOND);
}

/* A source whose only burst is one message of an exporter. */
static enum source_result read_message(struct source *s, struct burst *b, int timeout_ms)
{
    static struct datagram message;
    message = (struct datagram){.len = 500, .received = 7 * SECOND};
    b->datagram = &message;
    b->n = 1;
    return SOURCE_OK;
}

static void close_nothing(struct source *s)
{
    (void)s;
}

static void test_messages_of_exporters_are_not_taken_for_frames(void **state)
{
    (void)state;
    static const struct source_ops ops = {.read = read_message, .close = close_nothing};
    static struct burst burst;
    struct source inner = {.ops = &ops, .is_collector = true};
    struct tap_seen seen = {0};
    struct err e = {""};
    struct source *tap = tap_open(&inner, &seen, &e);
    assert_non_null(tap);
    assert_true(tap->is_collector);
    assert_int_equal(tap->ops->read(tap, &burst, 0), SOURCE_OK);
    assert_int_equal(seen.links, 0);
    assert_int_equal(seen.earliest, 7 * SECOND);
    assert_int_equal(sum_of(&seen), 500);
    tap->ops->close(tap);
}

static void test_the_busiest_second_is_found(void **state)
{
    (void)state;
    struct tap_seen seen = {0};
    count(&seen, 5 * SECOND, 10, 1);
    count(&seen, 6 * SECOND, 300, 1);
    count(&seen, 6 * SECOND + SECOND - 1, 400, 1);
    count(&seen, 7 * SECOND, 500, 1);
    assert_int_equal(seen.peak_bytes, 700);
}

static void test_stamps_centuries_apart_and_backwards_are_survived(void **state)
{
    (void)state;
    struct tap_seen seen = {0};
    count(&seen, -4000000000LL * SECOND, 1, 1);
    count(&seen, 5000000000LL * SECOND, 2, 1);
    count(&seen, INT64_MIN, 4, 1);
    count(&seen, INT64_MAX, 8, 1);
    assert_int_equal(sum_of(&seen), 15);
}

static void test_link_types_are_told_apart_and_too_many_are_still_counted(void **state)
{
    (void)state;
    struct tap_seen seen = {0};
    for (uint16_t link = 0; link < 20; link++)
        count(&seen, SECOND, 1, link);
    count(&seen, SECOND, 1, 0);
    assert_int_equal(seen.links, TAP_LINKS);
    assert_int_equal(seen.link[0].frames, 2);
    uint64_t all = 0;
    for (unsigned i = 0; i < TAP_LINKS; i++)
        all += seen.link[i].frames;
    assert_int_equal(all, 21);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bins_widen_without_losing_a_byte),
        cmocka_unit_test(test_messages_of_exporters_are_not_taken_for_frames),
        cmocka_unit_test(test_the_busiest_second_is_found),
        cmocka_unit_test(test_stamps_centuries_apart_and_backwards_are_survived),
        cmocka_unit_test(test_link_types_are_told_apart_and_too_many_are_still_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
