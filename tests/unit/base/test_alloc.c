/* test_alloc.c - memory is zeroed, aligned, and every byte is on an account until it is freed. */
#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void test_memory_is_zeroed_aligned_and_accounted(void **state)
{
    uint64_t before = mem_used(ACCOUNT_answers);
    uint8_t *a = mem_alloc(ACCOUNT_answers, 1000);
    assert_non_null(a);
    assert_int_equal((uintptr_t)a % 64, 0);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(a[i], 0);
    assert_int_equal(mem_used(ACCOUNT_answers) - before, 1000);

    memset(a, 7, 1000);
    a = mem_resize(ACCOUNT_answers, a, 1000, 3000);
    assert_int_equal(mem_used(ACCOUNT_answers) - before, 3000);
    assert_int_equal(a[999], 7);
    assert_int_equal(a[1000], 0);
    assert_int_equal(a[2999], 0);
    a = mem_resize(ACCOUNT_answers, a, 3000, 10);
    assert_int_equal(mem_used(ACCOUNT_answers) - before, 10);
    assert_int_equal(a[9], 7);
    mem_free(ACCOUNT_answers, a, 10);
    assert_int_equal(mem_used(ACCOUNT_answers), before);
    assert_true(mem_peak(ACCOUNT_answers) >= 3000);
}

static void test_a_resize_that_fails_leaves_the_old_memory(void **state)
{
    uint64_t before = mem_used(ACCOUNT_answers);
    char *a = mem_alloc(ACCOUNT_answers, 8);
    memcpy(a, "stays", 6);
    assert_null(mem_resize(ACCOUNT_answers, a, 8, SIZE_MAX - 5));
    assert_string_equal(a, "stays");
    mem_free(ACCOUNT_answers, a, 8);
    assert_int_equal(mem_used(ACCOUNT_answers), before);
}

static void test_reserved_memory_is_aligned_and_costs_nothing_until_touched(void **state)
{
    uint64_t before = mem_used(ACCOUNT_capture);
    size_t size = (size_t)8 << 30;
    uint8_t *m = mem_reserve(ACCOUNT_capture, size);
    assert_non_null(m);
    assert_int_equal((uintptr_t)m % MEM_PAGE, 0);
    assert_int_equal(mem_used(ACCOUNT_capture), before);
    m[0] = 1;
    m[size - 1] = 1;
    mem_touch(ACCOUNT_capture, 2 * (size_t)MEM_PAGE);
    assert_int_equal(mem_used(ACCOUNT_capture) - before, 2 * (uint64_t)MEM_PAGE);
    mem_release(ACCOUNT_capture, m, size, 2 * (size_t)MEM_PAGE);
    assert_int_equal(mem_used(ACCOUNT_capture), before);
    assert_null(mem_reserve(ACCOUNT_capture, SIZE_MAX));
    assert_null(mem_reserve(ACCOUNT_capture, 0));
}

static void test_what_a_library_frees_without_a_size_is_accounted_too(void **state)
{
    uint64_t before = mem_used(ACCOUNT_dpi);
    uint8_t *a = mem_alloc_unsized(ACCOUNT_dpi, 54);
    assert_non_null(a);
    for (unsigned i = 0; i < 54; i++)
        assert_int_equal(a[i], 0);
    assert_in_range(mem_used(ACCOUNT_dpi) - before, 54, 128);
    mem_free_unsized(ACCOUNT_dpi, a);
    mem_free_unsized(ACCOUNT_dpi, NULL);
    assert_int_equal(mem_used(ACCOUNT_dpi), before);
}

/* Resident kB of the mapping that begins at memory. */
static unsigned long resident_kb(const void *memory, const char *what)
{
    FILE *f = fopen("/proc/self/smaps", "r");
    assert_non_null(f);
    char line[300], start[40];
    unsigned long kb = 0;
    bool inside = false;
    snprintf(start, sizeof start, "%lx-", (unsigned long)(uintptr_t)memory);
    while (fgets(line, sizeof line, f)) {
        if (strstr(line, "-") && strchr("0123456789abcdef", line[0]))
            inside = !strncmp(line, start, strlen(start));
        else if (inside && !strncmp(line, what, strlen(what)))
            kb = strtoul(line + strlen(what), NULL, 10);
    }
    fclose(f);
    return kb;
}

