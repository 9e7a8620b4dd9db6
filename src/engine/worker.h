/* worker.h - one capture queue's whole world, and how its parts see it. Private to the engine.
 *
 * Everything here belongs to the worker's thread; what others may read while it runs are the
 * counters of the decoder, `reasons` and the source. packet_path.c is the way of a packet, sweep.c
 * the way of time, answer.c the way of a question.
 */
#ifndef WEIR_ENGINE_WORKER_H
#define WEIR_ENGINE_WORKER_H

#include "base/mailbox.h"
#include "base/thread.h"
#include "codec/flow_in.h"
#include "engine/collect.h"
#include "engine/crowd.h"
#include "engine/dns_cache.h"
#include "engine/edition.h"
#include "engine/engine.h"
#include "engine/events.h"
#include "engine/flows.h"
#include "engine/groups.h"
#include "engine/handover.h"
#include "engine/hosts.h"
#include "engine/known.h"
#include "engine/question.h"
#include "engine/series.h"
#include "net/decode.h"

/* Counters that the packet path and the sweep add to; struct totals_row is made from them. */
struct tally {
    uint64_t wire_packets, wire_bytes;
    uint64_t ip_packets, ip_bytes, overhead_bytes, excess_bytes, v4_bytes, v6_bytes;
    uint64_t taken;   /* records and sampled frames that the collector handed over */
    uint64_t records; /* of exporters, counted at flows */
    uint64_t told;    /* records of own flows that the sink was given */
    uint64_t record_packets,
        record_bytes; /* told by exporters, scaled; among the IP packets, too */
    uint64_t pending_packets, pending_bytes; /* counted in flows but not folded yet */
    uint64_t active_packets, active_bytes;   /* folded into flows that live */
    uint64_t ended_packets, ended_bytes;     /* of flows that are gone */
    uint64_t goodput_bytes;
    struct traffic l4[L4_CLASSES];
    uint64_t local_bytes[4], local_packets[4];
    uint64_t upload_bytes, download_bytes, internal_bytes;
    uint64_t retrans, ooo, lost, keepalive, zero_window;
    uint64_t syn, syn_ack, fin, rst;
    uint64_t sizes[SIZE_BINS];
    uint64_t flows_created, flows_ended, flows_evicted;
    uint64_t emergencies;
    uint64_t alerted_flows;
    uint64_t problem_flows[PROBLEMS]; /* active flows by enum problem, but for those without */
    uint64_t bps_bytes, pps_packets, bps_upload, bps_download; /* of the last whole second */
    uint64_t before_bytes, before_packets, before_upload, before_download; /* at the last second */
    uint64_t rate_bytes; /* sum over all active flows of flow_rate() ... */
    uint64_t tick_bytes; /* ... and what it will be when the running second is over */
    uint64_t questions;
    int64_t question_ns;
};

/* The flow table is full of flows that have not proved to be conversations: new ones take the slots
 * of those and get hosts only when they last. Entered by the first flow that finds no room, left
 * after some quiet seconds. */
struct emergency {
    bool is_on;
    nsec_t pressed; /* when a flow last found no room */
};

/* The device that was met last on each side of a packet. */
struct met_device {
    uint64_t id;
    uint32_t index; /* of its group, 0 = none */
};

enum worker_state {
    WORKER_NEW,
    WORKER_RUNS,
    WORKER_DONE /* file read, still answers */,
    WORKER_STOPPED
};

struct part; /* a worker's share of a question, see answer.h */

struct worker {
    const struct engine_config *config;
    struct source *source;
    struct sink *sink; /* or NULL */
    unsigned number;   /* within the interface */
    unsigned share;    /* workers among which a source that sees all is split; 1 = mine */
    uint32_t iface;

    struct decoder decoder;
    struct pipe *pipe; /* packet_path.c */
    struct l7 *l7;
    struct collect *collect;   /* NULL: no collector */
    struct handover *handover; /* NULL: all that it collects is its own */
    struct flows flows;
    struct hosts hosts;
    struct groups groups;
    struct dns_cache dns;
    struct series series;
    struct events events;
    struct tally tally;
    struct emergency emergency;
    struct crowd crowd;
    struct met_device met[2];
    counter_t reasons[REASONS]; /* raised by the worker itself, with wire bytes beside */
    counter_t reason_bytes[REASONS];

