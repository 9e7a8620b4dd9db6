/* ipfix_out.c - records as IPFIX (RFC 7011, 5103) and NetFlow v9 (RFC 3954): one encoder, two headers.
 *
 *     IPFIX  version 2  length 2  export time 4  sequence 4  domain 4
 *     v9     version 2  count 2   uptime 4  seconds 4  sequence 4  source id 4
 *     set    id 2  length 2  records ...
 *
 * The chosen fields are compiled once into copy steps, a layout for IPv4, one for IPv6 and more for flows
 * of which an exporter told, and a record is then a loop over them. A layout's template goes out before
 * its first record. Texts are as long as they are in IPFIX; v9 knows no such thing and pads them.
 */
#include "codec/flow_out_private.h"
#include "codec/put.h"
#include "model/protos.h"

#include <stdio.h>

enum {
    HEADER_IPFIX = 16,
    HEADER_V9 = 20,
    TEMPLATE_SET_IPFIX = 2,
    TEMPLATE_SET_V9 = 0,
    LAYOUT_V4 = 256,
    V9_TEXT = 48, /* octets of a text in NetFlow v9 */
    VARIABLE = 65535,
    LEAST_TEXT = 16,
    ELEMENT_BIFLOW_DIRECTION = 239,
    PRINTED_MAX = 120
};

enum out_how {
    OUT_NUMBER, /* a member as it is */
    OUT_COMPUTED,
    OUT_ADDR4,
    OUT_ADDR4_IF, /* 0.0.0.0 where the address is none of IPv4 */
    OUT_ADDR6,
    OUT_MAC,
    OUT_MS,
    OUT_US_MS, /* microseconds as milliseconds, rounded; what was measured is at least 1 */
    OUT_SECONDS,
    OUT_UPTIME,
    OUT_FLOW_ID,
    OUT_CONSTANT, /* offset is the value */
    OUT_STRING,
    OUT_APP,
    OUT_PRINTED
};

static bool is_v9(const struct flow_out *o)
{
    return o->config.format == FLOW_NETFLOW9;
}

static size_t header_len(const struct flow_out *o)
{
    return is_v9(o) ? HEADER_V9 : HEADER_IPFIX;
}

/* --- Compiling ---------------------------------------------------------------------------------- */

static enum out_how how_to_put(const struct field *f)
{
    switch (f->kind) {
    case KIND_string:
        return OUT_STRING;
    case KIND_app:
        return OUT_APP;
    case KIND_community_id:
        return OUT_PRINTED;
    case KIND_flow_id:
        return OUT_FLOW_ID;
    case KIND_addr:
        return f == &field_table[FIELD_client] || f == &field_table[FIELD_server] ? OUT_ADDR4
                                                                                  : OUT_ADDR4_IF;
    case KIND_mac:
        return OUT_MAC;
    case KIND_time:
        return OUT_MS;
    case KIND_usec:
        return OUT_US_MS;
    case KIND_duration:
    case KIND_observed:
        return OUT_COMPUTED;
    default:
        return f->offset < 0 ? OUT_COMPUTED : OUT_NUMBER;
    }
}

static uint8_t *put_specifier(const struct flow_out *o, uint8_t *at, uint32_t pen, unsigned id,
                              unsigned len)
{
    if (is_v9(o)) {
        at = put_be16(at, pen == PEN_NTOP ? NTOP_IN_V9 + id : id);
        return put_be16(at, len ? len : V9_TEXT);
    }
    at = put_be16(at, pen ? id | 0x8000 : id);
    at = put_be16(at, len ? len : VARIABLE);
    return pen ? put_be32(at, pen) : at;
}

static bool add_step(const struct flow_out *o, struct out_layout *l, const struct out_step *step,
                     uint32_t pen, unsigned id)
{
    if (l->n == 2 * EXPORT_FIELDS || l->set_len + 8 > LAYOUT_SET)
        return false;
    l->step[l->n++] = *step;
    uint8_t *end = put_specifier(o, l->set + l->set_len, pen, id, step->len);
    l->set_len = (size_t)(end - l->set);
    l->texts += !step->len;
    l->fixed += step->len;
    return true;
}

static struct out_step step_of_field(const struct flow_out *o, const struct field *f, unsigned len)
{
    /* Of two uniflows each tells its own flags. */
    if (o->splits && f == &field_table[FIELD_tcp_flags])
        f = &field_table[FIELD_client_flags];
    return (struct out_step){.how = (uint8_t)how_to_put(f),
                             .size = f->size,
                             .len = (uint8_t)len,
                             .offset = f->offset,
                             .field = f};
}

/* What sort of flows a layout is for. */
static bool is_v6_layout(unsigned layout)
{
    return layout & 1;
}

static enum told_by teller_of(unsigned layout)
{
    return layout / 2;
}

