/* sink_zmq.c - flows to ntopng, and to any other Weir, over ZeroMQ.
 *
 * A publisher: bound to an address where collectors come to it, or connected to a collector that is.
 * Two parts a message, header and payload. Flows are TLV under a version 3 header, which is all that
 * ntopng still reads, or JSON under version 2. The socket is XPUB, so that Weir knows whether anybody
 * listens: nobody gets nothing, and that is counted. With a key the traffic is encrypted by CURVE; the
 * collector is the server in that, whoever connects.
 */
#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"
#include "codec/tlv_out.h"
#include "codec/zmq_header.h"
#include "io/exports_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

enum {
    PAYLOAD = 60000, /* ntopng takes 131,072, version 2 says sizes up to 65,535 */
    HIGH_WATER = 8192,
    SEND_MS = 1000, /* so long a subscriber may be slow before a message is dropped */
    STATUS_S = 5,
    FIRST_MS = 10000, /* so long a file waits for its first subscriber */
    Z85_KEY = 41
};

struct publisher {
    void *context, *socket;
    struct export_template fields;
    struct text payload;
    unsigned told;
    uint32_t number;
    unsigned listeners;
    bool has_waited; /* for the first subscriber of a file */
    uint64_t flows;
    nsec_t status_at;
};

static bool set_number(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool set_curve(struct publisher *p, const char *server_key, struct err *e)
{
    char public_key[Z85_KEY], secret_key[Z85_KEY];
    if (!zmq_has("curve"))
        return fail(e, "--zmq-key: this libzmq has no CURVE");
    if (strlen(server_key) != Z85_KEY - 1)
        return fail(e, "--zmq-key: the collector's public key has 40 letters (Z85)");
    if (zmq_curve_keypair(public_key, secret_key) == -1 ||
        zmq_setsockopt(p->socket, ZMQ_CURVE_SERVERKEY, server_key, Z85_KEY - 1) == -1 ||
        zmq_setsockopt(p->socket, ZMQ_CURVE_PUBLICKEY, public_key, Z85_KEY - 1) == -1 ||
        zmq_setsockopt(p->socket, ZMQ_CURVE_SECRETKEY, secret_key, Z85_KEY - 1) == -1)
        return fail(e, "--zmq-key: %s", zmq_strerror(zmq_errno()));
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
    set_number(p->socket, ZMQ_LINGER, SEND_MS);
    set_number(p->socket, ZMQ_SNDTIMEO, SEND_MS);
    set_number(p->socket, ZMQ_XPUB_NODROP, 1);
    set_number(p->socket, ZMQ_IPV6, 1);
    if (c->zmq_key && *c->zmq_key && !set_curve(p, c->zmq_key, e))
        return false;
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
    if (p->context)
        zmq_ctx_term(p->context);
    text_free(&p->payload);
    mem_free(ACCOUNT_records, p, sizeof *p);
}

static bool publisher_open(struct exporting *x, struct err *e)
{
    struct publisher *p = mem_alloc(ACCOUNT_records, sizeof *p);
    if (!p)
        return fail(e, "no memory for %s", x->target.name);
    if (!open_socket(x, p, e)) {
        release(p);
        return false;
    }
    if (x->config->template)
        p->fields = *x->config->template;
    else
        export_template_everything(&p->fields);
    x->own = p;
    notice_set(&x->state, "nobody has subscribed");
    return true;
}

/* A subscription is 1 and a topic, its end 0 and a topic. */
static void hear_listeners(struct exporting *x, struct publisher *p)
{
    uint8_t word[64];
    unsigned before = p->listeners;
    int n;
    while ((n = zmq_recv(p->socket, word, sizeof word, ZMQ_DONTWAIT)) > 0) {
        bool is_flow = n == 1 || word[1] == 'f';
        if (is_flow && word[0])
            p->listeners++;
        else if (is_flow && p->listeners)
            p->listeners--;
    }
    if (before == p->listeners)
        return;
    /* The library tells only a topic's first subscriber and its last one's end. */
    notice_set(&x->state, p->listeners ? "publishing" : "nobody has subscribed");
}

static bool publish(struct exporting *x, struct publisher *p, const char *topic,
                    const struct text *payload, bool is_tlv)
{
    struct zmq_header h = {.flags = is_tlv ? ZMQ_FLAG_TLV : 0,
                           .size = (uint32_t)payload->len,
                           .plain_size = (uint32_t)payload->len,
                           .number = p->number,
                           .source = x->config->domain};
    snprintf(h.topic, sizeof h.topic, "%s", topic);
    uint8_t bytes[ZMQ_HEADER_MOST];
    size_t len = is_tlv ? zmq_header_put_v3(&h, bytes) : zmq_header_put_v2(&h, bytes);
    if (zmq_send(p->socket, bytes, len, ZMQ_SNDMORE) == -1 ||
        zmq_send(p->socket, payload->data, payload->len, 0) == -1)
        return false;
    p->number++;
    counter_add(&x->messages, 1);
    counter_add(&x->bytes, len + payload->len);
    return true;
}

static void publisher_flush(struct exporting *x, nsec_t now)
{
    struct publisher *p = x->own;
    (void)now;
    if (!p->told)
        return;
    if (x->target.is_json)
        text_char(&p->payload, ']');
    enum export_drop why = EXPORT_DROP_send_failed;
    bool ok = !p->payload.failed;
    if (!p->listeners) {
        why = EXPORT_DROP_no_subscriber;
        ok = false;
    }
    if (ok && publish(x, p, "flow", &p->payload, !x->target.is_json)) {
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
    /* A record with all its names is less than 4 kB. */
    if (p->payload.len > PAYLOAD - 4096)
        publisher_flush(x, now);
}

static bool publisher_is_ready(struct exporting *x, nsec_t mono)
{
    struct publisher *p = x->own;
    (void)mono;
    /* A file's flows would be over before a subscriber is through with connecting. */
    if (x->config->packet_time && !p->has_waited) {
        zmq_pollitem_t item = {.socket = p->socket, .events = ZMQ_POLLIN};
        p->has_waited = true;
        if (zmq_poll(&item, 1, FIRST_MS) == 1)
            notice_set(&x->state, "publishing");
    }
    hear_listeners(x, p);
    return true;
}

/* What a collector wants to know of its probe, each five seconds. */
static void publisher_tick(struct exporting *x, nsec_t now)
{
    struct publisher *p = x->own;
    if (!p->listeners || now - p->status_at < STATUS_S * SECOND)
        return;
    p->status_at = now;
    struct text t = {0};
    struct json j = json_into(&t);
    json_open(&j);
    json_key(&j, "iface");
    json_open(&j);
    json_pair_string(&j, "name", x->config->instance);
    json_pair_u64(&j, "speed", 0);
    json_pair_string(&j, "ip", "");
    json_close(&j);
    json_key(&j, "probe");
    json_open(&j);
    json_pair_string(&j, "version", "Weir");
    json_pair_u64(&j, "unique_source_id", x->config->domain);
    json_close(&j);
    json_pair_u64(&j, "time", (uint64_t)(now / SECOND));
    json_key(&j, "zmq");
    json_open(&j);
    json_pair_u64(&j, "num_flow_exports", p->flows);
    json_pair_u64(&j, "num_zmq_exporters", 1);
    json_close(&j);
    json_close(&j);
    if (!t.failed)
        publish(x, p, "event", &t, false);
    text_free(&t);
}

static void publisher_close(struct exporting *x)
{
    release(x->own);
    notice_set(&x->state, "stopped");
}

const struct export_ops export_zmq_ops = {.open = publisher_open,
                                          .is_ready = publisher_is_ready,
                                          .add = publisher_add,
                                          .flush = publisher_flush,
                                          .tick = publisher_tick,
                                          .close = publisher_close};
