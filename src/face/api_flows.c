/* api_flows.c - active flows, one flow, and rankings over them. */
#include <stdio.h>
#include <string.h>

#include "codec/csv.h"
#include "codec/json_record.h"
#include "face/api.h"
#include "face/names.h"
#include "face/rows.h"

enum { FLOW_COLUMNS = 160 };

/* The columns of fields=, or all that have an API key. */
struct columns {
    unsigned n;
    bool names; /* cli.name or srv.name are wanted */
    const struct field *field[FLOW_COLUMNS];
};

static struct reply *no_such_field(const char *parameter, const char *name)
{
    char detail[200];
    const char *near = field_nearest(name);
    snprintf(detail, sizeof detail,
             near ? "%s: no field is called '%s'; did you mean %s?" : "%s: no field is called '%s'",
             parameter, name, near);
    return reply_problem(400, "parameter", "Bad parameter", detail, -1);
}

static struct reply *choose_columns(const struct call *c, struct columns *columns)
{
    const char *list = c->value[PARAM_fields].text;
    columns->n = 0;
    columns->names = !list || !*list;
    while (list && *list) {
        char word[64];
        size_t n = strcspn(list, ",");
        snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : sizeof word - 1), list);
        list += n + (list[n] == ',');
        if (!strcmp(word, "cli.name") || !strcmp(word, "srv.name")) {
            columns->names = true;
            continue;
        }
        const struct field *f = field_find(word);
        if (!f || !*f->api || columns->n == FLOW_COLUMNS)
            return no_such_field("fields", word);
        columns->field[columns->n++] = f;
    }
    return NULL;
}

static void write_flow(struct rows *rows, const struct record *r, const struct columns *columns,
                       const struct record_names *known)
{
    if (rows->format == FORMAT_CSV) {
        csv_row(&rows->csv, r, columns->field, columns->n);
        return;
    }
    rows_open(rows);
    record_members_to_json_api(&rows->j, r, columns->field, columns->n,
                               columns->names ? known : NULL);
    rows_close(rows);
}

static struct reply *write_flows(const struct api *api, const struct call *c,
                                 const struct answer *a, const struct columns *columns)
{
    struct rows rows;
    rows_begin(&rows, c, "flows");
    if (c->format == FORMAT_CSV)
        csv_header(&rows.csv, columns->field, columns->n);
    struct answer *names = columns->names && c->format != FORMAT_CSV
                               ? names_of_flows(api->engine, a->records, a->n)
                               : NULL;
    for (uint32_t i = 0; i < a->n; i++) {
        const struct record_names known = {names_client(names, i), names_server(names, i)};
        write_flow(&rows, &a->records[i], columns, &known);
    }
    answer_free(names);
    return rows_finish_sums(&rows, c, a);
}

struct reply *api_flows_list(const struct api *api, const struct call *c)
{
    struct columns columns;
    struct filter *filter;
    struct question q = {.kind = QUESTION_FLOWS, .iface = call_iface(c), .hosts_local = -1};
    struct reply *problem = call_check_iface(api, c);
    if (!problem)
        problem = choose_columns(c, &columns);
    if (!problem && !api_sort(c, field_find, &q.sort, &q.ascending))
        problem = api_sort_problem(c);
    if (problem || (problem = call_filter(c, &filter)))
        return problem;
    q.filter = filter;
    q.offset = (uint32_t)c->value[PARAM_offset].number;
    q.limit = (uint32_t)c->value[PARAM_limit].number;
    if (q.offset + q.limit > QUESTION_ROWS)
        q.limit = QUESTION_ROWS - q.offset;
    struct answer *a = question_ask(api->engine, &q);
    struct reply *r = write_flows(api, c, a, &columns);
    answer_free(a);
    filter_free(filter);
    return r;
}

/* "path":[...]: the exporters that told of a flow, in the order in which they did. */
static void path_array(struct json *j, const struct answer *a)
{
    json_key(j, "path");
    json_open_array(j);
    for (uint32_t i = 0; i < a->hops; i++) {
        char exporter[ADDR_TEXT];
        addr_print(&a->hop[i].exporter, exporter);
        json_open(j);
        json_pair_string(j, "exporter", exporter);
        json_pair_u64(j, "domain", a->hop[i].domain);
        json_pair_u64(j, "in_if", a->hop[i].in_if);
        json_pair_u64(j, "out_if", a->hop[i].out_if);
        json_pair_i64(j, "last_seen", to_ms(a->hop[i].last));
        json_close(j);
    }
    json_close_array(j);
}

/* "record":{...}: the latest record about the flow as it was sent. */
static void record_object(struct json *j, const struct told_row *t)
{
    char exporter[ADDR_TEXT];
    addr_print(&t->exporter, exporter);
    json_key(j, "record");
    json_open(j);
    json_pair_i64(j, "t", to_ms(t->ts));
    json_pair_string(j, "exporter", exporter);
    json_key(j, "fields");
    json_raw(j, t->fields, strlen(t->fields));
    json_close(j);
}

