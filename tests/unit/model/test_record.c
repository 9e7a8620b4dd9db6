/* test_record.c - reading, comparing and printing a record's fields. */
#include "model/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "model/protos.h"

static struct record r;

static struct addr addr(const char *text)
{
    struct addr a;
    assert_true(addr_parse(text, &a));
    return a;
}

static int setup(void **state)
{
    memset(&r, 0, sizeof r);
    r.first = 1497300991 * SECOND + 7 * MILLISECOND;
    r.last = r.first + 2 * SECOND;
    r.flow_first = r.first;
    r.client = addr("192.168.1.29");
    r.server = addr("23.206.251.35");
    r.client_port = 60952;
    r.server_port = 80;
    r.proto = 6;
    r.version = 4;
    r.sent_bytes = 1000;
    r.rcvd_bytes = 3000;
    r.sent_packets = 4;
    r.rcvd_packets = 6;
    return 0;
}

static uint64_t number(enum field_id id)
{
    return record_number(&r, &field_table[id]);
}

static bool has(enum field_id id)
{
    return record_has(&r, &field_table[id]);
}

static void assert_prints(enum field_id id, const char *expected)
{
    struct text t = {0};
    text_add(&t, "");
    record_print(&t, &r, &field_table[id]);
    assert_string_equal(t.data, expected);
    text_free(&t);
}

static void test_members_of_every_width_are_read(void **state)
{
    r.rcvd_retrans = 0xfffffffe;
    assert_int_equal(number(FIELD_proto), 6);
    assert_int_equal(number(FIELD_client_port), 60952);
    assert_int_equal(number(FIELD_rcvd_retrans), 0xfffffffe);
    assert_int_equal(number(FIELD_rcvd_bytes), 3000);
    assert_int_equal(number(FIELD_first), r.first);
    assert_int_equal(number(FIELD_client), 0);
    assert_int_equal(number(FIELD_sni), 0);
}

static void test_computed_fields_follow_from_others(void **state)
{
    r.sent_goodput = 600;
    r.rcvd_goodput = 1594;
    r.client_flags = TCP_SYN;
    r.server_flags = TCP_ACK;
    r.sent_retrans = UINT32_MAX;
    r.rcvd_retrans = 1;
    r.client_rtt = 10;
    r.server_rtt = 25;
    r.client_tos = 46 << 2 | 1;
    r.l7_master = 91;
    r.l7_app = 126;
    assert_int_equal(number(FIELD_duration), 2 * SECOND);
    assert_int_equal(number(FIELD_bytes), 4000);
    assert_int_equal(number(FIELD_packets), 10);
    assert_int_equal(number(FIELD_goodput), 2194);
    assert_int_equal(number(FIELD_goodput_ratio), 5485);
    assert_int_equal(number(FIELD_avg_bps), 16000);
    assert_int_equal(number(FIELD_tcp_flags), TCP_SYN | TCP_ACK);
    assert_int_equal(number(FIELD_retrans), 1ull << 32);
    assert_int_equal(number(FIELD_rtt), 70);
    assert_int_equal(number(FIELD_client_dscp), 46);
    assert_int_equal(number(FIELD_app), 91 << 16 | 126);
    assert_int_equal(number(FIELD_l7), 126);
}

static void test_computed_fields_survive_odd_values(void **state)
{
    r.last = r.first - SECOND;
    assert_int_equal(number(FIELD_duration), 0);
    assert_int_equal(number(FIELD_avg_bps), 32000);
    r.sent_bytes = UINT64_MAX - 3000;
    assert_int_equal(number(FIELD_avg_bps), UINT64_MAX);
    r.sent_bytes = r.rcvd_bytes = 0;
    assert_int_equal(number(FIELD_goodput_ratio), 0);
}

static void test_only_what_says_something_is_there(void **state)
{
    assert_true(has(FIELD_client));
    assert_false(has(FIELD_outer_src));
    assert_false(has(FIELD_client_mac));
    r.client_mac.byte[5] = 1;
    assert_true(has(FIELD_client_mac));
    assert_false(has(FIELD_sni));
    tail_set(&r.tail, STRING_sni, "x", 1);
    assert_true(has(FIELD_sni));
    assert_true(has(FIELD_bytes));
    assert_false(has(FIELD_retrans));
    assert_true(has(FIELD_state));
    assert_false(has(FIELD_problem));
    assert_true(has(FIELD_community_id));
    assert_false(has(FIELD_l7_master));
}

