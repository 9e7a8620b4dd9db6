/* collector_zmq.c - messages of probes inside the collector: whose records they are, and what was lost.
 *
 * A probe may tell for others (elements 130 and 131): then those are the exporters, by their own
 * addresses; the message itself, and what was lost between messages, is the probe's. source_id is the
 * observation domain.
 */
#include "codec/collector_private.h"
#include "codec/zmq_take.h"

/* One message while its records come. */
struct taking {
    struct collector *c;
    const struct datagram *d;
    uint32_t domain;
    struct exporter *probe; /* NULL: no room for it */
};

static void take_record(void *to, const char *topic, const struct flow_in *f,
                        const struct addr *from)
{
    struct taking *t = to;
    struct exporter *x = t->probe ? collector_other(t->c, t->probe, from, f->domain, t->d) : NULL;
    if (!x)
        return;
    struct flow_in own = *f;
    own.exporter = x;
    if (x->sampling_source == SAMPLING_CONFIG) {
        own.sampling = x->sampling;
        own.sampling_source = SAMPLING_CONFIG;
    }
    collector_accept(t->c, x, &own, 1);
}

static void take_counters(void *to, const struct addr *device, const struct interface_counters *c)
{
    struct taking *t = to;
    struct interface_counters own = *c;
    struct exporter *x = t->probe ? collector_other(t->c, t->probe, device, t->domain, t->d) : NULL;
    if (!x)
        return;
    own.exporter = x;
    own.at = t->d->received;
    collector_count(t->c, x, &own);
}

/* What the probe says of itself. Its losses are told when there are more of them than before. */
static void take_status(void *to, const struct zmq_status *s)
{
    struct taking *t = to;
    struct exporter *x = t->probe;
    if (!x)
        return;
    collector_confirm(t->c, x);
    counter_add(&t->c->counts.options, 1);
    x->options++;
    if (s->name[0] && strcmp(x->name, s->name) != 0) {
        memcpy(x->name, s->name, sizeof x->name);
        collector_say(t->c, x, NEWS_EXPORTER, "is a probe called %s%s%s", s->name,
                      s->version[0] ? ", version " : "", s->version);
    }
    if (s->time)
        x->skew = s->time - t->d->received / SECOND * SECOND;
    if (s->dropped_flows > x->probe_dropped)
        collector_say(t->c, x, NEWS_EXPORTER,
                      "has not sent %llu flows so far, because it could not",
                      (unsigned long long)s->dropped_flows);
    x->probe_dropped = s->dropped_flows;
}

static void take_interface(void *to, const struct addr *device, uint32_t index, const uint8_t *text,
                           size_t len)
{
    struct taking *t = to;
    struct exporter *x = t->probe ? collector_other(t->c, t->probe, device, t->domain, t->d) : NULL;
    if (x)
        exporter_name_interface(x, index, text, len);
}

static const struct zmq_ops ops = {.record = take_record,
                                   .counters = take_counters,
                                   .status = take_status,
                                   .interface = take_interface};

/* The ids of a source are the probe's own, so the decoder's counts are what its exporter shows. */
static void show_loss(struct taking *t, const struct zmq_decoder *decoder)
{
    struct zmq_sender s;
    for (unsigned i = 0; zmq_decoder_sender(decoder, i, &s); i++) {
        if (s.source_id != t->domain || !addr_equal(&s.from, &t->d->from))
            continue;
        t->probe->lost = s.lost;
        t->probe->restarts = s.restarts;
    }
}

void zmq_message_take(struct collector *c, const struct datagram *d)
{
    struct taking t = {.c = c, .d = d};
    struct zmq_in h;
    if (!c->zmq)
        c->zmq = zmq_decoder_new(c->config.zmq_password, &ops, NULL);
    if (!c->zmq || !zmq_in_read(d->head, d->head_len, &h)) {
        collector_lose(c, NULL, LOSS_zmq_bad, 1);
        return;
    }
    t.domain = h.source_id;
    t.probe = collector_know(c, d, t.domain, TELEMETRY_ZMQ);
    if (!t.probe)
        return;
    const struct zmq_counts *n = zmq_decoder_counts(c->zmq);
    uint64_t malformed = counter_get(&n->malformed);
    zmq_decoder_tell(c->zmq, &t);
    zmq_take(c->zmq, d);
    if (counter_get(&n->malformed) != malformed)
        collector_lose(c, t.probe, LOSS_zmq_bad, 1);
    show_loss(&t, c->zmq);
}
