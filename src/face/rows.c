/* rows.c - one way to write a list, three forms to write it in. */
#include "face/rows.h"

#include <stdio.h>
#include <string.h>

#include "codec/csv.h"
#include "face/api.h"

/* True when key, or the group in front of its dot, stands in the list by comma. */
static bool list_has(const char *list, const char *key)
{
    size_t len = strlen(key);
    size_t group = strcspn(key, ".");
    while (*list) {
        size_t n = strcspn(list, ",");
        if ((n == len || n == group) && !strncmp(list, key, n))
            return true;
        list += n + (list[n] == ',');
    }
    return false;
}

/* True when something of a group is in the list: "arp" or "arp.x". */
static bool list_has_group(const char *list, const char *group)
{
    size_t len = strlen(group);
    while (*list) {
        size_t n = strcspn(list, ",");
        if (n >= len && !strncmp(list, group, len) && (n == len || list[len] == '.'))
            return true;
        list += n + (list[n] == ',');
    }
    return false;
}

bool rows_wants(const struct rows *rows, const char *key)
{
    return !rows->wanted || list_has(rows->wanted, key);
}

struct reply *rows_check_fields(const struct call *c)
{
    const char *list = c->value[PARAM_fields].text;
    while (list && *list) {
        char word[64];
        char detail[128];
        size_t n = strcspn(list, ",");
        snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : sizeof word - 1), list);
        if (n >= sizeof word || !n || !schema_has(c->route->schema, word)) {
            snprintf(detail, sizeof detail, "fields has no key '%s'", word);
            return reply_problem(400, "parameter", "Bad parameter", detail, -1);
        }
        list += n + (list[n] == ',');
    }
    return NULL;
}

void rows_begin(struct rows *rows, const struct call *c, const char *file)
{
    static const char *const types[] = {
        [FORMAT_JSON] = "application/json",
        [FORMAT_CSV] = "text/csv; charset=utf-8; header=present",
        [FORMAT_NDJSON] = "application/x-ndjson",
    };
    const char *wanted = c->value[PARAM_fields].text;
    *rows = (struct rows){
        .reply = reply_new(200, types[c->format]),
        .format = c->format,
        .with_page = c->route->shape == SHAPE_LIST,
        .wanted = wanted && *wanted ? wanted : NULL,
    };
    rows->j = json_into(&rows->reply->body);
    if (c->format != FORMAT_JSON) {
        snprintf(rows->reply->attachment, sizeof rows->reply->attachment, "%s.%s", file,
                 c->format == FORMAT_CSV ? "csv" : "ndjson");
        return;
    }
    json_open(&rows->j);
    json_key(&rows->j, "data");
    json_open_array(&rows->j);
}

static void finish_json(struct rows *rows, const struct call *c, const struct answer *a)
{
    json_close_array(&rows->j);
    if (!rows->with_page)
        return;
    json_key(&rows->j, "page");
    json_open(&rows->j);
    json_pair_i64(&rows->j, "limit", c->value[PARAM_limit].number);
    json_pair_i64(&rows->j, "offset", c->value[PARAM_offset].number);
    json_pair_u64(&rows->j, "total", a ? a->total : rows->count);
    json_pair_bool(&rows->j, "total_exact", !a || a->complete);
    json_close(&rows->j);
}

static struct reply *finish(struct rows *rows)
{
    struct text *body = &rows->reply->body;
    if (rows->format == FORMAT_CSV) {
        text_add_n(body, rows->header.data ? rows->header.data : "", rows->header.len);
        text_add_n(body, rows->csv.data ? rows->csv.data : "", rows->csv.len);
        body->failed |= rows->header.failed | rows->csv.failed;
        text_free(&rows->header);
        text_free(&rows->csv);
    } else if (rows->format == FORMAT_JSON) {
        json_close(&rows->j);
    }
    return reply_finish(rows->reply);
}

