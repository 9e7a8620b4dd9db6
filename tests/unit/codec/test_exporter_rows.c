/* test_exporter_rows.c - what an exporter has told of itself can be asked for: templates, rates, interfaces. */
#include "messages.h"

#include "codec/element.h"
#include "codec/template.h"
#include "model/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct collector *c;

static int setup(void **state)
{
    struct err e;
    c = collector_new(&(struct collector_config){0}, &message_ops, NULL, &e);
    forget_told();
    return c ? 0 : -1;
}

static int teardown(void **state)
{
    collector_free(c);
    return 0;
}

static const struct exporter *exporter(void)
{
    const struct exporter *x = collector_exporter_at(c, 0);
    assert_non_null(x);
    return x;
}

/* An options template of IPFIX in a set of its own, its first field the scope, and an open set of its data. */
static void open_with_options(struct message_bytes *m, uint16_t id, const struct field_row *f)
{
    open_set(m, 3);
    put_template(m, id, f);
    /* The number of scope fields stands behind the number of fields: make room for it. */
    size_t at = m->set + 8;
    memmove(m->at + at + 2, m->at + at, m->len - at);
    set_u16(m, at, 1);
    m->len += 2;
    close_set(m);
    open_set(m, id);
}

/* One message that tells one rate of one sampler. */
static void tell_rate(uint32_t sequence, uint32_t id, uint32_t rate, nsec_t at)
{
    static const struct field_row rates[] = {
        {0, 302, 4}, {0, 304, 2}, {0, 309, 4}, {0, 310, 4}, {0}};
    struct message_bytes m = ipfix_message((uint32_t)(at / SECOND), sequence);
    open_with_options(&m, 400, rates);
    put(&m, id, 4);
    put(&m, 3, 2);
    put(&m, 1, 4);
    put(&m, rate, 4);
    close_set(&m);
    set_u16(&m, 2, m.len);
    take_at(c, &m, at);
}

static void test_templates_are_listed_with_their_fields_and_records(void **state)
{
    static const struct field_row narrow[] = {{0, 8, 4}, {0, 12, 4}, {0, 1, 4}, {0}};
    static const struct field_row text[] = {{0, 8, 4}, {PEN_NTOP, 180, 65535}, {0}};
    struct message_bytes m = ipfix_message(1500000000, 0);
    open_with_template(&m, 300, text);
    close_set(&m);
    open_with_template(&m, 256, narrow);
    for (unsigned i = 0; i < 3; i++)
        put(&m, 0, 12);
    close_set(&m);
    take(c, &m);

    struct template_row row;
    assert_true(exporter_template_row(exporter(), 0, &row));
    assert_int_equal(row.id, 256);
    assert_int_equal(row.fields, 3);
    assert_int_equal(row.octets, 12);
    assert_int_equal(row.records, 3);
    assert_int_equal(row.learnt, NOON);
    assert_false(row.is_options || row.is_variable);
    assert_true(exporter_template_row(exporter(), 1, &row));
    assert_int_equal(row.id, 300);
    assert_int_equal(row.octets, 5);
    assert_true(row.is_variable);
    assert_false(exporter_template_row(exporter(), 2, &row));

    struct template_field_row field;
    assert_true(exporter_template_field(exporter(), 1, 0, &field));
    assert_string_equal(field.name, "sourceIPv4Address");
    assert_true(exporter_template_field(exporter(), 1, 1, &field));
    assert_int_equal(field.pen, PEN_NTOP);
    assert_int_equal(field.octets, TEMPLATE_VARIABLE);
    assert_false(exporter_template_field(exporter(), 1, 2, &field));
}

static void test_a_template_knows_how_often_its_id_was_given_another_layout(void **state)
{
    static const struct field_row first[] = {{0, 8, 4}, {0}}, second[] = {{0, 12, 4}, {0}};
    for (uint32_t i = 0; i < 4; i++) {
        struct message_bytes m = ipfix_message(1500000000 + i, 0);
        open_with_template(&m, 256, i % 2 ? second : first);
        close_set(&m);
        take(c, &m);
    }
    struct template_row row;
    assert_true(exporter_template_row(exporter(), 0, &row));
    assert_int_equal(row.changes, 3);
}

