/* test_flow_out.c - the bytes of NetFlow v5, v9 and IPFIX messages. */
#include "base/cursor.h"
#include "codec/flow_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { KEPT = 64, NOON = 1700000000 };

/* Messages as a collector would get them. */
struct caught {
    unsigned n, told;
    size_t largest;
    struct {
        size_t len;
        uint8_t bytes[2000];
    } message[KEPT];
};

static struct caught caught;

static void catch (void *to, const uint8_t *bytes, size_t len, unsigned told)
{
    struct caught *c = to;
    assert_true(len <= sizeof c->message[0].bytes);
    if (c->n < KEPT) {
        memcpy(c->message[c->n].bytes, bytes, len);
        c->message[c->n].len = len;
    }
    c->n++;
    c->told += told;
    c->largest = len > c->largest ? len : c->largest;
}

static struct record plain(void)
{
    static const uint8_t client[4] = {10, 0, 0, 1}, server[4] = {192, 0, 2, 7};
    struct record r = {.proto = 6, .version = 4, .client_port = 40000, .server_port = 443};
    r.client = addr_v4(client);
    r.server = addr_v4(server);
    r.first = NOON * SECOND;
    r.last = r.first + 1500 * MILLISECOND;
    r.sent_packets = 3;
    r.sent_bytes = 300;
    r.rcvd_packets = 2;
    r.rcvd_bytes = 2000;
    r.client_flags = 0x1b;
    r.server_flags = 0x12;
    return r;
}

static struct flow_out *open_out(enum flow_format format, struct export_template *t, bool biflow)
{
    struct flow_out_config config = {.format = format,
                                     .template = t,
                                     .biflow = biflow,
                                     .domain = 5,
                                     .boot = (NOON - 100) * SECOND,
                                     .template_packets = 4};
    struct err e = {""};
    memset(&caught, 0, sizeof caught);
    struct flow_out *o = flow_out_new(&config, catch, &caught, &e);
    assert_non_null(o);
    return o;
}

static void test_v5_tells_a_flow_by_two_records(void **state)
{
    struct flow_out *o = open_out(FLOW_NETFLOW5, NULL, false);
    struct record r = plain();
    assert_true(flow_out_add(o, &r, r.last));
    assert_int_equal(caught.n, 0);
    flow_out_flush(o, r.last);
    assert_int_equal(caught.n, 1);
    assert_int_equal(caught.told, 1);
    const uint8_t *m = caught.message[0].bytes;
    assert_int_equal(caught.message[0].len, 24 + 2 * 48);
    assert_int_equal(load_be16(m), 5);
    assert_int_equal(load_be16(m + 2), 2);
    assert_int_equal(load_be32(m + 4), 101500);
    assert_int_equal(load_be32(m + 8), NOON + 1);
    assert_int_equal(load_be32(m + 12), 500000000);
    assert_int_equal(m[21], 5);
    assert_int_equal(load_be32(m + 24), 0x0a000001);
    assert_int_equal(load_be32(m + 24 + 16), 3);
    assert_int_equal(load_be32(m + 24 + 20), 300);
    assert_int_equal(load_be32(m + 24 + 24), 100000);
    assert_int_equal(load_be32(m + 24 + 28), 101500);
    assert_int_equal(load_be16(m + 24 + 34), 443);
    assert_int_equal(m[24 + 37], 0x1b);
    assert_int_equal(load_be32(m + 72), 0xc0000207);
    assert_int_equal(load_be32(m + 72 + 20), 2000);
    assert_int_equal(m[72 + 37], 0x12);
    flow_out_free(o);
}

static void test_v5_counts_flows_in_its_sequence(void **state)
{
    struct flow_out *o = open_out(FLOW_NETFLOW5, NULL, false);
    struct record r = plain();
    for (unsigned i = 0; i < 31; i++)
        flow_out_add(o, &r, r.last);
    flow_out_flush(o, r.last);
    assert_int_equal(caught.n, 3);
    assert_int_equal(caught.told, 31);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(load_be32(caught.message[i].bytes + 16),
                         i * 29); /* 30 would be 1464 bytes */
    assert_int_equal(load_be16(caught.message[2].bytes + 2), 4);
    flow_out_free(o);
}