    nsec_t now;         /* newest packet time; live: the wall clock of the burst */
    nsec_t first, last; /* first and newest packet */
    nsec_t next_tick;   /* whole second at which to fold next, 0 before the first packet */
    uint32_t tick;      /* seconds since 1970 of the last fold */
    uint32_t sweep_at;  /* slice sweep: next flow, 0 = pass finished */
    uint32_t host_sweep_at;
    nsec_t sweep_began;
    bool at_end; /* of its file, not only stopped */

    struct known known;
    struct leads leads;
    struct editions editions; /* read by anybody */
    struct mailbox questions;
    struct part *open;  /* parts being answered, oldest first */
    bool pressed;       /* packets come: questions have to share */
    nsec_t answer_next; /* when the next slice may be answered then */
    struct event wake;
    struct thread thread;
    atomic_int state; /* enum worker_state */
    atomic_bool stop;
    pthread_mutex_t
        idle_lock;         /* before and after the thread askers answer for themselves, in turn */
    struct record scratch; /* for records on their way to the sink or a filter */
};

/* True when a new flow gets its hosts only once it has proved to be a conversation. */
static inline bool worker_is_lazy(const struct worker *w)
{
    return w->emergency.is_on && !w->config->eager_hosts;
}

/* --- packet_path.c --- */
/* Memory for the packets that are on their way; with the worker. */
bool worker_pipe_init(struct worker *w, struct err *e);
void worker_pipe_fini(struct worker *w);
/* Takes a burst through decoding, lookup and counting. */
void worker_burst(struct worker *w, const struct burst *b);
/* Time goes on to that of something that is no packet: a whole second brings a tick to a file. */
void worker_advance(struct worker *w, nsec_t stamp);

/* --- flow_life.c --- */
/* A new flow for the packet, with hosts and groups; 0 when there is no room even after eviction. */
uint32_t flow_begin(struct worker *w, const struct packet *p, const struct keyed *k);
/* The same where it is known from elsewhere who the client is. */
uint32_t flow_begin_from(struct worker *w, const struct packet *p, const struct keyed *k,
                         bool is_client, enum client_reason because);
/* The first packet of an end: what is kept of it, and its MAC. */
void flow_meet_end(struct worker *w, uint32_t index, const struct packet *p, unsigned end);
/* A raw flow counts for groups and Other hosts from now on. */
void flow_join(struct worker *w, uint32_t index);
/* An unmet flow gets hosts of its own, and they what Other hosts counted for it: all but the sizes of
 * its packets. */
void flow_meet_hosts(struct worker *w, uint32_t index);
/* Counts what is left in the hot half, tells the sink, gives everything back. */
void flow_end(struct worker *w, uint32_t index, enum end_reason why);
/* Tells the sink what the flow did since its last record. */
void flow_tell(struct worker *w, uint32_t index, enum end_reason why);
/* First packet that no record has told yet, 0 = none; and the packet that begins a new interval. */
nsec_t flow_interval_first(const struct worker *w, const struct flow_cold *c);
void flow_begin_interval(struct worker *w, uint32_t index, nsec_t first);
/* Looks again whether something is wrong with the flow, and counts the change. */
void flow_judge(struct worker *w, uint32_t index);
/* Names a flow whose detection is over. */
void flow_take_verdict(struct worker *w, uint32_t index, const struct l7_result *r);

/* --- flow_ends.c --- */
/* An end's address and the MAC it was last met with; zeroes when it has none. */
struct addr flow_addr(const struct worker *w, uint32_t index, unsigned end);
struct mac flow_mac(const struct worker *w, uint32_t index, unsigned end);
/* Keeps them, where the flow's hosts and groups do not; both must be known. */
void flow_keep_addr(struct worker *w, uint32_t index, unsigned end, const struct addr *a);
void flow_keep_mac(struct worker *w, uint32_t index, unsigned end, const struct mac *mac);
/* Number of the local network the end is of, -1 = none. Also of an end without a host of its own. */
int flow_network(const struct worker *w, uint32_t index, unsigned end);
/* When the end was first heard, 0 = never. */
nsec_t flow_end_first(const struct flow_cold *c, unsigned end);

