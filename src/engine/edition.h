/* edition.h - what a live worker publishes each second, so that readers do not enter its thread.
 *
 * leads.c feeds the largest flows and hosts out of the sweep. Once the second is closed, the worker
 * fills a free slot with its totals and the rows of the largest, and publishes its number; from then
 * on the slot is constant, until it has been replaced and its last reader has left. A file being
 * read has seconds without number and its answers are exact to the packet: its worker is asked.
 */
#ifndef WEIR_ENGINE_EDITION_H
#define WEIR_ENGINE_EDITION_H

#include <stdatomic.h>

#include "engine/known.h"
#include "engine/leaders.h"
#include "engine/question.h"
#include "engine/talkers.h"

struct worker;
struct answer_box;

enum {
    EDITION_ROWS = LEADERS_TOP,      /* of each order */
    EDITION_STORE = 2 * LEADERS_TOP, /* rows of one table: of both orders, each once */
    EDITION_APPS = 512,
    EDITION_WANTED = 10, /* seconds for which rows are made after the last question */
    EDITION_SLOTS = 4,
    EDITION_STALE = 3 /* seconds after which a worker is asked again, to hear that it is late */
};

enum edition_order { EDITION_BY_BYTES, EDITION_BY_BPS, EDITION_ORDERS };

/* Rows by their place in the store, largest first. */
struct edition_list {
    uint32_t n;
    bool all; /* there are no others */
    uint16_t row[EDITION_ROWS];
};

struct edition {
    atomic_uint readers;
    nsec_t now;
    struct totals_row totals;
    bool has_rows;
    uint64_t flows_bps;               /* sum over all active flows */
    uint64_t hosts;                   /* with "other hosts", if they have counted anything */
    struct sample known[KNOWN_KINDS]; /* several workers: what they count together */
    uint32_t flows_n, hosts_n;
    struct record *flow; /* EDITION_STORE of each, or NULL */
    struct host_row *host;
    struct edition_list flows[EDITION_ORDERS], hosts_by[EDITION_ORDERS];
    struct talker *talker; /* hosts by what their active flows carry; or NULL */
    uint32_t talkers_n;
    uint64_t talkers_total; /* hosts with active flows */
    bool talkers_all;
    struct top_row *app; /* applications, of active flows; or NULL */
    uint32_t apps_n;
    bool apps_all;
};

struct editions {
    struct edition slot[EDITION_SLOTS];
    atomic_int published;       /* number of a slot, -1 = none */
    atomic_uint wanted;         /* seconds for which rows are still made; set by readers */
    atomic_uint talkers_wanted; /* the same for talkers */
    bool due; /* a second has been closed, and is to be published between bursts */
};

/* What the sweep feeds. Owner: the worker. */
struct leads {
    bool on;                   /* somebody asks */
    bool all_flows, all_hosts; /* this pass offers the idle ones, too */
    struct leaders flow_bytes, flow_bps, host_bytes, host_bps;
    uint32_t flows_n[EDITION_ORDERS], hosts_n[EDITION_ORDERS]; /* of the closed second, ranked */
    struct leader *flows[EDITION_ORDERS], *hosts[EDITION_ORDERS];
    struct talkers talkers;
    struct talker *loudest; /* of the closed second; loudest_all: nobody else has a flow */
    uint32_t loudest_n;
    bool loudest_all;
};

/* --- leads.c, the worker's thread --- */
void leads_init(struct worker *w);
void leads_fini(struct worker *w);
/* Offers a flow that was folded, and its hosts. Only while leads.on. */
void leads_feed(struct worker *w, uint32_t index);
/* Offers a flow though it brought nothing. Only while leads.all_flows. */
void leads_walk_flow(struct worker *w, uint32_t index);
/* Offers hosts of [from, to), whether they are busy or not. */
void leads_walk_hosts(struct worker *w, uint32_t from, uint32_t to);
/* Everything of the second that runs is folded, and `tick` is to be the next: ranks the largest and
 * starts over. */
void leads_close(struct worker *w, uint32_t tick);
/* Starts over without a result; the clock was set. */
void leads_drop(struct worker *w);

/* --- edition.c --- */
void editions_init(struct editions *es);
/* No reader may be left. */
void editions_fini(struct editions *es);
/* Publishes the second that was closed. The worker's thread, between bursts. */
void edition_publish(struct worker *w);
/* Nothing is published any more; readers finish what they have. The worker's thread. */
void edition_withdraw(struct worker *w);

/* The worker's newest edition, which edition_put() gives back; NULL when there is none, or none of
 * the last seconds. wall: the time now. Any thread; never waits. */
struct edition *edition_get(struct worker *w, nsec_t wall);
void edition_put(struct edition *ed);

/* The edition's answer to a question as its worker would have given it at that moment; NULL when
 * the question needs the worker. Any thread. */
struct answer_box *edition_answer(const struct edition *ed, const struct question *q);

#endif
