/* test_table.c - the index against a slow model: a plain array of what should be inside. */
#include "base/hash.h"
#include "base/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { MODEL = 20000, LARGE = 400000 };

/* hash[index] of every key, and whether it is inside. */
struct model {
    uint64_t hash[MODEL];
    bool inside[MODEL];
};

static struct model model;

static uint64_t model_hash(const void *owner, uint32_t index)
{
    const struct model *m = owner;
    assert_true(index < MODEL && m->inside[index]);
    return m->hash[index];
}

/* Numbers that are the same in every run. */
static uint64_t next_random(uint64_t *seed)
{
    *seed += 0x9e3779b97f4a7c15;
    uint64_t z = (*seed ^ *seed >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static bool table_has(const struct table *t, uint64_t hash, uint32_t index)
{
    bool found = false;
    unsigned steps = 0;
    for (struct table_walk w = table_find(t, hash); table_next(t, &w);) {
        assert_true(steps++ < MODEL * 2);
        if (w.index == index) {
            assert_false(found); /* never twice */
            found = true;
        }
    }
    return found;
}

static uint64_t count_passed(const struct table *t)
{
    uint64_t sum = 0;
    for (uint32_t b = 0; b <= t->mask; b++)
        sum += t->buckets[b].passed;
    return sum;
}

/* Random additions and removals; mask narrows the hashes so that buckets overflow. */
static void play(uint64_t seed, uint64_t mask, uint32_t limit, unsigned rounds)
{
    struct table t;
    memset(&model, 0, sizeof model);
    assert_true(table_init(&t, limit, model_hash, &model, NULL));
    uint32_t inside = 0;
    for (unsigned round = 0; round < rounds; round++) {
        uint32_t index = 1 + (uint32_t)(next_random(&seed) % (MODEL - 1));
        if (model.inside[index]) {
            table_remove(&t, model.hash[index], index);
            model.inside[index] = false;
            inside--;
            assert_false(table_has(&t, model.hash[index], index));
        } else if (inside < limit) {
            model.hash[index] = next_random(&seed) & mask;
            assert_true(table_add(&t, model.hash[index], index));
            model.inside[index] = true;
            inside++;
            assert_true(table_has(&t, model.hash[index], index));
        }
        assert_int_equal(t.used, inside);
    }
    for (uint32_t index = 1; index < MODEL; index++)
        assert_int_equal(table_has(&t, model.hash[index], index), model.inside[index]);

    for (uint32_t index = 1; index < MODEL; index++)
        if (model.inside[index]) {
            table_remove(&t, model.hash[index], index);
            model.inside[index] = false;
        }
    assert_int_equal(t.used, 0);
    assert_int_equal(count_passed(&t), 0); /* every pass was undone */
    table_fini(&t);
}

static void test_random_use_agrees_with_the_model(void **state)
{
    uint64_t before = mem_used(ACCOUNT_index);
    play(1, UINT64_MAX, MODEL, 200000);
    assert_int_equal(mem_used(ACCOUNT_index), before);
}

static void test_crowded_buckets_agree_with_the_model(void **state)
{
    /* 16 homes and 4 tags for a thousand keys: nearly every key has to move on. */
    play(2, 0x000300000000000f, 1000, 20000);
    play(3, 0xffff00000000000f, 1000, 20000);
}

static void test_equal_hashes_are_all_found(void **state)
{
    play(4, 0, 500, 5000);
}

static void test_the_table_doubles_at_half_load_and_forgets_nothing(void **state)
{
    struct table t;
    memset(&model, 0, sizeof model);
    assert_true(table_init(&t, MODEL, model_hash, &model, NULL));
    uint32_t first = t.mask;
    for (uint32_t index = 1; index < MODEL; index++) {
        model.hash[index] = hash_u64(index);
        assert_true(table_add(&t, model.hash[index], index));
        model.inside[index] = true;
        assert_true(t.used <= (t.mask + 1) * 5);
    }
    assert_true(t.mask > first * 16);
    for (uint32_t index = 1; index < MODEL; index++)
        assert_true(table_has(&t, model.hash[index], index));
    table_fini(&t);
}

static void test_a_search_ends_even_when_every_bucket_was_passed(void **state)
{
    struct table t;
    memset(&model, 0, sizeof model);
    assert_true(table_init(&t, 100, model_hash, &model, NULL));
    for (uint32_t b = 0; b <= t.mask; b++)
        t.buckets[b].passed = 65535;
    assert_false(table_has(&t, 0x1234000000000005, 7));
    model.hash[7] = 0x1234000000000005;
    assert_true(table_add(&t, model.hash[7], 7));
    assert_true(table_has(&t, model.hash[7], 7));
    table_remove(&t, model.hash[7], 7);
    assert_int_equal(t.buckets[5].passed, 65535); /* stuck stays stuck */
    table_fini(&t);
}

static void test_a_full_table_refuses_and_stays_sound(void **state)
{
    struct table t;
    memset(&model, 0, sizeof model);
    assert_true(table_init(&t, 300, model_hash, &model, NULL)); /* 64 buckets, never more */
    uint32_t index = 1;
    for (;; index++) {
        model.hash[index] = hash_u64(index);
        if (!table_add(&t, model.hash[index], index))
            break;
        model.inside[index] = true;
    }
    assert_int_equal(t.mask, 63);
    assert_true(index > 300);
    for (uint32_t i = 1; i < index; i++)
        assert_true(table_has(&t, model.hash[i], i));
    assert_false(table_has(&t, model.hash[index], index));
    table_fini(&t);
}

static void test_a_hint_is_the_first_candidate_of_the_home_bucket(void **state)
{
    struct table t;
    memset(&model, 0, sizeof model);
    assert_true(table_init(&t, 100, model_hash, &model, NULL));
    assert_int_equal(table_hint(&t, 0xabcd000000000003), 0);
    model.hash[9] = 0xabcd000000000003;
    assert_true(table_add(&t, model.hash[9], 9));
    assert_int_equal(table_hint(&t, model.hash[9]), 9);
    assert_int_equal(table_hint(&t, 0xabce000000000003), 0);
    table_fini(&t);
}

static uint64_t large_hash(const void *owner, uint32_t index)
{
    (void)owner;
    return hash_u64(index);
}

/* Of the keys 1 to n those are inside that no step has taken out. */
static void assert_inside(const struct table *t, uint32_t n, uint32_t step)
{
    unsigned wrong = 0;
    for (uint32_t index = 1; index <= n; index++)
        wrong += table_has(t, hash_u64(index), index) != (index % step != 0);
    assert_int_equal(wrong, 0);
}

static void test_a_large_table_doubles_in_pieces_and_loses_nothing(void **state)
{
    uint64_t before = mem_used(ACCOUNT_index);
    struct table t;
    assert_true(table_init(&t, LARGE, large_hash, NULL, NULL));
    uint32_t index = 0, looks = 0;
    while (index < LARGE) {
        index++;
        bool was_moving = t.old != NULL;
        assert_true(table_add(&t, hash_u64(index), index));
        if (!t.old)
            continue;
        if (!was_moving) { /* in the middle of it: search, take out, bring back */
            looks++;
            assert_true(t.moved <= t.mask / 16);
            assert_inside(&t, index, UINT32_MAX);
            for (uint32_t i = 3; i <= index; i += 3)
                table_remove(&t, hash_u64(i), i);
            assert_inside(&t, index, 3);
            for (uint32_t i = 3; i <= index; i += 3)
                assert_true(table_add(&t, hash_u64(i), i));
            assert_int_equal(t.used, index);
        }
    }
    assert_true(looks >= 2);
    assert_inside(&t, LARGE, UINT32_MAX);
    table_fini(&t);
    assert_int_equal(mem_used(ACCOUNT_index), before);
}

static void test_a_doubling_ends_with_time_when_no_key_comes(void **state)
{
    struct table t;
    assert_true(table_init(&t, LARGE, large_hash, NULL, NULL));
    uint32_t index = 0;
    while (!t.old) {
        index++;
        assert_true(table_add(&t, hash_u64(index), index));
    }
    for (unsigned i = 0; i < 100 && t.old; i++)
        table_settle(&t);
    assert_null(t.old);
    assert_inside(&t, index, UINT32_MAX);
    for (uint32_t i = 1; i <= index; i++)
        table_remove(&t, hash_u64(i), i);
    assert_int_equal(count_passed(&t), 0);
    table_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_use_agrees_with_the_model),
        cmocka_unit_test(test_crowded_buckets_agree_with_the_model),
        cmocka_unit_test(test_equal_hashes_are_all_found),
        cmocka_unit_test(test_the_table_doubles_at_half_load_and_forgets_nothing),
        cmocka_unit_test(test_a_large_table_doubles_in_pieces_and_loses_nothing),
        cmocka_unit_test(test_a_doubling_ends_with_time_when_no_key_comes),
        cmocka_unit_test(test_a_search_ends_even_when_every_bucket_was_passed),
        cmocka_unit_test(test_a_full_table_refuses_and_stays_sound),
        cmocka_unit_test(test_a_hint_is_the_first_candidate_of_the_home_bucket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
