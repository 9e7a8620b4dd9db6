/* test_collisions.c - keys made to collide under well-known hashes do not collide here (F20).
 *
 * What is compared is where the keys of a table of flows are, not how long it takes: how many stand
 * outside of their home bucket, and how far from it the furthest is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/table.h"
#include "model/key.h"

#include <cmocka.h>

enum { KEYS = 60000, KEY_BITS = 128, KERNEL_BITS = 16 };

static struct flow_key keys[KEYS + 1];

static uint64_t hash_of(const void *owner, uint32_t index)
{
    return key_hash(&keys[index]);
}

struct crowding {
    uint64_t away;     /* keys times buckets that they passed on their way */
    unsigned furthest; /* most buckets that a search looks into */
};

static struct crowding crowding_of_keys(void)
{
    struct table t;
    assert_true(table_init(&t, KEYS, hash_of, NULL, NULL));
    for (uint32_t i = 1; i <= KEYS; i++)
        assert_true(table_add(&t, key_hash(&keys[i]), i));
    struct crowding c = {0, 0};
    for (uint32_t b = 0; b <= t.mask; b++)
        c.away += t.buckets[b].passed;
    for (uint32_t b = 0; b <= t.mask; b++) {
        unsigned far = 1;
        while (far <= t.mask && t.buckets[(b + far - 1) & t.mask].passed)
            far++;
        c.furthest = far > c.furthest ? far : c.furthest;
    }
    table_fini(&t);
    return c;
}

static struct crowding crowding_of_random_keys(void)
{
    uint64_t x = 88172645463325252u;
    for (uint32_t i = 1; i <= KEYS; i++) {
        uint64_t *half[2] = {&keys[i].low, &keys[i].high};
        for (unsigned k = 0; k < 2; k++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            *half[k] = x;
        }
    }
    return crowding_of_keys();
}

static void assert_no_worse_than_random(void)
{
    struct crowding made = crowding_of_keys(), random = crowding_of_random_keys();
    assert_true(made.away <= 2 * random.away + 100);
    assert_true(made.furthest <= random.furthest + 3);
    assert_true(made.furthest <= 8);
}

static void test_keys_of_one_sum_spread_like_random_ones(void **state)
{
    for (uint32_t i = 1; i <= KEYS; i++)
        keys[i] = (struct flow_key){.low = (uint64_t)i << 32, .high = (uint64_t)(KEYS - i) << 32};
    assert_no_worse_than_random();
}

static void test_keys_of_one_exclusive_or_spread_like_random_ones(void **state)
{
    for (uint32_t i = 1; i <= KEYS; i++)
        keys[i] = (struct flow_key){.low = i * 0x9e3779b97f4a7c15u,
                                    .high = i * 0x9e3779b97f4a7c15u ^ 0x1234567};
    assert_no_worse_than_random();
}

static void test_keys_that_differ_in_a_few_high_bits_spread_like_random_ones(void **state)
{
    for (uint32_t i = 1; i <= KEYS; i++)
        keys[i] = (struct flow_key){.low = (uint64_t)i << 48, .high = 6 << 8};
    assert_no_worse_than_random();
}

static uint32_t crc32c(uint64_t low, uint64_t high)
{
    uint32_t crc = 0;
    for (unsigned bit = 0; bit < KEY_BITS; bit++) {
        uint64_t half = bit < 64 ? low : high;
        bool one = (half >> bit % 64 ^ crc) & 1;
        crc = crc >> 1 ^ (one ? 0x82f63b78 : 0);
    }
    return crc;
}

/* A CRC is linear: whoever knows that can make as many keys of one CRC as he likes, whatever it
 * starts from. Gauss's elimination finds keys whose CRC is 0, and so is that of their sums. */
static unsigned find_kernel(struct flow_key *kernel)
{
    struct {
        struct flow_key key;
        uint32_t crc;
    } pivot[32];
    bool has[32] = {false};
    unsigned n = 0;
    for (unsigned bit = 0; bit < KEY_BITS && n < KERNEL_BITS; bit++) {
        struct flow_key k = {.low = bit < 64 ? 1ull << bit : 0,
                             .high = bit < 64 ? 0 : 1ull << (bit - 64)};
        uint32_t crc = crc32c(k.low, k.high);
        while (crc) {
            unsigned top = 31 - (unsigned)__builtin_clz(crc);
            if (!has[top]) {
                has[top] = true;
                pivot[top].key = k;
                pivot[top].crc = crc;
                break;
            }
            crc ^= pivot[top].crc;
            k.low ^= pivot[top].key.low;
            k.high ^= pivot[top].key.high;
        }
        if (!crc)
            kernel[n++] = k;
    }
    return n;
}

static void test_keys_of_one_crc_spread_like_random_ones(void **state)
{
    struct flow_key kernel[KERNEL_BITS];
    assert_int_equal(find_kernel(kernel), KERNEL_BITS);
    for (uint32_t i = 1; i <= KEYS; i++) {
        keys[i] = (struct flow_key){0};
        for (unsigned k = 0; k < KERNEL_BITS; k++) {
            keys[i].low ^= i >> k & 1 ? kernel[k].low : 0;
            keys[i].high ^= i >> k & 1 ? kernel[k].high : 0;
        }
        assert_int_equal(crc32c(keys[i].low, keys[i].high), 0);
    }
    assert_no_worse_than_random();
}

int main(void)
{
    hash_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_of_one_sum_spread_like_random_ones),
        cmocka_unit_test(test_keys_of_one_exclusive_or_spread_like_random_ones),
        cmocka_unit_test(test_keys_that_differ_in_a_few_high_bits_spread_like_random_ones),
        cmocka_unit_test(test_keys_of_one_crc_spread_like_random_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
