/* test_l7.c - verdicts, budgets, guesses, and states that are given back. */
#include "engine/l7.h"

#include "base/alloc.h"
#include "base/cursor.h"
#include "model/protos.h"

#include "hellos.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

enum { TCP = 6, UDP = 17, ICMP = 1, SOURCE_PORT = 40123, ROOM = 2048 };

static struct l7 *l7;

/* One packet with its bytes: 10.0.0.1 is the client, 192.0.2.9 the server. */
struct wire {
    uint8_t bytes[ROOM];
    struct packet p;
};

static void put16(uint8_t *at, unsigned v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
}

static void make(struct wire *w, uint8_t proto, uint16_t server_port, bool from_client,
                 const char *payload, size_t len)
{
    static const uint8_t client[4] = {10, 0, 0, 1}, server[4] = {192, 0, 2, 9};
    static uint32_t seq[2] = {1000, 5000};
    size_t head = proto == TCP ? 40 : 28;
    memset(w, 0, sizeof *w);
    uint8_t *b = w->bytes;
    b[0] = 0x45;
    put16(b + 2, (unsigned)(head + len));
    b[8] = 64;
    b[9] = proto;
    memcpy(b + 12, from_client ? client : server, 4);
    memcpy(b + 16, from_client ? server : client, 4);
    put16(b + 20, from_client ? SOURCE_PORT : server_port);
    put16(b + 22, from_client ? server_port : SOURCE_PORT);
    uint32_t at = seq[from_client];
    if (proto == TCP) {
        put16(b + 24, at >> 16);
        put16(b + 26, at);
        b[32] = 0x50;
        b[33] = TCP_ACK | TCP_PSH;
        seq[from_client] += (uint32_t)len;
    } else {
        put16(b + 24, (unsigned)(8 + len));
    }
    memcpy(b + head, payload, len);
    w->p = (struct packet){
        .ts = 1700000000 * SECOND,
        .version = 4,
        .proto = proto,
        .is_tcp = proto == TCP,
        .src = addr_v4(b + 12),
        .dst = addr_v4(b + 16),
        .src_port = load_be16(b + 20),
        .dst_port = load_be16(b + 22),
        .tcp_seq = at,
        .ip = b,
        .ip_cap = (uint32_t)(head + len),
        .ip_bytes = (uint32_t)(head + len),
        .l4 = b + 20,
        .payload = b + head,
        .payload_len = (uint32_t)len,
        .payload_cap = (uint32_t)len,
    };
}

static struct l7_flow *open_state(struct l7 *l)
{
    enum l7_refusal why;
    return l7_open(l, 1, &why);
}

static bool feed(struct l7_flow *f, uint8_t proto, uint16_t port, bool from_client,
                 const char *payload, size_t len)
{
    struct wire w;
    make(&w, proto, port, from_client, payload, len);
    return l7_feed(l7, f, &w.p, from_client);
}

static struct l7_tuple tuple(uint8_t proto, uint16_t port)
{
    static const uint8_t client[4] = {10, 0, 0, 1}, server[4] = {192, 0, 2, 9};
    return (struct l7_tuple){addr_v4(client), addr_v4(server), proto == ICMP ? 0 : SOURCE_PORT,
                             port, proto};
}

static void end(struct l7_flow *f, uint8_t proto, uint16_t port, struct l7_result *r)
{
    struct l7_tuple t = tuple(proto, port);
    l7_end(l7, f, &t, r);
}

static void assert_app(const struct l7_result *r, const char *want)
{
    char name[100];
    protos_full_name(r->master, r->app, name);
    assert_string_equal(name, want);
}

static void assert_name(const struct l7_result *r, enum string_field field, const char *want)
{
    size_t len;
    const uint8_t *text = tail_get(&r->names, field, &len);
    assert_non_null(text);
    assert_int_equal(len, strlen(want));
    assert_memory_equal(text, want, len);
}

