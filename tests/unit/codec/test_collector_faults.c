/* test_collector_faults.c - exporters that lie, break off, repeat themselves and begin anew. */
#include "codec/collector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "codec/element.h"
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

static bool ledger_closes(void)
{
    const struct collector_counts *k = collector_counts(c);
    uint64_t sum = counter_get(&k->accepted);
    for (unsigned i = 0; i < LOSSES; i++)
        sum += loss_table[i].group == LOSS_NOTE ? 0 : counter_get(&k->loss[i]);
    return counter_get(&k->records) == sum && counter_get(&k->accepted) == told.all;
}

static int teardown(void **state)
{
    bool closes = ledger_closes();
    collector_free(c);
    return !closes;
}

static uint64_t lost(enum loss loss)
{
    return counter_get(&collector_counts(c)->loss[loss]);
}

static const struct field_row pair_rows[] = {{0, 8, 4}, {0, 12, 4}, {0, 1, 4}, {0, 0, 0}};

static void put_pair_template(struct message_bytes *m)
{
    open_set(m, m->at[1] == 9 ? 0 : 2);
    put_template(m, 300, pair_rows);
    close_set(m);
}

static void put_pair_data(struct message_bytes *m, uint32_t octets)
{
    open_set(m, 300);
    put(m, 1, 4);
    put(m, 2, 4);
    put(m, octets, 4);
    close_set(m);
}

static void test_an_address_of_50_octets_is_refused_and_the_old_template_is_gone(void **state)
{
    static const struct field_row rows[] = {{0, 8, 50}, {0, 12, 4}, {0, 0, 0}};
    struct message_bytes m = ipfix_message(NOON_S, 0);
    put_pair_template(&m);
    put_pair_data(&m, 10);
    take(c, &m);
    assert_int_equal(told.flows, 1);
    m = ipfix_message(NOON_S, 1);
    open_set(&m, 2);
    put_template(&m, 300, rows);
    close_set(&m);
    put_pair_data(&m, 10);
    take(c, &m);
    assert_int_equal(told.flows, 1);
    assert_int_equal(lost(LOSS_template_bad), 1);
    collector_tick(c, NOON + 2 * MINUTE);
    assert_int_equal(lost(LOSS_no_template), 1);
}

static void test_records_without_octets_do_not_exist(void **state)
{
    static const struct field_row rows[] = {{0, 82, 0}, {0, 83, 0}, {0, 0, 0}};
    struct message_bytes m = ipfix_message(NOON_S, 0);
    open_set(&m, 2);
    put_template(&m, 300, rows);
    close_set(&m);
    open_set(&m, 300);
    put(&m, 0, 8);
    close_set(&m);
    take(c, &m);
    assert_int_equal(told.flows, 0);
    assert_int_equal(lost(LOSS_template_bad), 1);
}

static void test_a_withdrawn_template_decodes_nothing_more(void **state)
{
    struct message_bytes m = ipfix_message(NOON_S, 0);
    put_pair_template(&m);
    open_set(&m, 2);
    put(&m, 300, 2);
    put(&m, 0, 2);
    close_set(&m);
    take(c, &m);
    m = ipfix_message(NOON_S, 0);
    put_pair_data(&m, 10);
    take(c, &m);
    assert_int_equal(told.flows, 0);
}

static void test_a_redefined_template_decodes_what_follows_it(void **state)
{
    static const struct field_row rows[] = {{0, 1, 4}, {0, 8, 4}, {0, 12, 4}, {0, 0, 0}};
    struct message_bytes m = ipfix_message(NOON_S, 0);
    put_pair_template(&m);
    put_pair_data(&m, 10);
    open_set(&m, 2);
    put_template(&m, 300, rows);
    close_set(&m);
    put_pair_data(&m, 10);
    take(c, &m);
    assert_int_equal(told.flows, 2);
    assert_int_equal(told.flow[0].bytes[0], 10);
    assert_int_equal(told.flow[1].bytes[0], 1);
    assert_int_equal(told.flow[1].src.byte[15], 2);
}

static void test_loss_is_records_in_ipfix_and_datagrams_in_netflow_9(void **state)
{
    struct message_bytes m = ipfix_message(NOON_S, 100);
    put_pair_template(&m);
    put_pair_data(&m, 10);
    take(c, &m);
    m = ipfix_message(NOON_S + 1, 111);
    put_pair_data(&m, 10);
    take(c, &m);
    struct exporter_row row;
    assert_true(collector_exporter(c, 0, &row));
    assert_int_equal(row.lost, 10);
    m = v9_message(1000, NOON_S, 5);
    put_pair_template(&m);
    take(c, &m);
    m = v9_message(2000, NOON_S + 1, 8);
    put_pair_data(&m, 10);
    take(c, &m);
    assert_true(collector_exporter(c, 1, &row));
    assert_int_equal(row.lost, 2);
}

