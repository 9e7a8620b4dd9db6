/* hosts.h - one worker's hosts: made with a flow, counted by the sweep, forgotten when idle.
 *
 * There may be millions of them, and most do little. So a host is three cache lines, of which the
 * sweep writes two: its counters are narrow, and what does not fit is carried over into struct
 * host_wide; what few hosts have hangs on struct host_more. What finds no memory at the process's
 * limit stops where it is, and is counted.
 */
#ifndef WEIR_ENGINE_HOSTS_H
#define WEIR_ENGINE_HOSTS_H

#include "base/counter.h"
#include "base/pool.h"
#include "base/table.h"
#include "engine/host.h"
#include "engine/rate.h"
#include "engine/seconds.h"
#include "engine/turns.h"
#include "model/locals.h"

/* Names with their counts, grown by doubling up to HOST_NAMES. */
struct host_names {
    struct host_name_count *row;
    uint16_t n, cap;
};

enum host_name_list { HOST_NAMES_DNS, HOST_NAMES_HTTP, HOST_NAMES_OTHER, HOST_NAME_LISTS };

struct host_http {
    uint64_t requests[2], codes[2][6];
};

/* What ICMP, DNS and HTTP leave at a host. */
struct host_talk {
    struct traffic icmp_traffic, other_traffic; /* neither TCP nor UDP */
    uint64_t dns_queries[2], dns_replies_ok[2], dns_replies_error[2];
    struct host_icmp *icmp; /* grown by doubling up to HOST_ICMP */
    struct host_http *http; /* or NULL */
    uint16_t icmps, icmp_cap;
};

/* The high part of the counters of host_counters.def: multiples of what the narrow type holds. */
struct host_wide {
#define HOST_COUNTER(name, type, n) uint64_t name[n];
#include "engine/host_counters.def"
#undef HOST_COUNTER
};

/* Details that most hosts never have. */
struct host_more {
    uint32_t wide, talk;      /* indexes into their pools, 0 = none */
    char *name, *os;          /* of 64 and 32 bytes, or NULL; account names */
    struct seconds *series;   /* by enum side, the second that runs not yet; or NULL */
    struct host_names *names; /* HOST_NAME_LISTS of them, or NULL */
};

/* An application of a host. Every host has one of them from the beginning, so that its flows always
 * have somewhere to count; the last one stays when it is empty, for the host's next application. */
struct host_use {
    uint16_t master, app;
    uint32_t next; /* of the same host, the latest first; 0 = none */
    uint64_t bytes[2];
    uint32_t packets[2];      /* 48 bits: nine years at a million a second */
    uint16_t packets_high[2]; /* bits 32 to 47 */
    uint32_t flows;           /* active now */
    uint32_t seconds, last_tick;
};

_Static_assert(sizeof(struct host_use) == 48, "there are two for many a host");

struct host {
    /* What the sweep writes: two lines. A free entry's link lies over the rate's stamp. */
    struct rate rate;
    nsec_t last;
    uint64_t bytes[2]; /* by enum side */
    uint32_t peak;     /* most bytes of any second before the one that runs, both sides */
    uint8_t peak_high; /* bits 32 to 39 */
    bool is_local : 1, is_multicast : 1, has_series : 1;
    int16_t network;
    uint32_t more; /* index into hosts.more, 0 = none */
#define HOST_COUNTER(name, type, n) type name[n];
#include "engine/host_counters.def"
#undef HOST_COUNTER

    uint8_t name_rank;  /* how good the name is: see host_set_name() */
    uint32_t app;       /* first struct host_use, 0 = none */
    uint32_t mac_group; /* the device behind it, 0 = unknown */
    uint32_t flows[2];  /* active: as client, as server */
    uint16_t vlan;
    nsec_t first; /* 0 in a free entry */
    struct addr addr;
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct host) == 192, "three cache lines");
_Static_assert(offsetof(struct host, score) == 128, "the sweep writes two of them");

