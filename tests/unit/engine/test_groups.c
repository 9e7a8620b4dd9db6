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

int main(void)
{
    hash_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_flood_of_devices_leaves_room_and_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
