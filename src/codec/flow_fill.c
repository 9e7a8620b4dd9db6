/* flow_fill.c - what the values of a probe's keys say, in columns. Values may be numbers or text of numbers. */
#include "codec/flow_fill.h"

#include <stdio.h>

#include "base/cursor.h"
#include "base/hash.h"
#include "codec/element.h"
#include "model/protos.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* --- Numbers ------------------------------------------------------------------------------------- */

/* The whole number that a value is or begins with; negative ones and other text are 0. */
static uint64_t number_of(const struct flow_item *i)
{
    if (i->is_negative)
        return 0;
    if (i->type == ITEM_INTEGER)
        return i->integer;
    if (i->type == ITEM_REAL)
        return i->real >= 0 && i->real < 1.8e19 ? (uint64_t)i->real : 0;
    uint64_t v = 0;
    for (size_t k = 0; k < i->len && is_digit(i->text[k]); k++) {
        if (v > UINT64_MAX / 10 - 1)
            return UINT64_MAX;
        v = v * 10 + (uint64_t)(i->text[k] - '0');
    }
    return v;
}

static uint64_t at_most(const struct flow_item *i, uint64_t max)
{
    uint64_t v = number_of(i);
    return v <= max ? v : 0;
}

/* Text of a decimal number in units of 10^-digits: "1.5" with 3 is 1500. */
static uint64_t fixed_of_text(const struct flow_item *i, uint64_t scale)
{
    uint64_t v = 0;
    size_t k = 0;
    for (; k < i->len && is_digit(i->text[k]) && v < 100000000000u; k++)
        v = v * 10 + (uint64_t)(i->text[k] - '0');
    v *= scale <= 1000000 || v < 10000000000u ? scale : 0;
    if (k < i->len && i->text[k] == '.')
        for (k++, scale /= 10; k < i->len && is_digit(i->text[k]) && scale; k++, scale /= 10)
            v += (uint64_t)(i->text[k] - '0') * scale;
    return v;
}

static uint64_t fixed_of(const struct flow_item *i, uint64_t scale)
{
    if (i->is_negative)
        return 0;
    if (i->type == ITEM_INTEGER)
        return i->integer < UINT64_MAX / scale ? i->integer * scale : 0;
    if (i->text)
        return fixed_of_text(i, scale);
    return i->type == ITEM_REAL && i->real < 1e10 ? (uint64_t)(i->real * (double)scale + 0.5) : 0;
}

/* --- Addresses ----------------------------------------------------------------------------------- */

/* "192.168.1.92" without a copy; false when it is anything else. */
static bool parse_v4(const char *text, size_t len, struct addr *a)
{
    uint8_t four[4];
    size_t k = 0;
    for (unsigned i = 0; i < 4; i++) {
        size_t start = k;
        unsigned v = 0;
        while (k < len && k - start < 3 && is_digit(text[k]))
            v = v * 10 + (unsigned)(text[k++] - '0');
        if (k == start || v > 255 || (i < 3 && (k == len || text[k++] != '.')))
            return false;
        four[i] = (uint8_t)v;
    }
    if (k != len)
        return false;
    addr_set_v4(a, four);
    return true;
}

