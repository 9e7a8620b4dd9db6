/* test_peek.c - what packets say in the clear is read whole, once, and from the right side. */
#include "engine/peek.h"

#include "hellos.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static struct cursor over(const char *text)
{
    return cur_over(text, strlen(text));
}

static void assert_name(const struct peek *k, enum string_field field, const char *want)
{
    size_t len;
    const uint8_t *text = tail_get(&k->names, field, &len);
    if (!want) {
        assert_null(text);
        return;
    }
    assert_non_null(text);
    assert_int_equal(len, strlen(want));
    assert_memory_equal(text, want, len);
}

static struct packet tcp(const char *bytes, size_t len, uint32_t seq)
{
    return (struct packet){.proto = 6,
                           .is_tcp = true,
                           .src_port = 40000,
                           .dst_port = 443,
                           .tcp_seq = seq,
                           .payload = (const uint8_t *)bytes,
                           .payload_len = (uint32_t)len,
                           .payload_cap = (uint32_t)len};
}

static void assert_hello(const struct peek *k)
{
    assert_name(k, STRING_sni, "www.example.org");
    assert_name(k, STRING_tls_alpn, "h2,http/1.1");
    assert_name(k, STRING_ja3c, client_ja3);
    assert_name(k, STRING_ja4, client_ja4);
    assert_int_equal(k->client_version, 0x0304);
}

static void test_a_client_hello_gives_name_alpn_and_both_fingerprints(void **state)
{
    struct peek k = {0};
    struct packet p = tcp(client_hello, sizeof client_hello - 1, 1);
    assert_true(peek_wants(&p));
    peek_read(&k, &p, true);
    assert_hello(&k);
    peek_fini(&k);
}

static void test_a_hello_cut_at_any_byte_into_two_segments_is_put_together(void **state)
{
    size_t len = sizeof client_hello - 1;
    for (size_t cut = 6; cut < len; cut++) {
        struct peek k = {0};
        struct packet one = tcp(client_hello, cut, 1000);
        struct packet two = tcp(client_hello + cut, len - cut, 1000 + (uint32_t)cut);
        peek_read(&k, &one, true);
        peek_read(&k, &one, true); /* sent again */
        peek_read(&k, &two, true);
        assert_hello(&k);
        assert_null(k.stream[0].bytes);
        peek_fini(&k);
    }
}

static void test_a_hello_with_a_gap_still_names_the_server_but_has_no_fingerprint(void **state)
{
    struct peek k = {0};
    struct packet one = tcp(client_hello, 100, 1000);
    struct packet late = tcp(client_hello + 120, 10, 1120);
    peek_read(&k, &one, true);
    peek_read(&k, &late, true);
    assert_name(&k, STRING_sni, "www.example.org");
    assert_name(&k, STRING_ja3c, NULL);
    assert_name(&k, STRING_ja4, NULL);
    peek_fini(&k);
}

static void test_a_server_hello_gives_the_chosen_version_and_cipher(void **state)
{
    struct peek k = {0};
    struct packet p = tcp(server_hello, sizeof server_hello - 1, 1);
    peek_read(&k, &p, false);
    assert_int_equal(k.tls_version, 0x0304);
    assert_int_equal(k.tls_cipher, 0x1301);
    assert_name(&k, STRING_ja3s, server_ja3s);
    peek_fini(&k);
}

static void test_every_truncation_of_a_hello_is_survived(void **state)
{
    for (size_t len = 0; len < sizeof client_hello; len++) {
        struct peek k = {0};
        char *exact = test_malloc(len + 1);
        memcpy(exact, client_hello, len);
        struct packet p = tcp(exact, len, 1);
        p.payload_len = sizeof client_hello;
        peek_read(&k, &p, true);
        peek_fini(&k);
        test_free(exact);
    }
}

static void test_a_request_gives_method_host_path_and_agent(void **state)
{
    struct peek k = {0};
    assert_true(
        peek_http(&k, over("POST /a/b?c=d HTTP/1.1\r\nhOST:  shop.example \r\n"
                           "User-Agent: probe/1.0\r\nContent-Type: text/x\r\n\r\nServer: no")));
    assert_name(&k, STRING_http_method, "POST");
    assert_name(&k, STRING_http_url, "/a/b?c=d");
    assert_name(&k, STRING_http_host, "shop.example ");
    assert_name(&k, STRING_http_agent, "probe/1.0");
    assert_name(&k, STRING_http_type, NULL);
    assert_name(&k, STRING_http_server, NULL);
}

