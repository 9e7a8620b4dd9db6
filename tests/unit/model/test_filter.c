/* test_filter.c - the filter language: what matches, what is refused and where. */
#include "model/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "model/protos.h"

static struct record r;

static void set_addr(struct addr *a, const char *text)
{
    assert_true(addr_parse(text, a));
}

static int setup(void **state)
{
    protos_set(5, "DNS", 14, 1);
    protos_set(7, "HTTP", 5, 1);
    protos_set(91, "TLS", 5, 0);
    protos_set(126, "Google", 5, 1);
    protos_set_category(5, "Web");
    protos_set_breed(1, "Acceptable");
    protos_set_risk(3, "XSS attack", 10);
    protos_set_risk(8, "Self-signed Cert", 10);
    memset(&r, 0, sizeof r);
    r.first = r.flow_first = 1497300991 * SECOND;
    r.last = r.first + 1500 * MILLISECOND;
    set_addr(&r.client, "192.168.2.222");
    set_addr(&r.server, "2001:db8::1");
    r.client_mac = (struct mac){{0, 0x25, 0x90, 0xd4, 0xcc, 0xf9}};
    r.client_port = 50142;
    r.server_port = 443;
    r.proto = 6;
    r.version = 4;
    r.vlan = 7;
    r.in_if = 3;
    r.out_if = 5;
    r.sent_bytes = 600000;
    r.rcvd_bytes = 1400000;
    r.sent_goodput = 1000000;
    r.sent_packets = 10;
    r.rcvd_packets = 20;
    r.client_flags = TCP_SYN | TCP_ACK;
    r.server_flags = TCP_SYN | TCP_ACK | TCP_FIN;
    r.tcp_state = TCP_SF;
    r.server_rtt = 41224;
    r.l7_master = 91;
    r.l7_app = 126;
    r.category = 5;
    r.breed = 1;
    r.confidence = CONFIDENCE_DPI;
    r.risk = 1 << 3 | 1 << 8;
    r.locality = LOCALITY_L2R;
    r.tls_version = 0x0303;
    r.tls_mismatch = 1;
    r.tunnels_seen = TUNNEL_GRE | TUNNEL_VXLAN;
    r.client_tos = 46 << 2;
    r.dns_code = 3;
    r.problem = PROBLEM_NO_ANSWER;
    tail_set(&r.tail, STRING_sni, "WWW.Example.org", 15);
    tail_set(&r.tail, STRING_info, "www.example.org", 15);
    tail_set(&r.tail, STRING_http_url, "/a?b=c&d", 8);
    tail_set(&r.tail, STRING_dhcp_name, "laptop", 6);
    return 0;
}

static bool matches(const char *expression)
{
    struct filter_error e;
    struct filter *f = filter_compile(expression, &e);
    if (!f)
        fail_msg("%s: %s at %zu", expression, e.text, e.at);
    bool hit = filter_match(f, &r);
    filter_free(f);
    return hit;
}

