/* test_sweep.c - time in all its moods: slices, clocks that are set, stamps and lengths that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/hash.h"
#include "by_hand.h"
#include "engine/ledger.h"

#include <cmocka.h>

enum { T0 = 1700000000 };

static struct answer *ask_alone(struct engine *en, enum question_kind kind)
{
    struct question q = {.kind = kind, .iface = 0, .limit = 10, .hosts_local = -1};
    struct answer *a = question_ask(en, &q);
    assert_true(a->complete);
    return a;
}

static void assert_closes(struct engine *en)
{
    struct answer *a = ask_alone(en, QUESTION_TOTALS);
    struct ledger l;
    ledger_fill(&l, a->totals);
    struct text out = {0};
    ledger_print(&l, a->totals, &out);
    if (!l.closes)
        print_error("%s", out.data);
    text_free(&out);
    answer_free(a);
    assert_true(l.closes);
}

static void udp(struct script *s, nsec_t ts, uint32_t src, uint32_t dst)
{
    add_frame(s, (struct one){.ts = ts,
                              .src = src,
                              .dst = dst,
                              .sport = 4000,
                              .dport = 5000,
                              .proto = 17,
                              .payload = 72});
}

/* The same frame from n senders. */
static void many_senders(struct worker *w, struct script *s, unsigned n, nsec_t ts)
{
    for (unsigned i = 0; i < n; i++) {
        s->n = 0;
        udp(s, ts, 0x0b000000 + i, 0xc0000201);
        struct burst b = {.n = 1, .now = ts};
        b.frame[0] = (struct frame){.bytes = s->frame[0].bytes,
                                    .ts = ts,
                                    .cap_len = s->frame[0].len,
                                    .wire_len = s->frame[0].wire,
                                    .link = 1};
        counter_add(&w->source->counts.received, 1);
        worker_burst(w, &b);
    }
}

static void test_rates_of_very_many_flows_do_not_depend_on_the_place_in_the_pass(void **state)
{
    (void)state;
    enum { FLOWS = 70000 };
    struct script *s = calloc(1, sizeof *s);
    struct engine_config c = hand_config();
    struct engine *en = hand_engine(&c, s, 1, true);
    struct worker *w = hand_worker(en, 0);
    const nsec_t start = T0 * SECOND;
    worker_tick(w, start);
    for (unsigned second = 0; second < 3; second++) {
        many_senders(w, s, FLOWS, start + second * SECOND + 1);
        for (unsigned slice = 1; slice < 10; slice++)
            worker_sweep_slice(w, start + second * SECOND + slice * SECOND / 10);
        worker_tick(w, start + (second + 1) * SECOND);
    }
    /* In the fourth second half of the flows have been folded again. */
    many_senders(w, s, FLOWS, start + 3 * SECOND + 1);
    worker_sweep_slice(w, start + 3 * SECOND + SECOND / 2);
    unsigned wrong = 0;
    for (uint32_t i = 1; i < w->flows.hot.top; i++)
        wrong += flow_rate(flow_cold_at(&w->flows, i), w->tick).bytes != 100;
    assert_int_equal(wrong, 0);
    struct answer *a = ask_alone(en, QUESTION_FLOWS);
    assert_int_equal(a->sum_bps, FLOWS * 800ull);
    answer_free(a);
    worker_tick(w, start + 4 * SECOND);
    assert_int_equal(w->tally.pending_packets, 0);
    assert_int_equal(w->tally.active_packets, 4ull * FLOWS);
    assert_closes(en);
    engine_free(en);
    free(s);
}

