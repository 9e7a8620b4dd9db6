/* test_attention.c - a flow that is looked at has its latest record with every field; others cost nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "exports.h"

#include <cmocka.h>

enum { ROUTER = 0x0a000001, CLIENT = 0xc0a80001, SERVER = 0xc0000201 };

static const nsec_t now = 1500000000 * SECOND;

/* Element 6871 of enterprise 2636 has no column anywhere. */
static const struct field_row fields[] = {{0, 8, 4},  {0, 12, 4},      {0, 7, 2},
                                          {0, 11, 2}, {0, 4, 1},       {0, 1, 4},
                                          {0, 2, 4},  {2636, 6871, 4}, {0, 0, 0}};

static void hear_flow(struct worker *w, uint32_t sequence, uint32_t odd, nsec_t at)
{
    struct message_bytes m = ipfix_message((uint32_t)(at / SECOND), sequence);
    open_with_template(&m, 300, fields);
    put(&m, CLIENT, 4);
    put(&m, SERVER, 4);
    put(&m, 50000, 2);
    put(&m, 443, 2);
    put(&m, 6, 1);
    put(&m, 6000, 4);
    put(&m, 10, 4);
    put(&m, odd, 4);
    close_set(&m);
    set_u16(&m, 2, m.len);
    hear(w, ROUTER, at, &m);
}

/* The flow is asked for; the caller frees. */
static struct answer *look(struct engine *en)
{
    const struct question all = {.kind = QUESTION_FLOWS, .iface = -1, .limit = 1};
    struct question q = {.kind = QUESTION_FLOW, .iface = -1};
    struct answer *a = question_ask(en, &all);
    assert_int_equal(a->n, 1);
    record_flow_id(a->records, q.flow_id);
    answer_free(a);
    a = question_ask(en, &q);
    assert_true(a->found);
    return a;
}

static void test_a_flow_that_is_looked_at_shows_elements_without_a_column(void **state)
{
    (void)state;
    struct engine_config c = hand_config();
    struct script *s = calloc(1, sizeof *s);
    struct engine *en = hand_collector(&c, s, 1);
    struct worker *w = hand_worker(en, 0);
    worker_time(w, now);
    hear_flow(w, 0, 4711, now);
    struct answer *a = look(en);
    assert_null(a->latest);
    answer_free(a);

    hear_flow(w, 1, 4712, now + 2 * SECOND);
    hear_flow(w, 2, 4713, now + 2 * SECOND); /* the same second: the first one stays */
    a = look(en);
    assert_non_null(a->latest);
    assert_non_null(strstr(a->latest->fields, "6871\":\"00001268"));
    answer_free(a);

    hear_flow(w, 3, 4714, now + 4 * SECOND);
    a = look(en);
    assert_non_null(strstr(a->latest->fields, "6871\":\"0000126a"));
    answer_free(a);
    engine_free(en);
    free(s);
}

static void test_who_is_not_asked_for_any_more_is_forgotten(void **state)
{
    (void)state;
    struct attention a = {0};
    const struct told_row row = {.domain = 5};
    uint64_t before = mem_used(ACCOUNT_answers);
    assert_null(attention_ask(&a, 1, now));
    assert_false(attention_wants(&a, 2, now));
    assert_true(attention_wants(&a, 1, now));
    attention_keep(&a, 1, now, &row);
    assert_false(attention_wants(&a, 1, now));
    assert_int_equal(attention_ask(&a, 1, now)->domain, 5);
    attention_tick(&a, now + 10 * SECOND);
    assert_int_equal(a.n, 1);
    attention_tick(&a, now + 11 * SECOND);
    assert_int_equal(a.n, 0);
    assert_int_equal(mem_used(ACCOUNT_answers), before);
}

static void test_a_fifth_flow_takes_the_place_of_the_one_asked_for_longest_ago(void **state)
{
    (void)state;
    struct attention a = {0};
    for (uint64_t i = 1; i <= 4; i++)
        attention_ask(&a, i, now + (nsec_t)i);
    attention_ask(&a, 1, now + 5);
    attention_ask(&a, 9, now + 6);
    assert_int_equal(a.n, ATTENTION_FLOWS);
    assert_true(attention_wants(&a, 1, now + 6));
    assert_false(attention_wants(&a, 2, now + 6));
    assert_true(attention_wants(&a, 9, now + 6));
    attention_fini(&a);
    assert_int_equal(a.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_flow_that_is_looked_at_shows_elements_without_a_column),
        cmocka_unit_test(test_who_is_not_asked_for_any_more_is_forgotten),
        cmocka_unit_test(test_a_fifth_flow_takes_the_place_of_the_one_asked_for_longest_ago),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
