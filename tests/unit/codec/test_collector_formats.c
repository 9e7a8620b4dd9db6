/* test_collector_formats.c - messages of exporters become flows: formats, counters, times, sampling. */
#include "codec/collector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "messages.h"

#define NOON_S 1500000000u

static struct collector *c;

static int setup(void **state)
{
    struct err e;
    c = collector_new(&(struct collector_config){0}, &message_ops, NULL, &e);
    forget_told();
    return !c;
}

/* Equation L4 holds after every test. */
static int teardown(void **state)
{
    const struct collector_counts *k = collector_counts(c);
    uint64_t sum = counter_get(&k->accepted);
    for (unsigned i = 0; i < LOSSES; i++)
        sum += loss_table[i].group == LOSS_NOTE ? 0 : counter_get(&k->loss[i]);
    bool closes = counter_get(&k->records) == sum;
    collector_free(c);
    return !closes;
}

static uint64_t lost(enum loss loss)
{
    return counter_get(&collector_counts(c)->loss[loss]);
}

static struct exporter_row exporter_row_0(void)
{
    struct exporter_row row = {.first = 0};
    assert_true(collector_exporter(c, 0, &row));
    return row;
}

static void assert_addr(const struct addr *a, const char *text)
{
    char got[ADDR_TEXT];
    addr_print(a, got);
    assert_string_equal(got, text);
}

static struct message_bytes v5_message(unsigned count, unsigned records, uint32_t sequence)
{
    struct message_bytes m = {.len = 0};
    put(&m, 5, 2);
    put(&m, count, 2);
    put(&m, 600000, 4); /* uptime */
    put(&m, NOON_S, 4);
    put(&m, 500000000, 4); /* and a half second */
    put(&m, sequence, 4);
    put(&m, 0x0102, 2); /* engine */
    put(&m, 1 << 14 | 100, 2);
    for (unsigned i = 0; i < records; i++) {
        put(&m, 0x0a000001 + i, 4);
        put(&m, 0xc0a80001, 4);
        put(&m, 0x0a0000fe, 4);
        put(&m, 3, 2);
        put(&m, 4, 2);
        put(&m, 10, 4);   /* packets */
        put(&m, 1500, 4); /* octets */
        put(&m, 590000, 4);
        put(&m, 599000, 4);
        put(&m, 1024 + i, 2);
        put(&m, 443, 2);
        put(&m, 0, 1);
        put(&m, 0x1b, 1);
        put(&m, 6, 1);
        put(&m, 0x20, 1);
        put(&m, 64500, 2);
        put(&m, 64501, 2);
        put(&m, 24, 1);
        put(&m, 16, 1);
        put(&m, 0, 2);
    }
    return m;
}

static void
test_a_netflow_5_record_is_a_flow_with_its_own_times_and_the_rate_of_the_header(void **state)
{
    struct message_bytes m = v5_message(2, 2, 1000);
    take(c, &m);
    assert_int_equal(told.flows, 2);
    const struct flow_in *f = &told.flow[1];
    assert_addr(&f->src, "10.0.0.2");
    assert_addr(&f->dst, "192.168.0.1");
    assert_addr(&f->next_hop, "10.0.0.254");
    assert_int_equal(f->src_port, 1025);
    assert_int_equal(f->dst_port, 443);
    assert_int_equal(f->proto, 6);
    assert_int_equal(f->version, 4);
    assert_int_equal(f->bytes[0], 1500);
    assert_int_equal(f->packets[0], 10);
    assert_int_equal(f->bytes[1], 0);
    assert_int_equal(f->in_if, 3);
    assert_int_equal(f->out_if, 4);
    assert_int_equal(f->tcp_flags[0], 0x1b);
    assert_int_equal(f->tos[0], 0x20);
    assert_int_equal(f->src_as, 64500);
    assert_int_equal(f->dst_mask, 16);
    assert_int_equal(f->first, NOON + 500 * MILLISECOND - 10 * SECOND);
    assert_int_equal(f->last, NOON + 500 * MILLISECOND - SECOND);
    assert_int_equal(f->sampling, 100);
    assert_int_equal(f->sampling_source, SAMPLING_HEADER);
}

static void test_records_that_a_header_counts_but_does_not_bring_are_lost_by_name(void **state)
{
    struct message_bytes m = v5_message(5, 2, 0);
    m.len -= 1;
    take(c, &m);
    assert_int_equal(told.flows, 1);
    assert_int_equal(counter_get(&collector_counts(c)->records), 5);
    assert_int_equal(lost(LOSS_record_cut), 4);
}