static const char *const true_ones[] = {
    "",
    "  \t\n",
    /* either end and each end */
    "ip=192.168.2.222",
    "ip=2001:db8::1",
    "ip=192.168.0.0/16",
    "ip=2001:db8::/32",
    "cli.ip=192.168.2.222",
    "srv.ip!=192.168.2.222",
    "ip!=10.0.0.0/8",
    "net=192.168.2.0/24",
    "srv.net=2001::/16",
    "port=443",
    "port=50142",
    "port!=80",
    "srv.port=443",
    "cli.port!=srv.port",
    "cli.port>srv.port",
    "port in (80,443)",
    "port not in (80,8080)",
    "port=400-500",
    "port in (1-100, 400-500)",
    "mac=00:25:90:d4:cc:f9",
    "mac=00-25-90-D4-CC-F9",
    "ip in (10.0.0.0/8, 192.168.0.0/16)",
    /* a field that is called like an operator */
    "in=3",
    "out=5 and in!=5",
    "in in (3,4)",
    "not in=4",
    "in not in (4,5)",
    "in exists",
    "port=443 in=3",
    "tls in=3",
    "(in>2) or in=9",
    "in<out",
    /* barewords */
    "192.168.2.222",
    "192.168.0.0/16",
    "2001:db8::1",
    "00:25:90:d4:cc:f9",
    "tls",
    "Google",
    "TLS.Google",
    "example",
    "\"example\"",
    "'WWW.EXAMPLE'",
    "laptop",
    "not dns",
    "!dns",
    "tls.mismatch",
    "2001:db8",
    "192.168",
    /* numbers and units */
    "bytes=2000000",
    "bytes=2M",
    "bytes = 2000k",
    "bytes>=1.9M",
    "bytes<2Mi",
    "bytes>1Mi",
    "bytes>1953Ki",
    "bytes<1G",
    "bytes<1T",
    "bytes=2MB",
    "bytes=\"2 MB\"",
    "bytes.c2s=600k",
    "bytes.c2s<bytes.s2c",
    "bytes=1M-3M",
    "packets=30",
    "packets=0x1e",
    "vlan=7",
    "vlan exists",
    "goodput.ratio=50%",
    "goodput.ratio=50",
    "goodput.ratio>=49.99%",
    "goodput.ratio=\"50.00 %\"",
    /* durations and times */
    "duration=1.5s",
    "duration<2s",
    "duration=1500",
    "duration=1500ms",
    "duration>1s",
    "duration=1s500ms",
    "duration<1h30m",
    "rtt.server=41224us",
    "rtt.server=41.224ms",
    "rtt.server=41.224",
    "rtt.server=\"41.224 ms\"",
    "rtt.server<duration",
    "duration>rtt",
    "first_seen=1497300991",
    "first_seen=1497300991000",
    "first_seen=2017-06-12T20:56:31Z",
    "first_seen=2017-06-12T22:56:31+02:00",
    "first_seen=\"2017-06-12 20:56:31\"",
    "last_seen=\"2017-06-12 20:56:32.5 UTC\"",
    "first_seen>2017-06-12",
    "first_seen<2017-06-12T20:57",
    "first_seen<last_seen",
    /* words */
    "l4=tcp",
    "l4=TCP",
    "l4=6",
    "l4 in (tcp,udp)",
    "l4!=udp",
    "l4~tc",
    "proto=tcp",
    "app=TLS",
    "app=google",
    "app=TLS.Google",
    "app=91",
    "app=126",
    "app~goo",
    "app~\"s.g\"",
    "app!=dns",
    "app=~\"^tls\"",
    "app in (DNS,TLS)",
    "app.id=91",
    "app.id=126",
    "app.id=91.126",
    "category=web",
    "breed=acceptable",
    "confidence=dpi",
    "confidence>=ip",
    "local=l2r",
    "direction=L2R",
    "tcp.state=sf",
    "status=active",
    "tls.version=TLSv1.2",
    "tls.version=1.2",
    "tls.version<TLSv1.3",
    "tls.version>=\"TLS 1.1\"",
    "dns.rcode=nxdomain",
    "dns.rcode!=0",
    "dns.rcode>0",
    "problem=no_answer",
    "problem=\"No answer\"",
    "problem~answer",
    "dscp=EF",
    "dscp.c2s=46",
    "tls.mismatch=yes",
    "tls.mismatch = true",
    "tls.mismatch=1",
    /* sets */
    "tcp.flags=\"FIN SYN ACK\"",
    "tcp.flags=SYN|ACK|FIN",
    "tcp.flags=FIN+SYN+ACK",
    "tcp.flags.c2s=syn|ack",
    "tcp.flags~SYN",
    "tcp.flags~SYN|FIN",
    "tcp.flags!~RST",
    "tcp.flags.c2s!=SYN",
    "tcp.flags.c2s in (SYN, SYN|ACK)",
    "tcp.flags.c2s=18",
    "tunnel=vxlan",
    "tunnel=gre|vxlan",
    "tunnel in (gtp,gre)",
    "tunnel!=gtp",
    "tunnel~xlan",
    "risk=\"XSS attack\"",
    "risk=xss_attack",
    "risk~self",
    "risk!=5",
    "risk=3",
    "risk exists",
    "risk in (5, 8)",
    /* text */
    "sni=www.example.org",
    "sni=WWW.EXAMPLE.ORG",
    "sni~example",
    "sni!~google",
    "sni exists",
    "not http.host exists",
    "sni=info",
    "sni!=\"info\"",
    "sni=~\"^w+\\.ex.*\\.org$\"",
    "sni=~'exam|none'",
    "http.url=\"/a?b=c&d\"",
    "http.url~'b=c'",
    "user!=root",
    "host=www.example.org",
    "host~example",
    "host!~google",
    "host=laptop",
    "cli.host=laptop",
    "srv.host~example",
    "host~192.168.2.",
    "cli.host=192.168.2.222",
    "host in (x, laptop)",
    "community_id exists",
    /* logic */
    "app=TLS and port=443",
    "app=TLS && port=443",
    "app=TLS, port=443",
    "app=TLS port=443",
    "app=DNS or port=443",
    "app=DNS || port=443",
    "port=443 or app=DNS and vlan=9",
    "(port=443 or app=DNS) and vlan=7",
    "not (app=DNS or vlan=9)",
    "!(app=DNS) !vlan=9",
    "not not app=TLS",
    "!!!app=DNS",
    "((((vlan=7))))",
    "vlan=7 AND NOT vlan=8 OR vlan=9",
    "app=DNS OR (vlan=7, (port=1 or port=443))",
    "vlan=7 AND(port=443)OR vlan=7",
    "app in (DNS,TLS) and not ip=10.0.0.0/8",
    "bytes>=1M && duration<2s",
    "192.168.2.222 dns.rcode!=0",
    "cli.port == 50142",
    "vlan <> 8",
};

