/* test_api.c - every resource of docs/api.md against a real engine, over a real socket. */
#include "stage.h"

#include "read_json.h"

static struct stage *stage;

static struct got get_ok(const char *target)
{
    struct got g = stage_get(stage->port, target);
    if (g.status != 200)
        fail_msg("%s: %d %s", target, g.status, g.body.data ? g.body.data : "");
    return g;
}

static struct got get_json(const char *target)
{
    struct got g = get_ok(target);
    if (!g.body.data || !json_is_valid(g.body.data))
        fail_msg("%s is not JSON: %s", target, g.body.data);
    return g;
}

static void test_each_get_route_answers_json_with_its_envelope(void **state)
{
    (void)state;
    for (size_t i = 0; i < route_count; i++) {
        const struct route *r = &route_table[i];
        if (r->method != METHOD_GET || strchr(r->path, '{') || r->shape == SHAPE_TEXT ||
            r->shape == SHAPE_STREAM)
            continue;
        struct got g = get_json(r->path);
        bool list = r->shape == SHAPE_LIST || r->shape == SHAPE_ROWS;
        bool plain = r->shape == SHAPE_PLAIN;
        assert_true(plain || json_at(g.body.data, list ? "data" : "data"));
        assert_true(plain || *json_at(g.body.data, "data") == (list ? '[' : '{'));
        assert_true(plain || json_number(g.body.data, "meta.t") > 1.4e12);
        assert_true((json_at(g.body.data, "page.total") != NULL) == (r->shape == SHAPE_LIST));
        got_free(&g);
    }
}

/* Keys of the objects in "data" must be in the schema that the contract names. */
static void check_keys(const char *path, const char *schema, const char *object)
{
    const char *p = skip_space(object + 1);
    while (*p != '}') {
        char key[64];
        const char *end = skip_string(p);
        snprintf(key, sizeof key, "%.*s", (int)(end - p - 2), p + 1);
        if (!schema_has(schema, key))
            fail_msg("%s answers '%s', which schema %s does not have", path, key, schema);
        p = skip_space(skip_value(skip_space(end) + 1, 0));
        p = *p == ',' ? skip_space(p + 1) : p;
    }
}

static void test_what_is_answered_is_what_the_contract_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < route_count; i++) {
        const struct route *r = &route_table[i];
        if (r->method != METHOD_GET || strchr(r->path, '{') || r->shape == SHAPE_TEXT ||
            r->shape == SHAPE_STREAM)
            continue;
        struct got g = get_json(r->path);
        const char *object = r->shape == SHAPE_PLAIN ? g.body.data : json_at(g.body.data, "data");
        if (*object == '[')
            object = json_at(g.body.data, "data.0");
        if (object)
            check_keys(r->path, r->schema, object);
        got_free(&g);
    }
    struct got g = get_json("/api/v1/hosts/192.168.1.10@0");
    check_keys("/hosts/{id}", "host_detail", json_at(g.body.data, "data"));
    got_free(&g);
}

static void test_a_flow_tells_what_it_was(void **state)
{
    (void)state;
    struct got g = get_json("/api/v1/flows?q=srv.port%3D80");
    assert_int_equal(json_number(g.body.data, "page.total"), 1);
    assert_true(json_says(g.body.data, "data.0.cli.ip", "192.168.1.10"));
    assert_int_equal(json_number(g.body.data, "data.0.cli.port"), 40000);
    assert_true(json_says(g.body.data, "data.0.l4", "tcp"));
    assert_int_equal(json_number(g.body.data, "meta.sum_bytes"),
                     json_number(g.body.data, "data.0.bytes"));
    char path[80];
    snprintf(path, sizeof path, "/api/v1/flows/%.32s", json_at(g.body.data, "data.0.flow_id") + 1);
    struct got one = get_json(path);
    assert_true(json_says(one.body.data, "data.srv.ip", "93.184.216.34"));
    assert_true(json_says(one.body.data, "data.raw.IPV4_SRC_ADDR", "192.168.1.10"));
    assert_int_equal(json_number(one.body.data, "data.bytes"),
                     json_number(g.body.data, "data.0.bytes"));
    got_free(&one);
    got_free(&g);
}

