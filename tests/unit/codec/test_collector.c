/* test_collector.c - messages of NetFlow and IPFIX, octet by octet. */
#include "codec/collector.h"
#include "codec/element.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>
#include <cmocka.h>

enum { FLOWS = 64 };
static const nsec_t NOW = 1700000000 * SECOND;

/* What a collector has told. */
struct told {
    struct flow_in flow[FLOWS];
    size_t flows, frames, sentences;
    struct frame frame;
    char sentence[256];
};

static void on_flows(void *to, const struct flow_in *f, size_t n)
{
    struct told *t = to;
    for (size_t i = 0; i < n && t->flows < FLOWS; i++)
        t->flow[t->flows++] = f[i];
}

static void on_frame(void *to, const struct frame *frame, const struct flow_in *f)
{
    struct told *t = to;
    t->frame = *frame;
    t->frames++;
}

static void on_say(void *to, const struct exporter *x, enum exporter_news news,
                   const char *sentence)
{
    struct told *t = to;
    t->sentences++;
    strncpy(t->sentence, sentence, sizeof t->sentence - 1);
}

static struct told told;

static struct collector *make(const char *sampling)
{
    static const struct collector_ops ops = {.flows = on_flows, .frame = on_frame, .say = on_say};
    const struct collector_config config = {.sampling = sampling, .keep_raw = true};
    struct err e = {""};
    told = (struct told){0};
    struct collector *c = collector_new(&config, &ops, &told, &e);
    assert_non_null(c);
    return c;
}

/* A message that is written octet by octet. */
struct writing {
    uint8_t bytes[2048];
    size_t len;
};

static void put(struct writing *w, uint64_t value, unsigned octets)
{
    for (unsigned i = octets; i-- > 0;)
        w->bytes[w->len++] = (uint8_t)(value >> (8 * i));
}

static void put16s(struct writing *w, const uint16_t *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put(w, words[i], 2);
}

static void take(struct collector *c, const struct writing *w, nsec_t at)
{
    const uint8_t from[4] = {192, 0, 2, 1};
    const struct datagram d = {.bytes = w->bytes,
                               .len = w->len,
                               .from = addr_v4(from),
                               .from_port = 40000,
                               .to_port = 2055,
                               .received = at};
    collector_take(c, &d);
}

static uint64_t losses(const struct collector_counts *n)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < LOSSES; i++)
        sum += loss_table[i].group == LOSS_NOTE ? 0 : counter_get(&n->loss[i]);
    return sum;
}

static void end(struct collector *c)
{
    const struct collector_counts *n = collector_counts(c);
    assert_int_equal(counter_get(&n->records), counter_get(&n->accepted) + losses(n));
    collector_free(c);
}

static uint64_t loss_of(const struct collector *c, enum loss loss)
{
    return counter_get(&collector_counts(c)->loss[loss]);
}

/* ---- v5 ------------------------------------------------------------------------------------------- */

static struct writing v5(uint32_t uptime, uint32_t sequence, uint16_t sampling, unsigned records)
{
    struct writing w = {.len = 0};
    put(&w, 5, 2);
    put(&w, records, 2);
    put(&w, uptime, 4);
    put(&w, 1700000000, 4);
    put(&w, 0, 4);
    put(&w, sequence, 4);
    put(&w, 0x0102, 2);
    put(&w, sampling, 2);
    return w;
}

static void v5_record(struct writing *w, uint32_t first, uint32_t last)
{
    put(w, 0x0a000001, 4);
    put(w, 0x0a000002, 4);
    put(w, 0x0a0000fe, 4);
    put(w, 3, 2);
    put(w, 4, 2);
    put(w, 10, 4);
    put(w, 1500, 4);
    put(w, first, 4);
    put(w, last, 4);
    put(w, 443, 2);
    put(w, 50000, 2);
    put(w, 0x001b0600, 4);
    put(w, 64512, 2);
    put(w, 64513, 2);
    put(w, 24, 1);
    put(w, 16, 1);
    put(w, 0, 2);
}

