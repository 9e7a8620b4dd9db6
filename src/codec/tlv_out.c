/* tlv_out.c - records in the type-length-value form that ntopng reads over ZeroMQ. */
#include "codec/tlv_out.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "codec/put.h"
#include "model/protos.h"

enum { TLV_U8 = 2, TLV_I8 = 6, TLV_FLOAT = 10, TLV_TEXT = 11, END_OF_RECORD = 1, ITEM = 1024 };

void tlv_begin(struct text *t)
{
    static const uint8_t begin[2] = {1, 1};
    text_add_n(t, begin, sizeof begin);
}

void tlv_end_record(struct text *t)
{
    text_char(t, END_OF_RECORD);
}

/* 0, 1, 2, 3 for what fits into 1, 2, 4, 8 bytes. */
static unsigned width_of(uint64_t v)
{
    return v > UINT8_MAX ? (v > UINT16_MAX ? (v > UINT32_MAX ? 3 : 2) : 1) : 0;
}

static uint8_t *put_key(uint8_t *at, struct tlv_key key, unsigned value_type)
{
    if (key.name) {
        size_t len = strlen(key.name);
        at = put_u8(at, TLV_TEXT << 4 | value_type);
        at = put_be16(at, (unsigned)len);
        return put_bytes(at, key.name, len);
    }
    unsigned width = width_of(key.number);
    at = put_u8(at, (TLV_U8 + width) << 4 | value_type);
    return put_be(at, key.number, 1u << width);
}

void tlv_uint(struct text *t, struct tlv_key key, uint64_t v)
{
    uint8_t item[ITEM];
    unsigned width = width_of(v);
    uint8_t *at = put_key(item, key, TLV_U8 + width);
    at = put_be(at, v, 1u << width);
    text_add_n(t, item, (size_t)(at - item));
}

void tlv_int(struct text *t, struct tlv_key key, int64_t v)
{
    if (v >= 0) {
        tlv_uint(t, key, (uint64_t)v);
        return;
    }
    uint8_t item[ITEM];
    unsigned width = v < INT8_MIN ? (v < INT16_MIN ? (v < INT32_MIN ? 3 : 2) : 1) : 0;
    uint8_t *at = put_key(item, key, TLV_I8 + width);
    at = put_be(at, (uint64_t)v, 1u << width);
    text_add_n(t, item, (size_t)(at - item));
}

void tlv_float(struct text *t, struct tlv_key key, float v)
{
    uint8_t item[ITEM];
    uint8_t *at = put_key(item, key, TLV_FLOAT);
    at = put_bytes(at, &v, sizeof v);
    text_add_n(t, item, (size_t)(at - item));
}

void tlv_text(struct text *t, struct tlv_key key, const char *v, size_t len)
{
    uint8_t item[ITEM];
    len = len < UINT16_MAX ? len : UINT16_MAX;
    uint8_t *at = put_key(item, key, TLV_TEXT);
    at = put_be16(at, (unsigned)len);
    text_add_n(t, item, (size_t)(at - item));
    text_add_n(t, v, len);
}

/* --- Values as the seeds write them ------------------------------------------------------------- */

enum value_is { VALUE_NUMBER, VALUE_MS, VALUE_TEXT };

struct value {
    enum value_is is;
    uint64_t number; /* of VALUE_MS: microseconds */
    const char *text;
    size_t len;
    char buf[128];
};

static void as_text(struct value *v, size_t len)
{
    v->is = VALUE_TEXT;
    v->text = v->buf;
    v->len = len;
}

/* "7", or "91.126" when master and application differ. */
static void app_id(struct value *v, const struct record *r)
{
    int n = r->l7_master && r->l7_app && r->l7_master != r->l7_app
                ? snprintf(v->buf, sizeof v->buf, "%u.%u", r->l7_master, r->l7_app)
                : snprintf(v->buf, sizeof v->buf, "%u", r->l7_app ? r->l7_app : r->l7_master);
    as_text(v, n > 0 ? (size_t)n : 0);
}

