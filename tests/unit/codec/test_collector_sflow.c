/* test_collector_sflow.c - sFlow through the collector: agents, loss, repetition, what is counted. */
#include "codec/collector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct seen {
    unsigned flows, frames, counters;
    struct flow_in flow;
    struct frame frame;
    struct interface_counters c;
};

static void see_flows(void *to, const struct flow_in *f, size_t n)
{
    struct seen *s = to;
    s->flows += (unsigned)n;
    s->flow = f[n - 1];
}

static void see_frame(void *to, const struct frame *frame, const struct flow_in *f)
{
    struct seen *s = to;
    s->frames++;
    s->frame = *frame;
    s->flow = *f;
}

static void see_counters(void *to, const struct interface_counters *c)
{
    struct seen *s = to;
    s->counters++;
    s->c = *c;
}

static size_t put(uint8_t *to, const uint32_t *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t big = __builtin_bswap32(words[i]);
        memcpy(to + 4 * i, &big, 4);
    }
    return 4 * n;
}

/* One datagram with a sampled header and interface counters. */
static void take(struct collector *c, uint32_t agent, uint32_t sequence, uint32_t rate,
                 unsigned cut)
{
    const uint32_t words[] = {5,
                              1,
                              agent,
                              7,
                              sequence,
                              1000 * sequence,
                              2,
                              /* flow sample */ 1,
                              68,
                              1,
                              3,
                              rate,
                              1,
                              0,
                              5,
                              6,
                              1,
                              /* header */ 1,
                              28,
                              1,
                              78,
                              4,
                              12,
                              1,
                              2,
                              3,
                              0,
                              0,
                              /* counters, their length a word too short here */ 2,
                              20,
                              1,
                              3,
                              1,
                              77,
                              4,
                              0};
    uint8_t bytes[sizeof words];
    struct datagram d = {.bytes = bytes, .received = (nsec_t)sequence * SECOND};
    addr_parse("192.0.2.99", &d.from);
    d.len = put(bytes, words, sizeof words / sizeof *words) - cut;
    collector_take(c, &d);
}

static const struct collector_ops ops = {
    .flows = see_flows, .frame = see_frame, .counters = see_counters};

static struct collector *collector(struct seen *s)
{
    struct err e = {""};
    struct collector_config config = {0};
    struct collector *c = collector_new(&config, &ops, s, &e);
    assert_non_null(c);
    return c;
}

static void assert_closes(const struct collector *c)
{
    const struct collector_counts *n = collector_counts(c);
    uint64_t sum = counter_get(&n->accepted);
    for (unsigned i = 0; i < LOSSES; i++)
        if (loss_table[i].group != LOSS_NOTE)
            sum += counter_get(&n->loss[i]);
    assert_int_equal(counter_get(&n->records), sum);
}

static void test_a_sample_is_a_frame_of_its_agent(void **state)
{
    struct seen s = {0};
    struct collector *c = collector(&s);
    take(c, 0x0a000001, 1, 512, 0);
    assert_int_equal(s.frames, 1);
    assert_int_equal(s.flow.sampling, 512);
    assert_int_equal(s.flow.sampling_source, SAMPLING_HEADER);
    assert_int_equal(s.flow.in_if, 5);
    assert_int_equal(s.flow.domain, 7);
    assert_int_equal(s.frame.ts, SECOND);
    assert_int_equal(s.frame.wire_len, 74);
    struct exporter_row row;
    assert_true(collector_exporter(c, 0, &row));
    assert_int_equal(row.telemetry, TELEMETRY_SFLOW5);
    assert_int_equal(row.addr.byte[12], 10);
    assert_int_equal(row.records, 1);
    assert_closes(c);
    collector_free(c);
}

static void test_loss_and_repetition_are_seen_by_datagram(void **state)
{
    struct seen s = {0};
    struct collector *c = collector(&s);
    take(c, 0x0a000001, 1, 512, 0);
    take(c, 0x0a000001, 5, 512, 0);
    take(c, 0x0a000001, 5, 512, 0);
    struct exporter_row row;
    assert_true(collector_exporter(c, 0, &row));
    assert_int_equal(row.lost, 3);
    assert_int_equal(row.duplicate, 1);
    assert_int_equal(s.frames, 2);
    assert_int_equal(counter_get(&collector_counts(c)->loss[LOSS_duplicate]), 1);
    assert_closes(c);
    collector_free(c);
}

static void test_every_cut_closes(void **state)
{
    for (unsigned cut = 0; cut < 140; cut++) {
        struct seen s = {0};
        struct collector *c = collector(&s);
        take(c, 0x0a000001, 1, cut & 1 ? 0 : 0xffffffff, cut);
        assert_closes(c);
        collector_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sample_is_a_frame_of_its_agent),
        cmocka_unit_test(test_loss_and_repetition_are_seen_by_datagram),
        cmocka_unit_test(test_every_cut_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
