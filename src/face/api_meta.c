/* api_meta.c - fields, filters, version, health and the state of the program itself. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/ceiling.h"
#include "face/api.h"
#include "face/rows.h"

/* How the pages format a field's values. */
static const char *kind_name(const struct field *f)
{
    switch (f->kind) {
    case KIND_number:
    case KIND_app_id:
        return "number";
    case KIND_count:
        return "count";
    case KIND_packets:
        return "packets";
    case KIND_bytes:
        return "bytes";
    case KIND_bps:
        return "bps";
    case KIND_pps:
        return "pps";
    case KIND_ratio:
        return "ratio";
    case KIND_time:
        return "time";
    case KIND_duration:
    case KIND_usec:
        return "duration";
    case KIND_addr:
        return "addr";
    case KIND_mac:
        return "mac";
    case KIND_port:
        return "port";
    case KIND_tcp_flags:
        return "tcp_flags";
    case KIND_flag:
        return "flag";
    case KIND_risk:
    case KIND_tunnels:
        return "list";
    case KIND_app:
        return "app";
    case KIND_flow_id:
    case KIND_community_id:
        return "id";
    case KIND_string:
        return "string";
    default:
        return "word";
    }
}

/* What a column belongs to, by what its key contains (^: begins with); the first that fits. The
 * pages' chooser shows columns in these groups. */
static const struct {
    const char *word, *group;
} field_groups[] = {
    {"^cli.", "ends"},
    {"^srv.", "ends"},
    {"tcp_", "tcp"},
    {"retrans", "tcp"},
    {"out_of_order", "tcp"},
    {"lost", "tcp"},
    {"keep_alive", "tcp"},
    {"zero_window", "tcp"},
    {"^tls_", "tls"},
    {"^sni", "tls"},
    {"^ja", "tls"},
    {"^http_", "http"},
    {"^dns_", "dns"},
    {"^dhcp_", "dhcp"},
    {"^ssh_", "ssh"},
    {"^outer.", "tunnel"},
    {"^tunnel", "tunnel"},
    {"_iat_", "timing"},
    {"_tos", "ip"},
    {"_dscp", "ip"},
    {"_ttl", "ip"},
    {"_icmp", "ip"},
    {"^ip_version", "ip"},
    {"^vlan", "ends"},
    {"^l4", "ends"},
    {"^direction", "ends"},
    {"^appl_", "timing"},
    {"^app", "application"},
    {"^category", "application"},
    {"^breed", "application"},
    {"^confidence", "application"},
    {"^info", "application"},
    {"^user_name", "application"},
    {"^risk", "problems"},
    {"^score", "problems"},
    {"^problem", "problems"},
    {"^alerted", "problems"},
    {"flows_", "flows"},
    {"^trend", "traffic"},
    {"^exporter", "exporter"},
    {"^in_if", "exporter"},
    {"^out_if", "exporter"},
    {"^observed", "exporter"},
    {"^sampling", "exporter"},
    {"^raw_", "exporter"},
    {"^nat_", "nat"},
    {"next_hop", "routing"},
    {"^cli_", "routing"},
    {"^srv_", "routing"},
    {"^vrf_", "routing"},
    {"^mpls", "routing"},
};

static const char *field_group(const struct field *f, const char *fallback)
{
    for (size_t i = 0; i < sizeof field_groups / sizeof *field_groups; i++) {
        const char *word = field_groups[i].word;
        bool begins = *word == '^';
        const char *at = strstr(f->api, word + begins);
        if (at && (!begins || at == f->api))
            return field_groups[i].group;
    }
    switch (f->kind) {
    case KIND_time:
    case KIND_duration:
    case KIND_usec:
        return "timing";
    case KIND_bytes:
    case KIND_packets:
    case KIND_bps:
    case KIND_pps:
    case KIND_ratio:
        return "traffic";
    default:
        return fallback;
    }
}

static void field_row(struct rows *rows, const struct field *f, const char *fallback)
{
    bool sortable = f->kind != KIND_flow_id && f->kind != KIND_community_id;
    rows_open(rows);
    rows_string(rows, "id", f->api);
    rows_string(rows, "title", f->title);
    rows_string(rows, "tip", f->tip);
    rows_string(rows, "unit", f->unit);
    rows_string(rows, "kind", kind_name(f));
    rows_string(rows, "operand", f->operand ? f->operand : "");
    rows_bool(rows, "sortable", sortable);
    rows_string(rows, "group", field_group(f, fallback));
    rows_close(rows);
}