static void test_a_v5_record_fills_its_columns(void **state)
{
    struct collector *c = make(NULL);
    struct writing w = v5(100000, 7, 1 << 14 | 100, 1);
    v5_record(&w, 90000, 95000);
    take(c, &w, NOW);
    assert_int_equal(told.flows, 1);
    const struct flow_in *f = &told.flow[0];
    char text[ADDR_TEXT];
    addr_print(&f->src, text);
    assert_string_equal(text, "10.0.0.1");
    addr_print(&f->next_hop, text);
    assert_string_equal(text, "10.0.0.254");
    assert_int_equal(f->bytes[0], 1500);
    assert_int_equal(f->packets[0], 10);
    assert_int_equal(f->first, NOW - 10 * SECOND);
    assert_int_equal(f->last, NOW - 5 * SECOND);
    assert_int_equal(f->src_port, 443);
    assert_int_equal(f->dst_port, 50000);
    assert_int_equal(f->tcp_flags[0], 0x1b);
    assert_int_equal(f->proto, 6);
    assert_int_equal(f->version, 4);
    assert_int_equal(f->src_as, 64512);
    assert_int_equal(f->in_if, 3);
    assert_int_equal(f->dst_mask, 16);
    assert_int_equal(f->domain, 0x0102);
    assert_int_equal(f->sampling, 100);
    assert_int_equal(f->sampling_source, SAMPLING_HEADER);
    end(c);
}

static void test_uptime_that_has_wrapped_gives_true_times(void **state)
{
    struct collector *c = make(NULL);
    struct writing w = v5(5000, 1, 0, 1);
    v5_record(&w, 0xfffff000, 1000);
    take(c, &w, NOW);
    assert_int_equal(told.flow[0].first, NOW - 5 * SECOND - 4096 * MILLISECOND);
    assert_int_equal(told.flow[0].last, NOW - 4 * SECOND);
    assert_int_equal(told.flow[0].flags & FLOW_IN_CLAMPED, 0);
    end(c);
}

static void test_records_that_are_not_there_are_counted(void **state)
{
    struct collector *c = make(NULL);
    struct writing w = v5(5000, 1, 0, 3);
    v5_record(&w, 1000, 1000);
    take(c, &w, NOW);
    assert_int_equal(told.flows, 1);
    assert_int_equal(loss_of(c, LOSS_record_cut), 2);
    end(c);
}

static void test_the_users_rate_overrules_the_header(void **state)
{
    struct collector *c = make("192.0.2.9=7,192.0.2.1=512");
    struct writing w = v5(5000, 1, 1 << 14 | 100, 1);
    v5_record(&w, 1000, 1000);
    take(c, &w, NOW);
    assert_int_equal(told.flow[0].sampling, 512);
    assert_int_equal(told.flow[0].sampling_source, SAMPLING_CONFIG);
    end(c);
}

static void test_lost_late_and_repeated_messages_are_told_apart(void **state)
{
    struct collector *c = make(NULL);
    static const uint32_t sequence[] = {10, 11, 14, 12, 14};
    for (unsigned i = 0; i < sizeof sequence / sizeof *sequence; i++) {
        struct writing w = v5(5000, sequence[i], 0, 1);
        v5_record(&w, 1000, 1000);
        take(c, &w, NOW);
    }
    struct exporter_row row;
    assert_true(collector_exporter(c, 0, &row));
    assert_int_equal(row.lost, 1);
    assert_int_equal(row.reordered, 1);
    assert_int_equal(row.duplicate, 1);
    assert_int_equal(told.flows, 4);
    assert_int_equal(loss_of(c, LOSS_duplicate), 1);
    end(c);
}

/* ---- IPFIX ---------------------------------------------------------------------------------------- */

static struct writing ipfix(uint32_t sequence)
{
    struct writing w = {.len = 0};
    put(&w, 10, 2);
    put(&w, 0, 2);
    put(&w, 1700000000, 4);
    put(&w, sequence, 4);
    put(&w, 1, 4);
    return w;
}

static size_t set_begin(struct writing *w, unsigned id)
{
    put(w, id, 2);
    put(w, 0, 2);
    return w->len - 4;
}

static void set_end(struct writing *w, size_t at)
{
    w->bytes[at + 2] = (uint8_t)((w->len - at) >> 8);
    w->bytes[at + 3] = (uint8_t)(w->len - at);
}