struct reply *rows_finish(struct rows *rows, const struct call *c, const struct answer *a,
                          nsec_t now)
{
    if (rows->format == FORMAT_JSON) {
        finish_json(rows, c, a);
        if (a)
            api_meta(&rows->j, a);
        else
            api_meta_now(&rows->j, now);
    }
    return finish(rows);
}

struct reply *rows_finish_sums(struct rows *rows, const struct call *c, const struct answer *a)
{
    if (rows->format == FORMAT_JSON) {
        finish_json(rows, c, a);
        api_meta_sums(&rows->j, a);
    }
    return finish(rows);
}

void rows_open(struct rows *rows)
{
    rows->cells = 0;
    if (rows->format == FORMAT_NDJSON)
        rows->j = json_into(&rows->reply->body);
    if (rows->format != FORMAT_CSV)
        json_open(&rows->j);
}

void rows_close(struct rows *rows)
{
    rows->count++;
    if (rows->format == FORMAT_CSV) {
        if (rows->count == 1)
            csv_end(&rows->header);
        csv_end(&rows->csv);
        return;
    }
    json_close(&rows->j);
    if (rows->format == FORMAT_NDJSON)
        text_char(&rows->reply->body, '\n');
}

void rows_open_group(struct rows *rows, const char *key)
{
    rows->hidden = rows->wanted && !list_has_group(rows->wanted, key);
    snprintf(rows->prefix, sizeof rows->prefix, "%s.", key);
    if (rows->hidden || rows->format == FORMAT_CSV)
        return;
    json_key(&rows->j, key);
    json_open(&rows->j);
}

void rows_close_group(struct rows *rows)
{
    if (!rows->hidden && rows->format != FORMAT_CSV)
        json_close(&rows->j);
    rows->hidden = false;
    rows->prefix[0] = 0;
}

/* Names the next value: true when it is to be written; in CSV the comma has been. */
static bool next_value(struct rows *rows, const char *key)
{
    char full[96];
    if (rows->hidden)
        return false;
    snprintf(full, sizeof full, "%s%s", rows->prefix, key);
    if (!rows_wants(rows, full))
        return false;
    if (rows->format != FORMAT_CSV) {
        json_key(&rows->j, key);
        return true;
    }
    if (!rows->count) {
        if (rows->cells)
            text_char(&rows->header, ',');
        csv_cell(&rows->header, full, strlen(full));
    }
    if (rows->cells++)
        text_char(&rows->csv, ',');
    return true;
}

void rows_string(struct rows *rows, const char *key, const char *value)
{
    if (!next_value(rows, key))
        return;
    if (rows->format == FORMAT_CSV)
        csv_cell(&rows->csv, value, strlen(value));
    else
        json_string(&rows->j, value);
}

void rows_u64(struct rows *rows, const char *key, uint64_t value)
{
    if (!next_value(rows, key))
        return;
    if (rows->format == FORMAT_CSV)
        text_u64(&rows->csv, value);
    else
        json_u64(&rows->j, value);
}

void rows_i64(struct rows *rows, const char *key, int64_t value)
{
    if (!next_value(rows, key))
        return;
    if (rows->format == FORMAT_CSV)
        text_i64(&rows->csv, value);
    else
        json_i64(&rows->j, value);
}

void rows_time(struct rows *rows, const char *key, nsec_t value)
{
    rows_i64(rows, key, to_ms(value));
}

void rows_bool(struct rows *rows, const char *key, bool value)
{
    if (!next_value(rows, key))
        return;
    if (rows->format == FORMAT_CSV)
        text_add(&rows->csv, value ? "true" : "false");
    else
        json_bool(&rows->j, value);
}

void rows_absent(struct rows *rows, const char *key)
{
    if (next_value(rows, key) && rows->format != FORMAT_CSV)
        json_null(&rows->j);
}

void rows_json(struct rows *rows, const char *key, const char *json)
{
    if (!next_value(rows, key))
        return;
    if (rows->format == FORMAT_CSV)
        csv_cell(&rows->csv, json, strlen(json));
    else
        json_raw(&rows->j, json, strlen(json));
}
