/* test_edition.c - what a worker publishes against what it answers when asked at the same moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/hash.h"
#include "by_hand.h"
#include "engine/answer.h"
#include "engine/merge.h"

#include <cmocka.h>

enum { T0 = 1700000000, FLOWS = 6000, PAGE = 100 };

static nsec_t began = (nsec_t)T0 * SECOND;
static uint64_t dice = 7;

static uint32_t roll(uint32_t below)
{
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dice >> 33) % below;
}

/* Lets the live worker see n packets of some of the flows in a second. */
static void play(struct worker *w, uint32_t second, uint32_t flows, unsigned n)
{
    static struct script s;
    struct burst b = {0};
    for (unsigned i = 0; i < n; i += b.n) {
        s.n = 0;
        b.n = 0;
        b.now = began + second * SECOND + (nsec_t)i * 1000;
        for (unsigned k = 0; k < 50; k++) {
            uint32_t f = roll(flows);
            /* A tenth of the hosts is local, some of them talk to many. */
            add_frame(&s, (struct one){.ts = b.now + k,
                                       .src = (f % 10 ? 0xc6000000 : 0x0a000000) + f / 3,
                                       .dst = 0xc0000200 + f % 97,
                                       .sport = (uint16_t)(1000 + f % 3),
                                       .dport = 80,
                                       .proto = 17,
                                       .payload = (uint16_t)roll(100)});
            b.frame[b.n++] = (struct frame){.bytes = s.frame[k].bytes,
                                            .ts = b.now + k,
                                            .cap_len = s.frame[k].len,
                                            .wire_len = s.frame[k].wire,
                                            .link = 1};
        }
        worker_time(w, b.now);
        worker_burst(w, &b);
    }
}

static void close_and_publish(struct worker *w, uint32_t second)
{
    worker_time(w, began + second * SECOND);
    assert_true(w->editions.due);
    edition_publish(w);
}

/* The worker's own answer. */
static struct part *asked(struct worker *w, const struct question *q)
{
    struct part *p = mem_alloc(ACCOUNT_answers, sizeof *p);
    struct asking *as = mem_alloc(ACCOUNT_answers, sizeof *as);
    event_init(&as->done);
    atomic_store(&as->references, 1);
    p->question = *q;
    p->worker = w;
    p->asking = as;
    atomic_store(&p->references, 1);
    while (!part_step(p, 1000)) {
    }
    return p;
}

static void compare_flows(const struct answer *a, const struct answer *b)
{
    assert_int_equal(a->total, b->total);
    assert_int_equal(a->sum_bytes, b->sum_bytes);
    assert_int_equal(a->sum_packets, b->sum_packets);
    assert_int_equal(a->sum_bps, b->sum_bps);
    for (uint32_t i = 0; i < a->n; i++) {
        assert_int_equal(a->records[i].slot, b->records[i].slot);
        assert_int_equal(a->records[i].bps, b->records[i].bps);
        assert_int_equal(a->records[i].sent_bytes, b->records[i].sent_bytes);
    }
}

static void compare_hosts(const struct answer *a, const struct answer *b)
{
    assert_int_equal(a->total, b->total);
    for (uint32_t i = 0; i < a->n; i++)
        assert_memory_equal(&a->hosts[i], &b->hosts[i], sizeof *a->hosts);
}

static void compare_tops(const struct answer *a, const struct answer *b, bool by_host)
{
    assert_int_equal(a->total, b->total);
    for (uint32_t i = 0; i < a->n; i++) {
        assert_string_equal(a->tops[i].key, b->tops[i].key);
        assert_int_equal(a->tops[i].flows, b->tops[i].flows);
        assert_int_equal(a->tops[i].bps, b->tops[i].bps);
        assert_memory_equal(a->tops[i].bytes, b->tops[i].bytes, sizeof a->tops[i].bytes);
        assert_memory_equal(a->tops[i].packets, b->tops[i].packets, sizeof a->tops[i].packets);
        assert_true(!by_host || addr_equal(&a->tops[i].addr, &b->tops[i].addr));
    }
}

