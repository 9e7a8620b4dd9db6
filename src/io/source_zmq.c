/* source_zmq.c - probes' messages as bursts for a worker (-i tcp://host:5556[,tcp://...]).
 *
 * One subscriber, and so one worker, for all endpoints of one -i: a subscriber gets everything, and
 * half of the messages cannot be had. Several -i have a worker each.
 */
#include "io/zmq_subscriber.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "io/sources.h"

enum {
    LOOK_S = 1,    /* between two looks at probes that are refused */
    REFUSED_S = 60 /* the log tells of them at most so often */
};

struct source_zmq {
    struct source base;
    struct zmq_subscriber *subscriber;
    struct zmq_message message[ZMQ_BATCH];
    struct datagram datagram[ZMQ_BATCH];
    uint64_t malformed; /* as told already */
    bool is_encrypted, is_refusing;
    nsec_t looked_at;
    nsec_t refused_at; /* clock_mono when the log told of it last, 0 = never */
    struct addr last;  /* of last_peer */
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

/* A probe whose key or whose lack of one does not fit is told: nothing of it will ever come. */
static void tell_refused(struct source_zmq *s)
{
    char peer[256];
    nsec_t mono = clock_mono();
    if (mono - s->looked_at < LOOK_S * SECOND)
        return;
    s->looked_at = mono;
    if (!zmq_subscriber_refused(s->subscriber, peer))
        return;
    s->is_refusing = true;
    char state[NOTICE_BYTES];
    snprintf(state, sizeof state, "up; refused: %.40s, which %s", peer,
             s->is_encrypted ? "does not encrypt with our key" : "wants encryption");
    notice_set(&s->base.state, state);
    if (s->refused_at && mono - s->refused_at < REFUSED_S * SECOND)
        return;
    s->refused_at = mono;
    log_warning("%s: nothing is taken from %s: %s", s->base.name, peer,
                s->is_encrypted
                    ? "it does not encrypt with the key of this Weir (--zmq-encryption-key there)"
                    : "it encrypts, and --zmq-encryption is not given here");
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
    if (!b->n)
        tell_refused(s);
    else if (s->is_refusing)
        notice_set(&base->state, "up");
    s->is_refusing &= !b->n;
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
    bool has_secret = options->zmq_secret && options->zmq_secret[0];
    bool is_encrypted = has_secret || options->zmq_key_dir;
    *n = 0;
    if (has_secret && !zmq_keys_of_secret(options->zmq_secret, &keys, e))
        return false;
    if (!has_secret && is_encrypted && !zmq_keys_load(options->zmq_key_dir, &keys, e))
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
    s->is_encrypted = is_encrypted;
    if (is_encrypted)
        log_info("%s: probes must encrypt: --zmq-encryption-key '%s'", spec, keys.public_key);
    addr_parse("0.0.0.0", &s->last);
    s->base.ops = &source_zmq_ops;
    snprintf(s->base.name, sizeof s->base.name, "%.63s", spec);
    snprintf(s->base.kind, sizeof s->base.kind, "zmq");
    notice_set(&s->base.state, "up");
    s->base.is_collector = true;
    out[(*n)++] = &s->base;
    return true;
}
