/* test_flow_life.c - what a flow remembers between its first packet and its last record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "by_hand.h"

#include <cmocka.h>

enum { T0 = 1700000000, CLIENT = 0x0a000001, SERVER = 0xc0000201 };

static nsec_t at(double seconds)
{
    return T0 * SECOND + (nsec_t)(seconds * 1e9);
}

enum { KEPT = 16 };

struct kept {
    struct sink base;
    unsigned n;
    struct record record[KEPT];
};

static void keep(struct sink *base, const struct record *r)
{
    struct kept *k = (struct kept *)base;
    assert_true(k->n < KEPT);
    record_copy(&k->record[k->n++], r);
}

struct story {
    struct script *script;
    struct kept *kept;
    struct engine *engine;
    struct worker *w;
};

static struct story story_new(void)
{
    struct story t = {.script = calloc(1, sizeof *t.script), .kept = calloc(1, sizeof *t.kept)};
    t.kept->base.record = keep;
    return t;
}

static void say(struct story *t, double when, bool by_client, uint8_t flags, uint32_t seq,
                uint16_t payload)
{
    add_frame(t->script, (struct one){.ts = at(when),
                                      .src = by_client ? CLIENT : SERVER,
                                      .dst = by_client ? SERVER : CLIENT,
                                      .sport = by_client ? 40000 : 8443,
                                      .dport = by_client ? 8443 : 40000,
                                      .proto = 6,
                                      .flags = flags,
                                      .seq = seq,
                                      .payload = payload});
}

static void read_story(struct story *t, bool told)
{
    struct engine_config c = hand_config();
    t->engine = hand_engine(&c, t->script, 1, false);
    t->w = hand_worker(t->engine, 0);
    t->w->sink = told ? &t->kept->base : NULL;
    hand_read(t->w);
}

static void story_free(struct story *t)
{
    engine_free(t->engine);
    free(t->kept);
    free(t->script);
}

static void test_a_request_in_the_syn_does_not_spoil_the_handshake(void **state)
{
    (void)state;
    struct story t = story_new();
    say(&t, 0.000, true, TCP_SYN, 100, 20); /* RFC 7413 */
    say(&t, 0.030, false, TCP_SYN | TCP_ACK, 500, 0);
    say(&t, 0.040, true, TCP_ACK, 121, 0);
    say(&t, 0.075, false, TCP_ACK, 501, 30);
    read_story(&t, false);
    struct record r;
    flow_to_record(t.w, 1, false, &r);
    assert_int_equal(r.server_rtt, 15000);
    assert_int_equal(r.client_rtt, 5000);
    assert_int_equal(r.appl_latency, 75000);
    story_free(&t);
}

static void test_a_repeated_handshake_counts_from_its_first_packets(void **state)
{
    (void)state;
    struct story t = story_new();
    say(&t, 0.000, true, TCP_SYN, 100, 0);
    say(&t, 1.000, true, TCP_SYN, 100, 0);
    say(&t, 1.100, false, TCP_SYN | TCP_ACK, 500, 0);
    say(&t, 1.150, false, TCP_SYN | TCP_ACK, 500, 0);
    say(&t, 1.200, true, TCP_ACK, 101, 0);
    say(&t, 1.900, true, TCP_ACK, 101, 0);
    read_story(&t, false);
    struct record r;
    flow_to_record(t.w, 1, false, &r);
    assert_int_equal(r.server_rtt, 550000);
    assert_int_equal(r.client_rtt, 50000);
    assert_int_equal(r.appl_latency, 0);
    assert_int_equal(r.problem, PROBLEM_SLOW_NETWORK);
    story_free(&t);
}

static void test_a_stamp_is_never_told_as_a_time(void **state)
{
    (void)state;
    struct story t = story_new();
    say(&t, 0.0, true, TCP_SYN, 100, 0);
    say(&t, 0.1, false, TCP_SYN | TCP_ACK, 500, 0);
    say(&t, 0.1, true, TCP_ACK, 101, 10); /* not later than what it answers */
    read_story(&t, false);
    struct record r;
    flow_to_record(t.w, 1, false, &r);
    assert_int_equal(r.server_rtt, 50000);
    assert_int_equal(r.client_rtt, 0);
    assert_int_equal(r.appl_latency, 0);
    assert_int_equal(r.problem, PROBLEM_NONE);
    story_free(&t);
}

static void test_gaps_between_packets_are_counted_from_each_ends_own_first(void **state)
{
    (void)state;
    struct story t = story_new();
    say(&t, 0.0, false, TCP_ACK, 500, 10);
    say(&t, 4.0, true, TCP_ACK, 100, 10);
    say(&t, 5.0, true, TCP_ACK, 110, 10);
    say(&t, 6.0, false, TCP_ACK, 510, 10);
    read_story(&t, false);
    struct record r;
    flow_to_record(t.w, 1, false, &r);
    bool swapped = r.client_port != 40000;
    assert_int_equal(swapped ? r.rcvd_iat_avg : r.sent_iat_avg, 1000000);
    assert_int_equal(swapped ? r.sent_iat_avg : r.rcvd_iat_avg, 6000000);
    story_free(&t);
}

static void test_each_interval_tells_only_its_own(void **state)
{
    (void)state;
    struct story t = story_new();
    say(&t, 0, true, TCP_ACK, 100, 10);
    say(&t, 1, true, TCP_ACK, 100, 10); /* again */
    for (unsigned i = 0; i < 61; i++)
        say(&t, 2 + i, true, TCP_ACK, 110 + 10 * i, 10);
    say(&t, 70.5, true, TCP_ACK, 720, 10);
    say(&t, 71, true, TCP_ACK, 720, 10); /* again */
    read_story(&t, true);
    flow_end(t.w, 1, END_IDLE);
    assert_int_equal(t.kept->n, 2);
    const struct record *r = t.kept->record;
    assert_int_equal(r[0].end_reason, END_ACTIVE);
    assert_int_equal(r[0].first, at(0));
    assert_int_equal(r[0].sent_retrans, 1);
    assert_int_equal(r[1].end_reason, END_IDLE);
    assert_int_equal(r[1].flow_first, at(0));
    assert_true(r[1].first > r[0].last);
    assert_int_equal(r[1].last, at(71));
    assert_int_equal(r[1].sent_retrans, 1);
    assert_int_equal(r[0].sent_packets + r[1].sent_packets, t.script->n);
    assert_int_equal(r[0].sent_bytes + r[1].sent_bytes, t.script->n * 50);
    story_free(&t);
}

static void test_a_flow_that_nobody_listens_to_keeps_no_account_of_what_was_told(void **state)
{
    (void)state;
    struct story t = story_new();
    for (unsigned i = 0; i < 100; i++)
        say(&t, i, true, TCP_ACK, 100 + 10 * i, 10);
    read_story(&t, false);
    assert_int_equal(flow_cold_at(&t.w->flows, 1)->told, 0);
    assert_int_equal(flow_cold_at(&t.w->flows, 1)->tcp, 0);
    assert_int_equal(flow_cold_at(&t.w->flows, 1)->packets[0], 99);
    story_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request_in_the_syn_does_not_spoil_the_handshake),
        cmocka_unit_test(test_a_repeated_handshake_counts_from_its_first_packets),
        cmocka_unit_test(test_a_stamp_is_never_told_as_a_time),
        cmocka_unit_test(test_gaps_between_packets_are_counted_from_each_ends_own_first),
        cmocka_unit_test(test_each_interval_tells_only_its_own),
        cmocka_unit_test(test_a_flow_that_nobody_listens_to_keeps_no_account_of_what_was_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
