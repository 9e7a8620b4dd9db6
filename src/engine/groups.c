/* groups.c - counters by MAC, VLAN, network, application, category and protocol. */
#include "engine/groups.h"

#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "base/hash.h"
#include "engine/known.h"
#include "engine/meter.h"
#include "model/protos.h"
#include "net/decode.h"

enum { GROUP_NAME = 64 };
enum { PREFIX_V4 = 4, PREFIX_V6 = 6, PREFIX_SHIFT = 32, PREFIXES_V4 = 65536 };

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
        if (g->meter)
            mem_free(ACCOUNT_series, g->meter, sizeof *g->meter);
        if (g->series) {
            seconds_fini(g->series, 1);
            mem_free(ACCOUNT_series, g->series, sizeof *g->series);
        }
    }
    mem_free(ACCOUNT_groups, gs->prefix_v4, PREFIXES_V4 * sizeof *gs->prefix_v4);
    table_fini(&gs->table);
    pool_fini(&gs->pool);
}

/* Where the index of a group stands that is not in the table, or NULL. */
static uint32_t *direct(struct groups *gs, enum group_kind kind, uint64_t id)
{
    switch (kind) {
    case GROUP_VLAN:
        return &gs->vlan[id % VLANS];
    case GROUP_NETWORK:
        return &gs->network[id + 1];
    case GROUP_CATEGORY:
        return &gs->category[id % NUMBERS];
    case GROUP_L4:
        return &gs->l4[id % NUMBERS];
    case GROUP_MAC:
    case GROUP_APP:
    case GROUP_PREFIX:
    case GROUP_EXPORTER:
    case GROUP_EXPORTER_IF:
    case GROUP_KINDS:
        break;
    }
    return NULL;
}

static uint32_t find(const struct groups *gs, enum group_kind kind, uint64_t id, uint64_t hash)
{
    for (struct table_walk w = table_find(&gs->table, hash); table_next(&gs->table, &w);) {
        const struct group *g = group_at(gs, w.index);
        if (g->kind == kind && g->id == id)
            return w.index;
    }
    return 0;
}

static uint32_t make(struct groups *gs, enum group_kind kind, uint64_t id, nsec_t now)
{
    uint32_t index = pool_take(&gs->pool);
    if (!index)
        return 0;
    struct group *g = group_at(gs, index);
    g->kind = kind;
    g->id = id;
    g->first = g->last = now;
    return index;
}

static void note_new(struct groups *gs, enum group_kind kind, uint32_t index)
{
    struct group *g = group_at(gs, index);
    if (kind == GROUP_MAC) {
        gs->devices++;
        known_add_device(gs->known, g->id);
    } else if (kind == GROUP_PREFIX) {
        gs->prefixes++;
    } else if (kind == GROUP_EXPORTER || kind == GROUP_EXPORTER_IF) {
        gs->exporters++;
        g->next_alike = gs->first_exporter;
        gs->first_exporter = index;
    } else {
        gs->apps++;
        g->next_alike = gs->first_app;
        gs->first_app = index;
        if (gs->keep_series)
            g->series = mem_alloc(ACCOUNT_series, sizeof *g->series);
        gs->with_series += g->series != NULL;
    }
}

static uint32_t get_direct(struct groups *gs, uint32_t *place, enum group_kind kind, uint64_t id,
                           nsec_t now)
{
    if (!*place)
        *place = make(gs, kind, id, now);
    return *place;
}

static bool has_room(const struct groups *gs, enum group_kind kind)
{
    switch (kind) {
    case GROUP_MAC:
        return gs->devices < DEVICES_MOST;
    case GROUP_PREFIX:
        return gs->prefixes < PREFIXES_MOST;
    case GROUP_EXPORTER:
        return gs->exporters < EXPORTERS_MOST;
    case GROUP_EXPORTER_IF:
        return gs->exporters < EXPORTER_IFS_MOST;
    default:
        return gs->apps < APPS_MOST;
    }
}

uint32_t groups_get(struct groups *gs, enum group_kind kind, uint64_t id, nsec_t now, bool *made)
{
    if (made)
        *made = false;
    uint32_t *place = direct(gs, kind, id);
    if (place)
        return get_direct(gs, place, kind, id, now);
    uint64_t hash = group_hash(kind, id);
    uint32_t index = find(gs, kind, id, hash);
    if (index)
        return index;
    if (!has_room(gs, kind))
        return 0;
    index = make(gs, kind, id, now);
    if (!index)
        return 0;
    if (!table_add(&gs->table, hash, index)) {
        *group_at(gs, index) = (struct group){0};
        pool_give(&gs->pool, index);
        return 0;
    }
    note_new(gs, kind, index);
    if (made)
        *made = true;
    return index;
}