static const struct field_row plain_rows[] = {{0, 8, 4},  {0, 12, 4}, {0, 7, 2}, {0, 11, 2},
                                              {0, 4, 1},  {0, 1, 4},  {0, 2, 4}, {0, 22, 4},
                                              {0, 21, 4}, {0, 0, 0}};

static void put_plain_template(struct message_bytes *m)
{
    open_set(m, 0);
    put_template(m, 300, plain_rows);
    close_set(m);
}

static void put_plain_data(struct message_bytes *m, uint32_t first, uint32_t last)
{
    open_set(m, 300);
    put(m, 0x0a000001, 4);
    put(m, 0x0a000002, 4);
    put(m, 5353, 2);
    put(m, 53, 2);
    put(m, 17, 1);
    put(m, 777, 4);
    put(m, 7, 4);
    put(m, first, 4);
    put(m, last, 4);
    put(m, 0, 3); /* padding */
    close_set(m);
}

static void test_a_template_and_its_data_make_a_flow_and_padding_makes_none(void **state)
{
    struct message_bytes m = v9_message(100000, NOON_S, 1);
    put_plain_template(&m);
    put_plain_data(&m, 90000, 99000);
    take(c, &m);
    assert_int_equal(told.flows, 1);
    assert_int_equal(told.flow[0].bytes[0], 777);
    assert_int_equal(told.flow[0].packets[0], 7);
    assert_int_equal(told.flow[0].domain, 7);
    assert_int_equal(told.flow[0].first, NOON - 10 * SECOND);
    assert_int_equal(told.flow[0].last, NOON - SECOND);
    assert_true(told.flow[0].flags & FLOW_IN_HAS_TIMES);
}

static void test_data_before_its_template_waits_and_keeps_its_own_times(void **state)
{
    struct message_bytes m = v9_message(100000, NOON_S, 1);
    put_plain_data(&m, 90000, 99000);
    take(c, &m);
    assert_int_equal(told.flows, 0);
    m = v9_message(130000, NOON_S + 30, 2);
    put_plain_template(&m);
    take_at(c, &m, NOON + 30 * SECOND);
    assert_int_equal(told.flows, 1);
    assert_int_equal(told.flow[0].first, NOON - 10 * SECOND);
    assert_int_equal(told.flow[0].last, NOON - SECOND);
    assert_int_equal(lost(LOSS_no_template), 0);
}

static void test_data_whose_template_does_not_come_in_a_minute_is_counted(void **state)
{
    struct message_bytes m = v9_message(100000, NOON_S, 1);
    put_plain_data(&m, 90000, 99000);
    take(c, &m);
    collector_tick(c, NOON + 61 * SECOND);
    assert_int_equal(lost(LOSS_no_template), 1);
    m = v9_message(200000, NOON_S + 100, 2);
    put_plain_template(&m);
    take_at(c, &m, NOON + 100 * SECOND);
    assert_int_equal(told.flows, 0);
}

static void test_sys_uptime_may_wrap_between_a_flow_and_its_message(void **state)
{
    struct message_bytes m = v9_message(5000, NOON_S, 1);
    put_plain_template(&m);
    put_plain_data(&m, 0u - 5000u, 4000);
    take(c, &m);
    assert_int_equal(told.flow[0].first, NOON - 10 * SECOND);
    assert_int_equal(told.flow[0].last, NOON - SECOND);
    assert_int_equal(lost(LOSS_time_moved), 0);
}

static void
test_a_start_told_by_options_counts_for_the_data_behind_it_in_the_same_message(void **state)
{
    static const uint16_t options[] = {400, 2, 1, 143, 4, 160, 8};
    static const struct field_row rows[] = {
        {0, 8, 4}, {0, 12, 4}, {0, 22, 4}, {0, 21, 4}, {0, 0, 0}};
    struct message_bytes m = ipfix_message(NOON_S, 0);
    open_set(&m, 3);
    for (unsigned i = 0; i < sizeof options / sizeof *options; i++)
        put(&m, options[i], 2);
    close_set(&m);
    open_set(&m, 400);
    put(&m, 1, 4);
    put(&m, (uint64_t)(NOON_S - 100) * 1000, 8);
    close_set(&m);
    open_with_template(&m, 256, rows);
    put(&m, 0x01020304, 4);
    put(&m, 0x05060708, 4);
    put(&m, 90000, 4);
    put(&m, 95500, 4);
    close_set(&m);
    take(c, &m);
    assert_int_equal(told.flow[0].first, NOON - 10 * SECOND);
    assert_int_equal(told.flow[0].last, NOON - 4500 * MILLISECOND);
}

