/* test_settings.c - options from arguments and files, and sentences for what is wrong. */
#include "base/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

enum { MOST_WORDS = 16 };

/* Reads a line of arguments, split at single spaces. */
static bool read_args(struct settings *s, const char *line, struct err *e)
{
    static char copy[512];
    char *argv[MOST_WORDS] = {"weir"};
    int argc = 1;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *at = copy; at && *at;) {
        argv[argc++] = at;
        at = strchr(at, ' ');
        if (at)
            *at++ = 0;
    }
    *e = (struct err){""};
    return settings_read_args(s, argc, argv, 1, e);
}

static void check_refused(const char *line, const char *sentence)
{
    struct settings s;
    struct err e;
    settings_init(&s);
    assert_false(read_args(&s, line, &e));
    assert_string_equal(e.text, sentence);
    settings_free(&s);
}

static bool read_text(struct settings *s, const char *text, struct err *e)
{
    *e = (struct err){""};
    return settings_read_text(s, "weir.conf", text, strlen(text), e);
}

static void check_text_refused(const char *text, const char *sentence)
{
    struct settings s;
    struct err e;
    settings_init(&s);
    assert_false(read_text(&s, text, &e));
    assert_string_equal(e.text, sentence);
    settings_free(&s);
}

static size_t row_of(const char *name)
{
    const struct option_info *option = settings_find(name);
    assert_non_null(option);
    return (size_t)(option - settings_options);
}

static void test_defaults_come_from_the_table(void **state)
{
    struct settings s;
    settings_init(&s);
    assert_int_equal(s.workers, 1);
    assert_int_equal(s.ring, 0);
    assert_string_equal(s.http, "127.0.0.1:3000");
    assert_string_equal(s.bpf, "");
    assert_true(s.decap);
    assert_false(s.promisc_off);
    assert_int_equal(s.interfaces.n, 0);
    assert_int_equal(s.local_networks.n, 1);
    assert_int_equal(s.source[row_of("workers")], SETTING_DEFAULT);
    settings_free(&s);
}

static void test_names_and_letters_are_unique(void **state)
{
    for (size_t i = 0; i < settings_count; i++)
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(settings_options[i].name, settings_options[j].name);
            assert_true(!settings_options[i].letter ||
                        settings_options[i].letter != settings_options[j].letter);
        }
}

static void test_every_way_to_write_an_argument_is_read(void **state)
{
    struct settings s;
    struct err e;
    settings_init(&s);
    assert_true(read_args(&s, "-i eth0 -ieth1 -i=eth2 --interface eth3 --interface=a.pcap", &e));
    assert_int_equal(s.interfaces.n, 5);
    static const char *const want[] = {"eth0", "eth1", "eth2", "eth3", "a.pcap"};
    for (unsigned i = 0; i < 5; i++)
        assert_string_equal(s.interfaces.item[i], want[i]);
    assert_true(read_args(&s, "-un1 -v3 --sort -bytes one - -- --two", &e));
    assert_true(s.promisc_off);
    assert_int_equal(s.dns_mode, 1);
    assert_int_equal(s.verbose, 3);
    assert_string_equal(s.sort, "-bytes");
    assert_int_equal(s.words.n, 3);
    assert_string_equal(s.words.item[1], "-");
    assert_string_equal(s.words.item[2], "--two");
    settings_free(&s);
}

static void test_a_command_may_have_names_of_its_own(void **state)
{
    static const struct other_name names[] = {
        {'d', "idle-timeout", "flow-idle"}, {0, "collector", "export"}, {0, NULL, NULL}};
    struct settings s;
    struct err e;
    settings_init(&s);
    assert_false(read_args(&s, "--idle-timeout 7", &e));
    s.other_names = names;
    assert_true(read_args(&s, "-d 5 --collector=a:1 --collector b:2 -v3", &e));
    assert_int_equal(s.flow_idle, 5);
    assert_int_equal(s.export.n, 2);
    assert_string_equal(s.data_dir, "");
    assert_int_equal(s.verbose, 3);
    settings_free(&s);
}

static void test_flags_can_be_turned_both_ways(void **state)
{
    struct settings s;
    struct err e;
    settings_init(&s);
    assert_true(read_args(&s, "--no-decap --no-promisc --dpi=off --original-speed", &e));
    assert_false(s.decap);
    assert_true(s.promisc_off);
    assert_false(s.dpi);
    assert_true(s.original_speed);
    assert_true(read_args(&s, "--decap --promisc --no-dpi=no --no-original-speed", &e));
    assert_true(s.decap);
    assert_false(s.promisc_off);
    assert_true(s.dpi);
    assert_false(s.original_speed);
    settings_free(&s);
}

