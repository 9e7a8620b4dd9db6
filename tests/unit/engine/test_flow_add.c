/* test_flow_add.c - records of exporters become flows, and the sums close over them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "by_hand.h"
#include "engine/ledger.h"

#include <cmocka.h>

enum { LOCAL = 0xc0a80001, REMOTE = 0xc0000201 };

static const nsec_t now = 1700000000 * SECOND;

struct bench {
    struct script *script;
    struct engine *engine;
    struct worker *w;
};

static struct bench bench_new(bool dedup)
{
    struct engine_config c = hand_config();
    c.dedup = dedup;
    struct bench b = {.script = calloc(1, sizeof(struct script))};
    b.engine = hand_engine(&c, b.script, 1, true);
    b.w = hand_worker(b.engine, 0);
    worker_time(b.w, now);
    return b;
}

static void bench_free(struct bench *b)
{
    engine_free(b->engine);
    free(b->script);
}

static struct addr ip(uint32_t a)
{
    uint8_t four[4];
    put32(four, a);
    return addr_v4(four);
}

/* A minute of TCP that ended just now, src to dst. */
static struct flow_in record(uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport)
{
    return (struct flow_in){.src = ip(src),
                            .dst = ip(dst),
                            .src_port = sport,
                            .dst_port = dport,
                            .proto = 6,
                            .version = 4,
                            .first = now - 60 * SECOND,
                            .last = now,
                            .sampling = 1,
                            .bytes = {6000},
                            .packets = {60}};
}

static void add(struct bench *b, const struct flow_in *f, uint32_t exporter)
{
    struct addr a = ip(exporter);
    struct keyed k;
    flow_in_key(f, &k);
    flow_add(b->w, f, &k, &a, now);
}

static struct record only_flow(struct bench *b)
{
    struct record r;
    assert_int_equal(b->w->flows.hot.used, 1);
    flow_to_record(b->w, 1, false, &r);
    return r;
}

/* Everything that sums must be equal to. */
static void assert_closed(struct bench *b)
{
    struct totals_row t;
    struct ledger l;
    worker_totals(b->w, &t);
    t.received = t.wire_packets;
    ledger_fill(&l, &t);
    for (unsigned i = 0; i < l.n; i++)
        if (l.line[i].gap)
            fail_msg("%s %s: %lld", l.line[i].id, l.line[i].text, (long long)l.line[i].gap);
    uint64_t sent = 0, rcvd = 0, sizes = 0;
    for (uint32_t i = 1; i < b->w->hosts.pool.top; i++) {
        sent += host_at(&b->w->hosts, i)->bytes[SIDE_SENT];
        rcvd += host_at(&b->w->hosts, i)->bytes[SIDE_RCVD];
    }
    for (unsigned i = 0; i < SIZE_BINS; i++)
        sizes += t.sizes[i];
    assert_int_equal(sent, t.ip_bytes);
    assert_int_equal(rcvd, t.ip_bytes);
    assert_int_equal(sizes, t.ip_packets);
    assert_int_equal(t.l4[L4_TCP].bytes[0] + t.l4[L4_TCP].bytes[1], t.ip_bytes);
}

static uint64_t interface_bytes(struct bench *b, uint32_t exporter, uint32_t interface,
                                unsigned side)
{
    struct addr a = ip(exporter);
    uint32_t i = groups_get_exporter_if(&b->w->groups, &a, interface, now);
    return group_at(&b->w->groups, i)->traffic.bytes[side];
}

static void test_both_ways_of_a_flow_meet_and_the_client_is_who_asked(void **state)
{
    struct bench b = bench_new(true);
    struct flow_in answer = record(REMOTE, 443, LOCAL, 50000),
                   ask = record(LOCAL, 50000, REMOTE, 443);
    answer.bytes[0] = 90000;
    answer.src_as = 15169;
    answer.in_if = 7;
    answer.out_if = 3;
    add(&b, &answer, 1);
    add(&b, &ask, 1);
    struct record r = only_flow(&b);
    assert_int_equal(r.client_port, 50000);
    assert_int_equal(r.client_reason, CLIENT_PORT);
    assert_int_equal(r.sent_bytes, 6000);
    assert_int_equal(r.rcvd_bytes, 90000);
    assert_int_equal(r.server_as, 15169);
    /* The first record was about the server's packets: they came in by 7. */
    assert_int_equal(r.in_if, 3);
    assert_int_equal(r.out_if, 7);
    assert_int_equal(interface_bytes(&b, 1, 7, 0), 90000);
    assert_int_equal(interface_bytes(&b, 1, 3, 1), 90000);
    assert_closed(&b);
    bench_free(&b);
}

