/* zmq_subscriber.h - receives what probes publish over ZMQ (`-i tcp://host:5556`).
 *
 * A subscriber to one or several endpoints. ZMQ reconnects by itself, for ever; what a probe sent
 * meanwhile is seen as a gap of its message ids (zmq_take.h), and so is what ZMQ's high-water mark
 * dropped. With encryption the collector is always the CURVE server, whoever connects.
 */
#ifndef WEIR_IO_ZMQ_SUBSCRIBER_H
#define WEIR_IO_ZMQ_SUBSCRIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { ZMQ_BATCH = 64, ZMQ_KEY_TEXT = 41 };

/* One key pair in Z85 (rfc.zeromq.org/spec/32), 40 characters each. */
struct zmq_keys {
    char public_key[ZMQ_KEY_TEXT], secret_key[ZMQ_KEY_TEXT];
};

/* Reads DIR/zmq-key.pub and DIR/zmq-key.priv; makes and writes them when neither is there (the
 * secret one readable by the owner alone). False with a sentence otherwise. Main thread. */
bool zmq_keys_load(const char *dir, struct zmq_keys *keys, struct err *e);
/* The pair of a secret key; false with a sentence when it is none. Any thread. */
bool zmq_keys_of_secret(const char *secret, struct zmq_keys *keys, struct err *e);

struct zmq_subscriber_config {
    /* "tcp://host:5556", several with commas between them, "zmq://" means tcp; a final `c` makes us
     * bind: "tcp://(any):5556c", (any) being an asterisk. Borrowed for the call. */
    const char *endpoints;
    const struct zmq_keys *keys; /* NULL: no encryption. Borrowed for the call */
    int high_water;              /* messages that ZMQ holds for us per probe; 0 = 10,000 */
};

/* The two parts of one message; valid until the next read. */
struct zmq_message {
    const uint8_t *header, *payload;
    size_t header_len, payload_len;
    const char *peer; /* the probe's address as text, "" where there is none (ipc) */
};

struct zmq_subscriber;

/* NULL with a sentence: an endpoint that is none, a port that is taken. The caller closes it. */
struct zmq_subscriber *zmq_subscriber_open(const struct zmq_subscriber_config *config,
                                           struct err *e);
void zmq_subscriber_close(struct zmq_subscriber *s);

/* Up to max (at most ZMQ_BATCH) messages, waiting at most timeout_ms for the first; 0 = none came.
 * Messages that do not have two parts are counted as malformed. One thread. */
unsigned zmq_subscriber_read(struct zmq_subscriber *s, struct zmq_message *out, unsigned max,
                             int timeout_ms);
/* How many probes could not agree with us about encryption since the last call, and who the last one was:
 * peer has 256 bytes. ZMQ gives up on some of them for good, so they are connected to anew. The
 * reader's thread, about once a second. */
unsigned zmq_subscriber_refused(struct zmq_subscriber *s, char *peer);
/* Makes a read that waits return; any thread. */
void zmq_subscriber_wake(struct zmq_subscriber *s);

/* Messages that were received and that had not two parts; the reader's thread. */
uint64_t zmq_subscriber_received(const struct zmq_subscriber *s);
uint64_t zmq_subscriber_malformed(const struct zmq_subscriber *s);

/* What "tcp://host:5556,..." is made of: true when text names ZMQ endpoints. Any thread. */
bool zmq_is_endpoint(const char *text);

#endif
