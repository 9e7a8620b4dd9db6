/* json_flow_in.c - a data record of an exporter as one line of JSON. */
#include "codec/json_flow_in.h"

#include <stdio.h>
#include <string.h>

#include "codec/element.h"
#include "codec/template.h"

/* Names that the columns have given already. */
static const char *const column_keys[] = {
    "IPV4_SRC_ADDR", "IPV4_DST_ADDR", "IPV6_SRC_ADDR", "IPV6_DST_ADDR",
    "L4_SRC_PORT",   "L4_DST_PORT",   "PROTOCOL",      "IN_BYTES",
    "IN_PKTS",       "OUT_BYTES",     "OUT_PKTS",      "SAMPLING_INTERVAL",
    "TCP_FLAGS",     "SRC_TOS",       "INPUT_SNMP",    "OUTPUT_SNMP",
};

static bool is_column(const char *key)
{
    for (size_t i = 0; i < sizeof column_keys / sizeof *column_keys; i++)
        if (!strcmp(key, column_keys[i]))
            return true;
    return false;
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
            json_double(j, load_be_float(bytes, len));
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

/* An element under the name that NetFlow v9 and ntop use, else the registry's, else its number. */
static void put_element(struct json *j, uint32_t pen, uint16_t id, const uint8_t *bytes, size_t len)
{
    char number[32];
    const struct element *e = element_find(pen, id);
    const char *key = e && e->key[0] ? e->key : e ? e->name : number;
    if (!e && pen)
        snprintf(number, sizeof number, "%u.%u", pen, id);
    else if (!e)
        snprintf(number, sizeof number, "%u", id);
    if (pen == PEN_REVERSE && e) {
        char reverse[96];
        snprintf(reverse, sizeof reverse, "REVERSE_%.80s", key);
        json_key(j, reverse);
    } else if (is_column(key)) {
        return;
    } else {
        json_key(j, key);
    }
    put_value(j, e, bytes, len);
}

static void put_field(void *to, const char *name, uint32_t pen, uint16_t id, const uint8_t *value,
                      size_t len, bool is_text)
{
    struct json *j = to;
    if (!name || !*name) {
        put_element(j, pen, id, value, len);
        return;
    }
    if (is_column(name))
        return;
    json_key(j, name);
    if (is_text)
        json_string_n(j, value, len);
    else if (len && len <= 8)
        json_u64(j, number_of(value, len));
    else
        put_hex(j, value, len);
}

enum { OCTETS = 1, PACKETS = 2, OUT_OCTETS = 23, OUT_PACKETS = 24 };

/* A record states a counter under the name of element 1 or 2 only if it has that element. Where the flow's
 * counters come from other ones (rule C27), these stand under their own names alone. */
static bool states(const struct flow_in *f, uint16_t id)
{
    const struct template *t = f->raw.layout;
    for (size_t i = 0; t && i < t->fields; i++)
        if (t->field[i].id == id && t->field[i].pen == PEN_IANA && !t->field[i].is_scope)
            return true;
    return !t;
}

static void put_counters(struct json *j, const struct flow_in *f)
{
    bool has_octets = states(f, OCTETS), has_packets = states(f, PACKETS);
    if (has_octets)
        json_pair_u64(j, "IN_BYTES", f->bytes[0]);
    if (has_packets)
        json_pair_u64(j, "IN_PKTS", f->packets[0]);
    if (has_octets && f->flags & FLOW_IN_REVERSE)
        json_pair_u64(j, "OUT_BYTES", f->bytes[1]);
    if (has_packets && f->flags & FLOW_IN_REVERSE)
        json_pair_u64(j, "OUT_PKTS", f->packets[1]);
}

/* What left a middlebox has no column when it stands beside what came in, or alone. */
static void put_out_counter(struct json *j, const struct flow_in *f, const struct field_walk *w)
{
    bool is_octets = w->field->id == OUT_OCTETS;
    bool is_column = states(f, is_octets ? OCTETS : PACKETS) && f->flags & FLOW_IN_REVERSE;
    if (!is_column)
        json_pair_u64(j, is_octets ? "OUT_BYTES" : "OUT_PKTS", number_of(w->bytes, w->len));
}

static void put_layout(struct json *j, const struct flow_in *f)
{
    struct field_walk w = field_walk_over(f->raw.layout, f->raw.bytes, f->raw.len);
    while (field_next(&w)) {
        uint16_t id = w.field->pen == PEN_IANA ? w.field->id : 0;
        if (id == OUT_OCTETS || id == OUT_PACKETS)
            put_out_counter(j, f, &w);
        else
            put_element(j, w.field->pen, w.field->id, w.bytes, w.len);
    }
}

static void put_raw(struct json *j, const struct flow_in *f)
{
    const struct flow_in_raw *raw = &f->raw;
    if (raw->layout && raw->bytes)
        put_layout(j, f);
    else if (raw->each)
        raw->each(raw->context, put_field, j);
}

static const char *const kind_words[] = {[FLOW_IN_FLOW] = "flow",
                                         [FLOW_IN_EVENT] = "event",
                                         [FLOW_IN_MESSAGE] = "message",
                                         [FLOW_IN_OPTIONS] = "options"};

void flow_in_to_json(struct text *t, const struct flow_in *f, const struct addr *exporter)
{
    struct json j = json_into(t);
    json_open(&j);
    pair_addr(&j, addr_is_v4(exporter) ? "EXPORTER_IPV4_ADDRESS" : "EXPORTER_IPV6_ADDRESS",
              exporter);
    pair_nonzero(&j, "OBSERVATION_DOMAIN_ID", f->domain);
    if (f->kind < sizeof kind_words / sizeof *kind_words && f->kind != FLOW_IN_FLOW)
        json_pair_string(&j, "RECORD_KIND", kind_words[f->kind]);
    if (f->version) {
        pair_addr(&j, f->version == 6 ? "IPV6_SRC_ADDR" : "IPV4_SRC_ADDR", &f->src);
        pair_addr(&j, f->version == 6 ? "IPV6_DST_ADDR" : "IPV4_DST_ADDR", &f->dst);
        json_pair_u64(&j, "L4_SRC_PORT", f->src_port);
        json_pair_u64(&j, "L4_DST_PORT", f->dst_port);
        json_pair_u64(&j, "PROTOCOL", f->proto);
    }
    if (f->kind != FLOW_IN_OPTIONS && f->kind != FLOW_IN_MESSAGE) {
        put_counters(&j, f);
        json_pair_i64(&j, "FIRST_MILLISECONDS", f->first / MILLISECOND);
        json_pair_i64(&j, "LAST_MILLISECONDS", f->last / MILLISECOND);
        pair_nonzero(&j, "TCP_FLAGS", f->tcp_flags[0]);
        pair_nonzero(&j, "SRC_TOS", f->tos[0]);
        pair_nonzero(&j, "INPUT_SNMP", f->in_if);
        pair_nonzero(&j, "OUTPUT_SNMP", f->out_if);
        json_pair_u64(&j, "SAMPLING_INTERVAL", f->sampling);
        json_pair_string(&j, "SAMPLING_SOURCE",
                         kind_word(KIND_sampling_source, f->sampling_source));
    }
    put_raw(&j, f);
    json_close(&j);
}