static void test_a_flow_that_ends_before_it_began_is_moved_and_counted(void **state)
{
    struct message_bytes m = v9_message(100000, NOON_S, 1);
    put_plain_template(&m);
    put_plain_data(&m, 99000, 90000);
    take(c, &m);
    assert_true(told.flow[0].last >= told.flow[0].first);
    assert_true(told.flow[0].flags & FLOW_IN_CLAMPED);
    assert_int_equal(lost(LOSS_time_moved), 1);
}

static void test_times_move_with_a_clock_that_is_years_behind(void **state)
{
    struct message_bytes m = v9_message(100000, NOON_S - 8 * 365 * 86400, 1);
    put_plain_template(&m);
    put_plain_data(&m, 90000, 99000);
    take(c, &m);
    assert_int_equal(told.flow[0].first, NOON - 10 * SECOND);
    assert_int_equal(told.flow[0].last, NOON - SECOND);
    assert_true(told.flow[0].flags & FLOW_IN_CLAMPED);
    assert_int_equal(lost(LOSS_time_moved), 1);
}

static void test_times_a_day_back_or_minutes_ahead_are_moved_to_the_edge(void **state)
{
    static const struct field_row rows[] = {
        {0, 8, 4}, {0, 12, 4}, {0, 152, 8}, {0, 153, 8}, {0, 0, 0}};
    struct message_bytes m = ipfix_message(NOON_S, 0);
    open_with_template(&m, 400, rows);
    put(&m, 1, 4);
    put(&m, 2, 4);
    put(&m, 1, 8);
    put(&m, 32503680000000, 8);
    close_set(&m);
    take(c, &m);
    assert_int_equal(told.flows, 1);
    assert_int_equal(told.flow[0].first, NOON - 24 * HOUR);
    assert_int_equal(told.flow[0].last, NOON + 5 * MINUTE);
}

static void test_numbers_of_reduced_size_and_texts_of_any_length_are_read(void **state)
{
    static const struct field_row rows[] = {{0, 27, 16}, {0, 28, 16}, {0, 96, 65535},
                                            {0, 1, 3},   {0, 2, 1},   {9, 12235, 65535},
                                            {0, 7, 2},   {0, 0, 0}};
    struct message_bytes m = ipfix_message(NOON_S, 0);
    open_with_template(&m, 500, rows);
    for (unsigned i = 0; i < 2; i++) {
        put(&m, 0x20010db800000000, 8);
        put(&m, 1 + i, 8);
        put(&m, 0x20010db800000000, 8);
        put(&m, 9, 8);
        put(&m, 3, 1);
        put_text(&m, "dns", 3);
        put(&m, 70000 + i, 3);
        put(&m, 200, 1);
        put(&m, 255, 1);
        put(&m, 300, 2);
        put_text(&m, "long", 300);
        put(&m, 53, 2);
    }
    close_set(&m);
    take(c, &m);
    assert_int_equal(told.flows, 2);
    assert_addr(&told.flow[1].src, "2001:db8::2");
    assert_int_equal(told.flow[1].version, 6);
    assert_int_equal(told.flow[1].bytes[0], 70001);
    assert_int_equal(told.flow[1].packets[0], 200);
    assert_int_equal(told.flow[1].src_port, 53);
}

static void test_reverse_elements_count_the_way_back(void **state)
{
    static const struct field_row rows[] = {{0, 8, 4},     {0, 12, 4},    {0, 1, 8}, {0, 2, 8},
                                            {29305, 1, 8}, {29305, 2, 8}, {0, 0, 0}};
    struct message_bytes m = ipfix_message(NOON_S, 0);
    open_with_template(&m, 256, rows);
    put(&m, 1, 4);
    put(&m, 2, 4);
    for (unsigned i = 1; i <= 4; i++)
        put(&m, i * 11, 8);
    close_set(&m);
    take(c, &m);
    assert_int_equal(told.flow[0].bytes[0], 11);
    assert_int_equal(told.flow[0].packets[0], 22);
    assert_int_equal(told.flow[0].bytes[1], 33);
    assert_int_equal(told.flow[0].packets[1], 44);
    assert_true(told.flow[0].flags & FLOW_IN_REVERSE);
}