/* True where the field has its number of IPv6: exporters have addresses of their own. */
static bool takes_twin(const struct export_field *x, unsigned layout)
{
    if (!x->twin)
        return false;
    return x->field == &field_table[FIELD_exporter] ? teller_of(layout) == TOLD_BY_V6
                                                    : is_v6_layout(layout);
}

/* One field as a step, with the element's number in this layout and format. */
static struct out_step step_of(const struct flow_out *o, const struct export_field *x,
                               unsigned layout, unsigned *id)
{
    struct out_step step;
    *id = x->id;
    switch (x->how) {
    case EXPORT_FIRST_UPTIME:
    case EXPORT_LAST_UPTIME:
        /* The IPFIX header has no uptime to which these would refer. */
        step = step_of_field(o, x->field, is_v9(o) ? 4 : 8);
        step.how = is_v9(o) ? OUT_UPTIME : OUT_MS;
        if (!is_v9(o))
            *id = x->how == EXPORT_FIRST_UPTIME ? 152 : 153;
        return step;
    case EXPORT_SECONDS:
        step = step_of_field(o, x->field, x->len);
        step.how = OUT_SECONDS;
        return step;
    case EXPORT_CONSTANT:
        return (struct out_step){.how = OUT_CONSTANT, .len = x->len, .offset = x->value};
    default:
        break;
    }
    step = step_of_field(o, x->field, x->len);
    if (!takes_twin(x, layout))
        return step;
    *id = x->twin->v6;
    if (step.how == OUT_ADDR4 || step.how == OUT_ADDR4_IF) {
        step.how = OUT_ADDR6;
        step.len = 16;
    }
    return step;
}

/* What the server did, beside what the client did: RFC 5103. */
static bool add_reverse(const struct flow_out *o, struct out_layout *l,
                        const struct export_field *x)
{
    static const enum field_id twice[] = {FIELD_sent_bytes,  FIELD_sent_packets, FIELD_tcp_flags,
                                          FIELD_client_tos,  FIELD_client_ttl,   FIELD_client_icmp,
                                          FIELD_sent_min_ip, FIELD_sent_max_ip};
    unsigned id = takes_twin(x, (unsigned)(l - o->layout)) ? x->twin->v6 : x->id;
    for (unsigned i = 0; i < sizeof twice / sizeof *twice; i++) {
        if (x->field != &field_table[twice[i]] || x->how != EXPORT_FIELD)
            continue;
        struct out_step step = step_of_field(o, field_reverse(x->field), x->len);
        return add_step(o, l, &step, PEN_REVERSE, id);
    }
    return true;
}

/* Both sides' flags are one field in a record that tells both; a biflow tells them apart. */
static void tell_apart(const struct flow_out *o, struct out_step *step)
{
    if (o->config.biflow && !is_v9(o) && step->field == &field_table[FIELD_tcp_flags])
        *step = step_of_field(o, &field_table[FIELD_client_flags], step->len);
}

static void note_left_out(struct flow_out *o, const char *name)
{
    size_t used = strlen(o->left_out);
    snprintf(o->left_out + used, sizeof o->left_out - used, "%s%s", used ? ", " : "", name);
}

static bool add_field(struct flow_out *o, struct out_layout *l, const struct export_field *x)
{
    unsigned id, layout = (unsigned)(l - o->layout);
    if (!x->id) {
        if (!layout)
            note_left_out(o, x->name);
        return true;
    }
    struct out_step step = step_of(o, x, layout, &id);
    tell_apart(o, &step);
    if (!add_step(o, l, &step, x->pen, id))
        return false;
    return !o->config.biflow || is_v9(o) || add_reverse(o, l, x);
}

static void finish_layout(const struct flow_out *o, struct out_layout *l, unsigned fields_at)
{
    put_be16(l->set + fields_at, l->n);
    put_be16(l->set, is_v9(o) ? TEMPLATE_SET_V9 : TEMPLATE_SET_IPFIX);
    put_be16(l->set + 2, (unsigned)l->set_len);
}

