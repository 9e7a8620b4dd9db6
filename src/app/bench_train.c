/* bench_train.c - messages of a made-up exporter, in any form that the collector reads. */
#include "app/bench_train.h"

#include "app/bench_frame.h"
#include "base/alloc.h"
#include "base/cursor.h"
#include "codec/put.h"
#include "codec/tlv_out.h"
#include "codec/zmq_header.h"

#include <string.h>

enum {
    MESSAGE = 1420, /* octets of a full one, as exporters send them */
    SLOT = 1536,    /* room for it */
    TEXT_EACH = 16, /* flows in a message of a probe */
    TEXT_SLOT = 16384,
    TEMPLATE = 256,       /* its id */
    TEMPLATE_EVERY = 256, /* messages */
    SAMPLED = 128,        /* octets of a frame in a sample */
    SAMPLE = 64 + SAMPLED,
    VARIABLE = 65535,
    PADDING = 210,    /* the element */
    BOOT = 100000000, /* ms since the exporter started, when the train was written */
    LOCAL_HOSTS = 1000
};

static const struct train_field fields_of_netflow9[] = {
    {0, 8, 4},  {0, 12, 4}, {0, 15, 4}, {0, 10, 4}, {0, 14, 4}, {0, 2, 8}, {0, 1, 8},
    {0, 22, 4}, {0, 21, 4}, {0, 7, 2},  {0, 11, 2}, {0, 6, 1},  {0, 4, 1}, {0, 5, 1},
    {0, 16, 4}, {0, 17, 4}, {0, 9, 1},  {0, 13, 1}, {0, 58, 2}, {0, 0, 0}};
static const struct train_field fields_of_minimal[] = {{0, 8, 4},  {0, 12, 4},  {0, 7, 2},
                                                       {0, 11, 2}, {0, 4, 1},   {0, 1, 8},
                                                       {0, 2, 8},  {0, 153, 8}, {0, 0, 0}};
static const struct train_field fields_of_wide[] = {{0, 8, 4},
                                                    {0, 12, 4},
                                                    {0, 7, 2},
                                                    {0, 11, 2},
                                                    {0, 4, 1},
                                                    {0, 5, 1},
                                                    {0, 6, 2},
                                                    {0, 1, 8},
                                                    {0, 2, 8},
                                                    {0, 152, 8},
                                                    {0, 153, 8},
                                                    {0, 10, 4},
                                                    {0, 14, 4},
                                                    {0, 16, 4},
                                                    {0, 17, 4},
                                                    {0, 9, 1},
                                                    {0, 13, 1},
                                                    {0, 58, 2},
                                                    {0, 15, 4},
                                                    {0, 61, 1},
                                                    {0, 136, 1},
                                                    {0, 148, 8},
                                                    {0, 52, 1},
                                                    {0, 53, 1},
                                                    {0, 25, 8},
                                                    {0, 26, 8},
                                                    {0, 56, 6},
                                                    {0, 80, 6},
                                                    {35632, 118, 2},
                                                    {35632, 109, 4},
                                                    {35632, 110, 4},
                                                    {35632, 111, 4},
                                                    {35632, 112, 4},
                                                    {35632, 123, 4},
                                                    {35632, 124, 4},
                                                    {29305, 1, 8},
                                                    {29305, 2, 8},
                                                    {35632, 119, VARIABLE},
                                                    {35632, 180, VARIABLE},
                                                    {35632, 187, VARIABLE},
                                                    {0, 0, 0}};
static const struct train_field fields_of_reduced[] = {
    {0, 8, 4},  {0, 12, 4}, {0, 15, 4}, {0, 10, 2}, {0, 14, 2}, {0, 2, 3}, {0, 1, 5},
    {0, 22, 4}, {0, 21, 4}, {0, 7, 2},  {0, 11, 2}, {0, 6, 1},  {0, 4, 1}, {0, 5, 1},
    {0, 16, 3}, {0, 17, 3}, {0, 9, 1},  {0, 13, 1}, {0, 58, 2}, {0, 0, 0}};
/* A record of NetFlow v5, as if it had a template. */
static const struct train_field fields_of_netflow5[] = {
    {0, 8, 4},  {0, 12, 4}, {0, 15, 4}, {0, 10, 2}, {0, 14, 2},      {0, 2, 4},       {0, 1, 4},
    {0, 22, 4}, {0, 21, 4}, {0, 7, 2},  {0, 11, 2}, {0, PADDING, 1}, {0, 6, 1},       {0, 4, 1},
    {0, 5, 1},  {0, 16, 2}, {0, 17, 2}, {0, 9, 1},  {0, 13, 1},      {0, PADDING, 2}, {0, 0, 0}};

