/* test_flow_detect.c - flows that detection has no time or room for: named, marked, counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "engine/engine.h"
#include "engine/ledger.h"
#include "frames.h"

#include <cmocka.h>

enum { CLIENT = 0x0a000001, SERVER = 0xc0000201, FLOWS = 2000, T0 = 1700000000 };

static struct locals locals;
static struct script script;
static nsec_t clock_now, clock_step;

static nsec_t clock_of_the_test(void)
{
    return clock_now += clock_step;
}

/* What came of a run. */
static struct {
    unsigned records, marked, marked_https, marked_with_name;
    uint64_t packets;
} seen;

static void keep(struct sink *base, const struct record *r)
{
    (void)base;
    seen.records++;
    seen.marked += r->not_inspected;
    seen.marked_https += r->not_inspected && r->confidence == CONFIDENCE_PORT;
    seen.marked_with_name += r->not_inspected && r->confidence > CONFIDENCE_IP;
    seen.packets += r->sent_packets + r->rcvd_packets;
}

static enum source_result read_live(struct source *base, struct burst *b, int timeout_ms)
{
    enum source_result got = script_read(base, b, timeout_ms);
    b->now = (T0 + 1) * SECOND;
    return got;
}

static struct source *open_source(bool live)
{
    static const struct source_ops ops = {read_live, script_wake, script_close};
    struct source *s = script_open(&script);
    if (live) {
        s->ops = &ops;
        s->is_file = s->sees_all = false;
    }
    return s;
}

static struct totals_row run(const struct l7_config *l7, bool live)
{
    struct engine_config config = {.flow_idle = 60 * SECOND,
                                   .flow_active = 60 * SECOND,
                                   .tcp_closed_idle = 15 * SECOND,
                                   .local_host_idle = 300 * SECOND,
                                   .remote_host_idle = 60 * SECOND,
                                   .timeouts = true,
                                   .max_flows = 10000,
                                   .max_hosts = 10000,
                                   .locals = &locals,
                                   .l7 = *l7};
    struct err e = {""};
    struct sink sink = {keep};
    struct sink *sinks[] = {&sink};
    memset(&seen, 0, sizeof seen);
    struct engine *en = engine_new(&config, &e);
    assert_non_null(en);
    struct source *source = open_source(live);
    assert_int_equal(engine_add_interface(en, "test", &source, 1, sinks, &e), 0);
    assert_true(engine_start(en, &e));
    assert_true(engine_wait_done(en, clock_mono() + 60 * SECOND));
    engine_stop(en);
    struct question q = {.kind = QUESTION_TOTALS, .iface = -1};
    struct answer *a = question_ask(en, &q);
    struct totals_row t = *a->totals;
    answer_free(a);
    engine_free(en);
    struct ledger l;
    ledger_fill(&l, &t);
    assert_true(l.closes);
    assert_int_equal(seen.records, FLOWS);
    assert_int_equal(seen.packets, script.n);
    return t;
}

static uint64_t count(const struct totals_row *t, enum reason r)
{
    return t->packets[r];
}

static void test_beyond_its_share_of_time_flows_are_named_by_port_and_nothing_is_lost(void **state)
{
    /* The clock says that each look takes a millisecond; a hundredth of the time may be used. */
    struct l7_config l7 = {
        .enabled = true, .packets = 8, .protos = "", .share = 1, .clock = clock_of_the_test};
    clock_step = MILLISECOND;
    struct totals_row t = run(&l7, true);
    assert_in_range(seen.marked, FLOWS / 2, FLOWS - 10);
    assert_int_equal(count(&t, REASON_dpi_over_budget), seen.marked);
    assert_int_equal(seen.marked_https, seen.marked);
    assert_int_equal(count(&t, REASON_dpi_cut_short), 0);
}

static void test_with_time_enough_every_flow_is_inspected(void **state)
{
    struct l7_config l7 = {
        .enabled = true, .packets = 8, .protos = "", .share = 50, .clock = clock_of_the_test};
    clock_step = 100;
    struct totals_row t = run(&l7, true);
    assert_int_equal(seen.marked, 0);
    assert_int_equal(count(&t, REASON_dpi_over_budget), 0);
}

static void test_a_file_says_the_same_however_long_it_takes(void **state)
{
    struct l7_config l7 = {.enabled = true,
                           .packets = 8,
                           .protos = "",
                           .share = 1,
                           .clock = clock_of_the_test,
                           .states = 10};
    clock_step = SECOND;
    struct totals_row t = run(&l7, false);
    assert_int_equal(seen.marked, 0);
    assert_int_equal(count(&t, REASON_dpi_over_budget) + count(&t, REASON_dpi_cut_short), 0);
}

static void test_the_flow_that_waited_longest_makes_room_for_a_new_one(void **state)
{
    struct l7_config l7 = {.enabled = true, .packets = 8, .protos = "", .states = 10};
    struct totals_row t = run(&l7, true);
    assert_int_equal(count(&t, REASON_dpi_cut_short), FLOWS - 10);
    assert_int_equal(count(&t, REASON_dpi_no_memory), 0);
    assert_int_equal(seen.marked, FLOWS - 10);
    assert_int_equal(seen.marked_with_name, 0);
}

/* Each flow asks something that nobody knows, once, at a well-known port. */
static int set_up(void **state)
{
    static const char noise[] = "\xf1\x07\x93\xd4\x5e\x9a\x21\xbc\x77\x13\xe8\x4f";
    hash_seed();
    for (unsigned i = 0; i < FLOWS; i++)
        add_frame(&script, (struct one){.ts = T0 * SECOND + i,
                                        .src = CLIENT + i % 100,
                                        .dst = SERVER,
                                        .sport = (uint16_t)(20000 + i),
                                        .dport = 443,
                                        .proto = 6,
                                        .flags = TCP_ACK | TCP_PSH,
                                        .payload = sizeof noise - 1,
                                        .data = noise});
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_beyond_its_share_of_time_flows_are_named_by_port_and_nothing_is_lost),
        cmocka_unit_test(test_with_time_enough_every_flow_is_inspected),
        cmocka_unit_test(test_a_file_says_the_same_however_long_it_takes),
        cmocka_unit_test(test_the_flow_that_waited_longest_makes_room_for_a_new_one),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