static void test_zero_is_an_answer_where_something_was_asked(void **state)
{
    assert_false(has(FIELD_dns_code));
    r.dns_type = 1;
    assert_true(has(FIELD_dns_code));
    r.proto = 1;
    assert_false(has(FIELD_server_icmp));
    r.client_icmp = 8 << 8;
    assert_true(has(FIELD_server_icmp));
    r.rcvd_packets = 0;
    assert_false(has(FIELD_dns_code));
    assert_false(has(FIELD_server_icmp));
    assert_false(has(FIELD_breed));
    r.l7_app = 5;
    assert_true(has(FIELD_breed));
}

static void test_community_id_is_that_of_other_tools(void **state)
{
    char id[32];
    record_community_id(&r, id);
    assert_string_equal(id, "1:fUGQhJ6nxu/LILCAW+Lb8dF4sKU=");
    r.client = addr("192.168.1.110");
    r.server = addr("212.1.42.233");
    r.client_port = 62241;
    record_community_id(&r, id);
    assert_string_equal(id, "1:NkjN3GORTmdn++qry2ChXEKX00U=");
    r.client = addr("212.1.42.233");
    r.server = addr("192.168.1.110");
    r.client_port = 80;
    r.server_port = 62241;
    record_community_id(&r, id);
    assert_string_equal(id, "1:NkjN3GORTmdn++qry2ChXEKX00U=");
}

static void test_community_id_of_protocols_without_ports(void **state)
{
    static const struct {
        const char *client, *server;
        uint8_t proto;
        uint16_t icmp, client_port, server_port;
        const char *id;
    } vectors[] = {
        {"192.168.177.160", "10.64.11.49", 1, 8 << 8, 0, 0, "1:u15ZSE/zwPPH+PdNHE0LOby1NF0="},
        {"192.168.3.129", "192.168.168.1", 1, 3 << 8 | 3, 0, 0, "1:lB4egS/Qun/GwHeSFBDGvr1G/IU="},
        {"fe80::18f:54ea:5196:2546", "fe80::fd00:183:1:1", 58, 134 << 8, 0, 0,
         "1:FqYeaO+Hxs1BIIB9o8cVa0q5VNs="},
        {"fe80::45:f337:32b9:ac9b", "ff02::16", 58, 143 << 8, 0, 0,
         "1:d7cy7xMNX0/8Mwn5xmwtmFSTQ/k="},
        {"10.0.0.1", "10.0.0.2", 51, 0, 0, 0, "1:qAlkH6wIQvS03C2vMBIOoB7Vg+U="},
        {"2003:51:6012::2", "2003:51:6012::4", 50, 0, 0, 0, "1:W/sKA6RLXpy2xnZVZwohsx6zKjo="},
        {"172.16.0.1", "172.16.0.2", 132, 0, 47000, 3868, "1:TUPWSowMChDD2r/po0c1NkcaLRQ="},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        r.client = addr(vectors[i].client);
        r.server = addr(vectors[i].server);
        r.proto = vectors[i].proto;
        r.client_icmp = vectors[i].icmp;
        r.client_port = vectors[i].client_port;
        r.server_port = vectors[i].server_port;
        char id[32];
        record_community_id(&r, id);
        assert_string_equal(id, vectors[i].id);
    }
    r.client = r.server = (struct addr){{0}};
    char id[32];
    record_community_id(&r, id);
    assert_string_equal(id, "");
}