const struct train_form train_forms[TRAIN_FORMS] = {
    [FORM_NETFLOW9] = {"v9, 19 fields", TRAIN_NETFLOW9, fields_of_netflow9},
    [FORM_MINIMAL] = {"ipfix, 8 fields", TRAIN_IPFIX, fields_of_minimal},
    [FORM_WIDE] = {"ipfix, 40 fields", TRAIN_IPFIX, fields_of_wide},
    [FORM_REDUCED] = {"v9, reduced", TRAIN_NETFLOW9, fields_of_reduced},
    [FORM_NETFLOW5] = {"v5", TRAIN_NETFLOW5, fields_of_netflow5},
    [FORM_SFLOW] = {"sflow, 128 B", TRAIN_SFLOW, NULL},
    [FORM_JSON] = {"json", TRAIN_JSON, NULL},
    [FORM_TLV] = {"tlv", TRAIN_TLV, NULL},
};

/* ---- What a record says --------------------------------------------------------------------------- */

/* One record of one flow: the tuple by its number, the rest by chance. */
struct plan {
    uint32_t client, server; /* addresses */
    uint16_t client_port, server_port;
    bool is_tcp;
    uint64_t random;
};

static uint32_t address_of_host(uint32_t host)
{
    return host < LOCAL_HOSTS ? 0xc0a80000 + host : 0x0b000000 + host;
}

static struct plan plan_of(uint32_t flow, uint32_t flows, uint64_t random)
{
    uint64_t luck = frame_mix(flow);
    uint32_t server = (uint32_t)((flow * 2654435761ULL + 12345) % flows);
    server = server == flow ? (server + 1) % flows : server;
    return (struct plan){.client = address_of_host(flow),
                         .server = address_of_host(server),
                         .client_port = (uint16_t)(1024 + (luck & 0xffff) % 60000),
                         .server_port = 443,
                         .is_tcp = flow % 4 != 3,
                         .random = random};
}

static uint64_t value_of(const struct train *t, const struct plan *p, const struct train_field *f)
{
    uint32_t packets = 1 + (uint32_t)(p->random & 15), lasted = (uint32_t)(p->random >> 8) & 1023;
    if (f->pen)
        return (p->random >> f->id % 32) & 7;
    switch (f->id) {
    case 8:
        return p->client;
    case 12:
        return p->server;
    case 7:
        return p->client_port;
    case 11:
        return p->server_port;
    case 4:
        return p->is_tcp ? 6 : 17;
    case 6: /* PSH and ACK: no connection ends, so that no flow is opened anew */
        return p->is_tcp ? 0x18 : 0;
    case 1:
        return packets * (40 + (p->random >> 20 & 1023));
    case 2:
        return packets;
    case 21:
        return BOOT;
    case 22:
        return BOOT - lasted;
    case 152:
        return (uint64_t)(t->made / MILLISECOND) - lasted;
    case 153:
        return (uint64_t)(t->made / MILLISECOND);
    case 15:
        return 0x0a000001;
    case 58:
        return 10;
    case 9:
    case 13:
        return 24;
    case 25:
    case 26:
        return 40;
    case PADDING:
        return 0;
    default:
        return 1 + (p->random >> f->id % 32 & 7);
    }
}

static uint8_t *put_field(const struct train *t, const struct plan *p, const struct train_field *f,
                          uint8_t *at)
{
    static const char text[] = "www.example.org/index.html?page=1";
    unsigned len = 8 + (unsigned)(p->random >> f->id % 32 & 15);
    if (f->octets == VARIABLE)
        return put_bytes(put_u8(at, len), text, len);
    if (f->octets == 6)
        return put_be32(put_be16(at, 0x0200), f->id);
    return put_be(at, value_of(t, p, f), f->octets);
}

static struct plan draw(const struct train *t, uint64_t number)
{
    bool opens = number < t->flows;
    uint64_t random = frame_mix(0x300000000ULL + number);
    uint32_t flow = opens ? (uint32_t)number : (uint32_t)((random >> 32) * t->flows >> 32);
    return plan_of(flow, t->flows, frame_mix(random));
}

/* ---- Messages ------------------------------------------------------------------------------------- */

