/* openapi.c - OpenAPI 3.1 out of routes.def, params.def, schemas.def and the field tables. */
#include <stdio.h>
#include <string.h>

#include "face/api.h"

struct schema {
    const char *name, *properties, *text;
};

static const struct schema schemas[] = {
#define SCHEMA(name, properties, text) {#name, properties, text},
#include "face/schemas.def"
#undef SCHEMA
};
enum { SCHEMA_COUNT = sizeof schemas / sizeof *schemas };

/* One key:type word of a row, taken apart. */
struct property {
    char key[48];
    char type[32];
    bool nullable, array;
};

/* Takes the next word; false at the end. A `*table` word has the type "*". */
static bool next_property(const char **at, struct property *p)
{
    *at += strspn(*at, " ");
    size_t len = strcspn(*at, " ");
    if (!len)
        return false;
    size_t colon = strcspn(*at, ": ");
    *p = (struct property){0};
    if (**at == '*') {
        snprintf(p->key, sizeof p->key, "%.*s", (int)len - 1, *at + 1);
        snprintf(p->type, sizeof p->type, "*");
        *at += len;
        return true;
    }
    p->nullable = colon && (*at)[colon - 1] == '?';
    p->array = len > 2 && (*at)[len - 1] == ']';
    snprintf(p->key, sizeof p->key, "%.*s", (int)(colon - p->nullable), *at);
    snprintf(p->type, sizeof p->type, "%.*s", (int)(len - colon - 1 - 2 * p->array),
             *at + colon + 1);
    *at += len;
    return true;
}

static const struct field *table_of(const char *name, size_t *n)
{
    bool flows = !strcmp(name, "flow");
    *n = flows ? field_count : host_field_count;
    return flows ? field_table : host_field_table;
}

static bool is_totals_key(const char *key)
{
    static const char *const keys[] = {
#define TOTAL(key, member, type, text) #key,
#include "face/totals.def"
#undef TOTAL
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (!strcmp(keys[i], key))
            return true;
    }
    return false;
}

/* Keys of exporters.def, with the types that schemas.def would give them. */
static const struct {
    const char *key, *type, *text;
} exporter_keys[] = {
#define TYPE_text                         "string"
#define TYPE_number                       "integer"
#define TYPE_signed                       "integer"
#define TYPE_time                         "time"
#define EXPORTER(key, member, type, text) {#key, TYPE_##type, text},
#include "face/exporters.def"
#undef EXPORTER
};
enum { EXPORTER_KEYS = sizeof exporter_keys / sizeof *exporter_keys };

static bool is_exporter_key(const char *key)
{
    for (size_t i = 0; i < EXPORTER_KEYS; i++) {
        if (!strcmp(exporter_keys[i].key, key))
            return true;
    }
    return false;
}

static bool table_has(const char *name, const char *key)
{
    size_t n;
    if (!strcmp(name, "totals"))
        return is_totals_key(key);
    if (!strcmp(name, "exporter"))
        return is_exporter_key(key);
    const struct field *table = table_of(name, &n);
    for (size_t i = 0; i < n; i++) {
        if (table[i].kind != KIND_none && !strcmp(table[i].api, key))
            return true;
    }
    return false;
}

bool schema_has(const char *schema, const char *key)
{
    struct property p;
    size_t group = strcspn(key, ".");
    for (int i = 0; i < SCHEMA_COUNT; i++) {
        if (strcmp(schemas[i].name, schema))
            continue;
        const char *at = schemas[i].properties;
        while (next_property(&at, &p)) {
            if (p.type[0] == '*' ? table_has(p.key, key)
                                 : !strcmp(p.key, key) ||
                                       (strlen(p.key) == group && !strncmp(p.key, key, group)))
                return true;
        }
    }
    return false;
}

static void write_ref(struct json *j, const char *schema)
{
    char ref[80];
    snprintf(ref, sizeof ref, "#/components/schemas/%s", schema);
    json_open(j);
    json_pair_string(j, "$ref", ref);
    json_close(j);
}

static void write_type(struct json *j, const struct property *p)
{
    if (p->type[0] == '@') {
        write_ref(j, p->type + 1);
        return;
    }
    json_open(j);
    bool time = !strcmp(p->type, "time");
    if (strcmp(p->type, "any") != 0 && p->nullable) {
        json_key(j, "type");
        json_open_array(j);
        json_string(j, time ? "integer" : p->type);
        json_string(j, "null");
        json_close_array(j);
    } else if (strcmp(p->type, "any") != 0) {
        json_pair_string(j, "type", time ? "integer" : p->type);
    }
    if (time)
        json_pair_string(j, "description", "Milliseconds since 1970, UTC");
    json_close(j);
}

/* The type that a field's kind has in JSON. */
static const char *kind_type(const struct field *f)
{
    switch (f->kind) {
    case KIND_number:
    case KIND_count:
    case KIND_packets:
    case KIND_bytes:
    case KIND_bps:
    case KIND_pps:
    case KIND_time:
    case KIND_port:
    case KIND_app_id:
        return "integer";
    case KIND_ratio:
    case KIND_duration:
    case KIND_usec:
        return "number";
    case KIND_flag:
        return "boolean";
    case KIND_risk:
    case KIND_tunnels:
        return "array";
    default:
        return "string";
    }
}