static void test_flow_id_depends_on_each_part_of_the_flow_and_nothing_else(void **state)
{
    char id[33], other[33];
    record_flow_id(&r, id);
    assert_int_equal(strlen(id), 32);
    assert_string_equal(id, "eb50ba7da5d94b56dba15201aad71c31");
    r.sent_bytes++;
    r.first += SECOND; /* a later part of the same flow */
    r.last += SECOND;
    record_flow_id(&r, other);
    assert_string_equal(id, other);
    struct record same = r;
    for (unsigned i = 0; i < 8; i++) {
        r = same;
        switch (i) {
        case 0:
            r.flow_first += MICROSECOND;
            break;
        case 1:
            r.client.byte[15]++;
            break;
        case 2:
            r.server.byte[0]++;
            break;
        case 3:
            r.client_port++;
            break;
        case 4:
            r.vlan++;
            break;
        case 5:
            r.vlan_inner++;
            break;
        case 6:
            r.iface++;
            break;
        case 7:
            r.proto++;
            break;
        }
        record_flow_id(&r, other);
        assert_string_not_equal(id, other);
    }
}

static void test_values_print_as_a_person_reads_them(void **state)
{
    protos_set(91, "TLS", 5, 0);
    protos_set(126, "Google", 5, 1);
    protos_set_category(5, "Web");
    protos_set_risk(3, "XSS", 10);
    protos_set_risk(8, "Self-signed Cert", 10);
    r.sent_goodput = 2194;
    r.server_rtt = 41224;
    r.client_flags = TCP_SYN | TCP_ACK | TCP_PSH;
    r.l7_master = 91;
    r.l7_app = 126;
    r.category = 5;
    r.risk = 1 << 3 | 1 << 8 | 1 << 9;
    r.problem = PROBLEM_NO_ANSWER;
    r.locality = LOCALITY_L2R;
    r.tls_version = 0x0303;
    r.tls_cipher = 0xfafa;
    r.tunnels_seen = TUNNEL_GRE | TUNNEL_VXLAN;
    r.client_mac = (struct mac){{0, 0x25, 0x90, 0xd4, 0xcc, 0xf9}};
    tail_set(&r.tail, STRING_sni, "www.example.org", 15);
    assert_prints(FIELD_first, "2017-06-12T20:56:31.007Z");
    assert_prints(FIELD_duration, "2.000 s");
    assert_prints(FIELD_client, "192.168.1.29");
    assert_prints(FIELD_client_mac, "00:25:90:d4:cc:f9");
    assert_prints(FIELD_proto, "TCP");
    assert_prints(FIELD_bytes, "4000");
    assert_prints(FIELD_goodput_ratio, "54.85 %");
    assert_prints(FIELD_server_rtt, "41.224 ms");
    assert_prints(FIELD_client_flags, "SYN PUSH ACK");
    assert_prints(FIELD_app, "TLS.Google");
    assert_prints(FIELD_l7, "91.126");
    assert_prints(FIELD_category, "Web");
    assert_prints(FIELD_breed, "0");
    assert_prints(FIELD_risk, "XSS, Self-signed Cert, 9");
    assert_prints(FIELD_problem, "No answer");
    assert_prints(FIELD_locality, "l2r");
    assert_prints(FIELD_tls_version, "TLSv1.2");
    assert_prints(FIELD_tls_cipher, "0xfafa");
    assert_prints(FIELD_tunnels_seen, "gre vxlan");
    assert_prints(FIELD_sni, "www.example.org");
    assert_prints(FIELD_http_host, "");
    assert_prints(FIELD_community_id, "1:fUGQhJ6nxu/LILCAW+Lb8dF4sKU=");
    assert_prints(FIELD_tls_mismatch, "no");
    r.proto = 58;
    assert_prints(FIELD_proto, "ICMPv6");
    r.proto = 253;
    assert_prints(FIELD_proto, "253");
}

static void test_icmp_prints_its_name_by_version(void **state)
{
    r.client_icmp = 8 << 8;
    assert_prints(FIELD_client_icmp, "Echo request");
    r.version = 6;
    r.client_icmp = 128 << 8;
    assert_prints(FIELD_client_icmp, "Echo request");
    r.client_icmp = 200 << 8 | 3;
    assert_prints(FIELD_client_icmp, "200/3");
}

