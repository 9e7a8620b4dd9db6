/* json_flow_in.c - a data record of an exporter as one line of JSON. */
#include "codec/json_flow_in.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "codec/element.h"
#include "codec/exporter_rows.h"
#include "codec/template.h"

/* One line while it is written. */
struct line {
    struct json j;
    const struct flow_in *f;
};

/* Names that the columns of every record have, those of records with addresses, and those of traffic. */
static const char *const endpoint_keys[] = {"IPV4_SRC_ADDR", "IPV4_DST_ADDR", "IPV6_SRC_ADDR",
                                            "IPV6_DST_ADDR"};
static const char *const tuple_keys[] = {"L4_SRC_PORT", "L4_DST_PORT", "PROTOCOL"};
static const char *const traffic_keys[] = {"IN_BYTES",   "IN_PKTS", "SAMPLING_INTERVAL",
                                           "TCP_FLAGS",  "SRC_TOS", "INPUT_SNMP",
                                           "OUTPUT_SNMP"};

#define IS_ONE_OF(keys, key) is_one_of(keys, sizeof(keys) / sizeof *(keys), key)

static bool is_one_of(const char *const *keys, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(key, keys[i]))
            return true;
    return false;
}

static bool has_traffic(const struct flow_in *f)
{
    return f->kind != FLOW_IN_OPTIONS && f->kind != FLOW_IN_MESSAGE;
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
    while (len && !bytes[len - 1])
        len--;
    return !len;
}

static void pair_addr(struct json *j, const char *key, const struct addr *a)
{
    char text[ADDR_TEXT];
    addr_print(a, text);
    json_pair_string(j, key, text);
}

static void pair_nonzero(struct json *j, const char *key, uint64_t value)
{
    if (value)
        json_pair_u64(j, key, value);
}

static void put_hex(struct json *j, const uint8_t *bytes, size_t len)
{
    struct text hex = {0};
    text_hex(&hex, bytes, len);
    json_string_n(j, hex.data ? hex.data : "", hex.len);
    text_free(&hex);
}

static void put_addr(struct json *j, const uint8_t *bytes, size_t len)
{
    struct addr a = len == 4 ? addr_v4(bytes) : addr_v6(bytes);
    char text[ADDR_TEXT];
    addr_print(&a, text);
    json_string(j, text);
}

static uint64_t number_of(const uint8_t *bytes, size_t len)
{
    uint64_t n = 0;
    for (size_t i = 0; i < len; i++)
        n = n << 8 | bytes[i];
    return n;
}

static int64_t signed_of(const uint8_t *bytes, size_t len)
{
    unsigned shift = 64 - 8 * (unsigned)len;
    return (int64_t)(number_of(bytes, len) << shift) >> shift;
}

/* Text ends at its padding. */
static size_t text_len(const uint8_t *bytes, size_t len)
{
    const uint8_t *nul = memchr(bytes, 0, len);
    return nul ? (size_t)(nul - bytes) : len;
}

/* With all digits that it holds: probabilities are small. */
static void put_float(struct json *j, const uint8_t *bytes, size_t len)
{
    char text[40];
    double value = load_be_float(bytes, len);
    int n = snprintf(text, sizeof text, "%.*g", len == 4 ? 9 : 17, value);
    if (isfinite(value))
        json_raw(j, text, (size_t)n);
    else
        json_null(j);
}

static void put_value(struct json *j, const struct element *e, const uint8_t *bytes, size_t len)
{
    enum element_type type = e ? (enum element_type)e->type : ELEMENT_OCTETS;
    bool is_number = len > 0 && len <= 8;
    struct mac mac;
    char text[MAC_TEXT];
    switch (type) {
    case ELEMENT_TEXT:
        json_string_n(j, bytes, text_len(bytes, len));
        return;
    case ELEMENT_IPV4:
    case ELEMENT_IPV6:
        if (len == 4 || len == 16)
            put_addr(j, bytes, len);
        else
            put_hex(j, bytes, len);
        return;
    case ELEMENT_MAC:
        if (len == sizeof mac.byte) {
            memcpy(mac.byte, bytes, sizeof mac.byte);
            mac_print(&mac, text);
            json_string(j, text);
        } else {
            put_hex(j, bytes, len);
        }
        return;
    case ELEMENT_F32:
    case ELEMENT_F64:
        if (len == 4 || len == 8)
            put_float(j, bytes, len);
        else
            put_hex(j, bytes, len);
        return;
    case ELEMENT_I8:
    case ELEMENT_I16:
    case ELEMENT_I32:
    case ELEMENT_I64:
        if (is_number)
            json_i64(j, signed_of(bytes, len));
        else
            put_hex(j, bytes, len);
        return;
    case ELEMENT_OCTETS:
    case ELEMENT_LIST:
        put_hex(j, bytes, len);
        return;
    default:
        if (is_number)
            json_u64(j, number_of(bytes, len));
        else
            put_hex(j, bytes, len);
    }
}

