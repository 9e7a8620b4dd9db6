/* test_round_trip.c - what our exporter says, our collector hears: random records, each format. */
#include "codec/collector.h"
#include "codec/flow_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { RECORDS = 3000, NOON = 1700000000 };

/* The records in the order in which they were sent, and how far the collector has got. */
static struct record sent[RECORDS * 2];
static unsigned n_sent, n_heard;
static nsec_t clock_now;
static bool is_v5, is_two_way, has_union; /* has_union: one field for the flags of both sides */
static struct collector *collector;

static const uint8_t weirs_address[4] = {192, 0, 2, 1};

static uint64_t state = 88172645463325252u;

static uint32_t any(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 33) % below;
}

static struct addr any_addr(bool is_v6)
{
    struct addr a;
    uint8_t four[4] = {10, 0, (uint8_t)any(256), (uint8_t)any(256)};
    if (!is_v6)
        return addr_v4(four);
    for (unsigned i = 0; i < sizeof a.byte; i++)
        a.byte[i] = (uint8_t)any(256);
    a.byte[0] = 0x20;
    return a;
}

/* One of six exporters, and what none but they know. */
static void add_what_exporters_know(struct record *r, bool is_v6)
{
    uint8_t router[16] = {198, 51, 100, (uint8_t)any(3)};
    r->exporter = addr_v4(router);
    if (any(2)) {
        memcpy(r->exporter.byte, "\x20\x01\xd\xb8", 4);
        memset(r->exporter.byte + 4, (int)any(3), 12);
    }
    r->client_as = any(UINT32_MAX);
    r->server_as = any(UINT32_MAX);
    r->client_mask = (uint8_t)any(is_v6 ? 129 : 33);
    r->server_mask = (uint8_t)any(is_v6 ? 129 : 33);
    r->next_hop = any_addr(is_v6);
}

static struct record any_record(bool may_be_v6)
{
    bool is_v6 = may_be_v6 && any(3) == 0;
    struct record r = {.version = is_v6 ? 6 : 4, .proto = any(2) ? 6 : 17};
    r.client = any_addr(is_v6);
    r.server = any_addr(is_v6);
    r.client_port = (uint16_t)any(65536);
    r.server_port = (uint16_t)any(65536);
    r.first = clock_now - (nsec_t)any(100000) * MILLISECOND;
    r.last = r.first + (nsec_t)any(1000) * MILLISECOND;
    if (r.last > clock_now)
        r.last = clock_now;
    r.sent_packets = 1 + any(1000);
    r.sent_bytes = r.sent_packets * (40 + any(1400));
    if (any(4)) {
        r.rcvd_packets = 1 + any(1000);
        r.rcvd_bytes = r.rcvd_packets * (40 + any(1400));
    }
    r.client_flags = (uint8_t)any(64);
    r.server_flags = r.rcvd_packets ? (uint8_t)any(64) : 0;
    r.client_tos = (uint8_t)any(256);
    r.vlan = (uint16_t)any(4096);
    r.l7_master = (uint16_t)any(200);
    r.l7_app = (uint16_t)any(400);
    r.in_if = any(100);
    r.out_if = any(100);
    if (any(3))
        add_what_exporters_know(&r, is_v6);
    return r;
}

/* What NetFlow v5 has no room for, or tells of flows of packets, too. */
static void hear_more(const struct flow_in *f, const struct record *r)
{
    bool is_told = is_v5 || !addr_is_none(&r->exporter);
    assert_int_equal(f->src_as, is_v5 && r->client_as > UINT16_MAX ? 23456 : r->client_as);
    assert_int_equal(f->dst_as, is_v5 && r->server_as > UINT16_MAX ? 23456 : r->server_as);
    assert_int_equal(f->src_mask, r->client_mask);
    assert_int_equal(f->dst_mask, r->server_mask);
    if (is_told && !addr_is_none(&r->next_hop))
        assert_true(addr_equal(&f->next_hop, &r->next_hop));
    if (is_v5)
        return;
    struct exporter_row row;
    exporter_to_row(f->exporter, &row);
    struct addr sender = addr_v4(weirs_address);
    assert_true(addr_equal(&row.addr, addr_is_none(&r->exporter) ? &sender : &r->exporter));
    uint16_t app = r->l7_app ? r->l7_app : r->l7_master;
    assert_int_equal(f->l7_app, app);
    assert_int_equal(f->l7_master, r->l7_master == app ? 0 : r->l7_master);
    assert_true(f->flags & FLOW_IN_APP);
}