static void test_rates_are_listed_by_sampler_with_their_mode_and_change(void **state)
{
    tell_rate(0, 9, 100, NOON);
    tell_rate(1, 5, 1000, NOON);
    assert_int_equal(told.news, NEWS_EXPORTER);
    tell_rate(2, 9, 200, NOON + 20 * SECOND);
    assert_int_equal(told.news, NEWS_SAMPLING);
    assert_string_equal(told.said, "now samples one packet in 200 instead of one in 100");

    struct sampling_row row;
    assert_true(exporter_sampling_row(exporter(), 0, &row));
    assert_int_equal(row.id, 5);
    assert_int_equal(row.rate, 1000);
    assert_int_equal(row.before, 0);
    assert_int_equal(row.mode, SAMPLING_MODE_RANDOM);
    assert_int_equal(row.source, SAMPLING_OPTIONS);
    assert_true(exporter_sampling_row(exporter(), 1, &row));
    assert_int_equal(row.id, 9);
    assert_int_equal(row.rate, 200);
    assert_int_equal(row.before, 100);
    assert_int_equal(row.changed, NOON + 20 * SECOND);
    assert_false(exporter_sampling_row(exporter(), 2, &row));
    struct exporter_row whole;
    exporter_to_row(exporter(), &whole);
    assert_int_equal(whole.sampling, 1000);
    assert_int_equal(whole.sampling_source, SAMPLING_OPTIONS);
}

static void test_a_rate_that_changes_more_than_ten_times_is_severe(void **state)
{
    tell_rate(0, 1, 100, NOON);
    tell_rate(1, 1, 1000, NOON + SECOND);
    assert_int_equal(told.news, NEWS_SAMPLING);
    tell_rate(2, 1, 10001, NOON + 2 * SECOND);
    assert_int_equal(told.news, NEWS_SAMPLING_FAR);
    tell_rate(3, 1, 999, NOON + 3 * SECOND);
    assert_int_equal(told.news, NEWS_SAMPLING_FAR);
}

static void test_an_exporter_that_keeps_changing_is_let_speak_once_in_ten_seconds(void **state)
{
    for (uint32_t i = 0; i < 100; i++)
        tell_rate(i, 1, 100 + i, NOON + i * 100 * MILLISECOND);
    assert_int_equal(told.sentences, 5);
    tell_rate(100, 1, 7, NOON + 10 * SECOND);
    assert_int_equal(told.sentences, 6);
    assert_non_null(strstr(told.said, "(95 events were left out before)"));
}

static void test_the_rate_of_a_netflow_5_header_is_listed_with_its_mode(void **state)
{
    struct message_bytes m = {.len = 0};
    const uint16_t head[] = {5, 1, 0, 10000, 0x5968, 0x2f00, 0, 0, 0, 1, 0, 2 << 14 | 64};
    for (unsigned i = 0; i < sizeof head / sizeof *head; i++)
        put(&m, head[i], 2);
    put(&m, 0, 48);
    take(c, &m);
    struct sampling_row row;
    assert_true(exporter_sampling_row(exporter(), 0, &row));
    assert_false(row.has_id);
    assert_int_equal(row.rate, 64);
    assert_int_equal(row.mode, SAMPLING_MODE_RANDOM);
    assert_int_equal(row.source, SAMPLING_HEADER);

    struct template_row layout;
    assert_true(exporter_template_row(exporter(), 0, &layout));
    assert_int_equal(layout.id, 5);
    assert_int_equal(layout.records, 1);
}

static void test_interfaces_are_listed_with_name_and_description(void **state)
{
    static const struct field_row names[] = {{0, 10, 4}, {0, 82, 8}, {0, 83, 8}, {0}};
    struct message_bytes m = ipfix_message(1500000000, 0);
    open_with_options(&m, 300, names);
    put(&m, 7, 4);
    put_text(&m, "Gi0/7", 8);
    put_text(&m, "uplink", 8);
    put(&m, 3, 4);
    put_text(&m, "", 8);
    put_text(&m, "office", 8);
    close_set(&m);
    take(c, &m);

    struct interface_row row;
    assert_true(exporter_interface_row(exporter(), 0, &row));
    assert_int_equal(row.index, 3);
    assert_string_equal(row.description, "office");
    assert_int_equal(row.last.at, 0);
    assert_true(exporter_interface_row(exporter(), 1, &row));
    assert_int_equal(row.index, 7);
    assert_string_equal(row.name, "Gi0/7");
    assert_string_equal(row.description, "uplink");
    assert_false(exporter_interface_row(exporter(), 2, &row));
    assert_string_equal(exporter_interface(exporter(), 7), "Gi0/7");
    assert_string_equal(exporter_interface(exporter(), 3), "office");
    assert_string_equal(exporter_interface(exporter(), 4), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
        TEST(templates_are_listed_with_their_fields_and_records),
        TEST(a_template_knows_how_often_its_id_was_given_another_layout),
        TEST(rates_are_listed_by_sampler_with_their_mode_and_change),
        TEST(a_rate_that_changes_more_than_ten_times_is_severe),
        TEST(an_exporter_that_keeps_changing_is_let_speak_once_in_ten_seconds),
        TEST(the_rate_of_a_netflow_5_header_is_listed_with_its_mode),
        TEST(interfaces_are_listed_with_name_and_description),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
