/* test_handover.c - records meet at the worker of their flow, whoever heard their exporters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/ledger.h"
#include "engine/merge.h"
#include "export_bench.h"

#include <cmocka.h>

enum { WORKERS = 2, CLIENT = 0xc0a80001, SERVER = 0xc0000201 };

static struct v5_flow flow_of(uint32_t client)
{
    return (struct v5_flow){.src = client,
                            .dst = SERVER,
                            .sport = 50000,
                            .dport = 443,
                            .bytes = 6000,
                            .packets = 10,
                            .in_if = 3,
                            .out_if = 7};
}

/* A client whose flow to the server belongs to this worker. */
static uint32_t client_of(unsigned worker)
{
    struct packet p = {.version = 4, .dst = hand_ip(SERVER)};
    uint32_t client = CLIENT;
    for (;; client++) {
        p.src = hand_ip(client);
        if (key_spread(&p) % WORKERS == worker)
            return client;
    }
}

static void hear_flow(struct bench *b, unsigned worker, uint32_t from, uint32_t client,
                      uint32_t sequence)
{
    struct v5_flow f = flow_of(client);
    struct message_bytes m = v5_message(now, sequence, &f);
    hear(hand_worker(b->engine, worker), from, now, &m);
}

static void hand_over(struct bench *b)
{
    for (unsigned i = 0; i < WORKERS; i++)
        handover_flush(hand_worker(b->engine, i));
    for (unsigned i = 0; i < WORKERS; i++)
        handover_take(hand_worker(b->engine, i));
}

static struct totals_row totals_of(struct bench *b)
{
    struct totals_row t, more;
    worker_totals(hand_worker(b->engine, 0), &t);
    worker_totals(hand_worker(b->engine, 1), &more);
    totals_add(&t, &more);
    t.received = t.wire_packets;
    return t;
}

static void assert_closed(const struct totals_row *t)
{
    struct ledger l;
    ledger_fill(&l, t);
    for (unsigned i = 0; i < l.n; i++)
        if (l.line[i].gap)
            fail_msg("%s %s: %lld", l.line[i].id, l.line[i].text, (long long)l.line[i].gap);
}

static void test_a_flow_on_routers_of_two_workers_is_one_with_a_path(void **state)
{
    struct bench b = bench_new(WORKERS);
    uint32_t client = client_of(1);
    hear_flow(&b, 0, 1, client, 1);
    hear_flow(&b, 1, 2, client, 1);
    hand_over(&b);
    assert_int_equal(hand_worker(b.engine, 0)->flows.hot.used, 0);
    assert_int_equal(hand_worker(b.engine, 1)->flows.hot.used, 1);
    struct question q = {.kind = QUESTION_FLOWS, .iface = -1, .limit = 10, .hosts_local = -1};
    struct answer *a = question_ask(b.engine, &q);
    assert_int_equal(a->n, 1);
    assert_int_equal(a->records[0].sent_bytes, 6000);
    assert_int_equal(a->records[0].exporters, 2);
    struct question one = {.kind = QUESTION_FLOW, .iface = -1};
    record_flow_id(&a->records[0], one.flow_id);
    answer_free(a);
    a = question_ask(b.engine, &one);
    /* The second worker's own came first. */
    struct addr first = hand_ip(2), second = hand_ip(1);
    assert_int_equal(a->hops, 2);
    assert_true(addr_equal(&a->hop[0].exporter, &first));
    assert_true(addr_equal(&a->hop[1].exporter, &second));
    answer_free(a);
    struct totals_row t = totals_of(&b);
    assert_int_equal(t.packets[REASON_record_dup], 1);
    assert_int_equal(t.records_counted, 1);
    assert_int_equal(t.records_accepted, 2);
    assert_closed(&t);
    bench_free(&b);
}

