/* test_collector_exporters.c - who is whom among exporters, and who keeps its place when many want one. */
#include "messages.h"

#include "base/alloc.h"
#include "model/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { NOON_S = 1500000000 };

static struct collector *c;

static void begin(const struct collector_config *config)
{
    struct err e = {""};
    collector_free(c);
    c = collector_new(config, &message_ops, NULL, &e);
    assert_non_null(c);
    forget_told();
}

static int setup(void **state)
{
    begin(&(struct collector_config){0});
    return 0;
}

static int teardown(void **state)
{
    collector_tick(c, INT64_MAX);
    const struct collector_counts *n = collector_counts(c);
    uint64_t sum = counter_get(&n->accepted);
    for (unsigned i = 0; i < LOSSES; i++)
        sum += loss_table[i].group == LOSS_NOTE ? 0 : counter_get(&n->loss[i]);
    bool closes = counter_get(&n->records) == sum;
    collector_free(c);
    c = NULL;
    return closes ? 0 : -1;
}

static uint64_t lost(enum loss loss)
{
    return counter_get(&collector_counts(c)->loss[loss]);
}

static unsigned exporters(void)
{
    unsigned n = 0;
    while (collector_exporter_at(c, n))
        n++;
    return n;
}

/* Who sends: the last two octets of 10.0.x.x and a port. */
struct sender {
    uint32_t addr;
    uint16_t port;
    bool is_stream;
};

static void send_from(struct sender s, struct message_bytes *m, nsec_t at)
{
    const uint8_t four[4] = {10, (uint8_t)(s.addr >> 16), (uint8_t)(s.addr >> 8), (uint8_t)s.addr};
    if (m->at[1] == 10)
        set_u16(m, 2, m->len);
    const struct datagram d = {.bytes = m->at,
                               .len = m->len,
                               .from = addr_v4(four),
                               .from_port = s.port,
                               .to_port = 2055,
                               .received = at,
                               .is_stream = s.is_stream};
    collector_take(c, &d);
}

/* Template 256: two addresses and this counter. */
static void announce(struct sender s, uint32_t sequence, uint16_t counter, nsec_t at)
{
    const struct field_row rows[] = {{0, 8, 4}, {0, 12, 4}, {0, counter, 4}, {0}};
    struct message_bytes m = ipfix_message((uint32_t)(at / SECOND), sequence);
    open_set(&m, 2);
    put_template(&m, 256, rows);
    close_set(&m);
    send_from(s, &m, at);
}

static void report(struct sender s, uint32_t sequence, uint32_t value, nsec_t at)
{
    struct message_bytes m = ipfix_message((uint32_t)(at / SECOND), sequence);
    open_set(&m, 256);
    put(&m, 1, 4);
    put(&m, 2, 4);
    put(&m, value, 4);
    close_set(&m);
    send_from(s, &m, at);
}

enum { OCTETS = 1, PACKETS = 2 };

static void
test_exporters_that_have_sent_records_keep_their_templates_among_forged_ones(void **state)
{
    const struct sender router = {1, 2055, false};
    announce(router, 0, OCTETS, NOON);
    report(router, 0, 11, NOON);
    for (uint32_t i = 0; i < 100000; i++)
        announce((struct sender){1000 + i, 9, false}, 0, PACKETS, NOON + i * MICROSECOND);
    assert_true(exporters() <= 4096);
    assert_true(lost(LOSS_exporter_evicted) >= 100001 - 4096);
    assert_int_equal(lost(LOSS_exporters_full), 0);
    report(router, 1, 22, NOON + SECOND);
    assert_int_equal(told.flows, 2);
    assert_int_equal(told.flow[1].bytes[0], 22);
    /* And a new one is let in. */
    const struct sender late = {2, 2055, false};
    announce(late, 0, OCTETS, NOON + SECOND);
    report(late, 0, 33, NOON + SECOND);
    assert_int_equal(told.flows, 3);
    assert_int_equal(told.sentences, 2);
}

static void test_settled_exporters_outlive_forged_ones_that_send_records(void **state)
{
    begin(&(struct collector_config){.max_exporters = 64});
    const struct sender router = {1, 2055, false};
    announce(router, 0, OCTETS, NOON);
    report(router, 0, 11, NOON);
    report(router, 1, 11, NOON + 61 * SECOND);
    for (uint32_t i = 0; i < 1000; i++) {
        const struct sender forged = {1000 + i, 9, false};
        announce(forged, 0, PACKETS, NOON + 62 * SECOND);
        report(forged, 0, 1, NOON + 62 * SECOND);
    }
    forget_told();
    report(router, 2, 22, NOON + 63 * SECOND);
    assert_int_equal(told.flow[0].bytes[0], 22);
    assert_int_equal(exporters(), 64);
}

