/* test_thread.c - threads have names and no signals; events are sticky and keep deadlines. */
#include "base/thread.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

struct shared {
    struct event go, done;
    char name[16];
    bool blocked;
};

static void run(void *argument)
{
    struct shared *s = argument;
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    s->blocked = sigismember(&mask, SIGINT) && sigismember(&mask, SIGTERM);
    pthread_getname_np(pthread_self(), s->name, sizeof s->name);
    if (event_wait(&s->go, clock_mono() + 10 * SECOND))
        event_set(&s->done);
}

static void test_a_thread_has_its_name_and_takes_no_signals(void **state)
{
    struct shared s = {0};
    struct thread t;
    event_init(&s.go);
    event_init(&s.done);
    assert_true(thread_start(&t, "a-name-that-is-far-too-long", run, &s, NULL));
    assert_false(event_wait(&s.done, clock_mono() + MILLISECOND));
    event_set(&s.go);
    assert_true(event_wait(&s.done, clock_mono() + 10 * SECOND));
    thread_join(&t);
    assert_false(t.running);
    thread_join(&t);
    assert_string_equal(s.name, "a-name-that-is-");
    assert_true(s.blocked);
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    assert_false(sigismember(&mask, SIGINT)); /* ours is as it was */
    event_fini(&s.go);
    event_fini(&s.done);
}

static void test_joining_a_thread_that_never_ran_is_harmless(void **state)
{
    struct thread t = {0};
    thread_join(&t);
    assert_false(t.running);
}

static void test_an_event_stays_set_until_cleared(void **state)
{
    struct event ev;
    event_init(&ev);
    assert_false(event_wait(&ev, -5));
    event_set(&ev);
    assert_true(event_wait(&ev, 0));
    assert_true(event_wait(&ev, 0));
    event_clear(&ev);
    assert_false(event_wait(&ev, 0));
    event_fini(&ev);
}

static void test_a_wait_ends_at_its_deadline(void **state)
{
    struct event ev;
    event_init(&ev);
    nsec_t before = clock_mono();
    assert_false(event_wait(&ev, before + 20 * MILLISECOND));
    nsec_t waited = clock_mono() - before;
    assert_true(waited >= 20 * MILLISECOND && waited < 5 * SECOND);
    event_fini(&ev);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_thread_has_its_name_and_takes_no_signals),
        cmocka_unit_test(test_joining_a_thread_that_never_ran_is_harmless),
        cmocka_unit_test(test_an_event_stays_set_until_cleared),
        cmocka_unit_test(test_a_wait_ends_at_its_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
