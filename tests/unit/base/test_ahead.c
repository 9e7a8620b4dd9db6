/* test_ahead.c - memory becomes resident ahead of its owner, who may write and leave meanwhile. */
#include "base/ahead.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

enum { PAGES = 8, SMALL = 4096 };

static bool is_resident(const uint8_t *memory, size_t size)
{
    static unsigned char in[PAGES * (size_t)MEM_PAGE / SMALL];
    assert_int_equal(mincore((void *)(uintptr_t)memory, size, in), 0);
    for (size_t i = 0; i < size / SMALL; i++)
        if (!(in[i] & 1))
            return false;
    return true;
}

static bool becomes_resident(const uint8_t *memory, size_t size)
{
    for (unsigned i = 0; i < 2000 && !is_resident(memory, size); i++)
        clock_sleep(10 * MILLISECOND);
    return is_resident(memory, size);
}

static void test_what_was_asked_for_becomes_resident_and_nothing_else(void **state)
{
    size_t size = PAGES * (size_t)MEM_PAGE;
    uint8_t *m = mem_reserve_whole(ACCOUNT_capture, size);
    assert_non_null(m);
    ahead_touch(m, size / 2);
    assert_true(becomes_resident(m, size / 2));
    assert_false(is_resident(m + size / 2, MEM_PAGE));
    mem_release(ACCOUNT_capture, m, size, 0);
}

static void test_the_owner_may_write_at_the_same_time(void **state)
{
    size_t size = PAGES * (size_t)MEM_PAGE;
    uint8_t *m = mem_reserve_whole(ACCOUNT_capture, size);
    assert_non_null(m);
    ahead_touch(m, size);
    for (size_t i = 0; i < size; i += SMALL)
        m[i] = (uint8_t)(i / SMALL % 251);
    assert_true(becomes_resident(m, size));
    for (size_t i = 0; i < size; i += SMALL) {
        assert_int_equal(m[i], i / SMALL % 251);
        assert_int_equal(m[i + 1], 0);
    }
    mem_release(ACCOUNT_capture, m, size, 0);
}

/* The address is often given to the next mapping at once: a page touched there would be a crash or
 * memory that nobody accounts. */
static void test_memory_may_go_while_it_is_asked_for(void **state)
{
    for (unsigned i = 0; i < 200; i++) {
        size_t size = PAGES * (size_t)MEM_PAGE;
        uint8_t *m = mem_reserve_whole(ACCOUNT_capture, size);
        assert_non_null(m);
        ahead_touch(m, size);
        mem_release(ACCOUNT_capture, m, size, 0);
        void *guard =
            mmap(m, size, PROT_NONE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, -1, 0);
        if (guard == MAP_FAILED)
            continue;
        assert_false(is_resident(guard, MEM_PAGE));
        munmap(guard, size);
    }
}

static void test_a_growing_pool_finds_its_next_pages_there(void **state)
{
    uint64_t before = mem_used(ACCOUNT_hosts);
    struct pool p;
    assert_true(pool_init(&p, ACCOUNT_hosts, 1024, 1 << 20, NULL));
    size_t end = 0;
    while (end < 4 * (size_t)MEM_PAGE)
        end = ((size_t)pool_take(&p) + 1) * 1024;
    assert_true(p.touched > end); /* and the account knows */
    assert_int_equal(mem_used(ACCOUNT_hosts) - before, p.touched);
    assert_true(becomes_resident(p.base + 3 * (size_t)MEM_PAGE, p.touched - 3 * (size_t)MEM_PAGE));
    pool_fini(&p);
    assert_int_equal(mem_used(ACCOUNT_hosts), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_asked_for_becomes_resident_and_nothing_else),
        cmocka_unit_test(test_the_owner_may_write_at_the_same_time),
        cmocka_unit_test(test_memory_may_go_while_it_is_asked_for),
        cmocka_unit_test(test_a_growing_pool_finds_its_next_pages_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
