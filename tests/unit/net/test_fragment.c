/* test_fragment.c - what the memory of first fragments keeps, and for how long. */
#include "net/fragment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct packet between(unsigned src, unsigned dst, nsec_t ts)
{
    const uint8_t a[4] = {10, 0, (uint8_t)(src >> 8), (uint8_t)src};
    const uint8_t b[4] = {10, 1, (uint8_t)(dst >> 8), (uint8_t)dst};
    struct packet p = {.ts = ts, .version = 4, .proto = 17, .src_port = 1000, .dst_port = 2000};
    addr_set_v4(&p.src, a);
    addr_set_v4(&p.dst, b);
    return p;
}

static struct fragments *table(void)
{
    struct err e = {""};
    struct fragments *f = fragments_new(&e);
    assert_non_null(f);
    return f;
}

static void test_only_the_same_tuple_is_found(void **state)
{
    struct fragments *f = table();
    struct packet p = between(1, 2, SECOND);
    struct fragment_ports ports;
    assert_false(fragments_get(f, &p, 17, 5, &ports));
    assert_true(fragments_put(f, &p, 17, 5));
    assert_true(fragments_get(f, &p, 17, 5, &ports));
    assert_int_equal(ports.src_port, 1000);
    assert_int_equal(ports.dst_port, 2000);
    assert_int_equal(ports.proto, 17);

    assert_false(fragments_get(f, &p, 17, 6, &ports));
    assert_false(fragments_get(f, &p, 6, 5, &ports));
    struct packet other = between(2, 1, SECOND);
    assert_false(fragments_get(f, &other, 17, 5, &ports));
    other = p;
    other.vlan = 7;
    assert_false(fragments_get(f, &other, 17, 5, &ports));
    fragments_free(f);
}

static void test_a_first_fragment_is_forgotten_after_a_minute(void **state)
{
    struct fragments *f = table();
    struct packet p = between(1, 2, 1000 * SECOND);
    struct fragment_ports ports;
    assert_true(fragments_put(f, &p, 17, 5));
    p.ts += MINUTE;
    assert_true(fragments_get(f, &p, 17, 5, &ports));
    p.ts += 1;
    assert_false(fragments_get(f, &p, 17, 5, &ports));
    fragments_free(f);
}

static void test_the_latest_ports_win(void **state)
{
    struct fragments *f = table();
    struct packet p = between(1, 2, SECOND);
    struct fragment_ports ports;
    fragments_put(f, &p, 17, 5);
    p.src_port = 77;
    assert_true(fragments_put(f, &p, 17, 5));
    assert_true(fragments_get(f, &p, 17, 5, &ports));
    assert_int_equal(ports.src_port, 77);
    fragments_free(f);
}

static void test_a_full_table_forgets_the_oldest_and_says_so(void **state)
{
    enum { ROOM = 16384, MORE = 1000 };
    struct fragments *f = table();
    struct fragment_ports ports;
    unsigned pushed = 0;
    for (unsigned i = 0; i < ROOM + MORE; i++) {
        struct packet p = between(i, i, SECOND + i);
        pushed += !fragments_put(f, &p, 17, i);
    }
    assert_int_equal(pushed, MORE);
    for (unsigned i = 0; i < ROOM + MORE; i++) {
        struct packet p = between(i, i, SECOND + i);
        assert_int_equal(fragments_get(f, &p, 17, i, &ports), i >= MORE);
    }
    /* What is too old makes room without a word. */
    struct packet p = between(1, 1, HOUR);
    assert_true(fragments_put(f, &p, 17, 1));
    fragments_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_the_same_tuple_is_found),
        cmocka_unit_test(test_a_first_fragment_is_forgotten_after_a_minute),
        cmocka_unit_test(test_the_latest_ports_win),
        cmocka_unit_test(test_a_full_table_forgets_the_oldest_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
