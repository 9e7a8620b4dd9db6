/* test_grid.c - aligned text tables for terminals. */
#include "codec/grid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define DOTS "\xe2\x80\xa6"

static struct grid g;
static struct text out;

static int teardown(void **state)
{
    grid_free(&g);
    text_free(&out);
    return 0;
}

static void assert_grid(unsigned indent, unsigned wide, const char *expected)
{
    text_reset(&out);
    grid_print(&g, &out, indent, wide);
    assert_string_equal(out.data, expected);
}

static void test_numbers_stand_right_and_words_left(void **state)
{
    grid_column(&g, "Host", GRID_LEFT, 0);
    grid_column(&g, "Bytes", GRID_RIGHT, 0);
    grid_cell(&g, "10.0.0.1");
    grid_cell(&g, "5 B");
    grid_cell(&g, "z\xc3\xbcri");
    grid_cell(&g, "16.0 MB");
    assert_grid(2, 0,
                "  Host        Bytes\n"
                "  10.0.0.1      5 B\n"
                "  z\xc3\xbcri      16.0 MB\n");
}

static void test_long_words_are_cut_with_an_ellipsis(void **state)
{
    grid_column(&g, "", GRID_LEFT, 6);
    grid_column(&g, "", GRID_LEFT, 0);
    grid_cell(&g, "abcdefgh");
    grid_cell(&g, "x");
    grid_cell(&g, "\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac");
    grid_cell(&g, "y");
    assert_grid(0, 0, "abcde" DOTS "  x\n\xe6\x97\xa5\xe6\x9c\xac" DOTS "   y\n");
}

static void test_a_narrow_terminal_takes_from_the_widest_text(void **state)
{
    grid_column(&g, "Address", GRID_LEFT, 0);
    grid_column(&g, "Info", GRID_LEFT, 40);
    grid_cell(&g, "2001:db8::1");
    grid_cell(&g, "a text that is far too long for it");
    assert_grid(0, 30, "Address      Info\n2001:db8::1  a text that is f" DOTS "\n");
    assert_grid(0, 1, "Address      Info\n2001:db8::1  a text " DOTS "\n");
}

static void test_bytes_that_steer_a_terminal_are_replaced(void **state)
{
    grid_column(&g, "", GRID_LEFT, 0);
    grid_cell_n(&g,
                "a\x1b[31m\n\xff\xc2\x9b"
                "b\0c",
                13);
    assert_grid(0, 0, "a?[31m????b?c\n");
}

static void test_an_empty_grid_prints_nothing(void **state)
{
    text_add(&out, "");
    assert_grid(0, 80, "");
    grid_cell(&g, "ignored");
    assert_grid(0, 80, "");
}

static void test_an_unfinished_row_is_printed(void **state)
{
    grid_column(&g, "", GRID_LEFT, 0);
    grid_column(&g, "", GRID_LEFT, 0);
    grid_cell(&g, "a");
    assert_grid(0, 0, "a\n");
}

static void test_a_record_is_a_row_of_scaled_values(void **state)
{
    struct record r;
    memset(&r, 0, sizeof r);
    addr_parse("10.0.0.1", &r.client);
    r.sent_bytes = 16000000;
    r.peak_bps = 1494000;
    r.server_rtt = 41224;
    r.sent_packets = 90200;
    static const enum field_id ids[] = {FIELD_client,   FIELD_bytes,      FIELD_packets,
                                        FIELD_peak_bps, FIELD_server_rtt, FIELD_sni};
    enum { N = sizeof ids / sizeof *ids };
    const struct field *fields[N];
    for (size_t i = 0; i < N; i++)
        fields[i] = &field_table[ids[i]];
    grid_columns_for(&g, fields, N);
    grid_record(&g, &r, fields, N);
    assert_grid(0, 0,
                "Client      Bytes  Packets  Peak throughput  Server network latency  Server name\n"
                "10.0.0.1  16.0 MB   90\xe2\x80\x89"
                "200      1.49 Mbit/s                   41 ms\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_numbers_stand_right_and_words_left, teardown),
        cmocka_unit_test_teardown(test_long_words_are_cut_with_an_ellipsis, teardown),
        cmocka_unit_test_teardown(test_a_narrow_terminal_takes_from_the_widest_text, teardown),
        cmocka_unit_test_teardown(test_bytes_that_steer_a_terminal_are_replaced, teardown),
        cmocka_unit_test_teardown(test_an_empty_grid_prints_nothing, teardown),
        cmocka_unit_test_teardown(test_an_unfinished_row_is_printed, teardown),
        cmocka_unit_test_teardown(test_a_record_is_a_row_of_scaled_values, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