static void test_names_learned_from_dns_stand_beside_addresses(void **state)
{
    (void)state;
    struct got g = get_json("/api/v1/flows?q=srv.port%3D80");
    assert_true(json_says(g.body.data, "data.0.srv.name", "example.org"));
    got_free(&g);
}

static void test_fields_choose_keys(void **state)
{
    (void)state;
    struct got g = get_json("/api/v1/flows?fields=cli.ip,bytes&limit=1");
    assert_int_equal(json_count(g.body.data, "data.0"), 2);
    got_free(&g);
    g = get_json("/api/v1/hosts?fields=ip,bytes_sent&limit=1");
    assert_int_equal(json_count(g.body.data, "data.0"), 2);
    got_free(&g);
    g = get_json("/api/v1/devices?fields=mac,arp.requests_sent&limit=1");
    assert_int_equal(json_count(g.body.data, "data.0"), 2);
    assert_int_equal(json_count(g.body.data, "data.0.arp"), 1);
    got_free(&g);
}

static void test_lists_are_sorted_and_paged_by_the_engine(void **state)
{
    (void)state;
    struct got all = get_json("/api/v1/flows?sort=-bytes&limit=100");
    int n = json_count(all.body.data, "data");
    assert_int_equal(n, json_number(all.body.data, "page.total"));
    double last = 1e18;
    for (int i = 0; i < n; i++) {
        char path[32];
        snprintf(path, sizeof path, "data.%d.bytes", i);
        double bytes = json_number(all.body.data, path);
        assert_true(bytes <= last);
        last = bytes;
    }
    struct got page = get_json("/api/v1/flows?sort=-bytes&limit=2&offset=1");
    assert_int_equal(json_count(page.body.data, "data"), 2);
    assert_memory_equal(json_at(page.body.data, "data.0.flow_id"),
                        json_at(all.body.data, "data.1.flow_id"), 34);
    got_free(&page);
    got_free(&all);
    struct got up = get_json("/api/v1/protocols?sort=name");
    for (int i = 1; i < json_count(up.body.data, "data"); i++) {
        char path[32];
        snprintf(path, sizeof path, "data.%d.name", i - 1);
        const char *before = json_at(up.body.data, path);
        snprintf(path, sizeof path, "data.%d.name", i);
        assert_true(strncasecmp(before, json_at(up.body.data, path), 20) <= 0);
    }
    got_free(&up);
}

static void test_sums_over_groups_equal_the_totals(void **state)
{
    (void)state;
    static const char *const lists[] = {"/api/v1/protocols?limit=1000", "/api/v1/l4?limit=1000",
                                        "/api/v1/categories?limit=1000"};
    struct got totals = get_json("/api/v1/totals");
    double whole = json_number(totals.body.data, "data.ip_bytes");
    assert_true(whole > 0);
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        struct got g = get_json(lists[k]);
        double sum = 0;
        for (int i = 0; i < json_count(g.body.data, "data"); i++) {
            char path[32];
            snprintf(path, sizeof path, "data.%d.bytes", i);
            sum += json_number(g.body.data, path);
        }
        assert_int_equal(sum, whole);
        got_free(&g);
    }
    struct got hosts = get_json("/api/v1/hosts?limit=1000");
    double sent = 0;
    for (int i = 0; i < json_count(hosts.body.data, "data"); i++) {
        char path[40];
        snprintf(path, sizeof path, "data.%d.bytes_sent", i);
        sent += json_number(hosts.body.data, path);
    }
    assert_int_equal(sent, whole);
    got_free(&hosts);
    got_free(&totals);
}

