/* test_question.c - many askers, several workers, and an engine that starts and stops under them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/hash.h"
#include "by_hand.h"
#include "engine/question.h"

#include <cmocka.h>

enum { ASKERS = 4, WORKERS = 3, CLIENTS = 3000 };

/* A live source that serves a loop of frames for ever, slowly when told so. */
struct loop_source {
    struct source base;
    const struct script *script;
    unsigned at;
    atomic_int pause_ms;
};

static enum source_result loop_read(struct source *base, struct burst *b, int timeout_ms)
{
    struct loop_source *s = (struct loop_source *)base;
    int pause = atomic_load(&s->pause_ms);
    clock_sleep(pause ? pause * MILLISECOND : MILLISECOND / 10);
    notice_set(&s->base.state, s->at % 2 ? "up" : "down: for a moment");
    b->now = clock_wall();
    b->n = 0;
    while (timeout_ms >= 0 && b->n < 20) {
        unsigned i = s->at++ % s->script->n;
        b->frame[b->n++] = (struct frame){.bytes = s->script->frame[i].bytes,
                                          .ts = b->now,
                                          .cap_len = s->script->frame[i].len,
                                          .wire_len = s->script->frame[i].wire,
                                          .link = 1};
        counter_add(&s->base.counts.received, 1);
    }
    return SOURCE_OK;
}

static struct source *loop_open(const struct script *script)
{
    static const struct source_ops ops = {loop_read, script_wake, script_close};
    struct loop_source *s = calloc(1, sizeof *s);
    s->base.ops = &ops;
    memcpy(s->base.name, "loop", 5);
    s->script = script;
    return &s->base;
}

static struct script *many_clients(void)
{
    struct script *s = calloc(1, sizeof *s);
    for (unsigned i = 0; i < CLIENTS; i++)
        add_frame(s, (struct one){.src = 0x0a000000 + i,
                                  .dst = 0xc0000200 + i % 7,
                                  .sport = 1000,
                                  .dport = 80,
                                  .proto = 17,
                                  .payload = 10});
    return s;
}

static struct engine *loop_engine(const struct script *s, struct source **source)
{
    struct err e = {""};
    struct engine_config c = hand_config();
    struct engine *en = engine_new(&c, &e);
    for (unsigned i = 0; i < WORKERS; i++)
        source[i] = loop_open(s);
    if (!en || engine_add_interface(en, "loop", source, WORKERS, NULL, &e) != 0)
        abort();
    return en;
}

struct asker {
    struct thread thread;
    struct engine *engine;
    atomic_bool *enough;
    unsigned asked, wrong, incomplete;
};

static void check_rows(struct asker *k, const struct answer *a)
{
    /* Rows that two threads filled at once would carry ports and sums that nobody sent. */
    for (uint32_t i = 0; a->records && i < a->n; i++)
        k->wrong += a->records[i].server_port != 80 || a->records[i].client_port != 1000 ||
                    a->records[i].sent_bytes % 38;
    if (a->totals && a->complete)
        k->wrong +=
            a->totals->wire_packets != a->totals->packets[REASON_ipv4] || a->totals->ip_bytes % 38;
}

static void ask_on(void *argument)
{
    struct asker *k = argument;
    for (unsigned i = 0; !atomic_load(k->enough); i++) {
        struct question q = {.kind = (enum question_kind)(i % (QUESTION_EVENTS + 1)),
                             .iface = i % 3 ? 0 : -1,
                             .limit = 20,
                             .hosts_local = -1,
                             .by_host = true,
                             .seconds = 5};
        struct answer *a = question_ask(k->engine, &q);
        k->asked++;
        k->incomplete += !a->complete;
        check_rows(k, a);
        answer_free(a);
        struct interface_info info;
        k->wrong += !engine_interface(k->engine, 0, &info) ||
                    (info.state[0] && info.state[0] != 'u' && info.state[0] != 'd');
    }
}

static void test_askers_are_answered_before_during_and_after_a_run(void **state)
{
    (void)state;
    struct script *s = many_clients();
    for (unsigned round = 0; round < 3; round++) {
        struct source *source[WORKERS];
        struct engine *en = loop_engine(s, source);
        struct asker asker[ASKERS] = {0};
        atomic_bool enough = false;
        struct err e = {""};
        for (unsigned i = 0; i < ASKERS; i++) {
            asker[i].engine = en;
            asker[i].enough = &enough;
            assert_true(thread_start(&asker[i].thread, "asker", ask_on, &asker[i], &e));
        }
        assert_true(engine_start(en, &e));
        clock_sleep(100 * MILLISECOND);
        engine_stop(en);
        clock_sleep(20 * MILLISECOND);
        atomic_store(&enough, true);
        for (unsigned i = 0; i < ASKERS; i++) {
            thread_join(&asker[i].thread);
            assert_int_equal(asker[i].wrong, 0);
            assert_true(asker[i].asked > 0);
        }
        engine_free(en);
        assert_int_equal(mem_used(ACCOUNT_answers), 0);
    }
    free(s);
}

static void test_a_letter_that_misses_the_last_look_is_answered_by_its_sender(void **state)
{
    (void)state;
    struct script *s = many_clients();
    unsigned incomplete = 0;
    for (unsigned round = 0; round < 15; round++) {
        struct source *source[WORKERS];
        struct engine *en = loop_engine(s, source);
        struct asker asker = {.engine = en};
        atomic_bool enough = false;
        asker.enough = &enough;
        struct err e = {""};
        assert_true(engine_start(en, &e));
        assert_true(thread_start(&asker.thread, "asker", ask_on, &asker, &e));
        clock_sleep((1 + round % 5) * MILLISECOND / 4);
        engine_stop(en);
        atomic_store(&enough, true);
        thread_join(&asker.thread);
        incomplete += asker.incomplete;
        engine_free(en);
    }
    assert_int_equal(incomplete, 0);
    assert_int_equal(mem_used(ACCOUNT_answers), 0);
    free(s);
}

