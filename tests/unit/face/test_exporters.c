/* test_exporters.c - what exporters sent is shown as it was: raw, scaled, lost, told. */
#include "stage.h"

#include "../codec/messages.h"
#include "read_json.h"

enum { DATAGRAMS = 8 };

/* A source of datagrams in memory. */
struct played {
    struct source source; /* first */
    unsigned n;
    bool is_over;
    struct datagram datagram[DATAGRAMS];
    struct message_bytes bytes[DATAGRAMS];
};

static struct stage *stage;

static enum source_result play(struct source *source, struct burst *b, int timeout_ms)
{
    struct played *p = (struct played *)source;
    (void)timeout_ms;
    if (p->is_over)
        return SOURCE_END;
    p->is_over = true;
    b->n = p->n;
    b->now = 0;
    b->datagram = p->datagram;
    counter_add(&source->counts.received, p->n);
    return SOURCE_OK;
}

static void add_message(struct played *p, const struct message_bytes *m, const char *from,
                        unsigned second)
{
    struct datagram *d = &p->datagram[p->n];
    p->bytes[p->n] = *m;
    *d = (struct datagram){.bytes = p->bytes[p->n].at,
                           .len = m->len,
                           .from_port = 30000,
                           .to_port = 2055,
                           .received = NOON + second * SECOND};
    assert_true(addr_parse(from, &d->from));
    p->n++;
}

static const struct field_row flow_fields[] = {
    {0, 8, 4}, {0, 12, 4}, {0, 7, 2},  {0, 11, 2}, {0, 4, 1},  {0, 10, 4}, {0, 14, 4},
    {0, 1, 4}, {0, 2, 4},  {0, 34, 4}, {0, 22, 4}, {0, 21, 4}, {0, 0, 0}};

/* One record: 1000 bytes in 10 packets, of which one in 100 was looked at, from interface 3 to 5. */
static void put_flow(struct message_bytes *m, unsigned port)
{
    put(m, 0xc0a8010a, 4);
    put(m, 0x5db8d822, 4);
    put(m, port, 2);
    put(m, 443, 2);
    put(m, 6, 1);
    put(m, 3, 4);
    put(m, 5, 4);
    put(m, 1000, 4);
    put(m, 10, 4);
    put(m, 100, 4);
    put(m, 9000, 4);
    put(m, 9900, 4);
}

static const struct field_row event_fields[] = {{0, 8, 4}, {0, 12, 4},  {0, 7, 2},   {0, 11, 2},
                                                {0, 4, 1}, {0, 233, 1}, {0, 323, 8}, {0, 0, 0}};

/* An sFlow datagram with the counters of interface 7: 1 Gbit/s, up, so many octets in and half of them out. */
static struct message_bytes counter_message(uint32_t sequence, uint32_t octets)
{
    const uint32_t words[] = {5,
                              1,
                              0x0a090003,
                              0,
                              sequence,
                              sequence * 20000,
                              1,
                              2,
                              108,
                              sequence,
                              7,
                              1,
                              1,
                              88,
                              7,
                              6,
                              0,
                              1000000000,
                              1,
                              3,
                              0,
                              octets,
                              octets / 100,
                              0,
                              0,
                              0,
                              0,
                              0,
                              0,
                              octets / 2,
                              octets / 200,
                              0,
                              0,
                              0,
                              0,
                              0};
    struct message_bytes m = {.len = 0};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        put(&m, words[i], 4);
    return m;
}

