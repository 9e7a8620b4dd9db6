/* json_api.c - records as objects of the REST API. */
#include "codec/json_record.h"

#include <string.h>

#include "model/protos.h"
#include "model/words.h"

/* Their 0 is news too: a server that sent nothing, an application that is not known. */
static const bool always[FIELDS] = {
    [FIELD_first] = true,        [FIELD_last] = true,         [FIELD_duration] = true,
    [FIELD_client] = true,       [FIELD_server] = true,       [FIELD_proto] = true,
    [FIELD_version] = true,      [FIELD_sent_packets] = true, [FIELD_sent_bytes] = true,
    [FIELD_rcvd_packets] = true, [FIELD_rcvd_bytes] = true,   [FIELD_packets] = true,
    [FIELD_bytes] = true,        [FIELD_bps] = true,          [FIELD_pps] = true,
    [FIELD_app] = true,          [FIELD_problem] = true,      [FIELD_confidence] = true,
};

static void set_to_json(struct json *j, enum field_kind kind, uint64_t bits)
{
    json_open_array(j);
    for (; bits; bits &= bits - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(bits);
        const char *word = kind_word(kind, bit);
        if (word)
            json_string(j, word);
        else
            json_u64(j, bit);
    }
    json_close_array(j);
}

/* As record_print() says it. */
static void text_to_json(struct json *j, const struct record *r, const struct field *f)
{
    struct text t = {0};
    record_print(&t, r, f);
    json_string_n(j, t.data ? t.data : "", t.len);
    text_free(&t);
}

static void word_to_json(struct json *j, const struct record *r, const struct field *f)
{
    const char *word = kind_word(f->kind, record_number(r, f));
    if (word)
        json_string(j, word);
    else
        text_to_json(j, r, f);
}

void record_value_to_json(struct json *j, const struct record *r, const struct field *f)
{
    if (f->kind == KIND_none || (!record_has(r, f) && !always[f - field_table])) {
        json_null(j);
        return;
    }
    char name[100];
    const uint8_t *bytes;
    size_t n;
    uint64_t value = record_number(r, f);
    switch (f->kind) {
    case KIND_string:
        bytes = tail_get(&r->tail, f->string, &n);
        json_string_n(j, bytes, n);
        break;
    case KIND_number:
    case KIND_count:
    case KIND_packets:
    case KIND_bytes:
    case KIND_bps:
    case KIND_pps:
    case KIND_port:
    case KIND_app_id:
        json_u64(j, value);
        break;
    case KIND_ratio:
        json_fixed(j, (int64_t)value, 2);
        break;
    case KIND_time:
        json_i64(j, (int64_t)value / MILLISECOND);
        break;
    case KIND_duration:
        json_fixed(j, (int64_t)(value / (uint64_t)MICROSECOND), 3);
        break;
    case KIND_usec:
        json_fixed(j, (int64_t)value, 3);
        break;
    case KIND_flag:
        json_bool(j, value);
        break;
    case KIND_risk:
    case KIND_tunnels:
        set_to_json(j, f->kind, value);
        break;
    case KIND_app:
        n = protos_full_name(r->l7_master, r->l7_app, name);
        json_string_n(j, name, n);
        break;
    case KIND_tcp_flags:
        text_to_json(j, r, f);
        break;
    default:
        if (kind_has_words(f->kind))
            word_to_json(j, r, f);
        else
            text_to_json(j, r, f);
    }
}

/* The chosen fields, or all. */
struct choice {
    const struct field *const *fields;
    size_t n;
};

static const struct field *choice_at(const struct choice *c, size_t i)
{
    return c->n ? c->fields[i] : &field_table[i];
}

static bool is_written(const struct record *r, const struct field *f)
{
    return f->kind != KIND_none && (always[f - field_table] || record_has(r, f));
}

static void name_to_json(struct json *j, const char *prefix, size_t len,
                         const struct record_names *names)
{
    const char *name = NULL;
    if (names && len == 3 && !memcmp(prefix, "cli", 3))
        name = names->client;
    else if (names && len == 3 && !memcmp(prefix, "srv", 3))
        name = names->server;
    if (name && *name)
        json_pair_string(j, "name", name);
}

/* Writes the object of all chosen fields from the i-th on whose keys begin with its prefix. */
static void object_to_json(struct json *j, const struct record *r, const struct choice *c, size_t i,
                           bool *done, const struct record_names *names)
{
    const char *prefix = choice_at(c, i)->api;
    size_t len = (size_t)(strchr(prefix, '.') - prefix);
    size_t n = c->n ? c->n : field_count;
    bool open = false;
    for (; i < n; i++) {
        const struct field *f = choice_at(c, i);
        size_t id = (size_t)(f - field_table);
        if (done[id] || strncmp(f->api, prefix, len + 1))
            continue;
        done[id] = true;
        if (!is_written(r, f))
            continue;
        if (!open) {
            char key[32];
            memcpy(key, prefix, len);
            key[len] = '\0';
            json_key(j, key);
            json_open(j);
            open = true;
        }
        json_key(j, f->api + len + 1);
        record_value_to_json(j, r, f);
    }
    if (!open)
        return;
    name_to_json(j, prefix, len, names);
    json_close(j);
}

void record_members_to_json_api(struct json *j, const struct record *r,
                                const struct field *const *fields, size_t n,
                                const struct record_names *names)
{
    const struct choice c = {fields, n};
    bool done[FIELDS] = {false};
    for (size_t i = 0; i < (n ? n : field_count); i++) {
        const struct field *f = choice_at(&c, i);
        size_t id = (size_t)(f - field_table);
        if (done[id])
            continue;
        if (strchr(f->api, '.')) {
            object_to_json(j, r, &c, i, done, names);
            continue;
        }
        done[id] = true;
        if (!is_written(r, f))
            continue;
        json_key(j, f->api);
        record_value_to_json(j, r, f);
    }
}

void record_to_json_api(struct json *j, const struct record *r, const struct field *const *fields,
                        size_t n)
{
    json_open(j);
    record_members_to_json_api(j, r, fields, n, NULL);
    json_close(j);
}
