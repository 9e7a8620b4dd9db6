/* test_answer.c - a worker's share of a question while the tables change under it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/hash.h"
#include "by_hand.h"
#include "engine/answer.h"

#include <cmocka.h>

enum { T0 = 1700000000 };

static struct part *open_part(struct worker *w, struct question q)
{
    struct part *p = mem_alloc(ACCOUNT_answers, sizeof *p);
    struct asking *as = mem_alloc(ACCOUNT_answers, sizeof *as);
    event_init(&as->done);
    atomic_store(&as->references, 1);
    p->question = q;
    p->worker = w;
    p->asking = as;
    atomic_store(&p->references, 1);
    return p;
}

static void test_hosts_forgotten_while_a_question_is_open_are_left_out(void **state)
{
    (void)state;
    struct script *s = calloc(1, sizeof *s);
    struct engine_config c = hand_config();
    struct engine *en = hand_engine(&c, s, 1, true);
    struct worker *w = hand_worker(en, 0);
    for (uint32_t i = 0; i < 3000; i++) {
        uint8_t bytes[4] = {192, 0, (uint8_t)(i >> 8), (uint8_t)i};
        struct addr a = addr_v4(bytes);
        bool made;
        struct host *h = host_at(&w->hosts, hosts_get(&w->hosts, &a, 0, T0 * SECOND, &made));
        host_set_name(&w->hosts, h, NAME_DNS, (const uint8_t *)"gone.example", 12);
        host_talk(&w->hosts, h)->dns_queries[0] = 7;
        h->last += i < 2000 ? 0 : 1000 * SECOND;
    }
    struct part *p =
        open_part(w, (struct question){.kind = QUESTION_HOSTS, .limit = 5000, .hosts_local = -1});
    assert_false(part_step(p, 2500));
    assert_int_equal(hosts_expire(&w->hosts, 1, w->hosts.pool.top, (T0 + 100) * SECOND), 2000);
    /* One place is taken again, by somebody else. */
    uint8_t bytes[4] = {198, 51, 100, 1};
    struct addr newcomer = addr_v4(bytes);
    bool made;
    hosts_get(&w->hosts, &newcomer, 0, (T0 + 100) * SECOND, &made);
    while (!part_step(p, 100)) {
    }
    assert_int_equal(p->box->answer.n, 1000);
    for (uint32_t i = 0; i < p->box->answer.n; i++)
        assert_string_equal(p->box->answer.hosts[i].name, "gone.example");
    part_put(p);
    engine_free(en);
    free(s);
}

static struct host_id named_host(struct worker *w, uint8_t last, enum name_rank rank,
                                 const char *name)
{
    uint8_t bytes[4] = {192, 0, 2, last};
    struct host_id id = {.addr = addr_v4(bytes), .vlan = last};
    bool made;
    struct host *h = host_at(&w->hosts, hosts_get(&w->hosts, &id.addr, id.vlan, T0, &made));
    host_set_name(&w->hosts, h, rank, (const uint8_t *)name, strlen(name));
    return id;
}

static void
test_the_best_name_that_any_worker_knows_is_told_in_the_order_of_the_question(void **state)
{
    (void)state;
    static struct script none;
    struct engine_config c = hand_config();
    struct engine *en = hand_engine(&c, &none, 2, true);
    struct host_id id[5];
    id[0] = named_host(hand_worker(en, 1), 1, NAME_DNS, "second.example");
    id[1] = named_host(hand_worker(en, 0), 2, NAME_SNI, "worse.example");
    named_host(hand_worker(en, 1), 2, NAME_DHCP, "better");
    id[2] = id[0];
    id[2].vlan = 7; /* nobody's */
    id[3] = id[0];
    id[3].iface = 3;
    id[4] = id[0];
    id[4].iface = UINT32_MAX;
    struct question q = {.kind = QUESTION_NAMES, .iface = -1, .named = id, .named_n = 5};
    struct answer *a = question_ask(en, &q);
    assert_true(a->complete);
    assert_int_equal(a->n, 5);
    const char *const names[] = {"second.example", "better", "", "", "second.example"};
    for (unsigned i = 0; i < 5; i++)
        assert_string_equal(a->names[i].name, names[i]);
    answer_free(a);
    engine_free(en);
    assert_int_equal(mem_used(ACCOUNT_answers), 0);
}

int main(void)
{
    hash_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts_forgotten_while_a_question_is_open_are_left_out),
        cmocka_unit_test(
            test_the_best_name_that_any_worker_knows_is_told_in_the_order_of_the_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
