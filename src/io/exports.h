/* exports.h - all exports of a run: rings from the workers, a thread and a connection each.
 *
 * A worker's record is pushed into one ring per export and never waits for a collector, except when
 * it comes from a file, which has time. Each export counts what it was offered, what left, and what
 * did not under a reason: offered = sent + queued + dropped (equation L5).
 */
#ifndef WEIR_IO_EXPORTS_H
#define WEIR_IO_EXPORTS_H

#include "base/counter.h"
#include "base/notice.h"
#include "base/text.h"
#include "engine/ledger.h"
#include "engine/plug.h"
#include "io/export_target.h"

enum export_drop {
#define DROP(name, text) EXPORT_DROP_##name,
#include "io/export_drops.def"
#undef DROP
    EXPORT_DROPS
};

enum { EXPORTS_MAX = 16 };

/* What a probe has seen since it started. */
struct probe_state {
    char watched[64]; /* its interfaces */
    uint64_t bytes, packets, dropped_packets;
    uint64_t records, samples; /* of exporters, and sampled frames */
    uint64_t speed;            /* bit/s of what it watches, 0 = not known */
};

struct exports_config {
    const struct export_template *template; /* borrowed; NULL: each format's default */
    enum flow_format format;                /* of targets that do not say */
    bool biflow;
    bool packet_time; /* all sources are files: what is sent bears the time of its packets */
    uint32_t domain;
    size_t mtu;
    size_t queue_bytes; /* of each export's ring from each worker */
    nsec_t queue_time;  /* how long a message may wait to become full */
    nsec_t template_every;
    unsigned template_packets;
    uint64_t rate;        /* records a second at most, 0 = no limit */
    bool zmq_connects;    /* connect to the collector instead of waiting for it */
    bool zmq_json;        /* JSON instead of TLV */
    const char *zmq_key;  /* the collector's public CURVE key, 40 letters; "" = no encryption */
    bool zmq_plain;       /* JSON is not compressed */
    const char *instance; /* name of this probe in its status messages */
    nsec_t flow_active, flow_idle; /* its time-outs, as it tells them */
    /* What the probe has seen, for its status messages; exports_ask(). */
    void (*ask)(void *from, struct probe_state *state);
    /* Appends the names of exporters' interfaces; nothing where there are none. */
    void (*ask_names)(void *from, struct text *t);
    void *ask_from;
    const char
        *from;       /* ADDRESS[:PORT] that NetFlow and IPFIX come from; "" = the kernel's choice */
    bool shares_out; /* each flow to one of the collectors, not to all */
    uint32_t in_if, out_if; /* interfaces of flows that no exporter told; 0 = not known */
};

/* What one export did, for people. */
struct export_state {
    char name[256];
    char state[NOTICE_BYTES];
    uint64_t offered, sent, messages, bytes, dropped[EXPORT_DROPS];
};

struct exports;

/* Opens exports without any target yet. NULL with a sentence when out of memory. */
struct exports *exports_new(const struct exports_config *config, struct err *e);

/* Adds the targets of a list by comma ("none" is none). False with a sentence. */
bool exports_add(struct exports *x, const char *list, struct err *e);
/* The same for endpoints of ZeroMQ: tcp://ADDRESS:PORT. */
bool exports_add_zmq(struct exports *x, const char *list, struct err *e);
/* True when one of the targets is this file, whatever its path is called. */
bool exports_write(const struct exports *x, const char *path);
unsigned exports_count(const struct exports *x);

/* Whom status messages ask, from the exports' threads, what this probe has seen, and the names of interfaces
 * that exporters have told it. Before exports_start(). */
void exports_ask(struct exports *x, void (*ask)(void *from, struct probe_state *state),
                 void (*ask_names)(void *from, struct text *t), void *from);

/* A sink for one worker, valid until exports_free(); is_file: it waits while a queue is full. NULL
 * with a sentence when out of memory. Before exports_start(). */
struct sink *exports_feed(struct exports *x, bool is_file, struct err *e);

/* Starts a thread for each target. */
bool exports_start(struct exports *x, struct err *e);

/* Files no longer wait, neither for a full queue nor for a subscriber: Weir was told to stop. Any thread, and
 * a signal's handler. */
void exports_let_go(struct exports *x);

/* Sends what waits, for at most so long, and ends the threads. No worker may push any more. */
void exports_stop(struct exports *x, nsec_t most);
void exports_free(struct exports *x);

/* Any thread. False past the end. */
bool exports_state(const struct exports *x, unsigned i, struct export_state *state);
/* Records dropped for whatever reason, and those that wait. The counters were read one after the other
 * while the export went on, so that what waits is about right. */
uint64_t export_dropped(const struct export_state *state);
uint64_t export_queued(const struct export_state *state);
/* Equation L5 of each export. told: how many records all flows gave to sinks, once every worker has stopped and
 * exports_stop() has ended: then they are compared with what was offered, and nothing waits any more; before
 * that UINT64_MAX. The lines borrow names of the exports. */
void exports_ledger(const struct exports *x, uint64_t told, struct ledger *l);
/* The word and the sentence of a reason. */
const char *export_drop_name(enum export_drop why);
const char *export_drop_text(enum export_drop why);

#endif
