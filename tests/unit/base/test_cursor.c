/* test_cursor.c - no read leaves the window, and a failed one is remembered. */
#include "base/counter.h"
#include "base/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

static void test_numbers_are_read_in_network_order(void **state)
{
    struct cursor c = cur_over(bytes, sizeof bytes);
    assert_int_equal(cur_u8(&c), 1);
    assert_int_equal(cur_be16(&c), 0x0203);
    assert_int_equal(cur_be32(&c), 0x04050607);
    assert_int_equal(cur_left(&c), 3);
    assert_true(cur_ok(&c));
    assert_int_equal(load_be24(bytes), 0x010203);
    assert_true(load_be64(bytes) == 0x0102030405060708);
    assert_int_equal(load_le16(bytes), 0x0201);
    assert_int_equal(load_le32(bytes), 0x04030201);
}

static void test_a_read_past_the_end_yields_nothing_and_moves_nothing(void **state)
{
    struct cursor c = cur_over(bytes, 3);
    assert_int_equal(cur_be32(&c), 0);
    assert_false(cur_ok(&c));
    assert_int_equal(cur_left(&c), 3);
    assert_null(cur_take(&c, SIZE_MAX));
    /* What fits can still be read, but the cursor stays bad. */
    assert_int_equal(cur_be16(&c), 0x0102);
    assert_false(cur_ok(&c));
}

static void test_a_look_changes_nothing(void **state)
{
    struct cursor c = cur_over(bytes, 2);
    assert_ptr_equal(cur_peek(&c, 2), bytes);
    assert_null(cur_peek(&c, 3));
    assert_true(cur_ok(&c));
    assert_int_equal(cur_left(&c), 2);
}

static void test_a_child_cannot_read_its_parents_bytes(void **state)
{
    struct cursor c = cur_over(bytes, sizeof bytes);
    struct cursor child = cur_sub(&c, 4);
    assert_int_equal(cur_left(&child), 4);
    assert_int_equal(cur_u8(&c), 5);
    assert_non_null(cur_take(&child, 4));
    assert_null(cur_take(&child, 1));
    assert_false(cur_ok(&child));
    assert_true(cur_ok(&c));

    struct cursor too_long = cur_sub(&c, 6);
    assert_false(cur_ok(&too_long));
    assert_false(cur_ok(&c));
    assert_int_equal(cur_left(&too_long), 0);
}

static void test_a_limit_only_cuts(void **state)
{
    struct cursor c = cur_over(bytes, 4);
    cur_limit(&c, 100);
    assert_int_equal(cur_left(&c), 4);
    cur_limit(&c, 1);
    assert_int_equal(cur_left(&c), 1);
    cur_limit(&c, 0);
    assert_int_equal(cur_u8(&c), 0);
    assert_false(cur_ok(&c));
}

static void test_a_counter_adds_up(void **state)
{
    counter_t c = 0;
    counter_add(&c, 5);
    counter_add(&c, UINT32_MAX);
    assert_true(counter_get(&c) == (uint64_t)UINT32_MAX + 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_read_in_network_order),
        cmocka_unit_test(test_a_read_past_the_end_yields_nothing_and_moves_nothing),
        cmocka_unit_test(test_a_look_changes_nothing),
        cmocka_unit_test(test_a_child_cannot_read_its_parents_bytes),
        cmocka_unit_test(test_a_limit_only_cuts),
        cmocka_unit_test(test_a_counter_adds_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
