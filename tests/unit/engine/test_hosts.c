/* test_hosts.c - names, applications, rates and forgetting of hosts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "engine/hosts.h"
#include "engine/merge_hosts.h"

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
    host_set_name(hs, h, NAME_DNS, (const uint8_t *)"one", 3);
    host_set_name(hs, h, NAME_SNI, (const uint8_t *)"two", 3);
    assert_string_equal(host_name(hs, h), "one");
    host_set_name(hs, h, NAME_DNS, (const uint8_t *)"three", 5);
    assert_string_equal(host_name(hs, h), "three");
    host_set_name(hs, h, NAME_DHCP, (const uint8_t *)"laptop", 6);
    assert_string_equal(host_name(hs, h), "laptop");
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
        uint32_t index = hosts_get(hs, &a, 0, 1, &made);
        assert_int_equal(made, index != HOST_OTHERS);
        host_at(hs, index)->flows[0] = 1;
        others += index == HOST_OTHERS;
    }
    assert_int_equal(others, 11); /* one of the ten entries is the others themselves */
    assert_int_equal(hs->evicted, 0);
    hosts_fini(hs);
}

static uint32_t busy_host(struct hosts *hs, const char *text, unsigned flows)
{
    bool made;
    bool is_full = false;
    struct addr a = addr(text);
    uint32_t index = hosts_get(hs, &a, 0, SECOND, &made);
    struct host *h = host_at(hs, index);
    assert_true(made);
    h->flows[0] = flows;
    host_count(hs, h, 100, SECOND, (uint64_t[]){1000, 70}, (uint64_t[]){100000, 1});
    for (unsigned i = 0; i < 300; i++) /* more than its byte holds */
        host_add_syn(hs, h, SIDE_SENT, 1);
    host_use_count(host_use_at(hs, host_use_get(hs, h, 0, 5, &is_full)), SIDE_SENT, 1000, 100000);
    host_http(hs, h)->requests[SIDE_SENT] = 3;
    return index;
}

static void
test_hosts_without_flows_make_room_remote_ones_first_and_others_keep_what_they_did(void **state)
{
    (void)state;
    struct hosts *hs = new_hosts(5);
    busy_host(hs, "10.0.0.1", 0);
    busy_host(hs, "192.0.2.1", 1);
    uint32_t gone = busy_host(hs, "192.0.2.2", 0);
    busy_host(hs, "10.0.0.2", 0);
    assert_int_equal(busy_host(hs, "192.0.2.3", 1), gone);
    assert_int_equal(hs->evicted, 1);
    struct addr a = addr("192.0.2.2");
    assert_int_equal(hosts_find(hs, &a, 0), 0);

    struct host_row row;
    host_to_row(hs, HOST_OTHERS, 100, &row);
    assert_int_equal(row.traffic.bytes[SIDE_SENT], 1000);
    assert_int_equal(row.traffic.packets[SIDE_SENT], 100000);
    assert_int_equal(row.traffic.bytes[SIDE_RCVD], 70);
    assert_int_equal(row.tcp_syn[SIDE_SENT], 300);
    assert_int_equal(row.http_requests[SIDE_SENT], 3);
    host_to_row(hs, HOST_OTHERS, 101, &row);
    assert_int_equal(row.bps, 0); /* it was long ago */
    struct host_detail *d = calloc(1, sizeof *d);
    host_to_detail(hs, HOST_OTHERS, 100, SECOND, d);
    unsigned found = 0;
    for (unsigned i = 0; i < d->apps; i++)
        found += d->app[i].app == 5 && d->app[i].packets[SIDE_SENT] == 100000;
    assert_int_equal(found, 1);
    free(d);

    /* Only local ones are left to go: one of them does. */
    busy_host(hs, "192.0.2.4", 1);
    busy_host(hs, "192.0.2.5", 1);
    assert_int_equal(hs->evicted, 3);
    assert_int_equal(hs->local, 0);
    bool made;
    a = addr("192.0.2.6");
    assert_int_equal(hosts_get(hs, &a, 0, SECOND, &made), HOST_OTHERS);
    assert_int_equal(hs->pool.used - 1 + hs->evicted, hs->created);
    hosts_fini(hs);
}

