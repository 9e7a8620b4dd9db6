/* test_bench_talk.c - each round of conversations is new, and they say what they are. */
#include "app/bench_talk.h"

#include "engine/l7.h"
#include "model/key.h"
#include "model/protos.h"
#include "net/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { KEYS = 8192 };

/* Different keys in packets [first, first + n); all frames must decode, with nothing cut. */
static unsigned count_flows(struct talks *t, uint64_t first, uint64_t n, uint64_t *keys)
{
    static struct decoder decoder;
    static uint8_t bytes[TALK_STRIDE];
    struct err e = {""};
    unsigned flows = 0;
    assert_true(decoder_init(&decoder, true, &e));
    for (uint64_t i = first; i < first + n; i++) {
        uint32_t len = talks_packet(t, i, bytes);
        struct frame f = {.bytes = bytes, .ts = SECOND, .cap_len = len, .wire_len = len, .link = 1};
        struct packet p;
        struct keyed k;
        assert_in_range(packet_decode(&decoder, &f, &p), REASON_ipv4, REASON_ipv6);
        assert_int_equal(p.payload_cap, p.payload_len);
        key_from_packet(&p, &k);
        uint64_t value = k.key.low ^ k.key.high * 31, at = value % KEYS;
        while (keys[at] && keys[at] != value)
            at = (at + 1) % KEYS;
        flows += !keys[at];
        keys[at] = value;
    }
    decoder_fini(&decoder);
    return flows;
}

static void test_each_round_has_flows_of_its_own(void **state)
{
    (void)state;
    static uint64_t keys[KEYS];
    struct talks t = {0};
    struct err e = {""};
    assert_true(talks_make(&t, &e));
    assert_in_range(t.flows, 100, 1000);
    for (unsigned round = 0; round < 3; round++)
        assert_int_equal(count_flows(&t, (uint64_t)round * t.packets, t.packets, keys), t.flows);
    talks_free(&t);
}

/* Feeds all packets of one flow of the first round; the name of what was found. */
static const char *name_of_flow(struct talks *t, struct l7 *l7, uint16_t port)
{
    static struct decoder decoder;
    static uint8_t bytes[TALK_STRIDE];
    struct err e = {""};
    enum l7_refusal why;
    struct l7_flow *flow = l7_open(l7, 1, &why);
    struct l7_result r = {0};
    uint16_t client = 0;
    struct packet last = {0};
    assert_true(decoder_init(&decoder, true, &e));
    for (uint64_t i = 0; i < t->packets; i++) {
        uint32_t len = talks_packet(t, i, bytes);
        struct frame f = {.bytes = bytes, .ts = SECOND, .cap_len = len, .wire_len = len, .link = 1};
        struct packet p;
        packet_decode(&decoder, &f, &p);
        bool from_client = p.dst_port == port;
        uint16_t other = from_client ? p.src_port : p.dst_port;
        if ((!from_client && p.src_port != port) || (client && other != client))
            continue;
        client = other;
        last = p;
        if (p.payload_cap && l7_feed(l7, flow, &p, from_client))
            break;
    }
    l7_close(l7, flow, &last, true, &r);
    decoder_fini(&decoder);
    return protos_name(r.master ? r.master : r.app);
}

static void test_conversations_are_recognised(void **state)
{
    (void)state;
    struct l7_config config = {.enabled = true, .packets = 8};
    struct err e = {""};
    struct talks t = {0};
    assert_true(l7_start(&config, &e));
    struct l7 *l7 = l7_new(&config, &e);
    assert_non_null(l7);
    assert_true(talks_make(&t, &e));
    assert_string_equal(name_of_flow(&t, l7, 53), "DNS");
    assert_string_equal(name_of_flow(&t, l7, 80), "HTTP");
    assert_string_equal(name_of_flow(&t, l7, 443), "TLS");
    assert_string_equal(name_of_flow(&t, l7, 22), "SSH");
    assert_string_equal(name_of_flow(&t, l7, 123), "NTP");
    talks_free(&t);
    l7_free(l7);
}

static void test_a_capture_of_nothing_is_told(void **state)
{
    (void)state;
    struct talks t = {0};
    struct err e = {""};
    assert_false(talks_read(&t, "/nonexistent.pcap", &e));
    assert_non_null(strstr(e.text, "nonexistent"));
    talks_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_round_has_flows_of_its_own),
        cmocka_unit_test(test_conversations_are_recognised),
        cmocka_unit_test(test_a_capture_of_nothing_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