static bool compile(struct flow_out *o, unsigned layout, struct err *e)
{
    struct out_layout *l = &o->layout[layout];
    l->id = (uint16_t)(LAYOUT_V4 + layout);
    put_be16(l->set + SET_HEADER, l->id);
    unsigned fields_at = SET_HEADER + 2;
    l->set_len = fields_at + 2;
    bool fits = true;
    unsigned fields =
        teller_of(layout) == TOLD_BY_NOBODY ? o->template.packet_fields : o->template.n;
    for (unsigned i = 0; fits && i < fields; i++)
        fits = add_field(o, l, &o->template.field[i]);
    if (fits && o->config.biflow && !is_v9(o)) {
        struct out_step initiator = {.how = OUT_CONSTANT, .len = 1, .offset = 1};
        fits = add_step(o, l, &initiator, 0, ELEMENT_BIFLOW_DIRECTION);
    }
    if (!l->n)
        return fail(e, "none of the fields of -T has an element number: %s", o->left_out);
    finish_layout(o, l, fields_at);
    size_t room = o->config.mtu - header_len(o) - SET_HEADER;
    size_t texts = l->texts * (size_t)(is_v9(o) ? V9_TEXT : LEAST_TEXT);
    if (!fits || l->fixed + texts > room || header_len(o) + l->set_len > o->config.mtu)
        return fail(e, "the fields of -T do not fit into a message of %zu bytes", o->config.mtu);
    size_t each = l->texts ? (room - l->fixed) / l->texts - 3 : 0;
    l->text_max = is_v9(o) ? V9_TEXT : each < TAIL_STRING ? each : TAIL_STRING;
    return true;
}

bool ipfix_compile(struct flow_out *o, struct err *e)
{
    for (unsigned i = 0; i < LAYOUTS; i++) {
        if (!compile(o, i, e))
            return false;
    }
    return true;
}

/* --- Messages ----------------------------------------------------------------------------------- */

static void put_header(struct flow_out *o, nsec_t now)
{
    /* The header of v9 has whole seconds, to which uptimes refer: with an uptime of another moment all
     * times would be off by the difference. The next second, as no flow may end after it. */
    if (is_v9(o))
        now = (now + SECOND - 1) / SECOND * SECOND;
    uint8_t *at = put_be16(o->message, o->config.format);
    if (is_v9(o)) {
        at = put_be16(at, o->records);
        at = put_be32(at, uptime_ms(o, now));
    } else {
        at = put_be16(at, (unsigned)o->len);
    }
    at = put_be32(at, (uint32_t)(now / SECOND));
    at = put_be32(at, o->sequence);
    put_be32(at, o->config.domain);
}

static void close_set(struct flow_out *o)
{
    if (!o->set_at)
        return;
    /* NetFlow v9 wants sets to end at a border of four bytes; where a record is so short, padding would
     * be taken for one. */
    bool pads = is_v9(o) && o->layout[o->set_id - LAYOUT_V4].fixed >= 4;
    while (pads && o->len % 4 != 0 && o->len < o->config.mtu)
        o->message[o->len++] = 0;
    put_be16(o->message + o->set_at + 2, (unsigned)(o->len - o->set_at));
    o->set_at = 0;
}

void ipfix_flush(struct flow_out *o, nsec_t now)
{
    if (!o->data_records)
        return;
    close_set(o);
    put_header(o, now);
    unsigned told = o->told;
    uint32_t step = is_v9(o) ? 1 : o->data_records;
    size_t len = o->len;
    o->told = o->records = o->data_records = 0;
    o->len = 0;
    o->since++;
    o->send(o->to, o->message, len, told);
    o->sequence += step;
}

static bool templates_due(const struct flow_out *o, nsec_t now)
{
    const struct flow_out_config *c = &o->config;
    return !o->templates_at || (c->template_every && now - o->templates_at >= c->template_every) ||
           (c->template_packets && o->since >= c->template_packets);
}

static void begin(struct flow_out *o, nsec_t now)
{
    o->len = header_len(o);
    o->set_at = 0;
    if (!templates_due(o, now))
        return;
    for (unsigned i = 0; i < LAYOUTS; i++)
        o->layout[i].is_sent = false;
    o->templates_at = now ? now : 1;
    o->since = 0;
}

static void put_template(struct flow_out *o, struct out_layout *l)
{
    close_set(o);
    memcpy(o->message + o->len, l->set, l->set_len);
    o->len += l->set_len;
    o->records++;
    l->is_sent = true;
}

static uint8_t *put_text(const struct flow_out *o, const struct out_layout *l, uint8_t *at,
                         const void *text, size_t len)
{
    len = len < l->text_max ? len : l->text_max;
    if (!is_v9(o)) {
        /* A length of 255 and more takes three bytes (RFC 7011, 7). */
        at = put_u8(at, (unsigned)len);
        if (len == 255)
            at = put_be16(at, (unsigned)len);
        return put_bytes(at, text, len);
    }
    at = put_bytes(at, text, len);
    memset(at, 0, V9_TEXT - len);
    return at + (V9_TEXT - len);
}

