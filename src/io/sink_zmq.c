/* sink_zmq.c - flows to ntopng, and to any other Weir, over ZeroMQ.
 *
 * A publisher: bound to an address where collectors come to it, or connected to a collector that is.
 * Two parts a message, header and payload. Flows are TLV under a version 3 header, which is all that
 * ntopng's free edition still reads, or JSON under version 2, compressed as nProbe does it. The socket is
 * XPUB, so that Weir knows whether anybody listens: nobody gets nothing, and that is counted. Message
 * numbers go on over what was not sent, so that a collector knows that something is missing. With a key
 * the traffic is encrypted by CURVE; the collector is the server in that, whoever connects.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "codec/tlv_out.h"
#include "codec/zmq_header.h"
#include "io/exports_private.h"
#include "io/zmq_report.h"
#include "io/zmq_watch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>
#include <zmq.h>

enum {
    PAYLOAD = 60000,        /* ntopng takes 131,072, version 2 says sizes up to 65,535 */
    RECORD_MOST = 16384,    /* one with all its names, were each octet of them a \u00.. in JSON */
    HIGH_WATER = 512,       /* 30 MB; beyond it the queue of the export fills */
    SEND_MS = 1000,         /* so long a subscriber may be slow before a message is dropped */
    LINGER_MS = 1000,       /* what the network may take when Weir stops ... */
    LINGER_FILE_MS = 30000, /* ... and of a file, which loses nothing */
    STATUS_S = 5,
    NAMES_S = 60,
    PEER = 256,
    Z85_KEY = 41
};

struct publisher {
    void *context, *socket;
    struct zmq_watch watch;
    struct export_template fields;
    struct text payload;
    uint8_t *packed; /* PACKED bytes, when JSON is compressed */
    unsigned told;
    unsigned unheard; /* records of this interval that nobody was there for */
    uint32_t number, source;
    unsigned listeners;
    bool has_news; /* somebody new listens */
    bool was_refused;
    nsec_t looked_at; /* clock_mono of the last look at refusals */
    uint64_t flows;
    nsec_t status_at, names_at;
    struct probe_state seen; /* at the last report */
    struct probe_state sum;  /* of what was published */
};

_Static_assert(6 * TAIL_BYTES + 4096 <= RECORD_MOST, "names and numbers of a record have room");

/* zlib's most for PAYLOAD, and the zero in front. */
enum { PACKED = PAYLOAD + PAYLOAD / 100 + 64 };