static void test_delta_and_total_counters_of_one_record_are_never_added(void **state)
{
    static const struct field_row rows[] = {{0, 8, 4},  {0, 12, 4}, {0, 1, 8}, {0, 2, 8},
                                            {0, 85, 8}, {0, 86, 8}, {0, 0, 0}};
    struct message_bytes m = ipfix_message(NOON_S, 0);
    open_with_template(&m, 256, rows);
    put(&m, 1, 4);
    put(&m, 2, 4);
    put(&m, 100, 8);
    put(&m, 1, 8);
    put(&m, 5000, 8);
    put(&m, 50, 8);
    close_set(&m);
    take(c, &m);
    assert_int_equal(told.flow[0].bytes[0], 100);
    assert_int_equal(told.flow[0].packets[0], 1);
    assert_int_equal(told.flow[0].bytes[1], 0);
    assert_false(told.flow[0].flags & FLOW_IN_TOTALS);
}

/* One record with two addresses and these counters of eight octets, in order. */
static void take_counters(const struct field_row *rows, unsigned n)
{
    struct message_bytes m = ipfix_message(NOON_S, 0);
    open_with_template(&m, 256, rows);
    put(&m, 1, 4);
    put(&m, 2, 4);
    for (unsigned i = 1; i <= n; i++)
        put(&m, i * 11, 8);
    close_set(&m);
    take(c, &m);
    assert_int_equal(told.flows, 1);
}

static void test_totals_of_packets_are_not_added_beside_octets_since_the_last_record(void **state)
{
    static const struct field_row rows[] = {{0, 8, 4}, {0, 12, 4}, {0, 1, 8}, {0, 86, 8}, {0}};
    take_counters(rows, 2);
    assert_int_equal(told.flow[0].bytes[0], 11);
    assert_int_equal(told.flow[0].packets[0], 0);
    assert_false(told.flow[0].flags & FLOW_IN_TOTALS);
}

static void test_totals_of_packets_alone_are_totals(void **state)
{
    static const struct field_row rows[] = {{0, 8, 4}, {0, 12, 4}, {0, 86, 8}, {0}};
    take_counters(rows, 1);
    assert_int_equal(told.flow[0].packets[0], 11);
    assert_true(told.flow[0].flags & FLOW_IN_TOTALS);
}

static void test_what_left_a_middlebox_in_ipfix_is_not_the_way_back(void **state)
{
    static const struct field_row rows[] = {{0, 8, 4},  {0, 12, 4}, {0, 1, 8}, {0, 2, 8},
                                            {0, 23, 8}, {0, 24, 8}, {0}};
    take_counters(rows, 4);
    assert_int_equal(told.flow[0].bytes[0], 11);
    assert_int_equal(told.flow[0].bytes[1], 0);
    assert_false(told.flow[0].flags & FLOW_IN_REVERSE);
}

/* Records of NetFlow v9: what came and what left, octets and packets alike; 0 ends. */
static void take_outs(uint32_t sequence, const uint32_t (*octets)[2])
{
    static const struct field_row rows[] = {{0, 8, 4}, {0, 12, 4}, {0, 1, 4}, {0, 23, 4},
                                            {0, 2, 4}, {0, 24, 4}, {0}};
    struct message_bytes m = v9_message(1000, NOON_S, sequence);
    forget_told();
    open_set(&m, 0);
    put_template(&m, 256, rows);
    close_set(&m);
    open_set(&m, 256);
    for (size_t i = 0; octets[i][0]; i++) {
        put(&m, 1, 4);
        put(&m, 2, 4);
        put(&m, octets[i][0], 4);
        put(&m, octets[i][1], 4);
        put(&m, 3, 4);
        put(&m, 3, 4);
    }
    close_set(&m);
    take(c, &m);
}

