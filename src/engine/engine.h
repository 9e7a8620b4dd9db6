/* engine.h - interfaces and their workers.
 *
 * An interface is one -i of the user; it has one worker per capture queue. The app builds the
 * engine from settings, adds interfaces, starts and stops it; everybody else asks questions.
 */
#ifndef WEIR_ENGINE_ENGINE_H
#define WEIR_ENGINE_ENGINE_H

#include "engine/l7.h"
#include "engine/plug.h"
#include "model/locals.h"

struct engine;
struct worker;

struct engine_config {
    nsec_t flow_idle, flow_active, tcp_closed_idle, local_host_idle, remote_host_idle;
    bool timeouts; /* false: one record per conversation (weir read --no-timeouts) */
    bool decap;
    uint32_t max_flows, max_hosts; /* per worker */
    const struct locals *locals;   /* borrowed, constant */
    struct l7_config l7;
    bool keep_series;            /* the last hour in memory; not for weir read */
    bool expire_hosts;           /* forget idle hosts; not for weir read */
    int export_port;             /* of exports inside captured packets; see codec/export_packet.h */
    const char *sampling;        /* rates by exporter, "address=rate"; borrowed, NULL = none */
    const char *zmq_password;    /* of probes that scramble their messages; NULL or "" = none */
    const char *exporters_allow; /* who may export, see collector.h; borrowed, NULL = everybody */
    bool dedup;                  /* a flow told of by several exporters counts once */
    bool learn_names;            /* names of hosts out of DNS answers (-n) */
    bool
        eager_hosts; /* in a flood, too, a new flow has its hosts at once: to measure what that costs */
};

struct interface_info {
    int id;
    char name[64], kind[16], state[96];
    bool is_file, is_collector, done;
    char damage[256];
    unsigned workers;
};

enum { INTERFACES_MAX = 64 };

/* NULL with a sentence when something cannot be set up. */
struct engine *engine_new(const struct engine_config *config, struct err *e);

/* Adds an interface with n opened sources, one per worker, which the engine then owns. sinks: n
 * pointers or NULL; a sink is called from its worker's thread only. Returns its number, or -1. */
int engine_add_interface(struct engine *en, const char *name, struct source **sources, unsigned n,
                         struct sink **sinks, struct err *e);

/* What exporters of the interface told before a restart, out of a file of collector_write(): all of it to
 * each of its workers, as any may hear them now. Before engine_start(). True when there is no such file; false
 * with a sentence when it is damaged, and then what was read of it counts. */
bool engine_recall(struct engine *en, int iface, const char *path, struct err *e);

/* Starts every worker's thread. */
bool engine_start(struct engine *en, struct err *e);

/* True once every file has been read to its end (and there is no live interface). */
bool engine_is_done(const struct engine *en);
/* Waits until then or until the deadline (clock_mono); true when done. */
bool engine_wait_done(struct engine *en, nsec_t deadline);

/* Stops all workers: sources are left, remaining flows go to the sinks as records. The engine can
 * still be asked: totals, ledger and series stay until engine_free(). */
void engine_stop(struct engine *en);
void engine_free(struct engine *en);

/* Any thread, at any time between new and free. */
unsigned engine_interfaces(const struct engine *en);
bool engine_interface(const struct engine *en, int id, struct interface_info *info);

#endif