/* The lens rule: a group's filter finds flows, and their bytes are the group's. */
static void test_the_filter_of_a_group_finds_its_flows(void **state)
{
    (void)state;
    static const char *const lists[] = {"/api/v1/protocols",      "/api/v1/l4",
                                        "/api/v1/vlans",          "/api/v1/categories",
                                        "/api/v1/top?by=host",    "/api/v1/top?by=srv.port",
                                        "/api/v1/top?by=app",     "/api/v1/top?by=tcp_flags",
                                        "/api/v1/top?by=sni",     "/api/v1/top?by=info",
                                        "/api/v1/top?by=problem", "/api/v1/top?by=direction"};
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        struct got g = get_json(lists[k]);
        for (int i = 0; i < json_count(g.body.data, "data"); i++) {
            char path[40];
            struct text target = {0};
            snprintf(path, sizeof path, "data.%d.filter", i);
            const char *filter = json_at(g.body.data, path) + 1;
            char plain[200];
            size_t n = 0;
            for (; *filter != '"' && n < sizeof plain - 1; filter++) {
                filter += *filter == '\\';
                plain[n++] = *filter;
            }
            plain[n] = 0;
            text_add(&target, "/api/v1/flows?q=");
            percent_encode(&target, plain);
            struct got flows = get_json(target.data);
            snprintf(path, sizeof path, "data.%d.bytes", i);
            if (json_number(flows.body.data, "meta.sum_bytes") != json_number(g.body.data, path))
                fail_msg("%s: %s: %f flows' bytes, %f in the list", lists[k], plain,
                         json_number(flows.body.data, "meta.sum_bytes"),
                         json_number(g.body.data, path));
            got_free(&flows);
            text_free(&target);
        }
        got_free(&g);
    }
}

/* A network's bytes are those of its hosts, so what stays inside counts on both sides. */
static void test_a_network_is_its_hosts(void **state)
{
    (void)state;
    struct got networks = get_json("/api/v1/networks");
    assert_true(json_says(networks.body.data, "data.0.name", "Office"));
    assert_true(json_says(networks.body.data, "data.0.filter", "net=192.168.0.0/16"));
    struct got hosts = get_json("/api/v1/hosts?find=192.168.&limit=1000");
    double sum = 0;
    for (int i = 0; i < json_count(hosts.body.data, "data"); i++) {
        char path[40];
        snprintf(path, sizeof path, "data.%d.bytes", i);
        sum += json_number(hosts.body.data, path);
    }
    if (sum != json_number(networks.body.data, "data.0.bytes"))
        fail_msg("%s\n%s", hosts.body.data, networks.body.data);
    got_free(&hosts);
    got_free(&networks);
}

static void test_a_host_is_told_in_full(void **state)
{
    (void)state;
    struct got g = get_json("/api/v1/hosts/192.168.1.10");
    const char *t = g.body.data;
    assert_true(json_says(t, "data.host_id", "192.168.1.10@0"));
    assert_true(json_says(t, "data.network", "Office"));
    assert_int_equal(json_count(t, "data.l4"), 4);
    assert_int_equal(json_count(t, "data.sizes.sent"), 7);
    assert_int_equal(json_number(t, "data.tcp.syn_sent"), 1);
    assert_int_equal(json_number(t, "data.dns.queries_sent"), 1);
    assert_int_equal(json_number(t, "data.dns.ok_rcvd"), 1);
    assert_int_equal(json_number(t, "data.http.requests_sent"), 1);
    assert_int_equal(json_number(t, "data.http.codes_rcvd.1"), 1);
    assert_true(json_count(t, "data.icmp") == 2);
    assert_true(json_count(t, "data.apps") >= 2);
    got_free(&g);
}

static void test_series_cover_the_seconds_asked_for(void **state)
{
    (void)state;
    struct got g = get_json("/api/v1/timeseries?schema=iface:traffic&seconds=60");
    assert_int_equal(json_number(g.body.data, "data.step_ms"), 1000);
    assert_true(json_count(g.body.data, "data.series") >= 5);
    assert_true(json_count(g.body.data, "data.series.0.v") <= 60);
    assert_true(json_count(g.body.data, "data.series.0.v") >= 2);
    got_free(&g);
    g = get_json("/api/v1/timeseries?schema=iface:ndpi&seconds=60");
    assert_int_equal(strncmp(json_at(g.body.data, "data.series.0.name"), "\"app:", 5), 0);
    got_free(&g);
    g = get_json("/api/v1/timeseries?schema=host:traffic&host=192.168.1.10");
    assert_true(json_count(g.body.data, "data.series") == 2 ||
                json_count(g.body.data, "data.series") == 0);
    got_free(&g);
}

