/* handover.h - records go to the worker that counts their flow.
 *
 * The sockets of a collector keep each exporter at one worker, which knows its templates. A flow that
 * crosses routers of several workers shall still be one flow, counted once and with its path. So a decoded
 * record belongs to the worker that its addresses say, as packets of a file do. Records travel in parcels
 * of some dozens through the other worker's mailbox, and an empty parcel goes back to its owner the same
 * way: nothing is locked and nothing allocated, and a worker with many peers has one place to look.
 */
#ifndef WEIR_ENGINE_HANDOVER_H
#define WEIR_ENGINE_HANDOVER_H

#include "base/mailbox.h"
#include "codec/flow_in.h"
#include "net/packet.h"

struct err;
struct handover;
struct worker;

/* Who told of it, and when it came. */
struct told_by {
    struct addr exporter;
    nsec_t now;
};

/* The workers of an interface are to hand records over to each other: all n of them, this one included.
 * Before any of them runs. False with a sentence. */
bool handover_init(struct worker *w, struct worker *peers, unsigned n, struct err *e);
void handover_fini(struct worker *w);

/* The worker that counts what is between the packet's addresses: NULL when it is this one. */
struct worker *handover_owner(const struct worker *w, const struct packet *p);

/* Hands a record to its owner, or with `sample` a sampled packet that f is about; or counts that the owner
 * was too busy. */
void handover_send(struct worker *w, struct worker *owner, const struct flow_in *f,
                   const struct packet *sample, const struct told_by *by);

/* What was handed over so far leaves now, and its owners wake up. */
void handover_flush(struct worker *w);

/* Counts all that others have handed over. True when there was something. */
bool handover_take(struct worker *w);

/* Before and after a wait of up to timeout_ms; returns how long it may be: 0 when something has come. */
int handover_sleeps(struct worker *w, int timeout_ms);
void handover_wakes(struct worker *w);

/* The worker reads no more: waits until the others of its interface do not either, and counts the last. */
void handover_end(struct worker *w);

#endif