static const char *const false_ones[] = {
    "ip=192.168.2.223",
    "ip!=192.168.2.222",
    "ip!=2001:db8::/32",
    "cli.ip=2001:db8::1",
    "cli.port=srv.port",
    "cli.ip=srv.ip",
    "port not in (80,443)",
    "port!=443",
    "port=444-500",
    "10.0.0.0/8",
    "dns",
    "not tls",
    "nothing-like-this",
    "bytes>2M",
    "bytes>=2Mi",
    "bytes<2M",
    "packets=31",
    "goodput.ratio=50.01%",
    "duration>1.5s",
    "duration<rtt.server",
    "rtt.server=41ms",
    "first_seen<2017-06-12",
    "first_seen>last_seen",
    "l4=udp",
    "l4~udp",
    "app=DNS",
    "app=DNS.Google",
    "app.id=126.91",
    "app!=TLS",
    "app not in (TLS)",
    "local=r2l",
    "tls.version=TLSv1.3",
    "tls.version>TLSv1.2",
    "dns.rcode=0",
    "problem=none",
    "tcp.flags=SYN|ACK",
    "tcp.flags=SYN",
    "tcp.flags~SYN|RST",
    "tcp.flags!~FIN",
    "tunnel=gtp",
    "tunnel=gre|gtp",
    "risk=9",
    "risk!=\"XSS attack\"",
    "sni=example.org",
    "sni=\"info\"",
    "sni!~example",
    "http.host exists",
    "user=root",
    "user~o",
    "host!~example",
    "host=example",
    "srv.host~laptop",
    "cli.host~example",
    "tls.mismatch=no",
    "app=TLS and vlan=8",
    "app=DNS vlan=7",
    "not vlan=7",
    "(port=443 or app=DNS) and vlan=9",
    "sni=~\"^example\"",
    "icmp=3/3",
    "icmp=0",
    "status=ended",
    "community_id=1:x",
    "dscp.s2c=EF",
    "not (vlan=7 or vlan=8)",
};

static void test_expressions_that_match(void **state)
{
    for (size_t i = 0; i < sizeof true_ones / sizeof *true_ones; i++)
        if (!matches(true_ones[i]))
            fail_msg("should match: %s", true_ones[i]);
}

static void test_expressions_that_do_not_match(void **state)
{
    for (size_t i = 0; i < sizeof false_ones / sizeof *false_ones; i++)
        if (matches(false_ones[i]))
            fail_msg("should not match: %s", false_ones[i]);
}