static void write_field(struct json *j, const char *key, const struct field *f)
{
    const char *type = kind_type(f);
    json_key(j, key);
    json_open(j);
    json_pair_string(j, "type", type);
    json_pair_string(j, "title", f->title);
    json_pair_string(j, "description", f->tip);
    if (*f->unit)
        json_pair_string(j, "x-unit", f->unit);
    if (!strcmp(type, "array")) {
        json_key(j, "items");
        json_open(j);
        json_pair_string(j, "type", "string");
        json_close(j);
    }
    json_close(j);
}

/* The members of a dotted group (cli.ip, cli.port ...) as properties of an object. */
static void write_group(struct json *j, const char *group)
{
    size_t len = strlen(group);
    json_key(j, group);
    json_open(j);
    json_pair_string(j, "type", "object");
    json_key(j, "properties");
    json_open(j);
    for (size_t i = 0; i < field_count; i++) {
        const struct field *f = &field_table[i];
        if (!strncmp(f->api, group, len) && f->api[len] == '.')
            write_field(j, f->api + len + 1, f);
    }
    if (strcmp(group, "outer") != 0) {
        json_key(j, "name");
        json_open(j);
        json_pair_string(j, "type", "string");
        json_pair_string(j, "description", "Best known name");
        json_close(j);
    }
    json_close(j);
    json_close(j);
}

static void write_exporter_keys(struct json *j)
{
    for (size_t i = 0; i < EXPORTER_KEYS; i++) {
        bool time = !strcmp(exporter_keys[i].type, "time");
        json_key(j, exporter_keys[i].key);
        json_open(j);
        json_pair_string(j, "type", time ? "integer" : exporter_keys[i].type);
        json_pair_string(j, "description", exporter_keys[i].text);
        json_close(j);
    }
}

