/* test_locals.c - which networks are local. */
#include "model/locals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static struct locals l;

static int setup(void **state)
{
    l = (struct locals){0};
    return 0;
}

static const char *name_of(const char *text)
{
    struct addr a;
    assert_true(addr_parse(text, &a));
    int i = locals_find(&l, &a);
    return i < 0 ? "remote" : l.net[i].name;
}

static void test_the_longest_prefix_gives_the_name(void **state)
{
    struct err e = {0};
    assert_true(locals_add(&l, "10.0.0.0/8=Office, 10.1.0.0/16 = Lab ,fe80::/10", &e));
    assert_true(locals_add(&l, "10.1.2.0/24", &e));
    assert_int_equal(l.n, 4);
    assert_string_equal(name_of("10.2.0.1"), "Office");
    assert_string_equal(name_of("10.1.0.1"), "Lab");
    assert_string_equal(name_of("10.1.2.3"), "10.1.2.0/24");
    assert_string_equal(name_of("fe80::1"), "fe80::/10");
    assert_string_equal(name_of("8.8.8.8"), "remote");
    assert_string_equal(name_of("2001:db8::1"), "remote");
}

static void test_multicast_and_broadcast_are_remote(void **state)
{
    assert_true(locals_add(&l, "0.0.0.0/0,::/0", NULL));
    assert_string_equal(name_of("224.0.0.251"), "remote");
    assert_string_equal(name_of("255.255.255.255"), "remote");
    assert_string_equal(name_of("ff02::1"), "remote");
    assert_string_equal(name_of("1.2.3.4"), "0.0.0.0/0");
}

static void test_the_same_network_again_only_renames(void **state)
{
    assert_true(locals_add(&l, "10.0.0.0/8=Office,10.9.9.9/8", NULL));
    assert_int_equal(l.n, 1);
    assert_string_equal(name_of("10.0.0.1"), "Office");
    assert_true(locals_add(&l, "10.0.0.0/8=Home", NULL));
    assert_string_equal(name_of("10.0.0.1"), "Home");
}

static void test_what_came_before_the_error_stays(void **state)
{
    struct err e = {0};
    assert_false(locals_add(&l, "10.0.0.0/8,banana,172.16.0.0/12", &e));
    assert_non_null(strstr(e.text, "\"banana\""));
    assert_int_equal(l.n, 1);
}

static void test_too_many_networks_are_refused_with_a_reason(void **state)
{
    struct err e = {0};
    char net[32];
    for (int i = 0; i < LOCALS_MAX; i++) {
        snprintf(net, sizeof net, "10.%d.0.0/16", i);
        assert_true(locals_add(&l, net, &e));
    }
    assert_false(locals_add(&l, "11.0.0.0/8", &e));
    assert_non_null(strstr(e.text, "256"));
    assert_int_equal(l.n, LOCALS_MAX);
}

static void test_a_long_alias_is_cut_and_a_huge_entry_refused(void **state)
{
    char text[400];
    snprintf(text, sizeof text, "10.0.0.0/8=%0100d", 7);
    assert_true(locals_add(&l, text, NULL));
    assert_int_equal(strlen(name_of("10.0.0.1")), LOCAL_NAME - 1);
    struct err e = {0};
    snprintf(text, sizeof text, "10.0.0.0/8=%0300d", 7);
    assert_false(locals_add(&l, text, &e));
    assert_non_null(strstr(e.text, "too long"));
}

static void test_a_file_has_one_network_a_line_and_errors_name_it(void **state)
{
    char path[] = "/tmp/weir_locals_XXXXXX";
    int fd = mkstemp(path);
    assert_int_not_equal(fd, -1);
    FILE *f = fdopen(fd, "w");
    fputs("# ours\n192.168.0.0/16=Home  # flat\r\n\n10.0.0.0/8, 172.16.0.0/12\nbroken\n", f);
    fclose(f);
    struct err e = {0};
    assert_false(locals_add(&l, path, &e));
    assert_int_equal(l.n, 3);
    assert_string_equal(name_of("192.168.1.1"), "Home");
    assert_non_null(strstr(e.text, "line 5"));
    char with_at[64];
    snprintf(with_at, sizeof with_at, "@%s", path);
    assert_false(locals_add(&l, with_at, &e));
    unlink(path);
    assert_false(locals_add(&l, with_at, &e));
    assert_non_null(strstr(e.text, "No such file"));
    assert_false(locals_add(&l, "@/", &e));
    assert_non_null(strstr(e.text, "directory"));
}

static void test_an_empty_list_adds_nothing(void **state)
{
    assert_true(locals_add(&l, "", NULL));
    assert_true(locals_add(&l, " , ,", NULL));
    assert_int_equal(l.n, 0);
    assert_string_equal(name_of("10.0.0.1"), "remote");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_longest_prefix_gives_the_name, setup),
        cmocka_unit_test_setup(test_multicast_and_broadcast_are_remote, setup),
        cmocka_unit_test_setup(test_the_same_network_again_only_renames, setup),
        cmocka_unit_test_setup(test_what_came_before_the_error_stays, setup),
        cmocka_unit_test_setup(test_too_many_networks_are_refused_with_a_reason, setup),
        cmocka_unit_test_setup(test_a_long_alias_is_cut_and_a_huge_entry_refused, setup),
        cmocka_unit_test_setup(test_a_file_has_one_network_a_line_and_errors_name_it, setup),
        cmocka_unit_test_setup(test_an_empty_list_adds_nothing, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