static void test_what_is_negated_is_the_opposite(void **state)
{
    char text[256];
    for (size_t i = 2; i < sizeof true_ones / sizeof *true_ones; i++) {
        snprintf(text, sizeof text, "not (%s)", true_ones[i]);
        assert_false(matches(text));
    }
    for (size_t i = 0; i < sizeof false_ones / sizeof *false_ones; i++) {
        snprintf(text, sizeof text, "!(%s)", false_ones[i]);
        assert_true(matches(text));
    }
}

static void test_icmp_by_name_number_and_version(void **state)
{
    r.proto = 1;
    r.client_icmp = 8 << 8;
    assert_true(matches("icmp=\"echo request\""));
    assert_true(matches("icmp=echo_request"));
    assert_true(matches("icmp.c2s=8/0"));
    assert_true(matches("icmp.c2s=2048"));
    assert_false(matches("icmp.s2c=\"echo request\""));
    r.proto = 58;
    assert_false(matches("icmp=\"echo request\""));
    r.client_icmp = 128 << 8;
    assert_true(matches("icmp=\"echo request\""));
    assert_false(matches("icmp=\"port unreachable\""));
}

static void test_ids_are_found(void **state)
{
    char text[128], id[40];
    record_flow_id(&r, id);
    snprintf(text, sizeof text, "flow_id=%s", id);
    assert_true(matches(text));
    set_addr(&r.server, "23.206.251.35");
    record_community_id(&r, id);
    snprintf(text, sizeof text, "community_id=\"%s\"", id);
    assert_true(matches(text));
}

static void test_what_a_field_prints_is_accepted_as_its_value(void **state)
{
    r.client_icmp = 8 << 8;
    r.tls_cipher = 0xfafa;
    r.dns_type = 28;
    tail_set(&r.tail, STRING_http_host, "sni", 3);
    tail_set(&r.tail, STRING_user_name, "or", 2);
    tail_set(&r.tail, STRING_ssh_client, "a \"b\" 'c' \\d, (e)", 17);
    unsigned tried = 0;
    for (size_t i = 0; i < field_count; i++) {
        const struct field *f = &field_table[i];
        if (!record_has(&r, f))
            continue;
        struct text value = {0}, term = {0};
        record_print(&value, &r, f);
        filter_add_term(&term, f->operand, value.data);
        r.proto = f->kind == KIND_icmp ? 1 : 6;
        if (!matches(term.data))
            fail_msg("does not match: %s", term.data);
        tried++;
        text_free(&value);
        text_free(&term);
    }
    assert_true(tried > 50);
}

static void test_a_term_is_quoted_where_it_would_mean_something_else(void **state)
{
    struct text t = {0};
    filter_add_term(&t, "sni", "www.example.org");
    text_char(&t, ' ');
    filter_add_term(&t, "sni", "info");
    text_char(&t, ' ');
    filter_add_term(&t, "user", "AND");
    text_char(&t, ' ');
    filter_add_term(&t, "user", "");
    text_char(&t, ' ');
    filter_add_term(&t, "http.url", "/a?b='c\"");
    assert_string_equal(t.data, "sni=www.example.org sni=\"info\" user=\"AND\" user=\"\" "
                                "http.url=\"/a?b=\\'c\\\"\"");
    text_free(&t);
}