/* --- flow_room.c --- */
/* A zeroed slot for a new flow under the key, taken from another flow when there is no other; 0 when
 * nobody may go. */
uint32_t flow_room(struct worker *w, const struct keyed *k, nsec_t now);
/* Once a second: a raw flow joins, and an unmet one that has proved itself or outlived the emergency
 * gets hosts. */
void flow_look_at_unmet(struct worker *w, uint32_t index);
/* A second of the worker's time has gone by: is the emergency over? */
void flow_room_tick(struct worker *w, nsec_t now);

/* --- flow_groups.c --- */
/* A new flow whose hosts are known and whose first packet was sent by `end` joins its groups and its
 * hosts' applications, and leaves them at its end. */
void flow_find_devices(struct worker *w, uint32_t index, const struct packet *p, unsigned end);
void flow_join_groups(struct worker *w, uint32_t index);
void flow_leave_groups(struct worker *w, uint32_t index);
/* Moves what the flow has counted so far from its old application to the one of the verdict. It
 * leaves first, so that a host's entry that is empty then is there for the new one. */
void flow_move_app(struct worker *w, uint32_t index, const struct l7_result *r);
/* Gives the flow other hosts and counts it for their applications. */
void flow_move_uses(struct worker *w, uint32_t index, const uint32_t *host);

/* --- flow_detect.c --- */
/* Shows an undecided flow's packet to detection and takes the verdict when there is one. */
void flow_detect(struct worker *w, uint32_t index, const struct packet *p, unsigned end);
/* What the flow is by what is known now, if need be by its port; its detection is over. */
void flow_guess(struct worker *w, uint32_t index, struct l7_result *r);
/* Names the flow by that. */
void flow_settle(struct worker *w, uint32_t index);

/* --- flow_add.c --- */
/* The key of a record's tuple, as packets from src to dst have it. */
void flow_in_key(const struct flow_in *f, struct keyed *k);
/* Counts what a data record says at the flow of its tuple, made when new, or counts why not. now: when it
 * was received. */
void flow_add(struct worker *w, const struct flow_in *f, const struct keyed *k,
              const struct addr *exporter, nsec_t now);
/* The same for a frame that an exporter sampled: it stands for f->sampling packets. */
void flow_add_frame(struct worker *w, const struct frame *frame, const struct flow_in *f,
                    const struct addr *exporter, nsec_t now);

/* A sampled packet that is decoded, by the worker that counts its flow. */
void flow_add_sample(struct worker *w, const struct packet *p, const struct flow_in *f,
                     const struct addr *exporter, nsec_t now);

/* --- flow_export.c --- */
/* Notes who told of the flow and what else was told; src_end is the end that f->src is. Returns 1 + the
 * exporter's place on the path, 0 when there is none for it. */
unsigned flow_note_exporter(struct worker *w, uint32_t index, const struct flow_in *f,
                            const struct addr *exporter, unsigned src_end, nsec_t now);
/* Keeps how the record that is counted names the flow, and whether the flow was over with it. */
void flow_note_counted(struct worker *w, uint32_t index, unsigned end, const struct flow_in *f);
/* Is the record, which has traffic of this end, about a flow after the one that this exporter told of
 * before? By the name that it gives them, else by their end: a flow told in several records, each
 * of a minute, is one. */
bool flow_is_another(const struct worker *w, uint32_t index, unsigned end, const struct flow_in *f,
                     const struct addr *exporter);
enum told_before { TOLD_NEWS, TOLD_BY_ANOTHER, TOLD_BY_ITSELF };

/* Was this part of the end's traffic told already, by another exporter or by the same one where the packets
 * came in or went out? hop: as returned above. If not, this exporter is the one that counts. */
