/* test_flow_ends.c - addresses and MACs of flows, whoever keeps them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "by_hand.h"

#include <cmocka.h>

enum { T0 = 1700000000, LOW = 0x0a000001, HIGH = 0xc0000201 };

struct bench {
    struct script *script;
    struct engine *engine;
    struct worker *w;
};

/* Reads the script with room for so many hosts, and leaves the flows alive. */
static void read_with_hosts(struct bench *b, uint32_t hosts)
{
    struct engine_config c = hand_config();
    c.max_hosts = hosts;
    b->engine = hand_engine(&c, b->script, 1, false);
    b->w = hand_worker(b->engine, 0);
    hand_read(b->w);
}

static struct bench bench_new(void)
{
    return (struct bench){.script = calloc(1, sizeof(struct script))};
}

static void bench_free(struct bench *b)
{
    engine_free(b->engine);
    free(b->script);
}

/* An Ethernet/IPv6/UDP frame between 2001:db8::src and 2001:db8::dst. */
static void add_v6(struct script *s, nsec_t ts, uint32_t src, uint32_t dst)
{
    uint8_t *f = s->frame[s->n].bytes, *ip = f + 14;
    memset(f, 0, FRAME_BYTES);
    put16(f + 12, 0x86dd);
    ip[0] = 0x60;
    put16(ip + 4, 8);
    ip[6] = 17;
    ip[7] = 64;
    put32(ip + 8, 0x20010db8);
    put32(ip + 20, src);
    put32(ip + 24, 0x20010db8);
    put32(ip + 36, dst);
    put16(ip + 40, 3000);
    put16(ip + 42, 2000);
    put16(ip + 44, 8);
    s->frame[s->n].ts = ts;
    s->frame[s->n].len = s->frame[s->n].wire = 14 + 48;
    s->n++;
}

static void add_udp(struct script *s, uint32_t src, uint32_t dst)
{
    add_frame(s, (struct one){.ts = T0 * SECOND + s->n,
                              .src = src,
                              .dst = dst,
                              .sport = src == LOW ? 1000 : 2000,
                              .dport = src == LOW ? 2000 : 1000,
                              .proto = 17});
}

static void assert_addr(struct addr a, const char *text)
{
    char have[ADDR_TEXT];
    addr_print(&a, have);
    assert_string_equal(have, text);
}

static void assert_mac(struct mac m, const char *text)
{
    char have[MAC_TEXT];
    mac_print(&m, have);
    assert_string_equal(have, text);
}

static void test_ends_without_a_host_of_their_own_keep_their_ipv4_addresses(void **state)
{
    (void)state;
    struct bench b = bench_new();
    for (uint32_t i = 0; i < 20; i++)
        add_udp(b.script, HIGH + i, LOW + 0x100 * i);
    read_with_hosts(&b, 3);
    struct record r;
    flow_to_record(b.w, 20, false, &r);
    assert_int_equal(flow_hot_at(&b.w->flows, 20)->host[0], HOST_OTHERS);
    assert_int_equal(flow_hot_at(&b.w->flows, 20)->host[1], HOST_OTHERS);
    assert_addr(r.client, "192.0.2.20");
    assert_addr(r.server, "10.0.19.1");
    bench_free(&b);
}

static void test_ends_without_a_host_of_their_own_keep_their_ipv6_addresses(void **state)
{
    (void)state;
    struct bench b = bench_new();
    for (uint32_t i = 1; i <= 20; i++)
        add_v6(b.script, T0 * SECOND + i, 0x200 + i, i);
    read_with_hosts(&b, 3);
    struct record r;
    flow_to_record(b.w, 1, false, &r);
    assert_int_equal(flow_cold_at(&b.w->flows, 1)->more, 0);
    assert_addr(r.client, "2001:db8::201");
    assert_addr(r.server, "2001:db8::1");
    flow_to_record(b.w, 20, false, &r);
    assert_int_equal(flow_hot_at(&b.w->flows, 20)->host[0], HOST_OTHERS);
    assert_addr(r.client, "2001:db8::214");
    assert_addr(r.server, "2001:db8::14");
    assert_int_equal(r.version, 6);
    bench_free(&b);
}

static void test_an_end_of_the_highest_address_is_itself(void **state)
{
    (void)state;
    struct bench b = bench_new();
    add_udp(b.script, 0xffffffff, 0x01020304);
    read_with_hosts(&b, 10);
    const struct flow_hot *h = flow_hot_at(&b.w->flows, 1);
    assert_addr(key_addr_v4(&h->key, 0), "1.2.3.4");
    assert_addr(key_addr_v4(&h->key, 1), "255.255.255.255");
    assert_addr(flow_addr(b.w, 1, 0), "1.2.3.4");
    assert_addr(flow_addr(b.w, 1, 1), "255.255.255.255");
    bench_free(&b);
}

static void test_macs_are_those_of_the_groups_while_both_directions_agree(void **state)
{
    (void)state;
    struct bench b = bench_new();
    add_udp(b.script, HIGH, LOW + 1);
    add_udp(b.script, LOW + 1, HIGH);
    read_with_hosts(&b, 10);
    assert_mac(flow_mac(b.w, 1, 0), "02:00:00:00:00:02");
    assert_mac(flow_mac(b.w, 1, 1), "02:00:00:00:00:01");
    assert_int_equal(flow_cold_at(&b.w->flows, 1)->more, 0);
    bench_free(&b);
}

static void test_the_mac_of_an_end_is_the_one_that_it_sent_from(void **state)
{
    (void)state;
    struct bench b = bench_new();
    add_udp(b.script, HIGH, LOW);
    add_udp(b.script, LOW, HIGH);
    memcpy(b.script->frame[1].bytes + 6, "\x02\x00\x00\x00\x07\x07", 6);
    /* Only the first packet of an end says it. */
    add_udp(b.script, LOW, HIGH);
    memcpy(b.script->frame[2].bytes + 6, "\x02\x00\x00\x00\x08\x08", 6);
    read_with_hosts(&b, 10);
    assert_int_equal(b.w->flows.hot.used, 1);
    assert_mac(flow_mac(b.w, 1, 0), "02:00:00:00:07:07");
    assert_mac(flow_mac(b.w, 1, 1), "02:00:00:00:00:01");
    struct record r;
    flow_to_record(b.w, 1, false, &r);
    assert_mac(r.client_mac, "02:00:00:00:00:01");
    assert_mac(r.server_mac, "02:00:00:00:07:07");
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends_without_a_host_of_their_own_keep_their_ipv4_addresses),
        cmocka_unit_test(test_ends_without_a_host_of_their_own_keep_their_ipv6_addresses),
        cmocka_unit_test(test_an_end_of_the_highest_address_is_itself),
        cmocka_unit_test(test_macs_are_those_of_the_groups_while_both_directions_agree),
        cmocka_unit_test(test_the_mac_of_an_end_is_the_one_that_it_sent_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