static void test_suffixes_multiply(void **state)
{
    struct settings s;
    struct err e;
    settings_init(&s);
    assert_true(read_args(&s, "--flow-idle 5m -t2h --memory 3G --ring=2048KiB", &e));
    assert_int_equal(s.flow_idle, 300);
    assert_int_equal(s.flow_active, 7200);
    assert_int_equal(s.memory, INT64_C(3) << 30);
    assert_int_equal(s.ring, 2 << 20);
    assert_true(read_args(&s, "--flow-idle 90s --memory 1T --flow-active 1d", &e));
    assert_int_equal(s.flow_idle, 90);
    assert_int_equal(s.flow_active, 86400);
    settings_free(&s);
}

static void test_what_is_wrong_is_said_in_one_sentence(void **state)
{
    check_refused("--worker 2", "unknown option --worker, did you mean --workers?");
    check_refused("--no-dcap", "unknown option --no-dcap, see weir --help");
    check_refused("--frobnicate", "unknown option --frobnicate, see weir --help");
    check_refused("-Z", "unknown option -Z, see weir --help");
    check_refused("--workers", "--workers needs a value");
    check_refused("--workers --decap", "--workers needs a value");
    check_refused("-i", "--interface needs a value");
    check_refused("--workers=0", "--workers is from 1 to 64, not 0");
    check_refused("--workers=-1", "--workers is from 1 to 64, not -1");
    check_refused("--workers=2x", "--workers is a whole number, not '2x'");
    check_refused("--workers=", "--workers is a whole number, not ''");
    check_refused("--workers=99999999999999999999999", "--workers is from 1 to 64, not "
                                                       "99999999999999999999999");
    check_refused("--flow-idle 2w", "--flow-idle is a time such as 90, 90s, 5m, 2h or 1d, "
                                    "not '2w'");
    check_refused("--flow-idle 2d", "--flow-idle is from 1 to 86400 s, not 2d");
    check_refused("--ring 9000000000000G", "--ring is from 0 to 4294967296, not "
                                           "9000000000000G");
    check_refused("--ring 5mb", "--ring is a size such as 4096, 64k, 512M or 2G, not '5mb'");
    check_refused("--decap=perhaps", "--decap is on or off, not 'perhaps'");
    check_refused("--no-workers", "unknown option --no-workers, did you mean --workers?");
}

static void test_a_file_is_read_in_both_notations(void **state)
{
    struct settings s;
    struct err e;
    settings_init(&s);
    assert_true(read_text(&s,
                          "# a comment\n\n"
                          "-i=eth0\r\n"
                          "--interface=eth1\n"
                          "interface = eth2   # behind a value\n"
                          "-i eth3\n"
                          "  workers=4\n"
                          "no-promisc\n"
                          "decap = off\n"
                          "-X=1000\n"
                          "packet-filter = \"tcp port 80 # no comment\"\n"
                          "ndpi-protocols = host:\"a b\"@Name\n"
                          "instance-name =",
                          &e));
    assert_int_equal(s.interfaces.n, 4);
    assert_string_equal(s.interfaces.item[0], "eth0");
    assert_string_equal(s.interfaces.item[2], "eth2");
    assert_int_equal(s.workers, 4);
    assert_true(s.promisc_off);
    assert_false(s.decap);
    assert_int_equal(s.max_flows, 1000);
    assert_string_equal(s.bpf, "tcp port 80 # no comment");
    assert_string_equal(s.protos, "host:\"a b\"@Name");
    assert_string_equal(s.instance, "");
    assert_int_equal(s.source[row_of("workers")], SETTING_FILE);
    settings_free(&s);
}

static void test_an_error_in_a_file_has_its_place(void **state)
{
    check_text_refused("\n  worker = 2\n",
                       "weir.conf:2:3: unknown option --worker, did you mean --workers?");
    check_text_refused("workers = 99", "weir.conf:1:11: --workers is from 1 to 64, not 99");
    check_text_refused("# x\nworkers\n", "weir.conf:2:1: --workers needs a value");
    check_text_refused("-Q=1\n", "weir.conf:1:1: unknown option -Q");
    check_text_refused("= 1\n", "weir.conf:1:1: unknown option --, see weir --help");
    struct settings s;
    struct err e = {""};
    settings_init(&s);
    assert_false(settings_read_text(&s, "weir.conf", "\n\nab\0c\n", 7, &e));
    assert_string_equal(e.text, "weir.conf:3:3: not a text file: a zero byte");
    settings_free(&s);
}

