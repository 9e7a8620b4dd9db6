/* groups.c - counters by MAC, VLAN, network, application, category and protocol. */
#include "engine/groups.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "engine/known.h"
#include "model/protos.h"
#include "net/decode.h"

enum { GROUP_NAME = 64 };

static uint64_t group_hash(enum group_kind kind, uint64_t id)
{
    return hash_u128((uint64_t)kind, id);
}

static uint64_t hash_of_group(const void *owner, uint32_t index)
{
    const struct group *g = group_at(owner, index);
    return group_hash(g->kind, g->id);
}

bool groups_init(struct groups *gs, bool keep_series, struct known *known, struct err *e)
{
    gs->known = known;
    gs->keep_series = keep_series;
    return pool_init(&gs->pool, ACCOUNT_groups, sizeof(struct group), GROUPS_LIMIT, e) &&
           table_init(&gs->table, GROUPS_LIMIT, hash_of_group, gs, e);
}

void groups_fini(struct groups *gs)
{
    for (uint32_t i = 1; i < gs->pool.top; i++) {
        struct group *g = group_at(gs, i);
        if (g->name)
            mem_free(ACCOUNT_names, g->name, GROUP_NAME);
        if (g->series)
            mem_free(ACCOUNT_series, g->series, 2 * GROUP_SERIES * sizeof *g->series);
    }
    table_fini(&gs->table);
    pool_fini(&gs->pool);
}

uint32_t groups_get(struct groups *gs, enum group_kind kind, uint64_t id, nsec_t now, bool *made)
{
    uint64_t hash = group_hash(kind, id);
    if (made)
        *made = false;
    for (struct table_walk w = table_find(&gs->table, hash); table_next(&gs->table, &w);) {
        const struct group *g = group_at(gs, w.index);
        if (g->kind == kind && g->id == id)
            return w.index;
    }
    if (kind == GROUP_MAC && gs->devices >= DEVICES_MOST)
        return 0;
    uint32_t index = pool_take(&gs->pool);
    if (!index)
        return 0;
    if (!table_add(&gs->table, hash, index)) {
        pool_give(&gs->pool, index);
        return 0;
    }
    struct group *g = group_at(gs, index);
    g->kind = kind;
    g->id = id;
    g->first = g->last = now;
    if (kind == GROUP_MAC) {
        gs->devices++;
        known_add_device(gs->known, id);
    }
    if (kind == GROUP_APP && gs->keep_series) {
        g->series = mem_alloc(ACCOUNT_series, 2 * GROUP_SERIES * sizeof *g->series);
        g->series_stamp = g->series ? g->series + GROUP_SERIES : NULL;
    }
    if (made)
        *made = true;
    return index;
}

static void forget_device(struct groups *gs, uint32_t index)
{
    struct group *g = group_at(gs, index);
    table_remove(&gs->table, group_hash(g->kind, g->id), index);
    if (g->name)
        mem_free(ACCOUNT_names, g->name, GROUP_NAME);
    gs->devices--;
    known_remove_device(gs->known, g->id);
    *g = (struct group){0};
    pool_give(&gs->pool, index);
}

void groups_expire(struct groups *gs, unsigned tries, nsec_t now, nsec_t idle)
{
    for (unsigned i = 0; i < tries && gs->devices > DEVICES_MANY; i++) {
        if (++gs->hand >= gs->pool.top)
            gs->hand = 1;
        struct group *g = group_at(gs, gs->hand);
        if (!group_is_used(g) || g->kind != GROUP_MAC || g->flows || g->hosts)
            continue;
        if (g->last > now) /* somebody has set the clock back */
            g->last = now;
        if (now - g->last > idle)
            forget_device(gs, gs->hand);
    }
}

void group_count(struct group *g, uint32_t tick, nsec_t last, unsigned side, uint64_t bytes,
                 uint64_t packets)
{
    g->traffic.bytes[side] += bytes;
    g->traffic.packets[side] += packets;
    if (last > g->last)
        g->last = last;
    rate_add(&g->rate, tick, side, bytes, packets);
    if (g->series) {
        uint32_t at = tick % GROUP_SERIES;
        if (g->series_stamp[at] != tick) {
            g->series_stamp[at] = tick;
            g->series[at] = 0;
        }
        g->series[at] =
            bytes < UINT32_MAX - g->series[at] ? g->series[at] + (uint32_t)bytes : UINT32_MAX;
    }
}

static void group_print_name(const struct group *g, char *name, size_t size)
{
    char full[100];
    switch (g->kind) {
    case GROUP_MAC: {
        struct mac m;
        for (unsigned i = 0; i < 6; i++)
            m.byte[i] = (uint8_t)(g->id >> (40 - 8 * i));
        mac_print(&m, full);
        break;
    }
    case GROUP_APP:
        protos_full_name((uint16_t)(g->id >> 16), (uint16_t)g->id, full);
        break;
    case GROUP_CATEGORY: {
        const char *category = protos_category((uint8_t)g->id);
        snprintf(full, sizeof full, "%s", category ? category : "Unspecified");
        break;
    }
    case GROUP_L4: {
        const char *proto = proto_name((uint8_t)g->id);
        if (proto)
            snprintf(full, sizeof full, "%s", proto);
        else
            snprintf(full, sizeof full, "IP protocol %u", (unsigned)g->id);
        break;
    }
    case GROUP_VLAN:
    case GROUP_NETWORK:
    case GROUP_KINDS:
        snprintf(full, sizeof full, "%llu", (unsigned long long)g->id);
        break;
    }
    snprintf(name, size, "%s", full);
}

void group_to_row(const struct groups *gs, uint32_t index, uint32_t tick, struct group_row *row)
{
    const struct group *g = group_at(gs, index);
    struct rate_value rate = rate_read(&g->rate, tick);
    *row = (struct group_row){.kind = g->kind,
                              .id = g->id,
                              .first = g->first,
                              .last = g->last,
                              .traffic = g->traffic,
                              .flows = g->flows,
                              .total_flows = g->total_flows,
                              .hosts = g->hosts,
                              .bps = (rate.bytes[0] + rate.bytes[1]) * 8};
    row->trend = row->bps > rate.before * 8   ? TREND_UP
                 : row->bps < rate.before * 8 ? TREND_DOWN
                                              : TREND_STEADY;
    for (unsigned s = 0; s < 2; s++) {
        row->arp_requests[s] = g->arp_requests[s];
        row->arp_replies[s] = g->arp_replies[s];
    }
    if (g->name && g->kind == GROUP_MAC)
        snprintf(row->name, sizeof row->name, "%s", g->name);
    else
        group_print_name(g, row->name, sizeof row->name);
}
