/* test_crossing.c - live workers, and everybody who asks them, at the same time.
 *
 * Little is compared here: what one thread must not see of another is the sanitizer's business
 * (tools/check tsan). Every worker has a source that never rests, and whose clock runs ahead so
 * that seconds close often; askers ask everything there is until the workers have counted enough.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/thread.h"
#include "by_hand.h"
#include "engine/ledger.h"

#include <cmocka.h>

enum { WORKERS = 2, ASKERS = 3, ENOUGH = 60000 /* packets of a worker */, ROUNDS = 6, FRAMES = 32 };

/* Busy, and now and then away, as an interface that is unplugged. */
struct busy {
    struct source base;
    struct script script; /* the frames of the burst that is being taken */
    nsec_t now;
    uint32_t dice;
    atomic_uint taken;
};

static uint32_t roll(struct busy *s, uint32_t below)
{
    s->dice = s->dice * 1664525 + 1013904223;
    return (s->dice >> 8) % below;
}

static enum source_result busy_read(struct source *base, struct burst *b, int timeout_ms)
{
    struct busy *s = (struct busy *)base;
    s->now += 3 * MILLISECOND;
    b->now = s->now;
    b->n = 0;
    if (atomic_load(&s->taken) > ENOUGH) {
        clock_sleep(timeout_ms * MILLISECOND / 10); /* the askers' turn */
        return SOURCE_IDLE;
    }
    if (roll(s, 200) == 0) {
        notice_set(&s->base.state, roll(s, 2) ? "absent: unplugged" : "up");
        return SOURCE_LOST;
    }
    s->script.n = 0;
    for (unsigned i = 0; i < FRAMES; i++) {
        uint32_t who = roll(s, 4000);
        add_frame(&s->script, (struct one){.ts = s->now + i,
                                           .src = (who % 7 ? 0xc6330000 : 0x0a000000) + who,
                                           .dst = 0x0a000001 + who % 5,
                                           .sport = (uint16_t)(1024 + who),
                                           .dport = who % 2 ? 53 : 443,
                                           .proto = who % 3 ? 17 : 6,
                                           .flags = who % 3 ? 0 : TCP_ACK,
                                           .seq = roll(s, 100000),
                                           .payload = 40});
        b->frame[b->n++] = (struct frame){.bytes = s->script.frame[i].bytes,
                                          .ts = s->now + i,
                                          .cap_len = s->script.frame[i].len,
                                          .wire_len = s->script.frame[i].wire,
                                          .link = 1};
        counter_add(&s->base.counts.received, 1);
        counter_add(&s->base.counts.received_bytes, s->script.frame[i].wire);
    }
    atomic_fetch_add(&s->taken, FRAMES);
    return SOURCE_OK;
}

static void busy_wake(struct source *s)
{
    (void)s;
}

static void busy_close(struct source *s)
{
    free(s);
}

static struct source *busy_open(unsigned number)
{
    static const struct source_ops ops = {busy_read, busy_wake, busy_close};
    struct busy *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->base.ops = &ops;
    snprintf(s->base.name, sizeof s->base.name, "busy%u", number);
    snprintf(s->base.kind, sizeof s->base.kind, "busy");
    notice_set(&s->base.state, "up");
    s->now = clock_wall();
    s->dice = number + 1;
    return &s->base;
}

struct asker {
    struct thread thread;
    struct engine *engine;
    struct filter *filter;
    unsigned number, answers, late;
};

static struct question question_of(const struct asker *a, unsigned round)
{
    static const uint8_t local[4] = {10, 0, 0, 1};
    struct question q = {.kind = (enum question_kind)((a->number + round) % (QUESTION_EVENTS + 1)),
                         .iface = round % 2 ? 0 : -1,
                         .limit = 100,
                         .hosts_local = (int)(round % 3) - 1,
                         .group = (enum group_kind)(round % GROUP_KINDS),
                         .by = field_find("cli.ip"),
                         .by_host = round % 4 == 0,
                         .seconds = 60,
                         .addr = addr_v4(local),
                         .timeout = 20 * SECOND};
    if (round % 3 == 0)
        q.filter = a->filter;
    if (q.kind == QUESTION_FLOW)
        snprintf(q.flow_id, sizeof q.flow_id, "%032u", round);
    return q;
}

static void ask_everything(void *argument)
{
    struct asker *a = argument;
    uint64_t accounts[ACCOUNTS];
    for (unsigned round = 0; round < ROUNDS * (QUESTION_EVENTS + 1); round++) {
        struct question q = question_of(a, round);
        struct answer *answer = question_ask(a->engine, &q);
        a->answers++;
        a->late += !answer->complete;
        answer_free(answer);
        struct interface_info info;
        engine_interface(a->engine, 0, &info);
        mem_snapshot(accounts);
    }
}

static void assert_closes(struct engine *en)
{
    struct question q = {.kind = QUESTION_TOTALS, .iface = 0};
    struct answer *a = question_ask(en, &q);
    struct ledger l;
    ledger_fill(&l, a->totals);
    assert_true(a->complete && l.closes);
    answer_free(a);
}

static void test_workers_and_askers_do_not_meet(void **state)
{
    (void)state;
    struct err e = {""};
    struct filter_error fe;
    struct engine_config c = hand_config();
    c.l7.enabled = true;
    c.flow_idle = c.remote_host_idle = SECOND;
    struct engine *en = engine_new(&c, &e);
    assert_non_null(en);
    struct source *source[WORKERS];
    for (unsigned i = 0; i < WORKERS; i++)
        source[i] = busy_open(i);
    assert_int_equal(engine_add_interface(en, "busy", source, WORKERS, NULL, &e), 0);
    assert_true(engine_start(en, &e));

    struct asker asker[ASKERS] = {0};
    for (unsigned i = 0; i < ASKERS; i++) {
        asker[i] = (struct asker){
            .engine = en, .number = i, .filter = filter_compile("bytes > 100 and l4 = udp", &fe)};
        assert_non_null(asker[i].filter);
        assert_true(thread_start(&asker[i].thread, "asker", ask_everything, &asker[i], &e));
    }
    thread_join(&asker[0].thread);
    engine_stop(en); /* while the others still ask */
    for (unsigned i = 0; i < ASKERS; i++) {
        thread_join(&asker[i].thread);
        assert_int_equal(asker[i].answers, ROUNDS * (QUESTION_EVENTS + 1));
        assert_int_equal(asker[i].late, 0);
        filter_free(asker[i].filter);
    }
    assert_closes(en);
    engine_free(en);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_workers_and_askers_do_not_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
