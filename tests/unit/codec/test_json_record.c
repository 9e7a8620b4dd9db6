/* test_json_record.c - records as JSON lines and as objects of the REST API. */
#include "codec/json_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "model/protos.h"

static struct record r;
static struct text t;

static struct addr addr(const char *text)
{
    struct addr a;
    assert_true(addr_parse(text, &a));
    return a;
}

static int setup(void **state)
{
    protos_set(5, "DNS", 14, 1);
    protos_set(7, "HTTP", 5, 1);
    protos_set(91, "TLS", 5, 0);
    protos_set(126, "Google", 5, 1);
    protos_set(800, "My \"own\"", 5, 1);
    protos_set_category(5, "Web");
    protos_set_risk(3, "XSS", 10);
    memset(&r, 0, sizeof r);
    r.first = r.flow_first = 1497300991 * SECOND + 7 * MILLISECOND;
    r.last = r.first + 2 * SECOND;
    r.client = addr("192.168.1.29");
    r.server = addr("23.206.251.35");
    r.client_port = 60952;
    r.server_port = 80;
    r.proto = 6;
    r.version = 4;
    return 0;
}

static int teardown(void **state)
{
    text_free(&t);
    return 0;
}

/* The flow id, whose digits another test holds, stands as @ in what is expected. */
static void assert_seed(const char *expected)
{
    char id[33], *there;
    text_reset(&t);
    record_to_json_seed(&t, &r);
    record_flow_id(&r, id);
    assert_non_null(there = strstr(t.data, id));
    *there = '@';
    memmove(there + 1, there + 32, strlen(there + 32) + 1);
    assert_string_equal(t.data, expected);
}

static void assert_api(const char *expected, const struct field *const *fields, size_t n)
{
    text_reset(&t);
    struct json j = json_into(&t);
    record_to_json_api(&j, &r, fields, n);
    assert_string_equal(t.data, expected);
}

static void test_an_empty_flow_has_what_is_always_there(void **state)
{
    assert_seed("{\"FLOW_ID\":\"@\",\"COMMUNITY_ID\":\"1:fUGQhJ6nxu/LILCAW+Lb8dF4sKU=\","
                "\"FLOW_START_MILLISECONDS\":1497300991007,\"FIRST_SWITCHED\":1497300991,"
                "\"FLOW_END_MILLISECONDS\":1497300993007,\"LAST_SWITCHED\":1497300993,"
                "\"FLOW_DURATION_MILLISECONDS\":2000.000,"
                "\"IPV4_SRC_ADDR\":\"192.168.1.29\",\"L4_SRC_PORT\":60952,"
                "\"IPV4_DST_ADDR\":\"23.206.251.35\",\"L4_DST_PORT\":80,\"PROTOCOL\":6,"
                "\"IP_PROTOCOL_VERSION\":4,\"SRC_VLAN\":0,\"IN_PKTS\":0,\"IN_BYTES\":0,"
                "\"OUT_PKTS\":0,\"OUT_BYTES\":0,\"L7_PROTO_NAME\":\"Unknown\",\"L7_PROTO\":0,"
                "\"LOCALITY\":\"l2l\",\"CLIENT_REASON\":\"first\"}");
}

