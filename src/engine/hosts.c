/* hosts.c - hosts of one worker. */
#include "engine/hosts.h"

#include <string.h>

#include "base/hash.h"

const uint16_t size_bin_top[SIZE_BINS] = {64, 128, 256, 512, 1024, 1518, 65535};

enum { USES_PER_HOST = 8 /* on average */ };

static uint64_t host_hash(const struct addr *a, uint16_t vlan)
{
    uint64_t low, high;
    memcpy(&low, a->byte, 8);
    memcpy(&high, a->byte + 8, 8);
    return hash_u128(low ^ (uint64_t)vlan << 48, high);
}

static uint64_t hash_of_host(const void *owner, uint32_t index)
{
    const struct hosts *hs = owner;
    const struct host *h = host_at(hs, index);
    return host_hash(&h->addr, h->vlan);
}

bool hosts_init(struct hosts *hs, const struct hosts_config *config, struct err *e)
{
    hs->locals = config->locals;
    hs->local_idle = config->local_idle;
    hs->remote_idle = config->remote_idle;
    hs->keep_series = config->keep_series;
    hs->starved = config->starved;
    hs->forgotten = config->forgotten;
    hs->evicts = config->evicts;
    hs->hand = HOST_OTHERS;
    hs->owner = config->owner;
    uint32_t limit = config->limit;
    uint32_t uses = limit < UINT32_MAX / USES_PER_HOST ? limit * USES_PER_HOST : UINT32_MAX;
    if (!pool_init(&hs->pool, ACCOUNT_hosts, sizeof(struct host), limit, e) ||
        !pool_init(&hs->uses, ACCOUNT_hosts, sizeof(struct host_use), uses, e) ||
        !pool_init(&hs->more, ACCOUNT_hosts, sizeof(struct host_more), limit, e) ||
        !pool_init(&hs->talk, ACCOUNT_hosts, sizeof(struct host_talk), limit, e) ||
        !pool_init(&hs->wide, ACCOUNT_hosts, sizeof(struct host_wide), limit, e) ||
        !table_init(&hs->table, limit, hash_of_host, hs, e) ||
        !turns_init(&hs->idle, ACCOUNT_hosts, limit, e))
        return false;
    uint32_t index = pool_take(&hs->pool);
    struct host *others = host_at(hs, index);
    /* What others leave to it must find room, even when there is none any more. */
    if (!index || !host_use_begin(hs, others) || !host_carry(hs, others, 0, 0) ||
        !host_http(hs, others))
        return fail(e, "no memory for a single host");
    others->network = -1;
    others->vlan = HOST_OTHERS_VLAN;
    host_set_name(hs, others, NAME_DHCP, (const uint8_t *)"Other hosts", 11);
    return true;
}

void hosts_fini(struct hosts *hs)
{
    for (uint32_t i = 1; i < hs->pool.top; i++) {
        struct host *h = host_at(hs, i);
        if (i == HOST_OTHERS || h->first)
            host_free_parts(hs, h);
    }
    turns_fini(&hs->idle);
    table_fini(&hs->table);
    pool_fini(&hs->wide);
    pool_fini(&hs->talk);
    pool_fini(&hs->more);
    pool_fini(&hs->uses);
    pool_fini(&hs->pool);
}

void hosts_prefetch(const struct hosts *hs, const struct addr *a, uint16_t vlan)
{
    table_prefetch(&hs->table, host_hash(a, vlan));
}

uint32_t hosts_find(const struct hosts *hs, const struct addr *a, uint16_t vlan)
{
    for (struct table_walk w = table_find(&hs->table, host_hash(a, vlan));
         table_next(&hs->table, &w);) {
        const struct host *h = host_at(hs, w.index);
        if (h->vlan == vlan && addr_equal(&h->addr, a))
            return w.index;
    }
    return 0;
}

/* An entry for the hash with an application to count for, 0 without room. */
static uint32_t take(struct hosts *hs, uint64_t hash)
{
    uint32_t index = pool_take(&hs->pool);
    if (!index)
        return 0;
    struct host *h = host_at(hs, index);
    if (host_use_begin(hs, h) && table_add(&hs->table, hash, index))
        return index;
    host_free_parts(hs, h);
    *h = (struct host){0};
    pool_give(&hs->pool, index);
    return 0;
}

static void keep_series(struct hosts *hs, struct host *h)
{
    struct host_more *m = host_more(hs, h);
    if (m)
        m->series = mem_alloc(ACCOUNT_series, sizeof *m->series);
    h->has_series = m && m->series;
    hs->series_kept += h->has_series;
}

uint32_t hosts_get(struct hosts *hs, const struct addr *a, uint16_t vlan, nsec_t now, bool *made)
{
    uint32_t index = hosts_find(hs, a, vlan);
    *made = !index;
    if (index)
        return index;
    uint64_t hash = host_hash(a, vlan);
    index = take(hs, hash);
    if (!index && hosts_make_room(hs))
        index = take(hs, hash);
    *made = index != 0;
    if (!index)
        return HOST_OTHERS;
    struct host *h = host_at(hs, index);
    h->addr = *a;
    h->vlan = vlan;
    h->first = h->last = now;
    int network = locals_find(hs->locals, a);
    h->network = (int16_t)network;
    h->is_local = network >= 0;
    h->is_multicast = addr_is_multicast(a) || addr_is_broadcast(a);
    hs->created++;
    hs->local += h->is_local;
    if (hs->keep_series && h->is_local && hs->series_kept < HOSTS_WITH_SERIES)
        keep_series(hs, h);
    return index;
}

void hosts_remove(struct hosts *hs, uint32_t index)
{
    struct host *h = host_at(hs, index);
    table_remove(&hs->table, host_hash(&h->addr, h->vlan), index);
    if (hs->forgotten)
        hs->forgotten(hs->owner, h);
    host_free_parts(hs, h);
    hs->local -= h->is_local;
    *h = (struct host){0}; /* nothing of it may be read through an index that somebody kept */
    pool_give(&hs->pool, index);
}

unsigned hosts_expire(struct hosts *hs, uint32_t from, uint32_t to, nsec_t now)
{
    unsigned gone = 0;
    for (uint32_t i = from > HOST_OTHERS ? from : HOST_OTHERS + 1; i < to; i++) {
        struct host *h = host_at(hs, i);
        /* This line first: it says of nearly all hosts that they stay. */
        if (now - h->last <= (h->is_local ? hs->local_idle : hs->remote_idle))
            continue;
        if (!h->first || h->flows[0] || h->flows[1])
            continue;
        hosts_remove(hs, i);
        gone++;
    }
    hs->expired += gone;
    return gone;
}