static void test_a_host_that_was_just_looked_up_may_be_pinned(void **state)
{
    (void)state;
    struct hosts *hs = new_hosts(2);
    bool made;
    struct addr first = addr("192.0.2.1"), second = addr("192.0.2.2");
    hs->pinned = hosts_get(hs, &first, 0, SECOND, &made);
    assert_int_equal(hosts_get(hs, &second, 0, SECOND, &made), HOST_OTHERS);
    hs->pinned = 0;
    hosts_tick(hs);
    assert_int_not_equal(hosts_get(hs, &second, 0, SECOND, &made), HOST_OTHERS);
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
    host_count(hs, host_at(hs, index), 100, 0, (uint64_t[]){600, 0}, (uint64_t[]){1, 0});
    host_count(hs, host_at(hs, index), 100, 0, (uint64_t[]){400, 0}, (uint64_t[]){1, 0});
    host_count(hs, host_at(hs, index), 101, 0, (uint64_t[]){0, 500}, (uint64_t[]){0, 1});
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

static struct host *one_host(struct hosts *hs)
{
    bool made;
    struct addr a = addr("10.0.0.1");
    return host_at(hs, hosts_get(hs, &a, 0, SECOND, &made));
}

/* Beyond what the narrow type holds and back again, every one of them. */
static void test_no_counter_loses_anything_when_it_outgrows_its_type(void **state)
{
    (void)state;
    struct hosts *hs = new_hosts(100);
    struct host *h = one_host(hs);
#define HOST_COUNTER(name, type, n)                                                                \
    for (unsigned i = 0; i < (n); i++) {                                                           \
        uint64_t top = (type)~0u;                                                                  \
        host_add_##name(hs, h, i, top - i);                                                        \
        host_add_##name(hs, h, i, 2 * i);                                                          \
        host_add_##name(hs, h, i, 3 * top);                                                        \
        host_add_##name(hs, h, i, 1);                                                              \
        assert_int_equal(host_get_##name(hs, h, i), 4 * top + i + 1);                              \
        for (unsigned back = 0; back < 20; back++)                                                 \
            host_sub_##name(hs, h, i);                                                             \
        assert_int_equal(host_get_##name(hs, h, i), 4 * top + i - 19);                             \
    }
#include "engine/host_counters.def"
#undef HOST_COUNTER
#define HOST_COUNTER(name, type, n)                                                                \
    for (unsigned i = 0; i < (n); i++)                                                             \
        assert_int_equal(host_get_##name(hs, h, i), 4 * (uint64_t)(type)~0u + i - 19);
#include "engine/host_counters.def"
#undef HOST_COUNTER
    hosts_fini(hs);
}

static void test_nothing_is_taken_back_from_nothing(void **state)
{
    (void)state;
    struct hosts *hs = new_hosts(100);
    struct host *h = one_host(hs);
    host_sub_lost(hs, h, SIDE_SENT);
    assert_int_equal(host_get_lost(hs, h, SIDE_SENT), 0);
    host_add_lost(hs, h, SIDE_SENT, 256);
    for (unsigned i = 0; i < 300; i++)
        host_sub_lost(hs, h, SIDE_SENT);
    assert_int_equal(host_get_lost(hs, h, SIDE_SENT), 0);
    hosts_fini(hs);
}

static void test_a_row_of_two_workers_holds_both_of_their_large_counters(void **state)
{
    (void)state;
    struct host_row row[2];
    for (unsigned i = 0; i < 2; i++) {
        struct hosts *hs = new_hosts(100);
        struct host *h = one_host(hs);
        for (unsigned k = 0; k < 100; k++)
            host_count(hs, h, 100, 0, (uint64_t[]){4000000000u, 1}, (uint64_t[]){100000000, 1});
        host_add_udp_bytes(hs, h, SIDE_SENT, 300000000000);
        host_add_udp_packets(hs, h, SIDE_SENT, 70000);
        host_add_sizes(hs, h, SIDE_RCVD * SIZE_BINS + 6, 70000);
        host_add_rst(hs, h, SIDE_RCVD, 1000);
        host_talk(hs, h)->icmp_traffic.bytes[SIDE_SENT] = 7;
        uint32_t index = hosts_find(hs, &h->addr, 0);
        host_to_row(hs, index, 101, &row[i]);
        hosts_fini(hs);
    }
    merge_host(&row[0], &row[1]);
    assert_int_equal(row[0].traffic.bytes[SIDE_SENT], 800000000000);
    assert_int_equal(row[0].traffic.packets[SIDE_SENT], 20000000000);
    assert_int_equal(row[0].l4[L4_UDP].bytes[SIDE_SENT], 600000000000);
    assert_int_equal(row[0].l4[L4_UDP].packets[SIDE_SENT], 140000);
    assert_int_equal(row[0].l4[L4_TCP].bytes[SIDE_SENT], 200000000000 - 14);
    assert_int_equal(row[0].sizes[SIDE_RCVD][6], 140000);
    assert_int_equal(row[0].tcp_rst[SIDE_RCVD], 2000);
    assert_int_equal(row[0].bps_side[SIDE_SENT], 8 * 800000000000);
}

static void test_an_application_without_flows_and_bytes_makes_room_for_the_next(void **state)
{
    (void)state;
    struct hosts *hs = new_hosts(100);
    struct host *h = one_host(hs);
    bool full;
    uint32_t used = hs->uses.used;
    uint32_t unknown = host_use_get(hs, h, 0, 0, &full);
    assert_int_equal(host_use_get(hs, h, 0, 5, &full), unknown);
    host_use_at(hs, unknown)->flows = 1;
    assert_int_equal(hs->uses.used, used);
    uint32_t second = host_use_get(hs, h, 0, 6, &full);
    assert_int_not_equal(second, unknown);
    host_use_count(host_use_at(hs, second), SIDE_SENT, 10, 1);
    host_use_tidy(hs, h, second);
    assert_int_equal(hs->uses.used, used + 1);
    host_use_take_back(host_use_at(hs, second), SIDE_SENT, 10, 1);
    host_use_tidy(hs, h, second);
    assert_int_equal(hs->uses.used, used);
    host_use_at(hs, unknown)->flows = 0;
    host_use_tidy(hs, h, unknown); /* a host keeps its only one */
    assert_int_equal(h->app, unknown);
    static struct host_detail d;
    host_to_detail(hs, hosts_find(hs, &h->addr, 0), 100, 100 * SECOND, &d);
    assert_int_equal(d.apps, 0);
    hosts_fini(hs);
}

static void test_what_is_beyond_the_applications_of_a_host_is_unknown(void **state)
{
    (void)state;
    struct hosts *hs = new_hosts(100);
    struct host *h = one_host(hs);
    for (uint16_t app = 1; app <= 600; app++) {
        bool full = false;
        uint32_t at = host_use_get(hs, h, 0, app, &full);
        assert_int_equal(full, app >= HOST_APPS);
        host_use_count(host_use_at(hs, at), SIDE_RCVD, 100, (uint64_t)1 << 33);
    }
    static struct host_detail d;
    host_to_detail(hs, hosts_find(hs, &h->addr, 0), 100, 100 * SECOND, &d);
    assert_int_equal(d.apps, HOST_APPS);
    uint64_t bytes = 0, packets = 0;
    for (unsigned i = 0; i < d.apps; i++) {
        bytes += d.app[i].bytes[SIDE_RCVD];
        packets += d.app[i].packets[SIDE_RCVD];
        if (!d.app[i].app)
            assert_int_equal(d.app[i].bytes[SIDE_RCVD], 100 * (600 - (HOST_APPS - 1)));
    }
    assert_int_equal(bytes, 60000);
    assert_int_equal(packets, (uint64_t)600 << 33);
    hosts_fini(hs);
}

static void test_the_last_hour_holds_every_whole_second(void **state)
{
    (void)state;
    struct hosts *hs = new_hosts(100);
    struct host *h = one_host(hs);
    uint32_t index = hosts_find(hs, &h->addr, 0);
    static struct host_detail d;
    host_count(hs, h, 5000, 0, (uint64_t[]){10, 1}, (uint64_t[]){1, 1});
    host_count(hs, h, 5002, 0, (uint64_t[]){20, 2}, (uint64_t[]){1, 1});
    host_count(hs, h, 5002, 0, (uint64_t[]){4000000000u, 3}, (uint64_t[]){1, 1});
    host_count(hs, h, 5002, 0, (uint64_t[]){4000000000u, 3}, (uint64_t[]){1, 1});
    for (uint32_t tick = 5003; tick < 5006; tick++) { /* not rolled, then rolled by another one */
        host_to_detail(hs, index, tick, tick * SECOND, &d);
        unsigned last = HOST_SERIES - 1 - (tick - 5003);
        assert_int_equal(d.series[SIDE_SENT][last], UINT32_MAX - 1);
        assert_int_equal(d.series[SIDE_RCVD][last], 8);
        assert_int_equal(d.series[SIDE_SENT][last - 1], 0);
        assert_int_equal(d.series[SIDE_SENT][last - 2], 10);
        if (tick == 5004)
            host_count(hs, h, 5004, 0, (uint64_t[]){0, 9}, (uint64_t[]){0, 1});
    }
    assert_int_equal(d.series[SIDE_RCVD][HOST_SERIES - 1], 9);
    assert_int_equal(d.row.peak_bps, 8 * (8000000020 + 8));
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
        host_count_name(hs, h, HOST_NAMES_DNS, (const uint8_t *)name, (size_t)len);
        if (i % 3 == 0)
            host_count_name(hs, h, HOST_NAMES_DNS, (const uint8_t *)"often.example", 13);
    }
    uint64_t often = 0;
    const struct host_names *list = &host_more_at(hs, h)->names[HOST_NAMES_DNS];
    for (unsigned i = 0; i < list->n; i++)
        if (!strcmp(list->row[i].name, "often.example"))
            often = list->row[i].count;
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
        cmocka_unit_test(
            test_hosts_without_flows_make_room_remote_ones_first_and_others_keep_what_they_did),
        cmocka_unit_test(test_a_host_that_was_just_looked_up_may_be_pinned),
        cmocka_unit_test(test_idle_hosts_go_after_their_kind_of_time_unless_they_have_flows),
        cmocka_unit_test(test_a_rate_is_that_of_the_last_whole_second),
        cmocka_unit_test(test_no_counter_loses_anything_when_it_outgrows_its_type),
        cmocka_unit_test(test_nothing_is_taken_back_from_nothing),
        cmocka_unit_test(test_a_row_of_two_workers_holds_both_of_their_large_counters),
        cmocka_unit_test(test_an_application_without_flows_and_bytes_makes_room_for_the_next),
        cmocka_unit_test(test_what_is_beyond_the_applications_of_a_host_is_unknown),
        cmocka_unit_test(test_the_last_hour_holds_every_whole_second),
        cmocka_unit_test(test_frequent_names_survive_many_rare_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
