/* test_log.c - the log says it once, in one line, and not too often. */
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static char said[65536];
static int saved = -1, hole[2];

/* Standard error goes into a pipe from here to listen_end(), which fills `said`. */
static void listen_begin(void)
{
    assert_int_equal(pipe(hole), 0);
    saved = dup(STDERR_FILENO);
    dup2(hole[1], STDERR_FILENO);
}

static void listen_end(void)
{
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(hole[1]);
    size_t len = 0;
    ssize_t n;
    while ((n = read(hole[0], said + len, sizeof said - 1 - len)) > 0)
        len += (size_t)n;
    close(hole[0]);
    said[len] = 0;
}

static unsigned lines_said(void)
{
    unsigned n = 0;
    for (const char *at = said; *at; at++)
        n += *at == '\n';
    return n;
}

static void test_a_line_has_time_level_and_sentence(void **state)
{
    listen_begin();
    log_warning("eth0: %d packets lost", 7);
    listen_end();
    assert_int_equal(lines_said(), 1);
    assert_non_null(strstr(said, " WARNING: eth0: 7 packets lost\n"));
    assert_int_equal(said[4], '-');
}

static void test_lines_above_the_level_are_not_written(void **state)
{
    listen_begin();
    log_debug("not shown");
    log_set_level(LOG_LEVEL_ERROR);
    log_info("not shown either");
    log_error("shown");
    log_set_level(LOG_LEVEL_INFO);
    listen_end();
    assert_int_equal(lines_said(), 1);
    assert_non_null(strstr(said, "ERROR: shown"));
}

static void test_a_site_that_repeats_itself_is_limited_and_says_so(void **state)
{
    listen_begin();
    for (unsigned i = 0; i < 101; i++) {
        if (i == 100)
            clock_sleep(1100 * MILLISECOND);
        log_info("line %u", i);
    }
    listen_end();
    assert_int_equal(lines_said(), 6);
    assert_non_null(strstr(said, "line 4\n"));
    assert_null(strstr(said, "line 5\n"));
    assert_non_null(strstr(said, "line 100 (and 95 like this, not shown)\n"));
}

static void test_a_name_with_a_newline_cannot_forge_a_line(void **state)
{
    char longest[3000];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = 0;
    listen_begin();
    log_info("host %s", "a\n2026 ERROR: forged\x1b[2J");
    log_info("host %s", longest);
    listen_end();
    assert_int_equal(lines_said(), 2);
    assert_null(strchr(said, '\x1b'));
}

static void test_an_error_is_one_sentence_cut_at_its_size(void **state)
{
    struct err e = {""};
    char longest[3000];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = 0;
    assert_false((fail)(&e, "file %s:%d", "a", 3));
    assert_string_equal(e.text, "file a:3");
    assert_false((fail)(&e, "%s", longest));
    assert_int_equal(strlen(e.text), ERR_TEXT - 1);
    assert_false((fail)(NULL, "nobody asked"));
}

static void test_clocks_move_forward(void **state)
{
    nsec_t mono = clock_mono(), wall = clock_wall(), cpu = clock_cpu();
    clock_sleep(2 * MILLISECOND);
    clock_sleep(-1);
    assert_true(clock_mono() - mono >= 2 * MILLISECOND);
    assert_true(wall > 1700000000 * SECOND);
    assert_true(clock_cpu() >= cpu && clock_cpu() - cpu < SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_has_time_level_and_sentence),
        cmocka_unit_test(test_lines_above_the_level_are_not_written),
        cmocka_unit_test(test_a_site_that_repeats_itself_is_limited_and_says_so),
        cmocka_unit_test(test_a_name_with_a_newline_cannot_forge_a_line),
        cmocka_unit_test(test_an_error_is_one_sentence_cut_at_its_size),
        cmocka_unit_test(test_clocks_move_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