static void ipfix_end(struct writing *w)
{
    w->bytes[2] = (uint8_t)(w->len >> 8);
    w->bytes[3] = (uint8_t)w->len;
}

static void put_template(struct writing *w, const uint16_t *words, size_t n)
{
    size_t at = set_begin(w, 2);
    put16s(w, words, n);
    set_end(w, at);
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const uint16_t plain[] = {256, 4, 8, 4, 12, 4, 1, 4, 2, 4};

static void put_plain_data(struct writing *w, uint32_t octets)
{
    size_t at = set_begin(w, 256);
    put(w, 0x0a000001, 4);
    put(w, 0x0a000002, 4);
    put(w, octets, 4);
    put(w, 5, 4);
    set_end(w, at);
}

static void test_counters_in_fewer_octets_are_read(void **state)
{
    struct collector *c = make(NULL);
    struct writing w = ipfix(0);
    put_template(&w, plain, COUNT(plain));
    put_plain_data(&w, 777);
    ipfix_end(&w);
    take(c, &w, NOW);
    assert_int_equal(told.flows, 1);
    assert_int_equal(told.flow[0].bytes[0], 777);
    assert_int_equal(told.flow[0].first, NOW);
    assert_int_equal(told.flow[0].flags & FLOW_IN_HAS_TIMES, 0);
    end(c);
}

static void test_a_template_without_octets_is_refused(void **state)
{
    static const uint16_t empty[] = {256, 1, 8, 0};
    struct collector *c = make(NULL);
    struct writing w = ipfix(0);
    put_template(&w, empty, COUNT(empty));
    put_plain_data(&w, 1);
    ipfix_end(&w);
    take(c, &w, NOW);
    assert_int_equal(told.flows, 0);
    assert_int_equal(loss_of(c, LOSS_template_bad), 1);
    end(c);
}

static void test_an_address_of_fifty_octets_is_refused_and_voids_the_older_template(void **state)
{
    static const uint16_t wide[] = {256, 2, 8, 50, 1, 4};
    struct collector *c = make(NULL);
    struct writing w = ipfix(0);
    put_template(&w, plain, COUNT(plain));
    put_plain_data(&w, 1);
    put_template(&w, wide, COUNT(wide));
    put_plain_data(&w, 2);
    ipfix_end(&w);
    take(c, &w, NOW);
    assert_int_equal(told.flows, 1);
    assert_int_equal(told.flow[0].bytes[0], 1);
    assert_int_equal(loss_of(c, LOSS_template_bad), 1);
    end(c);
}

static void test_records_before_a_new_layout_are_read_with_the_old_one(void **state)
{
    static const uint16_t other[] = {256, 4, 8, 4, 12, 4, 2, 4, 1, 4};
    struct collector *c = make(NULL);
    struct writing w = ipfix(0);
    put_template(&w, plain, COUNT(plain));
    put_plain_data(&w, 100);
    put_template(&w, other, COUNT(other));
    put_plain_data(&w, 100);
    ipfix_end(&w);
    take(c, &w, NOW);
    assert_int_equal(told.flows, 2);
    assert_int_equal(told.flow[0].bytes[0], 100);
    assert_int_equal(told.flow[1].bytes[0], 5);
    assert_int_equal(told.flow[1].packets[0], 100);
    end(c);
}

static void test_lengths_before_fields_are_followed(void **state)
{
    static const uint16_t names[] = {256, 3, 8, 4, 96, 65535, 1, 4};
    struct collector *c = make(NULL);
    struct writing w = ipfix(0);
    put_template(&w, names, COUNT(names));
    size_t at = set_begin(&w, 256);
    for (uint32_t i = 1; i <= 2; i++) {
        put(&w, 0x0a000001, 4);
        put(&w, i == 1 ? 2 : 0xff0003, i == 1 ? 1 : 3);
        put(&w, 0x616263, i == 1 ? 2 : 3);
        put(&w, i * 11, 4);
    }
    set_end(&w, at);
    ipfix_end(&w);
    take(c, &w, NOW);
    assert_int_equal(told.flows, 2);
    assert_int_equal(told.flow[0].bytes[0], 11);
    assert_int_equal(told.flow[1].bytes[0], 22);
    end(c);
}

static void test_of_several_counters_one_is_taken(void **state)
{
    static const uint16_t both[] = {256, 6, 8, 4, 12, 4, 1, 4, 85, 4, 231, 4, 23, 4};
    struct collector *c = make(NULL);
    struct writing w = ipfix(0);
    put_template(&w, both, COUNT(both));
    size_t at = set_begin(&w, 256);
    for (uint32_t i = 1; i <= 6; i++)
        put(&w, i * 100, 4);
    set_end(&w, at);
    ipfix_end(&w);
    take(c, &w, NOW);
    assert_int_equal(told.flow[0].bytes[0], 300);
    assert_int_equal(told.flow[0].bytes[1], 0);
    end(c);
}

static void test_sampling_told_behind_the_records_holds_for_them(void **state)
{
    static const uint16_t options[] = {257, 2, 1, 149, 4, 34, 4};
    struct collector *c = make(NULL);
    struct writing w = ipfix(0);
    put_template(&w, plain, COUNT(plain));
    put_plain_data(&w, 100);
    size_t at = set_begin(&w, 3);
    put16s(&w, options, COUNT(options));
    set_end(&w, at);
    at = set_begin(&w, 257);
    put(&w, 1, 4);
    put(&w, 1000, 4);
    set_end(&w, at);
    ipfix_end(&w);
    take(c, &w, NOW);
    const struct flow_in *f = &told.flow[told.flows - 1];
    assert_int_equal(f->kind, FLOW_IN_FLOW);
    assert_int_equal(f->bytes[0], 100);
    assert_int_equal(f->sampling, 1000);
    assert_int_equal(f->sampling_source, SAMPLING_OPTIONS);
    end(c);
}

static void test_impossible_times_are_moved_and_told(void **state)
{
    static const uint16_t times[] = {256, 3, 8, 4, 152, 8, 153, 8};
    struct collector *c = make(NULL);
    struct writing w = ipfix(0);
    put_template(&w, times, COUNT(times));
    size_t at = set_begin(&w, 256);
    put(&w, 0x0a000001, 4);
    put(&w, UINT64_MAX, 8);
    put(&w, 1000, 8);
    set_end(&w, at);
    ipfix_end(&w);
    take(c, &w, NOW);
    assert_int_equal(told.flow[0].first, NOW + 5 * MINUTE);
    assert_int_equal(told.flow[0].last, NOW + 5 * MINUTE);
    assert_true(told.flow[0].flags & FLOW_IN_CLAMPED);
    assert_int_equal(loss_of(c, LOSS_time_moved), 1);
    end(c);
}

static struct writing plain_template(uint32_t sequence)
{
    struct writing w = ipfix(sequence);
    put_template(&w, plain, COUNT(plain));
    ipfix_end(&w);
    return w;
}

static struct writing plain_data(uint32_t sequence, uint32_t octets)
{
    struct writing w = ipfix(sequence);
    put_plain_data(&w, octets);
    ipfix_end(&w);
    return w;
}

static void test_data_waits_for_its_template_and_keeps_its_times(void **state)
{
    struct collector *c = make(NULL);
    struct writing w = plain_data(0, 42);
    take(c, &w, NOW);
    assert_int_equal(told.flows, 0);
    w = plain_template(1);
    w.bytes[7] = (uint8_t)(w.bytes[7] + 30);
    take(c, &w, NOW + 30 * SECOND);
    assert_int_equal(told.flows, 1);
    assert_int_equal(told.flow[0].bytes[0], 42);
    assert_int_equal(told.flow[0].exported, NOW);
    assert_int_equal(loss_of(c, LOSS_no_template), 0);
    end(c);
}

static void test_data_that_has_waited_for_a_minute_is_counted_as_lost(void **state)
{
    struct collector *c = make(NULL);
    struct writing w = plain_data(0, 42);
    take(c, &w, NOW);
    collector_tick(c, NOW + 59 * SECOND);
    assert_int_equal(loss_of(c, LOSS_no_template), 0);
    collector_tick(c, NOW + 61 * SECOND);
    assert_int_equal(loss_of(c, LOSS_no_template), 1);
    w = plain_template(1);
    take(c, &w, NOW + 62 * SECOND);
    assert_int_equal(told.flows, 0);
    end(c);
}

static void test_templates_survive_in_a_file_and_damage_is_told(void **state)
{
    char path[] = "/tmp/weir-test-XXXXXX";
    int fd = mkstemp(path);
    assert_int_not_equal(fd, -1);
    struct err e = {""};
    struct collector *c = make(NULL);
    struct writing w = plain_template(0);
    take(c, &w, NOW);
    assert_true(collector_save(c, path, &e));
    end(c);

    c = make(NULL);
    assert_true(collector_load(c, path, &e));
    w = plain_data(0, 42);
    take(c, &w, NOW);
    assert_int_equal(told.flows, 1);
    end(c);

    /* When it was heard, in hours that no clock has; saving has put a new file in the old one's place. */
    close(fd);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "\xff\xff\xff\xff", 4, 39), 4);
    c = make(NULL);
    assert_true(collector_load(c, path, &e));
    struct exporter_row row;
    assert_true(collector_exporter(c, 0, &row));
    assert_int_equal(row.last, 0);
    end(c);

    assert_int_equal(truncate(path, 50), 0);
    c = make(NULL);
    assert_false(collector_load(c, path, &e));
    assert_non_null(strstr(e.text, "damaged"));
    end(c);
    close(fd);
    unlink(path);
}