/* Both answers, ordered, as the asker gets them. Returns false when the edition has none. */
static bool same_answer(struct worker *w, const struct question *q)
{
    struct edition *ed = edition_get(w, w->now);
    assert_non_null(ed);
    struct answer_box *box = edition_answer(ed, q);
    edition_put(ed);
    if (!box)
        return false;
    struct part *p = asked(w, q);
    struct answer *part[2] = {&box->answer, &p->box->answer}, *a[2];
    for (unsigned i = 0; i < 2; i++)
        assert_non_null(a[i] = merge_answers(q, &part[i], 1));
    assert_int_equal(a[0]->n, a[1]->n);
    assert_int_equal(a[0]->now, a[1]->now);
    if (q->kind == QUESTION_FLOWS)
        compare_flows(a[0], a[1]);
    else if (q->kind == QUESTION_HOSTS)
        compare_hosts(a[0], a[1]);
    else if (q->kind == QUESTION_TOP)
        compare_tops(a[0], a[1], q->by_host);
    else
        assert_memory_equal(a[0]->totals, a[1]->totals, offsetof(struct totals_row, questions));
    for (unsigned i = 0; i < 2; i++)
        answer_free(a[i]);
    answer_free(&box->answer);
    part_put(p);
    return true;
}

static unsigned rankings; /* of hosts by their active flows, that were sure */

/* Every question that pages ask at once. Returns how many the edition could answer. */
static unsigned compare_all(struct worker *w)
{
    const struct field *flow_sort[] = {NULL, field_find("bytes"), field_find("bps")};
    const struct field *host_sort[] = {NULL, host_field_find("bytes"), host_field_find("bps")};
    unsigned same = same_answer(w, &(struct question){.kind = QUESTION_TOTALS});
    for (unsigned i = 0; i < 3; i++) {
        struct question q = {.kind = QUESTION_FLOWS, .sort = flow_sort[i], .limit = PAGE};
        same += same_answer(w, &q);
        q = (struct question){.kind = QUESTION_HOSTS,
                              .sort = host_sort[i],
                              .offset = 20,
                              .limit = PAGE,
                              .hosts_local = -1};
        same += same_answer(w, &q);
    }
    same += same_answer(
        w, &(struct question){.kind = QUESTION_TOP, .by = field_find("app"), .limit = 10});
    rankings +=
        same_answer(w, &(struct question){.kind = QUESTION_TOP, .by_host = true, .limit = 10});
    /* There may be too few local ones among the largest. */
    struct question q = {.kind = QUESTION_HOSTS, .sort = host_sort[2], .limit = 5};
    for (q.hosts_local = 0; q.hosts_local < 2; q.hosts_local++)
        same_answer(w, &q);
    return same;
}

static struct engine *live_worker(struct worker **w)
{
    static struct script none;
    struct engine_config c = hand_config();
    struct engine *en = hand_engine(&c, &none, 1, true);
    *w = hand_worker(en, 0);
    return en;
}

static void want(struct worker *w)
{
    atomic_store(&w->editions.wanted, EDITION_WANTED);
    atomic_store(&w->editions.talkers_wanted, EDITION_WANTED);
}

static void test_published_rows_and_sums_are_those_that_the_worker_gives_when_asked(void **state)
{
    (void)state;
    struct worker *w;
    struct engine *en = live_worker(&w);
    play(w, 0, FLOWS, 10000);
    want(w);
    close_and_publish(w, 1); /* rows begin with the pass after the first question */
    assert_false(same_answer(w, &(struct question){.kind = QUESTION_FLOWS, .limit = PAGE}));
    for (uint32_t t = 1; t < 30; t++) {
        want(w);
        /* Many, few and none; and silence in which whole seconds pass, and flows and hosts go. */
        uint32_t gap = t % 7 == 6 ? 3 : t == 20 ? 70 : 0;
        if (t % 5)
            play(w, t * 100 + 1, t % 3 ? FLOWS : 50, t % 3 ? 8000 : 100);
        close_and_publish(w, t * 100 + 2 + gap);
        for (uint32_t more = 0; t % 4 == 1 && more < 2; more++) {
            play(w, t * 100 + 2 + gap + more, 300, 500);
            close_and_publish(w, t * 100 + 3 + gap + more);
        }
        assert_int_equal(compare_all(w), 8);
    }
    assert_true(rankings > 5);
    engine_free(en);
    assert_int_equal(mem_used(ACCOUNT_editions), 0);
}

enum { READERS = 3, SECONDS = 60 };

struct reader {
    struct thread thread;
    struct worker *worker;
    _Atomic nsec_t *now;
    atomic_bool *enough;
    unsigned read, wrong;
};