static void test_what_left_in_netflow_9_is_the_way_back_unless_it_repeats_what_came(void **state)
{
    take_outs(1, (const uint32_t[][2]){{70, 70}, {90, 90}, {80, 75}, {0, 0}});
    assert_int_equal(told.flows, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(told.flow[i].bytes[1], 0);
        assert_int_equal(told.flow[i].packets[1], 0);
        assert_false(told.flow[i].flags & FLOW_IN_REVERSE);
    }
    assert_int_equal(told.flow[2].bytes[0], 80);
    /* A probe whose first flow was a ping is soon known for one. */
    take_outs(2, (const uint32_t[][2]){{50, 500}, {60, 600}, {70, 70}, {80, 9}, {90, 1}, {0, 0}});
    assert_int_equal(told.flow[0].bytes[1], 500);
    assert_int_equal(told.flow[2].bytes[1], 70);
    assert_true(told.flow[2].flags & FLOW_IN_REVERSE);
}

/* firewallEvent of a record with the counters of initiator and responder. */
static struct flow_in nsel_event(unsigned event)
{
    static const struct field_row rows[] = {{0, 8, 4},   {0, 12, 4},  {0, 233, 1},
                                            {0, 231, 4}, {0, 232, 4}, {0}};
    struct message_bytes m = ipfix_message(NOON_S, event);
    forget_told();
    open_with_template(&m, 256, rows);
    put(&m, 1, 4);
    put(&m, 2, 4);
    put(&m, event, 1);
    put(&m, 2557, 4);
    put(&m, 1117, 4);
    close_set(&m);
    take(c, &m);
    assert_int_equal(told.flows, 1);
    assert_int_equal(told.flow[0].bytes[0], 2557);
    assert_int_equal(told.flow[0].bytes[1], 1117);
    return told.flow[0];
}

static void test_a_firewalls_updates_are_parts_of_what_its_teardown_says(void **state)
{
    enum { LIFE = FLOW_IN_PART | FLOW_IN_TOTALS | FLOW_IN_FINAL };
    assert_int_equal(nsel_event(1).flags & LIFE, 0);
    assert_int_equal(nsel_event(5).flags & LIFE, FLOW_IN_PART);
    assert_int_equal(nsel_event(2).flags & LIFE, FLOW_IN_TOTALS | FLOW_IN_FINAL);
    assert_int_equal(nsel_event(3).kind, FLOW_IN_EVENT);
}

static void test_a_duration_gives_the_start_or_end_that_is_missing(void **state)
{
    static const struct field_row ends[] = {{0, 8, 4}, {0, 12, 4}, {0, 153, 8}, {0, 161, 4}, {0}};
    static const struct field_row starts[] = {{0, 8, 4}, {0, 12, 4}, {0, 152, 8}, {0, 162, 4}, {0}};
    struct message_bytes m = ipfix_message(NOON_S, 0);
    open_with_template(&m, 256, ends);
    put(&m, 0, 8);
    put(&m, NOON / MILLISECOND, 8);
    put(&m, 1500, 4);
    close_set(&m);
    open_with_template(&m, 257, starts);
    put(&m, 0, 8);
    put(&m, NOON / MILLISECOND, 8);
    put(&m, 250, 4);
    close_set(&m);
    take(c, &m);
    assert_int_equal(told.flows, 2);
    assert_int_equal(told.flow[0].first, NOON - 1500 * MILLISECOND);
    assert_int_equal(told.flow[0].last, NOON);
    assert_int_equal(told.flow[1].first, NOON);
    assert_int_equal(told.flow[1].last, NOON + 250 * MICROSECOND);
}

static void test_a_sampler_told_behind_the_data_of_its_datagram_counts_for_it(void **state)
{
    static const struct field_row rows[] = {
        {0, 8, 4}, {0, 12, 4}, {0, 48, 1}, {0, 1, 4}, {0, 0, 0}};
    struct message_bytes m = v9_message(100000, NOON_S, 1);
    open_set(&m, 0);
    put_template(&m, 300, rows);
    close_set(&m);
    open_set(&m, 300);
    put(&m, 1, 4);
    put(&m, 2, 4);
    put(&m, 5, 1);
    put(&m, 999, 4);
    close_set(&m);
    open_set(&m, 1); /* scope system, sampler id 48, mode 49, interval 50 */
    put(&m, 301, 2);
    put(&m, 4, 2);
    put(&m, 12, 2);
    put(&m, 1, 2);
    put(&m, 4, 2);
    put(&m, 48, 2);
    put(&m, 1, 2);
    put(&m, 49, 2);
    put(&m, 1, 2);
    put(&m, 50, 2);
    put(&m, 4, 2);
    close_set(&m);
    open_set(&m, 301);
    put(&m, 0, 4);
    put(&m, 5, 1);
    put(&m, 2, 1);
    put(&m, 1000, 4);
    close_set(&m);
    take(c, &m);
    assert_int_equal(told.flows, 1);
    assert_int_equal(told.flow[0].bytes[0], 999);
    assert_int_equal(told.flow[0].sampling, 1000);
    assert_int_equal(told.flow[0].sampling_source, SAMPLING_OPTIONS);
    assert_int_equal(counter_get(&collector_counts(c)->options), 1);
}

