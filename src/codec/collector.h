/* collector.h - from datagrams of exporters to flow_in values; templates, sampling and loss by exporter.
 *
 * One collector belongs to one worker: no locks. It knows exporters by (address, observation domain,
 * protocol, port), learns their templates and options, parks data that came before its template, and
 * counts everything that it was given: records = accepted + no_template + malformed + denied + dup
 * (equation L4). It never asks the clock and never multiplies by a sampling rate.
 */
#ifndef WEIR_CODEC_COLLECTOR_H
#define WEIR_CODEC_COLLECTOR_H

#include "base/counter.h"
#include "base/err.h"
#include "base/text.h"
#include "codec/exporter_rows.h"
#include "codec/flow_in.h"
#include "net/packet.h"

/* One message as it was received: a UDP payload, an IPFIX message of a stream, a ZMQ payload. */
struct datagram {
    const uint8_t *bytes;
    size_t len;
    struct addr from; /* the sender as the network saw it; sFlow may name another agent inside */
    uint16_t from_port;
    uint16_t to_port;
    nsec_t received; /* packet time of a capture, wall clock of a socket */
    /* A ZMQ message's first part, bytes being its second; NULL for all others. */
    const uint8_t *head;
    size_t head_len;
    bool is_stream; /* TCP or file: templates are for this session, sequence cannot have holes */
    bool is_end;    /* no message: the stream of this sender has ended */
};

/* What an exporter did that is worth an event. */
enum exporter_news {
    NEWS_EXPORTER,     /* it is heard for the first time */
    NEWS_RESTART,      /* it has begun anew, and its templates with it */
    NEWS_SAMPLING,     /* it samples at another rate than before */
    NEWS_SAMPLING_FAR, /* the same by more than ten times: severe (rule B10) */
    NEWS_TEMPLATES,    /* it changes its templates faster than anybody needs to (rule B07) */
    NEWS
};

/* Whom the collector tells. Called during collector_take(), in order; arguments are borrowed. */
struct collector_ops {
    /* n records at once, from one set where the format has sets. */
    void (*flows)(void *to, const struct flow_in *f, size_t n);
    /* A sampled frame (sFlow raw header, IE 104/313/315): it stands for f->sampling packets; f holds the
     * interfaces, exporter and rate. */
    void (*frame)(void *to, const struct frame *frame, const struct flow_in *f);
    /* A counter sample of one interface: totals since the agent began, as they were told (sFlow; the
     * counter topic of a probe). They are no traffic of the ledger. */
    void (*counters)(void *to, const struct interface_counters *c);
    /* Something worth an event, with a sentence that wants "Exporter ADDRESS: " before it. At most five at
     * once and one in ten seconds of packet time for each exporter; the sentence says how many were left
     * out. */
    void (*say)(void *to, const struct exporter *x, enum exporter_news news, const char *sentence);
};

struct collector;

struct collector_config {
    /* Sampling rates by the user: "address=rate"; borrowed. NULL = none. */
    const char *sampling;
    /* Who may send exports: "address[/bits],..."; borrowed while the collector is made. NULL or "" = everybody.
     * Probes over ZMQ, to which Weir connects, are not asked. */
    const char *allow;
    const char *zmq_password; /* with which probes scramble what they send; borrowed, NULL = none */
    uint32_t max_exporters;   /* 0 = 4096 */
    size_t max_memory;        /* of what exporters tell; 0 = 64 MiB */
    size_t max_parked_bytes;  /* of each exporter; 0 = 1 MiB, for at most 60 s of packet time */
    bool keep_raw;            /* flow_in.raw is wanted (--records, unknown elements) */
};

/* NULL with a sentence when out of memory or when a list cannot be read. ops and to are borrowed for the collector's life. */
struct collector *collector_new(const struct collector_config *config,
                                const struct collector_ops *ops, void *to, struct err *e);
void collector_free(struct collector *c);

/* What the bytes look like: the version word and lengths that agree with it; TELEMETRY_NONE when it is
 * no export. Any thread. */
enum telemetry telemetry_of(const uint8_t *bytes, size_t len);

/* Decodes one message. Everything in it is told to ops or counted. The worker's thread. */
void collector_take(struct collector *c, const struct datagram *d);

/* A stream (TCP) with this sender has ended: its templates are void (RFC 7011, 8). */
void collector_end_stream(struct collector *c, const struct datagram *d);

/* Time passes: data that has waited for its template for a minute is counted as lost. INT64_MAX at the end
 * of all input: whatever still waits is counted, and the ledger closes. */
void collector_tick(struct collector *c, nsec_t now);

/* What is known, index from 0; false or NULL past the end. Exporters are asked for more with the functions
 * of exporter_rows.h. An index or pointer holds until the next message or tick. The worker's thread. */
bool collector_exporter(const struct collector *c, unsigned i, struct exporter_row *row);
const struct exporter *collector_exporter_at(const struct collector *c, unsigned i);

/* Templates and sampling to and from one file in the data directory, so that they survive a restart.
 * Atomic (rename). A damaged file is told in *e and ignored. */
bool collector_save(const struct collector *c, const char *path, struct err *e);
bool collector_load(struct collector *c, const char *path, struct err *e);

/* The same in two steps, where several collectors make one file: what exporter number i has told, behind
 * what is in *to (false where it is nothing); and a file of all that. */
bool collector_pack(const struct collector *c, unsigned i, struct text *to);
bool collector_write(const struct text *packed, const char *path, struct err *e);

enum loss {
#define LOSS(name, group, title, text) LOSS_##name,
#include "codec/losses.def"
#undef LOSS
    LOSSES
};

enum loss_group { LOSS_MALFORMED, LOSS_NO_TEMPLATE, LOSS_DENIED, LOSS_DUP, LOSS_NOTE };

struct loss_info {
    const char *name;
    enum loss_group group;
    const char *title, *text;
};

/* One row per enum loss, in its order. */
extern const struct loss_info loss_table[LOSSES];

/* Counters of equation L4: records = accepted + all losses that are not notes. Options data are no
 * records. Any thread. */
struct collector_counts {
    counter_t datagrams, bytes, records, accepted, options, frames, counter_samples;
    counter_t loss[LOSSES];
};
const struct collector_counts *collector_counts(const struct collector *c);

#endif
