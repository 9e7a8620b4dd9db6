/* zmq_take.c - messages of probes by topic, and how many of them never came.
 *
 * Topics differ in their first letter, which is all that probes of any age agree on. Ids count the
 * messages of a source: a gap is loss (also of the sender's own high-water mark), a step back a
 * restart.
 */
#include "codec/zmq_take.h"

#include <stdlib.h>

struct zmq_decoder {
    const char *password;
    const struct zmq_ops *ops;
    void *to;
    struct flow_keys keys;
    struct zmq_scratch scratch;
    struct zmq_counts counts;
    struct zmq_sender sender[ZMQ_SOURCES];
    unsigned senders;
    const struct zmq_in *header; /* of the message that is being taken */
};

struct zmq_decoder *zmq_decoder_new(const char *password, const struct zmq_ops *ops, void *to)
{
    struct zmq_decoder *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->password = password;
    d->ops = ops;
    d->to = to;
    flow_keys_init(&d->keys);
    return d;
}

void zmq_decoder_free(struct zmq_decoder *d)
{
    if (!d)
        return;
    zmq_scratch_free(&d->scratch);
    free(d);
}

void zmq_decoder_tell(struct zmq_decoder *d, void *to)
{
    d->to = to;
}

/* Past so many sources the one that was silent for longest gives its place. */
static struct zmq_sender *find_sender(struct zmq_decoder *d, uint32_t source_id)
{
    struct zmq_sender *oldest = d->sender;
    for (unsigned i = 0; i < d->senders; i++) {
        if (d->sender[i].source_id == source_id)
            return &d->sender[i];
        if (d->sender[i].last < oldest->last)
            oldest = &d->sender[i];
    }
    struct zmq_sender *s = d->senders < ZMQ_SOURCES ? &d->sender[d->senders++] : oldest;
    *s = (struct zmq_sender){.source_id = source_id};
    return s;
}

static void count_loss(struct zmq_decoder *d, const struct zmq_in *h, nsec_t received)
{
    struct zmq_sender *s = find_sender(d, h->source_id);
    uint32_t step = h->msg_id - s->last_id;
    if (s->messages && h->msg_id > s->last_id) {
        s->lost += step - 1;
        counter_add(&d->counts.lost, step - 1);
    } else if (s->messages && !(h->msg_id == 0 && s->last_id == UINT32_MAX)) {
        s->restarts++;
        counter_add(&d->counts.restarts, 1);
    }
    s->messages++;
    s->last_id = h->msg_id;
    s->last = received;
}

static void take_record(void *to, const struct flow_fill *f)
{
    struct zmq_decoder *d = to;
    struct flow_in *flow = f->flow;
    flow->domain = d->header->source_id;
    if (d->header->topic[0] != 'f')
        flow->kind = FLOW_IN_MESSAGE;
    counter_t *count = flow->kind == FLOW_IN_FLOW    ? &d->counts.flows
                       : flow->kind == FLOW_IN_EVENT ? &d->counts.events
                                                     : &d->counts.other;
    counter_add(count, 1);
    counter_add(&d->counts.second_addresses, f->second_addresses);
    if (d->ops->record)
        d->ops->record(d->to, d->header->topic, flow, &f->exporter);
}

/* A counter message while its fields come. */
struct counters_fill {
    struct interface_counters c;
    struct addr device;
};

static uint64_t read_number(const uint8_t *value, size_t len)
{
    uint64_t v = 0;
    for (size_t i = 0; i < len && value[i] >= '0' && value[i] <= '9' && v < UINT64_MAX / 10; i++)
        v = v * 10 + (uint64_t)(value[i] - '0');
    return v;
}

static bool says_up(const uint8_t *value, size_t len)
{
    return len == 2 && !memcmp(value, "Up", 2);
}