static void test_the_ledger_closes(void **state)
{
    (void)state;
    struct got g = get_json("/api/v1/ledger");
    assert_int_equal(strncmp(json_at(g.body.data, "data.closes"), "true", 4), 0);
    assert_true(json_count(g.body.data, "data.lines") >= 4);
    got_free(&g);
}

static void test_the_summary_names_who_sends_and_what_is_wrong(void **state)
{
    (void)state;
    struct got g = get_json("/api/v1/summary");
    const char *sentence = json_at(g.body.data, "data.sentence");
    assert_non_null(strstr(sentence, "of the traffic"));
    assert_non_null(strstr(sentence, "problem"));
    assert_false(json_says(g.body.data, "data.level", "good"));
    got_free(&g);
    g = get_json("/api/v1/summary?q=srv.port%3D80");
    assert_non_null(strstr(json_at(g.body.data, "data.sentence"), "1 flow matches"));
    got_free(&g);
}

static void test_the_system_page_knows_options_and_memory(void **state)
{
    (void)state;
    struct got g = get_json("/api/v1/system");
    assert_int_equal(json_number(g.body.data, "data.pid"), getpid());
    assert_true(json_number(g.body.data, "data.memory.rss_bytes") > 1e6);
    assert_non_null(json_at(g.body.data, "data.memory.huge_bytes"));
    assert_true(json_count(g.body.data, "data.options") > 20);
    assert_true(json_says(g.body.data, "data.options.0.source", "default"));
    assert_true(json_count(g.body.data, "data.threads") >= 4);
    got_free(&g);
}

static void test_filters_are_parsed_and_completed(void **state)
{
    (void)state;
    struct got g = get_json("/api/v1/filter/parse?q=app%3DDNS");
    assert_non_null(json_at(g.body.data, "tree.op"));
    got_free(&g);
    g = stage_get(stage->port, "/api/v1/filter/parse?q=app%20%3D%20");
    assert_int_equal(g.status, 400);
    assert_true(json_number(g.body.data, "at") >= 5);
    got_free(&g);
    g = get_json("/api/v1/filter/complete?q=ap&at=2");
    assert_true(json_count(g.body.data, "data") >= 1);
    got_free(&g);
    g = stage_get(stage->port, "/api/v1/flows?q=bytes%3E%3E1");
    assert_int_equal(g.status, 400);
    assert_true(json_at(g.body.data, "at") != NULL);
    assert_non_null(strstr(g.head.data, "application/problem+json"));
    got_free(&g);
}

static void test_bad_values_are_refused_with_the_parameter_named(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "/api/v1/flows?limit=0",
        "/api/v1/flows?limit=1001",
        "/api/v1/flows?limit=x",
        "/api/v1/flows?offset=-1",
        "/api/v1/flows?sort=nothing",
        "/api/v1/flows?fields=nothing",
        "/api/v1/hosts?local=2",
        "/api/v1/hosts?sort=-app",
        "/api/v1/hosts?fields=x",
        "/api/v1/top?by=nothing",
        "/api/v1/top?by=bytes",
        "/api/v1/timeseries?schema=x",
        "/api/v1/timeseries?seconds=0",
        "/api/v1/flows?if=64",
        "/api/v1/flows?limit=1&limit=2",
        "/api/v1/protocols?sort=mac",
        "/api/v1/flows?format=xml",
        "/api/v1/hosts/nonsense",
        "/api/v1/hosts/1.2.3.4@x",
        "/api/v1/flows/zz",
        "/api/v1/timeseries?schema=host:traffic",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct got g = stage_get(stage->port, bad[i]);
        if (g.status != 400)
            fail_msg("%s: %d %s", bad[i], g.status, g.body.data);
        assert_true(json_is_valid(g.body.data));
        assert_int_equal(json_number(g.body.data, "status"), 400);
        got_free(&g);
    }
}

static void test_what_is_not_there_is_404(void **state)
{
    (void)state;
    static const char *const absent[] = {"/api/v1/nothing",
                                         "/api/v1/",
                                         "/api/v2/flows",
                                         "/api/v1/interfaces/9",
                                         "/api/v1/interfaces/x",
                                         "/api/v1/flows/00000000000000000000000000000000",
                                         "/api/v1/hosts/9.9.9.9@0",
                                         "/api/v1/totals?if=5",
                                         "/api/v1/flows/a/b",
                                         "/metrics/x",
                                         "/api"};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        struct got g = stage_get(stage->port, absent[i]);
        if (g.status != 404)
            fail_msg("%s: %d %s", absent[i], g.status, g.body.data);
        got_free(&g);
    }
}

