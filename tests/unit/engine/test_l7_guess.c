/* test_l7_guess.c - what is remembered of libndpi's guesses is what libndpi says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/l7_guess.h"

#include <cmocka.h>

enum { TCP = 6, UDP = 17, TUPLES = 20000 };

/* Custom rules of each kind beside libndpi's own lists. */
static struct l7 *l7_with_rules(void)
{
    static const char rules[] = "tcp:34567@OurThing\n"
                                "udp:4000-4100@OurRange\n"
                                "ip:10.1.2.0/24@OurNet\n"
                                "ip:10.9.0.0/16:81@OurPort\n";
    char path[] = "/tmp/weir-protos-XXXXXX";
    int fd = mkstemp(path);
    assert_int_not_equal(fd, -1);
    assert_int_equal(write(fd, rules, sizeof rules - 1), sizeof rules - 1);
    close(fd);
    struct l7_config config = {.enabled = true, .packets = 8, .protos = path};
    struct err e = {""};
    assert_true(l7_start(&config, &e));
    struct l7 *l = l7_new(&config, &e);
    assert_non_null(l);
    unlink(path);
    return l;
}

static uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

static uint32_t any_address(uint64_t *seed)
{
    static const uint32_t known[] = {0x08080808, 0x0d6b0001, 0x0a010203,
                                     0x0a090001, 0x0a000001, 0x00000000};
    uint32_t r = next_random(seed);
    return r % 3 ? known[r / 3 % (sizeof known / sizeof *known)] : next_random(seed) << 1 | (r & 1);
}

static uint16_t any_port(uint64_t *seed)
{
    static const uint16_t known[] = {0, 53, 80, 81, 443, 1900, 3478, 4050, 5060, 6881, 34567};
    uint32_t r = next_random(seed);
    if (r % 4 == 0)
        return (uint16_t)next_random(seed);
    if (r % 4 == 1)
        return (uint16_t)(next_random(seed) % 1024);
    return known[r / 4 % (sizeof known / sizeof *known)];
}

static struct addr addr_of(uint32_t v)
{
    const uint8_t four[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
    return addr_v4(four);
}

static void test_a_remembered_guess_is_what_libndpi_says(void **state)
{
    (void)state;
    struct l7 *l = l7_with_rules();
    uint64_t seed = 1;
    unsigned named = 0;
    for (unsigned i = 0; i < TUPLES; i++) {
        const uint32_t address[2] = {any_address(&seed), any_address(&seed)};
        const uint16_t port[2] = {any_port(&seed), any_port(&seed)};
        uint8_t proto = i % 5 ? (i % 2 ? TCP : UDP) : (uint8_t)(i % 256);
        struct l7_tuple t = {addr_of(address[0]), addr_of(address[1]), port[0], port[1], proto};
        struct l7_result fresh, remembered;
        l7_ask_guess(l, proto, address, port, &fresh);
        l7_guess(l, &t, &remembered);
        assert_int_equal(remembered.master, fresh.master);
        assert_int_equal(remembered.app, fresh.app);
        assert_int_equal(remembered.category, fresh.category);
        assert_int_equal(remembered.breed, fresh.breed);
        assert_int_equal(remembered.confidence, fresh.confidence);
        assert_int_equal(remembered.risk, 0);
        assert_int_equal(remembered.names.used, 0);
        named += remembered.app != 0;
    }
    assert_true(named > TUPLES / 4 && named < TUPLES);
    l7_free(l);
}

static void test_addresses_in_the_same_place_do_not_stand_for_each_other(void **state)
{
    (void)state;
    struct l7 *l = l7_with_rules();
    const struct l7_memory *m = l7_memory_of(l);
    struct l7_tuple t = {addr_of(0), addr_of(0x08080808), 50000, 50001, TCP};
    struct l7_result r;
    l7_guess(l, &t, &r);
    assert_int_equal(r.confidence, CONFIDENCE_IP);
    unsigned place = 0;
    while (m->address[place].address != 0x08080808)
        place++;
    /* Unlisted addresses until one of them took its place. */
    for (uint32_t a = 0x0a000001; m->address[place].address == 0x08080808; a++) {
        t.server = addr_of(a);
        l7_guess(l, &t, &r);
        assert_int_equal(r.app, 0);
    }
    t.server = addr_of(0x08080808);
    l7_guess(l, &t, &r);
    assert_int_equal(r.confidence, CONFIDENCE_IP);
    l7_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_remembered_guess_is_what_libndpi_says),
        cmocka_unit_test(test_addresses_in_the_same_place_do_not_stand_for_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
