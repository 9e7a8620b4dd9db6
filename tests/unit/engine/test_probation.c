/* test_probation.c - new flows wait in the order they came, in a queue that is never too long. */
#include "base/alloc.h"
#include "engine/probation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct flow_key key_of(uint32_t i)
{
    return (struct flow_key){.low = 0x0a00000100500000u + i, .high = (uint64_t)i << 32 | 7};
}

static void put(struct probation *p, uint32_t i)
{
    struct flow_key key = key_of(i);
    probation_add(p, i, &key);
}

static void test_flows_come_out_in_the_order_they_went_in_while_the_queue_grows(void **state)
{
    struct probation p;
    struct probation_entry e;
    assert_true(probation_init(&p, 100000, NULL));
    uint32_t in = 0, out = 0;
    for (unsigned round = 0; round < 200; round++) {
        for (unsigned i = 0; i < 100; i++)
            put(&p, in++);
        for (unsigned i = 0; i < 37; i++) {
            assert_int_equal(probation_peek(&p, 5)->index, out + 5);
            assert_true(probation_take(&p, &e));
            struct flow_key key = key_of(out);
            assert_int_equal(e.index, out++);
            assert_int_equal(e.tag, probation_tag(&key));
        }
    }
    assert_int_equal(probation_length(&p), in - out);
    while (probation_take(&p, &e))
        assert_int_equal(e.index, out++);
    assert_int_equal(out, in);
    assert_null(probation_peek(&p, 0));
    probation_fini(&p);
}

static void test_a_full_queue_lets_the_oldest_go_and_stays_a_quarter_of_the_slots(void **state)
{
    struct probation p;
    struct probation_entry e;
    assert_true(probation_init(&p, 4096, NULL));
    for (uint32_t i = 0; i < 5000; i++)
        put(&p, i);
    assert_int_equal(probation_length(&p), 1024);
    assert_true(probation_take(&p, &e));
    assert_int_equal(e.index, 5000 - 1024);
    probation_fini(&p);
}

static void test_without_memory_the_queue_stays_short_and_works(void **state)
{
    struct probation p;
    struct probation_entry e;
    uint64_t before = mem_used(ACCOUNT_flows);
    assert_true(probation_init(&p, 1000000, NULL));
    mem_set_budget(1);
    for (uint32_t i = 0; i < 1000; i++)
        put(&p, i);
    assert_int_equal(probation_length(&p), p.size);
    assert_true(probation_take(&p, &e));
    assert_int_equal(e.index, 1000 - p.size);
    mem_set_budget(0);
    put(&p, 1000);
    put(&p, 1001);
    assert_int_equal(probation_length(&p), p.size / 2 + 1);
    probation_fini(&p);
    assert_int_equal(mem_used(ACCOUNT_flows), before);
}

static void test_a_slot_with_another_flow_in_it_has_another_tag(void **state)
{
    unsigned equal = 0;
    for (uint32_t i = 0; i < 10000; i++) {
        struct flow_key a = key_of(i), b = key_of(i + 1);
        equal += probation_tag(&a) == probation_tag(&b);
    }
    assert_true(equal < 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flows_come_out_in_the_order_they_went_in_while_the_queue_grows),
        cmocka_unit_test(test_a_full_queue_lets_the_oldest_go_and_stays_a_quarter_of_the_slots),
        cmocka_unit_test(test_without_memory_the_queue_stays_short_and_works),
        cmocka_unit_test(test_a_slot_with_another_flow_in_it_has_another_tag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
