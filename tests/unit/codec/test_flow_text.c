/* test_flow_text.c - flows of probes as JSON and as TLV. */
#include "codec/flow_text.h"
#include "model/protos.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

struct seen {
    unsigned n;
    struct flow_in flow[4];
    struct flow_in_names names; /* of the last record that has any */
    unsigned second_addresses;
    char fields[2048]; /* "name=value;" of the last record */
};

static struct flow_keys keys;

static void see_field(void *to, const char *name, uint32_t pen, uint16_t id, const uint8_t *value,
                      size_t len, bool is_text)
{
    struct seen *s = to;
    size_t n = strlen(s->fields);
    snprintf(s->fields + n, sizeof s->fields - n, "%s=%.*s;", name, (int)len, (const char *)value);
}

static void see_record(void *to, const struct flow_fill *f)
{
    struct seen *s = to;
    if (s->n < 4)
        s->flow[s->n] = *f->flow;
    s->n++;
    if (f->flow->names)
        s->names = *f->flow->names;
    s->second_addresses += f->second_addresses;
    s->fields[0] = '\0';
    f->flow->raw.each(f->flow->raw.context, see_field, s);
}

static const nsec_t received = 1500000000 * SECOND;

static struct seen json(const char *text)
{
    struct seen s = {0};
    flow_keys_init(&keys);
    assert_true(
        flow_json_decode(&keys, (const uint8_t *)text, strlen(text), received, see_record, &s));
    return s;
}

static size_t unhex(const char *hex, uint8_t *out)
{
    size_t n = 0;
    unsigned byte;
    for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
        out[n++] = (uint8_t)byte;
    return n;
}

static struct seen tlv(const char *hex)
{
    struct seen s = {0};
    uint8_t bytes[256];
    size_t n = unhex(hex, bytes);
    flow_keys_init(&keys);
    assert_true(flow_tlv_decode(&keys, bytes, n, received, see_record, &s));
    return s;
}

static void assert_addr(const struct addr *a, const char *text)
{
    char buf[ADDR_TEXT];
    addr_print(a, buf);
    assert_string_equal(buf, text);
}

static void test_numeric_keys_fill_the_columns(void **state)
{
    struct seen s =
        json("{\"8\":\"192.12.193.11\",\"12\":\"192.168.1.92\",\"15\":\"0.0.0.0\",\"10\":3,"
             "\"14\":4,\"2\":5,\"1\":406,\"22\":1412183096,\"21\":1412183097,\"7\":3000,"
             "\"11\":55174,\"6\":27,\"4\":6,\"5\":8,\"16\":2597,\"17\":0,\"9\":24,\"13\":0,"
             "\"42\":4}");
    assert_int_equal(s.n, 1);
    const struct flow_in *f = &s.flow[0];
    assert_int_equal(f->kind, FLOW_IN_FLOW);
    assert_addr(&f->src, "192.12.193.11");
    assert_addr(&f->dst, "192.168.1.92");
    assert_true(addr_is_none(&f->next_hop));
    assert_int_equal(f->in_if, 3);
    assert_int_equal(f->out_if, 4);
    assert_int_equal(f->packets[0], 5);
    assert_int_equal(f->bytes[0], 406);
    assert_int_equal(f->first, 1412183096 * SECOND);
    assert_int_equal(f->last, 1412183097 * SECOND);
    assert_int_equal(f->src_port, 3000);
    assert_int_equal(f->dst_port, 55174);
    assert_int_equal(f->tcp_flags[0], 27);
    assert_int_equal(f->proto, 6);
    assert_int_equal(f->tos[0], 8);
    assert_int_equal(f->src_as, 2597);
    assert_int_equal(f->src_mask, 24);
    assert_int_equal(f->version, 4);
    assert_int_equal(f->flags, FLOW_IN_HAS_TIMES);
    assert_int_equal(f->exported, received);
}