static void test_times_of_the_whole_calendar_print(void **state)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } times[] = {{0, "1970-01-01T00:00:00.000Z"},
                 {951782400, "2000-02-29T00:00:00.000Z"},
                 {1709251199, "2024-02-29T23:59:59.000Z"},
                 {4107542400, "2100-03-01T00:00:00.000Z"},
                 {-1, "1969-12-31T23:59:59.000Z"}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        r.last = times[i].seconds * SECOND;
        assert_prints(FIELD_last, times[i].text);
    }
}

static int compare(const struct record *a, const struct record *b, enum field_id id)
{
    int c = record_compare(a, b, &field_table[id]);
    assert_int_equal(c<0, record_compare(b, a, &field_table[id])> 0);
    return c;
}

static void test_records_compare_by_the_order_of_the_field(void **state)
{
    protos_set(5, "DNS", 14, 1);
    protos_set(91, "TLS", 5, 0);
    struct record o = r;
    assert_int_equal(compare(&r, &o, FIELD_bytes), 0);
    o.sent_bytes = UINT64_MAX / 2;
    assert_true(compare(&r, &o, FIELD_bytes) < 0);
    o.client = addr("192.168.1.3");
    assert_true(compare(&r, &o, FIELD_client) > 0);
    r.l7_app = 91;
    o.l7_app = 5;
    assert_true(compare(&r, &o, FIELD_app) > 0);
    o.proto = 17;
    assert_true(compare(&r, &o, FIELD_proto) < 0);
    o.proto = 253;
    assert_true(compare(&r, &o, FIELD_proto) < 0);
    tail_set(&r.tail, STRING_sni, "Beta", 4);
    tail_set(&o.tail, STRING_sni, "alpha", 5);
    assert_true(compare(&r, &o, FIELD_sni) > 0);
    tail_set(&o.tail, STRING_sni, "BETA", 4);
    assert_int_equal(compare(&r, &o, FIELD_sni), 0);
    assert_true(compare(&r, &o, FIELD_http_host) == 0);
}

static void test_the_total_order_tells_flows_apart(void **state)
{
    struct record o = r;
    assert_int_equal(record_order(&r, &o), 0);
    o.vlan = 1;
    assert_true(record_order(&r, &o) < 0);
    o.server_port = 79;
    assert_true(record_order(&r, &o) > 0);
    o.server = addr("255.0.0.1");
    assert_true(record_order(&r, &o) < 0);
    o.proto = 1;
    assert_true(record_order(&r, &o) > 0);
    o.first++;
    assert_true(record_order(&r, &o) < 0);
    assert_true(record_order(&o, &r) > 0);
}

static void test_a_copy_has_everything_that_is_used(void **state)
{
    tail_set(&r.tail, STRING_info, "hello", 5);
    struct record o;
    memset(&o, 0xee, sizeof o);
    record_copy(&o, &r);
    assert_int_equal(record_order(&o, &r), 0);
    assert_int_equal(record_compare(&o, &r, &field_table[FIELD_info]), 0);
    assert_int_equal(o.tail.used, 7);
    assert_int_equal(o.tail.bytes[7], 0xee);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_members_of_every_width_are_read, setup),
        cmocka_unit_test_setup(test_computed_fields_follow_from_others, setup),
        cmocka_unit_test_setup(test_computed_fields_survive_odd_values, setup),
        cmocka_unit_test_setup(test_only_what_says_something_is_there, setup),
        cmocka_unit_test_setup(test_zero_is_an_answer_where_something_was_asked, setup),
        cmocka_unit_test_setup(test_community_id_is_that_of_other_tools, setup),
        cmocka_unit_test_setup(test_community_id_of_protocols_without_ports, setup),
        cmocka_unit_test_setup(test_flow_id_depends_on_each_part_of_the_flow_and_nothing_else,
                               setup),
        cmocka_unit_test_setup(test_values_print_as_a_person_reads_them, setup),
        cmocka_unit_test_setup(test_icmp_prints_its_name_by_version, setup),
        cmocka_unit_test_setup(test_times_of_the_whole_calendar_print, setup),
        cmocka_unit_test_setup(test_records_compare_by_the_order_of_the_field, setup),
        cmocka_unit_test_setup(test_the_total_order_tells_flows_apart, setup),
        cmocka_unit_test_setup(test_a_copy_has_everything_that_is_used, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
