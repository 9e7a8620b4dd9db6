/* test_zmq_take.c - messages by topic, and the loss between them. */
#include "codec/zmq_take.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

struct seen {
    unsigned records, counters;
    char topic[ZMQ_IN_TOPIC];
    struct flow_in flow;
    struct addr from, device;
    struct interface_counters c;
    struct zmq_status status;
};

static void see_record(void *to, const char *topic, const struct flow_in *f,
                       const struct addr *from)
{
    struct seen *s = to;
    s->records++;
    memcpy(s->topic, topic, strlen(topic) + 1);
    s->flow = *f;
    s->from = *from;
}

static void see_counters(void *to, const struct addr *device, const struct interface_counters *c)
{
    struct seen *s = to;
    s->counters++;
    s->device = *device;
    s->c = *c;
}

static void see_status(void *to, const struct zmq_status *status)
{
    ((struct seen *)to)->status = *status;
}

static void see_interface(void *to, const struct addr *device, uint32_t index, const uint8_t *text,
                          size_t len)
{
    struct seen *s = to;
    s->device = *device;
    s->c.index = index;
    memcpy(s->c.name, text, len);
}

static const struct zmq_ops ops = {see_record, see_counters, see_status, see_interface};

static struct addr sender_address;

/* A message with a header of 28 bytes. */
static void send_message(struct zmq_decoder *d, const char *topic, uint32_t source, uint32_t id,
                         const char *payload)
{
    uint8_t h[28] = {0};
    memcpy(h, topic, strlen(topic) < 16 ? strlen(topic) : 16);
    h[16] = 2;
    h[20] = (uint8_t)(id >> 24);
    h[21] = (uint8_t)(id >> 16);
    h[22] = (uint8_t)(id >> 8);
    h[23] = (uint8_t)id;
    h[24] = (uint8_t)source;
    const struct datagram m = {.head = h,
                               .head_len = sizeof h,
                               .bytes = (const uint8_t *)payload,
                               .len = strlen(payload),
                               .from = sender_address,
                               .received = SECOND};
    zmq_take(d, &m);
}

static const char flow[] = "{\"8\":\"10.0.0.1\",\"12\":\"10.0.0.2\",\"1\":5,\"130\":\"192.0.2.1\"}";

static void test_topics_are_told_by_their_first_letter(void **state)
{
    struct seen s = {0};
    struct zmq_decoder *d = zmq_decoder_new(NULL, &ops, &s);
    const struct zmq_counts *n = zmq_decoder_counts(d);
    send_message(d, "flow", 7, 1, flow);
    assert_int_equal(s.records, 1);
    assert_int_equal(s.flow.domain, 7);
    assert_int_equal(s.flow.kind, FLOW_IN_FLOW);
    assert_int_equal(s.from.byte[12], 192);
    send_message(d, "event", 7, 2, "{\"time\":1,\"what\":{\"domain\":\"example.it\"}}");
    assert_int_equal(s.flow.kind, FLOW_IN_MESSAGE);
    assert_string_equal(s.topic, "event");
    send_message(
        d, "counter", 7, 3,
        "{\"deviceIP\":3232236201,\"ifIndex\":3,\"ifName\":\"Gi0/3\",\"ifSpeed\":1000000000,"
        "\"ifDirection\":\"Full\",\"ifAdminStatus\":\"Up\",\"ifOperStatus\":\"Down\","
        "\"ifInOctets\":11,\"ifOutPackets\":12}");
    assert_int_equal(s.counters, 1);
    assert_int_equal(s.device.byte[15], 169);
    assert_int_equal(s.c.index, 3);
    assert_string_equal(s.c.name, "Gi0/3");
    assert_int_equal(s.c.admin_up, 1);
    assert_int_equal(s.c.oper_up, 0);
    assert_int_equal(s.c.in_octets, 11);
    assert_int_equal(s.c.out_packets, 12);
    send_message(d, "hello", 7, 4, "anything");
    send_message(d, "zzz", 7, 5, "{}");
    send_message(d, "flow", 7, 6, "nonsense");
    assert_int_equal(counter_get(&n->messages), 6);
    assert_int_equal(counter_get(&n->ignored), 1);
    assert_int_equal(counter_get(&n->hellos), 1);
    assert_int_equal(counter_get(&n->malformed), 1);
    assert_int_equal(counter_get(&n->flows), 1);
    assert_int_equal(counter_get(&n->other), 1);
    assert_int_equal(counter_get(&n->lost), 0);
    zmq_decoder_free(d);
}

static void test_a_probe_tells_how_it_is(void **state)
{
    struct seen s = {0};
    struct zmq_decoder *d = zmq_decoder_new(NULL, &ops, &s);
    send_message(d, "event", 7, 1,
                 "{\"iface\":{\"name\":\"eth1\",\"speed\":1000},\"probe\":{\"version\":\"10.1\"},"
                 "\"time\":1497300991,\"packet_drops\":4,"
                 "\"drops\":{\"export_queue_full\":2,\"too_many_flows\":3}}");
    assert_int_equal(s.records, 0);
    assert_string_equal(s.status.name, "eth1");
    assert_string_equal(s.status.version, "10.1");
    assert_int_equal(s.status.time, 1497300991 * SECOND);
    assert_int_equal(s.status.dropped_packets, 4);
    assert_int_equal(s.status.dropped_flows, 5);
    zmq_decoder_free(d);
}

