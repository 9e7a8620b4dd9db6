/* test_sources.c - what -i can name, by the words alone: nothing is opened that is there. */
#include "io/sources.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

/* Last, because it has a macro fail(). */
#include <cmocka.h>

static void test_a_prefix_is_no_part_of_the_name(void **state)
{
    (void)state;
    assert_string_equal(source_bare_name("xdp:eth0"), "eth0");
    assert_string_equal(source_bare_name("pcap:eth0"), "eth0");
    assert_string_equal(source_bare_name("eth0"), "eth0");
    assert_string_equal(source_bare_name("xd"), "xd");
    assert_string_equal(source_bare_name(""), "");
}

static void check_refused(const char *spec, const char *words)
{
    struct source_options options = {0};
    struct source *out[2];
    struct err e = {""};
    unsigned n = 7;
    assert_false(source_open(spec, &options, 2, out, &n, &e));
    assert_int_equal(n, 0);
    if (!strstr(e.text, words))
        fail_msg("'%s' is not in '%s'", words, e.text);
}

static void test_what_is_not_there_is_named_with_what_is(void **state)
{
    (void)state;
    check_refused("nosuch0", "nosuch0: no such interface or file; interfaces are: ");
    check_refused("", "-i '': no such interface or file");
}

/* With libxdp the interface is missed, without it the library is. */
static void test_the_fast_lane_says_why_it_is_closed(void **state)
{
    (void)state;
    assert_true(source_xdp_takes("xdp:nosuch0"));
    assert_false(source_xdp_takes("nosuch0"));
    check_refused("xdp:nosuch0", "xdp:nosuch0: ");
}

static void test_only_files_are_files(void **state)
{
    (void)state;
    assert_true(source_is_file("-"));
    assert_false(source_is_file("xdp:eth0"));
    assert_false(source_is_file("any"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_prefix_is_no_part_of_the_name),
        cmocka_unit_test(test_what_is_not_there_is_named_with_what_is),
        cmocka_unit_test(test_the_fast_lane_says_why_it_is_closed),
        cmocka_unit_test(test_only_files_are_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