static void
test_settled_exporters_that_fill_all_places_refuse_others_until_one_was_silent_for_a_day(
    void **state)
{
    begin(&(struct collector_config){.max_exporters = 2});
    for (uint32_t i = 0; i < 2; i++) {
        announce((struct sender){i, 1, false}, 0, OCTETS, NOON);
        report((struct sender){i, 1, false}, 0, 1, NOON);
        report((struct sender){i, 1, false}, 1, 1, NOON + 100 * SECOND);
    }
    announce((struct sender){7, 1, false}, 0, OCTETS, NOON + HOUR);
    assert_int_equal(lost(LOSS_exporters_full), 1);
    announce((struct sender){7, 1, false}, 0, OCTETS, NOON + 26 * HOUR);
    assert_int_equal(lost(LOSS_exporters_full), 1);
    assert_int_equal(exporters(), 2);
}

static void test_two_exporters_behind_one_address_have_templates_of_their_own(void **state)
{
    const struct sender one = {1, 50001, false}, two = {1, 50002, false};
    announce(one, 0, OCTETS, NOON);
    announce(two, 0, PACKETS, NOON);
    for (uint32_t i = 0; i < 3; i++) {
        report(one, i, 100 + i, NOON + i * SECOND);
        report(two, i, 200 + i, NOON + i * SECOND);
        collector_tick(c, NOON + i * SECOND);
    }
    assert_int_equal(told.flows, 6);
    for (uint32_t i = 0; i < 6; i += 2) {
        assert_int_equal(told.flow[i].bytes[0], 100 + i / 2);
        assert_int_equal(told.flow[i].packets[0], 0);
        assert_int_equal(told.flow[i + 1].packets[0], 200 + i / 2);
        assert_int_equal(told.flow[i + 1].bytes[0], 0);
    }
    assert_int_equal(exporters(), 2);
    assert_int_equal(lost(LOSS_template_changed), 0);
    struct exporter_row row;
    for (unsigned i = 0; collector_exporter(c, i, &row); i++)
        assert_int_equal(row.lost, 0);
    assert_string_equal(told.said, "is another exporter behind the same address, at port 50002");
}

static void test_a_port_that_changes_on_the_way_keeps_the_session(void **state)
{
    announce((struct sender){1, 50001, false}, 0, OCTETS, NOON);
    for (uint32_t i = 0; i < 10; i++)
        report((struct sender){1, (uint16_t)(50001 + i), false}, i, 100 + i, NOON + i * SECOND);
    assert_int_equal(told.flows, 10);
    assert_int_equal(exporters(), 1);
    struct exporter_row row;
    assert_true(collector_exporter(c, 0, &row));
    assert_int_equal(row.port, 50010);
    assert_int_equal(row.lost, 0);
}

static void test_a_restart_at_another_port_is_one_exporter_and_reads_no_old_template(void **state)
{
    const struct sender before = {1, 50001, false}, after = {1, 50002, false};
    announce(before, 0, OCTETS, NOON);
    for (uint32_t i = 0; i < 5; i++)
        report(before, 0, 1 + i, NOON + i * SECOND);
    /* Data first, and then the same id with another layout. */
    report(after, 0, 77, NOON + 10 * SECOND);
    assert_int_equal(told.flows, 5);
    announce(after, 1, PACKETS, NOON + 11 * SECOND);
    assert_int_equal(told.flows, 6);
    assert_int_equal(told.flow[5].packets[0], 77);
    for (uint32_t i = 0; i < 60; i++)
        collector_tick(c, NOON + (12 + i) * SECOND);
    assert_int_equal(exporters(), 1);
    struct exporter_row row;
    assert_true(collector_exporter(c, 0, &row));
    assert_int_equal(row.records, 6);
    assert_int_equal(row.restarts, 1);
    assert_int_equal(row.first, NOON);
    assert_int_equal(row.port, 50002);
    assert_int_equal(told.news, NEWS_RESTART);
}

static void test_forged_ports_of_an_exporters_own_address_do_not_push_it_out(void **state)
{
    const struct sender router = {1, 2055, false};
    announce(router, 0, OCTETS, NOON);
    report(router, 0, 11, NOON);
    for (uint32_t i = 0; i < 1000; i++)
        announce((struct sender){1, (uint16_t)(3000 + i), false}, 0, PACKETS, NOON + SECOND);
    assert_int_equal(exporters(), 64);
    report(router, 1, 22, NOON + 2 * SECOND);
    assert_int_equal(told.flow[1].bytes[0], 22);
    /* Its own port may change even now. */
    report((struct sender){1, 60000, false}, 2, 33, NOON + 3 * SECOND);
    assert_int_equal(told.flow[2].bytes[0], 33);
}