static void test_the_first_byte_of_reserved_memory_costs_one_small_page(void **state)
{
    size_t size = 16 * (size_t)MEM_PAGE;
    uint8_t *m = mem_reserve(ACCOUNT_capture, size);
    assert_non_null(m);
    m[0] = 1;
    assert_in_range(resident_kb(m, "Rss:"), 1, 64);
    mem_release(ACCOUNT_capture, m, size, 0);
}

/* What the budget leaves is given out by need: tables end first, answers last. */
static void test_a_budget_is_refused_to_tables_first_and_to_answers_last(void **state)
{
    uint64_t before = mem_total(), mb = 1 << 20;
    uint64_t refused = mem_refused(ACCOUNT_flows);
    mem_set_budget(before + 64 * mb);
    assert_true(mem_claim(ACCOUNT_flows, 55 * mb));
    assert_false(mem_claim(ACCOUNT_flows, 2 * mb));
    assert_int_equal(mem_refused(ACCOUNT_flows) - refused, 1);
    void *detail = mem_alloc(ACCOUNT_names, 6 * mb);
    assert_non_null(detail);
    assert_null(mem_alloc(ACCOUNT_names, 2 * mb));
    void *answer = mem_alloc(ACCOUNT_answers, 2 * mb);
    assert_non_null(answer);
    assert_null(mem_alloc(ACCOUNT_answers, 2 * mb));
    assert_int_equal(mem_total() - before, 63 * mb);

    mem_unclaim(ACCOUNT_flows, 55 * mb);
    assert_true(mem_claim(ACCOUNT_flows, 20 * mb));
    mem_unclaim(ACCOUNT_flows, 20 * mb);
    mem_free(ACCOUNT_names, detail, 6 * mb);
    mem_free(ACCOUNT_answers, answer, 2 * mb);
    assert_int_equal(mem_total(), before);
    mem_set_budget(0);
}

static void test_a_budget_below_what_is_held_gives_nothing_more_and_takes_nothing_away(void **state)
{
    char *held = mem_alloc(ACCOUNT_other, 1000);
    mem_set_budget(1);
    assert_null(mem_alloc(ACCOUNT_other, 1));
    assert_false(mem_claim(ACCOUNT_index, 1));
    held[999] = 1;
    mem_touch(ACCOUNT_capture, 100);
    mem_unclaim(ACCOUNT_capture, 100);
    mem_set_budget(0);
    assert_true(mem_claim(ACCOUNT_index, 1));
    mem_unclaim(ACCOUNT_index, 1);
    mem_free(ACCOUNT_other, held, 1000);
}

static void test_every_account_has_a_name_and_a_sentence(void **state)
{
    for (enum account a = 0; a < ACCOUNTS; a++) {
        assert_true(strlen(mem_account_name(a)) > 0);
        assert_true(strlen(mem_account_text(a)) > 0);
    }
    assert_string_equal(mem_account_name(ACCOUNT_flows), "flows");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_zeroed_aligned_and_accounted),
        cmocka_unit_test(test_a_resize_that_fails_leaves_the_old_memory),
        cmocka_unit_test(test_reserved_memory_is_aligned_and_costs_nothing_until_touched),
        cmocka_unit_test(test_what_a_library_frees_without_a_size_is_accounted_too),
        cmocka_unit_test(test_the_first_byte_of_reserved_memory_costs_one_small_page),
        cmocka_unit_test(test_a_budget_is_refused_to_tables_first_and_to_answers_last),
        cmocka_unit_test(
            test_a_budget_below_what_is_held_gives_nothing_more_and_takes_nothing_away),
        cmocka_unit_test(test_every_account_has_a_name_and_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