static void test_a_biflow_counts_both_ways_and_its_source_is_the_client(void **state)
{
    struct bench b = bench_new(true);
    struct flow_in f = record(LOCAL, 22, REMOTE, 40000);
    f.flags = FLOW_IN_REVERSE | FLOW_IN_INITIATOR;
    f.bytes[1] = 1200;
    f.packets[1] = 3;
    add(&b, &f, 1);
    struct record r = only_flow(&b);
    assert_int_equal(r.client_port, 22);
    assert_int_equal(r.client_reason, CLIENT_INITIATOR);
    assert_int_equal(r.rcvd_bytes, 1200);
    assert_int_equal(r.rcvd_packets, 3);
    assert_closed(&b);
    bench_free(&b);
}

static void test_sampled_counters_are_scaled_and_raw_ones_kept(void **state)
{
    struct bench b = bench_new(true);
    struct flow_in f = record(LOCAL, 50000, REMOTE, 443);
    f.sampling = 4000000;
    f.sampling_source = SAMPLING_OPTIONS;
    add(&b, &f, 1);
    struct record r = only_flow(&b);
    assert_true(r.sent_bytes == 24000000000u);
    assert_int_equal(r.sent_packets, 240000000);
    assert_int_equal(r.raw_sent_bytes, 6000);
    assert_int_equal(r.raw_sent_packets, 60);
    assert_int_equal(r.sampling, 4000000);
    assert_int_equal(r.sampling_source, SAMPLING_OPTIONS);
    assert_closed(&b);
    bench_free(&b);
}

static void test_totals_count_what_is_new_and_a_restarted_one_counts_whole(void **state)
{
    struct bench b = bench_new(true);
    struct flow_in f = record(LOCAL, 50000, REMOTE, 443);
    f.flags = FLOW_IN_TOTALS;
    add(&b, &f, 1);
    f.bytes[0] = 9000;
    f.packets[0] = 70;
    add(&b, &f, 1);
    add(&b, &f, 1);
    assert_int_equal(only_flow(&b).sent_bytes, 9000);
    assert_int_equal(only_flow(&b).sent_packets, 70);
    f.bytes[0] = 100;
    f.packets[0] = 1;
    add(&b, &f, 1);
    assert_int_equal(only_flow(&b).sent_bytes, 9100);
    assert_closed(&b);
    bench_free(&b);
}

/* As an ASA does it: 2557 and 31 octets in updates, then all 2588 again at the teardown. */
static void test_parts_of_a_total_are_not_counted_again_at_the_connections_end(void **state)
{
    struct bench b = bench_new(true);
    struct flow_in f = record(LOCAL, 50000, REMOTE, 443);
    f.kind = FLOW_IN_EVENT;
    f.flags = FLOW_IN_INITIATOR | FLOW_IN_PART;
    f.bytes[0] = 2557;
    f.packets[0] = 20;
    add(&b, &f, 1);
    f.bytes[0] = 31;
    f.packets[0] = 1;
    add(&b, &f, 1);
    f.flags = FLOW_IN_INITIATOR | FLOW_IN_TOTALS | FLOW_IN_FINAL;
    f.bytes[0] = 2588;
    f.packets[0] = 21;
    add(&b, &f, 1);
    assert_int_equal(only_flow(&b).sent_bytes, 2588);
    assert_int_equal(only_flow(&b).sent_packets, 21);
    /* The next connection of the same ports is short, and told by its teardown alone. */
    f.bytes[0] = 3000;
    f.packets[0] = 22;
    add(&b, &f, 1);
    assert_int_equal(only_flow(&b).sent_bytes, 5588);
    assert_closed(&b);
    bench_free(&b);
}

static void test_a_flow_on_two_routers_counts_once_and_has_a_path(void **state)
{
    struct bench b = bench_new(true);
    struct flow_in f = record(LOCAL, 50000, REMOTE, 443);
    add(&b, &f, 1);
    add(&b, &f, 2);
    struct record r = only_flow(&b);
    assert_int_equal(r.sent_bytes, 6000);
    assert_int_equal(r.exporters, 2);
    struct addr first = ip(1);
    assert_true(addr_equal(&r.exporter, &first));
    assert_int_equal(counter_get(&b.w->reasons[REASON_record_dup]), 1);
    /* The next minute is news, whoever tells it first. */
    f.first = now;
    f.last = now + 60 * SECOND;
    add(&b, &f, 2);
    add(&b, &f, 1);
    assert_int_equal(only_flow(&b).sent_bytes, 12000);
    assert_int_equal(counter_get(&b.w->reasons[REASON_record_dup]), 2);
    assert_closed(&b);
    bench_free(&b);
}