static void test_an_argument_wins_over_a_file_in_either_order(void **state)
{
    static const char file[] = "workers = 7\ninterface = fromfile\nlocal-networks = 10.0.0.0/8\n";
    for (unsigned file_first = 0; file_first < 2; file_first++) {
        struct settings s;
        struct err e;
        settings_init(&s);
        assert_true(!file_first || read_text(&s, file, &e));
        assert_true(read_args(&s, "--workers 3 -i eth0 -i eth1", &e));
        assert_true(file_first || read_text(&s, file, &e));
        assert_int_equal(s.workers, 3);
        assert_int_equal(s.interfaces.n, 2);
        assert_string_equal(s.interfaces.item[0], "eth0");
        assert_int_equal(s.local_networks.n, 1); /* the default is replaced, not added to */
        assert_string_equal(s.local_networks.item[0], "10.0.0.0/8");
        assert_int_equal(s.source[row_of("workers")], SETTING_ARGUMENT);
        settings_free(&s);
    }
}

static void test_an_overruled_value_is_checked_all_the_same(void **state)
{
    struct settings s;
    struct err e;
    settings_init(&s);
    assert_true(read_args(&s, "--workers 3", &e));
    assert_false(read_text(&s, "workers = 65\n", &e));
    assert_int_equal(s.workers, 3);
    settings_free(&s);
}

static void test_a_value_is_set_by_name(void **state)
{
    struct settings s;
    struct err e = {""};
    settings_init(&s);
    assert_true(settings_set(&s, "flow-idle", "2m", &e));
    assert_int_equal(s.flow_idle, 120);
    assert_false(settings_set(&s, "flow-idle", "0", &e));
    assert_string_equal(e.text, "--flow-idle is from 1 to 86400 s, not 0");
    assert_int_equal(s.flow_idle, 120);
    settings_free(&s);
}

static void test_thousands_of_words_are_kept(void **state)
{
    enum { MANY = 5000 };
    static char *argv[MANY];
    for (unsigned i = 0; i < MANY; i++)
        argv[i] = i % 2 ? "a.pcap" : "b.pcap";
    struct settings s;
    struct err e = {""};
    settings_init(&s);
    assert_true(settings_read_args(&s, MANY, argv, 0, &e));
    assert_int_equal(s.words.n, MANY);
    for (unsigned i = 0; i < MANY; i++)
        assert_string_equal(s.words.item[i], argv[i]);
    settings_free(&s);
}

static void test_files_that_cannot_be_read_are_named(void **state)
{
    struct settings s;
    struct err e = {""};
    settings_init(&s);
    assert_false(settings_read_file(&s, "/nowhere/weir.conf", &e));
    assert_string_equal(e.text, "configuration file /nowhere/weir.conf: "
                                "No such file or directory");
    assert_false(settings_read_file(&s, "/tmp", &e));
    assert_string_equal(e.text, "configuration file /tmp: Is a directory");

    char path[] = "/tmp/weir-settings-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, "workers=5\n", 10), 10);
    close(fd);
    assert_true(settings_read_file(&s, path, &e));
    unlink(path);
    assert_int_equal(s.workers, 5);
    settings_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_come_from_the_table),
        cmocka_unit_test(test_names_and_letters_are_unique),
        cmocka_unit_test(test_every_way_to_write_an_argument_is_read),
        cmocka_unit_test(test_a_command_may_have_names_of_its_own),
        cmocka_unit_test(test_flags_can_be_turned_both_ways),
        cmocka_unit_test(test_suffixes_multiply),
        cmocka_unit_test(test_what_is_wrong_is_said_in_one_sentence),
        cmocka_unit_test(test_a_file_is_read_in_both_notations),
        cmocka_unit_test(test_an_error_in_a_file_has_its_place),
        cmocka_unit_test(test_an_argument_wins_over_a_file_in_either_order),
        cmocka_unit_test(test_an_overruled_value_is_checked_all_the_same),
        cmocka_unit_test(test_a_value_is_set_by_name),
        cmocka_unit_test(test_thousands_of_words_are_kept),
        cmocka_unit_test(test_files_that_cannot_be_read_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