static void test_wrong_expressions_say_where_and_what(void **state)
{
    static const struct {
        const char *expression;
        size_t at;
        const char *text;
    } rows[] = {
        {"app = ", 6, "expected value"},
        {"app=", 4, "expected value"},
        {"app = and vlan=7", 6, "expected value"},
        {"app=)", 4, "expected value"},
        {"bytez>1", 0, "unknown field 'bytez': did you mean 'bytes'?"},
        {"vlan=7 and snj=x", 11, "unknown field 'snj': did you mean 'sni'?"},
        {"qqqqqqq=1", 0, "unknown field 'qqqqqqq'"},
        {"bytes", 5, "expected an operator after 'bytes' (to search for the word, quote it)"},
        {"bytes and vlan=7", 5,
         "expected an operator after 'bytes' (to search for the word, quote it)"},
        {"bytes=x", 6, "'x' is not a number such as 443, 10k or 1.5M"},
        {"bytes=1x", 6, "'1x' is not a number such as 443, 10k or 1.5M"},
        {"bytes=99999999999999999999", 6,
         "'99999999999999999999' is not a number such as 443, 10k or 1.5M"},
        {"bytes=99999999999T", 6, "'99999999999T' is not a number such as 443, 10k or 1.5M"},
        {"bytes>1-2", 6, "'1-2' is a range: use = != or in with it"},
        {"bytes=2-1", 6, "'2-1' runs backwards: the smaller number comes first"},
        {"port=70000", 5, "'70000' is not a port from 0 to 65535"},
        {"duration<2x", 9, "'2x' is not a duration such as 41ms, 2s or 5m"},
        {"goodput.ratio>1k", 14, "'1k' is not a percentage such as 50%"},
        {"first_seen>yesterday", 11,
         "'yesterday' is not a time such as 2026-01-31T14:00 or epoch seconds"},
        {"first_seen>2026-13-01", 11,
         "'2026-13-01' is not a time such as 2026-01-31T14:00 or epoch seconds"},
        {"ip=google.com", 3,
         "'google.com' is not an address or network such as 10.0.0.1 or 10.0.0.0/8; names are "
         "found by host="},
        {"mac=1", 4, "'1' is not a MAC address such as 00:25:90:d4:cc:f9"},
        {"l4=tpc", 3, "unknown l4 'tpc': did you mean 'tcp'?"},
        {"app=TSL", 4, "unknown app 'TSL': did you mean 'TLS'?"},
        {"tcp.flags=SYM", 10, "unknown tcp.flags 'SYM': did you mean 'SYN'?"},
        {"problem=zebra", 8, "unknown problem 'zebra'"},
        {"icmp=zebra", 5, "'zebra' is not an ICMP message such as \"echo request\" or 3/1"},
        {"app.id=x", 7, "'x' is not an application's number such as 7 or 91.126"},
        {"bytes~1", 5,
         "'~' does not work with 'bytes': use one of = != < <= > >= in not in exists"},
        {"sni<a", 3, "'<' does not work with 'sni': use one of = != ~ !~ =~ in not in exists"},
        {"sni=~\"a(b\"", 7, "regular expression: the parenthesis is not closed"},
        {"sni=~*", 5, "regular expression: there is nothing to repeat"},
        {"app in DNS", 7, "expected '(' and the values of the list"},
        {"app in (DNS", 11, "expected ',' or ')' in the list"},
        {"app in (DNS,)", 12, "expected value"},
        {"app in ()", 8, "expected value"},
        {"(vlan=7", 7, "expected ')' for the '(' at 0"},
        {"vlan=7)", 6, "there is a ')' too many"},
        {"()", 1, "expected a field or a value"},
        {"vlan=7 and", 10, "expected a field or a value"},
        {"or vlan=7", 0, "expected a field or a value before 'or'"},
        {"=7", 0, "expected a field before '='"},
        {"not", 3, "expected a field or a value"},
        {"vlan=7 & vlan=8", 7, "'&' has no meaning here"},
        {"sni=\"abc", 4, "the quoted text has no end"},
        {"\"abc", 0, "the quoted text has no end"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct filter_error e;
        struct filter *f = filter_compile(rows[i].expression, &e);
        if (f)
            fail_msg("compiles: %s", rows[i].expression);
        if (e.at != rows[i].at || strcmp(e.text, rows[i].text) != 0)
            fail_msg("%s: at %zu: %s", rows[i].expression, e.at, e.text);
        assert_null(filter_compile(rows[i].expression, NULL));
    }
}

static void assert_refused(const char *expression, const char *part)
{
    struct filter_error e;
    assert_null(filter_compile(expression, &e));
    assert_non_null(strstr(e.text, part));
    assert_true(e.at <= strlen(expression));
}

static void repeat(char *to, size_t size, const char *what, unsigned n)
{
    size_t len = strlen(what), used = strlen(to);
    while (n-- && used + len + 1 < size) {
        memcpy(to + used, what, len + 1);
        used += len;
    }
}

static void test_limits_are_errors_and_not_crashes(void **state)
{
    static char text[8192];
    text[0] = '\0';
    repeat(text, sizeof text, "(", 40);
    assert_refused(text, "32 levels");
    text[0] = '\0';
    repeat(text, sizeof text, "!", 4000);
    repeat(text, sizeof text, "vlan=7", 1);
    assert_true(matches(text));
    text[0] = '\0';
    repeat(text, sizeof text, "vlan=7 ", 300);
    assert_refused(text, "256 terms");
    text[0] = '\0';
    repeat(text, sizeof text, "vlan=7 ", 200);
    assert_true(matches(text));
    strcpy(text, "vlan in (7");
    repeat(text, sizeof text, ",1", 1100);
    repeat(text, sizeof text, ")", 1);
    assert_refused(text, "1024 values");
    text[0] = '\0';
    repeat(text, sizeof text, "a", 4097);
    assert_refused(text, "4096 bytes");
    text[0] = '\0';
    repeat(text, sizeof text, "sni=~a ", 9);
    assert_refused(text, "8 regular expressions");
    text[0] = '\0';
    repeat(text, sizeof text, "not (vlan=1 or ", 16);
    repeat(text, sizeof text, "vlan=7", 1);
    repeat(text, sizeof text, ")", 16);
    assert_refused(text, "nested too deeply");
}

static void test_an_empty_filter_matches_everything(void **state)
{
    struct filter_error e;
    struct filter *f = filter_compile(" ", &e);
    assert_non_null(f);
    assert_true(filter_is_empty(f));
    assert_true(filter_match(f, &r));
    filter_free(f);
    assert_true(filter_is_empty(NULL));
    assert_true(filter_match(NULL, &r));
    f = filter_compile("vlan=7", &e);
    assert_false(filter_is_empty(f));
    filter_free(f);
    filter_free(NULL);
}

static void assert_tree(const char *expression, const char *expected)
{
    struct filter_error e;
    struct filter *f = filter_compile(expression, &e);
    assert_non_null(f);
    struct text t = {0};
    struct json j = json_into(&t);
    filter_json(f, &j);
    assert_string_equal(t.data, expected);
    text_free(&t);
    filter_free(f);
}

static void test_the_tree_is_told_as_json(void **state)
{
    assert_tree("", "{\"op\":\"and\",\"args\":[]}");
    assert_tree("APP in (DNS, \"TLS\") not ip=10.0.0.0/8 or sni exists",
                "{\"op\":\"or\",\"args\":[{\"op\":\"and\",\"args\":[{\"field\":\"app\",\"op\":"
                "\"in\",\"values\":[\"DNS\",\"TLS\"],\"at\":0,\"end\":19},"
                "{\"op\":\"not\",\"args\":[{\"field\":\"ip\",\"op\":\"=\",\"values\":"
                "[\"10.0.0.0/8\"],\"at\":24,\"end\":37}],\"at\":20,\"end\":37}],\"at\":0,"
                "\"end\":37},{\"field\":\"sni\",\"op\":\"exists\",\"values\":[],\"at\":41,"
                "\"end\":51}],\"at\":0,\"end\":51}");
    assert_tree("192.168.2.222", "{\"field\":\"ip\",\"op\":\"=\",\"values\":[\"192.168.2.222\"],"
                                 "\"bare\":true,\"at\":0,\"end\":13}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_expressions_that_match, setup),
        cmocka_unit_test_setup(test_expressions_that_do_not_match, setup),
        cmocka_unit_test_setup(test_what_is_negated_is_the_opposite, setup),
        cmocka_unit_test_setup(test_icmp_by_name_number_and_version, setup),
        cmocka_unit_test_setup(test_ids_are_found, setup),
        cmocka_unit_test_setup(test_what_a_field_prints_is_accepted_as_its_value, setup),
        cmocka_unit_test_setup(test_a_term_is_quoted_where_it_would_mean_something_else, setup),
        cmocka_unit_test_setup(test_wrong_expressions_say_where_and_what, setup),
        cmocka_unit_test_setup(test_limits_are_errors_and_not_crashes, setup),
        cmocka_unit_test_setup(test_an_empty_filter_matches_everything, setup),
        cmocka_unit_test_setup(test_the_tree_is_told_as_json, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