static void set_device(struct addr *a, const uint8_t *value, size_t len)
{
    char text[ADDR_TEXT];
    uint64_t v = read_number(value, len);
    if (len < sizeof text && (memchr(value, '.', len) || memchr(value, ':', len))) {
        memcpy(text, value, len);
        text[len] = '\0';
        addr_parse(text, a);
    } else if (v <= UINT32_MAX) {
        *a = addr_v4((const uint8_t[]){(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
                                       (uint8_t)v});
    }
}

static void take_counter_field(void *to, const char *name, uint32_t pen, uint16_t id,
                               const uint8_t *value, size_t len, bool is_text)
{
    struct counters_fill *f = to;
    struct interface_counters *c = &f->c;
    const struct {
        const char *name;
        uint64_t *number;
    } numbers[] = {
        {"ifSpeed", &c->speed},
        {"ifInOctets", &c->in_octets},
        {"ifInPackets", &c->in_packets},
        {"ifInErrors", &c->in_errors},
        {"ifOutOctets", &c->out_octets},
        {"ifOutPackets", &c->out_packets},
        {"ifOutErrors", &c->out_errors},
        {"ifInDiscards", &c->in_discards},
        {"ifOutDiscards", &c->out_discards},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!strcmp(name, numbers[i].name))
            *numbers[i].number = read_number(value, len);
    if (!strcmp(name, "ifIndex"))
        c->index = (uint32_t)read_number(value, len);
    else if (!strcmp(name, "deviceIP"))
        set_device(&f->device, value, len);
    else if (!strcmp(name, "ifAdminStatus"))
        c->admin_up = says_up(value, len);
    else if (!strcmp(name, "ifOperStatus"))
        c->oper_up = says_up(value, len);
    else if (!strcmp(name, "ifDirection"))
        c->direction = len == 4 && !memcmp(value, "Full", 4) ? 1 : 2;
    else if (!strcmp(name, "ifName"))
        memcpy(c->name, value, len < sizeof c->name - 1 ? len : sizeof c->name - 1);
}

static void take_counters(void *to, const struct flow_fill *f)
{
    struct zmq_decoder *d = to;
    struct counters_fill fill = {.c.at = f->flow->exported};
    f->flow->raw.each(f->flow->raw.context, take_counter_field, &fill);
    counter_add(&d->counts.counter_samples, 1);
    if (d->ops->counters)
        d->ops->counters(d->to, &fill.device, &fill.c);
}

static bool take_payload(struct zmq_decoder *d, const struct zmq_in *h, const uint8_t *payload,
                         size_t len, nsec_t received)
{
    flow_text_record *record = h->topic[0] == 'c' ? take_counters : take_record;
    d->header = h;
    return h->is_tlv ? flow_tlv_decode(&d->keys, payload, len, received, record, d)
                     : flow_json_decode(&d->keys, payload, len, received, record, d);
}

void zmq_take(struct zmq_decoder *d, const uint8_t *header, size_t header_len,
              const uint8_t *payload, size_t len, nsec_t received)
{
    /* flow, event, counter, template, option, listening-ports, snmp-ifaces, message */
    static const char topics[] = "fectolsm";
    struct zmq_in h;
    const uint8_t *clear;
    size_t clear_len;
    counter_add(&d->counts.messages, 1);
    counter_add(&d->counts.bytes, len);
    if (!zmq_in_read(header, header_len, &h)) {
        counter_add(&d->counts.malformed, 1);
        return;
    }
    if (h.has_id)
        count_loss(d, &h, received);
    if (!h.topic[0] || !strchr(topics, h.topic[0])) {
        counter_add(&d->counts.ignored, 1);
        return;
    }
    if (zmq_payload_open(&h, payload, len, d->password, &d->scratch, &clear, &clear_len) !=
            ZMQ_PAYLOAD_OK ||
        !take_payload(d, &h, clear, clear_len, received))
        counter_add(&d->counts.malformed, 1);
}

const struct zmq_counts *zmq_decoder_counts(const struct zmq_decoder *d)
{
    return &d->counts;
}

bool zmq_decoder_sender(const struct zmq_decoder *d, unsigned i, struct zmq_sender *s)
{
    if (i >= d->senders)
        return false;
    *s = d->sender[i];
    return true;
}