static bool has_element(const struct template *t, uint32_t pen, uint16_t id)
{
    for (size_t i = 0; i < t->fields; i++)
        if (t->field[i].id == id && t->field[i].pen == pen && !t->field[i].is_scope)
            return true;
    return false;
}

enum { OCTETS = 1, PACKETS = 2 };

/* A record states a counter under the name of element 1 or 2 only if it has that element. Where the flow's
 * counters come from other ones (rule C27), these stand under their own names alone. */
static bool states(const struct flow_in *f, uint16_t id)
{
    return !f->raw.layout || has_element(f->raw.layout, PEN_IANA, id);
}

static bool states_way_back(const struct flow_in *f, uint16_t id)
{
    return has_traffic(f) && f->flags & FLOW_IN_REVERSE && states(f, id);
}

/* How an element whose name is a column's is told. */
enum told_as {
    TOLD_KEY,  /* under its name: no column has said it */
    TOLD_NAME, /* under the registry's: the column has said something else */
    TOLD_NOT_AGAIN
};

/* Of a record with addresses of both versions the columns show one. */
static enum told_as endpoint_as(const struct flow_in *f, const char *key, bool is_zero)
{
    if (!f->version)
        return TOLD_KEY;
    bool is_other = key[3] - '0' != f->version;
    return is_other && !is_zero ? TOLD_NAME : TOLD_NOT_AGAIN;
}

/* OUT_BYTES and OUT_PKTS are what left a middlebox, or the way back; a column has only the latter. */
static enum told_as out_as(const struct flow_in *f, uint16_t id)
{
    if (!states_way_back(f, id))
        return TOLD_KEY;
    bool is_biflow = f->raw.layout && has_element(f->raw.layout, PEN_REVERSE, id);
    return is_biflow ? TOLD_NAME : TOLD_NOT_AGAIN;
}

static enum told_as told_as(const struct flow_in *f, const char *key, bool is_zero)
{
    if (IS_ONE_OF(endpoint_keys, key))
        return endpoint_as(f, key, is_zero);
    if (IS_ONE_OF(tuple_keys, key))
        return f->version ? TOLD_NOT_AGAIN : TOLD_KEY;
    if (IS_ONE_OF(traffic_keys, key))
        return has_traffic(f) ? TOLD_NOT_AGAIN : TOLD_KEY;
    if (!strcmp(key, "OUT_BYTES"))
        return out_as(f, OCTETS);
    return !strcmp(key, "OUT_PKTS") ? out_as(f, PACKETS) : TOLD_KEY;
}

/* An element under the name that NetFlow v9 and ntop use, else the registry's, else its number. */
static void put_element(struct line *l, uint32_t pen, uint16_t id, const uint8_t *bytes, size_t len)
{
    char text[96];
    const struct element *e = element_find(pen, id);
    const char *key = e && e->key[0] ? e->key : e ? e->name : text;
    enum told_as as = TOLD_KEY;
    if (!e && pen)
        snprintf(text, sizeof text, "%u.%u", pen, id);
    else if (!e)
        snprintf(text, sizeof text, "%u", id);
    else if (pen == PEN_REVERSE)
        snprintf(text, sizeof text, "REVERSE_%.80s", key);
    else
        as = told_as(l->f, key, is_zero(bytes, len));
    if (as == TOLD_NOT_AGAIN)
        return;
    json_key(&l->j, pen == PEN_REVERSE ? text : as == TOLD_NAME ? e->name : key);
    put_value(&l->j, e, bytes, len);
}

static void put_field(void *to, const char *name, uint32_t pen, uint16_t id, const uint8_t *value,
                      size_t len, bool is_text)
{
    struct line *l = to;
    struct json *j = &l->j;
    if (!name || !*name) {
        put_element(l, pen, id, value, len);
        return;
    }
    if (told_as(l->f, name, is_zero(value, len)) != TOLD_KEY)
        return;
    json_key(j, name);
    if (is_text)
        json_string_n(j, value, len);
    else if (len && len <= 8)
        json_u64(j, number_of(value, len));
    else
        put_hex(j, value, len);
}