uint64_t prefix_group_id(const struct addr *a)
{
    if (addr_is_v4(a))
        return (uint64_t)PREFIX_V4 << PREFIX_SHIFT | (unsigned)a->byte[12] << 8 | a->byte[13];
    return (uint64_t)PREFIX_V6 << PREFIX_SHIFT | load_be32(a->byte);
}

/* Where the index of an IPv4 prefix stands, so that a flood of them asks no table; NULL without
 * memory. */
static uint32_t *prefix_place(struct groups *gs, const struct addr *a)
{
    if (!gs->prefix_v4)
        gs->prefix_v4 = mem_alloc(ACCOUNT_groups, PREFIXES_V4 * sizeof *gs->prefix_v4);
    return gs->prefix_v4 ? &gs->prefix_v4[(unsigned)a->byte[12] << 8 | a->byte[13]] : NULL;
}

uint32_t groups_get_prefix(struct groups *gs, const struct addr *a, nsec_t now)
{
    /* The first group there is: made while there is room for it. */
    if (!gs->all_other)
        gs->all_other = groups_get(gs, GROUP_PREFIX, 0, now, NULL);
    uint32_t *place = addr_is_v4(a) ? prefix_place(gs, a) : NULL;
    if (place && *place)
        return *place;
    uint32_t index = groups_get(gs, GROUP_PREFIX, prefix_group_id(a), now, NULL);
    index = index ? index : gs->all_other;
    if (place)
        *place = index;
    return index;
}

/* An IPv4 address as it is; of an IPv6 address 32 bits that are the same in every worker. */
static uint32_t exporter_number(const struct addr *a)
{
    if (addr_is_v4(a))
        return load_be32(a->byte + 12);
    uint64_t mixed = hash_mum(load_be64(a->byte) ^ 0xa4093822299f31d1,
                              load_be64(a->byte + 8) ^ 0x082efa98ec4e6c89);
    return (uint32_t)(mixed >> 32);
}

/* Of an exporter number is its domain, of its interface the index. */
static uint32_t get_of_exporter(struct groups *gs, enum group_kind kind,
                                const struct addr *exporter, uint32_t number, nsec_t now)
{
    uint64_t id = (uint64_t)exporter_number(exporter) << 32 | number;
    /* Each record asks for four of them, and records come in trains: without the table 16 ns of 180. */
    uint32_t *met = &gs->met[(id ^ id >> 32 ^ (unsigned)kind << 4) % GROUPS_MET];
    const struct group *g = group_at(gs, *met);
    if (!*met || g->id != id || g->kind != kind)
        *met = groups_get(gs, kind, id, now, NULL);
    if (*met)
        group_at(gs, *met)->exporter = *exporter;
    return *met;
}

uint32_t groups_get_exporter(struct groups *gs, const struct addr *exporter, uint32_t domain,
                             nsec_t now)
{
    return get_of_exporter(gs, GROUP_EXPORTER, exporter, domain, now);
}

uint32_t groups_get_exporter_if(struct groups *gs, const struct addr *exporter, uint32_t interface,
                                nsec_t now)
{
    return get_of_exporter(gs, GROUP_EXPORTER_IF, exporter, interface, now);
}

void groups_take_counters(struct groups *gs, const struct addr *exporter,
                          const struct interface_counters *c)
{
    uint32_t index = groups_get_exporter_if(gs, exporter, c->index, c->at);
    struct group *g = index ? group_at(gs, index) : NULL;
    if (g && !g->meter && gs->meters < METERS_MOST) {
        g->meter = mem_alloc(ACCOUNT_series, sizeof *g->meter);
        gs->meters += g->meter != NULL;
    }
    if (g && g->meter)
        meter_take(g->meter, c);
}

const struct meter *groups_meter(const struct groups *gs, const struct addr *exporter,
                                 uint32_t interface)
{
    uint64_t id = (uint64_t)exporter_number(exporter) << 32 | interface;
    uint32_t index = find(gs, GROUP_EXPORTER_IF, id, group_hash(GROUP_EXPORTER_IF, id));
    return index ? group_at(gs, index)->meter : NULL;
}

