/* api_series.c - the last hour second by second, and what changed. */
#include <stdio.h>
#include <string.h>

#include "face/api.h"
#include "face/rows.h"

/* Words of the parameter schema, in its order. */
enum { SCHEMA_IFACE_TRAFFIC, SCHEMA_IFACE_NDPI, SCHEMA_HOST_TRAFFIC, SCHEMA_EXPORTER_COUNTERS };

static void series_head(struct json *j, nsec_t end, uint32_t step)
{
    json_open(j);
    if (end)
        json_pair_i64(j, "end", to_ms(end));
    json_pair_u64(j, "step_ms", 1000ull * (step ? step : 1));
    json_key(j, "series");
    json_open_array(j);
}

static void row_head(struct json *j, const char *name, const char *unit)
{
    json_open(j);
    json_pair_string(j, "name", name);
    json_pair_string(j, "unit", unit);
    json_key(j, "v");
    json_open_array(j);
}

static void row_tail(struct json *j)
{
    json_close_array(j);
    json_close(j);
}

static void iface_rows(struct json *j, const struct answer *a, bool apps)
{
    series_head(j, a->n ? a->series[0].end : 0, a->n ? a->series[0].step : 1);
    for (uint32_t i = 0; i < a->n; i++) {
        const struct series_row *row = &a->series[i];
        if (!strncmp(row->name, "app:", 4) != apps)
            continue;
        row_head(j, row->name, row->unit);
        for (uint32_t k = 0; k < row->n; k++) {
            if (row->value[k] == UINT64_MAX)
                json_null(j);
            else
                json_u64(j, row->value[k]);
        }
        row_tail(j);
    }
    json_close_array(j);
    json_close(j);
}

static void host_rows(struct json *j, const struct host_detail *d, unsigned seconds)
{
    static const char *const names[2] = {[SIDE_SENT] = "sent", [SIDE_RCVD] = "rcvd"};
    unsigned from = d->series_n > seconds ? d->series_n - seconds : 0;
    series_head(j, d->series_end, 1);
    for (int side = 0; side < 2 && d->series_n; side++) {
        row_head(j, names[side], "bytes");
        for (unsigned k = from; k < d->series_n; k++) {
            if (d->series[side][k] == UINT32_MAX)
                json_null(j);
            else
                json_u64(j, d->series[side][k]);
        }
        row_tail(j);
    }
    json_close_array(j);
    json_close(j);
}

/* What the interface of an exporter counted. NULL with *problem filled when the exporter is not named. */
static struct answer *ask_counters(const struct api *api, const struct call *c,
                                   struct reply **problem)
{
    struct question q = {.kind = QUESTION_METER,
                         .iface = call_iface(c),
                         .interface = (uint32_t)c->value[PARAM_index].number,
                         .limit = QUESTION_ROWS,
                         .hosts_local = -1};
    const struct addr *addr = call_addr(c, PARAM_exporter, &q.addr, problem);
    if (!addr && !*problem)
        *problem = reply_problem(400, "parameter", "Bad parameter",
                                 "exporter:counters needs exporter and index", -1);
    return addr ? question_ask(api->engine, &q) : NULL;
}

struct reply *api_timeseries(const struct api *api, const struct call *c)
{
    int64_t schema = c->value[PARAM_schema].number;
    unsigned seconds = (unsigned)c->value[PARAM_seconds].number;
    struct answer *a;
    struct reply *problem = call_check_iface(api, c);
    if (problem)
        return problem;
    if (schema == SCHEMA_HOST_TRAFFIC) {
        const char *host = c->value[PARAM_host].text;
        a = api_ask_host(api, call_iface(c), host ? host : "", &problem);
        if (!a)
            return problem;
    } else if (schema == SCHEMA_EXPORTER_COUNTERS) {
        a = ask_counters(api, c, &problem);
        if (!a)
            return problem;
    } else {
        struct question q = {.kind = QUESTION_SERIES,
                             .iface = call_iface(c),
                             .seconds = seconds,
                             .limit = QUESTION_ROWS,
                             .hosts_local = -1};
        a = question_ask(api->engine, &q);
    }
    struct reply *r = reply_json();
    struct json j = json_into(&r->body);
    api_one_open(&j);
    if (schema == SCHEMA_HOST_TRAFFIC)
        host_rows(&j, a->host, seconds);
    else
        iface_rows(&j, a, schema == SCHEMA_IFACE_NDPI);
    r = api_one_finish(r, &j, a);
    answer_free(a);
    return r;
}

struct reply *api_events_list(const struct api *api, const struct call *c)
{
    static const char *const kinds[] = {
        [EVENT_NEW_HOST] = "new_host",       [EVENT_NEW_DEVICE] = "new_device",
        [EVENT_NEW_APP] = "new_application", [EVENT_BIG_FLOW] = "big_flow",
        [EVENT_PROBLEM] = "problem",         [EVENT_INTERFACE] = "interface",
        [EVENT_EMERGENCY] = "emergency",     [EVENT_EXPORTER] = "exporter",
    };
    struct rows rows;
    struct question q = {.kind = QUESTION_EVENTS, .iface = call_iface(c), .hosts_local = -1};
    struct reply *problem = call_check_iface(api, c);
    if (problem)
        return problem;
    q.offset = (uint32_t)c->value[PARAM_offset].number;
    q.limit = (uint32_t)c->value[PARAM_limit].number;
    if (q.offset + q.limit > QUESTION_ROWS)
        q.limit = QUESTION_ROWS - q.offset;
    struct answer *a = question_ask(api->engine, &q);
    rows_begin(&rows, c, "events");
    for (uint32_t i = 0; i < a->n; i++) {
        const struct event_row *e = &a->events[i];
        rows_open(&rows);
        rows_time(&rows, "t", e->ts);
        rows_string(&rows, "kind", kinds[e->kind]);
        rows_string(&rows, "text", e->text);
        rows_string(&rows, "filter", e->filter);
        rows_string(&rows, "link", e->link);
        rows_close(&rows);
    }
    struct reply *r = rows_finish(&rows, c, a, 0);
    answer_free(a);
    return r;
}