static bool set_number(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool set_curve(struct publisher *p, const char *server_key, struct err *e)
{
    char public_key[Z85_KEY], secret_key[Z85_KEY];
    if (!zmq_has("curve"))
        return fail(e, "--zmq-encryption-key: this libzmq has no CURVE");
    if (strlen(server_key) != Z85_KEY - 1)
        return fail(e, "--zmq-encryption-key: the collector's public key has 40 letters (Z85)");
    if (zmq_curve_keypair(public_key, secret_key) == -1 ||
        zmq_setsockopt(p->socket, ZMQ_CURVE_SERVERKEY, server_key, Z85_KEY - 1) == -1 ||
        zmq_setsockopt(p->socket, ZMQ_CURVE_PUBLICKEY, public_key, Z85_KEY - 1) == -1 ||
        zmq_setsockopt(p->socket, ZMQ_CURVE_SECRETKEY, secret_key, Z85_KEY - 1) == -1)
        return fail(e, "--zmq-encryption-key: %s", zmq_strerror(zmq_errno()));
    return true;
}

static bool open_socket(struct exporting *x, struct publisher *p, struct err *e)
{
    const struct exports_config *c = x->config;
    const char *name = x->target.endpoint;
    p->context = zmq_ctx_new();
    p->socket = p->context ? zmq_socket(p->context, ZMQ_XPUB) : NULL;
    if (!p->socket)
        return fail(e, "%s: %s", name, zmq_strerror(zmq_errno()));
    set_number(p->socket, ZMQ_SNDHWM, HIGH_WATER);
    set_number(p->socket, ZMQ_LINGER, c->packet_time ? LINGER_FILE_MS : LINGER_MS);
    set_number(p->socket, ZMQ_SNDTIMEO, SEND_MS);
    set_number(p->socket, ZMQ_XPUB_NODROP, 1);
    set_number(p->socket, ZMQ_XPUB_VERBOSER, 1); /* each subscriber, not each topic's first */
    set_number(p->socket, ZMQ_IPV6, 1);
    if (c->zmq_key && *c->zmq_key && !set_curve(p, c->zmq_key, e))
        return false;
    zmq_watch_open(&p->watch, p->context, p->socket, "publisher");
    int failed = c->zmq_connects ? zmq_connect(p->socket, name) : zmq_bind(p->socket, name);
    if (failed == -1)
        return fail(e, "cannot %s %s: %s", c->zmq_connects ? "connect to" : "bind", name,
                    zmq_strerror(zmq_errno()));
    return true;
}

static void release(struct publisher *p)
{
    if (p->socket)
        zmq_close(p->socket);
    zmq_watch_close(&p->watch);
    if (p->context)
        zmq_ctx_term(p->context);
    text_free(&p->payload);
    if (p->packed)
        mem_free(ACCOUNT_records, p->packed, PACKED);
    mem_free(ACCOUNT_records, p, sizeof *p);
}

/* FNV-1a: the same in every run, which the hash of tables is not meant to be. */
static uint32_t hash_name(uint32_t hash, const char *name)
{
    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * 0x01000193u;
    return hash;
}

/* Several probes are told apart by their source: the domain that the user gave, else one of the probe's name
 * and of where it publishes, which stays the same over restarts. */
static uint32_t source_of(const struct exporting *x)
{
    const struct exports_config *c = x->config;
    uint32_t hash = hash_name(0x811c9dc5u, c->instance ? c->instance : "");
    return c->domain ? c->domain : hash_name(hash, x->target.endpoint) | 1;
}

static bool publisher_open(struct exporting *x, struct err *e)
{
    struct publisher *p = mem_alloc(ACCOUNT_records, sizeof *p);
    if (!p)
        return fail(e, "no memory for %s", x->target.name);
    bool packs = x->target.is_json && !x->config->zmq_plain;
    if (packs && !(p->packed = mem_alloc(ACCOUNT_records, PACKED))) {
        release(p);
        return fail(e, "no memory for %s", x->target.name);
    }
    if (!open_socket(x, p, e)) {
        release(p);
        return false;
    }
    if (x->config->template)
        p->fields = *x->config->template;
    else
        export_template_everything(&p->fields);
    p->source = source_of(x);
    x->own = p;
    x->never_sent = EXPORT_DROP_no_subscriber;
    /* A file's flows would be over before a subscriber is through with connecting. */
    if (x->config->packet_time)
        atomic_store(&x->is_waiting, true);
    notice_set(&x->state, "nobody has subscribed");
    return true;
}

/* Nobody hears of a refused handshake but who is told here. */
static void tell_refused(struct exporting *x, struct publisher *p)
{
    char peer[PEER];
    bool has_key = x->config->zmq_key && *x->config->zmq_key;
    nsec_t mono = clock_mono();
    if (mono - p->looked_at < SECOND)
        return;
    p->looked_at = mono;
    if (!zmq_watch_failures(&p->watch, peer))
        return;
    if (x->config->zmq_connects) { /* ZMQ may have given up for good */
        zmq_disconnect(p->socket, x->target.endpoint);
        zmq_connect(p->socket, x->target.endpoint);
    }
    char state[NOTICE_BYTES];
    snprintf(state, sizeof state, "no agreement about encryption with %.40s", peer);
    notice_set(&x->state, state);
    if (!p->was_refused)
        log_warning("%s: %s does not take what is published: %s", x->target.name, peer,
                    has_key ? "it has another key than that of --zmq-encryption-key, or none"
                            : "it wants encryption: give its public key by --zmq-encryption-key");
    p->was_refused = true;
}

/* A subscription is 1 and a topic, its end 0 and a topic. */
static void hear_listeners(struct exporting *x, struct publisher *p)
{
    uint8_t word[64];
    unsigned before = p->listeners;
    int n;
    while ((n = zmq_recv(p->socket, word, sizeof word, ZMQ_DONTWAIT)) > 0) {
        bool is_flow = n == 1 || word[1] == 'f';
        if (is_flow && word[0]) {
            p->listeners++;
            p->has_news = true;
        } else if (is_flow && p->listeners) {
            p->listeners--;
        }
    }
    if (!p->listeners)
        tell_refused(x, p);
    if (before == p->listeners)
        return;
    notice_set(&x->state, p->listeners ? "publishing" : "nobody has subscribed");
    atomic_store(&x->is_waiting, false);
}

enum form { FORM_JSON, FORM_TLV };

/* Compressed JSON is a zero and a zlib stream. NULL when it does not get shorter. */
static const uint8_t *pack(struct publisher *p, const struct text *payload, size_t *len)
{
    uLongf packed = PACKED - 1;
    if (!p->packed || payload->len > PAYLOAD ||
        compress2(p->packed + 1, &packed, (const Bytef *)payload->data, payload->len,
                  Z_BEST_SPEED) != Z_OK ||
        packed + 1 >= payload->len)
        return NULL;
    p->packed[0] = 0;
    *len = packed + 1;
    return p->packed;
}

static bool publish(struct exporting *x, const char *topic, const struct text *payload,
                    enum form form)
{
    struct publisher *p = x->own;
    size_t len = payload->len;
    const uint8_t *packed = form == FORM_JSON ? pack(p, payload, &len) : NULL;
    struct zmq_header h = {.flags = form == FORM_TLV ? ZMQ_FLAG_TLV : 0,
                           .size = (uint32_t)len,
                           .plain_size = (uint32_t)payload->len,
                           .number = p->number++,
                           .source = p->source};
    snprintf(h.topic, sizeof h.topic, "%s", topic);
    uint8_t bytes[ZMQ_HEADER_MOST];
    size_t header = form == FORM_TLV ? zmq_header_put_v3(&h, bytes) : zmq_header_put_v2(&h, bytes);
    if (zmq_send(p->socket, bytes, header, ZMQ_SNDMORE) == -1 ||
        zmq_send(p->socket, packed ? (const void *)packed : payload->data, len, 0) == -1)
        return false;
    counter_add(&x->messages, 1);
    counter_add(&x->bytes, header + len);
    return true;
}

static void publisher_flush(struct exporting *x, nsec_t now)
{
    struct publisher *p = x->own;
    (void)now;
    /* Who comes back shall see by the numbers that there was something. */
    p->number += p->unheard > 0;
    p->unheard = 0;
    if (!p->told)
        return;
    if (x->target.is_json)
        text_char(&p->payload, ']');
    enum export_drop why = p->listeners ? EXPORT_DROP_send_failed : EXPORT_DROP_no_subscriber;
    bool ok = !p->payload.failed && p->listeners;
    if (ok && publish(x, "flow", &p->payload, x->target.is_json ? FORM_JSON : FORM_TLV)) {
        counter_add(&x->sent, p->told);
        p->flows += p->told;
    } else {
        counter_add(&x->dropped[why], p->told);
    }
    p->told = 0;
    text_reset(&p->payload);
    p->payload.failed = false;
}

static void publisher_add(struct exporting *x, const struct record *r, nsec_t now)
{
    struct publisher *p = x->own;
    if (!p->listeners) {
        counter_add(&x->dropped[EXPORT_DROP_no_subscriber], 1);
        p->unheard++;
        return;
    }
    if (!p->told && x->target.is_json)
        text_char(&p->payload, '[');
    else if (!p->told)
        tlv_begin(&p->payload);
    else if (x->target.is_json)
        text_char(&p->payload, ',');
    if (x->target.is_json)
        record_to_json_chosen(&p->payload, r, &p->fields);
    else
        record_to_tlv(&p->payload, r, &p->fields);
    p->told++;
    p->sum.bytes += r->sent_bytes + r->rcvd_bytes;
    p->sum.packets += r->sent_packets + r->rcvd_packets;
    if (p->payload.len > PAYLOAD - RECORD_MOST)
        publisher_flush(x, now);
}

/* Who has just come is greeted and told what the fields are called. */
static void publish_names(struct exporting *x, struct publisher *p, nsec_t now)
{
    struct text hello = {0}, names = {0};
    text_add(&hello, x->config->instance ? x->config->instance : "");
    publish(x, "hello", &hello, FORM_TLV);
    zmq_report_template(&names, &p->fields);
    if (!names.failed)
        publish(x, "template", &names, FORM_JSON);
    struct text interfaces = {0};
    if (x->config->ask_names && !x->config->packet_time)
        x->config->ask_names(x->config->ask_from, &interfaces);
    if (interfaces.len && !interfaces.failed)
        publish(x, "snmp-ifaces", &interfaces, FORM_JSON);
    text_free(&interfaces);
    text_free(&hello);
    text_free(&names);
    p->names_at = now;
    p->has_news = false;
}

static bool publisher_is_ready(struct exporting *x, nsec_t mono)
{
    struct publisher *p = x->own;
    (void)mono;
    hear_listeners(x, p);
    if (p->has_news)
        publish_names(x, p, clock_wall());
    return !atomic_load(&x->is_waiting);
}

static void publish_status(struct exporting *x, struct publisher *p, nsec_t now)
{
    struct zmq_report r = {.config = x->config,
                           .now_seen = p->sum,
                           .last_seen = p->seen,
                           .now = now,
                           .last = p->status_at,
                           .source = p->source,
                           .flows = p->flows};
    struct export_state state;
    struct text t = {0};
    /* The reader of a file may be waiting for this very thread. */
    if (x->config->ask && !x->config->packet_time)
        x->config->ask(x->config->ask_from, &r.now_seen);
    exports_state(x->all, x->index, &state);
    for (unsigned i = 0; i < EXPORT_DROPS; i++)
        *(i == EXPORT_DROP_queue_full ? &r.queue_full : &r.not_sent) += state.dropped[i];
    zmq_report_status(&t, &r);
    if (!t.failed)
        publish(x, "event", &t, FORM_JSON);
    text_free(&t);
    p->seen = r.now_seen;
    p->status_at = now;
}

/* By the wall clock, whatever the time of the packets is: collectors compare it with theirs. */
static void publisher_tick(struct exporting *x, nsec_t export_time)
{
    struct publisher *p = x->own;
    nsec_t now = clock_wall();
    (void)export_time;
    if (!p->listeners)
        return;
    if (now - p->names_at >= NAMES_S * SECOND)
        publish_names(x, p, now);
    if (now - p->status_at >= STATUS_S * SECOND)
        publish_status(x, p, now);
}

static void publisher_close(struct exporting *x)
{
    struct publisher *p = x->own;
    if (p->listeners)
        publish_status(x, p, clock_wall());
    release(p);
    notice_set(&x->state, "stopped");
}

const struct export_ops export_zmq_ops = {.open = publisher_open,
                                          .is_ready = publisher_is_ready,
                                          .add = publisher_add,
                                          .flush = publisher_flush,
                                          .tick = publisher_tick,
                                          .close = publisher_close};