static const char dns_query[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
                                "\x03www\x07"
                                "example\x03org\x00\x00\x01\x00\x01";
static const char dns_answer[] = "\x12\x34\x81\x83\x00\x01\x00\x00\x00\x00\x00\x00"
                                 "\x03www\x07"
                                 "example\x03org\x00\x00\x01\x00\x01";

static void test_dns_is_known_at_the_query_and_closed_at_the_answer(void **state)
{
    struct l7_result r;
    struct l7_flow *f = open_state(l7);
    assert_false(feed(f, UDP, 53, true, dns_query, sizeof dns_query - 1));
    assert_true(feed(f, UDP, 53, false, dns_answer, sizeof dns_answer - 1));
    end(f, UDP, 53, &r);
    assert_app(&r, "DNS");
    assert_int_equal(r.confidence, CONFIDENCE_DPI);
    assert_string_equal(protos_category(r.category), "Network");
    assert_int_equal(r.dns_type, 1);
    assert_int_equal(r.dns_code, 3);
    assert_name(&r, STRING_dns_query, "www.example.org");
    assert_name(&r, STRING_info, "www.example.org");
}

static void test_http_on_an_odd_port_is_http_with_a_risk(void **state)
{
    static const char ask[] = "GET /x HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: p/1\r\n\r\n";
    static const char say[] = "HTTP/1.1 404 Not Found\r\nServer: s/2\r\nContent-Type: text/html\r\n"
                              "Content-Length: 0\r\n\r\n";
    struct l7_result r;
    struct l7_flow *f = open_state(l7);
    assert_false(feed(f, TCP, 8081, true, ask, sizeof ask - 1));
    assert_true(feed(f, TCP, 8081, false, say, sizeof say - 1));
    end(f, TCP, 8081, &r);
    assert_app(&r, "HTTP");
    assert_int_equal(r.http_code, 404);
    assert_name(&r, STRING_http_method, "GET");
    assert_name(&r, STRING_http_host, "shop.example");
    assert_name(&r, STRING_http_url, "/x");
    assert_name(&r, STRING_http_server, "s/2");
    assert_name(&r, STRING_info, "shop.example/x");
    assert_true(r.risk & 1 << 5); /* Known Protocol on Non Standard Port */
    assert_true(protos_risk_score(r.risk) >= 50);
}

static void test_tls_gives_its_names_even_when_the_flow_ends_early(void **state)
{
    struct l7_result r;
    struct l7_flow *f = open_state(l7);
    feed(f, TCP, 443, true, client_hello, sizeof client_hello - 1);
    feed(f, TCP, 443, false, server_hello, sizeof server_hello - 1);
    end(f, TCP, 443, &r);
    assert_app(&r, "TLS");
    assert_name(&r, STRING_sni, "www.example.org");
    assert_name(&r, STRING_ja3c, client_ja3);
    assert_name(&r, STRING_ja4, client_ja4);
    assert_name(&r, STRING_ja3s, server_ja3s);
    assert_int_equal(r.tls_version, 0x0304);
    assert_int_equal(r.tls_cipher, 0x1301);
    assert_false(r.tls_mismatch);
}

static void test_an_ssh_server_that_speaks_first_is_not_the_client(void **state)
{
    struct l7_result r;
    struct l7_flow *f = open_state(l7);
    feed(f, TCP, 22, false, "SSH-2.0-OpenSSH_9.2\r\n", 21);
    feed(f, TCP, 22, true, "SSH-2.0-PuTTY_Release\r\n", 23);
    end(f, TCP, 22, &r);
    assert_app(&r, "SSH");
    assert_name(&r, STRING_ssh_server, "SSH-2.0-OpenSSH_9.2");
    assert_name(&r, STRING_ssh_client, "SSH-2.0-PuTTY_Release");
}

static void test_who_says_nothing_known_gets_few_packets(void **state)
{
    static const char noise[] =
        "\xf1\x07\x93\xd4\x5e\x9a\x21\xbc\x77\x13\xe8\x4f\xaa\x09\x3d\xc2\x99";
    struct l7_result r;
    for (int i = 0; i < 2; i++) {
        uint8_t proto = i ? TCP : UDP;
        unsigned fed = 0, most = i ? 5 : 4;
        struct l7_flow *f = open_state(l7);
        bool done = false;
        while (!done && fed < 50) {
            done = feed(f, proto, 23456, fed % 2 == 0, noise, sizeof noise - 1);
            fed++;
        }
        assert_true(fed <= most);
        end(f, proto, 23456, &r);
        assert_app(&r, "Unknown");
        assert_int_equal(r.confidence, CONFIDENCE_NONE);
    }
}

static unsigned packets_looked_at(uint16_t port, const char *payload, size_t len)
{
    struct l7_result r;
    unsigned fed = 1;
    struct l7_flow *f = open_state(l7);
    while (fed < 50 && !feed(f, TCP, port, fed % 2 == 1, payload, len))
        fed++;
    end(f, TCP, port, &r);
    return fed;
}

static void test_a_flow_gets_eight_packets_while_its_port_may_tell_what_it_is(void **state)
{
    static const char noise[] = "\x30\x00\x00\x00\x00\x00\x00\x00";
    assert_int_equal(packets_looked_at(23456, noise, sizeof noise - 1), 5);
    assert_int_equal(packets_looked_at(2000, noise, sizeof noise - 1), 8);
}

static void test_a_long_request_does_not_hide_the_code_of_its_answer(void **state)
{
    static const char ask[] =
        "POST /up HTTP/1.1\r\nHost: up.example\r\nContent-Length: 999\r\n\r\n";
    static const char body[] = "\x01\x02\x03\x04\x05\x06\x07\x08\x09";
    static const char answer[] = "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n";
    struct l7_result r;
    struct l7_flow *f = open_state(l7);
    assert_false(feed(f, TCP, 80, true, ask, sizeof ask - 1));
    for (int i = 0; i < 9; i++)
        assert_false(feed(f, TCP, 80, true, body, sizeof body - 1));
    assert_true(feed(f, TCP, 80, false, answer, sizeof answer - 1));
    end(f, TCP, 80, &r);
    assert_int_equal(r.http_code, 413);
}

static void test_payload_that_says_nothing_leaves_a_marked_guess(void **state)
{
    static const char noise[] = "\xf1\x07\x93\xd4\x5e\x9a\x21\xbc\x77\x13";
    struct l7_result r;
    struct l7_flow *f = open_state(l7);
    for (int i = 0; i < 20 && !feed(f, TCP, 443, true, noise, sizeof noise - 1); i++)
        ;
    end(f, TCP, 443, &r);
    assert_app(&r, "TLS");
    assert_int_equal(r.confidence, CONFIDENCE_PORT);
}

static void test_flows_without_payload_are_guessed_by_port_or_named_by_protocol(void **state)
{
    static const struct {
        uint8_t proto;
        uint16_t port;
        const char *name;
        enum confidence confidence;
    } cases[] = {
        {TCP, 443, "TLS", CONFIDENCE_PORT},       {UDP, 53, "DNS", CONFIDENCE_PORT},
        {TCP, 51234, "Unknown", CONFIDENCE_NONE}, {ICMP, 0, "ICMP", CONFIDENCE_DPI},
        {58, 0, "ICMPV6", CONFIDENCE_DPI},        {2, 0, "IGMP", CONFIDENCE_DPI},
        {50, 0, "IPsec", CONFIDENCE_DPI},         {132, 0, "SCTP", CONFIDENCE_DPI},
        {47, 0, "GRE", CONFIDENCE_DPI},           {89, 0, "OSPF", CONFIDENCE_DPI},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct l7_result r;
        struct l7_tuple t = tuple(cases[i].proto, cases[i].port);
        l7_guess(l7, &t, &r);
        assert_app(&r, cases[i].name);
        assert_int_equal(r.confidence, cases[i].confidence);
        assert_int_equal(r.names.used, 0);
    }
}

static void test_an_address_of_a_known_owner_is_guessed_by_ip(void **state)
{
    static const uint8_t google[4] = {8, 8, 8, 8};
    struct l7_result r;
    struct l7_tuple t = tuple(TCP, 51234);
    t.server = addr_v4(google);
    l7_guess(l7, &t, &r);
    assert_app(&r, "Google");
    assert_int_equal(r.confidence, CONFIDENCE_IP);
}

static void test_packets_with_lying_lengths_are_survived(void **state)
{
    struct wire w;
    struct l7_result r;
    for (unsigned cut = 0; cut < 68; cut++) {
        for (int lie = 0; lie < 3; lie++) {
            struct l7_flow *f = open_state(l7);
            make(&w, UDP, 53, true, dns_query, sizeof dns_query - 1);
            put16(w.bytes + 2, lie == 0 ? 0 : lie == 1 ? 65535 : 21);
            uint8_t *exact = test_malloc(cut + 1);
            memcpy(exact, w.bytes, cut);
            w.p.ip = exact;
            w.p.ip_cap = cut;
            w.p.l4 = cut >= 28 ? exact + 20 : NULL;
            w.p.payload = cut > 28 ? exact + 28 : NULL;
            w.p.payload_cap = cut > 28 ? cut - 28 : 0;
            l7_feed(l7, f, &w.p, true);
            l7_close(l7, f, &w.p, true, &r);
            test_free(exact);
        }
    }
    assert_int_equal(l7_open_states(l7), 0);
}

static void test_states_and_what_libndpi_hangs_on_them_are_given_back(void **state)
{
    static const char ask[] = "GET /x HTTP/1.1\r\nHost: shop.example\r\n\r\n";
    struct l7_flow *f[200];
    struct l7_result r;
    uint64_t before = 0;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 200; i++) {
            f[i] = open_state(l7);
            assert_non_null(f[i]);
            feed(f[i], TCP, 443, true, client_hello, 90);
            feed(f[i], TCP, 8081, true, ask, sizeof ask - 1);
        }
        assert_int_equal(l7_open_states(l7), 200);
        for (int i = 0; i < 200; i++)
            end(f[i], TCP, 443, &r);
        assert_int_equal(l7_open_states(l7), 0);
        if (round == 0)
            before = mem_used(ACCOUNT_dpi);
    }
    assert_int_equal(mem_used(ACCOUNT_dpi), before);
}

