/* test_key.c - one key for both directions, another for everything else. */
#include "model/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct packet packet_of(const char *src, unsigned src_port, const char *dst,
                               unsigned dst_port)
{
    struct packet p = {.proto = 6, .src_port = (uint16_t)src_port, .dst_port = (uint16_t)dst_port};
    assert_true(addr_parse(src, &p.src));
    assert_true(addr_parse(dst, &p.dst));
    p.version = addr_is_v4(&p.src) ? 4 : 6;
    return p;
}

static struct packet turned(const struct packet *p)
{
    struct packet t = *p;
    t.src = p->dst;
    t.dst = p->src;
    t.src_port = p->dst_port;
    t.dst_port = p->src_port;
    return t;
}

static struct keyed keyed_of(const struct packet *p)
{
    struct keyed k;
    key_from_packet(p, &k);
    return k;
}

static bool same(const struct packet *a, const struct packet *b)
{
    struct keyed x = keyed_of(a), y = keyed_of(b);
    bool equal = x.key.low == y.key.low && x.key.high == y.key.high;
    if (equal)
        assert_true(x.hash == y.hash);
    return equal;
}

static void test_both_directions_have_one_key(void **state)
{
    const struct packet of[] = {
        packet_of("10.0.0.1", 40000, "192.0.2.1", 443),
        packet_of("10.0.0.1", 443, "10.0.0.1", 40000),
        packet_of("2001:db8::1", 40000, "fe80::2", 443),
        packet_of("2001:db8::1", 1, "2001:db8::1", 2),
        packet_of("2001:db8:1::", 1, "2001:db8:2::", 2),
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        struct packet back = turned(&of[i]);
        assert_true(same(&of[i], &back));
        assert_true(keyed_of(&of[i]).from_high != keyed_of(&back).from_high);
        assert_int_equal(key_spread(&of[i]), key_spread(&back));
    }
}

static void test_every_part_of_the_tuple_counts(void **state)
{
    const struct packet of[] = {packet_of("10.0.0.1", 40000, "192.0.2.1", 443),
                                packet_of("2001:db8::1", 40000, "fe80::2", 443)};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        struct packet p = of[i];
        p.proto = 17;
        assert_false(same(&of[i], &p));
        p = of[i];
        p.vlan = 1;
        assert_false(same(&of[i], &p));
        for (unsigned bit = 0; bit < 12; bit++) {
            p = of[i];
            p.vlan_inner = (uint16_t)(1u << bit);
            assert_false(same(&of[i], &p));
        }
        p = of[i];
        p.src_port ^= 1;
        assert_false(same(&of[i], &p));
        p = of[i];
        p.dst_port ^= 0x8000;
        assert_false(same(&of[i], &p));
        for (unsigned bit = p.version == 4 ? 96 : 0; bit < 128; bit++) {
            p = of[i];
            p.dst.byte[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_false(same(&of[i], &p));
        }
        /* Ports that change places are another conversation. */
        p = of[i];
        p.src_port = of[i].dst_port;
        p.dst_port = of[i].src_port;
        assert_false(same(&of[i], &p));
    }
}

static void test_an_ipv4_key_holds_the_tuple_itself(void **state)
{
    struct packet p = packet_of("192.0.2.1", 443, "10.0.0.1", 40000);
    p.vlan = 0xabc;
    p.vlan_inner = 0xdef;
    struct keyed k = keyed_of(&p);
    assert_true(k.from_high);
    assert_true(k.key.low == UINT64_C(0x0a0000019c40fabc));
    assert_true(k.key.high == UINT64_C(0xc000020101bb06de));
}

static void test_the_spread_is_of_addresses_only_and_stable(void **state)
{
    struct packet p = packet_of("10.0.0.1", 40000, "192.0.2.1", 443);
    struct packet fragment = packet_of("10.0.0.1", 0, "192.0.2.1", 0);
    fragment.proto = 17;
    uint32_t spread = key_spread(&p);
    assert_int_equal(spread, key_spread(&fragment));
    hash_seed();
    assert_int_equal(spread, key_spread(&p));

    /* Neighbours come to different workers: of 4096 pairs each of 4 gets about a quarter. */
    unsigned of_worker[4] = {0};
    for (unsigned i = 0; i < 4096; i++) {
        p.src.byte[15] = (uint8_t)i;
        p.src.byte[14] = (uint8_t)(i >> 8);
        of_worker[key_spread(&p) % 4]++;
    }
    for (unsigned i = 0; i < 4; i++)
        assert_in_range(of_worker[i], 900, 1150);
}

static int seed(void **state)
{
    hash_seed();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_directions_have_one_key),
        cmocka_unit_test(test_every_part_of_the_tuple_counts),
        cmocka_unit_test(test_an_ipv4_key_holds_the_tuple_itself),
        cmocka_unit_test(test_the_spread_is_of_addresses_only_and_stable),
    };
    return cmocka_run_group_tests(tests, seed, NULL);
}