enum told_before flow_is_told(struct worker *w, uint32_t index, unsigned end, unsigned hop,
                              const struct flow_in *f, nsec_t now);
/* Who told of the flow, into hop[ANSWER_HOPS]; how many. */
uint32_t flow_path(const struct worker *w, uint32_t index, struct hop_row *hop);
/* What exporters told, into a record. */
void flow_export_to_record(const struct worker *w, uint32_t index, struct record *r);

/* --- flow_record.c --- */
/* Fills *r with everything known about the flow, pending deltas included; since_told: only what no
 * record has told yet. */
void flow_to_record(const struct worker *w, uint32_t index, bool since_told, struct record *r);

/* What is wrong with the flow now. */
enum problem flow_problem(const struct worker *w, uint32_t index);

/* --- flow_tcp.c --- */
/* Handshake, flags and sequence numbers of a TCP packet of this end. */
void flow_tcp_flags(struct worker *w, uint32_t index, const struct packet *p, unsigned end);
void flow_tcp_sequence(struct worker *w, uint32_t index, const struct packet *p, unsigned end);
/* Times the client's first request and the server's first answer. */
void flow_time(struct worker *w, uint32_t index, const struct packet *p, unsigned end);
/* Zeek's conn_state out of the flags. */
enum tcp_state flow_tcp_state(const struct flow_hot *h, const struct flow_cold *c);

/* Half the round trip to the client and the time to the first answer in us, 0 = unknown. */
static inline uint32_t flow_client_rtt(const struct flow_cold *c)
{
    return c->handshake_state == HANDSHAKE_TIMED ? c->handshake.us : 0;
}

static inline uint32_t flow_appl(const struct flow_cold *c)
{
    return c->request_state == REQUEST_ANSWERED ? c->request.us : 0;
}

/* --- watch.c --- */
void watch_packet(struct worker *w, uint32_t index, const struct packet *p, unsigned end);
/* ARP: counts for the MAC devices. */
void watch_arp(struct worker *w, const struct packet *p);

/* --- sweep.c --- */
/* Gives the packet sizes of a flow's hot half to its hosts and the totals. */
void flow_fold_sizes(struct worker *w, struct flow_hot *f);
/* Adds traffic, client to server first, to what the interface counts by protocol and direction. */
void tally_add(struct tally *t, enum l4_class class, enum locality locality,
               const struct traffic *traffic, uint64_t goodput);
/* Adds what a flow did, by end, to whatever it counts for, in the second that ends at this tick; it took
 * the flow so many seconds. Packets and records of exporters count by this alone. */
void flow_count(struct worker *w, uint32_t index, uint32_t tick, const struct flow_delta *sent,
                uint32_t seconds);
/* Folds one flow's deltas for the second that ends at this tick. */
void flow_fold(struct worker *w, uint32_t index, uint32_t tick);
/* Everything that happens at a whole second of packet time. */
void worker_tick(struct worker *w, nsec_t second);
/* Live interfaces with many flows: does the part of the pass that is due at now. */
void worker_sweep_slice(struct worker *w, nsec_t now);
/* The clock of a live interface, which may be set: whole seconds bring a tick, the time between them
 * slices. */
void worker_time(struct worker *w, nsec_t now);

/* --- answer.c --- */
/* Takes letters from the mailbox and works on open questions for one slice. True when more is to
 * do. */
bool worker_answer(struct worker *w);
/* Answers everything that is left, under the idle lock; once the worker has stopped. */
void worker_answer_rest(struct worker *w);
/* Totals of this worker alone. */
void worker_totals(const struct worker *w, struct totals_row *t);

/* --- worker.c --- */
bool worker_init(struct worker *w, struct err *e);
void worker_fini(struct worker *w);
void worker_run(void *worker);

/* The same thing several times, without bytes. */
static inline void worker_count_many(struct worker *w, enum reason r, uint64_t times)
{
    counter_add(&w->reasons[r], times);
}

static inline void worker_count(struct worker *w, enum reason r, uint64_t wire_bytes)
{
    counter_add(&w->reasons[r], 1);
    counter_add(&w->reason_bytes[r], wire_bytes);
}

#endif