static void test_switched_off_there_are_no_states_but_guesses(void **state)
{
    struct l7_config off = {.enabled = false, .packets = 8, .protos = ""};
    struct err e = {""};
    struct l7_result r;
    struct l7 *l = l7_new(&off, &e);
    assert_non_null(l);
    assert_null(open_state(l));
    struct l7_tuple t = tuple(TCP, 80);
    l7_guess(l, &t, &r);
    assert_app(&r, "HTTP");
    l7_free(l);
}

static void test_custom_protocols_are_known_by_port_and_by_name(void **state)
{
    char path[] = "/tmp/weir-protos-XXXXXX";
    int fd = mkstemp(path);
    assert_int_not_equal(fd, -1);
    static const char rules[] = "tcp:34567@OurThing\nhost:\"intra.example\"@OurSite\n";
    assert_int_equal(write(fd, rules, sizeof rules - 1), sizeof rules - 1);
    close(fd);
    struct l7_config config = {.enabled = true, .packets = 8, .protos = path};
    struct err e = {""};
    struct l7_result r;
    assert_true(l7_start(&config, &e));
    struct l7 *l = l7_new(&config, &e);
    assert_non_null(l);
    struct l7_tuple t = tuple(TCP, 34567);
    l7_guess(l, &t, &r);
    assert_app(&r, "OurThing");
    assert_int_equal(r.confidence, CONFIDENCE_CUSTOM);

    static const char ask[] = "GET / HTTP/1.1\r\nHost: www.intra.example\r\n\r\n";
    struct wire w;
    struct l7_flow *f = open_state(l);
    make(&w, TCP, 80, true, ask, sizeof ask - 1);
    l7_feed(l, f, &w.p, true);
    l7_close(l, f, &w.p, true, &r);
    assert_app(&r, "HTTP.OurSite");
    l7_free(l);
    unlink(path);
    assert_false(l7_start(&config, &e));
    assert_non_null(strstr(e.text, path));
}