struct reply *api_fields_list(const struct api *api, const struct call *c)
{
    struct rows rows;
    bool hosts = c->value[PARAM_of].number == 1;
    const struct field *table = hosts ? host_field_table : field_table;
    size_t n = hosts ? host_field_count : field_count;
    rows_begin(&rows, c, "fields");
    for (size_t i = 0; i < n; i++) {
        if (*table[i].api && table[i].kind != KIND_none)
            field_row(&rows, &table[i], hosts ? "host" : "flow");
    }
    return rows_finish(&rows, c, NULL, clock_wall());
}

struct reply *api_filter_parse(const struct api *api, const struct call *c)
{
    struct filter *filter;
    const char *q = c->value[PARAM_q].text;
    struct filter_error e = {0};
    filter = filter_compile(q ? q : "", &e);
    if (!filter)
        return reply_problem(400, "filter", "Bad filter", e.text, (long)e.at);
    struct reply *r = reply_json();
    struct json j = json_into(&r->body);
    json_open(&j);
    json_pair_bool(&j, "ok", true);
    json_pair_bool(&j, "empty", filter_is_empty(filter));
    json_key(&j, "tree");
    if (filter_is_empty(filter))
        json_null(&j);
    else
        filter_json(filter, &j);
    json_close(&j);
    filter_free(filter);
    return reply_finish(r);
}

struct reply *api_filter_completions(const struct api *api, const struct call *c)
{
    const char *q = c->value[PARAM_q].text ? c->value[PARAM_q].text : "";
    size_t at = c->value[PARAM_at].given ? (size_t)c->value[PARAM_at].number : strlen(q);
    if (at > strlen(q))
        at = strlen(q);
    struct reply *r = reply_json();
    struct json j = json_into(&r->body);
    json_open(&j);
    json_key(&j, "data");
    filter_complete(q, at, (unsigned)c->value[PARAM_limit].number, &j);
    api_meta_now(&j, clock_wall());
    json_close(&j);
    return reply_finish(r);
}

struct reply *api_version(const struct api *api, const struct call *c)
{
    struct reply *r = reply_json();
    struct json j = json_into(&r->body);
    api_one_open(&j);
    json_open(&j);
    json_pair_string(&j, "version", api->about.version);
    json_pair_string(&j, "revision", api->about.revision);
    json_pair_string(&j, "built", api->about.built);
    json_pair_string(&j, "ndpi", api->about.ndpi);
    json_pair_string(&j, "libpcap", api->about.libpcap);
    json_close(&j);
    return api_one_finish(r, &j, NULL);
}

/* Adds what is wrong with an interface to the open array; true when it can be read. */
static bool interface_health(struct json *j, const struct interface_info *info, unsigned *reasons)
{
    char text[512];
    bool fine = info->is_file || !strncmp(info->state, "up", 2) || !info->state[0];
    if (!fine) {
        snprintf(text, sizeof text, "%s is %s", info->name, info->state);
        json_string(j, text);
        (*reasons)++;
    }
    if (info->damage[0]) {
        snprintf(text, sizeof text, "%s: %s", info->name, info->damage);
        json_string(j, text);
        (*reasons)++;
    }
    return fine;
}

struct reply *api_health(const struct api *api, const struct call *c)
{
    struct interface_info info;
    unsigned reasons = 0, readable = 0;
    unsigned n = engine_interfaces(api->engine);
    struct text list = {0};
    struct json l = json_into(&list);
    json_open_array(&l);
    for (unsigned i = 0; i < n; i++) {
        if (engine_interface(api->engine, (int)i, &info))
            readable += interface_health(&l, &info, &reasons);
    }
    struct answer *a = api_ask_totals(api, -1);
    if (!a->complete) {
        json_string(&l, "a worker does not answer in time");
        reasons++;
    }
    answer_free(a);
    json_close_array(&l);

    struct reply *r = reply_new(n && !readable ? 503 : 200, "application/json");
    struct json j = json_into(&r->body);
    json_open(&j);
    json_pair_string(&j, "status", reasons ? "degraded" : "ok");
    json_key(&j, "reasons");
    json_raw(&j, list.data ? list.data : "[]", list.data ? list.len : 2);
    json_close(&j);
    text_free(&list);
    return reply_finish(r);
}