static void test_csv_and_ndjson_have_one_line_per_row(void **state)
{
    (void)state;
    static const char *const lists[] = {"flows", "hosts",  "protocols",  "devices",
                                        "top",   "events", "interfaces", "fields"};
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        char target[80];
        snprintf(target, sizeof target, "/api/v1/%s", lists[k]);
        struct got json = get_json(target);
        int rows = json_count(json.body.data, "data");
        snprintf(target, sizeof target, "/api/v1/%s?format=csv", lists[k]);
        struct got csv = get_ok(target);
        int lines = 0;
        for (const char *p = csv.body.data; p && *p; p++)
            lines += *p == '\n';
        if (rows)
            assert_int_equal(lines, rows + 1);
        assert_non_null(strstr(csv.head.data, "attachment; filename="));
        snprintf(target, sizeof target, "/api/v1/%s?format=ndjson", lists[k]);
        struct got nd = get_ok(target);
        char *line = nd.body.data ? nd.body.data : "";
        int n = 0;
        for (char *end; *line; line = end + 1, n++) {
            end = strchr(line, '\n');
            assert_non_null(end);
            *end = 0;
            assert_true(json_is_valid(line));
        }
        assert_int_equal(n, rows);
        got_free(&nd);
        got_free(&csv);
        got_free(&json);
    }
    struct got g = stage_ask(stage->port, "GET", "/api/v1/flows", "Accept: text/csv\r\n");
    assert_non_null(strstr(g.head.data, "text/csv"));
    got_free(&g);
}

/* One line of the exposition format: a comment of two kinds, or name{labels} value. */
static bool metric_line_is_valid(const char *line)
{
    if (!strncmp(line, "# HELP weir_", 12) || !strncmp(line, "# TYPE weir_", 12) ||
        !strncmp(line, "# HELP process_", 15) || !strncmp(line, "# TYPE process_", 15))
        return true;
    size_t n = strspn(line, "abcdefghijklmnopqrstuvwxyz_0123456789");
    const char *p = line + n;
    if (!n || (strncmp(line, "weir_", 5) && strncmp(line, "process_", 8)))
        return false;
    if (*p == '{') {
        do {
            p++;
            n = strspn(p, "abcdefghijklmnopqrstuvwxyz_0123456789");
            p += n;
            if (!n || strncmp(p, "=\"", 2))
                return false;
            for (p += 2; *p && *p != '"'; p++)
                p += *p == '\\';
            if (*p++ != '"')
                return false;
        } while (*p == ',');
        if (*p++ != '}')
            return false;
    }
    if (*p++ != ' ')
        return false;
    n = strspn(p, "0123456789.");
    return n && !p[n];
}

static void test_metrics_are_valid_and_counters_only_grow(void **state)
{
    (void)state;
    struct got first = get_ok("/metrics");
    clock_sleep(1100 * MILLISECOND);
    struct got second = get_ok("/metrics");
    char *rest = first.body.data;
    int lines = 0;
    for (char *line; (line = strsep(&rest, "\n")) && *line; lines++) {
        if (!metric_line_is_valid(line))
            fail_msg("not a metric: %s", line);
        char *value = strrchr(line, ' ');
        size_t name = (size_t)(value - line) + 1;
        if (*line == '#' || !strstr(line, "_total"))
            continue;
        char *same = second.body.data;
        while ((same = strstr(same, "\n")) && strncmp(same + 1, line, name) != 0)
            same++;
        if (!same)
            fail_msg("gone: %s", line);
        assert_true(strtod(same + 1 + name, NULL) >= strtod(value, NULL));
    }
    assert_true(lines > 100);
    assert_non_null(
        strstr(second.body.data,
               "weir_interface_ip_packets_total{interface=\"made.pcap\",ifid=\"0\"} 14\n"));
    got_free(&first);
    got_free(&second);
    struct got open =
        stage_ask(stage->port, "GET", "/metrics", "Accept: application/openmetrics-text\r\n");
    assert_non_null(strstr(open.head.data, "application/openmetrics-text"));
    assert_non_null(strstr(open.body.data, "# TYPE weir_interface_ip_packets counter\n"));
    assert_string_equal(open.body.data + open.body.len - 6, "# EOF\n");
    got_free(&open);
}

