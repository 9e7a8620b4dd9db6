/* test_sums.c - sums by key lose nothing and come in one order. */
#include "app/sums.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void test_many_keys_keep_their_own_sums(void **state)
{
    (void)state;
    struct sums s = {0};
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t key = 0; key < 5000; key++) {
            struct sum *row = sums_at(&s, &key, sizeof key);
            assert_non_null(row);
            row->bytes[round & 1] += key;
        }
    }
    assert_int_equal(s.n, 5000);
    sums_sort(&s);
    for (uint32_t i = 0; i < 5000; i++) {
        uint32_t key;
        memcpy(&key, s.rows[i].key, sizeof key);
        assert_int_equal(s.rows[i].bytes[0], 2 * key);
        assert_int_equal(s.rows[i].bytes[1], key);
        assert_true(!i || s.rows[i - 1].bytes[1] >= s.rows[i].bytes[1]);
    }
    sums_free(&s);
}

static void test_equal_sums_stand_in_the_order_of_their_keys(void **state)
{
    (void)state;
    struct sums s = {0};
    const uint8_t keys[] = {9, 3, 7, 1};
    for (unsigned i = 0; i < sizeof keys; i++)
        sums_at(&s, &keys[i], 1)->bytes[0] = 5;
    sums_sort(&s);
    for (unsigned i = 1; i < s.n; i++)
        assert_true(s.rows[i - 1].key[0] < s.rows[i].key[0]);
    sums_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_keys_keep_their_own_sums),
        cmocka_unit_test(test_equal_sums_stand_in_the_order_of_their_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