/* Messages with 1, 3, 2, 1 and 3 records under these numbers, from a new exporter, the template first. What
 * is lost after them. */
static uint64_t lost_with(const uint32_t *sequence, uint64_t *reordered)
{
    static const unsigned records[] = {1, 3, 2, 1, 3};
    for (unsigned i = 0; i < 5; i++) {
        struct message_bytes m = ipfix_message(NOON_S + i, sequence[i]);
        if (i == 0)
            put_pair_template(&m);
        for (unsigned n = 0; n < records[i]; n++)
            put_pair_data(&m, 10);
        take(c, &m);
    }
    struct exporter_row row;
    assert_true(collector_exporter(c, 0, &row));
    *reordered = row.reordered;
    return row.lost;
}

static void test_records_before_a_message_are_counted(void **state)
{
    uint64_t reordered;
    assert_int_equal(lost_with((const uint32_t[]){100, 101, 109, 111, 112}, &reordered), 5);
    assert_int_equal(reordered, 0);
}

static void test_who_counts_the_records_of_the_message_itself_loses_none(void **state)
{
    uint64_t reordered;
    assert_int_equal(lost_with((const uint32_t[]){1, 4, 6, 7, 10}, &reordered), 0);
    assert_int_equal(reordered, 0);
}

static void test_who_counts_the_records_of_the_message_itself_loses_what_is_missing(void **state)
{
    uint64_t reordered;
    assert_int_equal(lost_with((const uint32_t[]){1, 4, 6, 12, 15}, &reordered), 5);
    assert_int_equal(reordered, 0);
}

static void test_who_counts_messages_loses_messages(void **state)
{
    uint64_t reordered;
    assert_int_equal(lost_with((const uint32_t[]){1, 2, 3, 4, 5}, &reordered), 0);
    assert_int_equal(reordered, 0);
}

static void test_a_message_that_comes_twice_counts_once(void **state)
{
    struct message_bytes m = v9_message(1000, NOON_S, 5);
    put_pair_template(&m);
    put_pair_data(&m, 10);
    take(c, &m);
    take(c, &m);
    assert_int_equal(counter_get(&collector_counts(c)->accepted), 1);
    assert_int_equal(lost(LOSS_duplicate), 1);
    told.all = 1;
}

static void test_a_message_that_comes_late_is_not_lost(void **state)
{
    struct message_bytes first = v9_message(1000, NOON_S, 5), late = v9_message(1100, NOON_S, 6),
                         next = v9_message(1200, NOON_S, 7);
    put_pair_template(&first);
    put_pair_data(&late, 10);
    put_pair_data(&next, 20);
    take(c, &first);
    take(c, &next);
    take(c, &late);
    struct exporter_row row;
    assert_true(collector_exporter(c, 0, &row));
    assert_int_equal(told.flows, 2);
    assert_int_equal(row.lost, 0);
    assert_int_equal(row.reordered, 1);
    assert_int_equal(row.restarts, 0);
}

static void test_a_restart_forgets_the_templates(void **state)
{
    struct message_bytes m = v9_message(900000000, NOON_S, 50000);
    put_pair_template(&m);
    take(c, &m);
    m = v9_message(3000, NOON_S + 60, 1);
    put_pair_data(&m, 10);
    take_at(c, &m, NOON + 60 * SECOND);
    struct exporter_row row;
    assert_true(collector_exporter(c, 0, &row));
    assert_int_equal(row.restarts, 1);
    assert_int_equal(told.flows, 0);
}

static void test_impossible_sampling_rates_are_ignored_and_counted(void **state)
{
    static const struct field_row rows[] = {{0, 8, 4}, {0, 12, 4}, {0, 34, 4}, {0, 0, 0}};
    static const uint32_t rates[] = {0, UINT32_MAX, (1 << 24) + 1, 1 << 24};
    struct message_bytes m = ipfix_message(NOON_S, 0);
    open_set(&m, 2);
    put_template(&m, 300, rows);
    close_set(&m);
    open_set(&m, 300);
    for (unsigned i = 0; i < 4; i++) {
        put(&m, 1, 4);
        put(&m, 2, 4);
        put(&m, rates[i], 4);
    }
    close_set(&m);
    take(c, &m);
    assert_int_equal(told.flows, 4);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(told.flow[i].sampling, 1);
    assert_int_equal(told.flow[3].sampling, 1 << 24);
    assert_true(lost(LOSS_sampling_bad) >= 2);
}