static struct source *made_source(void)
{
    static const struct source_ops ops = {play, stage_wake, stage_close};
    struct played *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->source.ops = &ops;
    p->source.is_file = true;
    p->source.is_collector = true;
    snprintf(p->source.name, sizeof p->source.name, "udp://made");
    notice_set(&p->source.state, "up");
    struct message_bytes m = v9_message(10000, 1500000000, 1);
    open_set(&m, 0);
    put_template(&m, 256, flow_fields);
    close_set(&m);
    open_set(&m, 256);
    put_flow(&m, 40000);
    put_flow(&m, 40001);
    close_set(&m);
    add_message(p, &m, "10.9.0.1", 1);
    m = v9_message(12000, 1500000002, 5); /* three messages have not come */
    open_set(&m, 256);
    put_flow(&m, 40002);
    close_set(&m);
    add_message(p, &m, "10.9.0.1", 5);
    m = ipfix_message(1500000003, 0);
    open_with_template(&m, 300, event_fields);
    put(&m, 0xc0a8010a, 4);
    put(&m, 0x0a000001, 4);
    put(&m, 40009, 2);
    put(&m, 22, 2);
    put(&m, 6, 1);
    put(&m, 3, 1);
    put(&m, 1500000003000, 8);
    close_set(&m);
    set_u16(&m, 2, m.len);
    add_message(p, &m, "10.9.0.2", 6);
    m = counter_message(1, 1000000);
    add_message(p, &m, "10.9.0.3", 10);
    m = counter_message(2, 26000000); /* 25 MB in 20 s are 10 Mbit/s */
    add_message(p, &m, "10.9.0.3", 30);
    return &p->source;
}

static struct got get_json(const char *target)
{
    struct got g = stage_get(stage->port, target);
    if (g.status != 200 || !g.body.data || !json_is_valid(g.body.data))
        fail_msg("%s: %d %s", target, g.status, g.body.data ? g.body.data : "");
    return g;
}

static void test_a_list_has_what_was_sent_lost_and_scaled(void **state)
{
    (void)state;
    struct got g = get_json("/api/v1/exporters");
    const char *body = g.body.data;
    assert_int_equal(json_number(body, "page.total"), 3);
    assert_true(json_says(body, "data.0.ip", "10.9.0.1"));
    assert_true(json_says(body, "data.0.protocol", "NetFlow v9"));
    assert_int_equal(json_number(body, "data.0.datagrams"), 2);
    assert_int_equal(json_number(body, "data.0.records"), 3);
    assert_int_equal(json_number(body, "data.0.lost_messages"), 3);
    assert_int_equal(json_number(body, "data.0.lost_records"), 0);
    assert_int_equal(json_number(body, "data.0.templates"), 1);
    assert_int_equal(json_number(body, "data.0.bytes"), 3 * 1000 * 100);
    assert_int_equal(json_number(body, "data.0.packets"), 3 * 10 * 100);
    assert_int_equal(json_number(body, "data.0.raw_bytes"), 3 * 1000);
    assert_true(json_says(body, "data.0.state", "sends"));
    assert_true(json_says(body, "data.0.filter", "exporter=10.9.0.1"));
    assert_true(json_says(body, "data.1.protocol", "IPFIX"));
    assert_int_equal(json_number(body, "data.1.bytes"), 0);
    got_free(&g);
}

static void test_a_list_is_sorted_cut_and_searched(void **state)
{
    (void)state;
    struct got g = get_json("/api/v1/exporters?sort=-templates&limit=1&offset=2");
    assert_int_equal(json_count(g.body.data, "data"), 1);
    assert_true(json_says(g.body.data, "data.0.ip", "10.9.0.3"));
    got_free(&g);
    g = get_json("/api/v1/exporters?find=9.0.1&fields=ip,bytes");
    assert_int_equal(json_number(g.body.data, "page.total"), 1);
    assert_int_equal(json_count(g.body.data, "data.0"), 2);
    got_free(&g);
    g = get_json("/api/v1/exporters?sort=-ip");
    assert_true(json_says(g.body.data, "data.0.ip", "10.9.0.3"));
    got_free(&g);
    g = stage_get(stage->port, "/api/v1/exporters?sort=colour");
    assert_int_equal(g.status, 400);
    got_free(&g);
}

