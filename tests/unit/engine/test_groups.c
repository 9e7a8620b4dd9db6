/* test_groups.c - devices that are made up take nobody's room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/hash.h"
#include "engine/groups.h"
#include "engine/known.h"

#include <cmocka.h>

static void test_a_flood_of_devices_leaves_room_and_is_forgotten(void **state)
{
    (void)state;
    static struct groups gs;
    struct err e;
    assert_true(groups_init(&gs, false, &(struct known){0}, &e));
    uint32_t known = groups_get(&gs, GROUP_MAC, 1, SECOND, NULL);
    group_at(&gs, known)->hosts = 1;
    for (uint64_t i = 2; i < 300000; i++)
        groups_get(&gs, GROUP_MAC, i, 2 * SECOND, NULL);
    assert_int_equal(gs.devices, DEVICES_MOST);
    for (uint64_t i = 0; i < 1000; i++)
        assert_int_not_equal(groups_get(&gs, GROUP_APP, i, SECOND, NULL), 0);
    groups_expire(&gs, 1000000, 300 * SECOND, 300 * SECOND);
    assert_int_equal(gs.devices, DEVICES_MOST);
    groups_expire(&gs, 1000000, 303 * SECOND, 300 * SECOND);
    assert_int_equal(gs.devices, DEVICES_MANY);
    assert_int_equal(groups_get(&gs, GROUP_MAC, 1, 303 * SECOND, NULL), known);
    unsigned used = 0;
    for (uint32_t i = 1; i < gs.pool.top; i++)
        used += group_is_used(group_at(&gs, i));
    assert_int_equal(used, DEVICES_MANY + 1000);
    groups_fini(&gs);
}

static void test_an_exporter_that_makes_up_interfaces_leaves_room_for_exporters(void **state)
{
    (void)state;
    static struct groups gs;
    struct err e;
    const struct addr liar = addr_v4((const uint8_t[]){192, 0, 2, 1});
    const struct addr other = addr_v4((const uint8_t[]){192, 0, 2, 2});
    assert_true(groups_init(&gs, false, &(struct known){0}, &e));
    for (uint32_t i = 0; i < EXPORTERS_MOST + 1000; i++)
        groups_get_exporter_if(&gs, &liar, i, SECOND);
    assert_int_equal(gs.exporters, EXPORTER_IFS_MOST);
    uint32_t index = groups_get_exporter(&gs, &other, 0, SECOND);
    assert_int_not_equal(index, 0);
    assert_true(addr_equal(&group_at(&gs, index)->exporter, &other));
    groups_fini(&gs);
}

static void test_what_an_application_inherits_is_no_rate(void **state)
{
    (void)state;
    static struct groups gs;
    struct err e;
    assert_true(groups_init(&gs, true, &(struct known){0}, &e));
    uint32_t app = groups_get(&gs, GROUP_APP, 7, SECOND, NULL);
    struct group *g = group_at(&gs, app);
    struct traffic before = {.bytes = {5000, 100}, .packets = {50, 1}};
    struct group_row row;
    group_count(g, 100, SECOND, (uint64_t[]){1000, 0}, (uint64_t[]){1, 0});
    group_join(g, &before);
    group_count(g, 100, SECOND, (uint64_t[]){1000, 500}, (uint64_t[]){1, 1});
    group_to_row(&gs, app, 101, &row);
    assert_int_equal(row.bps, 8 * 2500);
    assert_int_equal(row.traffic.bytes[0], 7000);
    assert_int_equal(group_second(g, 100), 2500);
    group_leave(g, &before);
    group_count(g, 101, SECOND, (uint64_t[]){300, 0}, (uint64_t[]){1, 0});
    assert_int_equal(group_second(g, 100), 2500);
    group_to_row(&gs, app, 102, &row);
    assert_int_equal(row.bps, 8 * 300);
    assert_int_equal(row.trend, TREND_DOWN);
    assert_int_equal(row.traffic.bytes[0], 2300);
    assert_int_equal(row.traffic.packets[1], 1);
    groups_fini(&gs);
}

static void test_groups_by_number_are_the_same_again(void **state)
{
    (void)state;
    static struct groups gs;
    struct err e;
    assert_true(groups_init(&gs, false, &(struct known){0}, &e));
    enum group_kind kind[] = {GROUP_VLAN, GROUP_NETWORK, GROUP_CATEGORY, GROUP_L4};
    uint32_t most[] = {4095, 255, 255, 255};
    for (unsigned i = 0; i < 4; i++) {
        uint32_t first = groups_get(&gs, kind[i], 0, SECOND, NULL);
        uint32_t last = groups_get(&gs, kind[i], most[i], SECOND, NULL);
        assert_int_not_equal(first, last);
        assert_int_equal(groups_get(&gs, kind[i], most[i], 2 * SECOND, NULL), last);
        assert_int_equal(group_at(&gs, last)->kind, kind[i]);
        assert_int_equal(group_at(&gs, last)->id, most[i]);
    }
    assert_int_equal(gs.pool.used, 8);
    assert_int_equal(gs.network[0], 0);
    groups_fini(&gs);
}

int main(void)
{
    hash_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_an_application_inherits_is_no_rate),
        cmocka_unit_test(test_groups_by_number_are_the_same_again),
        cmocka_unit_test(test_an_exporter_that_makes_up_interfaces_leaves_room_for_exporters),
        cmocka_unit_test(test_a_flood_of_devices_leaves_room_and_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