static int set_up(void **state)
{
    static const struct l7_config config = {.enabled = true, .packets = 8, .protos = ""};
    struct err e = {""};
    if (!l7_start(&config, &e))
        return -1;
    l7 = l7_new(&config, &e);
    return l7 ? 0 : -1;
}

static int tear_down(void **state)
{
    l7_free(l7);
    return mem_used(ACCOUNT_dpi) == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dns_is_known_at_the_query_and_closed_at_the_answer),
        cmocka_unit_test(test_http_on_an_odd_port_is_http_with_a_risk),
        cmocka_unit_test(test_tls_gives_its_names_even_when_the_flow_ends_early),
        cmocka_unit_test(test_an_ssh_server_that_speaks_first_is_not_the_client),
        cmocka_unit_test(test_who_says_nothing_known_gets_few_packets),
        cmocka_unit_test(test_a_flow_gets_eight_packets_while_its_port_may_tell_what_it_is),
        cmocka_unit_test(test_a_long_request_does_not_hide_the_code_of_its_answer),
        cmocka_unit_test(test_payload_that_says_nothing_leaves_a_marked_guess),
        cmocka_unit_test(test_flows_without_payload_are_guessed_by_port_or_named_by_protocol),
        cmocka_unit_test(test_an_address_of_a_known_owner_is_guessed_by_ip),
        cmocka_unit_test(test_packets_with_lying_lengths_are_survived),
        cmocka_unit_test(test_states_and_what_libndpi_hangs_on_them_are_given_back),
        cmocka_unit_test(test_switched_off_there_are_no_states_but_guesses),
        cmocka_unit_test(test_custom_protocols_are_known_by_port_and_by_name),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
