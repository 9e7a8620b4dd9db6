/* test_saved.c - a ledger that was written down is read back as it was. */
#include "app/saved.h"

#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void fill(struct totals_row *t)
{
    memset(t, 0, sizeof *t);
    t->received = t->wire_packets = 10;
    t->received_bytes = t->wire_bytes = 1000;
    t->packets[REASON_ipv4] = 7;
    t->bytes[REASON_ipv4] = 700;
    t->packets[REASON_arp] = 3;
    t->bytes[REASON_arp] = 300;
}

static void test_a_ledger_comes_back_from_the_data_directory(void **state)
{
    (void)state;
    char dir[] = "/tmp/weir-test-XXXXXX", path[4096], deep[64];
    assert_non_null(mkdtemp(dir));
    snprintf(deep, sizeof deep, "%s/a/b", dir);
    struct settings s;
    settings_init(&s);
    s.data_dir = deep;

    struct totals_row totals;
    struct ledger ledger;
    fill(&totals);
    ledger_fill(&ledger, &totals);
    struct saved_writer w = {0};
    saved_add(&w, "eth0", &ledger, &totals);
    saved_add(&w, "odd \"name\"", &ledger, &totals);
    struct err e = {""};
    assert_true(saved_finish(&w, &s, 1700000000 * SECOND, &e));
    struct stat st;
    assert_int_equal(stat(deep, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);

    struct text text = {0};
    assert_true(saved_load(&s, &text, path, &e));
    struct saved_ledger *l = calloc(3, sizeof *l);
    assert_int_equal(saved_parse(text.data, text.len, l, 3), 2);
    assert_string_equal(l[0].name, "eth0");
    assert_string_equal(l[1].name, "odd \"name\"");
    assert_int_equal(l[1].ledger.n, ledger.n);
    assert_int_equal(l[1].ledger.closes, ledger.closes);
    assert_int_equal(l[1].totals.packets[REASON_arp], 3);
    assert_int_equal(l[1].totals.bytes[REASON_ipv4], 700);
    for (unsigned i = 0; i < ledger.n; i++) {
        assert_string_equal(l[1].ledger.line[i].id, ledger.line[i].id);
        assert_int_equal(l[1].ledger.line[i].left, ledger.line[i].left);
        assert_int_equal(l[1].ledger.line[i].gap, ledger.line[i].gap);
        assert_int_equal(l[1].ledger.line[i].terms, ledger.line[i].terms);
        for (unsigned k = 0; k < ledger.line[i].terms; k++)
            assert_int_equal(l[1].ledger.line[i].term[k].value, ledger.line[i].term[k].value);
    }
    free(l);
    text_free(&text);
    unlink(path);
    rmdir(deep);
    snprintf(deep, sizeof deep, "%s/a", dir);
    rmdir(deep);
    rmdir(dir);
    s.data_dir = "";
    settings_free(&s);
}

static void test_every_cut_of_a_file_is_survived(void **state)
{
    (void)state;
    static const char text[] =
        "{\"data\":{\"closes\":true,\"lines\":[{\"id\":\"L1\",\"text\":\"t\",\"unit\":\"packets\","
        "\"left_name\":\"a\",\"left\":5,\"terms\":[{\"name\":\"b\",\"value\":5,\"minus\":true}],"
        "\"gap\":-1}],\"reasons\":[{\"name\":\"arp\",\"packets\":4,\"bytes\":9}]}}";
    struct saved_ledger *l = calloc(2, sizeof *l);
    for (size_t n = 0; n < sizeof text; n++)
        saved_parse(text, n, l, 2);
    assert_int_equal(saved_parse(text, sizeof text - 1, l, 2), 1);
    assert_int_equal(l->ledger.line[0].gap, -1);
    assert_true(l->ledger.line[0].term[0].minus);
    assert_int_equal(l->totals.packets[REASON_arp], 4);
    free(l);
}

static void test_a_directory_that_cannot_be_made_is_told(void **state)
{
    (void)state;
    struct settings s;
    settings_init(&s);
    s.data_dir = "/proc/none/of/this";
    struct totals_row totals;
    struct ledger ledger;
    fill(&totals);
    ledger_fill(&ledger, &totals);
    struct saved_writer w = {0};
    struct err e = {""};
    saved_add(&w, "eth0", &ledger, &totals);
    assert_false(saved_finish(&w, &s, 0, &e));
    assert_non_null(strstr(e.text, "/proc/none/of/this"));
    s.data_dir = "";
    settings_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_ledger_comes_back_from_the_data_directory),
        cmocka_unit_test(test_every_cut_of_a_file_is_survived),
        cmocka_unit_test(test_a_directory_that_cannot_be_made_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
