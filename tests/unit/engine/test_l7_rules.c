/* test_l7_rules.c - a wrong line of the custom protocols file is named, with the reason. */
#include "engine/l7_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static void test_lines_of_every_kind_are_accepted(void **state)
{
    static const char *const lines[] = {
        "",
        "   ",
        "# a comment",
        "tcp:81,tcp:8181@HTTP",
        "udp:5061-5062@SIP\n",
        "host:\"googlesyndacation.com\",host:\"x.y\"@Google",
        "host:plain.example@Mine",
        "ip:213.75.170.11@CustomProtocol",
        "ip:10.0.0.0/8@Inside",
        "ip:3.3.3.3:443@Port",
        "tcp:3000@ntop and more",
        "ip_risk_mask:192.168.1.0/24=0",
        "host_risk_mask:\".home\"=0x10",
        "trusted_issuer_dn:\"CN=813845657003339838, O=Code42\"",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct err e = {""};
        if (!l7_rule_check(lines[i], strlen(lines[i]), &e))
            fail_msg("%s: %s", lines[i], e.text);
    }
}

static void test_each_mistake_is_said(void **state)
{
    static const struct {
        const char *line, *says;
    } wrong[] = {
        {"tcp:81", "no @"},
        {"tcp:http@HTTP", "not a port"},
        {"tcp:99999@X", "not a port"},
        {"tcp:80-@X", "not a range"},
        {"tcp:90-80@X", "backwards"},
        {"tcp:80;81@X", "not a port or a range"},
        {"sctp:80@X", "not one of"},
        {"tcp:80,,udp:1@X", "two commas"},
        {"@X", "before the @"},
        {"tcp:80@", "no name"},
        {"host:\"x@X", "quote is missing"},
        {"host:\"\"@X", "empty"},
        {"ip:300.1.1.1@X", "not an IPv4"},
        {"ip:2001::1@X", "not an IPv4"},
        {"ip:1.2.3.4:70000@X", "not an IPv4"},
        {"ip_risk_mask:1.2.3.4", "mask is missing"},
        {"host_risk_mask:\"x\"=zz", "hexadecimal"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct err e = {""};
        if (l7_rule_check(wrong[i].line, strlen(wrong[i].line), &e) ||
            !strstr(e.text, wrong[i].says))
            fail_msg("%s: said \"%s\", not \"%s\"", wrong[i].line, e.text, wrong[i].says);
    }
}

static void test_the_file_and_the_line_are_named(void **state)
{
    char path[] = "/tmp/weir-rules-XXXXXX";
    int fd = mkstemp(path);
    assert_int_not_equal(fd, -1);
    static const char text[] = "# mine\ntcp:81@HTTP\n\ntcp:x@Y\n";
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    struct err e = {""};
    assert_false(l7_rules_check(path, &e));
    assert_non_null(strstr(e.text, path));
    assert_non_null(strstr(e.text, "line 4"));
    unlink(path);
    assert_false(l7_rules_check(path, &e));
    assert_non_null(strstr(e.text, "No such file"));
    assert_false(l7_rules_check("/", &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_of_every_kind_are_accepted),
        cmocka_unit_test(test_each_mistake_is_said),
        cmocka_unit_test(test_the_file_and_the_line_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
