/* zmq_take.h - one ZMQ message of a probe, header and payload, taken apart: flows, messages, counters. */
#ifndef WEIR_CODEC_ZMQ_TAKE_H
#define WEIR_CODEC_ZMQ_TAKE_H

#include "codec/collector.h"
#include "codec/flow_text.h"
#include "codec/zmq_in.h"
#include "codec/zmq_topics.h"

enum { ZMQ_SOURCES = 256 };

/* What is known about one source: a probe's address and its source_id. */
struct zmq_sender {
    struct addr from;
    uint32_t source_id, last_id;
    nsec_t last;
    uint64_t messages, lost, restarts;
};

/* Counters of a decoder; written by its thread, read by any. */
struct zmq_counts {
    counter_t messages, bytes;
    counter_t flows, events, other, counter_samples; /* records told */
    counter_t statuses,
        names;           /* reports of probes about themselves; names of elements and interfaces */
    counter_t malformed; /* messages with a header or payload that cannot be read to its end */
    counter_t hellos;    /* topic hello: somebody has come */
    counter_t ignored;   /* topics that nobody knows */
    counter_t lost;      /* messages that never came, by the ids of each source */
    counter_t restarts;  /* a source that began to count anew */
    counter_t second_addresses; /* flows that name two addresses for one end; the first is kept */
};

/* Whom the decoder tells; arguments are borrowed. NULL = not wanted. */
struct zmq_ops {
    /* A flow (also kind FLOW_IN_EVENT), or with kind FLOW_IN_MESSAGE what is none; topic says which.
     * from: elements 130, 131 of the flow, none = not said. f->domain is what element 149 says, else
     * the source_id. */
    void (*record)(void *to, const char *topic, const struct flow_in *f, const struct addr *from);
    /* c->exporter is NULL: device is its address. */
    void (*counters)(void *to, const struct addr *device, const struct interface_counters *c);
    /* How the probe itself is (topic event). */
    void (*status)(void *to, const struct zmq_status *s);
    /* The name of an exporter's interface (topic snmp-ifaces); text does not end. */
    void (*interface)(void *to, const struct addr *device, uint32_t index, const uint8_t *text,
                      size_t len);
};

struct zmq_decoder;

/* password: of --zmq-encrypt-pwd, NULL = none; borrowed, like ops and to. NULL when out of memory. */
struct zmq_decoder *zmq_decoder_new(const char *password, const struct zmq_ops *ops, void *to);
void zmq_decoder_free(struct zmq_decoder *d);

/* Whom to tell from now on, in place of `to`. The decoder's thread. */
void zmq_decoder_tell(struct zmq_decoder *d, void *to);
/* Takes one message: its header in m->head, its payload in m->bytes. The decoder's thread. */
void zmq_take(struct zmq_decoder *d, const struct datagram *m);

/* Its counters, for as long as it lives. Any thread. */
const struct zmq_counts *zmq_decoder_counts(const struct zmq_decoder *d);
/* The senders that were heard, index from 0; false past the end. The decoder's thread. */
bool zmq_decoder_sender(const struct zmq_decoder *d, unsigned i, struct zmq_sender *s);

#endif
