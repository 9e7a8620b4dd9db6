/* test_bench_feed.c - the feed hands over every packet once, in order, and the watch counts right. */
#include "app/bench_feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { OPENING = 1000 };

/* Each frame is its own number. */
static uint32_t make_number(void *maker, uint64_t n, uint8_t *to)
{
    (void)maker;
    memcpy(to, &n, sizeof n);
    return 64;
}

static void test_packets_come_once_and_in_order_and_those_of_the_opening_do_not_count(void **state)
{
    (void)state;
    static struct bench_feed f;
    static struct burst b;
    struct err e = {""};
    struct feed_config config = {
        .make = make_number, .stride = 4096, .opening = OPENING, .gap = 100, .measure = 0};
    assert_true(feed_init(&f, &config, &e));
    uint64_t n = 0;
    nsec_t last = 0;
    while (n < OPENING + 3 * (uint64_t)WATCH_CHUNK) {
        assert_int_equal(f.source.ops->read(&f.source, &b, 0), SOURCE_OK);
        assert_in_range(b.n, 1, BURST_FRAMES);
        for (unsigned i = 0; i < b.n; i++, n++) {
            uint64_t number;
            memcpy(&number, b.frame[i].bytes, sizeof number);
            assert_int_equal(number, n);
            assert_true(b.frame[i].ts > last);
            last = b.frame[i].ts;
        }
    }
    atomic_store(&f.phase, FEED_OVER);
    assert_int_equal(f.source.ops->read(&f.source, &b, 0), SOURCE_END);
    /* The first chunk after the opening warms up. */
    assert_int_equal(f.watch[0].packets, 2 * WATCH_CHUNK);
    assert_int_equal(watch_speed(&f.watch[0]).packets, 2 * WATCH_CHUNK);
    assert_int_equal(counter_get(&f.source.counts.received), OPENING + 3 * WATCH_CHUNK);
    feed_fini(&f);
}

static void test_the_feed_ends_at_a_whole_second_of_packet_time(void **state)
{
    (void)state;
    static struct bench_feed f;
    static struct burst b;
    struct err e = {""};
    struct feed_config config = {
        .make = make_number, .stride = 4096, .gap = 10 * MICROSECOND, .measure = 1};
    assert_true(feed_init(&f, &config, &e));
    while (f.source.ops->read(&f.source, &b, 0) == SOURCE_OK)
        assert_true(f.made < 10000000);
    nsec_t lasted = f.now - f.begin, chunk = WATCH_CHUNK * config.gap;
    assert_true(lasted >= SECOND && lasted < SECOND + chunk);
    feed_fini(&f);
}

static void test_percentiles_and_mean_are_of_the_chunks(void **state)
{
    (void)state;
    static struct stopwatch w;
    for (unsigned i = 0; i < 100; i++)
        w.ns[i] = (float)(100 - i);
    w.chunks = 100;
    w.packets = 1000;
    w.spent = 50500;
    struct bench_speed s = watch_speed(&w);
    assert_true(s.p5 > 5.9 && s.p5 < 6.1);
    assert_true(s.p50 > 50.9 && s.p50 < 51.1);
    assert_true(s.mean > 50.4 && s.mean < 50.6);
    assert_true(rate_of(s.mean) > 19e6 && rate_of(s.mean) < 20e6);
    watch_clear(&w);
    assert_true(watch_speed(&w).mean == 0);
    assert_true(rate_of(0) == 0);
}

static void test_an_empty_chunk_is_not_counted(void **state)
{
    (void)state;
    static struct stopwatch w;
    watch_start(&w);
    watch_stop(&w);
    assert_int_equal(w.chunks, 0);
    watch_start(&w);
    watch_count(&w, 10);
    assert_false(watch_is_full(&w));
    watch_stop(&w);
    assert_int_equal(w.chunks, 1);
    assert_int_equal(w.packets, 10);
    watch_stop(&w);
    assert_int_equal(w.chunks, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packets_come_once_and_in_order_and_those_of_the_opening_do_not_count),
        cmocka_unit_test(test_the_feed_ends_at_a_whole_second_of_packet_time),
        cmocka_unit_test(test_percentiles_and_mean_are_of_the_chunks),
        cmocka_unit_test(test_an_empty_chunk_is_not_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
