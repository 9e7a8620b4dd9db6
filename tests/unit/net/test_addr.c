/* test_addr.c - addresses, prefixes and MAC addresses as text. */
#include "net/addr.h"
#include "net/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void print_is(const char *text, const char *want)
{
    struct addr a;
    char buf[ADDR_TEXT];
    assert_true(addr_parse(text, &a));
    assert_int_equal(addr_print(&a, buf), strlen(want));
    assert_string_equal(buf, want);
}

static void test_addresses_print_as_rfc_5952_says(void **state)
{
    print_is("0.0.0.0", "0.0.0.0");
    print_is("255.10.1.100", "255.10.1.100");
    print_is("::", "::");
    print_is("::1", "::1");
    print_is("1::", "1::");
    print_is("2001:DB8::00AB", "2001:db8::ab");
    print_is("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1");
    print_is("2001:0:0:1:0:0:0:1", "2001:0:0:1::1");
    print_is("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
    print_is("::ffff:192.0.2.1", "192.0.2.1");
    print_is("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    print_is("0:0:0:0:0:0:0:1000", "::1000");
    print_is("fe80:0:0:0:0:0:0:0", "fe80::");
}

static void test_what_is_no_address_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",    "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4",  "1.2.3.4 ", "host",
        ":::", "1:2:3", "::1%eth0",  "12345::",   "1.2.3.4/8", "1::2::3",  "-1.2.3.4"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct addr a;
        assert_false(addr_parse(wrong[i], &a));
    }
}

static struct addr parsed(const char *text)
{
    struct addr a;
    assert_true(addr_parse(text, &a));
    return a;
}

static void test_kinds_of_addresses_are_told_apart(void **state)
{
    struct addr a = parsed("224.0.0.251");
    assert_true(addr_is_multicast(&a));
    a = parsed("223.255.255.255");
    assert_false(addr_is_multicast(&a));
    a = parsed("ff02::1");
    assert_true(addr_is_multicast(&a));
    a = parsed("fe80::1");
    assert_false(addr_is_multicast(&a));
    a = parsed("255.255.255.255");
    assert_true(addr_is_broadcast(&a));
    a = parsed("10.0.0.255");
    assert_false(addr_is_broadcast(&a));
    a = parsed("::");
    assert_true(addr_is_none(&a));
    a = parsed("0.0.0.0");
    assert_false(addr_is_none(&a));
    assert_true(addr_is_v4(&a));
}

static void prefix_is(const char *text, const char *want, const char *inside, const char *outside)
{
    struct prefix p;
    char buf[ADDR_TEXT + 4];
    assert_true(prefix_parse(text, &p));
    assert_int_equal(prefix_print(&p, buf), strlen(want));
    assert_string_equal(buf, want);
    struct addr a = parsed(inside);
    assert_true(prefix_has(&p, &a));
    a = parsed(outside);
    assert_false(prefix_has(&p, &a));
}

static void test_prefixes_clear_host_bits_and_hold_their_addresses(void **state)
{
    prefix_is("10.1.2.3/8", "10.0.0.0/8", "10.255.0.1", "11.0.0.0");
    prefix_is("192.168.1.77/26", "192.168.1.64/26", "192.168.1.127", "192.168.1.128");
    prefix_is("0.0.0.0/0", "0.0.0.0/0", "255.1.1.1", "::1");
    prefix_is("192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.0");
    prefix_is("fe80::1/10", "fe80::/10", "febf::1", "fec0::");
    prefix_is("::/0", "::/0", "2001:db8::1", "10.0.0.1");
    prefix_is("2001:db8::5", "2001:db8::5", "2001:db8::5", "2001:db8::4");
    prefix_is("2001:db8:ffff::/33", "2001:db8:8000::/33", "2001:db8:8000::1", "2001:db8:7fff::1");
}

static void test_bad_prefixes_are_refused(void **state)
{
    static const char *const wrong[] = {"10.0.0.0/33", "::/129", "10.0.0.0/",
                                        "10.0.0.0/-1", "/8",     "10.0.0.0/8/8",
                                        "10.0.0.0/ 8", "::/1a",  "10.0.0.0/4294967300"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct prefix p;
        assert_false(prefix_parse(wrong[i], &p));
    }
}

static void test_macs_print_and_parse(void **state)
{
    struct mac m;
    char buf[MAC_TEXT];
    assert_true(mac_parse("00-25:90:D4:cc:f9", &m));
    assert_int_equal(mac_print(&m, buf), 17);
    assert_string_equal(buf, "00:25:90:d4:cc:f9");
    static const char *const wrong[] = {"",
                                        "00:25:90:d4:cc",
                                        "00:25:90:d4:cc:f9:11",
                                        "0:25:90:d4:cc:f9",
                                        "00:25:90:d4:cc:fg",
                                        "002590d4ccf9",
                                        "00:25:90:d4:cc:f"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(mac_parse(wrong[i], &m));
}

static void test_every_reason_has_words(void **state)
{
    for (int i = 0; i < REASONS; i++) {
        assert_true(strlen(reason_table[i].name) > 0);
        assert_true(strlen(reason_table[i].title) > 0);
        assert_true(strlen(reason_table[i].text) > 0);
    }
    assert_string_equal(reason_table[REASON_arp].name, "arp");
    assert_int_equal(reason_table[REASON_arp].group, GROUP_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_print_as_rfc_5952_says),
        cmocka_unit_test(test_what_is_no_address_is_refused),
        cmocka_unit_test(test_kinds_of_addresses_are_told_apart),
        cmocka_unit_test(test_prefixes_clear_host_bits_and_hold_their_addresses),
        cmocka_unit_test(test_bad_prefixes_are_refused),
        cmocka_unit_test(test_macs_print_and_parse),
        cmocka_unit_test(test_every_reason_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