static void option_value(struct json *j, const struct settings *s, const struct option_info *o)
{
    const uint8_t *at = (const uint8_t *)s + o->offset;
    json_key(j, "value");
    switch (o->type) {
    case OPTION_flag:
        json_bool(j, *(const bool *)(const void *)at);
        break;
    case OPTION_string: {
        const char *string = *(const char *const *)(const void *)at;
        json_string(j, string ? string : "");
        break;
    }
    case OPTION_list: {
        const struct string_list *list = (const void *)at;
        json_open_array(j);
        for (unsigned i = 0; i < list->n; i++)
            json_string(j, list->item[i]);
        json_close_array(j);
        break;
    }
    default:
        json_i64(j, *(const int64_t *)(const void *)at);
    }
}

static void system_options(struct json *j, const struct settings *s)
{
    static const char *const sources[] = {"default", "file", "argument"};
    json_key(j, "options");
    json_open_array(j);
    for (size_t i = 0; i < settings_count; i++) {
        const struct option_info *o = &settings_options[i];
        json_open(j);
        json_pair_string(j, "name", o->name);
        option_value(j, s, o);
        json_pair_string(j, "source", s->source[i] < 3 ? sources[s->source[i]] : "argument");
        json_pair_string(j, "text", o->text);
        json_close(j);
    }
    json_close_array(j);
}

static void system_memory(struct json *j, const struct process_state *p)
{
    json_key(j, "memory");
    json_open(j);
    struct ceiling ceiling = ceiling_state();
    json_pair_u64(j, "rss_bytes", p->rss_bytes);
    json_pair_u64(j, "huge_bytes", p->huge_bytes);
    json_pair_u64(j, "limit_bytes", ceiling.limit);
    json_pair_u64(j, "outside_bytes", ceiling.outside);
    json_pair_u64(j, "budget_bytes", ceiling.budget);
    json_key(j, "accounts");
    json_open_array(j);
    for (int i = 0; i < ACCOUNTS; i++) {
        enum account account = (enum account)i;
        json_open(j);
        json_pair_string(j, "name", mem_account_name(account));
        json_pair_string(j, "text", mem_account_text(account));
        json_pair_u64(j, "bytes", mem_used(account));
        json_pair_u64(j, "peak", mem_peak(account));
        json_pair_u64(j, "refused", mem_refused(account));
        json_close(j);
    }
    json_close_array(j);
    json_close(j);
}

struct reply *api_system_state(const struct api *api, const struct call *c)
{
    struct process_state p;
    process_read(&p);
    struct answer *a = api_ask_totals(api, -1);
    struct reply *r = reply_json();
    struct json j = json_into(&r->body);
    api_one_open(&j);
    json_open(&j);
    json_pair_i64(&j, "pid", getpid());
    json_pair_i64(&j, "uptime_s", (clock_mono() - api->started_mono) / SECOND);
    json_pair_i64(&j, "started", to_ms(api->started));
    json_pair_string(&j, "version", api->about.version);
    system_memory(&j, &p);
    threads_json(&j);
    json_key(&j, "questions");
    json_open(&j);
    json_pair_u64(&j, "answered", a->totals ? a->totals->questions : 0);
    json_pair_double(&j, "ms", a->totals ? (double)a->totals->question_ns / 1e6 : 0);
    json_close(&j);
    json_pair_u64(&j, "streams", api->streams ? api->streams(api->stream) : 0);
    if (api->settings)
        system_options(&j, api->settings);
    json_close(&j);
    r = api_one_finish(r, &j, a);
    answer_free(a);
    return r;
}

struct reply *api_stream_open(const struct api *api, const struct call *c)
{
    return reply_problem(400, "stream", "Bad request", "a stream cannot be a topic", -1);
}

struct reply *api_stream_change(const struct api *api, const struct call *c)
{
    return api_stream_open(api, c);
}

struct reply *api_openapi(const struct api *api, const struct call *c)
{
    struct reply *r = reply_json();
    struct json j = json_into(&r->body);
    openapi_write(&j, &api->about);
    return reply_finish(r);
}
