/* test_leaders.c - the largest of many against a sort of all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "engine/leaders.h"

#include <cmocka.h>

enum { ENTRIES = 20000 };

static struct leader entry[ENTRIES];
static bool gone[ENTRIES];
static uint64_t dice = 1;

static uint32_t roll(uint32_t below)
{
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dice >> 33) % below;
}

static bool look(const void *owner, uint32_t index, struct leader *x)
{
    (void)owner;
    *x = entry[index];
    return !gone[index];
}

static int by_rank(const void *x, const void *y)
{
    return leader_is_above(x, y) ? -1 : leader_is_above(y, x);
}

/* What the set says against everybody in order. Returns how many it was sure of. */
static uint32_t compare(struct leaders *l)
{
    static struct leader all[ENTRIES], top[LEADERS_MOST];
    uint32_t n = 0, sure = leaders_rank(l, top);
    for (uint32_t i = 0; i < ENTRIES; i++)
        if (!gone[i] && entry[i].value)
            all[n++] = entry[i];
    qsort(all, n, sizeof *all, by_rank);
    assert_true(sure <= n);
    for (uint32_t i = 0; i < sure; i++)
        assert_int_equal(top[i].index, all[i].index);
    return sure;
}

static void start(struct leaders *l, uint32_t values)
{
    *l = (struct leaders){.look = look};
    for (uint32_t i = 0; i < ENTRIES; i++) {
        entry[i] = (struct leader){.value = 1 + roll(values), .first = roll(100), .index = i};
        gone[i] = false;
        leaders_offer(l, &entry[i]);
    }
}

static void test_the_largest_are_those_of_a_sort_whatever_the_values(void **state)
{
    (void)state;
    /* All different, few different, all equal: then age and index decide. */
    static const uint32_t values[] = {1u << 30, 50, 1};
    for (unsigned i = 0; i < 3; i++) {
        struct leaders l;
        start(&l, values[i]);
        assert_true(compare(&l) >= LEADERS_TOP);
        leaders_free(&l);
    }
    assert_int_equal(mem_used(ACCOUNT_editions), 0);
}

static void test_entries_that_grow_in_any_order_are_found(void **state)
{
    (void)state;
    struct leaders l;
    start(&l, 1000);
    for (uint32_t round = 0; round < 50; round++) {
        for (uint32_t k = 0; k < 2000; k++) {
            /* Rising values are the worst case: each offer is above the floor. */
            uint32_t i = round % 2 ? roll(ENTRIES) : (round * 2000 + k) % ENTRIES;
            entry[i].value += round % 2 ? roll(5000) : k;
            leaders_offer(&l, &entry[i]);
        }
        assert_true(compare(&l) >= LEADERS_TOP);
    }
    leaders_free(&l);
}

static void test_who_is_gone_is_not_among_the_largest_and_too_few_are_told_as_such(void **state)
{
    (void)state;
    struct leaders l;
    start(&l, 1000000);
    static struct leader top[LEADERS_MOST];
    uint32_t sure = leaders_rank(&l, top), before = sure;
    while (sure) {
        for (uint32_t i = 0; i < 100 && i < sure; i++)
            gone[top[i].index] = true;
        sure = compare(&l);
        assert_int_equal(sure, before > 100 ? before - 100 : 0);
        before = sure;
        leaders_rank(&l, top);
    }
    assert_true(l.floored); /* others are there; to find them, all have to be offered again */
    leaders_start(&l);
    for (uint32_t i = 0; i < ENTRIES; i++)
        if (!gone[i])
            leaders_offer(&l, &entry[i]);
    assert_true(compare(&l) >= LEADERS_TOP);
    leaders_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_largest_are_those_of_a_sort_whatever_the_values),
        cmocka_unit_test(test_entries_that_grow_in_any_order_are_found),
        cmocka_unit_test(test_who_is_gone_is_not_among_the_largest_and_too_few_are_told_as_such),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
