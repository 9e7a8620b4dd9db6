/* test_record_ring.c - records cross from one thread to another whole and in order. */
#include "base/thread.h"
#include "io/record_ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { CROSSING = 20000 };

static struct record make(unsigned i)
{
    struct record r = {.sent_bytes = i, .client_port = (uint16_t)i};
    char text[TAIL_STRING];
    memset(text, 'a' + (int)(i % 26), sizeof text);
    tail_set(&r.tail, STRING_info, text, i % TAIL_STRING);
    return r;
}

static void assert_same(const struct record *got, unsigned i)
{
    struct record want = make(i);
    assert_int_equal(got->sent_bytes, want.sent_bytes);
    assert_int_equal(got->tail.used, want.tail.used);
    assert_memory_equal(got->tail.bytes, want.tail.bytes, want.tail.used);
}

static void test_a_full_ring_refuses_and_loses_nothing(void **state)
{
    struct record_ring ring;
    struct record r;
    assert_true(record_ring_init(&ring, 1));
    unsigned pushed = 0, popped = 0;
    for (unsigned round = 0; round < 50; round++) {
        for (;;) {
            r = make(pushed);
            if (!record_ring_push(&ring, &r))
                break;
            pushed++;
        }
        for (unsigned i = 0; i < 7 && record_ring_pop(&ring, &r); i++)
            assert_same(&r, popped++);
    }
    while (record_ring_pop(&ring, &r))
        assert_same(&r, popped++);
    assert_int_equal(popped, pushed);
    assert_true(pushed > 100);
    record_ring_fini(&ring);
}

static void push_all(void *argument)
{
    for (unsigned i = 0; i < CROSSING;) {
        struct record r = make(i);
        i += record_ring_push(argument, &r);
    }
}

static void test_two_threads_see_the_same_records(void **state)
{
    static struct record_ring ring;
    struct thread pusher = {.running = false};
    struct err e = {""};
    struct record r;
    assert_true(record_ring_init(&ring, 65536));
    assert_true(thread_start(&pusher, "pusher", push_all, &ring, &e));
    for (unsigned i = 0; i < CROSSING;) {
        if (record_ring_pop(&ring, &r))
            assert_same(&r, i++);
    }
    thread_join(&pusher);
    assert_false(record_ring_pop(&ring, &r));
    record_ring_fini(&ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_full_ring_refuses_and_loses_nothing),
        cmocka_unit_test(test_two_threads_see_the_same_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