static void test_streams_have_templates_of_their_own_until_they_end(void **state)
{
    const struct sender one = {1, 50001, true}, two = {1, 50002, true};
    announce(one, 0, OCTETS, NOON);
    announce(two, 0, PACKETS, NOON);
    report(one, 0, 1, NOON);
    report(two, 0, 2, NOON);
    assert_int_equal(told.flow[0].bytes[0], 1);
    assert_int_equal(told.flow[1].packets[0], 2);
    collector_end_stream(
        c, &(struct datagram){.from = addr_v4((const uint8_t[]){10, 0, 0, 1}), .from_port = 50001});
    collector_tick(c, NOON + SECOND);
    report(one, 1, 3, NOON + SECOND);
    assert_int_equal(told.flows, 2);
    report(two, 1, 4, NOON + HOUR);
    assert_int_equal(told.flow[2].packets[0], 4);
}

static void test_templates_that_change_too_often_are_refused_and_told(void **state)
{
    const struct sender s = {1, 2055, false};
    announce(s, 0, OCTETS, NOON);
    report(s, 0, 1, NOON);
    for (uint32_t i = 0; i < 20; i++)
        announce(s, 1 + i, i % 2 ? OCTETS : PACKETS, NOON + SECOND + i * MILLISECOND);
    assert_true(lost(LOSS_template_storm) > 0);
    assert_int_equal(told.news, NEWS_TEMPLATES);
    /* Nothing is decoded with a layout that may be the wrong one, and nothing is lost once it is quiet. */
    report(s, 21, 5, NOON + SECOND + 30 * MILLISECOND);
    size_t flows = told.flows;
    announce(s, 22, OCTETS, NOON + 3 * SECOND);
    assert_int_equal(told.flows, flows + 1);
    assert_int_equal(told.flow[flows].bytes[0], 5);
}

static void test_an_exporter_pushes_out_only_its_own_templates(void **state)
{
    const struct sender greedy = {1, 1, false}, modest = {2, 1, false};
    announce(modest, 0, OCTETS, NOON);
    report(modest, 0, 1, NOON);
    for (unsigned id = 256; id < 256 + 600; id++) {
        struct message_bytes m = ipfix_message(NOON_S, id);
        open_set(&m, 2);
        put_template(&m, (uint16_t)id, (const struct field_row[]){{0, 8, 4}, {0}});
        close_set(&m);
        send_from(greedy, &m, NOON + id * MILLISECOND);
    }
    assert_int_equal(lost(LOSS_template_evicted), 600 - 512);
    struct exporter_row row;
    assert_true(collector_exporter(c, 1, &row));
    assert_int_equal(row.templates, 512);
    report(modest, 1, 2, NOON + SECOND);
    assert_int_equal(told.flows, 2);
}

static void test_memory_stays_below_its_cap_whatever_is_announced(void **state)
{
    enum { CAP = 1 << 20 };
    begin(&(struct collector_config){.max_memory = CAP});
    uint64_t before = mem_total();
    struct field_row rows[200] = {{0}};
    for (unsigned i = 0; i < 199; i++)
        rows[i] = (struct field_row){0, 8, 4};
    for (uint32_t i = 0; i < 2000; i++) {
        struct message_bytes m = ipfix_message(NOON_S, 0);
        open_set(&m, 2);
        put_template(&m, 256, rows);
        close_set(&m);
        open_set(&m, 300); /* waits for its template */
        put(&m, 0, 1000);
        close_set(&m);
        send_from((struct sender){i, 1, false}, &m, NOON);
    }
    assert_true(mem_total() - before < CAP);
    assert_true(lost(LOSS_exporter_evicted) > 0);
}

static void test_only_those_on_the_list_are_heard(void **state)
{
    begin(&(struct collector_config){.allow = "10.0.1.0/24,10.0.0.9"});
    announce((struct sender){0x105, 1, false}, 0, OCTETS, NOON);
    announce((struct sender){9, 1, false}, 0, OCTETS, NOON);
    announce((struct sender){10, 1, false}, 0, OCTETS, NOON);
    assert_int_equal(exporters(), 2);
    assert_int_equal(lost(LOSS_acl_denied), 1);
    struct err e = {""};
    assert_null(collector_new(&(struct collector_config){.allow = "10.0.0.1,router"}, &message_ops,
                              NULL, &e));
    assert_non_null(strstr(e.text, "router"));
}