static void test_v5_tells_more_than_32_bits_in_parts(void **state)
{
    struct flow_out *o = open_out(FLOW_NETFLOW5, NULL, false);
    struct record r = plain();
    r.rcvd_packets = r.rcvd_bytes = 0;
    r.sent_bytes = 3 * (uint64_t)UINT32_MAX + 17;
    r.sent_packets = 10000000;
    flow_out_add(o, &r, r.last);
    flow_out_flush(o, r.last);
    uint64_t packets = 0, bytes = 0;
    unsigned n = load_be16(caught.message[0].bytes + 2);
    for (unsigned i = 0; i < n; i++) {
        packets += load_be32(caught.message[0].bytes + 24 + i * 48 + 16);
        bytes += load_be32(caught.message[0].bytes + 24 + i * 48 + 20);
    }
    assert_int_equal(bytes, r.sent_bytes);
    assert_int_equal(packets, r.sent_packets);
    flow_out_free(o);
}

static void test_v5_refuses_what_it_cannot_say(void **state)
{
    struct flow_out *o = open_out(FLOW_NETFLOW5, NULL, false);
    struct record r = plain();
    memset(&r.client, 0x20, sizeof r.client);
    memset(&r.server, 0x21, sizeof r.server);
    assert_false(flow_out_add(o, &r, r.last));
    flow_out_flush(o, r.last);
    assert_int_equal(caught.n, 0);
    flow_out_free(o);
}