static void print_exporter(const struct group *g, char *text, size_t size)
{
    char addr[ADDR_TEXT];
    addr_print(&g->exporter, addr);
    if (g->kind == GROUP_EXPORTER && !(uint32_t)g->id)
        snprintf(text, size, "%s", addr);
    else
        snprintf(text, size, "%s %u", addr, (unsigned)(uint32_t)g->id);
}

static void print_prefix(uint64_t id, char *text, size_t size)
{
    struct addr a = {0};
    char addr[ADDR_TEXT];
    bool is_v4 = id >> PREFIX_SHIFT == PREFIX_V4;
    if (!id) {
        snprintf(text, size, "All other networks");
        return;
    }
    for (unsigned i = 0; i < 4; i++)
        a.byte[i] = (uint8_t)(id >> (24 - 8 * i));
    if (is_v4)
        a = addr_v4((const uint8_t[4]){(uint8_t)(id >> 8), (uint8_t)id, 0, 0});
    addr_print(&a, addr);
    snprintf(text, size, "%s/%u", addr, is_v4 ? 16 : 32);
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

static struct rate_count rate_count(const struct group *g)
{
    const struct traffic *t = &g->traffic;
    return (struct rate_count){{t->bytes[0], t->bytes[1]},
                               (uint32_t)(t->packets[0] + t->packets[1])};
}

static uint64_t running_second(const struct group *g)
{
    return rate_now(&g->rate, 0, g->traffic.bytes[0]) + rate_now(&g->rate, 1, g->traffic.bytes[1]);
}

void group_roll(struct group *g, uint32_t tick)
{
    struct rate_count count = rate_count(g);
    uint64_t bytes = running_second(g);
    if (g->series)
        seconds_put(g->series, 1, g->rate.stamp, &bytes);
    rate_roll(&g->rate, tick, &count);
}

uint32_t group_second(const struct group *g, uint32_t t)
{
    if (t == g->rate.stamp) /* whole, but nothing came since to roll it */
        return seconds_value(running_second(g));
    return seconds_get(g->series, 1, t, 0);
}

void group_join(struct group *g, const struct traffic *t)
{
    for (unsigned s = 0; s < 2; s++) {
        rate_set_base(&g->rate, s, rate_base(&g->rate, s) + t->bytes[s]);
        g->rate.base_packets += (uint32_t)t->packets[s];
        g->traffic.bytes[s] += t->bytes[s];
        g->traffic.packets[s] += t->packets[s];
    }
}

void group_leave(struct group *g, const struct traffic *t)
{
    for (unsigned s = 0; s < 2; s++) {
        rate_set_base(&g->rate, s, rate_base(&g->rate, s) - t->bytes[s]);
        g->rate.base_packets -= (uint32_t)t->packets[s];
        g->traffic.bytes[s] -= t->bytes[s];
        g->traffic.packets[s] -= t->packets[s];
    }
}

static void group_print_name(const struct group *g, char *name, size_t size)
{
    char full[100];
    switch (g->kind) {
    case GROUP_MAC: {
        struct mac m = mac_from_id(g->id);
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
    case GROUP_PREFIX:
        print_prefix(g->id, full, sizeof full);
        break;
    case GROUP_EXPORTER:
    case GROUP_EXPORTER_IF:
        print_exporter(g, full, sizeof full);
        break;
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
    struct rate_count count = rate_count(g);
    struct rate_value rate = rate_read(&g->rate, tick, &count);
    *row = (struct group_row){.kind = g->kind,
                              .id = g->id,
                              .first = g->first,
                              .last = g->last,
                              .traffic = g->traffic,
                              .flows = g->flows,
                              .total_flows = g->total_flows,
                              .hosts = g->hosts,
                              .bps = (rate.bytes[0] + rate.bytes[1]) * 8,
                              .exporter = g->exporter,
                              .interface = g->kind == GROUP_EXPORTER_IF ? (uint32_t)g->id : 0,
                              .domain = g->kind == GROUP_EXPORTER ? (uint32_t)g->id : 0,
                              .trend = (uint8_t)rate.trend};
    if (g->kind == GROUP_EXPORTER)
        row->told = g->told;
    for (unsigned s = 0; g->kind == GROUP_MAC && s < 2; s++) {
        row->arp_requests[s] = g->arp_requests[s];
        row->arp_replies[s] = g->arp_replies[s];
    }
    if (g->name && g->kind == GROUP_MAC)
        snprintf(row->name, sizeof row->name, "%s", g->name);
    else
        group_print_name(g, row->name, sizeof row->name);
}