static void test_a_mediators_records_belong_to_the_exporters_they_name(void **state)
{
    static const struct field_row rows[] = {{0, 8, 4}, {0, 12, 4}, {0, 1, 4}, {0, 130, 4}, {0}};
    struct message_bytes m = ipfix_message(NOON_S, 0);
    open_with_template(&m, 256, rows);
    for (uint32_t i = 0; i < 4; i++) {
        put(&m, 1, 8);
        put(&m, 100, 4);
        put(&m, i < 2 ? 0xc0000201 : i == 2 ? 0xc0000202 : 0, 4);
    }
    close_set(&m);
    take(c, &m);
    assert_int_equal(told.flows, 4);
    struct exporter_row row;
    assert_true(collector_exporter(c, 0, &row));
    assert_int_equal(row.addr.byte[15],
                     1); /* the sender itself, 192.0.2.1, by name and by silence */
    assert_int_equal(row.records, 3);
    assert_int_equal(row.datagrams, 1);
    assert_true(collector_exporter(c, 1, &row));
    assert_int_equal(row.addr.byte[15], 2);
    assert_int_equal(row.records, 1);
    assert_int_equal(row.domain, 7);
}

static struct addr frame_of[2];
static size_t frames;

static void note_frame(void *to, const struct frame *frame, const struct flow_in *f)
{
    (void)to;
    (void)frame;
    if (frames < 2)
        frame_of[frames] = *exporter_address(f->exporter);
    frames++;
}

static void
test_a_frame_is_of_the_exporter_that_was_named_for_it_though_the_next_one_took_its_place(
    void **state)
{
    static const struct field_row rows[] = {{0, 130, 4}, {0, 315, 16}, {0}};
    struct collector_ops ops = message_ops;
    struct err e = {""};
    ops.frame = note_frame;
    frames = 0;
    collector_free(c);
    c = collector_new(&(struct collector_config){.max_exporters = 2}, &ops, NULL, &e);
    assert_non_null(c);
    struct message_bytes m = ipfix_message(NOON_S, 0);
    open_with_template(&m, 256, rows);
    for (uint32_t i = 0; i < 2; i++) {
        put(&m, 0xc0000202 + i, 4);
        put(&m, 1, 16);
    }
    close_set(&m);
    take(c, &m);
    assert_int_equal(frames, 2);
    assert_int_equal(lost(LOSS_exporter_evicted), 1);
    assert_int_equal(frame_of[0].byte[15], 2);
    assert_int_equal(frame_of[1].byte[15], 3);
}

static void test_sets_that_wait_for_their_template_are_bounded_in_number_too(void **state)
{
    enum { MESSAGES = 3, SETS = 800, WAIT_MOST = 2048 };
    for (uint32_t i = 0; i < MESSAGES; i++) {
        struct message_bytes m = ipfix_message(NOON_S, i);
        for (unsigned k = 0; k < SETS; k++) {
            open_set(&m, 300);
            close_set(&m);
        }
        take(c, &m);
    }
    assert_int_equal(lost(LOSS_parked_full), MESSAGES * SETS - WAIT_MOST);
    assert_int_equal(lost(LOSS_no_template), MESSAGES * SETS - WAIT_MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
        TEST(exporters_that_have_sent_records_keep_their_templates_among_forged_ones),
        TEST(settled_exporters_outlive_forged_ones_that_send_records),
        TEST(settled_exporters_that_fill_all_places_refuse_others_until_one_was_silent_for_a_day),
        TEST(two_exporters_behind_one_address_have_templates_of_their_own),
        TEST(a_port_that_changes_on_the_way_keeps_the_session),
        TEST(a_restart_at_another_port_is_one_exporter_and_reads_no_old_template),
        TEST(forged_ports_of_an_exporters_own_address_do_not_push_it_out),
        TEST(streams_have_templates_of_their_own_until_they_end),
        TEST(templates_that_change_too_often_are_refused_and_told),
        TEST(an_exporter_pushes_out_only_its_own_templates),
        TEST(memory_stays_below_its_cap_whatever_is_announced),
        TEST(only_those_on_the_list_are_heard),
        TEST(sets_that_wait_for_their_template_are_bounded_in_number_too),
        TEST(a_mediators_records_belong_to_the_exporters_they_name),
        TEST(a_frame_is_of_the_exporter_that_was_named_for_it_though_the_next_one_took_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
