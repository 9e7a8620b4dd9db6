/* test_merge_hosts.c - one host out of what several workers know of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/merge_hosts.h"

#include <cmocka.h>

struct pair {
    struct host_detail a, b;
};

static struct pair *new_pair(void)
{
    return calloc(1, sizeof(struct pair));
}

static void test_a_gap_in_one_series_is_no_number_in_the_sum(void **state)
{
    (void)state;
    struct pair *p = new_pair();
    p->a.series_n = p->b.series_n = HOST_SERIES;
    p->a.series_end = 5000 * SECOND;
    p->b.series_end = 4999 * SECOND; /* its clock has not come to the last second yet */
    for (unsigned i = 0; i < HOST_SERIES; i++) {
        p->a.series[0][i] = i < 100 ? UINT32_MAX : 10;
        p->b.series[0][i] = i < 50 ? UINT32_MAX : i;
    }
    p->a.series[1][7] = p->b.series[1][8] = UINT32_MAX - 2;
    merge_detail(&p->a, &p->b);
    assert_int_equal(p->a.series[0][10], UINT32_MAX);
    assert_int_equal(p->a.series[0][60], 61);
    assert_int_equal(p->a.series[0][200], 10 + 201);
    assert_int_equal(p->a.series[0][HOST_SERIES - 1], 10);
    assert_int_equal(p->a.series[1][7], UINT32_MAX - 1);
    free(p);
}

static void test_a_name_that_two_workers_saw_is_listed_once(void **state)
{
    (void)state;
    struct pair *p = new_pair();
    for (unsigned i = 0; i < HOST_NAMES; i++) {
        snprintf(p->a.dns_name[i].name, sizeof p->a.dns_name[i].name, "a%u.example", i);
        p->a.dns_name[i].count = 10 + i;
    }
    p->a.dns_names = HOST_NAMES;
    p->b.dns_names = 3;
    p->b.dns_name[0] = p->a.dns_name[5];
    snprintf(p->b.dns_name[1].name, sizeof p->b.dns_name[1].name, "often.example");
    p->b.dns_name[1].count = 1000;
    snprintf(p->b.dns_name[2].name, sizeof p->b.dns_name[2].name, "once.example");
    p->b.dns_name[2].count = 1;
    merge_detail(&p->a, &p->b);
    assert_int_equal(p->a.dns_names, HOST_NAMES);
    assert_int_equal(p->a.dns_name[5].count, 30);
    assert_string_equal(p->a.dns_name[0].name, "often.example");
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_gap_in_one_series_is_no_number_in_the_sum),
        cmocka_unit_test(test_a_name_that_two_workers_saw_is_listed_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