static void test_names_dotted_keys_and_numbers_as_text_are_the_same(void **state)
{
    struct seen s =
        json("[{\"IPV4_SRC_ADDR\":\"10.10.20.15\",\"IPV4_DST_ADDR\":3232235720,"
             "\"IN_PKTS\":\"12\",\"0.1\":11693,\"OUT_BYTES\":5,\"L7_PROTO\":\"5.126\","
             "\"35632.123\":0.009,\"IN_SRC_MAC\":\"00:25:90:d4:cc:f9\"},\n"
             " {\"27\":\"2001:db8::1\",\"28\":\"2001:db8::2\",\"8\":\"0.0.0.0\",\"1\":1e3,"
             "\"57590\":7}]");
    assert_int_equal(s.n, 2);
    assert_addr(&s.flow[0].src, "10.10.20.15");
    assert_addr(&s.flow[0].dst, "192.168.0.200");
    assert_int_equal(s.flow[0].packets[0], 12);
    assert_int_equal(s.flow[0].bytes[0], 11693);
    assert_int_equal(s.flow[0].bytes[1], 5);
    assert_int_equal(s.flow[0].flags, FLOW_IN_REVERSE | FLOW_IN_APP);
    assert_int_equal(s.flow[0].l7_master, 5);
    assert_int_equal(s.flow[0].l7_app, 126);
    assert_int_equal(s.flow[0].client_us, 9);
    assert_int_equal(s.flow[0].src_mac.byte[5], 0xf9);
    assert_addr(&s.flow[1].src, "2001:db8::1");
    assert_int_equal(s.flow[1].version, 6);
    assert_int_equal(s.flow[1].bytes[0], 1000);
    assert_int_equal(s.flow[1].l7_app, 7);
    assert_int_equal(s.second_addresses, 0);
}

static void assert_string(const struct seen *s, enum string_field field, const char *text)
{
    size_t len;
    const uint8_t *bytes = tail_get(&s->names.tail, field, &len);
    assert_non_null(bytes);
    assert_int_equal(len, strlen(text));
    assert_memory_equal(bytes, text, len);
}

static void test_what_a_probe_read_out_of_the_packets_is_kept(void **state)
{
    struct seen s = json("{\"8\":\"10.0.0.1\",\"12\":\"10.0.0.2\",\"1\":1,\"L7_PROTO\":0,"
                         "\"TLS_SERVER_NAME\":\"www.example.org\",\"57652\":\"a\\/b\","
                         "\"HTTP_RET_CODE\":\"404\",\"TLS_ALPN\":\"h2\",\"L7_PROTO_RISK\":4}");
    assert_int_equal(s.flow[0].flags & FLOW_IN_APP, FLOW_IN_APP);
    assert_int_equal(s.flow[0].l7_app, 0);
    assert_string(&s, STRING_sni, "www.example.org");
    assert_string(&s, STRING_http_url, "a/b");
    assert_string(&s, STRING_tls_alpn, "h2");
    assert_int_equal(s.names.http_code, 404);
    assert_int_equal(s.names.risk, 4);
}

static void test_fields_without_a_column_are_kept_as_text(void **state)
{
    struct seen s =
        json("{\"8\":\"10.0.0.1\",\"12\":\"10.0.0.2\",\"1\":1,\"DOMAIN\":\"example.it\",\"ZERO\":0,"
             "\"EMPTY\":\"\",\"42\":8,\"8741.22\":1.5,\"PROCESS\":{\"PID\":7},\"300\":17}");
    assert_string(&s, STRING_other,
                  "DOMAIN=example.it; 8741.22=1.5; PROCESS={\"PID\":7}; OBSERVATION_POINT_ID=17");
    s = json("{\"8\":\"10.0.0.1\",\"12\":\"10.0.0.2\",\"1\":1}");
    assert_null(s.flow[0].names);
}

static void test_an_application_without_a_number_is_found_by_its_name(void **state)
{
    protos_set(91, "TLS", 0, 0);
    protos_set(126, "Google", 0, 0);
    struct seen s = json("[{\"1\":1,\"L7_PROTO_NAME\":\"TLS.Google\"},"
                         "{\"1\":1,\"L7_PROTO\":7,\"L7_PROTO_NAME\":\"TLS\"}]");
    assert_int_equal(s.flow[0].l7_master, 91);
    assert_int_equal(s.flow[0].l7_app, 126);
    assert_int_equal(s.flow[1].l7_app, 7);
}