static void hear(void *to, const struct flow_in *f, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (f[i].kind == FLOW_IN_OPTIONS)
            continue;
        assert_true(n_heard < n_sent);
        const struct record *r = &sent[n_heard++];
        assert_true(addr_equal(&f[i].src, &r->client));
        assert_true(addr_equal(&f[i].dst, &r->server));
        assert_int_equal(f[i].src_port, r->client_port);
        assert_int_equal(f[i].dst_port, r->server_port);
        assert_int_equal(f[i].proto, r->proto);
        assert_int_equal(f[i].packets[0], r->sent_packets);
        assert_int_equal(f[i].bytes[0], r->sent_bytes);
        assert_int_equal(f[i].tcp_flags[0], r->client_flags | (has_union ? r->server_flags : 0));
        assert_int_equal(f[i].tos[0], r->client_tos);
        assert_int_equal(f[i].first, r->first);
        assert_int_equal(f[i].last, r->last);
        assert_int_equal(f[i].in_if, r->in_if);
        assert_int_equal(f[i].out_if, r->out_if);
        hear_more(&f[i], r);
        if (!is_two_way)
            continue;
        assert_int_equal(f[i].packets[1], r->rcvd_packets);
        assert_int_equal(f[i].bytes[1], r->rcvd_bytes);
    }
}

static void deliver(void *to, const uint8_t *bytes, size_t len, unsigned told)
{
    struct datagram d = {
        .bytes = bytes, .len = len, .from = addr_v4(weirs_address), .received = clock_now};
    collector_take(collector, &d);
}

static void note_sent(const struct record *r)
{
    if (is_two_way) {
        sent[n_sent++] = *r;
        return;
    }
    sent[n_sent++] = *r;
    if (!r->rcvd_packets)
        return;
    sent[n_sent] = *r;
    record_reverse(&sent[n_sent++]);
}

static void run(enum flow_format format, bool biflow)
{
    static const struct collector_ops ops = {.flows = hear};
    struct collector_config collects = {.max_exporters = 16};
    struct flow_out_config exports = {.format = format,
                                      .biflow = biflow,
                                      .boot = (NOON - 3600) * SECOND,
                                      .template_every = 60 * SECOND,
                                      .template_packets = 20};
    struct err e = {""};
    n_sent = n_heard = 0;
    is_v5 = format == FLOW_NETFLOW5;
    is_two_way = biflow;
    has_union = biflow && format == FLOW_NETFLOW9;
    clock_now = NOON * SECOND + 123 * MILLISECOND;
    collector = collector_new(&collects, &ops, NULL, &e);
    struct flow_out *o = flow_out_new(&exports, deliver, NULL, &e);
    assert_non_null(collector);
    assert_non_null(o);
    for (unsigned i = 0; i < RECORDS; i++) {
        clock_now += (nsec_t)any(20) * MILLISECOND;
        struct record r = any_record(format != FLOW_NETFLOW5);
        note_sent(&r);
        assert_true(flow_out_add(o, &r, clock_now));
    }
    flow_out_flush(o, clock_now);
    assert_int_equal(n_heard, n_sent);
    struct exporter_row row;
    assert_true(collector_exporter(collector, 0, &row));
    assert_int_equal(row.lost, 0);
    assert_int_equal(row.malformed, 0);
    assert_int_equal(row.restarts, 0);
    flow_out_free(o);
    collector_free(collector);
}

static void test_netflow_5(void **unused)
{
    run(FLOW_NETFLOW5, false);
}

static void test_netflow_9(void **unused)
{
    run(FLOW_NETFLOW9, false);
}

static void test_netflow_9_with_out_counters(void **unused)
{
    run(FLOW_NETFLOW9, true);
}

static void test_ipfix(void **unused)
{
    run(FLOW_IPFIX, false);
}

static void test_ipfix_biflow(void **unused)
{
    run(FLOW_IPFIX, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_netflow_5),
        cmocka_unit_test(test_netflow_9),
        cmocka_unit_test(test_netflow_9_with_out_counters),
        cmocka_unit_test(test_ipfix),
        cmocka_unit_test(test_ipfix_biflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
