/* test_places.c - asking for one flow: by its place, by a walk, and once it is over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "by_hand.h"
#include "engine/question.h"

#include <cmocka.h>

enum { T0 = 1700000000, FLOWS = 500, WORKERS = 2 };

static struct engine *two_workers(void)
{
    static struct script s;
    s.n = 0;
    for (uint32_t i = 0; i < FLOWS; i++)
        add_frame(&s, (struct one){.ts = T0 * SECOND + i,
                                   .src = 0x0a000000 + i,
                                   .dst = 0xc0000201,
                                   .sport = 1000,
                                   .dport = 80,
                                   .proto = 17,
                                   .payload = 10});
    struct engine_config c = hand_config();
    struct engine *en = hand_engine(&c, &s, WORKERS, false);
    for (unsigned i = 0; i < WORKERS; i++)
        hand_read(hand_worker(en, i));
    return en;
}

static struct answer *ask_one(struct engine *en, const char *id)
{
    struct question q = {.kind = QUESTION_FLOW, .iface = -1};
    memcpy(q.flow_id, id, PLACE_ID);
    return question_ask(en, &q);
}

/* The ids of all flows, as rows tell them; without rows nobody knows where they are. */
static void ids_of(struct engine *en, char id[FLOWS][33], bool forget)
{
    struct question q = {.kind = QUESTION_FLOWS, .iface = -1, .limit = FLOWS};
    struct answer *a = question_ask(en, &q);
    assert_int_equal(a->n, FLOWS);
    for (uint32_t i = 0; i < FLOWS; i++)
        record_flow_id(&a->records[i], id[i]);
    answer_free(a);
    if (forget) {
        places_fini(&en->places);
        en->places = (struct places){0};
        places_init(&en->places);
    }
}

static void test_a_flow_is_found_by_its_row_and_by_its_id_alone(void **state)
{
    (void)state;
    static char id[FLOWS][33];
    for (unsigned forget = 0; forget < 2; forget++) {
        struct engine *en = two_workers();
        ids_of(en, id, forget);
        unsigned known = 0, asked = 0;
        for (uint32_t i = 0; i < FLOWS; i += 7) {
            char again[33];
            struct flow_place place;
            known += places_find(&en->places, id[i], &place);
            asked++;
            struct answer *a = ask_one(en, id[i]);
            assert_true(a->found);
            record_flow_id(a->records, again);
            assert_string_equal(again, id[i]);
            answer_free(a);
            assert_true(places_find(&en->places, id[i], &place)); /* the next time it is known */
            assert_true(place.slot);
        }
        /* Two ids may share a place of the table; then the later one is kept. */
        assert_true(forget ? known == 0 : known > asked / 2);
        engine_free(en);
    }
    assert_int_equal(mem_used(ACCOUNT_editions), 0);
}

static void test_a_flow_that_has_ended_is_not_taken_for_the_one_in_its_place(void **state)
{
    (void)state;
    static char id[FLOWS][33];
    struct engine *en = two_workers();
    ids_of(en, id, false);
    for (unsigned i = 0; i < WORKERS; i++) {
        struct worker *w = hand_worker(en, i);
        worker_time(w, (T0 + 1000) * SECOND);
        assert_int_equal(w->flows.hot.used, 0);
    }
    struct answer *a = ask_one(en, id[0]);
    assert_true(a->complete && !a->found);
    answer_free(a);
    /* Others begin in the same places. */
    static struct script s;
    for (uint32_t i = 0; i < 2 * FLOWS; i++)
        add_frame(&s, (struct one){.ts = (T0 + 1001) * SECOND + i,
                                   .src = 0x0b000000 + i,
                                   .dst = 0xc0000202,
                                   .sport = 1000,
                                   .dport = 80,
                                   .proto = 17});
    for (unsigned i = 0; i < WORKERS; i++) {
        struct script_source *source = (struct script_source *)hand_worker(en, i)->source;
        source->script = &s;
        source->at = 0;
        hand_read(hand_worker(en, i));
    }
    for (uint32_t i = 0; i < FLOWS; i++) {
        a = ask_one(en, id[i]);
        assert_true(a->complete && !a->found);
        answer_free(a);
    }
    engine_free(en);
}

int main(void)
{
    hash_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_flow_is_found_by_its_row_and_by_its_id_alone),
        cmocka_unit_test(test_a_flow_that_has_ended_is_not_taken_for_the_one_in_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