static void test_a_probability_is_a_rate(void **state)
{
    static const struct field_row rows[] = {{0, 8, 4}, {0, 12, 4}, {0, 311, 8}, {0, 1, 4}, {0}};
    struct message_bytes m = ipfix_message(NOON_S, 0);
    open_with_template(&m, 256, rows);
    put(&m, 0, 8);
    put(&m, 0x3f80000000000000, 8); /* 2^-7 */
    put(&m, 5, 4);
    close_set(&m);
    take(c, &m);
    assert_int_equal(told.flow[0].sampling, 128);
    assert_int_equal(told.flow[0].sampling_source, SAMPLING_RECORD);
}

/* RFC 6313: lists are as long as they say and are stepped over, whatever stands in them. */
static void test_what_stands_behind_a_list_is_read(void **state)
{
    static const struct field_row rows[] = {
        {0, 8, 4}, {0, 291, 65535}, {0, 12, 4}, {0, 292, 65535}, {0, 293, 12}, {0, 1, 4}, {0}};
    struct message_bytes m = ipfix_message(NOON_S, 0);
    open_with_template(&m, 256, rows);
    put(&m, 0x0a000001, 4);
    put(&m, 255, 1); /* a list of three ports, its length in the long form */
    put(&m, 11, 2);
    put(&m, 3, 1);
    put(&m, 7, 2);
    put(&m, 2, 2);
    put(&m, 0x005000510052, 6);
    put(&m, 0x0a000002, 4);
    put(&m, 0, 1); /* nothing */
    put(&m, 0, 12);
    put(&m, 4242, 4);
    close_set(&m);
    take(c, &m);
    assert_int_equal(told.flows, 1);
    assert_addr(&told.flow[0].dst, "10.0.0.2");
    assert_int_equal(told.flow[0].bytes[0], 4242);
    assert_int_equal(told.flow[0].src_port, 0);
}

static void test_the_users_rate_overrules_the_exporter(void **state)
{
    collector_free(c);
    struct err e;
    c = collector_new(&(struct collector_config){.sampling = "192.0.2.1=512"}, &message_ops, NULL,
                      &e);
    assert_non_null(c);
    struct message_bytes m = v5_message(1, 1, 0);
    take(c, &m);
    assert_int_equal(told.flow[0].sampling, 512);
    assert_int_equal(told.flow[0].sampling_source, SAMPLING_CONFIG);
}

static void test_templates_survive_a_restart_of_weir(void **state)
{
    struct message_bytes m = v9_message(100000, NOON_S, 1);
    put_plain_template(&m);
    take(c, &m);
    char path[] = "/tmp/weir-templates-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd != -1);
    close(fd);
    struct err e;
    assert_true(collector_save(c, path, &e));
    collector_free(c);
    c = collector_new(&(struct collector_config){0}, &message_ops, NULL, &e);
    assert_true(collector_load(c, path, &e));
    unlink(path);
    m = v9_message(110000, NOON_S + 10, 2);
    put_plain_data(&m, 90000, 99000);
    take(c, &m);
    assert_int_equal(told.flows, 1);
    assert_int_equal(told.flow[0].bytes[0], 777);
}

static void test_an_export_is_known_by_stamps_that_wrapped_and_sets_that_close(void **state)
{
    /* The flow began a millisecond before the router, and old octets stand behind the record. */
    struct message_bytes m = {.len = 0};
    const uint16_t head[] = {5, 1, 0, 3381, 0x5968, 0x2f00, 0, 0, 0, 1, 0, 0};
    for (unsigned i = 0; i < sizeof head / sizeof *head; i++)
        put(&m, head[i], 2);
    put(&m, 0, 24);
    put(&m, UINT32_MAX, 4);
    put(&m, 2577, 4);
    put(&m, 0, 16);
    put(&m, 0x55, 9);
    assert_int_equal(telemetry_of(m.at, m.len), TELEMETRY_NETFLOW5);
    set_u16(&m, 52, 0x1fff);
    assert_int_equal(telemetry_of(m.at, m.len), TELEMETRY_NONE);

    m = ipfix_message(NOON_S, 0);
    open_set(&m, 1); /* reserved */
    put(&m, 7, 8);
    close_set(&m);
    set_u16(&m, 2, m.len);
    assert_int_equal(telemetry_of(m.at, m.len), TELEMETRY_IPFIX);
    set_u16(&m, 18, 16);
    assert_int_equal(telemetry_of(m.at, m.len), TELEMETRY_NONE);
}