/* The first 64 of the 128 bits of the flow's id. */
static uint64_t short_flow_id(const struct record *r)
{
    char digits[33];
    record_flow_id(r, digits);
    uint64_t id = 0;
    for (unsigned i = 0; i < 16; i++) {
        unsigned c = (unsigned char)digits[i];
        id = id << 4 | (c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return id;
}

static uint64_t member(const struct record *r, const struct out_step *s)
{
    return record_member(r, (size_t)s->offset, s->size);
}

static uint8_t *put_words(const struct flow_out *o, const struct out_layout *l,
                          const struct out_step *s, const struct record *r, uint8_t *at)
{
    char printed[PRINTED_MAX] = "";
    size_t len = 0;
    switch ((enum out_how)s->how) {
    case OUT_STRING: {
        const uint8_t *text = tail_get(&r->tail, s->field->string, &len);
        return put_text(o, l, at, text ? (const char *)text : "", text ? len : 0);
    }
    case OUT_APP:
        protos_full_name(r->l7_master, r->l7_app, printed);
        break;
    case OUT_PRINTED:
        record_community_id(r, printed);
        break;
    default: /* a constant of which nothing is known */
        break;
    }
    return put_text(o, l, at, printed, strlen(printed));
}

static uint64_t computed(const struct record *r, const struct out_step *s)
{
    uint64_t v = record_number(r, s->field);
    if (s->field->kind == KIND_observed)
        return v == OBSERVED_EGRESS; /* flowDirection: 0 ingress, 1 egress */
    if (s->field->kind == KIND_app_id && r->l7_master && r->l7_master != v)
        return (uint64_t)r->l7_master << 16 | v;
    return s->field->kind == KIND_duration ? v / MILLISECOND : v;
}

static uint8_t *put_step(const struct flow_out *o, const struct out_layout *l,
                         const struct out_step *s, const struct record *r, uint8_t *at)
{
    static const uint8_t none[4];
    const uint8_t *from = (const uint8_t *)r + s->offset;
    uint64_t v;
    if (!s->len)
        return put_words(o, l, s, r, at);
    switch ((enum out_how)s->how) {
    case OUT_NUMBER:
        return put_be(at, member(r, s), s->len);
    case OUT_ADDR4:
        return put_bytes(at, from + 12, 4);
    case OUT_ADDR4_IF:
        return put_bytes(at, addr_is_v4((const struct addr *)from) ? from + 12 : none, 4);
    case OUT_ADDR6:
        return put_bytes(at, from, 16);
    case OUT_MAC:
        return put_bytes(at, from, 6);
    case OUT_MS:
        return put_be64(at, member(r, s) / MILLISECOND);
    case OUT_US_MS:
        v = member(r, s);
        return put_be(at, v && v < 500 ? 1 : (v + 500) / 1000, s->len);
    case OUT_SECONDS:
        return put_be32(at, (uint32_t)(member(r, s) / SECOND));
    case OUT_UPTIME:
        return put_be32(at, uptime_ms(o, (nsec_t)member(r, s)));
    case OUT_FLOW_ID:
        return put_be64(at, short_flow_id(r));
    case OUT_CONSTANT:
        return put_be(at, (uint64_t)s->offset, s->len);
    default:
        return put_be(at, computed(r, s), s->len);
    }
}

static struct out_layout *layout_of(struct flow_out *o, const struct record *r)
{
    enum told_by teller = addr_is_none(&r->exporter) ? TOLD_BY_NOBODY
                          : addr_is_v4(&r->exporter) ? TOLD_BY_V4
                                                     : TOLD_BY_V6;
    bool is_v6 = !addr_is_v4(&r->client) || !addr_is_v4(&r->server);
    return &o->layout[2 * teller + is_v6];
}

/* A message with room for one more record of this layout, of `most` octets, behind its template. */
static void make_room(struct flow_out *o, struct out_layout *l, size_t most, nsec_t now)
{
    size_t need = most + (l->is_sent ? 0 : l->set_len) + (o->set_id != l->id ? SET_HEADER : 0);
    if (o->len && o->len + need > o->config.mtu)
        ipfix_flush(o, now);
    if (!o->len)
        begin(o, now);
    if (!l->is_sent)
        put_template(o, l);
    /* A template may leave no room for a first record: then it travels alone. */
    if (!o->data_records && o->len + SET_HEADER + most > o->config.mtu) {
        put_header(o, now);
        o->send(o->to, o->message, o->len, 0);
        o->sequence += is_v9(o);
        o->records = 0;
        o->len = header_len(o);
    }
}

void ipfix_add(struct flow_out *o, const struct record *r, nsec_t now)
{
    struct out_layout *l = layout_of(o, r);
    make_room(o, l, l->fixed + l->texts * (is_v9(o) ? (size_t)V9_TEXT : l->text_max + 3), now);
    if (!o->set_at || o->set_id != l->id) {
        close_set(o);
        o->set_at = o->len;
        o->set_id = l->id;
        put_be16(o->message + o->len, l->id);
        o->len += SET_HEADER;
    }
    uint8_t *at = o->message + o->len;
    for (unsigned i = 0; i < l->n; i++)
        at = put_step(o, l, &l->step[i], r, at);
    o->len = (size_t)(at - o->message);
    o->records++;
    o->data_records++;
}
