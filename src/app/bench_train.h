/* bench_train.h - messages of a made-up exporter, in any form that the collector reads.
 *
 * A train is written once and sent again and again; only number, clock and uptime in a message's
 * header change. Its first messages tell of each flow once, in order; the others of flows drawn at
 * random, so that the order in the train is not the order in the engine's memory.
 */
#ifndef WEIR_APP_BENCH_TRAIN_H
#define WEIR_APP_BENCH_TRAIN_H

#include "app/bench_watch.h"
#include "codec/collector.h"

enum train_kind { TRAIN_NETFLOW5, TRAIN_NETFLOW9, TRAIN_IPFIX, TRAIN_SFLOW, TRAIN_JSON, TRAIN_TLV };

struct train_field {
    uint32_t pen;
    uint16_t id;
    uint16_t octets; /* 65535: its length stands before it */
};

struct train_form {
    const char *name;
    enum train_kind kind;
    const struct train_field *field; /* ends with octets 0; none for sFlow, JSON and TLV */
};

enum train_form_index {
    FORM_NETFLOW9,
    FORM_MINIMAL,
    FORM_WIDE,
    FORM_REDUCED,
    FORM_NETFLOW5,
    FORM_SFLOW,
    FORM_JSON,
    FORM_TLV,
    TRAIN_FORMS
};
extern const struct train_form train_forms[TRAIN_FORMS];

/* Owner: whoever made it; one thread at a time. */
struct train {
    const struct train_form *form;
    uint32_t flows;
    uint32_t opening, n; /* messages: those that open the flows, and all */
    uint32_t each;       /* records of a message, but for the last of the opening */
    uint32_t slot;       /* octets of room for a message */
    uint8_t *bytes;
    struct datagram *message;
    uint32_t *records; /* of each message */
    nsec_t made;       /* the clock when it was written */
    uint32_t sequence; /* of the next message */
};

/* Writes a train about so many flows between as many hosts, about `bytes` long without the opening. False
 * with a sentence when out of memory. train_free() gives it back. */
bool train_make(struct train *t, const struct train_form *form, uint32_t flows, size_t bytes,
                nsec_t now, struct err *e);
void train_free(struct train *t);

/* Message i as it is sent at `now`. Returns the records that it tells. */
uint32_t train_stamp(struct train *t, uint32_t i, nsec_t now);

/* What comes after message i: behind the last one the first after the opening. */
static inline uint32_t train_next(const struct train *t, uint32_t i)
{
    return i + 1 < t->n ? i + 1 : t->opening;
}

/* The floor of decoding: each field of each record moved into a column of its own width in the machine's
 * order, by loops that know the form; no collector, no checks. Only for forms with fields. */
struct bench_speed train_floor(struct train *t, nsec_t measure);

#endif
