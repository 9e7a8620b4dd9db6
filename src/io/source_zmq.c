/* source_zmq.c - probes' messages as bursts for a worker (-i tcp://host:5556[,tcp://...]).
 *
 * One subscriber, and so one worker, for all endpoints of one -i: a subscriber gets everything, and
 * half of the messages cannot be had. Several -i have a worker each.
 */
#include "io/zmq_subscriber.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "io/sources.h"

struct source_zmq {
    struct source base;
    struct zmq_subscriber *subscriber;
    struct zmq_message message[ZMQ_BATCH];
    struct datagram datagram[ZMQ_BATCH];
    uint64_t malformed; /* as told already */
    struct addr last;   /* of last_peer */
    char last_peer[64];
};

static struct source_zmq *self(struct source *base)
{
    return (struct source_zmq *)base;
}

/* ZMQ tells the peer's address as text; messages come in trains. */
static struct addr address_of(struct source_zmq *s, const char *peer)
{
    if (strcmp(peer, s->last_peer) != 0) {
        snprintf(s->last_peer, sizeof s->last_peer, "%s", peer);
        s->last_peer[strcspn(s->last_peer, "%")] = '\0'; /* the scope of fe80::1%eth0 */
        if (!addr_parse(s->last_peer, &s->last))
            addr_parse("0.0.0.0", &s->last);
        snprintf(s->last_peer, sizeof s->last_peer, "%s", peer);
    }
    return s->last;
}

static enum source_result source_zmq_read(struct source *base, struct burst *b, int timeout_ms)
{
    struct source_zmq *s = self(base);
    b->n = zmq_subscriber_read(s->subscriber, s->message, ZMQ_BATCH, timeout_ms);
    b->now = clock_wall();
    b->datagram = s->datagram;
    for (unsigned i = 0; i < b->n; i++) {
        const struct zmq_message *m = &s->message[i];
        s->datagram[i] = (struct datagram){.bytes = m->payload,
                                           .len = m->payload_len,
                                           .head = m->header,
                                           .head_len = m->header_len,
                                           .from = address_of(s, m->peer),
                                           .received = b->now,
                                           .is_stream = true};
        counter_add(&base->counts.received_bytes, m->payload_len);
    }
    counter_add(&base->counts.received, b->n);
    uint64_t malformed = zmq_subscriber_malformed(s->subscriber);
    counter_add(&base->counts.damaged, malformed - s->malformed);
    s->malformed = malformed;
    return b->n ? SOURCE_OK : SOURCE_IDLE;
}

static void source_zmq_wake(struct source *base)
{
    zmq_subscriber_wake(self(base)->subscriber);
}

static void source_zmq_close(struct source *base)
{
    struct source_zmq *s = self(base);
    zmq_subscriber_close(s->subscriber);
    mem_free(ACCOUNT_capture, s, sizeof *s);
}

static const struct source_ops source_zmq_ops = {
    .read = source_zmq_read,
    .wake = source_zmq_wake,
    .close = source_zmq_close,
};

bool source_zmq_takes(const char *spec)
{
    return zmq_is_endpoint(spec);
}

bool source_zmq_open(const char *spec, const struct source_options *options, unsigned workers,
                     struct source **out, unsigned *n, struct err *e)
{
    struct zmq_keys keys;
    bool is_encrypted = options->zmq_key_dir != NULL;
    *n = 0;
    if (is_encrypted && !zmq_keys_load(options->zmq_key_dir, &keys, e))
        return false;
    struct source_zmq *s = mem_alloc(ACCOUNT_capture, sizeof *s);
    if (!s)
        return fail(e, "%s: out of memory", spec);
    const struct zmq_subscriber_config config = {.endpoints = spec,
                                                 .keys = is_encrypted ? &keys : NULL};
    s->subscriber = zmq_subscriber_open(&config, e);
    if (!s->subscriber) {
        mem_free(ACCOUNT_capture, s, sizeof *s);
        return false;
    }
    addr_parse("0.0.0.0", &s->last);
    s->base.ops = &source_zmq_ops;
    snprintf(s->base.name, sizeof s->base.name, "%.63s", spec);
    snprintf(s->base.kind, sizeof s->base.kind, "zmq");
    notice_set(&s->base.state, "up");
    s->base.is_collector = true;
    out[(*n)++] = &s->base;
    return true;
}
