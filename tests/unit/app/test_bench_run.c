/* test_bench_run.c - what may be asked of the bench, and a line that fails takes nothing with it. */
#include "app/bench.h"
#include "app/roles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

struct shared {
    struct bench_line line;
    struct err err;
};

static struct shared *share(void)
{
    struct shared *s =
        mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(s != MAP_FAILED);
    return s;
}

static const uint32_t usual[] = {100, 1000, 0};

static void test_without_words_the_usual_sizes_are_measured(void **state)
{
    (void)state;
    struct err e = {""};
    struct bench b = {.err = &e};
    uint32_t hosts[BENCH_SIZES];
    assert_int_equal(bench_sizes(&b, usual, hosts), 2);
    assert_int_equal(hosts[1], 1000);
}

static void test_words_behind_the_mode_are_numbers_of_hosts(void **state)
{
    (void)state;
    struct err e = {""};
    const char *words[] = {"70", "5000000"};
    struct bench b = {.err = &e, .arguments = 2, .argument = words};
    uint32_t hosts[BENCH_SIZES];
    assert_int_equal(bench_sizes(&b, usual, hosts), 2);
    assert_int_equal(hosts[0], 70);
    assert_int_equal(hosts[1], 5000000);
}

static void test_a_word_that_is_no_number_is_told(void **state)
{
    (void)state;
    static const char *const wrong[] = {"many", "1", "12k", "-5", "99999999999", ""};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct err e = {""};
        const char *words[] = {wrong[i]};
        struct bench b = {.err = &e, .arguments = 1, .argument = words};
        uint32_t hosts[BENCH_SIZES];
        assert_int_equal(bench_sizes(&b, usual, hosts), 0);
        assert_non_null(strstr(e.text, wrong[i]));
    }
}

static void test_an_unknown_mode_is_a_usage_error(void **state)
{
    (void)state;
    struct settings s;
    struct err e = {""};
    char *arguments[] = {"weir", "bench", "engin", NULL};
    settings_init(&s);
    assert_true(settings_read_args(&s, 3, arguments, 2, &e));
    assert_int_equal(role_bench(&s), STATUS_SETUP);
    settings_free(&s);
}

static bool measure_seven(struct bench *b, const void *what)
{
    b->line->hosts = *(const uint32_t *)what;
    line_add(b->line, "seven", "", 7);
    return true;
}

static bool fail_to_measure(struct bench *b, const void *what)
{
    (void)what;
    memcpy(b->err->text, "no luck", sizeof "no luck");
    return false;
}

static bool crash(struct bench *b, const void *what)
{
    (void)b;
    (void)what;
    abort();
}

static void test_a_line_comes_back_from_its_process_and_a_failure_does_too(void **state)
{
    (void)state;
    struct shared *shared = share();
    struct bench b = {.line = &shared->line, .err = &shared->err};
    uint32_t hosts = 42;
    assert_true(bench_apart(&b, measure_seven, &hosts));
    assert_int_equal(b.line->hosts, 42);
    assert_int_equal(b.line->extras, 1);
    assert_string_equal(b.line->extra[0].key, "seven");
    assert_true(b.line->extra[0].value == 7);

    assert_false(bench_apart(&b, fail_to_measure, NULL));
    assert_string_equal(b.err->text, "no luck");
    assert_int_equal(b.line->extras, 0);

    assert_false(bench_apart(&b, crash, NULL));
    assert_non_null(strstr(b.err->text, "signal"));
    munmap(shared, sizeof *shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_words_the_usual_sizes_are_measured),
        cmocka_unit_test(test_words_behind_the_mode_are_numbers_of_hosts),
        cmocka_unit_test(test_a_word_that_is_no_number_is_told),
        cmocka_unit_test(test_an_unknown_mode_is_a_usage_error),
        cmocka_unit_test(test_a_line_comes_back_from_its_process_and_a_failure_does_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
