/* test_setup.c - settings mean to the floors below what their sentences say. */
#include "app/output.h"
#include "app/setup.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static struct settings s;

static int set_up(void **state)
{
    (void)state;
    settings_init(&s);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    settings_free(&s);
    return 0;
}

static void set(const char *name, const char *value)
{
    struct err e = {""};
    assert_true(settings_set(&s, name, value, &e));
}

static void test_memory_is_shared_among_workers_and_interfaces(void **state)
{
    (void)state;
    struct engine_config one, four;
    set("memory", "1G");
    setup_engine(&s, NULL, 1, &one);
    set("workers", "2");
    setup_engine(&s, NULL, 2, &four);
    assert_in_range(one.max_flows, 100000, 4000000);
    assert_in_range(four.max_flows, one.max_flows / 4 - 1, one.max_flows / 4 + 1);
    assert_in_range(four.max_hosts, one.max_hosts / 4 - 1, one.max_hosts / 4 + 1);
}

static void test_a_number_of_flows_wins_over_memory(void **state)
{
    (void)state;
    struct engine_config config;
    set("memory", "1G");
    set("max-flows", "5000");
    set("flow-idle", "2m");
    set("no-timeouts", "on");
    setup_engine(&s, NULL, 1, &config);
    assert_int_equal(config.max_flows, 5000);
    assert_true(config.max_hosts > 100000);
    assert_int_equal(config.flow_idle, 120 * SECOND);
    assert_false(config.timeouts);
}

static void test_the_data_directory_follows_option_user_and_environment(void **state)
{
    (void)state;
    char dir[PATH_MAX];
    assert_true(setup_data_dir(&s, dir));
    if (geteuid() == 0)
        assert_string_equal(dir, "/var/lib/weir");
    set("data-dir", "/some/where");
    assert_true(setup_data_dir(&s, dir));
    assert_string_equal(dir, "/some/where");
}

static void test_local_networks_say_which_one_is_wrong(void **state)
{
    (void)state;
    static struct locals locals;
    struct err e = {""};
    set("local-networks", "10.0.0.0/8=Lab,10.0.0.0/99");
    assert_false(setup_locals(&s, &locals, &e));
    assert_non_null(strstr(e.text, "10.0.0.0/99"));
}

static void test_the_address_of_a_file_is_no_file_to_write(void **state)
{
    (void)state;
    struct err e = {""};
    struct output o;
    static const char text[] = "http-port = 4000\n";
    assert_true(settings_read_text(&s, "weir.conf", text, sizeof text - 1, &e));
    assert_true(output_open(&o, &s, &e));
    assert_null(o.path);
    assert_true(output_close(&o, &e));
}

static void test_unknown_columns_and_forms_name_what_is_near(void **state)
{
    (void)state;
    struct err e = {""};
    struct output o;
    set("columns", "cli.ip,srv.prt");
    assert_false(output_open(&o, &s, &e));
    assert_non_null(strstr(e.text, "did you mean srv.port"));
    set("columns", "");
    set("output", "jsn");
    assert_false(output_open(&o, &s, &e));
    assert_non_null(strstr(e.text, "report, json, csv, table, none"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_memory_is_shared_among_workers_and_interfaces, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_number_of_flows_wins_over_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_data_directory_follows_option_user_and_environment,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_local_networks_say_which_one_is_wrong, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_the_address_of_a_file_is_no_file_to_write, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_unknown_columns_and_forms_name_what_is_near, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