static void test_openapi_has_every_route_schema_and_field(void **state)
{
    (void)state;
    struct got g = get_json("/api/v1/openapi.json");
    assert_true(json_says(g.body.data, "openapi", "3.1.0"));
    assert_int_equal(json_count(g.body.data, "paths"),
                     route_count - 1); /* POST shares a path with PATCH */
    for (size_t i = 0; i < route_count; i++) {
        char quoted[120];
        snprintf(quoted, sizeof quoted, "\"%s\":{", route_table[i].path);
        if (!strstr(g.body.data, quoted))
            fail_msg("%s is not in the document", quoted);
        char path[120];
        snprintf(path, sizeof path, "components.schemas.%s", route_table[i].schema);
        if (!json_at(g.body.data, path))
            fail_msg("no schema %s", route_table[i].schema);
    }
    for (size_t i = 0; i < field_count; i++) {
        char path[160];
        const char *api = field_table[i].api, *dot = strchr(api, '.');
        if (!*api || field_table[i].kind == KIND_none)
            continue;
        if (dot)
            snprintf(path, sizeof path, "components.schemas.flow.properties.%.*s.properties.%s",
                     (int)(dot - api), api, dot + 1);
        else
            snprintf(path, sizeof path, "components.schemas.flow.properties.%s", api);
        if (!json_at(g.body.data, path))
            fail_msg("%s is not in the flow's schema", api);
    }
    /* Every $ref leads somewhere. */
    for (const char *p = g.body.data; (p = strstr(p, "#/components/schemas/")); p++) {
        char path[120];
        p += strlen("#/components/schemas/");
        snprintf(path, sizeof path, "components.schemas.%.*s", (int)strcspn(p, "\""), p);
        assert_non_null(json_at(g.body.data, path));
    }
    got_free(&g);
}

static void test_health_and_version_speak_plainly(void **state)
{
    (void)state;
    struct got g = get_json("/api/v1/health");
    assert_true(json_says(g.body.data, "status", "ok"));
    got_free(&g);
    g = get_json("/api/v1/version");
    assert_true(json_says(g.body.data, "data.ndpi", "4.2"));
    got_free(&g);
}

static int set_up(void **state)
{
    (void)state;
    stage = stage_open();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    stage_close_all(stage);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_get_route_answers_json_with_its_envelope),
        cmocka_unit_test(test_what_is_answered_is_what_the_contract_says),
        cmocka_unit_test(test_a_flow_tells_what_it_was),
        cmocka_unit_test(test_names_learned_from_dns_stand_beside_addresses),
        cmocka_unit_test(test_fields_choose_keys),
        cmocka_unit_test(test_lists_are_sorted_and_paged_by_the_engine),
        cmocka_unit_test(test_sums_over_groups_equal_the_totals),
        cmocka_unit_test(test_the_filter_of_a_group_finds_its_flows),
        cmocka_unit_test(test_a_network_is_its_hosts),
        cmocka_unit_test(test_a_host_is_told_in_full),
        cmocka_unit_test(test_series_cover_the_seconds_asked_for),
        cmocka_unit_test(test_the_ledger_closes),
        cmocka_unit_test(test_the_summary_names_who_sends_and_what_is_wrong),
        cmocka_unit_test(test_the_system_page_knows_options_and_memory),
        cmocka_unit_test(test_filters_are_parsed_and_completed),
        cmocka_unit_test(test_bad_values_are_refused_with_the_parameter_named),
        cmocka_unit_test(test_what_is_not_there_is_404),
        cmocka_unit_test(test_csv_and_ndjson_have_one_line_per_row),
        cmocka_unit_test(test_metrics_are_valid_and_counters_only_grow),
        cmocka_unit_test(test_openapi_has_every_route_schema_and_field),
        cmocka_unit_test(test_health_and_version_speak_plainly),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