static void test_an_exporter_tells_its_streams_and_interfaces(void **state)
{
    (void)state;
    struct got g = get_json("/api/v1/exporters/10.9.0.1");
    const char *body = g.body.data;
    assert_int_equal(json_count(body, "data.streams"), 1);
    assert_int_equal(json_number(body, "data.streams.0.domain"), 7);
    assert_int_equal(json_number(body, "data.streams.0.lost"), 3);
    assert_true(json_says(body, "data.streams.0.lost_unit", "messages"));
    assert_int_equal(json_count(body, "data.interfaces"), 2);
    assert_int_equal(json_number(body, "data.interfaces.0.index"), 3);
    assert_int_equal(json_number(body, "data.interfaces.0.bytes_in"), 300000);
    assert_int_equal(json_number(body, "data.interfaces.0.bytes_out"), 0);
    assert_int_equal(json_number(body, "data.interfaces.1.index"), 5);
    assert_int_equal(json_number(body, "data.interfaces.1.bytes_out"), 300000);
    got_free(&g);
}

static void test_templates_are_told_with_their_fields(void **state)
{
    (void)state;
    struct got g = get_json("/api/v1/exporters/10.9.0.1");
    assert_int_equal(json_count(g.body.data, "data.layouts"), 1);
    assert_int_equal(json_number(g.body.data, "data.layouts.0.id"), 256);
    assert_int_equal(json_number(g.body.data, "data.layouts.0.records"), 3);
    assert_int_equal(json_count(g.body.data, "data.layouts.0.fields"), 12);
    assert_true(json_says(g.body.data, "data.layouts.0.fields.9.name", "samplingInterval"));
    assert_int_equal(json_number(g.body.data, "data.rates.0.rate"), 100);
    assert_true(json_says(g.body.data, "data.rates.0.source", "record"));
    got_free(&g);
}

static void test_counters_of_an_interface_have_rates_and_an_hour(void **state)
{
    (void)state;
    struct got g = get_json("/api/v1/exporters/10.9.0.3");
    const char *body = g.body.data;
    assert_int_equal(json_number(body, "data.interfaces.0.index"), 7);
    assert_int_equal(json_number(body, "data.interfaces.0.speed_bps"), 1000000000);
    assert_int_equal(json_number(body, "data.interfaces.0.counters.in_bps"), 10000000);
    assert_int_equal(json_number(body, "data.interfaces.0.counters.out_bps"), 5000000);
    assert_int_equal(json_number(body, "data.interfaces.0.counters.total.in_octets"), 25000000);
    got_free(&g);
    g = get_json("/api/v1/timeseries?schema=exporter:counters&exporter=10.9.0.3&index=7");
    assert_int_equal(json_number(g.body.data, "data.step_ms"), 30000);
    assert_true(json_says(g.body.data, "data.series.0.name", "in_octets"));
    got_free(&g);
    g = stage_get(stage->port, "/api/v1/timeseries?schema=exporter:counters&index=7");
    assert_int_equal(g.status, 400);
    got_free(&g);
}

static void test_who_has_not_exported_is_not_there(void **state)
{
    (void)state;
    struct got g = stage_get(stage->port, "/api/v1/exporters/10.9.0.9");
    assert_int_equal(g.status, 404);
    got_free(&g);
    g = stage_get(stage->port, "/api/v1/exporters/router");
    assert_int_equal(g.status, 400);
    got_free(&g);
}

static void test_an_event_keeps_all_its_fields(void **state)
{
    (void)state;
    struct got g = get_json("/api/v1/told");
    const char *body = g.body.data;
    assert_int_equal(json_number(body, "page.total"), 1);
    assert_true(json_says(body, "data.0.exporter", "10.9.0.2"));
    assert_true(json_says(body, "data.0.kind", "event"));
    assert_true(json_says(body, "data.0.what", "denied"));
    assert_true(json_says(body, "data.0.src.ip", "192.168.1.10"));
    assert_int_equal(json_number(body, "data.0.dst.port"), 22);
    assert_int_equal(json_number(body, "data.0.fields.FIREWALL_EVENT"), 3);
    got_free(&g);
    g = get_json("/api/v1/told?exporter=10.9.0.1");
    assert_int_equal(json_number(g.body.data, "page.total"), 0);
    got_free(&g);
    g = get_json("/api/v1/told?ip=10.0.0.1");
    assert_int_equal(json_number(g.body.data, "page.total"), 1);
    got_free(&g);
    g = stage_get(stage->port, "/api/v1/told?ip=x");
    assert_int_equal(g.status, 400);
    got_free(&g);
    g = stage_get(stage->port, "/api/v1/told?format=csv");
    assert_non_null(strstr(g.body.data, "src.ip,src.port,dst.ip,dst.port,fields\r\n"));
    got_free(&g);
}