struct hosts {
    struct pool pool; /* struct host; index 1 is "other hosts" */
    struct pool uses, more, talk, wide;
    struct table table;
    const struct locals *locals;
    nsec_t local_idle, remote_idle;
    bool keep_series;
    uint32_t series_kept;
    uint64_t created, expired, evicted;
    uint64_t local;     /* local hosts now */
    uint64_t busy;      /* hosts with active flows, without Other hosts */
    struct turns idle;  /* hosts without flows, the longest so first */
    uint32_t hand;      /* where the search for others who may go continues */
    uint32_t barren;    /* slots in which it found nobody since it last found one or time went on */
    uint32_t pinned;    /* may not go although no flow refers to it yet; 0 = none */
    counter_t *starved; /* or NULL */
    void (*forgotten)(void *owner, const struct host *h);
    void (*evicts)(void *owner, const struct host *h);
    void *owner;
};

enum {
    HOST_OTHERS = 1,         /* who had no room: address :: in a VLAN that no frame can be in */
    HOST_OTHERS_VLAN = 4095, /* IEEE 802.1Q, table 9-2: reserved */
    HOSTS_WITH_SERIES = 1024 /* local hosts whose last hour is kept, up to 31 KB each */
};

struct hosts_config {
    uint32_t limit;
    const struct locals *locals;
    nsec_t local_idle, remote_idle;
    bool keep_series;
    counter_t *starved; /* counts what hosts stopped counting for want of memory; or NULL */
    void (*forgotten)(void *owner, const struct host *h); /* told of each host that goes; or NULL */
    void (*evicts)(void *owner, const struct host *h);    /* and before, if it goes to make room */
    void *owner;
};

/* The owner is one worker, for all of these. */
bool hosts_init(struct hosts *hs, const struct hosts_config *config, struct err *e);
void hosts_fini(struct hosts *hs);

static inline struct host *host_at(const struct hosts *hs, uint32_t index)
{
    return (struct host *)(void *)(hs->pool.base + (size_t)index * sizeof(struct host));
}

static inline struct host_use *host_use_at(const struct hosts *hs, uint32_t index)
{
    return (struct host_use *)(void *)(hs->uses.base + (size_t)index * sizeof(struct host_use));
}

/* Brings the bucket of an address nearer, some packets before hosts_get() looks into it. */
void hosts_prefetch(const struct hosts *hs, const struct addr *a, uint16_t vlan);

/* Index of the host, 0 when unknown. */
uint32_t hosts_find(const struct hosts *hs, const struct addr *a, uint16_t vlan);
/* The same for who asks: Other hosts have a name, too. */
static inline uint32_t hosts_asked(const struct hosts *hs, const struct addr *a, uint16_t vlan)
{
    return vlan == HOST_OTHERS_VLAN && addr_is_none(a) ? HOST_OTHERS : hosts_find(hs, a, vlan);
}

/* Index of the host, made when unknown (then *made is true), if need be in the place of one that no
 * flow refers to; HOST_OTHERS when there is no room. */
uint32_t hosts_get(struct hosts *hs, const struct addr *a, uint16_t vlan, nsec_t now, bool *made);

/* Forgets hosts of [from, to) that are idle at now. Returns how many. */
unsigned hosts_expire(struct hosts *hs, uint32_t from, uint32_t to, nsec_t now);

/* A host that no flow refers to any more leaves the tables. */
void hosts_remove(struct hosts *hs, uint32_t index);

/* A second of the worker's time has gone by: some host may have lost its last flow. */
static inline void hosts_tick(struct hosts *hs)
{
    hs->barren = 0;
}

/* --- host_others.c --- */
/* What one flow has counted at a host. */
struct host_share {
    struct traffic traffic;
    uint64_t goodput[2];
    enum l4_class class;
};

/* Other hosts counted this until it was known whose it is. */
void host_give_share(struct hosts *hs, struct host *to, struct host *others,
                     const struct host_share *share);