static uint8_t *put_template(const struct train *t, uint8_t *at)
{
    uint8_t *start = at;
    unsigned n = 0;
    at = put_be16(put_be16(at, t->form->kind == TRAIN_IPFIX ? 2 : 0), 0);
    at = put_be16(put_be16(at, TEMPLATE), 0);
    for (const struct train_field *f = t->form->field; f->octets; f++, n++) {
        at = put_be16(put_be16(at, f->id | (f->pen ? 0x8000 : 0)), f->octets);
        if (f->pen)
            at = put_be32(at, f->pen);
    }
    put_be16(start + 2, (unsigned)(at - start));
    put_be16(start + 6, n);
    return at;
}

static uint8_t *put_sample(const struct train *t, uint64_t number, uint8_t *at)
{
    const struct frame_form form = {.bytes = SAMPLED};
    struct plan p = draw(t, number);
    struct frame_plan frame = {.client = p.client & 0xffffff,
                               .server = p.server & 0xffffff,
                               .client_port = p.client_port,
                               .server_port = p.server_port,
                               .is_tcp = p.is_tcp,
                               .flags = 0x18};
    const uint32_t words[] = {1,      SAMPLE - 8, (uint32_t)number,
                              3,      100,        (uint32_t)number * 100,
                              0,      3,          4,
                              1,      1,          16 + SAMPLED,
                              1,      SAMPLED,    4,
                              SAMPLED};
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        at = put_be32(at, words[i]);
    frame.payload_len = frame_room(&form, frame.is_tcp);
    uint8_t bytes[SAMPLED + 128] = {0};
    frame_write(&form, &frame, bytes);
    return put_bytes(at, bytes, SAMPLED);
}

static uint8_t *put_record(const struct train *t, uint64_t number, uint8_t *at)
{
    if (t->form->kind == TRAIN_SFLOW)
        return put_sample(t, number, at);
    struct plan p = draw(t, number);
    for (const struct train_field *f = t->form->field; f->octets; f++)
        at = put_field(t, &p, f, at);
    return at;
}

static unsigned header_bytes(enum train_kind kind)
{
    return kind == TRAIN_IPFIX ? 16 : kind == TRAIN_NETFLOW9 ? 20 : kind == TRAIN_SFLOW ? 28 : 24;
}

/* The octets that each record may need. */
static unsigned record_bytes(const struct train_form *form)
{
    unsigned n = 0;
    for (const struct train_field *f = form->field; f && f->octets; f++)
        n += f->octets == VARIABLE ? 24 : f->octets;
    return n ? n : SAMPLE;
}

static uint32_t records_each(const struct train_form *form)
{
    if (form->kind >= TRAIN_JSON)
        return TEXT_EACH;
    uint32_t n = (MESSAGE - header_bytes(form->kind) - 4) / record_bytes(form);
    return form->kind == TRAIN_NETFLOW5 && n > 30 ? 30 : n;
}

/* What stays in the header; train_stamp() writes the rest. */
static void put_header(const struct train *t, uint8_t *at, size_t len, unsigned records)
{
    switch (t->form->kind) {
    case TRAIN_NETFLOW5:
        put_be16(put_be16(at, 5), records);
        return;
    case TRAIN_NETFLOW9:
        put_be16(put_be16(at, 9), records);
        return;
    case TRAIN_IPFIX:
        put_be16(put_be16(at, 10), (unsigned)len);
        return;
    default:
        put_be32(put_be32(put_be32(at, 5), 1), 0x7f000001);
        put_be32(at + 24, records);
    }
}

static void write_message(struct train *t, uint32_t i, uint64_t first, uint32_t records)
{
    uint8_t *start = t->bytes + (size_t)i * t->slot, *at = start + header_bytes(t->form->kind);
    bool has_sets = t->form->kind == TRAIN_NETFLOW9 || t->form->kind == TRAIN_IPFIX;
    bool has_template = has_sets && i % TEMPLATE_EVERY == 0;
    if (has_template)
        at = put_template(t, at);
    uint8_t *set = at;
    if (has_sets)
        at = put_be32(at, TEMPLATE << 16);
    for (uint32_t k = 0; k < records; k++)
        at = put_record(t, first + k, at);
    if (has_sets)
        put_be16(set + 2, (unsigned)(at - set));
    put_header(t, start, (size_t)(at - start), records + has_template);
    t->message[i].bytes = start;
    t->message[i].len = (size_t)(at - start);
}