static void test_milliseconds_are_not_overwritten_by_seconds(void **state)
{
    struct seen s = json("{\"FLOW_START_MILLISECONDS\":1412183096123,\"FIRST_SWITCHED\":1412183096,"
                         "\"LAST_SWITCHED\":1412183099}");
    assert_int_equal(s.flow[0].first, 1412183096123 * MILLISECOND);
    assert_int_equal(s.flow[0].last, 1412183099 * SECOND);
}

static void test_an_empty_address_does_not_overwrite_and_a_second_is_counted(void **state)
{
    struct seen s =
        json("{\"8\":\"10.0.0.1\",\"12\":\"10.0.0.2\",\"27\":\"::\",\"28\":\"2001:db8::2\","
             "\"1\":1}");
    assert_addr(&s.flow[0].src, "10.0.0.1");
    assert_addr(&s.flow[0].dst, "10.0.0.2");
    assert_int_equal(s.second_addresses, 1);
}

static void test_totals_count_only_without_deltas(void **state)
{
    struct seen s = json("[{\"8\":\"10.0.0.1\",\"12\":\"10.0.0.2\",\"231\":700,\"299\":3},"
                         "{\"8\":\"10.0.0.1\",\"12\":\"10.0.0.2\",\"231\":700,\"1\":5,\"2\":1}]");
    assert_int_equal(s.flow[0].bytes[0], 700);
    assert_int_equal(s.flow[0].packets[1], 3);
    assert_int_equal(s.flow[0].flags, FLOW_IN_TOTALS | FLOW_IN_REVERSE);
    assert_int_equal(s.flow[1].bytes[0], 5);
    assert_int_equal(s.flow[1].flags, 0);
}

static void test_what_has_no_addresses_is_a_message_with_all_its_fields(void **state)
{
    struct seen s =
        json("{\"OPERATION\":\"create\",\"DOMAIN\":\"a\\\"b\\u00e8.it\",\"N\":-5,\"T\":true,"
             "\"LOCAL_PROCESS\":{\"PID\":7,\"UID\":0},\"LIST\":[1,{\"a\":\"]\"}],"
             "\"json\":\"{\\\"MORE\\\":\\\"x\\\"}\"}");
    assert_int_equal(s.n, 1);
    assert_int_equal(s.flow[0].kind, FLOW_IN_MESSAGE);
    assert_string_equal(s.fields,
                        "OPERATION=create;DOMAIN=a\"b\xc3\xa8.it;N=-5;T=1;LOCAL_PROCESS.PID=7;"
                        "LOCAL_PROCESS.UID=0;LIST=[1,{\"a\":\"]\"}];MORE=x;");
}

static void test_the_agent_s_keys_are_understood(void **state)
{
    struct seen s =
        json("{\"timestamp\":\"1500000001.25\",\"IPV4_LOCAL_ADDR\":\"10.0.0.1\","
             "\"IPV4_REMOTE_ADDR\":\"10.0.0.2\",\"L4_LOCAL_PORT\":5,\"L4_REMOTE_PORT\":6,"
             "\"IN_BYTES\":1}");
    assert_int_equal(s.flow[0].first, 1500000001 * SECOND + 250 * MILLISECOND);
    assert_int_equal(s.flow[0].src_port, 5);
    assert_int_equal(s.flow[0].dst_port, 6);
}

static void test_damaged_json_is_told_after_the_records_before_it(void **state)
{
    static const char text[] =
        "[{\"8\":\"10.0.0.1\",\"12\":\"10.0.0.2\",\"1\":5},{\"8\":\"10.0.0.3\",\"1\":7}]";
    flow_keys_init(&keys);
    for (size_t n = 0; n < sizeof text - 1; n++) {
        uint8_t *copy = malloc(n ? n : 1);
        assert_non_null(copy);
        memcpy(copy, text, n);
        struct seen s = {0};
        assert_false(flow_json_decode(&keys, copy, n, received, see_record, &s));
        assert_true(s.n <= 2);
        free(copy);
    }
}