/* Counts what flows did in the second that ends at this tick. */
void host_count_share(struct hosts *hs, struct host *h, uint32_t tick, nsec_t last,
                      const struct host_share *share);
/* A flow that counted for the host has gone; by side: 0 client, 1 server. */
void host_lose_flow(struct hosts *hs, uint32_t index, unsigned side);
/* Adds a host that no flow refers to to Other hosts and forgets it; false when none was found. */
bool hosts_make_room(struct hosts *hs);

/* --- host_parts.c: what hosts count, and what hangs on them --- */

/* Begins another second than h->rate.stamp; before the first count of it. */
void host_roll(struct hosts *hs, struct host *h, uint32_t tick);

/* Adds `high`, a multiple of what the narrow type holds, to a counter of struct host_wide. False
 * without memory. */
bool host_carry(struct hosts *hs, struct host *h, size_t counter, uint64_t high);
/* Takes `high` off again; false when the counter is not that large. */
bool host_borrow(struct hosts *hs, struct host *h, size_t counter, uint64_t high);
/* The high part of a counter. */
uint64_t host_carried(const struct hosts *hs, const struct host *h, size_t counter);

/* host_add_NAME() counts, host_sub_NAME() takes one back if there is one, host_get_NAME() reads,
 * for each row of host_counters.def. */
#define HOST_COUNTER(name, type, n)                                                                \
    static inline void host_add_##name(struct hosts *hs, struct host *h, unsigned i,               \
                                       uint64_t more)                                              \
    {                                                                                              \
        uint64_t sum = h->name[i] + more;                                                          \
        h->name[i] = (type)sum;                                                                    \
        if (__builtin_expect(sum > (type)~0u, 0) &&                                                \
            !host_carry(hs, h, offsetof(struct host_wide, name) / sizeof(uint64_t) + i,            \
                        sum - h->name[i]))                                                         \
            h->name[i] = (type)~0u;                                                                \
    }                                                                                              \
    static inline void host_sub_##name(struct hosts *hs, struct host *h, unsigned i)               \
    {                                                                                              \
        if (h->name[i] ||                                                                          \
            host_borrow(hs, h, offsetof(struct host_wide, name) / sizeof(uint64_t) + i,            \
                        (uint64_t)(type)~0u + 1))                                                  \
            h->name[i]--;                                                                          \
    }                                                                                              \
    static inline uint64_t host_get_##name(const struct hosts *hs, const struct host *h,           \
                                           unsigned i)                                             \
    {                                                                                              \
        return h->name[i] +                                                                        \
               host_carried(hs, h, offsetof(struct host_wide, name) / sizeof(uint64_t) + i);       \
    }
#include "engine/host_counters.def"
#undef HOST_COUNTER

/* Counts what a flow did in the second that ends at this tick, by enum side. */
static inline void host_count(struct hosts *hs, struct host *h, uint32_t tick, nsec_t last,
                              const uint64_t *bytes, const uint64_t *packets)
{
    if (h->rate.stamp != tick)
        host_roll(hs, h, tick);
    if (last > h->last)
        h->last = last;
    for (unsigned side = 0; side < 2; side++) {
        h->bytes[side] += bytes[side];
        host_add_packets(hs, h, side, packets[side]);
    }
}

/* The first entry of a host's applications, empty; false without memory. */
bool host_use_begin(struct hosts *hs, struct host *h);
/* Index of an application of the host, made when new. When the host has HOST_APPS of them, or there
 * is no memory, another one of it stands for it and *is_full is set. */
uint32_t host_use_get(struct hosts *hs, struct host *h, uint16_t master, uint16_t app,
                      bool *is_full);
/* Gives an entry back that became empty, unless it is the host's only one. */
void host_use_tidy(struct hosts *hs, struct host *h, uint32_t index);

