/* collector_private.h - a collector's parts, shared by the decoders of the formats. */
#ifndef WEIR_CODEC_COLLECTOR_PRIVATE_H
#define WEIR_CODEC_COLLECTOR_PRIVATE_H

#include "codec/collector.h"
#include "codec/exporter.h"
#include "codec/steps.h"
#include "codec/zmq_take.h"

/* Exporters of one standing, by when they were heard last. */
struct exporter_list {
    struct exporter *oldest, *newest;
};

enum { SAMPLING_MOST = 1 << 24, EXPORTER_SLOTS = 2 * EXPORTERS };

struct collector {
    struct collector_config config;
    struct collector_ops ops;
    void *to;
    struct collector_counts counts;
    struct exporter *exporters[EXPORTERS];
    uint16_t slot[EXPORTER_SLOTS]; /* place + 1, by hash, linear probing */
    struct exporter_list list[STANDINGS];
    uint64_t born; /* exporters ever */
    struct quota quota;
    uint32_t exporter_count, max_exporters;
    struct zmq_decoder *zmq; /* made with the first message of a probe */
    struct exporter *last;   /* datagrams come in trains */
    struct exporter *sender; /* of the message that is read: it must not make room for others */
    struct prefix *allowed;  /* senders, NULL = all */
    uint32_t allowed_count;
    size_t max_parked;
    nsec_t now; /* when the message came that is taken; 0 while a file is read */
    struct flow_in batch[STEPS_BATCH];
    struct aside aside[STEPS_BATCH];
    struct packed packed;
};

/* One message while it is decoded. */
struct message {
    const struct datagram *d;
    struct exporter *x;
    struct steps_context context;
    uint32_t sampling; /* of the header, 0 = it says nothing */
    uint32_t decoded;  /* data records that were there */
    uint32_t options;  /* options records that were there */
    uint32_t templates;
    bool is_unknown; /* some set had no template, so the number of records is not known */
};

/* What a header says of the session that its message is of. */
struct stamp {
    uint32_t sequence;
    bool needs_no_template; /* so a session that is taken for another one reads nothing wrong */
};

/* The exporter of a message, by its address alone, or by its transport session; made when it is new. NULL
 * when there is no room (counted). Of m, the datagram and the context are known. */
struct exporter *collector_know(struct collector *c, const struct datagram *d, uint32_t domain,
                                enum telemetry telemetry);
struct exporter *collector_know_session(struct collector *c, const struct message *m,
                                        uint32_t domain, enum telemetry telemetry,
                                        const struct stamp *s);

/* The exporter that a sender tells of in its message; the sender itself where it names none, itself, or one
 * for which there is no room. Valid until the next one is asked for. */
struct exporter *collector_other(struct collector *c, struct exporter *sender,
                                 const struct addr *addr, uint32_t domain,
                                 const struct datagram *d);

/* The exporter without a message from it, when its templates are read from a file; NULL without room. */
struct exporter *collector_remember(struct collector *c, struct addr addr, uint32_t domain,
                                    uint8_t telemetry, uint16_t port);

/* It has sent something that could be decoded: it stands before those who have not. */
void collector_confirm(struct collector *c, struct exporter *x);

/* Forgets all exporters, and counts what waits for them. */
void collector_forget_all(struct collector *c);

static inline void collector_note(struct collector *c, enum loss loss)
{
    counter_add(&c->counts.loss[loss], 1);
}

/* n records that were not handed on. x may be NULL. */
void collector_lose(struct collector *c, struct exporter *x, enum loss loss, uint64_t n);

/* Hands n flows on that are complete, and counts them. */
void collector_accept(struct collector *c, struct exporter *x, const struct flow_in *f, size_t n);

/* Remembers counters of an interface and hands them on, whose exporter and time stand in them. */
void collector_count(struct collector *c, struct exporter *x, const struct interface_counters *i);

/* Says a sentence about an exporter, unless it has said too many. */
void collector_say(struct collector *c, struct exporter *x, enum exporter_news news,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Decodes the records of one data set (records.c). */
void records_take(struct collector *c, struct message *m, struct template *t, struct cursor set);
/* At most n records of a format without templates. */
void records_take_some(struct collector *c, struct message *m, struct template *t,
                       struct cursor set, size_t n);

/* Learns from the options data of one set (options.c). */
void options_take(struct collector *c, struct message *m, const struct template *t,
                  struct cursor set);

/* A rate as it was told, checked by none. */
struct sampling_told {
    uint64_t rate, id;
    bool has_id;  /* of this sampler or data source alone */
    uint8_t mode; /* enum sampling_mode */
};

/* Gives a new exporter the rate that the user named for its address (sampling.c). */
void sampling_configure(struct exporter *x, const char *config);
/* By options data or a file. */
void sampling_set(struct collector *c, struct exporter *x, const struct sampling_told *told);
/* By a header, whose rate is possible: only remembered, as its message's records have it already. */
void sampling_state(struct collector *c, struct exporter *x, const struct sampling_told *told);
/* One packet in so many, 0 for what is no probability. */
uint64_t sampling_from_probability(double p);
/* Fills sampling and its source of one record; a may be NULL. */
void sampling_of(struct collector *c, const struct message *m, const struct aside *a,
                 struct flow_in *f);

/* Compares sequence number and uptime with those before, before anything is decoded, as a restart
 * makes templates void (sequence.c). False for a message that came twice. */
bool sequence_start(struct collector *c, struct message *m, uint32_t sequence);
/* After it: units is what the number counts and this message had of it. */
void sequence_end(struct message *m, uint32_t sequence, uint32_t units);

/* The formats. The version word has been seen, nothing else. */
void netflow_fixed_take(struct collector *c, const struct datagram *d, enum telemetry telemetry);
void netflow9_take(struct collector *c, const struct datagram *d);
void ipfix_take(struct collector *c, const struct datagram *d);
void sflow_take(struct collector *c, const struct datagram *d);
void zmq_message_take(struct collector *c, const struct datagram *d);

#endif
