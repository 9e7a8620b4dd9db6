/* api_exporters.c - who exports flows to Weir, one of them in full, and what they told that is no traffic. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "face/api.h"
#include "face/exporters.h"
#include "face/rows.h"

enum column_type { COLUMN_text, COLUMN_number, COLUMN_signed, COLUMN_time };

/* A key of exporters.def: where its value is in struct exporter_sum. */
static const struct column {
    const char *key;
    enum column_type type;
    size_t offset;
} columns[] = {
#define EXPORTER(key, member, type, text)                                                          \
    {#key, COLUMN_##type, offsetof(struct exporter_sum, member)},
#include "face/exporters.def"
#undef EXPORTER
};

enum { COLUMN_COUNT = sizeof columns / sizeof *columns };

static const char *text_at(const struct column *c, const struct exporter_sum *s)
{
    return (const char *)s + c->offset;
}

static uint64_t number_at(const struct column *c, const struct exporter_sum *s)
{
    uint64_t number;
    memcpy(&number, (const char *)s + c->offset, sizeof number);
    return number;
}

struct order {
    const struct column *column;
    bool ascending;
};

static int compare_columns(const struct column *c, const struct exporter_sum *a,
                           const struct exporter_sum *b)
{
    uint64_t x, y;
    if (c->type == COLUMN_text)
        return strcasecmp(text_at(c, a), text_at(c, b));
    x = number_at(c, a);
    y = number_at(c, b);
    if (c->type != COLUMN_number)
        return ((int64_t)x > (int64_t)y) - ((int64_t)x < (int64_t)y);
    return (x > y) - (x < y);
}

static int compare_exporters(const void *left, const void *right, void *argument)
{
    const struct exporter_sum *a = left, *b = right;
    const struct order *order = argument;
    bool by_address = !strcmp(order->column->key, "ip");
    int result =
        by_address ? addr_compare(&a->addr, &b->addr) : compare_columns(order->column, a, b);
    if (!order->ascending)
        result = -result;
    return result ? result : addr_compare(&a->addr, &b->addr);
}

static bool parse_order(const struct call *c, struct order *order)
{
    const char *sort = c->value[PARAM_sort].text;
    if (!sort || !*sort)
        sort = "-bytes";
    order->ascending = *sort != '-';
    sort += *sort == '-';
    for (int i = 0; i < COLUMN_COUNT; i++) {
        order->column = &columns[i];
        if (!strcmp(sort, columns[i].key))
            return true;
    }
    return false;
}

static void write_keys(struct rows *rows, const struct exporter_sum *s)
{
    for (int i = 0; i < COLUMN_COUNT; i++) {
        const struct column *c = &columns[i];
        switch (c->type) {
        case COLUMN_text:
            rows_string(rows, c->key, text_at(c, s));
            break;
        case COLUMN_number:
            rows_u64(rows, c->key, number_at(c, s));
            break;
        case COLUMN_signed:
            rows_i64(rows, c->key, (int64_t)number_at(c, s));
            break;
        case COLUMN_time:
            rows_time(rows, c->key, (nsec_t)number_at(c, s));
            break;
        }
    }
}

/* Leaves those whose address or name contains the text. */
static void keep_found(struct exporter_sums *x, const char *find)
{
    uint32_t n = 0;
    if (!find || !*find)
        return;
    for (uint32_t i = 0; i < x->n; i++)
        if (strcasestr(x->sum[i].ip, find) || strcasestr(x->sum[i].name, find))
            x->sum[n++] = x->sum[i];
    x->n = n;
}

struct reply *api_exporters_list(const struct api *api, const struct call *c)
{
    struct exporter_sums x;
    struct order order;
    struct rows rows;
    struct reply *problem = call_check_iface(api, c);
    if (!problem)
        problem = rows_check_fields(c);
    if (!problem && !parse_order(c, &order))
        problem = api_sort_problem(c);
    if (problem)
        return problem;
    exporter_sums_ask(&x, api->engine, call_iface(c));
    keep_found(&x, c->value[PARAM_find].text);
    if (x.n)
        qsort_r(x.sum, x.n, sizeof *x.sum, compare_exporters, &order);
    rows_begin(&rows, c, "exporters");
    int64_t end = c->value[PARAM_offset].number + c->value[PARAM_limit].number;
    for (int64_t i = c->value[PARAM_offset].number; i < end && i < (int64_t)x.n; i++) {
        rows_open(&rows);
        write_keys(&rows, &x.sum[i]);
        rows_close(&rows);
    }
    x.answer->total = x.n;
    struct reply *r = rows_finish(&rows, c, x.answer, 0);
    exporter_sums_free(&x);
    return r;
}

/* What is known of one domain of an exporter in one protocol. */
static void stream_row(struct json *j, const struct exporter_view *v)
{
    const struct exporter_row *row = &v->row;
    bool by_record = telemetry_counts_records(row->telemetry);
    json_open(j);
    json_pair_u64(j, "domain", row->domain);
    json_pair_string(j, "protocol", telemetry_title(row->telemetry));
    json_pair_string(j, "name", row->name);
    json_pair_i64(j, "first_seen", to_ms(row->first));
    json_pair_i64(j, "last_seen", to_ms(row->last));
    json_pair_u64(j, "if", v->iface);
    json_pair_string(j, "state", exporter_state_word(v->state));
    json_pair_i64(j, "silent_ms", v->silence / MILLISECOND);
    json_pair_i64(j, "usual_ms", v->usual / MILLISECOND);
    json_pair_u64(j, "datagrams", row->datagrams);
    json_pair_u64(j, "export_bytes", row->bytes);
    json_pair_u64(j, "records", row->records);
    json_pair_u64(j, "options", row->options);
    json_pair_u64(j, "lost", row->lost);
    json_pair_string(j, "lost_unit", by_record ? "records" : "messages");
    json_pair_u64(j, "reordered", row->reordered);
    json_pair_u64(j, "duplicate", row->duplicate);
    json_pair_u64(j, "no_template", row->no_template);
    json_pair_u64(j, "parked", row->parked);
    json_pair_u64(j, "malformed", row->malformed);
    json_pair_u64(j, "restarts", row->restarts);
    json_pair_double(j, "skew_ms", (double)row->skew / MILLISECOND);
    json_pair_u64(j, "templates", row->templates);
    json_pair_u64(j, "sampling", row->sampling);
    const char *source = kind_word(KIND_sampling_source, row->sampling_source);
    json_pair_string(j, "sampling_source", source ? source : "unknown");
    json_pair_u64(j, "bytes", v->bytes);
    json_pair_u64(j, "packets", v->packets);
    json_pair_u64(j, "bps", v->bps);
    json_pair_u64(j, "raw_bytes", v->told.raw_bytes);
    json_pair_u64(j, "raw_packets", v->told.raw_packets);
    json_pair_u64(j, "dup_bytes", v->told.dup_bytes);
    json_pair_u64(j, "dup_packets", v->told.dup_packets);
    json_close(j);
}

static struct reply *exporter_reply(const struct exporter_sums *x, const struct exporter_sum *s)
{
    struct rows rows = {.reply = reply_json(), .format = FORMAT_JSON};
    rows.j = json_into(&rows.reply->body);
    struct json *j = &rows.j;
    api_one_open(j);
    rows_open(&rows);
    write_keys(&rows, s);
    json_key(j, "streams");
    json_open_array(j);
    for (uint32_t i = s->row; i < s->row + s->rows; i++)
        stream_row(j, &x->answer->exporters[i]);
    json_close_array(j);
    exporter_detail_keys(j, &x->answer->exporter);
    rows_close(&rows);
    return api_one_finish(rows.reply, j, x->answer);
}

struct reply *api_exporter_one(const struct api *api, const struct call *c)
{
    struct addr addr;
    struct exporter_sums x;
    struct reply *problem = call_check_iface(api, c);
    if (problem)
        return problem;
    if (!addr_parse(c->slot, &addr))
        return reply_problem(400, "exporter", "Bad address", "an exporter is named by its address",
                             -1);
    exporter_sums_ask_one(&x, api->engine, call_iface(c), &addr);
    struct reply *r = x.n ? exporter_reply(&x, x.sum)
                          : reply_problem(404, "exporter", "No such exporter",
                                          "nothing has come from this address", -1);
    exporter_sums_free(&x);
    return r;
}

/* firewallEvent, IANA information element 233. */
static const char *event_word(const struct told_row *t)
{
    static const char *const words[] = {"event", "created", "deleted", "denied", "alert", "update"};
    if (!t->is_event)
        return "message";
    return words[t->event < sizeof words / sizeof *words ? t->event : 0];
}

static void told_end(struct rows *rows, const char *group, const struct addr *addr, uint16_t port)
{
    char text[ADDR_TEXT] = "";
    static const struct addr none;
    if (!addr_equal(addr, &none))
        addr_print(addr, text);
    rows_open_group(rows, group);
    rows_string(rows, "ip", text);
    rows_u64(rows, "port", port);
    rows_close_group(rows);
}

static void told_row(struct rows *rows, const struct told_row *t)
{
    char exporter[ADDR_TEXT];
    const char *l4 = t->proto ? kind_word(KIND_l4, t->proto) : "";
    addr_print(&t->exporter, exporter);
    rows_open(rows);
    rows_time(rows, "t", t->ts);
    rows_string(rows, "exporter", exporter);
    rows_u64(rows, "domain", t->domain);
    rows_string(rows, "kind", t->is_event ? "event" : "message");
    rows_string(rows, "what", event_word(t));
    rows_string(rows, "l4", l4 ? l4 : "");
    told_end(rows, "src", &t->src, t->src_port);
    told_end(rows, "dst", &t->dst, t->dst_port);
    rows_json(rows, "fields", t->fields);
    rows_close(rows);
}

static bool told_matches(const struct told_row *t, const struct addr *exporter,
                         const struct addr *host)
{
    return (!exporter || addr_equal(&t->exporter, exporter)) &&
           (!host || addr_equal(&t->src, host) || addr_equal(&t->dst, host));
}

struct reply *api_told_list(const struct api *api, const struct call *c)
{
    struct rows rows;
    struct addr room[2];
    struct question q = {
        .kind = QUESTION_TOLD, .iface = call_iface(c), .limit = QUESTION_ROWS, .hosts_local = -1};
    struct reply *problem = call_check_iface(api, c);
    const struct addr *exporter = call_addr(c, PARAM_exporter, &room[0], &problem);
    const struct addr *host = call_addr(c, PARAM_ip, &room[1], &problem);
    if (problem)
        return problem;
    struct answer *a = question_ask(api->engine, &q);
    int64_t offset = c->value[PARAM_offset].number, limit = c->value[PARAM_limit].number;
    int64_t matched = 0;
    rows_begin(&rows, c, "told");
    for (uint32_t i = 0; i < a->n; i++) {
        if (!told_matches(&a->told[i], exporter, host))
            continue;
        if (matched >= offset && matched < offset + limit)
            told_row(&rows, &a->told[i]);
        matched++;
    }
    a->total = (uint64_t)matched;
    struct reply *r = rows_finish(&rows, c, a, 0);
    answer_free(a);
    return r;
}