/* Has anybody counted for "other hosts"? A flow that leaves them for its hosts takes its traffic along,
 * but the flags that were counted before stay. */
static inline bool hosts_have_others(const struct hosts *hs)
{
    const struct host *h = host_at(hs, HOST_OTHERS);
    uint64_t flags = 0;
    for (unsigned i = 0; i < 2; i++)
        flags |= host_get_syn(hs, h, i) | host_get_fin(hs, h, i) | host_get_rst(hs, h, i);
    return (h->bytes[0] | h->bytes[1] | flags) != 0;
}

static inline bool host_use_is_empty(const struct host_use *u)
{
    return !(u->flows | u->bytes[0] | u->bytes[1] | u->packets[0] | u->packets[1] |
             u->packets_high[0] | u->packets_high[1]);
}

static inline uint64_t host_use_packets(const struct host_use *u, unsigned side)
{
    return (uint64_t)u->packets_high[side] << 32 | u->packets[side];
}

static inline void host_use_count(struct host_use *u, unsigned side, uint64_t bytes,
                                  uint64_t packets)
{
    u->bytes[side] += bytes;
    packets += u->packets[side];
    u->packets[side] = (uint32_t)packets;
    u->packets_high[side] = (uint16_t)(u->packets_high[side] + (packets >> 32));
}

static inline void host_use_take_back(struct host_use *u, unsigned side, uint64_t bytes,
                                      uint64_t packets)
{
    u->bytes[side] -= bytes;
    packets = host_use_packets(u, side) - packets;
    u->packets[side] = (uint32_t)packets;
    u->packets_high[side] = (uint16_t)(packets >> 32);
}

/* Details, made when missing; NULL without memory. */
struct host_more *host_more(struct hosts *hs, struct host *h);
struct host_talk *host_talk(struct hosts *hs, struct host *h);
struct host_http *host_http(struct hosts *hs, struct host *h);
void host_count_icmp(struct hosts *hs, struct host *h, uint8_t version, uint8_t type, uint8_t code,
                     unsigned side, const struct addr *peer);
void host_count_name(struct hosts *hs, struct host *h, enum host_name_list list,
                     const uint8_t *name, size_t len);

/* Gives a host a name if it is better than the one it has. Higher rank wins, equal rank: newest. */
enum name_rank { NAME_NONE, NAME_SNI, NAME_HTTP, NAME_DNS, NAME_NETBIOS, NAME_MDNS, NAME_DHCP };
void host_set_name(struct hosts *hs, struct host *h, enum name_rank rank, const uint8_t *name,
                   size_t len);
void host_set_os(struct hosts *hs, struct host *h, const char *os);
/* Its name, or NULL. */
const char *host_name(const struct hosts *hs, const struct host *h);
/* The counters that h->rate is the rate of. */
static inline struct rate_count host_rate_count(const struct host *h)
{
    return (struct rate_count){{h->bytes[0], h->bytes[1]}, h->packets[0] + h->packets[1]};
}

/* Both sides' bytes in this tick so far. */
static inline uint64_t host_now(const struct host *h, uint32_t tick)
{
    return h->rate.stamp == tick ? rate_now(&h->rate, SIDE_SENT, h->bytes[SIDE_SENT]) +
                                       rate_now(&h->rate, SIDE_RCVD, h->bytes[SIDE_RCVD])
                                 : 0;
}

static inline struct host_more *host_more_at(const struct hosts *hs, const struct host *h)
{
    return h->more ? pool_at(&hs->more, h->more) : NULL;
}

/* What a host holds beyond itself goes back. */
void host_free_parts(struct hosts *hs, struct host *h);

/* --- host_row.c --- */

/* The host as a value, without its device; tick is the current one. */
void host_to_row(const struct hosts *hs, uint32_t index, uint32_t tick, struct host_row *row);
void host_to_detail(const struct hosts *hs, uint32_t index, uint32_t tick, nsec_t now,
                    struct host_detail *d);

#endif
