/* test_progress.c - the progress line says how far and how long. */
#include "app/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void test_half_way_shows_half_a_bar_and_the_time_that_is_left(void **state)
{
    (void)state;
    char line[81];
    progress_line(line, 10 * SECOND, 500, 1000, 2500000);
    assert_string_equal(line,
                        "[###############...............]  50 %  2.5 million packets, 10 s left");
}

static void test_an_unknown_size_shows_packets_alone(void **state)
{
    (void)state;
    char line[81];
    progress_line(line, SECOND, 500, 0, 100000);
    assert_string_equal(line, "0.1 million packets read");
}

static void test_a_file_that_grows_does_not_pass_the_end(void **state)
{
    (void)state;
    char line[81];
    progress_line(line, SECOND, 2000, 1000, 0);
    assert_non_null(strstr(line, "100 %"));
    assert_non_null(strstr(line, "0 s left"));
    assert_true(strlen(line) <= 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_half_way_shows_half_a_bar_and_the_time_that_is_left),
        cmocka_unit_test(test_an_unknown_size_shows_packets_alone),
        cmocka_unit_test(test_a_file_that_grows_does_not_pass_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