static void test_ipfix_is_these_bytes(void **state)
{
    struct export_template t;
    struct err e = {""};
    assert_true(export_template_parse(&t, "%IPV4_SRC_ADDR %IN_BYTES %L7_PROTO %DNS_QUERY", &e));
    struct flow_out *o = open_out(FLOW_IPFIX, &t, false);
    struct record r = plain();
    r.rcvd_packets = 0;
    r.l7_master = 91;
    r.l7_app = 126;
    tail_set(&r.tail, STRING_dns_query, "a.example", 9);
    flow_out_add(o, &r, NOON * SECOND);
    flow_out_flush(o, NOON * SECOND);
    static const uint8_t want[] = {0, 10, 0, 111, 0x65, 0x53, 0xf1, 0x00, 0, 0, 0, 0, 0, 0, 0, 5,
                                   /* template 256: 8/4, 1/8, 35632.118/4, 35632.205/variable */
                                   0, 2, 0, 32, 1, 0, 0, 4, 0, 8, 0, 4, 0, 1, 0, 8, 0x80, 118, 0, 4,
                                   0, 0, 0x8b, 0x30, 0x80, 205, 0xff, 0xff, 0, 0, 0x8b, 0x30,
                                   /* data */
                                   1, 0, 0, 30, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 44, 0, 91, 0, 126,
                                   9, 'a', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e'};
    assert_int_equal(caught.n, 1);
    assert_int_equal(caught.message[0].len, 16 + 32 + 30);
    assert_int_equal(sizeof want, 16 + 32 + 30);
    uint8_t same[sizeof want];
    memcpy(same, want, sizeof want);
    same[3] = sizeof want;
    assert_memory_equal(caught.message[0].bytes, same, sizeof same);
    flow_out_free(o);
}

static void test_v9_numbers_ntops_elements_from_57472_and_counts_datagrams(void **state)
{
    struct export_template t;
    struct err e = {""};
    assert_true(export_template_parse(&t, "%IPV4_SRC_ADDR %L7_PROTO %FIRST_SWITCHED", &e));
    struct flow_out *o = open_out(FLOW_NETFLOW9, &t, false);
    struct record r = plain();
    r.rcvd_packets = 0;
    flow_out_add(o, &r, r.last);
    flow_out_flush(o, r.last);
    flow_out_add(o, &r, r.last);
    flow_out_flush(o, r.last);
    const uint8_t *m = caught.message[0].bytes;
    assert_int_equal(load_be16(m), 9);
    assert_int_equal(load_be16(m + 2), 2); /* a template and a record */
    assert_int_equal(load_be32(m + 4), 102000);
    assert_int_equal(load_be32(m + 12), 0);
    assert_int_equal(load_be16(m + 20), 0);
    assert_int_equal(load_be16(m + 20 + 12), 57590);
    const uint8_t *data = m + 20 + 20;
    assert_int_equal(load_be16(data), 256);
    assert_int_equal(load_be16(data + 2), 16); /* 12 octets */
    assert_int_equal(load_be32(data + 12), 100000);
    assert_int_equal(load_be32(caught.message[1].bytes + 12), 1);
    assert_int_equal(load_be16(caught.message[1].bytes + 2), 1);
    flow_out_free(o);
}

static void test_templates_come_again_by_number_and_by_time(void **state)
{
    struct flow_out *o = open_out(FLOW_IPFIX, NULL, false);
    struct record r = plain();
    for (unsigned i = 0; i < 6; i++) {
        flow_out_add(o, &r, r.last);
        flow_out_flush(o, r.last);
    }
    for (unsigned i = 0; i < 6; i++) {
        bool has = load_be16(caught.message[i].bytes + 16) == 2;
        assert_true(has == (i % 4 == 0));
        assert_int_equal(load_be32(caught.message[i].bytes + 8), 2 * i);
    }
    flow_out_restart(o);
    flow_out_add(o, &r, r.last);
    flow_out_flush(o, r.last);
    assert_int_equal(load_be16(caught.message[6].bytes + 16), 2);
    assert_int_equal(load_be32(caught.message[6].bytes + 8), 0);
    flow_out_free(o);
}

/* The id of the set in which the last record of a message stands, and where its template says that an
 * element is; 0 when it says no such thing. */
static size_t place_of_element(const uint8_t *m, size_t len, unsigned element)
{
    size_t at = 16, place = 0;
    while (at + 4 <= len) {
        size_t set = load_be16(m + at + 2);
        for (size_t i = at + 8; load_be16(m + at) == 2 && i + 4 <= at + set;) {
            if (load_be16(m + i) == element)
                return place;
            place += load_be16(m + i + 2);
            i += load_be16(m + i) & 0x8000 ? 8 : 4;
        }
        at += set;
    }
    return 0;
}

static void test_who_told_of_a_flow_is_told_by_its_own_family(void **state)
{
    static const uint8_t router[4] = {198, 51, 100, 7};
    static const uint8_t router6[16] = {0x20, 1, 0xd, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    struct flow_out *o = open_out(FLOW_IPFIX, NULL, false);
    struct record r = plain();
    r.rcvd_packets = 0;
    flow_out_add(o, &r, r.last);
    flow_out_flush(o, r.last);
    r.exporter = addr_v4(router);
    flow_out_add(o, &r, r.last);
    flow_out_flush(o, r.last);
    memcpy(r.exporter.byte, router6, 16);
    flow_out_add(o, &r, r.last);
    flow_out_flush(o, r.last);
    assert_int_equal(caught.n, 3);
    for (unsigned i = 0; i < 3; i++) {
        const uint8_t *m = caught.message[i].bytes;
        size_t len = caught.message[i].len, set = load_be16(m + 18);
        size_t v4 = place_of_element(m, len, 130), v6 = place_of_element(m, len, 131);
        const uint8_t *record = m + 16 + set + 4;
        assert_true((v4 != 0) == (i == 1));
        assert_true((v6 != 0) == (i == 2));
        if (i == 1)
            assert_memory_equal(record + v4, router, 4);
        if (i == 2)
            assert_memory_equal(record + v6, router6, 16);
    }
    flow_out_free(o);
}

static void test_an_address_of_the_other_family_is_not_cut(void **state)
{
    struct export_template t;
    struct err e = {""};
    assert_true(export_template_parse(&t, "%UNTUNNELED_IPV4_SRC_ADDR %IN_BYTES", &e));
    struct flow_out *o = open_out(FLOW_IPFIX, &t, false);
    struct record r = plain();
    r.rcvd_packets = 0;
    memset(&r.outer_src, 0x20, sizeof r.outer_src);
    flow_out_add(o, &r, r.last);
    flow_out_flush(o, r.last);
    const uint8_t *m = caught.message[0].bytes;
    assert_int_equal(load_be32(m + caught.message[0].len - 12), 0);
    flow_out_free(o);
}

static void test_biflow_tells_the_servers_counters_under_29305(void **state)
{
    struct export_template t;
    struct err e = {""};
    assert_true(export_template_parse(&t, "%IN_BYTES %TCP_FLAGS", &e));
    struct flow_out *o = open_out(FLOW_IPFIX, &t, true);
    struct record r = plain();
    flow_out_add(o, &r, r.last);
    flow_out_flush(o, r.last);
    const uint8_t *m = caught.message[0].bytes;
    assert_int_equal(load_be16(m + 16 + 6), 5); /* 1, reverse 1, 6, reverse 6, 239 */
    assert_int_equal(load_be16(m + 16 + 12), 0x8001);
    assert_int_equal(load_be32(m + 16 + 16), PEN_REVERSE);
    size_t data = caught.message[0].len - (8 + 8 + 1 + 1 + 1);
    assert_int_equal(load_be64(m + data), 300);
    assert_int_equal(load_be64(m + data + 8), 2000);
    assert_int_equal(m[data + 16], 0x1b);
    assert_int_equal(m[data + 17], 0x12);
    assert_int_equal(m[data + 18], 1);
    flow_out_free(o);
}

static void test_no_message_is_longer_than_the_mtu(void **state)
{
    struct export_template t;
    struct err e = {""};
    assert_true(
        export_template_parse(&t, "%IPV4_SRC_ADDR %HTTP_URL %L7_INFO %DNS_QUERY %IN_BYTES", &e));
    for (unsigned mtu = 512; mtu < 700; mtu += 7) {
        struct flow_out_config config = {
            .format = mtu % 2 ? FLOW_IPFIX : FLOW_NETFLOW9, .template = &t, .mtu = mtu};
        memset(&caught, 0, sizeof caught);
        struct flow_out *o = flow_out_new(&config, catch, &caught, &e);
        assert_non_null(o);
        struct record r = plain();
        char url[256];
        memset(url, 'u', sizeof url);
        for (unsigned i = 0; i < 60; i++) {
            r.tail.used = 0;
            tail_set(&r.tail, STRING_http_url, url, i * 37 % 256);
            tail_set(&r.tail, STRING_info, url, i * 91 % 256);
            memset(&r.server, i % 3 ? 0x20 : 0, 1);
            flow_out_add(o, &r, r.last);
        }
        flow_out_flush(o, r.last);
        assert_true(caught.largest <= mtu);
        assert_int_equal(caught.told, 60);
        flow_out_free(o);
    }
}

static void test_names_without_a_number_are_left_out_and_told(void **state)
{
    struct export_template t;
    struct err e = {""};
    assert_true(export_template_parse(&t, "%IN_BYTES %PEAK_BPS", &e));
    struct flow_out *o = open_out(FLOW_IPFIX, &t, false);
    assert_string_equal(flow_out_left_out(o), "PEAK_BPS");
    flow_out_free(o);
    assert_true(export_template_parse(&t, "%PEAK_BPS", &e));
    struct flow_out_config config = {.format = FLOW_IPFIX, .template = &t};
    assert_null(flow_out_new(&config, catch, &caught, &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_v5_tells_a_flow_by_two_records),
        cmocka_unit_test(test_v5_counts_flows_in_its_sequence),
        cmocka_unit_test(test_v5_tells_more_than_32_bits_in_parts),
        cmocka_unit_test(test_v5_refuses_what_it_cannot_say),
        cmocka_unit_test(test_ipfix_is_these_bytes),
        cmocka_unit_test(test_v9_numbers_ntops_elements_from_57472_and_counts_datagrams),
        cmocka_unit_test(test_templates_come_again_by_number_and_by_time),
        cmocka_unit_test(test_who_told_of_a_flow_is_told_by_its_own_family),
        cmocka_unit_test(test_an_address_of_the_other_family_is_not_cut),
        cmocka_unit_test(test_biflow_tells_the_servers_counters_under_29305),
        cmocka_unit_test(test_no_message_is_longer_than_the_mtu),
        cmocka_unit_test(test_names_without_a_number_are_left_out_and_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