static void test_tlv_says_the_same_as_json(void **state)
{
    struct seen s =
        tlv("01012b08000d3139322e31322e3139332e31312b0c000c3139322e3136382e312e39322202052301"
            "01962416542c34382415542c343823070bb8230bd78622061b220406223c043be0f600013701");
    assert_int_equal(s.n, 1);
    assert_addr(&s.flow[0].src, "192.12.193.11");
    assert_addr(&s.flow[0].dst, "192.168.1.92");
    assert_int_equal(s.flow[0].packets[0], 5);
    assert_int_equal(s.flow[0].bytes[0], 406);
    assert_int_equal(s.flow[0].first, 1412183096 * SECOND);
    assert_int_equal(s.flow[0].src_port, 3000);
    assert_int_equal(s.flow[0].dst_port, 55174);
    assert_int_equal(s.flow[0].tcp_flags[0], 27);
    assert_int_equal(s.flow[0].proto, 6);
    assert_int_equal(s.flow[0].l7_app, 7);
    assert_string_equal(s.fields, "8=192.12.193.11;12=192.168.1.92;2=5;1=406;22=1412183096;"
                                  "21=1412183096;7=3000;11=55174;6=27;4=6;60=4;57590=7;");
}

static void test_tlv_has_names_signs_and_floats(void **state)
{
    struct seen s =
        tlv("0101b40008494e5f425954455300011170bb000d4c375f50524f544f5f4e414d45000448545450b5"
            "00094f55545f4259544553000000012a05f200263dff3ae0fbbc74133c01");
    assert_int_equal(s.n, 1);
    assert_int_equal(s.flow[0].bytes[0], 70000);
    assert_int_equal(s.flow[0].bytes[1], 5000000000);
    assert_int_equal(s.flow[0].direction, 0);
    assert_int_equal(s.flow[0].client_us, 9);
    assert_string_equal(
        s.fields, "IN_BYTES=70000;L7_PROTO_NAME=HTTP;OUT_BYTES=5000000000;61=-1;57595=0.009;");
    s = tlv("01012201642202010122016522020201");
    assert_int_equal(s.n, 2);
    assert_int_equal(s.flow[0].bytes[0], 100);
    assert_int_equal(s.flow[1].packets[0], 2);
}

static void test_damaged_tlv_is_refused(void **state)
{
    uint8_t bytes[64];
    size_t n = unhex("01012b08000d3139322e31322e3139332e313101", bytes);
    struct seen s = {0};
    flow_keys_init(&keys);
    for (size_t i = 3; i < n; i++)
        assert_false(flow_tlv_decode(&keys, bytes, i, received, see_record, &s));
    bytes[2] = 0x2e; /* a list */
    assert_false(flow_tlv_decode(&keys, bytes, n, received, see_record, &s));
    bytes[1] = 2;
    assert_false(flow_tlv_decode(&keys, bytes, n, received, see_record, &s));
    assert_int_equal(s.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numeric_keys_fill_the_columns),
        cmocka_unit_test(test_names_dotted_keys_and_numbers_as_text_are_the_same),
        cmocka_unit_test(test_what_a_probe_read_out_of_the_packets_is_kept),
        cmocka_unit_test(test_fields_without_a_column_are_kept_as_text),
        cmocka_unit_test(test_an_application_without_a_number_is_found_by_its_name),
        cmocka_unit_test(test_milliseconds_are_not_overwritten_by_seconds),
        cmocka_unit_test(test_an_empty_address_does_not_overwrite_and_a_second_is_counted),
        cmocka_unit_test(test_totals_count_only_without_deltas),
        cmocka_unit_test(test_what_has_no_addresses_is_a_message_with_all_its_fields),
        cmocka_unit_test(test_the_agent_s_keys_are_understood),
        cmocka_unit_test(test_damaged_json_is_told_after_the_records_before_it),
        cmocka_unit_test(test_tlv_says_the_same_as_json),
        cmocka_unit_test(test_tlv_has_names_signs_and_floats),
        cmocka_unit_test(test_damaged_tlv_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
