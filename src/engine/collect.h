/* collect.h - a worker's collector: datagrams of exporters become flows, and what is no traffic is kept.
 *
 * Workers of one capture file all decode every export in it and each counts the records whose addresses
 * are its own, as with packets; the first counts the datagrams and what belongs to nobody. So a file
 * gives the same for any number of workers, and a flow told by two routers is one flow. The sockets
 * of an interface keep each exporter at one worker.
 */
#ifndef WEIR_ENGINE_COLLECT_H
#define WEIR_ENGINE_COLLECT_H

#include "codec/collector.h"
#include "engine/attention.h"
#include "engine/plug.h"
#include "engine/question.h"
#include "engine/silence.h"

enum { TOLD_KEPT = 256 /* records without traffic that are remembered */ };

/* Owner: one worker. */
struct collect {
    struct collector *collector;
    int port; /* of exports inside packets, EXPORT_PORT_NONE or _ANY */
    nsec_t now;
    struct silence silence;
    uint32_t told_n; /* ever kept */
    struct told_row told[TOLD_KEPT];
    struct attention attention;
};

struct worker;

/* Makes the worker a collector when its source or its configuration asks for one. False with a sentence. */
bool collect_init(struct worker *w, struct err *e);
void collect_fini(struct worker *w);

/* Takes a burst of datagrams. */
void collect_burst(struct worker *w, const struct burst *b);
/* Takes an export that is or was wire_len bytes long where it was seen. */
void collect_datagram(struct worker *w, const struct datagram *d, uint32_t wire_len);
/* A second of the worker's time has gone by. */
void collect_tick(struct worker *w, nsec_t now);
/* Nothing will come any more: what still waits for its template is counted as lost. */
void collect_end(struct worker *w);
/* An event about an exporter, with a sentence that wants "Exporter ADDRESS: " before it. */
void collect_say(struct worker *w, const struct exporter *x, enum event_kind kind,
                 const char *sentence);
/* Keeps a record of the flow with this hash when somebody looks at it. One that another worker has handed over
 * has no exporter and no octets: then only its columns are kept. The worker's thread. */
void collect_look(struct worker *w, const struct flow_in *f, const struct addr *exporter,
                  uint64_t hash);
/* The latest record about a flow, since it is asked for; NULL when none has come. The worker's thread. */
const struct told_row *collect_latest(struct worker *w, uint32_t index);
/* Adds what the collector counts to the worker's totals. */
void collect_totals(const struct worker *w, struct totals_row *t);

/* True when this worker is the one to count what belongs to nobody. */
bool collect_speaks(const struct worker *w);

#endif
