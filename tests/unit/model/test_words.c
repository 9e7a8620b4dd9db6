/* test_words.c - words of enumerated kinds, and back. */
#include "model/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "model/protos.h"

static int64_t number(enum field_kind kind, const char *word)
{
    return kind_number(kind, word, strlen(word));
}

static void test_every_word_leads_back_to_its_value(void **state)
{
    unsigned kinds = 0;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        if (!kind_has_words((enum field_kind)kind))
            continue;
        kinds++;
        for (uint32_t v = 0; v < kind_values((enum field_kind)kind); v++) {
            const char *word = kind_word((enum field_kind)kind, v);
            if (word)
                assert_int_equal(number((enum field_kind)kind, word), v);
        }
    }
    assert_int_equal(kinds, 23);
}

static void test_dense_enumerations_have_no_holes(void **state)
{
    static const struct {
        enum field_kind kind;
        uint32_t n;
    } dense[] = {{KIND_flow_state, 3}, {KIND_trend, 3},
                 {KIND_locality, 4},   {KIND_client_reason, 5},
                 {KIND_end_reason, 6}, {KIND_tcp_state, TCP_OTH + 1},
                 {KIND_confidence, 7}, {KIND_problem, PROBLEM_RISK + 1},
                 {KIND_flag, 2},       {KIND_tcp_flags, 8},
                 {KIND_tunnels, 12}};
    for (size_t i = 0; i < sizeof dense / sizeof *dense; i++) {
        assert_int_equal(kind_values(dense[i].kind), dense[i].n);
        for (uint32_t v = 0; v < dense[i].n; v++)
            assert_non_null(kind_word(dense[i].kind, v));
        assert_null(kind_word(dense[i].kind, dense[i].n));
    }
}

static void test_well_known_numbers_have_their_names(void **state)
{
    assert_string_equal(kind_word(KIND_l4, 6), "tcp");
    assert_string_equal(kind_word(KIND_l4, 58), "icmpv6");
    assert_null(kind_word(KIND_l4, 253));
    assert_string_equal(kind_word(KIND_dns_type, 28), "AAAA");
    assert_string_equal(kind_word(KIND_dns_type, 65), "HTTPS");
    assert_string_equal(kind_word(KIND_dns_code, 3), "NXDOMAIN");
    assert_string_equal(kind_word(KIND_tls_version, 0x0304), "TLSv1.3");
    assert_string_equal(kind_word(KIND_tls_cipher, 0x1301), "TLS_AES_128_GCM_SHA256");
    assert_string_equal(kind_word(KIND_tls_cipher, 0xc02f),
                        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    assert_null(kind_word(KIND_tls_cipher, 0xfafa));
    assert_string_equal(kind_word(KIND_dscp, 46), "EF");
    assert_string_equal(kind_word(KIND_tcp_state, TCP_RSTOS0), "RSTOS0");
    assert_null(kind_word(KIND_number, 6));
    assert_null(kind_word(KIND_l4, UINT64_MAX));
}

static void test_words_are_accepted_in_any_dress(void **state)
{
    assert_int_equal(number(KIND_client_reason, "SYN-ACK"), CLIENT_SYN_ACK);
    assert_int_equal(number(KIND_problem, "No answer"), PROBLEM_NO_ANSWER);
    assert_int_equal(number(KIND_problem, "normal"), PROBLEM_NONE);
    assert_int_equal(number(KIND_l4, "TCP"), 6);
    assert_int_equal(number(KIND_tls_version, "1.2"), 0x0303);
    assert_int_equal(number(KIND_tcp_flags, "psh"), 3);
    assert_int_equal(number(KIND_l4, "tc"), -1);
    assert_int_equal(number(KIND_l4, "tcpp"), -1);
    assert_int_equal(number(KIND_l4, ""), -1);
    assert_int_equal(number(KIND_number, "tcp"), -1);
}

static void test_every_problem_has_a_title_and_a_sentence(void **state)
{
    for (unsigned p = 0; p <= PROBLEM_RISK; p++) {
        assert_true(strlen(problem_title(p)) > 3);
        const char *text = problem_text(p);
        assert_true(text[strlen(text) - 1] == '.');
    }
    assert_string_equal(problem_title(PROBLEM_RISK + 1), "Unknown");
    assert_string_equal(problem_text(PROBLEM_RISK + 1), "");
}

static void test_names_of_protocols_come_from_the_tables(void **state)
{
    protos_set(5, "DNS", 14, 1);
    protos_set(91, "TLS", 5, 0);
    protos_set(126, "Google", 5, 1);
    protos_set_category(14, "Network");
    protos_set_risk(8, "Self-signed Cert", 100);
    assert_string_equal(kind_word(KIND_app, 91), "TLS");
    assert_int_equal(number(KIND_app, "google"), 126);
    assert_int_equal(number(KIND_app, "TLS.Google"), 91 << 16 | 126);
    assert_int_equal(number(KIND_app, "TLS.Nothing"), -1);
    assert_int_equal(number(KIND_category, "network"), 14);
    assert_int_equal(number(KIND_risk, "self signed cert"), 8);
}

static void test_icmp_messages_have_names_by_version(void **state)
{
    assert_string_equal(icmp_name(false, 3, 3), "Port unreachable");
    assert_string_equal(icmp_name(false, 3, 99), "Destination unreachable");
    assert_string_equal(icmp_name(true, 135, 0), "Neighbor solicitation");
    assert_string_equal(icmp_name(true, 128, 0), "Echo request");
    assert_null(icmp_name(false, 200, 0));
    assert_int_equal(icmp_number(false, "echo_request", 12), 8 << 8);
    assert_int_equal(icmp_number(true, "echo request", 12), 128 << 8);
    assert_int_equal(icmp_number(false, "port-unreachable", 16), 3 << 8 | 3);
    assert_int_equal(icmp_number(false, "neighbor solicitation", 21), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_word_leads_back_to_its_value),
        cmocka_unit_test(test_dense_enumerations_have_no_holes),
        cmocka_unit_test(test_well_known_numbers_have_their_names),
        cmocka_unit_test(test_words_are_accepted_in_any_dress),
        cmocka_unit_test(test_every_problem_has_a_title_and_a_sentence),
        cmocka_unit_test(test_names_of_protocols_come_from_the_tables),
        cmocka_unit_test(test_icmp_messages_have_names_by_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