static void record_of(const struct train *t, uint64_t number, struct record *r)
{
    struct plan p = draw(t, number);
    uint8_t client[4], server[4];
    put_be32(client, p.client);
    put_be32(server, p.server);
    memset(r, 0, sizeof *r);
    r->client = addr_v4(client);
    r->server = addr_v4(server);
    r->version = 4;
    r->proto = p.is_tcp ? 6 : 17;
    r->client_port = p.client_port;
    r->server_port = p.server_port;
    r->sent_packets = 1 + (p.random & 15);
    r->sent_bytes = r->sent_packets * 100;
    r->rcvd_packets = 1 + (p.random >> 4 & 15);
    r->rcvd_bytes = r->rcvd_packets * 900;
    r->first = t->made - SECOND;
    r->last = t->made;
    r->client_flags = r->server_flags = p.is_tcp ? 0x18 : 0;
    r->l7_master = 91;
}

/* A probe's message: its header in the slot's last octets. */
static void write_text(struct train *t, uint32_t i, uint64_t first, uint32_t records)
{
    static struct export_template fields;
    static struct record record;
    uint8_t *start = t->bytes + (size_t)i * t->slot, *head = start + t->slot - ZMQ_HEADER_MOST;
    bool is_json = t->form->kind == TRAIN_JSON;
    struct text text = {0};
    if (!fields.n)
        export_template_everything(&fields);
    if (is_json)
        text_char(&text, '[');
    else
        tlv_begin(&text);
    for (uint32_t k = 0; k < records; k++) {
        record_of(t, first + k, &record);
        if (is_json && k)
            text_char(&text, ',');
        if (is_json)
            record_to_json_chosen(&text, &record, &fields);
        else
            record_to_tlv(&text, &record, &fields);
    }
    if (is_json)
        text_char(&text, ']');
    size_t len = text.len < t->slot - ZMQ_HEADER_MOST ? text.len : 0;
    memcpy(start, text.data, len);
    text_free(&text);
    struct zmq_header h = {.topic = "flow",
                           .flags = is_json ? 0 : ZMQ_FLAG_TLV,
                           .size = (uint32_t)len,
                           .plain_size = (uint32_t)len,
                           .source = 7};
    t->message[i].bytes = start;
    t->message[i].len = len;
    t->message[i].head = head;
    t->message[i].head_len = is_json ? zmq_header_put_v2(&h, head) : zmq_header_put_v3(&h, head);
}

uint32_t train_stamp(struct train *t, uint32_t i, nsec_t now)
{
    uint8_t *b = t->bytes + (size_t)i * t->slot;
    uint32_t records = t->records[i], sequence = t->sequence;
    uint32_t seconds = (uint32_t)(now / SECOND);
    uint32_t uptime = BOOT + (uint32_t)((now - t->made) / MILLISECOND);
    t->message[i].received = now;
    switch (t->form->kind) {
    case TRAIN_NETFLOW5:
        put_be32(put_be32(put_be32(b + 4, uptime), seconds), (uint32_t)(now % SECOND));
        put_be32(b + 16, sequence);
        t->sequence += records;
        break;
    case TRAIN_NETFLOW9:
        put_be32(put_be32(put_be32(b + 4, uptime), seconds), sequence);
        t->sequence++;
        break;
    case TRAIN_IPFIX:
        put_be32(put_be32(b + 4, seconds), sequence);
        t->sequence += records;
        break;
    case TRAIN_SFLOW:
        put_be32(put_be32(b + 16, sequence), uptime);
        t->sequence++;
        break;
    default: /* the message number stands before the source in both versions */
        put_be32(b + t->slot - ZMQ_HEADER_MOST + t->message[i].head_len - 8, sequence);
        t->sequence++;
    }
    return records;
}

