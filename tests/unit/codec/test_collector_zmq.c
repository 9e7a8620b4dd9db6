/* test_collector_zmq.c - messages of probes through the collector. */
#include "codec/collector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct seen {
    unsigned flows, counters;
    struct flow_in flow;
};

static void see_flows(void *to, const struct flow_in *f, size_t n)
{
    struct seen *s = to;
    s->flows += (unsigned)n;
    s->flow = f[n - 1];
}

static void see_counters(void *to, const struct interface_counters *c)
{
    struct seen *s = to;
    s->counters++;
}

static void take(struct collector *c, const char *topic, uint8_t id, const char *payload)
{
    uint8_t head[28] = {0};
    memcpy(head, topic, strlen(topic));
    head[16] = 2;
    head[23] = id;
    head[24] = 7;
    struct datagram d = {.bytes = (const uint8_t *)payload,
                         .len = strlen(payload),
                         .head = head,
                         .head_len = sizeof head,
                         .received = SECOND};
    addr_parse("192.0.2.99", &d.from);
    collector_take(c, &d);
}

static void test_flows_belong_to_the_probe_or_to_whom_it_tells_for(void **state)
{
    struct seen s = {0};
    struct err e = {""};
    struct collector_config config = {0};
    struct collector_ops ops = {.flows = see_flows, .counters = see_counters};
    struct collector *c = collector_new(&config, &ops, &s, &e);
    assert_non_null(c);
    take(c, "flow", 1, "{\"8\":\"10.0.0.1\",\"12\":\"10.0.0.2\",\"1\":5,\"2\":1}");
    assert_int_equal(s.flows, 1);
    assert_int_equal(s.flow.bytes[0], 5);
    struct exporter_row row;
    exporter_to_row(s.flow.exporter, &row);
    assert_int_equal(row.addr.byte[15], 99);
    assert_int_equal(row.domain, 7);
    assert_int_equal(row.telemetry, TELEMETRY_ZMQ);
    take(c, "flow", 4,
         "[{\"8\":\"10.0.0.1\",\"12\":\"10.0.0.2\",\"1\":5,\"130\":\"192.0.2.7\"},"
         "{\"8\":\"10.0.0.1\",\"12\":\"10.0.0.2\",\"1\":6,\"130\":\"192.0.2.7\"}]");
    exporter_to_row(s.flow.exporter, &row);
    assert_int_equal(row.addr.byte[15], 7);
    assert_int_equal(row.records, 2);
    assert_int_equal(row.datagrams, 0);
    assert_true(collector_exporter(c, 0, &row));
    assert_int_equal(row.datagrams, 2);
    assert_int_equal(row.lost, 2);
    take(c, "counter", 5, "{\"deviceIP\":\"192.0.2.7\",\"ifIndex\":3,\"ifInOctets\":1}");
    assert_int_equal(s.counters, 1);
    take(c, "event", 6, "{\"time\":1}");
    assert_int_equal(s.flow.kind, FLOW_IN_MESSAGE);
    take(c, "flow", 7, "{\"8\":");
    const struct collector_counts *n = collector_counts(c);
    assert_int_equal(counter_get(&n->loss[LOSS_zmq_bad]), 1);
    assert_int_equal(counter_get(&n->accepted), 4);
    assert_int_equal(counter_get(&n->records), 5);
    collector_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flows_belong_to_the_probe_or_to_whom_it_tells_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
