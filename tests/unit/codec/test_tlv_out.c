/* test_tlv_out.c - flows as TLV and JSON, and ZeroMQ headers, byte by byte. */
#include "codec/tlv_out.h"
#include "codec/zmq_header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_hex(const void *bytes, size_t n, const char *want)
{
    struct text t = {0};
    text_hex(&t, bytes, n);
    assert_string_equal(t.data, want);
    text_free(&t);
}

static struct tlv_key number(uint32_t n)
{
    return (struct tlv_key){.number = n};
}

static struct tlv_key name(const char *n)
{
    return (struct tlv_key){.name = n};
}

static void test_numbered_keys_are_as_short_as_they_can_be(void **state)
{
    struct text t = {0};
    tlv_begin(&t);
    tlv_text(&t, number(8), "192.12.193.11", 13);
    tlv_text(&t, number(12), "192.168.1.92", 12);
    tlv_uint(&t, number(2), 5);
    tlv_uint(&t, number(1), 406);
    tlv_uint(&t, number(22), 1412183096);
    tlv_uint(&t, number(21), 1412183096);
    tlv_uint(&t, number(7), 3000);
    tlv_uint(&t, number(11), 55174);
    tlv_uint(&t, number(6), 27);
    tlv_uint(&t, number(4), 6);
    tlv_uint(&t, number(60), 4);
    tlv_text(&t, number(57590), "7", 1);
    tlv_end_record(&t);
    assert_hex(
        t.data, t.len,
        "01012b08000d3139322e31322e3139332e31312b0c000c3139322e3136382e312e393222020523010196"
        "2416542c34382415542c343823070bb8230bd78622061b220406223c043be0f600013701");
    text_free(&t);
}

static void test_named_keys_signs_and_floats(void **state)
{
    struct text t = {0};
    tlv_begin(&t);
    tlv_uint(&t, name("IN_BYTES"), 70000);
    tlv_text(&t, name("L7_PROTO_NAME"), "HTTP", 4);
    tlv_uint(&t, name("OUT_BYTES"), 5000000000);
    tlv_int(&t, number(61), -1);
    tlv_float(&t, number(57595), 0.009f);
    tlv_end_record(&t);
    assert_hex(
        t.data, t.len,
        "0101b40008494e5f425954455300011170bb000d4c375f50524f544f5f4e414d45000448545450b500094f"
        "55545f4259544553000000012a05f200263dff3ae0fbbc74133c01");
    text_free(&t);
}

static struct record plain(void)
{
    static const uint8_t client[4] = {192, 12, 193, 11}, server[4] = {192, 168, 1, 92};
    struct record r = {.proto = 6, .version = 4, .client_port = 3000, .server_port = 55174};
    r.client = addr_v4(client);
    r.server = addr_v4(server);
    r.sent_packets = 5;
    r.sent_bytes = 406;
    r.first = r.last = 1412183096 * SECOND;
    r.client_flags = 27;
    r.l7_app = 7;
    r.client_rtt = 9;
    return r;
}

static void test_a_record_is_the_same_as_its_items(void **state)
{
    struct export_template fields;
    struct err e = {""};
    assert_true(export_template_parse(
        &fields,
        "%IPV4_SRC_ADDR %IPV4_DST_ADDR %IN_PKTS %IN_BYTES %FIRST_SWITCHED %LAST_SWITCHED "
        "%L4_SRC_PORT %L4_DST_PORT %TCP_FLAGS %PROTOCOL %IP_PROTOCOL_VERSION %L7_PROTO %HTTP_URL",
        &e));
    struct record r = plain();
    struct text t = {0};
    tlv_begin(&t);
    record_to_tlv(&t, &r, &fields);
    assert_hex(
        t.data, t.len,
        "01012b08000d3139322e31322e3139332e31312b0c000c3139322e3136382e312e393222020523010196"
        "2416542c34382415542c343823070bb8230bd78622061b220406223c043be0f600013701");
    text_free(&t);
}

static void test_an_exporter_is_named_by_its_own_family(void **state)
{
    struct export_template fields;
    struct err e = {""};
    assert_true(export_template_parse(&fields, "%EXPORTER_IPV4_ADDRESS %IN_PKTS", &e));
    struct record r = plain();
    struct text t = {0};
    addr_parse("2001:db8::7", &r.exporter);
    record_to_json_chosen(&t, &r, &fields);
    assert_string_equal(t.data, "{\"EXPORTER_IPV6_ADDRESS\":\"2001:db8::7\",\"IN_PKTS\":5}");
    text_reset(&t);
    record_to_tlv(&t, &r, &fields);
    assert_hex(t.data, t.len,
               "2b83000b323030313a6462383a3a37"
               "22020501");
    addr_parse("198.51.100.7", &r.exporter);
    text_reset(&t);
    record_to_json_chosen(&t, &r, &fields);
    assert_string_equal(t.data, "{\"EXPORTER_IPV4_ADDRESS\":\"198.51.100.7\",\"IN_PKTS\":5}");
    text_free(&t);
}

static void test_json_has_the_chosen_names(void **state)
{
    struct export_template fields;
    struct err e = {""};
    assert_true(export_template_parse(
        &fields, "%IPV4_SRC_ADDR %IN_PKTS %CLIENT_NW_LATENCY_MS %FIRST_SWITCHED %HTTP_URL", &e));
    struct record r = plain();
    tail_set(&r.tail, STRING_http_url, "/a\"b", 4);
    struct text t = {0};
    record_to_json_chosen(&t, &r, &fields);
    assert_string_equal(t.data, "{\"IPV4_SRC_ADDR\":\"192.12.193.11\",\"IN_PKTS\":5,"
                                "\"CLIENT_NW_LATENCY_MS\":0.009,\"FIRST_SWITCHED\":1412183096,"
                                "\"HTTP_URL\":\"/a\\\"b\"}");
    text_reset(&t);
    memset(&r.client, 0x20, sizeof r.client);
    record_to_json_chosen(&t, &r, &fields);
    assert_non_null(strstr(t.data, "{\"IPV6_SRC_ADDR\":\"2020:"));
    text_free(&t);
}

static void test_headers_are_laid_out_as_the_compiler_did(void **state)
{
    uint8_t bytes[ZMQ_HEADER_MOST];
    struct zmq_header v2 = {.topic = "flow", .size = 123, .number = 42, .source = 7};
    assert_int_equal(zmq_header_put_v2(&v2, bytes), 28);
    assert_hex(bytes, 28, "666c6f7700000000000000000000000002007b000000002a07000000");
    struct zmq_header v3 = {.topic = "flow",
                            .flags = ZMQ_FLAG_TLV,
                            .size = 78,
                            .plain_size = 78,
                            .number = 42,
                            .source = 7};
    assert_int_equal(zmq_header_put_v3(&v3, bytes), 36);
    assert_hex(bytes, 36,
               "666c6f77000000000000000000000000040200004e0000004e0000000000002a07000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbered_keys_are_as_short_as_they_can_be),
        cmocka_unit_test(test_named_keys_signs_and_floats),
        cmocka_unit_test(test_a_record_is_the_same_as_its_items),
        cmocka_unit_test(test_an_exporter_is_named_by_its_own_family),
        cmocka_unit_test(test_json_has_the_chosen_names),
        cmocka_unit_test(test_headers_are_laid_out_as_the_compiler_did),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