static void test_lengths_of_four_gigabytes_overflow_nothing(void **state)
{
    (void)state;
    struct script *s = calloc(1, sizeof *s);
    for (unsigned i = 0; i < 50; i++) {
        udp(s, T0 * SECOND + i, 0x0a000001, 0xc0000201);
        put16(s->frame[i].bytes + 16, 0); /* IP length 0: as long as the frame says it was */
    }
    struct engine_config c = hand_config();
    struct engine *en = hand_engine(&c, s, 1, false);
    struct worker *w = hand_worker(en, 0);
    struct burst b;
    uint64_t bytes = 0;
    while (w->source->ops->read(w->source, &b, 0) == SOURCE_OK) {
        for (unsigned i = 0; i < b.n; i++) {
            b.frame[i].wire_len = i % 2 ? 0x70000000 : 0xfffffff0;
            bytes += b.frame[i].wire_len - 14;
        }
        worker_burst(w, &b);
    }
    worker_tick(w, w->next_tick);
    assert_closes(en);
    struct answer *a = ask_alone(en, QUESTION_FLOWS);
    assert_int_equal(a->records[0].sent_bytes, bytes);
    assert_true(a->records[0].peak_bps >= (uint64_t)UINT32_MAX * 8);
    assert_int_equal(a->records[0].bps, (uint64_t)UINT32_MAX * 8); /* as much as a rate can say */
    answer_free(a);
    engine_free(en);
    free(s);
}

static void test_stamps_of_any_bits_are_survived(void **state)
{
    (void)state;
    static const nsec_t stamp[] = {
        0,           -1, INT64_MIN,     T0 * SECOND, INT64_MAX,
        T0 * SECOND, 5,  INT64_MAX - 1, INT64_MIN,   4294967297 * SECOND};
    struct script *s = calloc(1, sizeof *s);
    for (unsigned i = 0; i < 10; i++)
        udp(s, stamp[i], 0x0a000001 + i % 3, 0xc0000201);
    struct engine_config c = hand_config();
    struct engine *en = hand_engine(&c, s, 2, false);
    for (unsigned i = 0; i < 2; i++) {
        struct worker *w = hand_worker(en, i);
        hand_read(w);
        assert_true(w->first > 0 && w->last >= T0 * SECOND);
        assert_true(w->next_tick > 0);
        worker_tick(w, w->next_tick);
    }
    assert_closes(en);
    engine_free(en);
    free(s);
}

static void test_a_clock_that_is_set_back_does_not_stop_the_seconds(void **state)
{
    (void)state;
    struct script *s = calloc(1, sizeof *s);
    struct engine_config c = hand_config();
    struct engine *en = hand_engine(&c, s, 1, true);
    struct worker *w = hand_worker(en, 0);
    const nsec_t before = T0 * SECOND, after = before - HOUR;
    worker_time(w, before);
    many_senders(w, s, 3, before + 1);
    worker_time(w, before + SECOND);
    assert_int_equal(w->flows.hot.used, 3);
    worker_time(w, after);
    many_senders(w, s, 1, after + 1);
    worker_time(w, after + SECOND);
    assert_int_equal(w->tally.pending_packets, 0);
    assert_int_equal(w->tick, (uint32_t)(after / SECOND) + 1);
    /* And what was seen before is forgotten in time, not in an hour. */
    worker_time(w, after + 62 * SECOND);
    assert_int_equal(w->flows.hot.used, 0);
    worker_time(w, after + 130 * SECOND);
    assert_int_equal(w->hosts.pool.used, 1);
    assert_closes(en);
    engine_free(en);
    free(s);
}

static void test_the_ledger_of_an_interrupted_file_closes(void **state)
{
    (void)state;
    struct script *s = calloc(1, sizeof *s);
    for (unsigned i = 0; i < 1000; i++)
        udp(s, T0 * SECOND + i, 0x0a000001 + i, 0xc0000201);
    struct engine_config c = hand_config();
    struct engine *en = hand_engine(&c, s, 2, false);
    hand_read(hand_worker(en, 0));
    struct burst b;
    struct worker *late = hand_worker(en, 1);
    late->source->ops->read(late->source, &b, 0);
    worker_burst(late, &b);
    for (unsigned i = 0; i < 2; i++)
        atomic_store(&hand_worker(en, i)->state, WORKER_STOPPED);
    assert_closes(en);
    engine_free(en);
    free(s);
}

