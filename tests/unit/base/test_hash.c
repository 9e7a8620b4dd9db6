/* test_hash.c - keyed hashes depend on every bit of key and seed; stable ones never change. */
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void test_each_bit_of_a_key_changes_about_half_of_the_hash(void **state)
{
    uint8_t key[40] = {0};
    uint64_t before = hash_bytes(key, sizeof key);
    unsigned changed = 0;
    for (unsigned bit = 0; bit < sizeof key * 8; bit++) {
        key[bit / 8] ^= (uint8_t)(1U << bit % 8);
        unsigned flips = (unsigned)__builtin_popcountll(before ^ hash_bytes(key, sizeof key));
        assert_in_range(flips, 8, 56);
        changed += flips;
        key[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_in_range(changed / (sizeof key * 8), 29, 35);
}

static void test_length_counts_even_when_the_bytes_are_zero(void **state)
{
    uint8_t zeros[64] = {0};
    for (size_t a = 0; a < sizeof zeros; a++)
        for (size_t b = 0; b < a; b++)
            assert_true(hash_bytes(zeros, a) != hash_bytes(zeros, b));
}

static void test_small_numbers_spread_over_buckets_and_tags(void **state)
{
    unsigned buckets[256] = {0}, tags[256] = {0};
    for (uint64_t i = 0; i < 65536; i++) {
        uint64_t h = hash_u64(i);
        buckets[h & 255]++;
        tags[h >> 56]++;
        assert_true(hash_u128(i, 0) != hash_u128(0, i) || i == 0);
    }
    for (unsigned i = 0; i < 256; i++) {
        assert_in_range(buckets[i], 150, 370);
        assert_in_range(tags[i], 150, 370);
    }
}

static void test_seeds_come_from_the_kernel_and_change_the_hash(void **state)
{
    uint64_t old[4];
    memcpy(old, hash_seeds, sizeof old);
    uint64_t before = hash_bytes("weir", 4);
    uint64_t stable = hash_stable("weir", 4);
    hash_seed();
    assert_memory_not_equal(old, hash_seeds, sizeof old);
    assert_true(hash_bytes("weir", 4) != before);
    assert_true(hash_stable("weir", 4) == stable);
    memcpy(hash_seeds, old, sizeof old);
    assert_true(hash_bytes("weir", 4) == before);
}

static void test_a_stable_hash_is_the_same_in_every_release(void **state)
{
    assert_true(hash_stable("", 0) == 0x8e0839c562050fde);
    assert_true(hash_stable("TLS", 3) == 0xe39bae9cf1f56e87);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_bit_of_a_key_changes_about_half_of_the_hash),
        cmocka_unit_test(test_length_counts_even_when_the_bytes_are_zero),
        cmocka_unit_test(test_small_numbers_spread_over_buckets_and_tags),
        cmocka_unit_test(test_seeds_come_from_the_kernel_and_change_the_hash),
        cmocka_unit_test(test_a_stable_hash_is_the_same_in_every_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
