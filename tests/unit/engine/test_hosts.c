/* test_hosts.c - names, applications, rates and forgetting of hosts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "engine/hosts.h"

#include <cmocka.h>

static struct locals locals;

static struct hosts *new_hosts(uint32_t limit)
{
    static struct hosts hs;
    struct err e;
    struct hosts_config c = {.limit = limit,
                             .locals = &locals,
                             .local_idle = 300 * SECOND,
                             .remote_idle = 60 * SECOND,
                             .keep_series = true};
    hs = (struct hosts){0};
    assert_true(hosts_init(&hs, &c, &e));
    return &hs;
}

static struct addr addr(const char *text)
{
    struct addr a;
    assert_true(addr_parse(text, &a));
    return a;
}

static void test_a_better_name_stays_and_an_equal_one_is_renewed(void **state)
{
    (void)state;
    struct hosts *hs = new_hosts(100);
    bool made;
    struct addr a = addr("10.0.0.1");
    struct host *h = host_at(hs, hosts_get(hs, &a, 0, 1, &made));
    host_set_name(h, NAME_DNS, (const uint8_t *)"one", 3);
    host_set_name(h, NAME_SNI, (const uint8_t *)"two", 3);
    assert_string_equal(h->name, "one");
    host_set_name(h, NAME_DNS, (const uint8_t *)"three", 5);
    assert_string_equal(h->name, "three");
    host_set_name(h, NAME_DHCP, (const uint8_t *)"laptop", 6);
    assert_string_equal(h->name, "laptop");
    hosts_fini(hs);
}

static void test_who_finds_no_room_is_counted_under_others(void **state)
{
    (void)state;
    struct hosts *hs = new_hosts(10);
    unsigned others = 0;
    for (unsigned i = 0; i < 20; i++) {
        char text[ADDR_TEXT];
        bool made;
        snprintf(text, sizeof text, "192.0.2.%u", i);
        struct addr a = addr(text);
        others += hosts_get(hs, &a, 0, 1, &made) == HOST_OTHERS;
    }
    assert_int_equal(others, 11); /* one of the ten entries is the others themselves */
    hosts_fini(hs);
}

static void test_idle_hosts_go_after_their_kind_of_time_unless_they_have_flows(void **state)
{
    (void)state;
    struct hosts *hs = new_hosts(100);
    bool made;
    struct addr local = addr("10.0.0.1"), remote = addr("192.0.2.1"), busy = addr("192.0.2.2");
    hosts_get(hs, &local, 0, SECOND, &made);
    hosts_get(hs, &remote, 0, SECOND, &made);
    host_at(hs, hosts_get(hs, &busy, 0, SECOND, &made))->flows[0] = 1;
    assert_int_equal(hosts_expire(hs, 1, hs->pool.top, 62 * SECOND), 1);
    assert_int_equal(hosts_find(hs, &remote, 0), 0);
    assert_int_not_equal(hosts_find(hs, &local, 0), 0);
    assert_int_equal(hosts_expire(hs, 1, hs->pool.top, 302 * SECOND), 1);
    assert_int_not_equal(hosts_find(hs, &busy, 0), 0);
    assert_int_equal(hs->local, 0);
    hosts_fini(hs);
}

static void test_a_rate_is_that_of_the_last_whole_second(void **state)
{
    (void)state;
    struct hosts *hs = new_hosts(100);
    bool made;
    struct addr a = addr("10.0.0.1");
    uint32_t index = hosts_get(hs, &a, 0, 1, &made);
    struct host_row row;
    host_tick(host_at(hs, index), 100, SIDE_SENT, 1000, 2);
    host_tick(host_at(hs, index), 101, SIDE_RCVD, 500, 1);
    host_to_row(hs, index, 101, &row);
    assert_int_equal(row.bps, 8000);
    assert_int_equal(row.trend, TREND_UP);
    host_to_row(hs, index, 102, &row);
    assert_int_equal(row.bps, 4000);
    assert_int_equal(row.bps_side[SIDE_RCVD], 4000);
    assert_int_equal(row.pps, 1);
    assert_int_equal(row.trend, TREND_DOWN);
    host_to_row(hs, index, 103, &row);
    assert_int_equal(row.bps, 0);
    assert_int_equal(row.peak_bps, 8000);
    hosts_fini(hs);
}

static void test_frequent_names_survive_many_rare_ones(void **state)
{
    (void)state;
    struct hosts *hs = new_hosts(100);
    bool made;
    struct addr a = addr("10.0.0.1");
    struct host *h = host_at(hs, hosts_get(hs, &a, 0, 1, &made));
    for (unsigned i = 0; i < 2000; i++) {
        char name[32];
        int len = snprintf(name, sizeof name, "rare%u.example", i);
        host_count_name(h, HOST_NAMES_DNS, (const uint8_t *)name, (size_t)len);
        if (i % 3 == 0)
            host_count_name(h, HOST_NAMES_DNS, (const uint8_t *)"often.example", 13);
    }
    uint64_t often = 0;
    for (unsigned i = 0; i < h->more->names[HOST_NAMES_DNS].n; i++)
        if (!strcmp(h->more->names[HOST_NAMES_DNS].row[i].name, "often.example"))
            often = h->more->names[HOST_NAMES_DNS].row[i].count;
    assert_true(often >= 667);
    hosts_fini(hs);
}

int main(void)
{
    struct err e;
    hash_seed();
    locals_add(&locals, "10.0.0.0/8", &e);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_better_name_stays_and_an_equal_one_is_renewed),
        cmocka_unit_test(test_who_finds_no_room_is_counted_under_others),
        cmocka_unit_test(test_idle_hosts_go_after_their_kind_of_time_unless_they_have_flows),
        cmocka_unit_test(test_a_rate_is_that_of_the_last_whole_second),
        cmocka_unit_test(test_frequent_names_survive_many_rare_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
