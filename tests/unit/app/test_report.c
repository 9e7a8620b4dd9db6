/* test_report.c - the report says what is wrong in words, and its filters are filters. */
#include "app/report.h"
#include "engine/l7.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct reading reading;

static int set_up(void **state)
{
    (void)state;
    struct l7_config config = {.enabled = true, .packets = 8, .protos = ""};
    return l7_start(&config, NULL) ? 0 : -1;
}

/* A reading of n flows that all have whatever `spoil` does to them. */
static void read_flows(unsigned n, void (*spoil)(struct record *r))
{
    static const uint8_t client[4] = {10, 0, 0, 1}, server[4] = {192, 0, 2, 7};
    memset(&reading, 0, sizeof reading);
    reading.name = "trace.pcap";
    reading.workers = 1;
    keeper_init(&reading.keepers[0], NULL);
    for (unsigned i = 0; i < n; i++) {
        struct record r = {.client = addr_v4(client), .server = addr_v4(server)};
        struct frame f = {.ts = (nsec_t)i * SECOND + SECOND, .wire_len = 100, .link = 1};
        r.client_port = (uint16_t)(1000 + i);
        r.server_port = 443;
        r.proto = 6;
        r.version = 4;
        r.first = r.flow_first = r.last = f.ts;
        r.sent_packets = r.rcvd_packets = 5;
        r.sent_bytes = r.rcvd_bytes = 500;
        if (spoil)
            spoil(&r);
        reading.keepers[0].sink.record(&reading.keepers[0].sink, &r);
        tap_count(&reading.seen, &f);
    }
    reading.totals.received = reading.totals.wire_packets = reading.totals.ip_packets = n * 10;
    reading.totals.received_bytes = n * 1000;
    struct order order = {0};
    assert_true(collection_gather(&reading.records, reading.keepers, 1, &order, NULL));
}

static char *report(const struct report_style *style)
{
    static struct text out;
    text_free(&out);
    assert_true(report_print(&out, &reading, style));
    reading_free(&reading);
    return out.data;
}

static const struct report_style plain = {.is_utf8 = true, .is_utc = true, .top = 10, .filter = ""};

static void test_a_clean_capture_is_called_clean(void **state)
{
    (void)state;
    read_flows(3, NULL);
    const char *said = report(&plain);
    assert_non_null(strstr(said, "Nothing looks wrong."));
    assert_null(strstr(said, "Problems"));
    assert_non_null(strstr(said, "3 flows between 2 hosts"));
    assert_non_null(strstr(said, "192.0.2.7"));
}

static void spoil_all(struct record *r)
{
    r->problem = (uint8_t)(r->client_port % 13);
    r->sent_retrans = 2;
    r->dns_code = 3;
    r->http_code = 404;
    r->tls_mismatch = 1;
    r->risk = 1ULL << (r->client_port % 40 + 1);
}

static void test_every_filter_that_is_proposed_compiles_and_finds_the_flows(void **state)
{
    (void)state;
    static struct report_problems problems;
    struct digest *d = calloc(1, sizeof *d);
    read_flows(40, spoil_all);
    digest_fill(d, &reading.records);
    report_problems_find(&problems, &reading, d);
    unsigned filters = 0;
    for (unsigned i = 0; i < problems.n; i++) {
        if (!problems.item[i].filter[0])
            continue;
        struct filter_error e;
        struct filter *f = filter_compile(problems.item[i].filter, &e);
        assert_non_null(f);
        unsigned matches = 0;
        for (size_t k = 0; k < reading.records.n; k++) {
            struct record r;
            collection_get(&reading.records, k, &r);
            matches += filter_match(f, &r);
        }
        assert_true(matches > 0);
        filter_free(f);
        filters++;
    }
    assert_true(filters >= 10);
    digest_free(d);
    free(d);
    reading_free(&reading);
}

static void test_damage_comes_first_and_in_words(void **state)
{
    (void)state;
    read_flows(2, spoil_all);
    static const char damage_text[] = "byte 77, packet 3: the file ends in the middle of a record";
    memcpy(reading.damage, damage_text, sizeof damage_text);
    const char *said = report(&plain);
    const char *damage = strstr(said, "The file is damaged: byte 77");
    const char *mismatch = strstr(said, "certificate for another name");
    assert_non_null(damage);
    assert_non_null(mismatch);
    assert_true(damage < mismatch);
}

static void test_an_ascii_terminal_gets_ascii(void **state)
{
    (void)state;
    struct report_style style = plain;
    style.is_utf8 = false;
    read_flows(20000, spoil_all);
    for (const char *c = report(&style); *c; c++)
        assert_true((unsigned char)*c < 128);
}

static void test_lines_fit_on_eighty_columns(void **state)
{
    (void)state;
    struct report_style style = plain;
    style.is_utf8 = false;
    read_flows(200, spoil_all);
    for (const char *line = report(&style); *line;) {
        size_t len = strcspn(line, "\n");
        assert_true(len <= 80);
        line += len + (line[len] == '\n');
    }
}

static void test_names_of_strangers_cannot_steer_the_terminal(void **state)
{
    (void)state;
    static const char evil[] = "a\033[2Jb\x9b";
    read_flows(1, NULL);
    struct record r;
    collection_get(&reading.records, 0, &r);
    tail_set(&r.tail, STRING_sni, evil, sizeof evil - 1);
    tail_set(&r.tail, STRING_info, evil, sizeof evil - 1);
    r.first++;
    reading.keepers[0].sink.record(&reading.keepers[0].sink, &r);
    struct order order = {0};
    collection_free(&reading.records);
    assert_true(collection_gather(&reading.records, reading.keepers, 1, &order, NULL));
    const char *said = report(&plain);
    assert_null(strchr(said, '\033'));
    assert_non_null(strstr(said, "a?[2Jb?"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_clean_capture_is_called_clean),
        cmocka_unit_test(test_every_filter_that_is_proposed_compiles_and_finds_the_flows),
        cmocka_unit_test(test_damage_comes_first_and_in_words),
        cmocka_unit_test(test_an_ascii_terminal_gets_ascii),
        cmocka_unit_test(test_lines_fit_on_eighty_columns),
        cmocka_unit_test(test_names_of_strangers_cannot_steer_the_terminal),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