static bool addr_of(const struct flow_item *i, struct addr *a)
{
    if (i->type == ITEM_TEXT) {
        if (parse_v4(i->text, i->len, a))
            return true;
        char text[ADDR_TEXT];
        if (i->len < sizeof text && memchr(i->text, ':', i->len)) {
            memcpy(text, i->text, i->len);
            text[i->len] = '\0';
            return addr_parse(text, a);
        }
    }
    uint64_t v = number_of(i);
    if (v == 0 || v > UINT32_MAX)
        return false;
    const uint8_t four[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
    addr_set_v4(a, four);
    return true;
}

/* "::" and "0.0.0.0" say nothing. */
static bool is_empty(const struct addr *a)
{
    static const uint8_t zero[4];
    return addr_is_v4(a) ? !memcmp(a->byte + 12, zero, 4) : addr_is_none(a);
}

static void set_end(struct flow_fill *f, struct addr *end, const struct flow_item *i)
{
    struct addr a;
    if (!addr_of(i, &a))
        return;
    if (is_empty(end))
        *end = is_empty(&a) && !addr_is_none(end) ? *end : a;
    else if (!is_empty(&a) && !addr_equal(end, &a))
        f->second_addresses++;
}

static void set_addr(struct addr *to, const struct flow_item *i)
{
    struct addr a;
    if (addr_of(i, &a) && !is_empty(&a))
        *to = a;
}

static void set_mac(struct mac *to, const struct flow_item *i)
{
    char text[MAC_TEXT];
    struct mac m;
    if (i->type != ITEM_TEXT || i->len >= sizeof text)
        return;
    memcpy(text, i->text, i->len);
    text[i->len] = '\0';
    if (mac_parse(text, &m))
        *to = m;
}

/* --- Times ---------------------------------------------------------------------------------------- */

static void set_time(struct flow_fill *f, nsec_t *to, nsec_t t, bool is_fine)
{
    bool is_first = to == &f->flow->first;
    bool *fine = is_first ? &f->is_fine_first : &f->is_fine_last;
    if (*fine && !is_fine)
        return;
    *to = t;
    *fine = is_fine;
    *(is_first ? &f->has_first : &f->has_last) = t > 0;
}

static nsec_t seconds_of(const struct flow_item *i)
{
    return (nsec_t)fixed_of(i, (uint64_t)SECOND);
}

static nsec_t millis_of(const struct flow_item *i)
{
    uint64_t v = number_of(i);
    return v < 1u << 31 ? 0 : v < 10000000000000u ? (nsec_t)v * MILLISECOND : 0;
}

/* --- Applications and names ----------------------------------------------------------------------- */

/* 7, "7" or "5.126": master and application; alone it is the application. */
static void set_l7(struct flow_in *f, const struct flow_item *i)
{
    const char *dot = i->text ? memchr(i->text, '.', i->len) : NULL;
    f->flags |= FLOW_IN_APP;
    if (!dot) {
        f->l7_app = (uint16_t)at_most(i, UINT16_MAX);
        return;
    }
    struct flow_item part = {.type = ITEM_TEXT, .text = i->text, .len = (size_t)(dot - i->text)};
    f->l7_master = (uint16_t)at_most(&part, UINT16_MAX);
    part.text = dot + 1;
    part.len = (size_t)(i->text + i->len - part.text);
    f->l7_app = (uint16_t)at_most(&part, UINT16_MAX);
}

/* "TLS.Google" of a probe that sends no number. */
static void set_l7_by_name(struct flow_fill *f)
{
    const char *dot = memchr(f->app, '.', f->app_len);
    size_t first = dot ? (size_t)(dot - f->app) : f->app_len;
    int app = protos_find(f->app, first);
    int under = dot ? protos_find(dot + 1, f->app_len - first - 1) : -1;
    if (app < 0)
        return;
    f->flow->flags |= FLOW_IN_APP;
    f->flow->l7_master = under < 0 ? 0 : (uint16_t)app;
    f->flow->l7_app = (uint16_t)(under < 0 ? app : under);
}

/* Ours and nDPI's numbers agree on guesses by port and by address, and in that more is better. */
static uint8_t confidence_of(const struct flow_item *i)
{
    uint64_t v = number_of(i);
    return v <= CONFIDENCE_IP ? (uint8_t)v : CONFIDENCE_DPI;
}

static uint64_t flow_id_of(const struct flow_item *i)
{
    return i->type == ITEM_TEXT && i->len ? hash_bytes(i->text, i->len) | 1 : number_of(i);
}

static struct flow_in_names *names_of(struct flow_fill *f)
{
    if (!f->has_names) {
        memset(&f->names, 0, offsetof(struct flow_in_names, tail.bytes));
        f->has_names = true;
    }
    return &f->names;
}

/* A value as text, without escapes; buf has TAIL_STRING bytes. */
static const char *text_of(const struct flow_item *i, char *buf, size_t *len)
{
    *len = i->len;
    if (i->escaped)
        *len = flow_text_unescape(i->text, i->len, (uint8_t *)buf, TAIL_STRING);
    else if (i->text)
        return i->text;
    else if (i->type == ITEM_REAL)
        *len = (size_t)snprintf(buf, TAIL_STRING, "%g", i->real);
    else
        *len = (size_t)snprintf(buf, TAIL_STRING, "%s%lu", i->is_negative ? "-" : "", i->integer);
    return buf;
}

static void set_string(struct flow_fill *f, enum string_field field, const struct flow_item *i)
{
    char buf[TAIL_STRING];
    size_t len;
    const char *text = text_of(i, buf, &len);
    if (len)
        tail_set(&names_of(f)->tail, field, text, len);
}

static bool says_nothing(const char *text, size_t len)
{
    static const char *const nothings[] = {"0", "0.0.0.0", "::", "00:00:00:00:00:00", "{}", "[]"};
    for (size_t i = 0; i < sizeof nothings / sizeof *nothings; i++)
        if (len == strlen(nothings[i]) && !memcmp(text, nothings[i], len))
            return true;
    return len == 0;
}

/* An element without a column, as it shall be shown. */
struct other {
    const char *key;
    size_t key_len;
    const char *value_name; /* NULL = none */
    char number[16];
};

static void name_other(struct other *o, const struct flow_keys *keys, const struct flow_item *i)
{
    uint32_t pen = 0, id = i->id;
    *o = (struct other){.key = i->key, .key_len = i->key_len};
    if (i->key && !flow_key_number(i->key, i->key_len, &pen, &id))
        return;
    if (!pen && id >= NTOP_BASE && id <= UINT16_MAX) {
        pen = NTOP_PEN;
        id -= NTOP_BASE;
    }
    const struct element *e = element_find(pen, (uint16_t)id);
    const char *name = flow_told_element(&keys->told, pen, id);
    if (!name && e)
        name = e->key[0] ? e->key : e->name;
    if (!name && !i->key) {
        snprintf(o->number, sizeof o->number, "%u", i->id);
        name = o->number;
    }
    if (name) {
        o->key = name;
        o->key_len = strlen(name);
    }
    o->value_name = flow_told_value(&keys->told, pen, id, number_of(i));
}

/* What nobody here has a column for (A1.13). */
static void keep_other(struct flow_fill *f, const struct flow_item *i)
{
    char buf[TAIL_STRING];
    struct other o;
    size_t len;
    if (i->type == ITEM_INTEGER && !i->integer)
        return;
    const char *text = text_of(i, buf, &len);
    if (says_nothing(text, len) || f->other_len >= FILL_OTHER - 1)
        return;
    name_other(&o, f->keys, i);
    if (o.value_name) {
        text = o.value_name;
        len = strlen(text);
    }
    int n = snprintf(f->other + f->other_len, FILL_OTHER - f->other_len, "%s%.*s=%.*s",
                     f->other_len ? "; " : "", (int)o.key_len, o.key, (int)len, text);
    f->other_len += n > 0 ? (size_t)n : 0;
    f->other_len = f->other_len < FILL_OTHER ? f->other_len : FILL_OTHER - 1;
}

/* --- A flow ---------------------------------------------------------------------------------------- */

/* Numbers of a fixed width. at is the column. */
static void fill_number(void *at, enum fill_kind kind, const struct flow_item *i)
{
    uint8_t *byte = at;
    uint16_t *half = at;
    switch (kind) {
    case FILL_U8:
        *byte = (uint8_t)at_most(i, UINT8_MAX);
        break;
    case FILL_U16:
        *half = (uint16_t)at_most(i, UINT16_MAX);
        break;
    case FILL_U32:
        *(uint32_t *)at = (uint32_t)at_most(i, UINT32_MAX);
        break;
    case FILL_U64:
        *(uint64_t *)at = number_of(i);
        break;
    case FILL_FLAGS:
        *byte |= (uint8_t)at_most(i, UINT8_MAX);
        break;
    case FILL_MASK:
        *byte = *byte ? *byte : (uint8_t)at_most(i, UINT8_MAX);
        break;
    case FILL_VLAN:
        *half = *half ? *half : at_most(i, UINT16_MAX) & 0xfff;
        break;
    case FILL_DIRECTION:
        *byte = i->is_negative || number_of(i) > 1 ? 0 : (uint8_t)(number_of(i) + 1);
        break;
    case FILL_CONFIDENCE:
        *byte = confidence_of(i);
        break;
    case FILL_FLOW_ID:
        *(uint64_t *)at = flow_id_of(i);
        break;
    default: /* FILL_LATENCY, in microseconds */
        *(uint32_t *)at = (uint32_t)fixed_of(i, 1000);
    }
}

/* What is more than a number. */
static void fill_special(struct flow_fill *f, const struct flow_column *column,
                         const struct flow_item *i)
{
    void *at = (char *)f->flow + column->offset;
    switch ((enum fill_kind)column->kind) {
    case FILL_UNKNOWN:
        keep_other(f, i);
        break;
    case FILL_STRING:
        set_string(f, (enum string_field)column->offset, i);
        break;
    case FILL_ADDR:
        set_addr(at, i);
        break;
    case FILL_MAC:
        set_mac(at, i);
        break;
    case FILL_END:
        set_end(f, at, i);
        break;
    case FILL_EXPORTER:
        set_addr(&f->exporter, i);
        break;
    case FILL_SECONDS:
        set_time(f, at, seconds_of(i), false);
        break;
    case FILL_MILLISECONDS:
        set_time(f, at, millis_of(i), true);
        break;
    case FILL_STAMP:
        set_time(f, &f->flow->first, seconds_of(i), false);
        set_time(f, &f->flow->last, seconds_of(i), false);
        break;
    case FILL_L7:
        set_l7(f->flow, i);
        break;
    case FILL_L7_NAME:
        f->app = i->text;
        f->app_len = i->text ? i->len : 0;
        break;
    case FILL_CLIENT:
        f->flow->flags |= FLOW_IN_INITIATOR;
        break;
    default:
        break;
    }
}

void flow_fill_begin(struct flow_fill *f, const struct flow_keys *keys, struct flow_in *flow,
                     nsec_t received)
{
    memset(f, 0, offsetof(struct flow_fill, other));
    memset(flow, 0, sizeof *flow);
    f->keys = keys;
    f->flow = flow;
    flow->exported = flow->first = flow->last = received;
    /* Probes multiply before they send; SAMPLING_INTERVAL only tells that they did. */
    flow->sampling = 1;
    flow->sampling_source = SAMPLING_NONE;
}

void flow_fill_item(struct flow_fill *f, const struct flow_item *item)
{
    const struct flow_column *column = item->key ? flow_keys_find(f->keys, item->key, item->key_len)
                                                 : flow_keys_column(f->keys, item->id);
    switch ((enum fill_kind)column->kind) {
    case FILL_U8:
    case FILL_U16:
    case FILL_U32:
    case FILL_U64:
    case FILL_FLAGS:
    case FILL_MASK:
    case FILL_VLAN:
    case FILL_DIRECTION:
    case FILL_CONFIDENCE:
    case FILL_FLOW_ID:
    case FILL_LATENCY: {
        char *base = column->is_name ? (char *)names_of(f) : (char *)f->flow;
        fill_number(base + column->offset, (enum fill_kind)column->kind, item);
        break;
    }
    case FILL_DELTA:
        f->has_delta = true;
        *(uint64_t *)((char *)f + column->offset) = number_of(item);
        break;
    case FILL_TOTAL:
        f->has_total = true;
        *(uint64_t *)((char *)f + column->offset) = number_of(item);
        break;
    default:
        fill_special(f, column, item);
    }
}

/* Deltas and totals of the same traffic are never added: deltas win where both are there. */
static void choose_counters(struct flow_fill *f)
{
    struct flow_in *flow = f->flow;
    bool is_total = f->has_total && !f->has_delta;
    memcpy(flow->bytes, is_total ? f->total_bytes : f->delta_bytes, sizeof flow->bytes);
    memcpy(flow->packets, is_total ? f->total_packets : f->delta_packets, sizeof flow->packets);
    flow->flags |= is_total ? FLOW_IN_TOTALS : 0;
    if (flow->bytes[1] || flow->packets[1])
        flow->flags |= FLOW_IN_REVERSE;
}

void flow_fill_end(struct flow_fill *f)
{
    struct flow_in *flow = f->flow;
    choose_counters(f);
    if (f->has_first != f->has_last)
        *(f->has_first ? &flow->last : &flow->first) = f->has_first ? flow->first : flow->last;
    if (f->has_first || f->has_last)
        flow->flags |= FLOW_IN_HAS_TIMES;
    if (f->app_len && !(flow->flags & FLOW_IN_APP))
        set_l7_by_name(f);
    if (f->other_len)
        tail_set(&names_of(f)->tail, STRING_other, f->other, f->other_len);
    flow->names = f->has_names ? &f->names : NULL;
    bool has_src = !addr_is_none(&flow->src), has_dst = !addr_is_none(&flow->dst);
    if (has_src && has_dst)
        flow->version = addr_is_v4(&flow->src) ? 4 : 6;
    if (flow->firewall_event)
        flow->kind = FLOW_IN_EVENT;
    else if (!has_src || !has_dst || !(f->has_delta || f->has_total))
        flow->kind = FLOW_IN_MESSAGE;
}