static void test_a_set_that_is_too_long_costs_itself_alone(void **state)
{
    struct message_bytes m = ipfix_message(NOON_S, 0);
    put_pair_template(&m);
    put_pair_data(&m, 10);
    put(&m, 300, 2);
    put(&m, 4000, 2);
    put(&m, 1, 4);
    take(c, &m);
    assert_int_equal(told.flows, 1);
    assert_int_equal(lost(LOSS_set_length), 1);
}

static void test_every_prefix_of_a_message_is_counted_and_none_is_read_past(void **state)
{
    struct message_bytes m = ipfix_message(NOON_S, 0);
    put_pair_template(&m);
    put_pair_data(&m, 10);
    set_u16(&m, 2, m.len);
    for (size_t len = 0; len < m.len; len++) {
        /* Its own memory, so that the sanitizer sees a read past the end. */
        uint8_t *bytes = test_malloc(len ? len : 1);
        memcpy(bytes, m.at, len);
        struct datagram d = {.bytes = bytes, .len = len, .received = NOON};
        collector_take(c, &d);
        test_free(bytes);
        assert_true(ledger_closes());
    }
}

/* One record of this element in so many octets, with an address before and behind it. */
static void feed_width(uint32_t pen, uint16_t id, size_t octets, uint32_t sequence)
{
    struct field_row rows[] = {{0, 8, 4}, {pen, id, (uint16_t)octets}, {0, 12, 4}, {0, 0, 0}};
    struct message_bytes m = ipfix_message(NOON_S, sequence);
    open_set(&m, 2);
    put_template(&m, 300, rows);
    close_set(&m);
    open_set(&m, 300);
    put(&m, 0x0a000001, 4);
    size_t room = octets < 300 ? octets : 300;
    /* In a variable field the first octet is the length of what follows. */
    for (size_t i = 0; i < room; i++)
        put(&m, i ? 0xa0 + i : octets == 65535 ? 0xff : 0xa0, 1);
    if (octets == 65535)
        set_u16(&m, m.len - room + 1, room - 3);
    put(&m, 0x0a000002, 4);
    close_set(&m);
    take(c, &m);
}

static void test_every_element_in_every_width_is_taken_whole_or_refused(void **state)
{
    static const uint16_t widths[] = {0,  1,  2,  3,  4,  5,   7,   8,   9,   15,    16,
                                      17, 32, 63, 64, 65, 127, 128, 255, 256, 65534, 65535};
    uint32_t sequence = 0;
    const struct element *e;
    for (size_t row = 0; (e = element_row(row)); row++) {
        if (!e->id) /* which ends the rows of a template here */
            continue;
        for (unsigned i = 0; i < sizeof widths / sizeof *widths; i++) {
            forget_told();
            collector_free(c);
            assert_int_equal(setup(NULL), 0);
            feed_width(e->pen, e->id, widths[i], sequence);
            assert_true(ledger_closes());
            assert_true(told.flows <= 1);
            if (told.flows && widths[i] < 257 && e->id != 8 && e->id != 12 &&
                e->type != ELEMENT_IPV4 && e->type != ELEMENT_IPV6)
                assert_int_equal(told.flow[0].dst.byte[15], 2);
        }
    }
    assert_true(sequence == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
        TEST(an_address_of_50_octets_is_refused_and_the_old_template_is_gone),
        TEST(records_without_octets_do_not_exist),
        TEST(a_withdrawn_template_decodes_nothing_more),
        TEST(a_redefined_template_decodes_what_follows_it),
        TEST(loss_is_records_in_ipfix_and_datagrams_in_netflow_9),
        TEST(records_before_a_message_are_counted),
        TEST(who_counts_the_records_of_the_message_itself_loses_none),
        TEST(who_counts_the_records_of_the_message_itself_loses_what_is_missing),
        TEST(who_counts_messages_loses_messages),
        TEST(a_message_that_comes_twice_counts_once),
        TEST(a_message_that_comes_late_is_not_lost),
        TEST(a_restart_forgets_the_templates),
        TEST(impossible_sampling_rates_are_ignored_and_counted),
        TEST(a_set_that_is_too_long_costs_itself_alone),
        TEST(every_prefix_of_a_message_is_counted_and_none_is_read_past),
        TEST(every_element_in_every_width_is_taken_whole_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