static void test_what_is_no_export_is_not_taken_for_one(void **state)
{
    static const uint8_t dns[] = {0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 1};
    static const uint8_t ntp[48] = {0x23, 2, 6, 0xe9};
    static const uint8_t five[] = {0, 5, 0, 1, 0, 0};
    assert_int_equal(telemetry_of(dns, sizeof dns), TELEMETRY_NONE);
    assert_int_equal(telemetry_of(ntp, sizeof ntp), TELEMETRY_NONE);
    assert_int_equal(telemetry_of(five, sizeof five), TELEMETRY_NONE);
    assert_int_equal(telemetry_of(NULL, 0), TELEMETRY_NONE);
    struct message_bytes m = v5_message(2, 2, 0);
    assert_int_equal(telemetry_of(m.at, m.len), TELEMETRY_NETFLOW5);
    m = v9_message(1, NOON_S, 1);
    put_plain_template(&m);
    assert_int_equal(telemetry_of(m.at, m.len), TELEMETRY_NETFLOW9);
}

static void test_an_exporter_is_known_by_what_it_sent(void **state)
{
    struct message_bytes m = v5_message(2, 2, 1000);
    take(c, &m);
    m = v5_message(1, 1, 1005);
    take(c, &m);
    struct exporter_row row = exporter_row_0();
    assert_addr(&row.addr, "192.0.2.1");
    assert_int_equal(row.telemetry, TELEMETRY_NETFLOW5);
    assert_int_equal(row.datagrams, 2);
    assert_int_equal(row.records, 3);
    assert_int_equal(row.lost, 3);
    assert_int_equal(row.skew / MILLISECOND, 500);
    assert_false(collector_exporter(c, 1, &row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
        TEST(a_netflow_5_record_is_a_flow_with_its_own_times_and_the_rate_of_the_header),
        TEST(records_that_a_header_counts_but_does_not_bring_are_lost_by_name),
        TEST(a_template_and_its_data_make_a_flow_and_padding_makes_none),
        TEST(data_before_its_template_waits_and_keeps_its_own_times),
        TEST(data_whose_template_does_not_come_in_a_minute_is_counted),
        TEST(sys_uptime_may_wrap_between_a_flow_and_its_message),
        TEST(a_start_told_by_options_counts_for_the_data_behind_it_in_the_same_message),
        TEST(a_flow_that_ends_before_it_began_is_moved_and_counted),
        TEST(times_move_with_a_clock_that_is_years_behind),
        TEST(times_a_day_back_or_minutes_ahead_are_moved_to_the_edge),
        TEST(numbers_of_reduced_size_and_texts_of_any_length_are_read),
        TEST(reverse_elements_count_the_way_back),
        TEST(delta_and_total_counters_of_one_record_are_never_added),
        TEST(totals_of_packets_are_not_added_beside_octets_since_the_last_record),
        TEST(totals_of_packets_alone_are_totals),
        TEST(what_left_a_middlebox_in_ipfix_is_not_the_way_back),
        TEST(what_left_in_netflow_9_is_the_way_back_unless_it_repeats_what_came),
        TEST(a_firewalls_updates_are_parts_of_what_its_teardown_says),
        TEST(a_duration_gives_the_start_or_end_that_is_missing),
        TEST(a_sampler_told_behind_the_data_of_its_datagram_counts_for_it),
        TEST(a_probability_is_a_rate),
        TEST(what_stands_behind_a_list_is_read),
        TEST(the_users_rate_overrules_the_exporter),
        TEST(templates_survive_a_restart_of_weir),
        TEST(an_export_is_known_by_stamps_that_wrapped_and_sets_that_close),
        TEST(what_is_no_export_is_not_taken_for_one),
        TEST(an_exporter_is_known_by_what_it_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