static void test_a_full_flow_has_all_names_in_the_order_of_the_table(void **state)
{
    r.client_mac = (struct mac){{0, 0x25, 0x90, 0xd4, 0xcc, 0xf9}};
    r.vlan = 7;
    r.sent_packets = 9;
    r.sent_bytes = 1880;
    r.rcvd_packets = 14;
    r.rcvd_bytes = 15417000000;
    r.client_flags = TCP_SYN | TCP_ACK;
    r.server_flags = TCP_ACK | TCP_FIN;
    r.client_rtt = 9;
    r.server_rtt = 41224;
    r.appl_latency = 1000000;
    r.l7_master = 91;
    r.l7_app = 126;
    r.risk = 1ull << 63;
    r.outer_src = addr("2001:db8::1");
    tail_set(&r.tail, STRING_http_url, "/a?b=\"c\"\n", 9);
    tail_set(&r.tail, STRING_sni, "www.example.org", 15);
    assert_seed("{\"FLOW_ID\":\"@\",\"COMMUNITY_ID\":\"1:fUGQhJ6nxu/LILCAW+Lb8dF4sKU=\","
                "\"FLOW_START_MILLISECONDS\":1497300991007,\"FIRST_SWITCHED\":1497300991,"
                "\"FLOW_END_MILLISECONDS\":1497300993007,\"LAST_SWITCHED\":1497300993,"
                "\"FLOW_DURATION_MILLISECONDS\":2000.000,"
                "\"IPV4_SRC_ADDR\":\"192.168.1.29\",\"L4_SRC_PORT\":60952,"
                "\"IN_SRC_MAC\":\"00:25:90:d4:cc:f9\","
                "\"IPV4_DST_ADDR\":\"23.206.251.35\",\"L4_DST_PORT\":80,\"PROTOCOL\":6,"
                "\"IP_PROTOCOL_VERSION\":4,\"SRC_VLAN\":7,\"IN_PKTS\":9,\"IN_BYTES\":1880,"
                "\"OUT_PKTS\":14,\"OUT_BYTES\":15417000000,\"TCP_FLAGS\":19,"
                "\"CLIENT_TCP_FLAGS\":18,\"SERVER_TCP_FLAGS\":17,"
                "\"CLIENT_NW_LATENCY_MS\":0.009,\"SERVER_NW_LATENCY_MS\":41.224,"
                "\"APPL_LATENCY_MS\":1000.000,\"L7_PROTO_NAME\":\"TLS.Google\","
                "\"L7_PROTO\":\"91.126\",\"L7_PROTO_RISK\":9223372036854775808,"
                "\"LOCALITY\":\"l2l\",\"CLIENT_REASON\":\"first\","
                "\"UNTUNNELED_IPV6_SRC_ADDR\":\"2001:db8::1\","
                "\"TLS_SERVER_NAME\":\"www.example.org\","
                "\"HTTP_URL\":\"/a?b=\\\"c\\\"\\n\"}");
}

static void test_ipv6_addresses_have_their_own_names(void **state)
{
    r.client = addr("fe80::1");
    r.server = addr("ff02::fb");
    r.version = 6;
    record_to_json_seed(&t, &r);
    assert_non_null(strstr(t.data, "\"IPV6_SRC_ADDR\":\"fe80::1\""));
    assert_non_null(strstr(t.data, "\"IPV6_DST_ADDR\":\"ff02::fb\""));
    assert_null(strstr(t.data, "IPV4"));
}

static void test_one_application_number_stays_a_number(void **state)
{
    r.l7_app = 7;
    record_to_json_seed(&t, &r);
    assert_non_null(strstr(t.data, "\"L7_PROTO_NAME\":\"HTTP\",\"L7_PROTO\":7,"));
    r.l7_master = 7;
    text_reset(&t);
    record_to_json_seed(&t, &r);
    assert_non_null(strstr(t.data, "\"L7_PROTO\":7,"));
    r.l7_master = 91;
    r.l7_app = 0;
    text_reset(&t);
    record_to_json_seed(&t, &r);
    assert_non_null(strstr(t.data, "\"L7_PROTO_NAME\":\"TLS\",\"L7_PROTO\":91,"));
    r.l7_app = 800;
    text_reset(&t);
    record_to_json_seed(&t, &r);
    assert_non_null(strstr(t.data, "\"TLS.My \\\"own\\\"\",\"L7_PROTO\":\"91.800\","));
}

static void test_lines_follow_each_other_in_one_text(void **state)
{
    record_to_json_seed(&t, &r);
    size_t one = t.len;
    text_char(&t, '\n');
    record_to_json_seed(&t, &r);
    assert_int_equal(t.len, 2 * one + 1);
    assert_memory_equal(t.data, t.data + one + 1, one);
}

/* Every byte 0xff, so that each number has its most digits and each string its worst bytes. */
static void test_the_longest_record_fits(void **state)
{
    memset(&r, 0xff, sizeof r);
    r.l7_master = 1;
    memset(&r.tail, 0, sizeof r.tail);
    uint8_t controls[TAIL_STRING];
    memset(controls, 1, sizeof controls);
    for (enum string_field f = STRING_none + 1; f < STRINGS; f++)
        tail_set(&r.tail, f, controls, 60);
    record_to_json_seed(&t, &r);
    assert_false(t.failed);
    assert_int_equal(t.data[0], '{');
    assert_int_equal(t.data[t.len - 1], '}');
    assert_int_equal(t.data[t.len], 0);
}