static void answered(struct script *s, nsec_t ts, uint32_t client)
{
    struct one o = {.ts = ts, .proto = 17, .payload = 10};
    o.src = client, o.sport = 1000, o.dst = 0xc0000201, o.dport = 53;
    add_frame(s, o);
    o.src = 0xc0000201, o.sport = 53, o.dst = client, o.dport = 1000;
    add_frame(s, o);
}

static void test_silent_conversations_make_room_for_new_ones(void **state)
{
    (void)state;
    struct script *s = calloc(1, sizeof *s);
    for (unsigned i = 0; i < 64; i++)
        answered(s, T0 * SECOND, 0x0a000100 + i);
    answered(s, (T0 + 5) * SECOND, 0x0a000001); /* no room: nobody has been silent for long */
    answered(s, (T0 + 20) * SECOND, 0x0a000002);
    struct engine_config c = hand_config();
    c.max_flows = 64;
    struct engine *en = hand_engine(&c, s, 1, false);
    hand_read(hand_worker(en, 0));
    struct answer *a = ask_alone(en, QUESTION_TOTALS);
    assert_int_equal(a->totals->packets[REASON_flow_table_full], 2);
    assert_int_equal(a->totals->flows_evicted, 1);
    assert_int_equal(a->totals->flows_created, 65);
    answer_free(a);
    assert_closes(en);
    engine_free(en);
    free(s);
}

static void test_who_has_no_room_among_the_hosts_is_local_all_the_same(void **state)
{
    (void)state;
    struct script *s = calloc(1, sizeof *s);
    for (unsigned i = 0; i < 100; i++)
        udp(s, T0 * SECOND + i, 0x0a000001 + i, 0xc0000201 + i);
    struct engine_config c = hand_config();
    c.max_hosts = 10;
    struct engine *en = hand_engine(&c, s, 1, false);
    struct worker *w = hand_worker(en, 0);
    hand_read(w);
    worker_tick(w, w->next_tick);
    struct answer *a = ask_alone(en, QUESTION_TOTALS);
    assert_int_equal(a->totals->upload_bytes, 100 * 100);
    assert_int_equal(a->totals->local_packets[LOCALITY_L2R], 100);
    answer_free(a);
    engine_free(en);
    free(s);
}

static void test_a_device_is_no_router_for_coming_back_often(void **state)
{
    (void)state;
    struct script *s = calloc(1, sizeof *s);
    for (unsigned i = 0; i < 10; i++) /* every 20 minutes, forgotten in between */
        udp(s, (T0 + 1200 * i) * SECOND, 0x0a000001, 0xc0000202);
    udp(s, (T0 + 1200 * 9) * SECOND + 2 * SECOND, 0x0a000001, 0xc0000202);
    struct engine_config c = hand_config();
    struct engine *en = hand_engine(&c, s, 1, false);
    hand_read(hand_worker(en, 0));
    struct answer *a = ask_alone(en, QUESTION_HOSTS);
    for (uint32_t i = 0; i < a->n; i++)
        assert_false(a->hosts[i].is_router_mac);
    answer_free(a);
    a = ask_alone(en, QUESTION_GROUPS);
    assert_int_equal(a->n, 2);
    for (uint32_t i = 0; i < a->n; i++)
        assert_true(a->groups[i].hosts <= 1);
    answer_free(a);
    engine_free(en);
    free(s);
}

int main(void)
{
    struct err e = {""};
    hash_seed();
    locals_add(&hand_locals, "10.0.0.0/8", &e);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates_of_very_many_flows_do_not_depend_on_the_place_in_the_pass),
        cmocka_unit_test(test_lengths_of_four_gigabytes_overflow_nothing),
        cmocka_unit_test(test_stamps_of_any_bits_are_survived),
        cmocka_unit_test(test_a_clock_that_is_set_back_does_not_stop_the_seconds),
        cmocka_unit_test(test_the_ledger_of_an_interrupted_file_closes),
        cmocka_unit_test(test_silent_conversations_make_room_for_new_ones),
        cmocka_unit_test(test_who_has_no_room_among_the_hosts_is_local_all_the_same),
        cmocka_unit_test(test_a_device_is_no_router_for_coming_back_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