static void test_a_late_worker_is_left_out_and_gives_its_part_back(void **state)
{
    (void)state;
    struct script *s = many_clients();
    struct source *source[WORKERS];
    struct engine *en = loop_engine(s, source);
    struct err e = {""};
    assert_true(engine_start(en, &e));
    atomic_store(&((struct loop_source *)source[1])->pause_ms, 300);
    clock_sleep(20 * MILLISECOND);
    unsigned late = 0;
    for (unsigned i = 0; i < 6; i++) {
        struct question q = {.kind = i % 2 ? QUESTION_HOSTS : QUESTION_FLOWS,
                             .iface = 0,
                             .limit = 5,
                             .hosts_local = -1,
                             .timeout = 30 * MILLISECOND};
        struct answer *a = question_ask(en, &q);
        late += !a->complete;
        answer_free(a);
    }
    assert_true(late >= 3);
    atomic_store(&((struct loop_source *)source[1])->pause_ms, 0);
    engine_stop(en);
    assert_int_equal(mem_used(ACCOUNT_answers), 0);
    engine_free(en);
    free(s);
}

static void test_askers_learn_what_their_questions_cost_the_workers(void **state)
{
    (void)state;
    struct script *s = many_clients();
    struct source *source[WORKERS];
    struct engine *en = loop_engine(s, source);
    struct err e = {""};
    assert_true(engine_start(en, &e));
    clock_sleep(20 * MILLISECOND);
    nsec_t before = question_spent();
    struct question q = {.kind = QUESTION_FLOWS, .iface = 0, .limit = 5, .fresh = true};
    struct answer *a = question_ask(en, &q);
    assert_true(a->complete);
    assert_true(question_spent() > before);
    answer_free(a);
    engine_stop(en);
    engine_free(en);
    free(s);
}

static void test_a_question_to_nobody_has_an_empty_answer(void **state)
{
    (void)state;
    struct script *s = many_clients();
    struct engine_config c = hand_config();
    struct engine *en = hand_engine(&c, s, 2, false);
    for (enum question_kind kind = QUESTION_FLOWS; kind <= QUESTION_EVENTS; kind++) {
        struct question q = {.kind = kind, .iface = 9, .limit = 10, .by_host = true};
        struct answer *a = question_ask(en, &q);
        assert_non_null(a);
        assert_int_equal(a->total, 0);
        answer_free(a);
    }
    engine_free(en);
    free(s);
}

static void test_a_page_beyond_what_can_be_counted_is_empty(void **state)
{
    (void)state;
    struct script *s = many_clients();
    struct engine_config c = hand_config();
    struct engine *en = hand_engine(&c, s, 2, false);
    for (unsigned i = 0; i < 2; i++)
        hand_read(hand_worker(en, i));
    for (unsigned i = 0; i < 2; i++) {
        struct question q = {.kind = i ? QUESTION_HOSTS : QUESTION_FLOWS,
                             .iface = 0,
                             .offset = UINT32_MAX - 3,
                             .limit = 10,
                             .hosts_local = -1};
        struct answer *a = question_ask(en, &q);
        assert_true(a->complete);
        assert_int_equal(a->n, 0);
        assert_int_equal(a->total, i ? CLIENTS + 7 : CLIENTS);
        answer_free(a);
    }
    engine_free(en);
    free(s);
}

/* Sanitizers keep memory of their own and end the program when there is none. */
extern void __asan_init(void) __attribute__((weak));
extern void __tsan_init(void) __attribute__((weak));

static void test_without_any_memory_there_still_is_an_answer(void **state)
{
    (void)state;
    if (__asan_init || __tsan_init)
        skip();
    struct script *s = many_clients();
    struct engine_config c = hand_config();
    struct engine *en = hand_engine(&c, s, 2, false);
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    none = before;
    none.rlim_cur = 1024;
    assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
    void **taken = NULL;
    for (size_t size = 1 << 16; size >= 2 * sizeof(void *); size /= 2)
        for (void **more; (more = malloc(size)); taken = more)
            *more = taken;
    struct question q = {.kind = QUESTION_TOTALS, .iface = 0};
    struct answer *a = question_ask(en, &q);
    bool there = a != NULL, complete = a && a->complete;
    answer_free(a);
    setrlimit(RLIMIT_AS, &before);
    while (taken) {
        void **next = *taken;
        free(taken);
        taken = next;
    }
    assert_true(there);
    assert_false(complete);
    engine_free(en);
    free(s);
}

int main(void)
{
    struct err e = {""};
    hash_seed();
    locals_add(&hand_locals, "10.0.0.0/8", &e);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_askers_are_answered_before_during_and_after_a_run),
        cmocka_unit_test(test_a_letter_that_misses_the_last_look_is_answered_by_its_sender),
        cmocka_unit_test(test_a_late_worker_is_left_out_and_gives_its_part_back),
        cmocka_unit_test(test_askers_learn_what_their_questions_cost_the_workers),
        cmocka_unit_test(test_a_question_to_nobody_has_an_empty_answer),
        cmocka_unit_test(test_a_page_beyond_what_can_be_counted_is_empty),
        cmocka_unit_test(test_without_any_memory_there_still_is_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