static void test_interfaces_of_exporters_are_named(void **state)
{
    struct seen s = {0};
    struct zmq_decoder *d = zmq_decoder_new(NULL, &ops, &s);
    send_message(d, "snmp-ifaces", 7, 1, "{\"192.168.2.169\":{\"3\":\"Gi0/3\"}}");
    assert_int_equal(s.device.byte[15], 169);
    assert_int_equal(s.c.index, 3);
    assert_string_equal(s.c.name, "Gi0/3");
    send_message(d, "snmp-ifaces", 7, 2, "{\"2001:db8::1\":{\"12\":\"xe-0/0/1\"}}");
    assert_int_equal(s.device.byte[15], 1);
    assert_int_equal(s.c.index, 12);
    assert_int_equal(counter_get(&zmq_decoder_counts(d)->names), 2);
    zmq_decoder_free(d);
}

static void see_other(void *to, const char *topic, const struct flow_in *f, const struct addr *from)
{
    size_t len;
    const uint8_t *text = tail_get(&f->names->tail, STRING_other, &len);
    snprintf(to, 128, "%.*s", (int)len, (const char *)text);
}

static void test_elements_and_their_values_are_called_as_the_probe_says(void **state)
{
    static const struct zmq_ops others = {.record = see_other};
    char text[128];
    struct zmq_decoder *d = zmq_decoder_new(NULL, &others, text);
    send_message(d, "template", 7, 1,
                 "[{\"PEN\":8741,\"field\":22,\"len\":4,\"name\":\"APP\"},"
                 "{\"PEN\":8741,\"field\":23,\"name\":\"TENANT\"}]");
    send_message(d, "option", 7, 2,
                 "{\"PEN\":8741,\"field\":22,\"value\":1,\"map\":{\"name\":\"Skype\"}}");
    send_message(d, "flow", 7, 3,
                 "{\"8\":\"10.0.0.1\",\"12\":\"10.0.0.2\",\"1\":5,\"8741.22\":1,\"8741.23\":9}");
    assert_string_equal(text, "APP=Skype; TENANT=9");
    zmq_decoder_free(d);
}

static void test_probes_at_two_addresses_may_call_themselves_the_same(void **state)
{
    struct seen s = {0};
    struct zmq_decoder *d = zmq_decoder_new(NULL, &ops, &s);
    for (uint32_t i = 0; i < 4; i++) {
        sender_address.byte[15] = (uint8_t)(i & 1);
        send_message(d, "flow", 0, i & 1 ? 100 + i / 2 : i / 2, flow);
    }
    assert_int_equal(counter_get(&zmq_decoder_counts(d)->lost), 0);
    assert_int_equal(counter_get(&zmq_decoder_counts(d)->restarts), 0);
    zmq_decoder_free(d);
}

static void test_loss_is_counted_for_each_source(void **state)
{
    struct seen s = {0};
    struct zmq_decoder *d = zmq_decoder_new(NULL, &ops, &s);
    const struct zmq_counts *n = zmq_decoder_counts(d);
    send_message(d, "flow", 1, 10, flow);
    send_message(d, "flow", 2, 500, flow);
    send_message(d, "flow", 1, 11, flow);
    send_message(d, "flow", 1, 15, flow); /* 12, 13, 14 */
    send_message(d, "flow", 2, 501, flow);
    assert_int_equal(counter_get(&n->lost), 3);
    send_message(d, "flow", 1, 0, flow);
    assert_int_equal(counter_get(&n->restarts), 1);
    send_message(d, "flow", 1, 1, flow);
    assert_int_equal(counter_get(&n->lost), 3);
    struct zmq_sender sender;
    assert_true(zmq_decoder_sender(d, 0, &sender));
    assert_int_equal(sender.lost, 3);
    assert_true(zmq_decoder_sender(d, 1, &sender));
    assert_int_equal(sender.lost, 0);
    assert_int_equal(sender.messages, 2);
    assert_false(zmq_decoder_sender(d, 2, &sender));
    zmq_decoder_free(d);
}

static void test_ids_wrap_without_loss(void **state)
{
    struct seen s = {0};
    struct zmq_decoder *d = zmq_decoder_new(NULL, &ops, &s);
    send_message(d, "flow", 1, UINT32_MAX, flow);
    send_message(d, "flow", 1, 0, flow);
    send_message(d, "flow", 1, 1, flow);
    assert_int_equal(counter_get(&zmq_decoder_counts(d)->lost), 0);
    assert_int_equal(counter_get(&zmq_decoder_counts(d)->restarts), 0);
    zmq_decoder_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_topics_are_told_by_their_first_letter),
        cmocka_unit_test(test_a_probe_tells_how_it_is),
        cmocka_unit_test(test_interfaces_of_exporters_are_named),
        cmocka_unit_test(test_elements_and_their_values_are_called_as_the_probe_says),
        cmocka_unit_test(test_probes_at_two_addresses_may_call_themselves_the_same),
        cmocka_unit_test(test_loss_is_counted_for_each_source),
        cmocka_unit_test(test_ids_wrap_without_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