static void
test_a_flow_that_is_looked_at_shows_its_record_though_another_worker_heard_it(void **state)
{
    struct bench b = bench_new(WORKERS);
    uint32_t client = client_of(1);
    hear_flow(&b, 0, 1, client, 1);
    hand_over(&b);
    struct question q = {.kind = QUESTION_FLOWS, .iface = -1, .limit = 1, .hosts_local = -1};
    struct answer *a = question_ask(b.engine, &q);
    assert_int_equal(a->n, 1);
    struct question one = {.kind = QUESTION_FLOW, .iface = -1};
    record_flow_id(a->records, one.flow_id);
    answer_free(a);
    a = question_ask(b.engine, &one); /* from now on it is looked at */
    assert_null(a->latest);
    answer_free(a);
    hear_flow(&b, 0, 1, client, 2);
    hand_over(&b);
    a = question_ask(b.engine, &one);
    struct addr exporter = hand_ip(1);
    assert_non_null(a->latest);
    assert_true(addr_equal(&a->latest->exporter, &exporter));
    assert_non_null(strstr(a->latest->fields, "6000"));
    answer_free(a);
    bench_free(&b);
}

static void test_an_exporter_s_row_has_the_traffic_that_another_worker_counted(void **state)
{
    struct bench b = bench_new(WORKERS);
    hear_flow(&b, 0, 1, client_of(1), 1);
    hear_flow(&b, 0, 1, client_of(0), 2);
    hand_over(&b);
    struct question q = {.kind = QUESTION_EXPORTER, .iface = -1, .addr = hand_ip(1)};
    struct answer *a = question_ask(b.engine, &q);
    assert_int_equal(a->n, 1);
    assert_int_equal(a->exporters[0].row.datagrams, 2);
    assert_int_equal(a->exporters[0].bytes, 12000);
    assert_int_equal(a->exporters[0].told.records, 2);
    assert_int_equal(a->exporter.interfaces, 2);
    assert_int_equal(a->exporter.interface[0].traffic.bytes[0], 12000);
    answer_free(a);
    bench_free(&b);
}

static void test_records_on_their_way_are_nobody_s_and_the_ledger_closes(void **state)
{
    struct bench b = bench_new(WORKERS);
    hear_flow(&b, 0, 1, client_of(1), 1);
    struct totals_row t = totals_of(&b);
    assert_int_equal(t.records_taken, 0);
    assert_closed(&t);
    hand_over(&b);
    t = totals_of(&b);
    assert_int_equal(t.records_taken, 1);
    assert_int_equal(t.records_counted, 1);
    assert_closed(&t);
    bench_free(&b);
}

static void test_what_an_owner_never_takes_is_told_and_closes(void **state)
{
    enum { SENT = 1000 };
    struct bench b = bench_new(WORKERS);
    uint32_t client = client_of(1);
    /* As many as fit into the parcels there are; the first beyond waits in vain, and so do the rest. */
    unsigned heard = 0;
    struct worker *w = hand_worker(b.engine, 0);
    while (heard < SENT && !counter_get(&w->reasons[REASON_record_crowded]))
        hear_flow(&b, 0, 1, client, ++heard);
    assert_true(heard < SENT);
    /* Nobody waits for the next ones, which would take minutes. */
    for (unsigned i = 1; i < SENT; i++)
        hear_flow(&b, 0, 1, client, ++heard);
    hand_over(&b);
    struct totals_row t = totals_of(&b);
    assert_int_equal(t.packets[REASON_record_crowded], SENT);
    assert_int_equal(t.records_counted, heard - SENT);
    assert_closed(&t);
    /* Parcels that have come back are used again. */
    hear_flow(&b, 0, 1, client, heard + 1);
    hand_over(&b);
    t = totals_of(&b);
    assert_int_equal(t.packets[REASON_record_crowded], SENT);
    assert_int_equal(t.records_counted, heard + 1 - SENT);
    bench_free(&b);
}

static void test_a_sampled_packet_is_counted_and_looked_into_by_its_owner(void **state)
{
    struct bench b = bench_new(WORKERS);
    uint32_t client = client_of(1);
    struct script *s = calloc(1, sizeof *s);
    add_frame(s, (struct one){.ts = now,
                              .src = client,
                              .dst = SERVER,
                              .sport = 50000,
                              .dport = 443,
                              .proto = 6,
                              .flags = TCP_SYN,
                              .payload = 10});
    struct frame frame = {.bytes = s->frame[0].bytes,
                          .ts = now,
                          .cap_len = s->frame[0].len,
                          .wire_len = s->frame[0].wire,
                          .link = 1};
    const struct flow_in f = {.sampling = 512, .sampling_source = SAMPLING_HEADER, .in_if = 4};
    struct addr agent = hand_ip(9);
    struct worker *w = hand_worker(b.engine, 0);
    w->tally.taken++; /* by the collector */
    flow_add_frame(w, &frame, &f, &agent, now);
    free(s);
    hand_over(&b);
    struct record r;
    struct worker *owner = hand_worker(b.engine, 1);
    assert_int_equal(owner->flows.hot.used, 1);
    flow_to_record(owner, 1, false, &r);
    assert_int_equal(r.sent_packets, 512);
    assert_int_equal(r.client_reason, CLIENT_SYN);
    assert_int_equal(r.in_if, 4);
    struct totals_row t = totals_of(&b);
    assert_closed(&t);
    bench_free(&b);
}

