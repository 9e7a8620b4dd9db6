/* hosts.h - one worker's hosts: made with a flow, counted by the sweep, forgotten when idle. */
#ifndef WEIR_ENGINE_HOSTS_H
#define WEIR_ENGINE_HOSTS_H

#include "base/pool.h"
#include "base/table.h"
#include "engine/host.h"
#include "engine/rate.h"
#include "model/locals.h"

/* Names with their counts, grown by doubling up to HOST_NAMES. */
struct host_names {
    struct host_name_count *row;
    uint16_t n, cap;
};

/* Details that most hosts never have; allocated when first needed, account hosts. */
struct host_more {
    struct host_icmp *icmp; /* grown by doubling up to HOST_ICMP */
    uint16_t icmps, icmp_cap;
    uint64_t dns_queries[2], dns_replies_ok[2], dns_replies_error[2];
    uint64_t http_requests[2], http_codes[2][6];
    struct host_names names[3]; /* by enum host_name_list */
};

/* The last hour of a host in steps of a second, allocated for the hosts that are kept. */
struct host_series {
    uint32_t stamp[HOST_SERIES]; /* tick the value belongs to */
    uint32_t bytes[2][HOST_SERIES];
};

enum host_name_list { HOST_NAMES_DNS, HOST_NAMES_HTTP, HOST_NAMES_OTHER };

struct host {
    struct addr addr;
    uint16_t vlan;
    int16_t network;
    bool is_local, is_multicast;
    uint8_t name_rank; /* how good the name is: see hosts_name() */
    uint8_t apps_cap_log;
    struct mac mac;
    uint16_t apps;
    uint32_t mac_group;
    nsec_t first, last;
    struct traffic traffic;
    struct traffic l4[L4_CLASSES];
    uint64_t goodput[2];
    uint64_t sizes[2][SIZE_BINS];
    struct rate rate;
    uint64_t peak_bytes; /* most bytes of any second, both sides */
    uint32_t flows[2];   /* active: as client, as server */
    uint64_t total_flows[2];
    uint64_t low_goodput[2], unanswered[2];
    uint64_t retrans[2], ooo[2], lost[2];
    uint64_t syn[2], fin[2], rst[2];
    uint64_t alerted_flows;
    uint32_t score;
    struct host_app *app; /* grows by doubling; slot 0.. apps-1 */
    struct host_more *more;
    struct host_series *series;
    char *name, *os; /* of 64 and 32 bytes, or NULL */
};

struct hosts {
    struct pool pool; /* struct host; index 1 is "other hosts" */
    struct table table;
    const struct locals *locals;
    nsec_t local_idle, remote_idle;
    bool keep_series;
    uint32_t series_kept;
    uint64_t created, expired, evicted;
    uint64_t local; /* local hosts now */
    void (*forgotten)(void *owner, const struct host *h);
    void *owner;
};

enum {
    HOST_OTHERS = 1,         /* who had no room; address :: */
    HOSTS_WITH_SERIES = 1024 /* local hosts whose last hour is kept, 43 KB each */
};

struct hosts_config {
    uint32_t limit;
    const struct locals *locals;
    nsec_t local_idle, remote_idle;
    bool keep_series;
    void (*forgotten)(void *owner, const struct host *h); /* told of each host that goes; or NULL */
    void *owner;
};

/* The owner is one worker, for all of these. */
bool hosts_init(struct hosts *hs, const struct hosts_config *config, struct err *e);
void hosts_fini(struct hosts *hs);

static inline struct host *host_at(const struct hosts *hs, uint32_t index)
{
    return pool_at(&hs->pool, index);
}

/* Index of the host, 0 when unknown. */
uint32_t hosts_find(const struct hosts *hs, const struct addr *a, uint16_t vlan);
/* Index of the host, made when unknown (then *made is true); HOST_OTHERS when there is no room. */
uint32_t hosts_get(struct hosts *hs, const struct addr *a, uint16_t vlan, nsec_t now, bool *made);

/* Slot of an application of the host, made when new. HOST_APPS - 1 stands for "others" when full. */
uint16_t host_app_slot(struct host *h, uint16_t master, uint16_t app);

/* Counts for the second that ends at this tick, rolling over what an earlier tick counted. */
void host_tick(struct host *h, uint32_t tick, unsigned side, uint64_t bytes, uint64_t packets);

/* Details, made when missing; NULL without memory. */
struct host_more *host_more(struct host *h);
void host_count_icmp(struct host *h, uint8_t version, uint8_t type, uint8_t code, unsigned side,
                     const struct addr *peer);
void host_count_name(struct host *h, enum host_name_list list, const uint8_t *name, size_t len);

/* Gives a host a name if it is better than the one it has. Higher rank wins, equal rank: newest. */
enum name_rank { NAME_NONE, NAME_SNI, NAME_HTTP, NAME_DNS, NAME_NETBIOS, NAME_MDNS, NAME_DHCP };
void host_set_name(struct host *h, enum name_rank rank, const uint8_t *name, size_t len);
void host_set_os(struct host *h, const char *os);

/* Forgets hosts of [from, to) that are idle at now. Returns how many. */
unsigned hosts_expire(struct hosts *hs, uint32_t from, uint32_t to, nsec_t now);

/* The host as a value; tick is the current one. */
void host_to_row(const struct hosts *hs, uint32_t index, uint32_t tick, struct host_row *row);
void host_to_detail(const struct hosts *hs, uint32_t index, uint32_t tick, nsec_t now,
                    struct host_detail *d);

#endif
