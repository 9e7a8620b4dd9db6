/* groups.h - one worker's counters by MAC device, VLAN, network, application, category, protocol. */
#ifndef WEIR_ENGINE_GROUPS_H
#define WEIR_ENGINE_GROUPS_H

#include "base/pool.h"
#include "base/table.h"
#include "engine/host.h"
#include "engine/rate.h"

enum { GROUP_SERIES = 3600 };

struct group {
    enum group_kind kind;
    uint32_t flows;
    uint64_t id;
    nsec_t first, last;
    struct traffic traffic;
    uint64_t total_flows;
    uint32_t hosts; /* MAC: addresses that were first seen behind it and are still known */
    struct rate rate;
    uint64_t arp_requests[2], arp_replies[2];
    char *name;       /* learnt name of a device, 64 bytes, or NULL */
    uint32_t *series; /* applications: bytes per second, ring of GROUP_SERIES, or NULL */
    uint32_t *series_stamp;
};

struct known;

struct groups {
    struct pool pool;
    struct table table;
    uint32_t devices; /* groups of kind MAC */
    uint32_t hand;    /* where the search for devices to forget goes on */
    bool keep_series;
    struct known *known; /* where devices are noted that other workers may know, too */
};

/* Whoever makes up MACs shall not take the room of applications and VLANs. */
enum { GROUPS_LIMIT = 262144, DEVICES_MOST = GROUPS_LIMIT - 32768, DEVICES_MANY = 65536 };

/* The owner is one worker, for all of these. */
bool groups_init(struct groups *gs, bool keep_series, struct known *known, struct err *e);
void groups_fini(struct groups *gs);

static inline struct group *group_at(const struct groups *gs, uint32_t index)
{
    return pool_at(&gs->pool, index);
}

/* Index of the group, made when new (then *made is true, if given); 0 when there is no room. */
uint32_t groups_get(struct groups *gs, enum group_kind kind, uint64_t id, nsec_t now, bool *made);

static inline bool group_is_used(const struct group *g)
{
    return g->first != 0;
}

/* Devices are remembered; only when there are more than DEVICES_MANY of them, those that were
 * silent for so long and have neither flows nor hosts are forgotten, `tries` slots at a time. */
void groups_expire(struct groups *gs, unsigned tries, nsec_t now, nsec_t idle);

/* Counts one direction of a flow's last second. side: SIDE_SENT is client to server (MAC: sent). */
void group_count(struct group *g, uint32_t tick, nsec_t last, unsigned side, uint64_t bytes,
                 uint64_t packets);

/* Fills *row, a value of its own, with what the group counts at this tick. */
void group_to_row(const struct groups *gs, uint32_t index, uint32_t tick, struct group_row *row);

#endif