static struct reply *flow_reply(const struct api *api, const struct answer *a)
{
    const struct record *record = &a->records[0];
    struct text seed = {0};
    struct reply *r = reply_json();
    struct json j = json_into(&r->body);
    struct answer *names = names_of_flows(api->engine, record, 1);
    const struct record_names known = {names_client(names, 0), names_server(names, 0)};
    api_one_open(&j);
    json_open(&j);
    record_members_to_json_api(&j, record, NULL, 0, &known);
    answer_free(names);
    record_to_json_seed(&seed, record);
    json_key(&j, "raw");
    if (seed.failed)
        json_null(&j);
    else
        json_raw(&j, seed.data, seed.len);
    text_free(&seed);
    if (a->hops)
        path_array(&j, a);
    if (a->latest)
        record_object(&j, a->latest);
    json_close(&j);
    return api_one_finish(r, &j, a);
}

struct reply *api_flow_one(const struct api *api, const struct call *c)
{
    struct question q = {.kind = QUESTION_FLOW, .iface = call_iface(c), .hosts_local = -1};
    if (strlen(c->slot) != 32 || strspn(c->slot, "0123456789abcdef") != 32)
        return reply_problem(400, "flow", "Bad flow id", "a flow id is 32 hexadecimal digits", -1);
    memcpy(q.flow_id, c->slot, 32);
    struct answer *a = question_ask(api->engine, &q);
    if (!a->found || !a->n) {
        bool complete = a->complete;
        answer_free(a);
        return complete
                   ? reply_problem(404, "flow", "No such flow", "it has ended or never was", -1)
                   : reply_problem(503, "late", "No answer", "a worker was late", -1);
    }
    struct reply *r = flow_reply(api, a);
    answer_free(a);
    return r;
}

/* What a line's link filters by: the field's value, its absence, or, where the key had to be cut,
 * its beginning somewhere in the value. */
static void top_filter(struct text *t, const struct question *q, const struct top_row *row)
{
    const char *operand = q->by_host ? "ip" : *q->by->operand ? q->by->operand : q->by->api;
    bool cut = strlen(row->key) == sizeof row->key - 1;
    if (row->key[0] && !cut) {
        api_filter_term(t, operand, row->key);
        return;
    }
    if (!row->key[0]) {
        text_add(t, "not ");
        text_add(t, operand);
        text_add(t, " exists");
        return;
    }
    struct text term = {0};
    api_filter_term(&term, operand, row->key);
    size_t len = strlen(operand);
    text_add(t, operand);
    text_char(t, '~');
    text_add(t, term.failed ? "" : term.data + len + 1);
    text_free(&term);
}

/* Fields whose values are so many that a sum by them says nothing. */
static bool is_measure(const struct field *f)
{
    switch (f->kind) {
    case KIND_none:
    case KIND_packets:
    case KIND_bytes:
    case KIND_bps:
    case KIND_pps:
    case KIND_ratio:
    case KIND_time:
    case KIND_duration:
    case KIND_usec:
    case KIND_flow_id:
    case KIND_community_id:
        return true;
    default:
        return false;
    }
}

static void top_row(struct rows *rows, const struct question *q, const struct top_row *row,
                    const char *name)
{
    struct text filter = {0};
    top_filter(&filter, q, row);
    rows_open(rows);
    rows_string(rows, "key", row->key);
    rows_string(rows, "label", name ? name : row->key);
    rows_u64(rows, "bytes", row->bytes[SIDE_SENT] + row->bytes[SIDE_RCVD]);
    rows_u64(rows, "bytes_sent", row->bytes[SIDE_SENT]);
    rows_u64(rows, "bytes_rcvd", row->bytes[SIDE_RCVD]);
    rows_u64(rows, "packets", row->packets[SIDE_SENT] + row->packets[SIDE_RCVD]);
    rows_u64(rows, "bps", row->bps);
    rows_u64(rows, "flows", row->flows);
    rows_string(rows, "filter", filter.data ? filter.data : "");
    rows_close(rows);
    text_free(&filter);
}

struct reply *api_top_list(const struct api *api, const struct call *c)
{
    struct filter *filter;
    struct rows rows;
    struct question q = {.kind = QUESTION_TOP, .iface = call_iface(c), .hosts_local = -1};
    const char *by = c->value[PARAM_by].text;
    q.by_host = !strcmp(by, "host") || !strcmp(by, "ip");
    q.by = q.by_host ? NULL : field_find(by);
    if (!q.by_host && (!q.by || !*q.by->api))
        return no_such_field("by", by);
    if (!q.by_host && is_measure(q.by))
        return reply_problem(400, "parameter", "Bad parameter",
                             "by: flows cannot be summed by a measure", -1);
    struct reply *problem = call_check_iface(api, c);
    if (problem || (problem = call_filter(c, &filter)))
        return problem;
    q.filter = filter;
    q.offset = (uint32_t)c->value[PARAM_offset].number;
    q.limit = (uint32_t)c->value[PARAM_limit].number;
    if (q.offset + q.limit > QUESTION_ROWS)
        q.limit = QUESTION_ROWS - q.offset;
    struct answer *a = question_ask(api->engine, &q);
    rows_begin(&rows, c, "top");
    bool has_addr = q.by_host || q.by->kind == KIND_addr;
    struct answer *names = has_addr ? names_of_tops(api->engine, q.iface, a->tops, a->n) : NULL;
    for (uint32_t i = 0; i < a->n; i++)
        top_row(&rows, &q, &a->tops[i], names_top(names, i));
    answer_free(names);
    struct reply *r = rows_finish(&rows, c, a, 0);
    answer_free(a);
    filter_free(filter);
    return r;
}
