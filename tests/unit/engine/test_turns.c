/* test_turns.c - entries wait in the order they came, in a queue that is never too long. */
#include "engine/turns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static uint32_t tag_of(uint32_t i)
{
    return turn_tag(0x0a00000100500000u + i, (uint64_t)i << 32 | 7);
}

static void put(struct turns *t, uint32_t i)
{
    turns_add(t, (struct turn){.index = i, .tag = tag_of(i)});
}

static void test_entries_come_out_in_the_order_they_went_in_while_the_queue_grows(void **state)
{
    struct turns t;
    struct turn e;
    assert_true(turns_init(&t, ACCOUNT_flows, 100000, NULL));
    uint32_t in = 0, out = 0;
    for (unsigned round = 0; round < 200; round++) {
        for (unsigned i = 0; i < 100; i++)
            put(&t, in++);
        for (unsigned i = 0; i < 37; i++) {
            assert_int_equal(turns_peek(&t, 5)->index, out + 5);
            assert_true(turns_take(&t, &e));
            assert_int_equal(e.tag, tag_of(out));
            assert_int_equal(e.index, out++);
        }
    }
    assert_int_equal(turns_length(&t), in - out);
    while (turns_take(&t, &e))
        assert_int_equal(e.index, out++);
    assert_int_equal(out, in);
    assert_null(turns_peek(&t, 0));
    turns_fini(&t);
}

static void test_a_full_queue_lets_the_oldest_go_and_stays_a_quarter_of_the_slots(void **state)
{
    struct turns t;
    struct turn e;
    assert_true(turns_init(&t, ACCOUNT_flows, 4096, NULL));
    for (uint32_t i = 0; i < 5000; i++)
        put(&t, i);
    assert_int_equal(turns_length(&t), 1024);
    assert_true(turns_take(&t, &e));
    assert_int_equal(e.index, 5000 - 1024);
    turns_fini(&t);
}

static void test_without_memory_the_queue_stays_short_and_works(void **state)
{
    struct turns t;
    struct turn e;
    uint64_t before = mem_used(ACCOUNT_hosts);
    assert_true(turns_init(&t, ACCOUNT_hosts, 1000000, NULL));
    mem_set_budget(1);
    for (uint32_t i = 0; i < 1000; i++)
        put(&t, i);
    assert_int_equal(turns_length(&t), t.size);
    assert_true(turns_take(&t, &e));
    assert_int_equal(e.index, 1000 - t.size);
    mem_set_budget(0);
    put(&t, 1000);
    put(&t, 1001);
    assert_int_equal(turns_length(&t), t.size / 2 + 1);
    turns_fini(&t);
    assert_int_equal(mem_used(ACCOUNT_hosts), before);
}

static void test_a_slot_with_somebody_else_in_it_has_another_tag(void **state)
{
    unsigned equal = 0;
    for (uint32_t i = 0; i < 10000; i++)
        equal += tag_of(i) == tag_of(i + 1);
    assert_true(equal < 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries_come_out_in_the_order_they_went_in_while_the_queue_grows),
        cmocka_unit_test(test_a_full_queue_lets_the_oldest_go_and_stays_a_quarter_of_the_slots),
        cmocka_unit_test(test_without_memory_the_queue_stays_short_and_works),
        cmocka_unit_test(test_a_slot_with_somebody_else_in_it_has_another_tag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