static void value_of(struct value *v, const struct record *r, const struct field *f)
{
    const uint8_t *from = (const uint8_t *)r + (f->offset > 0 ? f->offset : 0);
    v->is = VALUE_NUMBER;
    switch (f->kind) {
    case KIND_string:
        v->is = VALUE_TEXT;
        v->text = (const char *)tail_get(&r->tail, f->string, &v->len);
        if (!v->text)
            as_text(v, 0);
        return;
    case KIND_addr:
        as_text(v, addr_print((const struct addr *)from, v->buf));
        return;
    case KIND_mac:
        as_text(v, mac_print((const struct mac *)from, v->buf));
        return;
    case KIND_app:
        as_text(v, protos_full_name(r->l7_master, r->l7_app, v->buf));
        return;
    case KIND_app_id:
        app_id(v, r);
        return;
    case KIND_flow_id:
        record_flow_id(r, v->buf);
        as_text(v, strlen(v->buf));
        return;
    case KIND_community_id:
        record_community_id(r, v->buf);
        as_text(v, strlen(v->buf));
        return;
    case KIND_usec:
        v->is = VALUE_MS;
        v->number = record_number(r, f);
        return;
    case KIND_time:
    case KIND_duration:
        v->number = record_number(r, f) / MILLISECOND;
        return;
    default:
        v->number = record_number(r, f);
    }
}

/* Told also when they are 0. The community id is costly and almost always there: whether it is, is
 * seen when it is made. */
static const bool always[FIELDS] = {
    [FIELD_client] = true,       [FIELD_client_port] = true,  [FIELD_server] = true,
    [FIELD_server_port] = true,  [FIELD_proto] = true,        [FIELD_sent_packets] = true,
    [FIELD_sent_bytes] = true,   [FIELD_rcvd_packets] = true, [FIELD_rcvd_bytes] = true,
    [FIELD_community_id] = true, [FIELD_l7] = true,           [FIELD_vlan] = true,
};

static bool is_told(const struct record *r, const struct export_field *x)
{
    if (x->how != EXPORT_FIELD)
        return x->how != EXPORT_CONSTANT || x->len;
    return always[x->field - field_table] || record_has(r, x->field);
}

static void value_of_field(struct value *v, const struct record *r, const struct export_field *x)
{
    switch (x->how) {
    case EXPORT_FIRST_UPTIME:
    case EXPORT_LAST_UPTIME:
    case EXPORT_SECONDS:
        /* All are seconds since 1970 here. */
        v->is = VALUE_NUMBER;
        v->number = record_number(r, x->field) / SECOND;
        return;
    case EXPORT_CONSTANT:
        v->is = VALUE_NUMBER;
        v->number = x->value;
        return;
    default:
        value_of(v, r, x->field);
    }
}

/* What a field is called between IPv6 addresses; NULL when it is called what it always is. */
static const struct export_twin *twin_of(const struct record *r, const struct export_field *x)
{
    return x->twin && export_is_v6(x, r) ? x->twin : NULL;
}

static uint32_t number_of(const struct record *r, const struct export_field *x)
{
    const struct export_twin *twin = twin_of(r, x);
    if (twin)
        return twin->v6;
    return x->pen == PEN_NTOP ? (uint32_t)NTOP_IN_V9 + x->id : x->id;
}

void record_to_tlv(struct text *t, const struct record *r, const struct export_template *fields)
{
    for (unsigned i = 0; i < fields->n; i++) {
        const struct export_field *x = &fields->field[i];
        struct value v;
        if (!is_told(r, x))
            continue;
        value_of_field(&v, r, x);
        struct tlv_key key = {.number = number_of(r, x), .name = x->id ? NULL : x->name};
        if (v.is == VALUE_TEXT)
            tlv_text(t, key, v.text, v.len);
        else if (v.is == VALUE_MS)
            tlv_float(t, key, (float)v.number / 1000);
        else
            tlv_uint(t, key, v.number);
    }
    tlv_end_record(t);
}

static void add_name(struct text *t, const struct record *r, const struct export_field *x)
{
    const struct export_twin *twin = twin_of(r, x);
    text_char(t, '"');
    text_add(t, twin ? twin->name : x->name);
    text_add(t, "\":");
}

void record_to_json_chosen(struct text *t, const struct record *r,
                           const struct export_template *fields)
{
    bool is_first = true;
    text_char(t, '{');
    for (unsigned i = 0; i < fields->n; i++) {
        const struct export_field *x = &fields->field[i];
        struct value v;
        if (!is_told(r, x))
            continue;
        if (!is_first)
            text_char(t, ',');
        is_first = false;
        add_name(t, r, x);
        value_of_field(&v, r, x);
        if (v.is == VALUE_MS)
            text_fixed(t, (int64_t)v.number, 3);
        else if (v.is == VALUE_NUMBER)
            text_u64(t, v.number);
        else
            json_quote(t, v.text, v.len);
    }
    text_char(t, '}');
}