static void write_table(struct json *j, const char *name)
{
    size_t n;
    if (!strcmp(name, "exporter")) {
        write_exporter_keys(j);
        return;
    }
    if (!strcmp(name, "totals")) {
        struct property p;
#define TOTAL(key_, member, type_, text)                                                           \
    p = (struct property){.type = #type_};                                                         \
    json_key(j, #key_);                                                                            \
    write_type(j, &p);
#include "face/totals.def"
#undef TOTAL
        return;
    }
    const struct field *table = table_of(name, &n);
    for (size_t i = 0; i < n; i++) {
        if (table[i].kind != KIND_none && *table[i].api && !strchr(table[i].api, '.'))
            write_field(j, table[i].api, &table[i]);
    }
}

static void write_schema(struct json *j, const struct schema *s)
{
    struct property p;
    const char *at = s->properties;
    bool flow = !strcmp(s->name, "flow");
    json_key(j, s->name);
    json_open(j);
    json_pair_string(j, "type", *s->properties ? "object" : "string");
    json_pair_string(j, "description", s->text);
    json_key(j, "properties");
    json_open(j);
    while (next_property(&at, &p)) {
        if (p.type[0] == '*') {
            write_table(j, p.key);
        } else if (flow && !p.array && p.type[0] != '@' && strcmp(p.key, "raw") != 0) {
            write_group(j, p.key);
        } else {
            json_key(j, p.key);
            if (!p.array) {
                write_type(j, &p);
                continue;
            }
            json_open(j);
            json_pair_string(j, "type", "array");
            json_key(j, "items");
            write_type(j, &p);
            json_close(j);
        }
    }
    json_close(j);
    json_close(j);
}

static void write_param_schema(struct json *j, const struct param_info *p)
{
    json_key(j, "schema");
    json_open(j);
    if (p->type == PARAM_TYPE_text || p->type == PARAM_TYPE_choice) {
        json_pair_string(j, "type", "string");
    } else {
        json_pair_string(j, "type", "integer");
        json_pair_i64(j, "minimum", p->min);
        json_pair_i64(j, "maximum", p->max);
    }
    if (p->type == PARAM_TYPE_choice) {
        const char *at = p->fallback;
        json_key(j, "enum");
        json_open_array(j);
        while (*at) {
            size_t len = strcspn(at, "|");
            json_string_n(j, at, len);
            at += len + (at[len] == '|');
        }
        json_close_array(j);
    } else if (p->type == PARAM_TYPE_text) {
        json_pair_i64(j, "maxLength", p->max);
        if (*p->fallback)
            json_pair_string(j, "default", p->fallback);
    } else if (*p->fallback) {
        json_key(j, "default");
        json_raw(j, p->fallback, strlen(p->fallback));
    }
    json_close(j);
}

static void write_params(struct json *j, const struct route *r)
{
    const char *slot = strchr(r->path, '{');
    json_key(j, "parameters");
    json_open_array(j);
    if (slot) {
        json_open(j);
        json_key(j, "name");
        json_string_n(j, slot + 1, strcspn(slot + 1, "}"));
        json_pair_string(j, "in", "path");
        json_pair_bool(j, "required", true);
        json_key(j, "schema");
        json_open(j);
        json_pair_string(j, "type", "string");
        json_close(j);
        json_close(j);
    }
    for (int i = 0; i < PARAMS; i++) {
        if (!(r->params & 1u << i))
            continue;
        json_open(j);
        json_pair_string(j, "name", param_table[i].name);
        json_pair_string(j, "in", "query");
        json_pair_string(j, "description", param_table[i].text);
        write_param_schema(j, &param_table[i]);
        json_close(j);
    }
    json_close_array(j);
}

/* "properties":{"data":...} around the row, as the shape says. */
static void write_envelope(struct json *j, const struct route *r)
{
    if (r->shape == SHAPE_PLAIN) {
        write_ref(j, r->schema);
        return;
    }
    json_open(j);
    json_pair_string(j, "type", "object");
    json_key(j, "properties");
    json_open(j);
    json_key(j, "data");
    if (r->shape == SHAPE_ONE) {
        write_ref(j, r->schema);
    } else {
        json_open(j);
        json_pair_string(j, "type", "array");
        json_key(j, "items");
        write_ref(j, r->schema);
        json_close(j);
    }
    if (r->shape == SHAPE_LIST) {
        json_key(j, "page");
        write_ref(j, "page");
    }
    json_key(j, "meta");
    write_ref(j, "meta");
    json_close(j);
    json_close(j);
}

static void write_content(struct json *j, const char *type, const struct route *r)
{
    json_key(j, type);
    json_open(j);
    json_key(j, "schema");
    if (r) {
        write_envelope(j, r);
    } else {
        json_open(j);
        json_pair_string(j, "type", "string");
        json_close(j);
    }
    json_close(j);
}

static void write_responses(struct json *j, const struct route *r)
{
    bool stream = r->shape == SHAPE_STREAM && r->method == METHOD_GET;
    bool text = r->shape == SHAPE_TEXT;
    json_key(j, "responses");
    json_open(j);
    json_key(j, "200");
    json_open(j);
    json_pair_string(j, "description", r->text);
    json_key(j, "content");
    json_open(j);
    if (stream || text)
        write_content(j, stream ? "text/event-stream" : "text/plain", NULL);
    else
        write_content(j, "application/json", r);
    if (r->params & 1u << PARAM_format) {
        write_content(j, "text/csv", NULL);
        write_content(j, "application/x-ndjson", NULL);
    }
    json_close(j);
    json_close(j);
    json_key(j, "default");
    json_open(j);
    json_pair_string(j, "description", "What is wrong with the request, or why there is no answer");
    json_key(j, "content");
    json_open(j);
    json_key(j, "application/problem+json");
    json_open(j);
    json_key(j, "schema");
    write_ref(j, "problem");
    json_close(j);
    json_close(j);
    json_close(j);
    json_close(j);
}

static void write_operation(struct json *j, const struct route *r)
{
    char word[8] = "", id[80];
    const char *method = method_word(r->method);
    for (size_t i = 0; method[i] && i + 1 < sizeof word; i++)
        word[i] = (char)(method[i] | 0x20);
    json_key(j, word);
    json_open(j);
    snprintf(id, sizeof id, "%s_%s", word, r->path[1] == 'a' ? r->path + 8 : r->path + 1);
    for (char *p = id; *p; p++) {
        if (strchr("/{}.", *p))
            *p = '_';
    }
    json_pair_string(j, "operationId", id);
    json_pair_string(j, "summary", r->text);
    write_params(j, r);
    write_responses(j, r);
    json_close(j);
}

/* True when an earlier row has the same path: its item then has all methods. */
static bool path_is_written(size_t row)
{
    for (size_t i = 0; i < row; i++) {
        if (!strcmp(route_table[i].path, route_table[row].path))
            return true;
    }
    return false;
}

void openapi_write(struct json *j, const struct face_about *about)
{
    json_open(j);
    json_pair_string(j, "openapi", "3.1.0");
    json_key(j, "info");
    json_open(j);
    json_pair_string(j, "title", "Weir");
    json_pair_string(j, "version", about->version ? about->version : "0");
    json_pair_string(j, "description",
                     "What a Weir monitor sees, as the pages read it. docs/api.md is the tour.");
    json_close(j);
    json_key(j, "paths");
    json_open(j);
    for (size_t i = 0; i < route_count; i++) {
        if (path_is_written(i))
            continue;
        json_key(j, route_table[i].path);
        json_open(j);
        for (size_t k = i; k < route_count; k++) {
            if (!strcmp(route_table[k].path, route_table[i].path))
                write_operation(j, &route_table[k]);
        }
        json_close(j);
    }
    json_close(j);
    json_key(j, "components");
    json_open(j);
    json_key(j, "schemas");
    json_open(j);
    for (int i = 0; i < SCHEMA_COUNT; i++)
        write_schema(j, &schemas[i]);
    json_close(j);
    json_close(j);
    json_close(j);
}