static void test_a_final_answer_replaces_a_provisional_one_and_no_other(void **state)
{
    struct peek k = {0};
    assert_true(peek_http(&k, over("HTTP/1.1 100 Continue\r\n\r\n")));
    assert_true(peek_http(&k, over("HTTP/1.1 404 Not Found\r\nServer: s\r\nContent-Type: t\r\n")));
    assert_true(peek_http(&k, over("HTTP/1.1 200 OK\r\nServer: other\r\n\r\n")));
    assert_int_equal(k.http_code, 404);
    assert_name(&k, STRING_http_server, "s");
    assert_name(&k, STRING_http_type, "t");
}

static void test_other_text_protocols_are_not_http(void **state)
{
    struct peek k = {0};
    assert_false(peek_http(&k, over("OPTIONS rtsp://x RTSP/1.0\r\n")));
    assert_false(peek_http(&k, over("EHLO mail.example\r\n")));
    assert_false(peek_http(&k, over("HTTP/1.1 2x0 OK\r\n")));
    assert_false(peek_http(&k, over("")));
    assert_int_equal(k.names.used, 0);
}

static void test_dns_question_code_and_first_address_are_read(void **state)
{
    static const char query[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
                                "\x03www\x07"
                                "example\x03org\x00\x00\x01\x00\x01";
    static const char answer[] = "\x12\x34\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00"
                                 "\x03www\x07"
                                 "example\x03org\x00\x00\x01\x00\x01"
                                 "\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x04\x01"
                                 "a\xc0\x10"
                                 "\xc0\x2d\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x07";
    struct peek k = {0};
    assert_true(peek_dns(&k, cur_over(query, sizeof query - 1)));
    assert_false(k.dns_answered);
    assert_true(peek_dns(&k, cur_over(answer, sizeof answer - 1)));
    assert_true(k.dns_answered);
    assert_name(&k, STRING_dns_query, "www.example.org");
    assert_name(&k, STRING_dns_answer, "192.0.2.7");
    assert_int_equal(k.dns_type, 1);
    assert_int_equal(k.dns_code, 0);
}

static void test_dns_no_such_name_is_code_three(void **state)
{
    static const char answer[] = "\x12\x34\x81\x83\x00\x01\x00\x00\x00\x00\x00\x00"
                                 "\x01x\x00\x00\x1c\x00\x01";
    struct peek k = {0};
    assert_true(peek_dns(&k, cur_over(answer, sizeof answer - 1)));
    assert_int_equal(k.dns_code, 3);
    assert_int_equal(k.dns_type, 28);
}

static void test_a_dns_name_that_points_at_itself_is_refused(void **state)
{
    static const char loop[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
                               "\xc0\x0c\x00\x01\x00\x01";
    struct peek k = {0};
    assert_false(peek_dns(&k, cur_over(loop, sizeof loop - 1)));
    assert_int_equal(k.names.used, 0);
}

static void test_an_ssh_banner_belongs_to_the_side_that_sent_it(void **state)
{
    struct peek k = {0};
    struct packet s = tcp("SSH-2.0-server\r\n", 16, 1);
    struct packet c = tcp("SSH-2.0-client\r\n", 16, 1);
    peek_read(&k, &s, false);
    peek_read(&k, &c, true);
    assert_name(&k, STRING_ssh_server, "SSH-2.0-server");
    assert_name(&k, STRING_ssh_client, "SSH-2.0-client");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_client_hello_gives_name_alpn_and_both_fingerprints),
        cmocka_unit_test(test_a_hello_cut_at_any_byte_into_two_segments_is_put_together),
        cmocka_unit_test(test_a_hello_with_a_gap_still_names_the_server_but_has_no_fingerprint),
        cmocka_unit_test(test_a_server_hello_gives_the_chosen_version_and_cipher),
        cmocka_unit_test(test_every_truncation_of_a_hello_is_survived),
        cmocka_unit_test(test_a_request_gives_method_host_path_and_agent),
        cmocka_unit_test(test_a_final_answer_replaces_a_provisional_one_and_no_other),
        cmocka_unit_test(test_other_text_protocols_are_not_http),
        cmocka_unit_test(test_dns_question_code_and_first_address_are_read),
        cmocka_unit_test(test_dns_no_such_name_is_code_three),
        cmocka_unit_test(test_a_dns_name_that_points_at_itself_is_refused),
        cmocka_unit_test(test_an_ssh_banner_belongs_to_the_side_that_sent_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
