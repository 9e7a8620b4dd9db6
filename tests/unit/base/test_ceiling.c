/* test_ceiling.c - what a process may have is found, and the accounts get what is left of it. */
#include "base/alloc.h"
#include "base/ceiling.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

enum { MB = 1024 * 1024 };

static char root[] = "/tmp/weir-ceiling-XXXXXX";

/* Writes root/path, with the directories on the way. */
static void put(const char *path, const char *text)
{
    char full[512];
    snprintf(full, sizeof full, "%s/%s", root, path);
    for (char *slash = full + sizeof root; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(full, 0700);
        *slash = '/';
    }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int take_away(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    return remove(path);
}

static void test_the_machine_and_both_kinds_of_cgroups_are_read_and_the_least_counts(void **state)
{
    assert_non_null(mkdtemp(root));
    assert_int_equal(ceiling_available(root), 0);
    put("proc/meminfo", "MemTotal:  8000 kB\nMemFree: 100 kB\nMemAvailable:  4000 kB\n");
    assert_int_equal(ceiling_available(root), 4000 * 1024);

    put("proc/self/cgroup", "12:cpu:/a\n9:memory:/a/b\n0::/c/d\n");
    assert_int_equal(ceiling_available(root), 4000 * 1024);
    put("sys/fs/cgroup/c/memory.max", "3000000\n");
    put("sys/fs/cgroup/c/d/memory.max", "max\n");
    assert_int_equal(ceiling_available(root), 3000000);
    put("sys/fs/cgroup/c/d/memory.max", "2000000\n");
    assert_int_equal(ceiling_available(root), 2000000);
    put("sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "9223372036854771712\n");
    assert_int_equal(ceiling_available(root), 2000000);
    /* A container in which the group of the path is the root. */
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "1000000\n");
    assert_int_equal(ceiling_available(root), 1000000);

    char groups[64];
    snprintf(groups, sizeof groups, "%s/proc/self/cgroup", root);
    assert_int_equal(remove(groups), 0);
    assert_int_equal(ceiling_available(root), 4000 * 1024);
    assert_int_equal(nftw(root, take_away, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void test_without_a_limit_nothing_is_held_back(void **state)
{
    ceiling_set(0);
    assert_true(ceiling_hold(UINT64_MAX / 2, NULL));
    ceiling_look();
    assert_int_equal(mem_budget(), 0);
}

static void test_the_accounts_get_what_the_rest_of_the_process_leaves(void **state)
{
    uint64_t resident = ceiling_resident(), limit = 4096ull * MB;
    assert_in_range(resident, MB, 2048ull * MB);
    ceiling_set(limit);
    assert_int_equal(mem_budget(), 0);
    assert_true(ceiling_hold(MB, NULL));
    struct ceiling c = ceiling_state();
    assert_int_equal(c.limit, limit);
    assert_true(c.outside > 0 && c.budget + c.outside < limit);
    assert_true(c.budget + c.outside > limit - limit / 64);

    /* Memory that nobody declared leaves less for the accounts. */
    volatile uint8_t *loose = malloc(64 * MB);
    for (size_t i = 0; i < 64 * MB; i += 4096)
        loose[i] = 1;
    ceiling_look();
    assert_true(ceiling_state().budget <= c.budget - 60ull * MB);
    free((void *)loose);
    ceiling_set(0);
}

static void test_a_limit_too_small_says_how_much_is_needed(void **state)
{
    struct err e = {""};
    ceiling_set(MB);
    assert_false(ceiling_hold(12 * MB, &e));
    assert_non_null(strstr(e.text, "--memory 1M is too little: at least "));
    uint64_t enough = strtoull(strstr(e.text, "least ") + 6, NULL, 10);
    ceiling_set((enough + 8) * MB);
    assert_true(ceiling_hold(12 * MB, &e));
    ceiling_set(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_machine_and_both_kinds_of_cgroups_are_read_and_the_least_counts),
        cmocka_unit_test(test_without_a_limit_nothing_is_held_back),
        cmocka_unit_test(test_the_accounts_get_what_the_rest_of_the_process_leaves),
        cmocka_unit_test(test_a_limit_too_small_says_how_much_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