/* Is the edition one moment's? Its rows are ordered and no larger than its sums. */
static bool is_sound(const struct edition *ed)
{
    const struct totals_row *t = &ed->totals;
    uint64_t bps = UINT64_MAX, bytes = 0;
    bool sound = t->ip_bytes == t->flow_bytes_active + t->flow_bytes_ended &&
                 t->wire_packets == t->packets[REASON_ipv4];
    for (uint32_t i = 0; ed->has_rows && i < ed->flows[EDITION_BY_BPS].n; i++) {
        const struct record *r = &ed->flow[ed->flows[EDITION_BY_BPS].row[i]];
        sound = sound && r->server_port == 80 && r->bps <= bps && r->last <= ed->now + SECOND;
        bps = r->bps;
        bytes += r->sent_bytes + r->rcvd_bytes;
    }
    return sound && bytes <= t->flow_bytes_active;
}

static void read_on(void *argument)
{
    struct reader *r = argument;
    while (!atomic_load(r->enough)) {
        struct edition *ed = edition_get(r->worker, atomic_load(r->now));
        if (!ed)
            continue;
        r->read++;
        r->wrong += !is_sound(ed);
        edition_put(ed);
    }
}

static void test_readers_see_whole_editions_while_the_worker_makes_new_ones(void **state)
{
    (void)state;
    struct worker *w;
    struct engine *en = live_worker(&w);
    struct reader reader[READERS] = {0};
    atomic_bool enough = false;
    _Atomic nsec_t now = began;
    struct err e = {""};
    for (unsigned i = 0; i < READERS; i++) {
        reader[i] = (struct reader){.worker = w, .now = &now, .enough = &enough};
        assert_true(thread_start(&reader[i].thread, "reader", read_on, &reader[i], &e));
    }
    for (uint32_t t = 0; t < SECONDS; t++) {
        want(w);
        play(w, t, 500, 200);
        atomic_store(&now, began + (t + 1) * SECOND);
        worker_time(w, began + (t + 1) * SECOND);
        edition_publish(w);
        clock_sleep(MILLISECOND / 4);
    }
    atomic_store(&enough, true);
    for (unsigned i = 0; i < READERS; i++) {
        thread_join(&reader[i].thread);
        assert_int_equal(reader[i].wrong, 0);
        assert_true(reader[i].read > 0);
    }
    for (unsigned i = 0; i < EDITION_SLOTS; i++)
        assert_int_equal(atomic_load(&w->editions.slot[i].readers), 0);
    engine_free(en);
}

static void test_a_slot_that_is_read_stays_as_it_is(void **state)
{
    (void)state;
    struct worker *w;
    struct engine *en = live_worker(&w);
    struct edition *held[EDITION_SLOTS] = {0};
    uint64_t packets[EDITION_SLOTS];
    play(w, 0, 100, 100);
    for (uint32_t t = 0; t < EDITION_SLOTS; t++) {
        play(w, t, 100, 100);
        close_and_publish(w, t + 1);
        assert_non_null(held[t] = edition_get(w, w->now));
        packets[t] = held[t]->totals.wire_packets;
    }
    /* All are held: the next second is not told, and nothing held is touched. */
    play(w, EDITION_SLOTS, 100, 100);
    close_and_publish(w, EDITION_SLOTS + 1);
    assert_ptr_equal(edition_get(w, w->now), held[EDITION_SLOTS - 1]);
    edition_put(held[EDITION_SLOTS - 1]);
    for (uint32_t t = 0; t < EDITION_SLOTS; t++) {
        assert_int_equal(held[t]->totals.wire_packets, packets[t]);
        edition_put(held[t]);
    }
    close_and_publish(w, EDITION_SLOTS + 2);
    struct edition *ed = edition_get(w, w->now);
    assert_true(ed->totals.wire_packets > packets[EDITION_SLOTS - 1]);
    edition_put(ed);
    assert_null(edition_get(w, w->now + EDITION_STALE * SECOND)); /* the worker may hang */
    edition_withdraw(w);
    assert_null(edition_get(w, w->now));
    engine_free(en);
}

enum { WORKERS = 3 };

/* Three workers that hear of the same hosts, have published, and run without a thread: whoever had
 * to ask them would wait in vain. */
static struct engine *published_workers(uint32_t flows)
{
    static struct script none;
    struct engine_config c = hand_config();
    struct engine *en = hand_engine(&c, &none, WORKERS, true);
    began = clock_wall() / SECOND * SECOND - 2 * SECOND;
    for (unsigned i = 0; i < WORKERS; i++) {
        struct worker *w = hand_worker(en, i);
        play(w, 0, flows, 5000);
        want(w);
        close_and_publish(w, 1);
        play(w, 1, flows, 5000);
        close_and_publish(w, 2);
    }
    return en;
}

