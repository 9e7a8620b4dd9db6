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
static struct zmq_sender *find_sender(struct zmq_decoder *d, const struct addr *from,
                                      uint32_t source_id)
{
    struct zmq_sender *oldest = d->sender;
    for (unsigned i = 0; i < d->senders; i++) {
        if (d->sender[i].source_id == source_id && addr_equal(&d->sender[i].from, from))
            return &d->sender[i];
        if (d->sender[i].last < oldest->last)
            oldest = &d->sender[i];
    }
    struct zmq_sender *s = d->senders < ZMQ_SOURCES ? &d->sender[d->senders++] : oldest;
    *s = (struct zmq_sender){.from = *from, .source_id = source_id};
    return s;
}

static void count_loss(struct zmq_decoder *d, const struct zmq_in *h, const struct datagram *m)
{
    struct zmq_sender *s = find_sender(d, &m->from, h->source_id);
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
    s->last = m->received;
}

static void take_record(void *to, const struct flow_fill *f)
{
    struct zmq_decoder *d = to;
    struct flow_in *flow = f->flow;
    flow->domain = flow->domain ? flow->domain : d->header->source_id;
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

/* A probe's report about itself, each few seconds; any other event is a message. */
static void take_event(void *to, const struct flow_fill *f)
{
    struct zmq_decoder *d = to;
    struct zmq_status status;
    if (!zmq_status_read(&f->flow->raw, &status)) {
        take_record(to, f);
        return;
    }
    counter_add(&d->counts.statuses, 1);
    if (d->ops->status)
        d->ops->status(d->to, &status);
}

static void take_counters(void *to, const struct flow_fill *f)
{
    struct zmq_decoder *d = to;
    struct interface_counters c = {.at = f->flow->exported};
    struct addr device = {0};
    zmq_counters_read(&f->flow->raw, &c, &device);
    counter_add(&d->counts.counter_samples, 1);
    if (d->ops->counters)
        d->ops->counters(d->to, &device, &c);
}

static void take_name(void *to, const struct flow_fill *f)
{
    struct zmq_decoder *d = to;
    if (zmq_name_read(&f->flow->raw, &d->keys.told))
        counter_add(&d->counts.names, 1);
    else
        take_record(to, f);
}

static void tell_interface(void *to, const struct addr *device, uint32_t index, const uint8_t *text,
                           size_t len)
{
    struct zmq_decoder *d = to;
    counter_add(&d->counts.names, 1);
    if (d->ops->interface)
        d->ops->interface(d->to, device, index, text, len);
}

static void take_interfaces(void *to, const struct flow_fill *f)
{
    zmq_interfaces_read(&f->flow->raw, tell_interface, to);
}

/* Topics differ in their first letter; NULL for one that nobody knows. */
static flow_text_record *taker_of(char topic)
{
    switch (topic) {
    case 'f': /* flow */
    case 'l': /* listening-ports */
    case 'm': /* message */
        return take_record;
    case 'e':
        return take_event;
    case 'c':
        return take_counters;
    case 't': /* template */
    case 'o': /* option */
        return take_name;
    case 's':
        return take_interfaces;
    default:
        return NULL;
    }
}

static bool take_payload(struct zmq_decoder *d, const struct zmq_in *h, const uint8_t *payload,
                         size_t len, nsec_t received)
{
    flow_text_record *record = taker_of(h->topic[0]);
    d->header = h;
    return h->is_tlv ? flow_tlv_decode(&d->keys, payload, len, received, record, d)
                     : flow_json_decode(&d->keys, payload, len, received, record, d);
}

void zmq_take(struct zmq_decoder *d, const struct datagram *m)
{
    struct zmq_in h;
    const uint8_t *clear;
    size_t clear_len;
    counter_add(&d->counts.messages, 1);
    counter_add(&d->counts.bytes, m->len);
    if (!zmq_in_read(m->head, m->head_len, &h)) {
        counter_add(&d->counts.malformed, 1);
        return;
    }
    if (h.has_id)
        count_loss(d, &h, m);
    if (!taker_of(h.topic[0])) { /* a hello may say anything */
        counter_add(h.topic[0] == 'h' ? &d->counts.hellos : &d->counts.ignored, 1);
        return;
    }
    if (zmq_payload_open(&h, m->bytes, m->len, d->password, &d->scratch, &clear, &clear_len) !=
            ZMQ_PAYLOAD_OK ||
        !take_payload(d, &h, clear, clear_len, m->received))
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