bool train_make(struct train *t, const struct train_form *form, uint32_t flows, size_t bytes,
                nsec_t now, struct err *e)
{
    bool is_text = form->kind >= TRAIN_JSON;
    *t = (struct train){.form = form,
                        .flows = flows,
                        .each = records_each(form),
                        .slot = is_text ? TEXT_SLOT : SLOT,
                        .made = now - now % SECOND};
    t->opening = (flows + t->each - 1) / t->each;
    t->n = t->opening + (uint32_t)(bytes / t->slot);
    t->bytes = mem_reserve(ACCOUNT_other, (size_t)t->n * t->slot);
    t->message = mem_alloc(ACCOUNT_other, t->n * sizeof *t->message);
    t->records = mem_alloc(ACCOUNT_other, t->n * sizeof *t->records);
    if (!t->bytes || !t->message || !t->records) {
        train_free(t);
        return fail(e, "no memory for %u messages", t->n);
    }
    uint64_t first = 0;
    static const uint8_t exporter[4] = {127, 0, 0, 1};
    for (uint32_t i = 0; i < t->n; i++, first += t->records[i - 1]) {
        t->records[i] =
            first < flows && flows - first < t->each ? (uint32_t)(flows - first) : t->each;
        t->message[i] = (struct datagram){.from = addr_v4(exporter)};
        (is_text ? write_text : write_message)(t, i, first, t->records[i]);
    }
    return true;
}

void train_free(struct train *t)
{
    mem_release(ACCOUNT_other, t->bytes, (size_t)t->n * t->slot, 0);
    mem_free(ACCOUNT_other, t->message, t->n * sizeof *t->message);
    mem_free(ACCOUNT_other, t->records, t->n * sizeof *t->records);
    t->bytes = NULL;
}

/* ---- The floor ------------------------------------------------------------------------------------ */

enum { COLUMN_BYTES = 8, COLUMNS = 40, ROWS = 64 };

static uint8_t columns[ROWS][COLUMNS * COLUMN_BYTES];

static inline __attribute__((always_inline)) void
move_column(const uint8_t *from, size_t stride, uint8_t *to, uint32_t n, unsigned octets)
{
    for (uint32_t i = 0; i < n; i++, from += stride, to += sizeof *columns) {
        uint64_t v = 0;
        memcpy(&v, from, octets);
        v = __builtin_bswap64(v) >> (64 - 8 * octets);
        memcpy(to, &v, octets);
    }
}

static void move_any(const uint8_t *from, size_t stride, uint8_t *to, uint32_t n, unsigned octets)
{
    switch (octets) {
    case 1:
        move_column(from, stride, to, n, 1);
        break;
    case 2:
        move_column(from, stride, to, n, 2);
        break;
    case 3:
        move_column(from, stride, to, n, 3);
        break;
    case 4:
        move_column(from, stride, to, n, 4);
        break;
    case 5:
        move_column(from, stride, to, n, 5);
        break;
    case 6:
        move_column(from, stride, to, n, 6);
        break;
    default:
        move_column(from, stride, to, n, 8);
    }
}

static uint32_t columns_of(const struct train_form *form)
{
    uint32_t n = 0;
    while (form->field[n].octets)
        n++;
    return n;
}

/* Where each field begins is known only when the one before it has been read. */
static void move_rows(const struct train_form *form, const uint8_t *at, uint32_t n)
{
    for (uint32_t r = 0; r < n; r++) {
        uint8_t *to = columns[r];
        for (const struct train_field *f = form->field; f->octets; f++, to += COLUMN_BYTES) {
            if (f->octets == VARIABLE) {
                memcpy(to, &at, sizeof at);
                at += *at + 1;
                continue;
            }
            move_any(at, 0, to, 1, f->octets);
            at += f->octets;
        }
    }
}

static void move_columns(const struct train_form *form, const uint8_t *at, uint32_t n)
{
    size_t stride = record_bytes(form);
    uint8_t *to = columns[0];
    for (const struct train_field *f = form->field; f->octets; f++, to += COLUMN_BYTES) {
        move_any(at, stride, to, n, f->octets);
        at += f->octets;
    }
}

struct bench_speed train_floor(struct train *t, nsec_t measure)
{
    static struct stopwatch watch;
    const struct train_form *form = t->form;
    uint32_t i = t->opening, last = columns_of(form) - 1;
    bool is_variable = form->field[last].octets == VARIABLE;
    size_t header = header_bytes(form->kind) + (form->kind == TRAIN_NETFLOW5 ? 0 : 4);
    watch_clear(&watch);
    while (watch.spent < measure) {
        if (!watch.start)
            watch_start(&watch);
        const uint8_t *at = t->message[i].bytes + header;
        if (form->kind != TRAIN_NETFLOW5 && i % TEMPLATE_EVERY == 0)
            at += load_be16(at - 2);
        (is_variable ? move_rows : move_columns)(form, at, t->records[i]);
        watch_count(&watch, t->records[i]);
        i = train_next(t, i);
        if (watch_is_full(&watch))
            watch_stop(&watch);
    }
    return watch_speed(&watch);
}