static void test_the_api_nests_keys_by_their_dots(void **state)
{
    r.sent_bytes = 1;
    r.server_rtt = 41224;
    r.risk = 1 << 3 | 1ull << 40;
    r.client_flags = TCP_SYN | TCP_ACK;
    r.category = 5;
    r.locality = LOCALITY_L2R;
    r.tls_mismatch = 1;
    tail_set(&r.tail, STRING_sni, "x\xff", 2);
    assert_api("{\"flow_id\":\"eb50ba7da5d94b56dba15201aad71c31\","
               "\"community_id\":\"1:fUGQhJ6nxu/LILCAW+Lb8dF4sKU=\","
               "\"first_seen\":1497300991007,\"last_seen\":1497300993007,"
               "\"duration_ms\":2000.000,\"cli\":{\"ip\":\"192.168.1.29\",\"port\":60952},"
               "\"srv\":{\"ip\":\"23.206.251.35\",\"port\":80},\"l4\":\"tcp\",\"ip_version\":4,"
               "\"c2s_packets\":0,\"c2s_bytes\":1,\"s2c_packets\":0,\"s2c_bytes\":0,"
               "\"packets\":0,\"bytes\":1,\"bps\":0,\"pps\":0,\"trend\":\"steady\","
               "\"avg_bps\":4,\"tcp_flags\":\"SYN ACK\",\"c2s_tcp_flags\":\"SYN ACK\","
               "\"state\":\"active\",\"server_nw_ms\":41.224,\"rtt_ms\":82.448,"
               "\"app\":\"Unknown\",\"category\":\"Web\",\"confidence\":\"none\","
               "\"risk\":[\"XSS\",40],\"problem\":\"none\",\"direction\":\"l2r\","
               "\"client_reason\":\"first\",\"tls_mismatch\":true,\"sni\":\"x\xef\xbf\xbd\"}",
               NULL, 0);
}

static void test_the_api_gives_the_chosen_keys_and_joins_what_belongs_together(void **state)
{
    const struct field *chosen[] = {
        &field_table[FIELD_client], &field_table[FIELD_bytes], &field_table[FIELD_client_port],
        &field_table[FIELD_bytes],  &field_table[FIELD_sni],   &field_table[FIELD_client_mac]};
    assert_api("{\"cli\":{\"ip\":\"192.168.1.29\",\"port\":60952},\"bytes\":0}", chosen, 6);
    const struct field *empty[] = {&field_table[FIELD_outer_src], &field_table[FIELD_sni]};
    assert_api("{}", empty, 2);
}

static void test_names_stand_with_their_ends(void **state)
{
    const struct field *chosen[] = {&field_table[FIELD_client], &field_table[FIELD_server]};
    const struct record_names names = {.client = "laptop", .server = ""};
    struct json j = json_into(&t);
    json_open(&j);
    record_members_to_json_api(&j, &r, chosen, 2, &names);
    json_close(&j);
    assert_string_equal(t.data, "{\"cli\":{\"ip\":\"192.168.1.29\",\"name\":\"laptop\"},"
                                "\"srv\":{\"ip\":\"23.206.251.35\"}}");
}

static void test_a_single_value_may_be_null(void **state)
{
    struct json j = json_into(&t);
    json_open_array(&j);
    record_value_to_json(&j, &r, &field_table[FIELD_sni]);
    record_value_to_json(&j, &r, &field_table[FIELD_proto]);
    record_value_to_json(&j, &r, &field_table[FIELD_l7_app]);
    json_close_array(&j);
    assert_string_equal(t.data, "[null,\"tcp\",null]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_empty_flow_has_what_is_always_there, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_full_flow_has_all_names_in_the_order_of_the_table,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_ipv6_addresses_have_their_own_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_application_number_stays_a_number, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_lines_follow_each_other_in_one_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_longest_record_fits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_api_nests_keys_by_their_dots, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_the_api_gives_the_chosen_keys_and_joins_what_belongs_together, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names_stand_with_their_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_single_value_may_be_null, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