static void set_states(struct engine *en, enum worker_state state)
{
    for (unsigned i = 0; i < WORKERS; i++)
        atomic_store(&hand_worker(en, i)->state, (int)state);
}

static uint64_t distinct_hosts(struct engine *en, bool local)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < WORKERS; i++) {
        const struct hosts *hs = &hand_worker(en, i)->hosts;
        for (uint32_t k = HOST_OTHERS + 1; k < hs->pool.top; k++) {
            const struct host *h = host_at(hs, k);
            bool first = h->first && (!local || h->is_local);
            for (unsigned j = 0; j < i && first; j++)
                first = !hosts_find(&hand_worker(en, j)->hosts, &h->addr, h->vlan);
            n += first;
        }
    }
    return n;
}

static void test_several_workers_count_their_hosts_together_published_or_asked(void **state)
{
    (void)state;
    struct engine *en = published_workers(900);
    uint64_t all = distinct_hosts(en, false), local = distinct_hosts(en, true);
    for (unsigned asked = 0; asked < 2; asked++) {
        set_states(en, asked ? WORKER_NEW : WORKER_RUNS);
        struct question q = {.kind = QUESTION_TOTALS, .iface = -1, .fresh = asked, .timeout = 1};
        struct answer *a = question_ask(en, &q);
        assert_true(a->complete);
        assert_int_equal(a->totals->workers, WORKERS);
        assert_int_equal(a->totals->hosts_active, all);
        assert_int_equal(a->totals->hosts_local, local);
        assert_true(a->totals->devices <= 256 + 97);
        answer_free(a);
    }
    set_states(en, WORKER_NEW);
    engine_free(en);
    assert_int_equal(mem_used(ACCOUNT_answers), 0);
    assert_int_equal(mem_used(ACCOUNT_editions), 0);
}

static void test_flows_of_several_workers_are_published_as_they_are_asked(void **state)
{
    (void)state;
    struct engine *en = published_workers(3000);
    struct answer *a[2];
    for (unsigned asked = 0; asked < 2; asked++) {
        set_states(en, asked ? WORKER_NEW : WORKER_RUNS);
        struct question q = {.kind = QUESTION_FLOWS,
                             .iface = 0,
                             .limit = 300,
                             .fresh = asked,
                             .sort = field_find("bps"),
                             .timeout = 1};
        a[asked] = question_ask(en, &q);
        assert_true(a[asked]->complete);
        assert_int_equal(a[asked]->n, 300);
    }
    compare_flows(a[0], a[1]);
    answer_free(a[0]);
    answer_free(a[1]);
    set_states(en, WORKER_NEW);
    engine_free(en);
}

static void test_a_sort_without_a_list_and_a_page_beyond_it_are_asked_for(void **state)
{
    (void)state;
    struct engine *en = published_workers(3000);
    set_states(en, WORKER_RUNS);
    const struct question needs[] = {
        {.kind = QUESTION_FLOWS, .limit = 10, .sort = field_find("last")},
        {.kind = QUESTION_FLOWS, .limit = 10, .ascending = true},
        {.kind = QUESTION_FLOWS, .limit = 10, .offset = EDITION_ROWS},
        {.kind = QUESTION_HOSTS, .limit = 10, .host_text = "10.", .hosts_local = -1},
    };
    for (unsigned i = 0; i < sizeof needs / sizeof *needs; i++) {
        struct edition *ed = edition_get(hand_worker(en, 0), clock_wall());
        assert_non_null(ed);
        assert_null(edition_answer(ed, &needs[i]));
        edition_put(ed);
    }
    set_states(en, WORKER_NEW);
    engine_free(en);
}

int main(void)
{
    struct err e = {""};
    hash_seed();
    locals_add(&hand_locals, "10.0.0.0/8", &e);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_rows_and_sums_are_those_that_the_worker_gives_when_asked),
        cmocka_unit_test(test_readers_see_whole_editions_while_the_worker_makes_new_ones),
        cmocka_unit_test(test_a_slot_that_is_read_stays_as_it_is),
        cmocka_unit_test(test_several_workers_count_their_hosts_together_published_or_asked),
        cmocka_unit_test(test_flows_of_several_workers_are_published_as_they_are_asked),
        cmocka_unit_test(test_a_sort_without_a_list_and_a_page_beyond_it_are_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