/* A live collector's source: messages of one exporter, of as many clients, as fast as they are taken. */
enum { MESSAGES = 3000, BATCH = 50 };

struct talking {
    struct source base;
    unsigned number, said;
    struct message_bytes message[BATCH];
    struct datagram datagram[BATCH];
};

static enum source_result talk(struct source *base, struct burst *b, int timeout_ms)
{
    struct talking *s = (struct talking *)base;
    (void)timeout_ms;
    b->n = 0;
    b->now = now;
    b->datagram = s->datagram;
    for (; b->n < BATCH && s->said < MESSAGES; b->n++, s->said++) {
        struct v5_flow f = flow_of(CLIENT + s->said % 500);
        s->message[b->n] = v5_message(now, s->said, &f);
        s->datagram[b->n] = (struct datagram){.bytes = s->message[b->n].at,
                                              .len = s->message[b->n].len,
                                              .from = hand_ip(1 + s->number),
                                              .received = now};
        counter_add(&s->base.counts.received, 1);
    }
    if (!b->n)
        clock_sleep(MILLISECOND);
    return b->n ? SOURCE_OK : SOURCE_IDLE;
}

static struct source *talking_open(unsigned number)
{
    static const struct source_ops ops = {talk, script_wake, script_close};
    struct talking *s = calloc(1, sizeof *s);
    s->base.ops = &ops;
    s->base.is_collector = true;
    s->number = number;
    memcpy(s->base.name, "talking", 8);
    return &s->base;
}

static bool all_taken(struct engine *en, unsigned workers)
{
    struct question q = {.kind = QUESTION_TOTALS, .iface = -1, .fresh = true};
    struct answer *a = question_ask(en, &q);
    bool all = a->totals && a->totals->records_taken == (uint64_t)workers * MESSAGES;
    answer_free(a);
    return all;
}

static void test_three_workers_hand_over_while_they_run_and_nothing_is_lost(void **state)
{
    enum { THREE = 3 };
    struct engine_config c = hand_config();
    struct err e = {""};
    struct engine *en = engine_new(&c, &e); /* without dedup: all is added */
    struct source *source[THREE];
    for (unsigned i = 0; i < THREE; i++)
        source[i] = talking_open(i);
    assert_int_equal(engine_add_interface(en, "talking", source, THREE, NULL, &e), 0);
    assert_true(engine_start(en, &e));
    for (unsigned ms = 0; ms < 20000 && !all_taken(en, THREE); ms++)
        clock_sleep(MILLISECOND);
    engine_stop(en);
    struct question q = {.kind = QUESTION_TOTALS, .iface = -1};
    struct answer *a = question_ask(en, &q);
    assert_int_equal(a->totals->records, THREE * MESSAGES);
    assert_int_equal(a->totals->records_taken, THREE * MESSAGES);
    assert_int_equal(a->totals->packets[REASON_record_crowded], 0);
    assert_int_equal(a->totals->ip_bytes, 6000ull * THREE * MESSAGES);
    assert_int_equal(a->totals->flows_created, 500);
    assert_closed(a->totals);
    answer_free(a);
    engine_free(en);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_flow_on_routers_of_two_workers_is_one_with_a_path),
        cmocka_unit_test(
            test_a_flow_that_is_looked_at_shows_its_record_though_another_worker_heard_it),
        cmocka_unit_test(test_an_exporter_s_row_has_the_traffic_that_another_worker_counted),
        cmocka_unit_test(test_records_on_their_way_are_nobody_s_and_the_ledger_closes),
        cmocka_unit_test(test_what_an_owner_never_takes_is_told_and_closes),
        cmocka_unit_test(test_a_sampled_packet_is_counted_and_looked_into_by_its_owner),
        cmocka_unit_test(test_three_workers_hand_over_while_they_run_and_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
