/* groups.h - one worker's counters by MAC device, VLAN, network, application, category, protocol. */
#ifndef WEIR_ENGINE_GROUPS_H
#define WEIR_ENGINE_GROUPS_H

#include "base/pool.h"
#include "base/table.h"
#include "engine/host.h"
#include "engine/rate.h"
#include "engine/seconds.h"
#include "model/locals.h"

enum { VLANS = 4096, NUMBERS = 256 /* of a protocol, a category */ };

struct group {
    /* What the sweep reads and writes is one line, but once a second for the rate. */
    struct traffic traffic;
    nsec_t last;
    struct rate rate;
    uint32_t flows;
    uint32_t hosts; /* MAC: addresses that were first seen behind it and are still known; prefix:
                       hosts that were forgotten early */
    enum group_kind kind;
    uint64_t id;
    nsec_t first;
    uint64_t total_flows;
    union {
        struct {
            uint64_t arp_requests[2], arp_replies[2];
        };
        struct group_told told; /* of kind EXPORTER */
    };
    struct addr exporter;   /* of kinds EXPORTER and EXPORTER_IF */
    struct traffic ended;   /* application: what went with flows that have ended */
    uint32_t next_alike;    /* the application or exporter that was made before it, 0 = none */
    char *name;             /* learnt name of a device, 64 bytes, or NULL */
    struct meter *meter;    /* interface of an exporter: what its counters say, or NULL */
    struct seconds *series; /* bytes of an application, the second that runs not yet; or NULL */
} __attribute__((aligned(64)));

struct interface_counters;
struct known;
struct meter;

enum { GROUPS_MET = 32 };

struct groups {
    struct pool pool;
    struct table table; /* of devices, applications and prefixes */
    /* Index of the group, 0 = none yet, by what a flow or its hosts know anyway. */
    uint32_t vlan[VLANS];
    uint32_t network[LOCALS_MAX + 1]; /* by number + 1, so that -1 is nobody's */
    uint32_t category[NUMBERS];
    uint32_t l4[NUMBERS];
    uint32_t *prefix_v4; /* by the first half of the address; NULL until there is one */
    uint32_t all_other;  /* the group of all prefixes that found no room, 0 = none yet */
    uint32_t devices, apps, prefixes; /* groups of kind MAC, APP and PREFIX */
    uint32_t exporters;               /* of kinds EXPORTER and EXPORTER_IF */
    uint32_t met[GROUPS_MET];         /* of these, those that were asked for last, 0 = none */
    uint32_t hand;                    /* where the search for devices to forget goes on */
    bool keep_series;
    uint32_t with_series; /* groups that have one */
    uint32_t meters;
    uint32_t first_app;      /* the one that was made last */
    uint32_t first_exporter; /* of kinds EXPORTER and EXPORTER_IF */
    struct known *known;     /* where devices are noted that other workers may know, too */
};

/* Whoever makes up MACs shall not take the room of applications, nor those that of the rest; nor one exporter
 * that makes up interfaces that of other exporters, without which a flow's path cannot be told apart. */
enum {
    GROUPS_LIMIT = 262144,
    PREFIXES_MOST = 16384,
    EXPORTERS_MOST = 32768,
    EXPORTER_IFS_MOST = 24576,
    DEVICES_MOST = GROUPS_LIMIT - 32768 - PREFIXES_MOST - EXPORTERS_MOST,
    DEVICES_MANY = 65536,
    APPS_MOST = GROUPS_LIMIT - DEVICES_MOST - PREFIXES_MOST - EXPORTERS_MOST - VLANS - LOCALS_MAX -
                2 * NUMBERS
};

/* The owner is one worker, for all of these. */
bool groups_init(struct groups *gs, bool keep_series, struct known *known, struct err *e);
void groups_fini(struct groups *gs);

static inline struct group *group_at(const struct groups *gs, uint32_t index)
{
    return (struct group *)(void *)(gs->pool.base + (size_t)index * sizeof(struct group));
}

/* Index of the group, made when new (then *made is true, if given); 0 when there is no room. id as
 * in struct group_row; VLAN 0 and network -1 are none. */
uint32_t groups_get(struct groups *gs, enum group_kind kind, uint64_t id, nsec_t now, bool *made);

/* The id of an address's prefix group. 0 is the group of all prefixes that found no room. */
uint64_t prefix_group_id(const struct addr *a);
/* Index of that group, made when new; that of id 0 when there is no room, 0 without any memory. */
uint32_t groups_get_prefix(struct groups *gs, const struct addr *a, nsec_t now);

/* Brings the row of an IPv4 address's prefix nearer, if there is one. */
static inline __attribute__((always_inline)) void groups_prefetch_prefix(const struct groups *gs,
                                                                         uint32_t v4)
{
    if (!gs->prefix_v4)
        return;
    const char *row = (const char *)group_at(gs, gs->prefix_v4[v4 >> 16]);
    __builtin_prefetch(row, 1);
    __builtin_prefetch(row + 64, 1);
}

/* Index of the group of an exporter's domain, and of one of its interfaces, made when new; 0 when there is
 * no room. */
uint32_t groups_get_exporter(struct groups *gs, const struct addr *exporter, uint32_t domain,
                             nsec_t now);
uint32_t groups_get_exporter_if(struct groups *gs, const struct addr *exporter, uint32_t interface,
                                nsec_t now);

/* Takes a sample of the counters of an exporter's interface; there is room for METERS_MOST interfaces. */
void groups_take_counters(struct groups *gs, const struct addr *exporter,
                          const struct interface_counters *c);
/* What its counters said, or NULL. */
const struct meter *groups_meter(const struct groups *gs, const struct addr *exporter,
                                 uint32_t interface);

static inline bool group_is_used(const struct group *g)
{
    return g->first != 0;
}

/* Devices are remembered; only when there are more than DEVICES_MANY of them, those that were
 * silent for so long and have neither flows nor hosts are forgotten, `tries` slots at a time. */
void groups_expire(struct groups *gs, unsigned tries, nsec_t now, nsec_t idle);

/* Begins another second than g->rate.stamp. */
void group_roll(struct group *g, uint32_t tick);

/* Counts what a flow did in the second that ends at this tick. By enum side; sent is client to
 * server, of devices and networks what they sent. */
static inline void group_count(struct group *g, uint32_t tick, nsec_t last, const uint64_t *bytes,
                               const uint64_t *packets)
{
    if (g->rate.stamp != tick)
        group_roll(g, tick);
    g->traffic.bytes[0] += bytes[0];
    g->traffic.bytes[1] += bytes[1];
    g->traffic.packets[0] += packets[0];
    g->traffic.packets[1] += packets[1];
    if (last > g->last)
        g->last = last;
}

/* Counts what a flow did before somebody knew that it belongs here; takes it away again. Neither
 * changes the group's rate. */
void group_join(struct group *g, const struct traffic *t);
void group_leave(struct group *g, const struct traffic *t);

/* Bytes of an application that has a series, in second t of the last hour, a whole one. */
uint32_t group_second(const struct group *g, uint32_t t);

/* Fills *row, a value of its own, with what the group counts at this tick. */
void group_to_row(const struct groups *gs, uint32_t index, uint32_t tick, struct group_row *row);

#endif
