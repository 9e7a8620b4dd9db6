/* test_filter_complete.c - what may come next in an unfinished filter. */
#include "model/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "model/protos.h"

static struct text t;

static int setup(void **state)
{
    protos_set(5, "DNS", 14, 1);
    protos_set(8, "MDNS", 14, 1);
    protos_set(91, "TLS", 5, 0);
    protos_set(126, "Google", 5, 1);
    protos_set_category(5, "Web");
    protos_set_risk(3, "XSS attack", 10);
    return 0;
}

static int teardown(void **state)
{
    text_free(&t);
    return 0;
}

/* The cursor is where the | stands; joins what is offered as "text@from-to ". */
static void assert_offers(const char *with_cursor, const char *expected)
{
    char expression[128];
    size_t at = strcspn(with_cursor, "|");
    snprintf(expression, sizeof expression, "%.*s%s", (int)at, with_cursor, with_cursor + at + 1);
    struct text json = {0};
    struct json j = json_into(&json);
    filter_complete(expression, at, 4, &j);
    text_reset(&t);
    text_add(&t, "");
    const char *p = json.data;
    while ((p = strstr(p, "\"text\":\""))) {
        p += 8;
        size_t n = 0;
        while (p[n] != '"' || p[n - 1] == '\\')
            n++;
        unsigned from, to;
        assert_int_equal(sscanf(strstr(p, "\"from\":"), "\"from\":%u,\"to\":%u", &from, &to), 2);
        text_printf(&t, "%.*s@%u-%u ", (int)n, p, from, to);
        p += n;
    }
    if (strcmp(t.data, expected) != 0)
        fail_msg("%s offers %s", with_cursor, t.data);
    text_free(&json);
}

static void test_fields_are_offered_where_a_term_may_begin(void **state)
{
    assert_offers("|", "ip@0-0 net@0-0 cli.net@0-0 srv.net@0-0 ");
    assert_offers("cli.p|", "cli.port@0-5 ");
    assert_offers("vlan=7 and sn|", "sni@11-13 ");
    assert_offers("(duratio|", "duration@1-8 ");
    assert_offers("not user.|", "");
    assert_offers("clients|", "");
    assert_offers("Cli.P| =7", "cli.port@0-5 ");
    assert_offers("cl|i.port=7", "cli.net@0-8 cli.host@0-8 cli.ip@0-8 cli.port@0-8 ");
}

static void test_operators_follow_a_field(void **state)
{
    assert_offers("sni |", "=@4-4 !=@4-4 ~@4-4 !~@4-4 ");
    assert_offers("bytes |", "=@6-6 !=@6-6 <@6-6 <=@6-6 ");
    assert_offers("sni e|", "exists@4-5 ");
    assert_offers("sni not |", "in@8-8 ");
    assert_offers("sni in |", "(@7-7 ");
    assert_offers("sni|", "sni@0-3 =@3-3 !=@3-3 ~@3-3 ");
}

static void test_values_follow_an_operator(void **state)
{
    assert_offers("app=d|", "DNS@4-5 MDNS@4-5 ");
    assert_offers("app = |", "DNS@6-6 MDNS@6-6 TLS@6-6 Google@6-6 ");
    assert_offers("app in (TLS, go|", "Google@13-15 ");
    assert_offers("app in (|", "DNS@8-8 MDNS@8-8 TLS@8-8 Google@8-8 ");
    assert_offers("app in (TLS |", ",@12-12 )@12-12 ");
    assert_offers("l4=ud|", "udp@3-5 udplite@3-5 ");
    assert_offers("problem=no a|", "and@11-12 appl@11-12 app@11-12 app.id@11-12 ");
    assert_offers("problem=\"no a|", "no_answer@8-13 ");
    assert_offers("risk=|", "\\\"XSS attack\\\"@5-5 ");
    assert_offers("risk=\"xs|s", "\\\"XSS attack\\\"@5-9 ");
    assert_offers("duration<|", "100ms@9-9 2s@9-9 ");
    assert_offers("nonsense=|", "");
}

static void test_links_follow_a_term(void **state)
{
    assert_offers("vlan=7 |", "and@7-7 or@7-7 ");
    assert_offers("vlan=7 o|", "or@7-8 ooo.c2s@7-8 ooo.s2c@7-8 outer.src@7-8 ");
    assert_offers("sni exists |", "and@11-11 or@11-11 ");
    assert_offers("(vlan=7) |", "and@9-9 or@9-9 ");
    assert_offers("10.0.0.1 |", "and@9-9 or@9-9 ");
}

static void test_applications_are_offered_as_barewords(void **state)
{
    assert_offers("goog|", "Google@0-4 ");
    assert_offers("vlan=7 tl|", "tls.version@7-9 tls.cipher@7-9 tls.mismatch@7-9 tls.cert@7-9 ");
}

static void test_any_place_and_limit_is_safe(void **state)
{
    static const char expression[] = "not (app in (DNS,'x') or !ip~\"a\\\"b\" && x=~ y) not";
    for (size_t at = 0; at < sizeof expression + 5; at++)
        for (unsigned limit = 0; limit < 3000; limit += 1000) {
            struct text json = {0};
            struct json j = json_into(&json);
            filter_complete(expression, at, limit, &j);
            assert_int_equal(json.data[0], '[');
            assert_int_equal(json.data[json.len - 1], ']');
            text_free(&json);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fields_are_offered_where_a_term_may_begin, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_operators_follow_a_field, setup, teardown),
        cmocka_unit_test_setup_teardown(test_values_follow_an_operator, setup, teardown),
        cmocka_unit_test_setup_teardown(test_links_follow_a_term, setup, teardown),
        cmocka_unit_test_setup_teardown(test_applications_are_offered_as_barewords, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_any_place_and_limit_is_safe, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
