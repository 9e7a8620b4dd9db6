/* test_silence.c - regular exporters that fall silent are told, and that they are back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "exports.h"

#include <cmocka.h>

enum { ROUTER = 0x0a000001, SWITCH = 0x0a000002 };

static const nsec_t T0 = 1700000000 * SECOND;

struct bench {
    struct script *script;
    struct engine *engine;
    struct worker *w;
    uint32_t sequence;
};

static struct bench bench_new(void)
{
    struct engine_config c = hand_config();
    struct bench b = {.script = calloc(1, sizeof(struct script))};
    b.engine = hand_collector(&c, b.script, 1);
    b.w = hand_worker(b.engine, 0);
    worker_time(b.w, T0);
    return b;
}

static void bench_free(struct bench *b)
{
    engine_free(b->engine);
    free(b->script);
}

static void hear_at(struct bench *b, uint32_t from, nsec_t at)
{
    static const struct v5_flow flow = {
        .src = 0xc0a80001, .dst = 0xc0000201, .bytes = 600, .packets = 1};
    struct message_bytes m = v5_message(at, ++b->sequence, &flow);
    worker_time(b->w, at);
    hear(b->w, from, at, &m);
}

/* One message every `pause` seconds, `times` of them from T0 on; returns when the last one was. */
static nsec_t regular(struct bench *b, uint32_t from, unsigned pause, unsigned times)
{
    nsec_t at = T0;
    for (unsigned i = 0; i < times; i++) {
        at = T0 + i * pause * SECOND;
        hear_at(b, from, at);
    }
    return at;
}

/* Seconds without any message. */
static void wait_until(struct bench *b, nsec_t at)
{
    for (nsec_t t = b->w->now; t < at; t += SECOND)
        worker_time(b->w, t);
    worker_time(b->w, at);
}

/* Events whose sentence has this word. */
static unsigned events_with(const struct bench *b, const char *word)
{
    unsigned n = 0;
    for (uint32_t i = 0; i < b->w->events.n && i < EVENTS_KEPT; i++)
        n += strstr(b->w->events.row[i].text, word) != NULL;
    return n;
}

static uint8_t state_of(struct bench *b)
{
    struct question q = {.kind = QUESTION_EXPORTER, .iface = -1, .addr = hand_ip(ROUTER)};
    struct answer *a = question_ask(b->engine, &q);
    uint8_t state = a->n ? a->exporters[0].state : UINT8_MAX;
    answer_free(a);
    return state;
}

static void test_a_regular_exporter_is_silent_after_a_minute_and_told_once(void **state)
{
    struct bench b = bench_new();
    nsec_t last = regular(&b, ROUTER, 5, 20);
    wait_until(&b, last + 59 * SECOND);
    assert_int_equal(events_with(&b, "silent"), 0);
    assert_int_equal(state_of(&b), EXPORTER_SENDS);
    wait_until(&b, last + 300 * SECOND);
    assert_int_equal(events_with(&b, "silent"), 1);
    assert_int_equal(state_of(&b), EXPORTER_SILENT);
    hear_at(&b, ROUTER, last + 301 * SECOND);
    wait_until(&b, last + 303 * SECOND);
    assert_int_equal(events_with(&b, "is back after 301 s"), 1);
    assert_int_equal(state_of(&b), EXPORTER_SENDS);
    bench_free(&b);
}

static void test_one_that_speaks_every_minute_is_given_three(void **state)
{
    struct bench b = bench_new();
    nsec_t last = regular(&b, ROUTER, 60, 10);
    wait_until(&b, last + 179 * SECOND);
    assert_int_equal(events_with(&b, "silent"), 0);
    wait_until(&b, last + 182 * SECOND);
    assert_int_equal(events_with(&b, "silent"), 1);
    bench_free(&b);
}

static void test_who_spoke_a_few_times_is_not_expected(void **state)
{
    struct bench b = bench_new();
    nsec_t last = regular(&b, ROUTER, 1, 5);
    wait_until(&b, last + 1000 * SECOND);
    assert_int_equal(events_with(&b, "silent"), 0);
    bench_free(&b);
}

static void test_silence_of_one_is_told_while_others_speak(void **state)
{
    struct bench b = bench_new();
    nsec_t last = regular(&b, ROUTER, 2, 20);
    for (unsigned i = 0; i < 40; i++)
        hear_at(&b, SWITCH, last + 2 * i * SECOND);
    assert_int_equal(events_with(&b, "10.0.0.1: is silent"), 1);
    assert_int_equal(events_with(&b, "10.0.0.2: is silent"), 0);
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_regular_exporter_is_silent_after_a_minute_and_told_once),
        cmocka_unit_test(test_one_that_speaks_every_minute_is_given_three),
        cmocka_unit_test(test_who_spoke_a_few_times_is_not_expected),
        cmocka_unit_test(test_silence_of_one_is_told_while_others_speak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