static void put_counters(struct json *j, const struct flow_in *f)
{
    if (states(f, OCTETS))
        json_pair_u64(j, "IN_BYTES", f->bytes[0]);
    if (states(f, PACKETS))
        json_pair_u64(j, "IN_PKTS", f->packets[0]);
    if (states_way_back(f, OCTETS))
        json_pair_u64(j, "OUT_BYTES", f->bytes[1]);
    if (states_way_back(f, PACKETS))
        json_pair_u64(j, "OUT_PKTS", f->packets[1]);
}

/* NetFlow v9 counts its scopes by itself (RFC 3954, 6.1). */
static const char *scope_key(const struct flow_in *f, const struct template_field *field)
{
    static const char *const keys[] = {[1] = "SCOPE_SYSTEM",
                                       [2] = "SCOPE_INTERFACE",
                                       [3] = "SCOPE_LINE_CARD",
                                       [4] = "SCOPE_CACHE",
                                       [5] = "SCOPE_TEMPLATE"};
    struct exporter_row row = {.telemetry = TELEMETRY_NONE};
    if (!field->is_scope || field->id >= sizeof keys / sizeof *keys)
        return NULL;
    if (f->exporter)
        exporter_to_row(f->exporter, &row);
    return row.telemetry == TELEMETRY_NETFLOW9 ? keys[field->id] : NULL;
}

static void put_scope(struct json *j, const char *key, const uint8_t *bytes, size_t len)
{
    json_key(j, key);
    if (len && len <= 8)
        json_u64(j, number_of(bytes, len));
    else
        put_hex(j, bytes, len);
}

static void put_layout(struct line *l)
{
    const struct flow_in_raw *raw = &l->f->raw;
    struct field_walk w = field_walk_over(raw->layout, raw->bytes, raw->len);
    while (field_next(&w)) {
        const char *scope = scope_key(l->f, w.field);
        if (scope)
            put_scope(&l->j, scope, w.bytes, w.len);
        else
            put_element(l, w.field->pen, w.field->id, w.bytes, w.len);
    }
}

static void put_raw(struct line *l)
{
    const struct flow_in_raw *raw = &l->f->raw;
    if (raw->layout && raw->bytes)
        put_layout(l);
    else if (raw->each)
        raw->each(raw->context, put_field, l);
}

static const char *const kind_words[] = {[FLOW_IN_FLOW] = "flow",
                                         [FLOW_IN_EVENT] = "event",
                                         [FLOW_IN_MESSAGE] = "message",
                                         [FLOW_IN_OPTIONS] = "options"};

static void put_traffic(struct json *j, const struct flow_in *f)
{
    put_counters(j, f);
    json_pair_i64(j, "FIRST_MILLISECONDS", f->first / MILLISECOND);
    json_pair_i64(j, "LAST_MILLISECONDS", f->last / MILLISECOND);
    pair_nonzero(j, "TCP_FLAGS", f->tcp_flags[0]);
    pair_nonzero(j, "SRC_TOS", f->tos[0]);
    pair_nonzero(j, "INPUT_SNMP", f->in_if);
    pair_nonzero(j, "OUTPUT_SNMP", f->out_if);
    json_pair_u64(j, "SAMPLING_INTERVAL", f->sampling);
    json_pair_string(j, "SAMPLING_SOURCE", kind_word(KIND_sampling_source, f->sampling_source));
}

void flow_in_to_json(struct text *t, const struct flow_in *f, const struct addr *exporter)
{
    struct line l = {.j = json_into(t), .f = f};
    struct json *j = &l.j;
    json_open(j);
    pair_addr(j, addr_is_v4(exporter) ? "EXPORTER_IPV4_ADDRESS" : "EXPORTER_IPV6_ADDRESS",
              exporter);
    pair_nonzero(j, "OBSERVATION_DOMAIN_ID", f->domain);
    if (f->kind < sizeof kind_words / sizeof *kind_words && f->kind != FLOW_IN_FLOW)
        json_pair_string(j, "RECORD_KIND", kind_words[f->kind]);
    if (f->version) {
        pair_addr(j, f->version == 6 ? "IPV6_SRC_ADDR" : "IPV4_SRC_ADDR", &f->src);
        pair_addr(j, f->version == 6 ? "IPV6_DST_ADDR" : "IPV4_DST_ADDR", &f->dst);
        json_pair_u64(j, "L4_SRC_PORT", f->src_port);
        json_pair_u64(j, "L4_DST_PORT", f->dst_port);
        json_pair_u64(j, "PROTOCOL", f->proto);
    }
    if (has_traffic(f))
        put_traffic(j, f);
    put_raw(&l);
    json_close(j);
}