static void test_a_router_that_meters_both_its_sides_counts_once(void **state)
{
    struct bench b = bench_new(true);
    struct flow_in in = record(LOCAL, 50000, REMOTE, 443), out = in;
    in.direction = 1;
    out.direction = 2;
    out.domain = 9; /* of another line card */
    out.first += SECOND / 100;
    for (unsigned minute = 0; minute < 3; minute++) {
        add(&b, &in, 1);
        add(&b, &out, 1);
        in.first = in.last;
        in.last += 60 * SECOND;
        out.first = out.last;
        out.last += 60 * SECOND;
    }
    assert_int_equal(only_flow(&b).sent_bytes, 18000);
    assert_int_equal(counter_get(&b.w->reasons[REASON_record_dup]), 3);
    /* Nor do its interfaces count it twice. */
    assert_int_equal(interface_bytes(&b, 1, 0, 0), 18000);
    assert_closed(&b);
    bench_free(&b);
}

static void test_two_routers_that_see_one_way_each_both_count(void **state)
{
    struct bench b = bench_new(true);
    struct flow_in ask = record(LOCAL, 50000, REMOTE, 443),
                   answer = record(REMOTE, 443, LOCAL, 50000);
    add(&b, &ask, 1);
    add(&b, &answer, 2);
    assert_int_equal(only_flow(&b).rcvd_bytes, 6000);
    assert_int_equal(counter_get(&b.w->reasons[REASON_record_dup]), 0);
    bench_free(&b);
}

static void test_without_dedup_all_are_added(void **state)
{
    struct bench b = bench_new(false);
    struct flow_in f = record(LOCAL, 50000, REMOTE, 443);
    add(&b, &f, 1);
    add(&b, &f, 2);
    assert_int_equal(only_flow(&b).sent_bytes, 12000);
    assert_closed(&b);
    bench_free(&b);
}

/* The next minute of the same tuple. */
static struct flow_in next_of(const struct flow_in *f)
{
    struct flow_in next = *f;
    next.first = f->last + SECOND;
    next.last = next.first + 60 * SECOND;
    return next;
}

static void test_a_flow_told_in_pieces_is_one_and_what_comes_after_its_end_another(void **state)
{
    struct bench b = bench_new(true);
    struct flow_in f = record(LOCAL, 1000, REMOTE, 443), next;
    f.end_reason = END_ACTIVE;
    add(&b, &f, 1);
    next = next_of(&f);
    next.end_reason = END_IDLE;
    add(&b, &next, 1);
    assert_int_equal(b.w->tally.flows_created, 1);
    struct flow_in answer = record(REMOTE, 443, LOCAL, 1000);
    answer.first = next.last + SECOND;
    answer.last = answer.first + SECOND;
    add(&b, &answer, 1); /* the other way of the same flow, told in a record of its own */
    assert_int_equal(b.w->tally.flows_created, 1);
    next = next_of(&next);
    add(&b, &next, 1);
    assert_int_equal(b.w->tally.flows_created, 2);
    assert_closed(&b);
    bench_free(&b);
}

static void test_another_name_is_another_flow(void **state)
{
    struct bench b = bench_new(true);
    struct flow_in f = record(LOCAL, 1000, REMOTE, 443);
    f.flow_id = 5;
    f.end_reason = END_IDLE;
    add(&b, &f, 1);
    f = next_of(&f);
    add(&b, &f, 1);
    assert_int_equal(b.w->tally.flows_created, 1);
    f = next_of(&f);
    f.flow_id = 6;
    add(&b, &f, 1);
    assert_int_equal(b.w->tally.flows_created, 2);
    assert_closed(&b);
    bench_free(&b);
}

static void test_a_probe_that_recognised_nothing_is_not_guessed_over(void **state)
{
    struct bench b = bench_new(true);
    struct flow_in f = record(LOCAL, 1000, REMOTE, 443);
    struct flow_in_names names = {.http_code = 404};
    f.flags = FLOW_IN_APP;
    f.names = &names;
    tail_set(&names.tail, STRING_sni, "a.example", 9);
    add(&b, &f, 1);
    struct record r = only_flow(&b);
    size_t len;
    assert_int_equal(r.l7_app, 0);
    assert_int_equal(r.confidence, CONFIDENCE_NONE);
    assert_int_equal(r.http_code, 404);
    assert_memory_equal(tail_get(&r.tail, STRING_sni, &len), "a.example", 9);
    bench_free(&b);
}

