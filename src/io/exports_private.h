/* exports_private.h - one export under way: what its thread, its format and its connection share. */
#ifndef WEIR_IO_EXPORTS_PRIVATE_H
#define WEIR_IO_EXPORTS_PRIVATE_H

#include "base/thread.h"
#include "io/exports.h"

struct exporting;

/* What a kind of export does. All in the export's thread, but open. */
struct export_ops {
    /* Checks what can be checked before the thread starts. */
    bool (*open)(struct exporting *x, struct err *e);
    /* True when records may be taken now; connects when it is time to. */
    bool (*is_ready)(struct exporting *x, nsec_t mono);
    void (*add)(struct exporting *x, const struct record *r, nsec_t now);
    /* Sends what waits. */
    void (*flush)(struct exporting *x, nsec_t now);
    /* About once a second. */
    void (*tick)(struct exporting *x, nsec_t now);
    void (*close)(struct exporting *x);
};

/* One target. Counters have one writer each: offered and queue_full are the workers' (in their
 * feeds), these the thread's. */
struct exporting {
    struct export_target target;
    const struct exports_config *config;
    const struct export_ops *ops;
    struct notice state;
    _Atomic bool is_waiting;     /* for somebody to listen: a file's records wait with it */
    enum export_drop never_sent; /* why what waits at the end has not left */
    counter_t sent, messages, bytes, dropped[EXPORT_DROPS];
    void *own; /* the kind's */
    struct exports *all;
    unsigned index;
    struct thread thread;
    nsec_t now;      /* export time */
    nsec_t added_at; /* clock_mono of the first record that waits; 0 = none */
    nsec_t ticked_at;
    nsec_t paced_at; /* since when records are counted against the rate */
    uint64_t paced;
    struct record record;
};

/* True when the time to stop is over: what waits is dropped. The export's thread. */
bool exports_hurry(const struct exports *x);

extern const struct export_ops export_flow_ops, export_zmq_ops;

#endif