static void test_the_table_of_elements_is_in_order(void **state)
{
    for (size_t i = 0; element_row(i); i++) {
        const struct element *e = element_row(i);
        assert_ptr_equal(element_find(e->pen, e->id), e);
    }
    assert_string_equal(element_find(0, 1)->key, "IN_BYTES");
    assert_string_equal(element_find(PEN_REVERSE, 2)->name, "packetDeltaCount");
    assert_null(element_find(4711, 1));
}

static void test_other_traffic_is_not_taken_for_an_export(void **state)
{
    static const uint8_t dns[] = {0, 9, 1,   0,   0,   1, 0, 0, 0, 0, 0,
                                  0, 3, 'w', 'w', 'w', 0, 0, 1, 0, 1};
    static const uint8_t zero[64] = {0};
    assert_int_equal(telemetry_of(dns, sizeof dns), TELEMETRY_NONE);
    assert_int_equal(telemetry_of(zero, sizeof zero), TELEMETRY_NONE);
    struct writing w = v5(1, 1, 0, 1);
    v5_record(&w, 0, 0);
    assert_int_equal(telemetry_of(w.bytes, w.len), TELEMETRY_NETFLOW5);
    assert_int_equal(telemetry_of(w.bytes, w.len - 1), TELEMETRY_NONE);
    w = ipfix(0);
    put_plain_data(&w, 1);
    ipfix_end(&w);
    assert_int_equal(telemetry_of(w.bytes, w.len), TELEMETRY_IPFIX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_v5_record_fills_its_columns),
        cmocka_unit_test(test_uptime_that_has_wrapped_gives_true_times),
        cmocka_unit_test(test_records_that_are_not_there_are_counted),
        cmocka_unit_test(test_the_users_rate_overrules_the_header),
        cmocka_unit_test(test_lost_late_and_repeated_messages_are_told_apart),
        cmocka_unit_test(test_counters_in_fewer_octets_are_read),
        cmocka_unit_test(test_a_template_without_octets_is_refused),
        cmocka_unit_test(test_an_address_of_fifty_octets_is_refused_and_voids_the_older_template),
        cmocka_unit_test(test_records_before_a_new_layout_are_read_with_the_old_one),
        cmocka_unit_test(test_lengths_before_fields_are_followed),
        cmocka_unit_test(test_of_several_counters_one_is_taken),
        cmocka_unit_test(test_sampling_told_behind_the_records_holds_for_them),
        cmocka_unit_test(test_impossible_times_are_moved_and_told),
        cmocka_unit_test(test_data_waits_for_its_template_and_keeps_its_times),
        cmocka_unit_test(test_data_that_has_waited_for_a_minute_is_counted_as_lost),
        cmocka_unit_test(test_templates_survive_in_a_file_and_damage_is_told),
        cmocka_unit_test(test_the_table_of_elements_is_in_order),
        cmocka_unit_test(test_other_traffic_is_not_taken_for_an_export),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