static void test_a_flow_has_raw_and_scaled_counters_and_its_path(void **state)
{
    (void)state;
    struct got g = get_json("/api/v1/flows?q=exporter%3D10.9.0.1%20and%20in%3D3%20and%20out%3D5");
    assert_int_equal(json_number(g.body.data, "page.total"), 3);
    assert_int_equal(json_number(g.body.data, "data.0.c2s_bytes"), 100000);
    assert_int_equal(json_number(g.body.data, "data.0.raw_c2s_bytes"), 1000);
    assert_int_equal(json_number(g.body.data, "data.0.sampling"), 100);
    assert_true(json_says(g.body.data, "data.0.sampling_source", "record"));
    char path[80];
    snprintf(path, sizeof path, "/api/v1/flows/%.32s", json_at(g.body.data, "data.0.flow_id") + 1);
    struct got one = get_json(path);
    assert_int_equal(json_count(one.body.data, "data.path"), 1);
    assert_true(json_says(one.body.data, "data.path.0.exporter", "10.9.0.1"));
    assert_int_equal(json_number(one.body.data, "data.path.0.in_if"), 3);
    assert_int_equal(json_number(one.body.data, "data.path.0.out_if"), 5);
    got_free(&one);
    got_free(&g);
}

static void test_totals_ledger_and_metrics_count_what_was_collected(void **state)
{
    (void)state;
    struct got g = get_json("/api/v1/totals");
    assert_int_equal(json_number(g.body.data, "data.datagrams"), 5);
    assert_int_equal(json_number(g.body.data, "data.records"), 4);
    assert_int_equal(json_number(g.body.data, "data.record_bytes"), 300000);
    got_free(&g);
    g = get_json("/api/v1/ledger");
    assert_int_equal(json_count(g.body.data, "data.losses"), LOSSES);
    assert_true(json_says(g.body.data, "data.losses.0.group", "malformed"));
    got_free(&g);
    g = stage_get(stage->port, "/metrics");
    assert_non_null(strstr(g.body.data, "\nweir_interface_exporters{interface=\"udp://made\","
                                        "ifid=\"0\"} 3\n"));
    assert_non_null(strstr(g.body.data, "\nweir_exporter_lost_messages_total{interface=\"udp://"
                                        "made\",ifid=\"0\",exporter=\"10.9.0.1\"} 3\n"));
    assert_non_null(strstr(g.body.data, "\nweir_interface_collected_records_total{"));
    assert_non_null(strstr(g.body.data, "exporter=\"10.9.0.3\"} 0.000\n"));
    got_free(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_list_has_what_was_sent_lost_and_scaled),
        cmocka_unit_test(test_a_list_is_sorted_cut_and_searched),
        cmocka_unit_test(test_an_exporter_tells_its_streams_and_interfaces),
        cmocka_unit_test(test_templates_are_told_with_their_fields),
        cmocka_unit_test(test_counters_of_an_interface_have_rates_and_an_hour),
        cmocka_unit_test(test_who_has_not_exported_is_not_there),
        cmocka_unit_test(test_an_event_keeps_all_its_fields),
        cmocka_unit_test(test_a_flow_has_raw_and_scaled_counters_and_its_path),
        cmocka_unit_test(test_totals_ledger_and_metrics_count_what_was_collected),
    };
    stage = stage_open_on(made_source());
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    stage_close_all(stage);
    return failed;
}