static void test_bytes_lie_in_the_seconds_in_which_they_were(void **state)
{
    struct bench b = bench_new(true);
    uint32_t tick = (uint32_t)(now / SECOND);
    struct flow_in f = record(LOCAL, 50000, REMOTE, 443);
    f.bytes[0] = 6007;
    f.last = now + SECOND / 2;
    f.first = f.last - 60 * SECOND;
    add(&b, &f, 1);
    worker_time(b.w, now + SECOND);
    uint64_t sum = 0, middle = series_get(&b.w->series, tick - 30, SERIES_INTERNAL);
    for (uint32_t t = tick - 60; t <= tick; t++)
        sum += series_get(&b.w->series, t, SERIES_INTERNAL);
    assert_int_equal(sum, 6007);
    assert_in_range(middle, 99, 101);
    assert_in_range(series_get(&b.w->series, tick, SERIES_INTERNAL), 49, 110);
    assert_int_equal(only_flow(&b).peak_bps, 6007 / 60 * 8);
    bench_free(&b);
}

static void test_a_record_without_traffic_or_addresses_is_told_and_makes_no_flow(void **state)
{
    struct bench b = bench_new(true);
    struct flow_in f = record(LOCAL, 50000, REMOTE, 443);
    f.bytes[0] = f.packets[0] = 0;
    add(&b, &f, 1);
    f = (struct flow_in){.bytes = {77}, .packets = {1}, .sampling = 1};
    add(&b, &f, 1);
    assert_int_equal(b.w->flows.hot.used, 0);
    assert_int_equal(counter_get(&b.w->reasons[REASON_record_empty]), 1);
    assert_int_equal(counter_get(&b.w->reasons[REASON_record_without_ip]), 1);
    bench_free(&b);
}

static void test_a_flow_lives_while_its_exporter_tells_of_the_past(void **state)
{
    struct bench b = bench_new(true);
    struct flow_in f = record(LOCAL, 50000, REMOTE, 443);
    f.first = now - 300 * SECOND;
    f.last = now - 200 * SECOND;
    add(&b, &f, 1);
    worker_time(b.w, now + 30 * SECOND);
    assert_int_equal(b.w->flows.hot.used, 1);
    worker_time(b.w, now + 62 * SECOND);
    assert_int_equal(b.w->flows.hot.used, 0);
    bench_free(&b);
}

static void test_a_sampled_frame_stands_for_many(void **state)
{
    struct bench b = bench_new(true);
    add_frame(b.script, (struct one){.ts = now,
                                     .src = LOCAL,
                                     .dst = REMOTE,
                                     .sport = 50000,
                                     .dport = 443,
                                     .proto = 6,
                                     .flags = TCP_SYN,
                                     .payload = 0});
    struct frame frame = {.bytes = b.script->frame[0].bytes,
                          .ts = now,
                          .cap_len = b.script->frame[0].len,
                          .wire_len = b.script->frame[0].wire,
                          .link = 1};
    struct flow_in f = {.sampling = 512, .sampling_source = SAMPLING_HEADER, .in_if = 4};
    struct addr agent = ip(9);
    flow_add_frame(b.w, &frame, &f, &agent, now);
    struct record r = only_flow(&b);
    assert_int_equal(r.sent_packets, 512);
    assert_int_equal(r.sent_bytes, 512 * r.raw_sent_bytes);
    assert_int_equal(r.raw_sent_packets, 1);
    assert_int_equal(r.client_reason, CLIENT_SYN);
    assert_int_equal(interface_bytes(&b, 9, 4, 0), r.sent_bytes);
    assert_closed(&b);
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways_of_a_flow_meet_and_the_client_is_who_asked),
        cmocka_unit_test(test_a_biflow_counts_both_ways_and_its_source_is_the_client),
        cmocka_unit_test(test_sampled_counters_are_scaled_and_raw_ones_kept),
        cmocka_unit_test(test_totals_count_what_is_new_and_a_restarted_one_counts_whole),
        cmocka_unit_test(test_parts_of_a_total_are_not_counted_again_at_the_connections_end),
        cmocka_unit_test(test_a_flow_on_two_routers_counts_once_and_has_a_path),
        cmocka_unit_test(test_a_router_that_meters_both_its_sides_counts_once),
        cmocka_unit_test(test_two_routers_that_see_one_way_each_both_count),
        cmocka_unit_test(test_without_dedup_all_are_added),
        cmocka_unit_test(test_a_flow_told_in_pieces_is_one_and_what_comes_after_its_end_another),
        cmocka_unit_test(test_another_name_is_another_flow),
        cmocka_unit_test(test_a_probe_that_recognised_nothing_is_not_guessed_over),
        cmocka_unit_test(test_bytes_lie_in_the_seconds_in_which_they_were),
        cmocka_unit_test(test_a_record_without_traffic_or_addresses_is_told_and_makes_no_flow),
        cmocka_unit_test(test_a_flow_lives_while_its_exporter_tells_of_the_past),
        cmocka_unit_test(test_a_sampled_frame_stands_for_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
