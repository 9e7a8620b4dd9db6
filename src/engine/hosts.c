/* hosts.c - hosts of one worker. */
#include "engine/hosts.h"

#include <string.h>

#include "base/hash.h"

const uint16_t size_bin_top[SIZE_BINS] = {64, 128, 256, 512, 1024, 1518, 65535};

enum { NAME_BYTES = 64, OS_BYTES = 32 };

static const uint32_t series_most = UINT32_MAX - 1; /* UINT32_MAX is a gap */

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
    hs->forgotten = config->forgotten;
    hs->owner = config->owner;
    if (!pool_init(&hs->pool, ACCOUNT_hosts, sizeof(struct host), config->limit, e) ||
        !table_init(&hs->table, config->limit, hash_of_host, hs, e))
        return false;
    struct host *others = host_at(hs, pool_take(&hs->pool));
    others->network = -1;
    host_set_name(others, NAME_DHCP, (const uint8_t *)"Other hosts", 11);
    return true;
}

static void host_free_parts(struct hosts *hs, struct host *h)
{
    if (h->app)
        mem_free(ACCOUNT_hosts, h->app, sizeof *h->app << h->apps_cap_log);
    if (h->more) {
        struct host_more *m = h->more;
        for (unsigned i = 0; i < 3; i++)
            mem_free(ACCOUNT_hosts, m->names[i].row, m->names[i].cap * sizeof *m->names[i].row);
        mem_free(ACCOUNT_hosts, m->icmp, m->icmp_cap * sizeof *m->icmp);
        mem_free(ACCOUNT_hosts, m, sizeof *m);
    }
    if (h->series) {
        mem_free(ACCOUNT_series, h->series, sizeof *h->series);
        hs->series_kept--;
    }
    if (h->name)
        mem_free(ACCOUNT_names, h->name, NAME_BYTES);
    if (h->os)
        mem_free(ACCOUNT_names, h->os, OS_BYTES);
}

void hosts_fini(struct hosts *hs)
{
    for (uint32_t i = 1; i < hs->pool.top; i++) {
        struct host *h = host_at(hs, i);
        if (i == HOST_OTHERS || h->first)
            host_free_parts(hs, h);
    }
    table_fini(&hs->table);
    pool_fini(&hs->pool);
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

uint32_t hosts_get(struct hosts *hs, const struct addr *a, uint16_t vlan, nsec_t now, bool *made)
{
    uint32_t index = hosts_find(hs, a, vlan);
    *made = !index;
    if (index)
        return index;
    *made = false;
    index = pool_take(&hs->pool);
    if (!index)
        return HOST_OTHERS;
    if (!table_add(&hs->table, host_hash(a, vlan), index)) {
        pool_give(&hs->pool, index);
        return HOST_OTHERS;
    }
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
    if (hs->keep_series && h->is_local && hs->series_kept < HOSTS_WITH_SERIES) {
        h->series = mem_alloc(ACCOUNT_series, sizeof *h->series);
        hs->series_kept += h->series != NULL;
    }
    *made = true;
    return index;
}

uint16_t host_app_slot(struct host *h, uint16_t master, uint16_t app)
{
    for (uint16_t i = 0; i < h->apps; i++)
        if (h->app[i].master == master && h->app[i].app == app)
            return i;
    if (h->apps == HOST_APPS)
        return HOST_APPS - 1;
    size_t cap = h->app ? (size_t)1 << h->apps_cap_log : 0;
    if (h->apps == cap) {
        uint8_t log = h->app ? (uint8_t)(h->apps_cap_log + 1) : 1;
        struct host_app *grown =
            mem_resize(ACCOUNT_hosts, h->app, sizeof *h->app * cap, sizeof *h->app << log);
        if (!grown)
            return h->apps ? (uint16_t)(h->apps - 1) : UINT16_MAX;
        h->app = grown;
        h->apps_cap_log = log;
    }
    h->app[h->apps] = (struct host_app){.master = master, .app = app};
    return h->apps++;
}

void host_tick(struct host *h, uint32_t tick, unsigned side, uint64_t bytes, uint64_t packets)
{
    uint64_t sum = rate_add(&h->rate, tick, side, bytes, packets);
    if (sum > h->peak_bytes)
        h->peak_bytes = sum;
    if (h->series) {
        uint32_t at = tick % HOST_SERIES;
        if (h->series->stamp[at] != tick) {
            h->series->stamp[at] = tick;
            h->series->bytes[0][at] = h->series->bytes[1][at] = 0;
        }
        uint32_t *second = &h->series->bytes[side][at];
        *second = bytes < series_most - *second ? *second + (uint32_t)bytes : series_most;
    }
}

struct host_more *host_more(struct host *h)
{
    if (!h->more)
        h->more = mem_alloc(ACCOUNT_hosts, sizeof *h->more);
    return h->more;
}

/* Room for one more row of a list that doubles up to most; false when it is full or without memory.
 */
static bool grow(void **row, uint16_t n, uint16_t *cap, size_t size, uint16_t most)
{
    if (n < *cap)
        return true;
    if (n >= most)
        return false;
    uint16_t wider = (uint16_t)(*cap ? *cap * 2 : 2);
    void *grown = mem_resize(ACCOUNT_hosts, *row, *cap * size, wider * size);
    if (!grown)
        return false;
    *row = grown;
    *cap = wider;
    return true;
}

void host_count_icmp(struct host *h, uint8_t version, uint8_t type, uint8_t code, unsigned side,
                     const struct addr *peer)
{
    struct host_more *m = host_more(h);
    if (!m)
        return;
    struct host_icmp *slot = NULL;
    for (unsigned i = 0; i < m->icmps && !slot; i++)
        if (m->icmp[i].version == version && m->icmp[i].type == type && m->icmp[i].code == code)
            slot = &m->icmp[i];
    if (!slot) {
        /* A host that was sent every type there is keeps the last row for the rest. */
        bool room = grow((void **)&m->icmp, m->icmps, &m->icmp_cap, sizeof *m->icmp, HOST_ICMP);
        if (!room && !m->icmps)
            return;
        slot = &m->icmp[room ? m->icmps++ : m->icmps - 1];
        slot->version = version;
        slot->type = type;
        slot->code = code;
    }
    slot->packets[side]++;
    slot->last_peer[side] = *peer;
}

void host_count_name(struct host *h, enum host_name_list which, const uint8_t *name, size_t len)
{
    struct host_more *m = len ? host_more(h) : NULL;
    if (!m)
        return;
    struct host_names *list = &m->names[which];
    if (len >= sizeof list->row->name)
        len = sizeof list->row->name - 1;
    unsigned least = 0;
    for (unsigned i = 0; i < list->n; i++) {
        if (!memcmp(list->row[i].name, name, len) && !list->row[i].name[len]) {
            list->row[i].count++;
            return;
        }
        if (list->row[i].count < list->row[least].count)
            least = i;
    }
    /* A full list gives up its rarest name and the newcomer inherits the count (space saving,
     * Metwally 2005): counts are upper bounds, the frequent ones are always there. */
    uint64_t inherited = 0;
    if (grow((void **)&list->row, list->n, &list->cap, sizeof *list->row, HOST_NAMES))
        least = list->n++;
    else if (list->n)
        inherited = list->row[least].count;
    else
        return;
    memcpy(list->row[least].name, name, len);
    list->row[least].name[len] = '\0';
    list->row[least].count = inherited + 1;
}

void host_set_name(struct host *h, enum name_rank rank, const uint8_t *name, size_t len)
{
    if (!len || rank < (enum name_rank)h->name_rank)
        return;
    if (!h->name)
        h->name = mem_alloc(ACCOUNT_names, NAME_BYTES);
    if (!h->name)
        return;
    if (len >= NAME_BYTES)
        len = NAME_BYTES - 1;
    memcpy(h->name, name, len);
    h->name[len] = '\0';
    h->name_rank = (uint8_t)rank;
}

void host_set_os(struct host *h, const char *os)
{
    if (!h->os)
        h->os = mem_alloc(ACCOUNT_names, OS_BYTES);
    if (h->os) {
        size_t len = strnlen(os, OS_BYTES - 1);
        memcpy(h->os, os, len);
        h->os[len] = '\0';
    }
}

unsigned hosts_expire(struct hosts *hs, uint32_t from, uint32_t to, nsec_t now)
{
    unsigned gone = 0;
    for (uint32_t i = from > HOST_OTHERS ? from : HOST_OTHERS + 1; i < to; i++) {
        struct host *h = host_at(hs, i);
        if (!h->first || h->flows[0] || h->flows[1])
            continue;
        if (now - h->last <= (h->is_local ? hs->local_idle : hs->remote_idle))
            continue;
        table_remove(&hs->table, host_hash(&h->addr, h->vlan), i);
        if (hs->forgotten)
            hs->forgotten(hs->owner, h);
        host_free_parts(hs, h);
        hs->local -= h->is_local;
        *h = (struct host){0}; /* nothing of it may be read through an index that somebody kept */
        pool_give(&hs->pool, i);
        gone++;
    }
    hs->expired += gone;
    return gone;
}

void host_to_row(const struct hosts *hs, uint32_t index, uint32_t tick, struct host_row *row)
{
    static const char *const source[] = {"", "sni", "http", "dns", "netbios", "mdns", "dhcp"};
    const struct host *h = host_at(hs, index);
    struct rate_value rate = rate_read(&h->rate, tick);
    *row = (struct host_row){
        .addr = h->addr,
        .vlan = h->vlan,
        .is_local = h->is_local,
        .is_multicast = h->is_multicast,
        .network = h->network,
        .mac = h->mac,
        .first = h->first,
        .last = h->last,
        .traffic = h->traffic,
        .goodput = {h->goodput[0], h->goodput[1]},
        .bps_side = {rate.bytes[0] * 8, rate.bytes[1] * 8},
        .pps = rate.packets,
        .peak_bps = h->peak_bytes * 8,
        .flows_client = h->flows[0],
        .flows_server = h->flows[1],
        .total_flows_client = h->total_flows[0],
        .total_flows_server = h->total_flows[1],
        .low_goodput_client = h->low_goodput[0],
        .low_goodput_server = h->low_goodput[1],
        .unanswered_client = h->unanswered[0],
        .unanswered_server = h->unanswered[1],
        .alerted_flows = h->alerted_flows,
        .score = h->score,
    };
    row->bps = row->bps_side[0] + row->bps_side[1];
    row->trend = row->bps > rate.before * 8   ? TREND_UP
                 : row->bps < rate.before * 8 ? TREND_DOWN
                                              : TREND_STEADY;
    memcpy(row->l4, h->l4, sizeof row->l4);
    memcpy(row->sizes, h->sizes, sizeof row->sizes);
    for (unsigned s = 0; s < 2; s++) {
        row->retrans[s] = h->retrans[s];
        row->ooo[s] = h->ooo[s];
        row->lost[s] = h->lost[s];
        row->tcp_syn[s] = h->syn[s];
        row->tcp_fin[s] = h->fin[s];
        row->tcp_rst[s] = h->rst[s];
        if (!h->more)
            continue;
        row->dns_queries[s] = h->more->dns_queries[s];
        row->dns_replies_ok[s] = h->more->dns_replies_ok[s];
        row->dns_replies_error[s] = h->more->dns_replies_error[s];
        row->http_requests[s] = h->more->http_requests[s];
        memcpy(row->http_codes[s], h->more->http_codes[s], sizeof row->http_codes[s]);
    }
    if (h->name)
        memcpy(row->name, h->name, NAME_BYTES);
    strncpy(row->name_source, source[h->name_rank], sizeof row->name_source - 1);
    if (h->os)
        memcpy(row->os, h->os, OS_BYTES);
}

static unsigned copy_names(struct host_name_count *to, const struct host_names *from)
{
    if (from->n)
        memcpy(to, from->row, from->n * sizeof *to);
    return from->n;
}

void host_to_detail(const struct hosts *hs, uint32_t index, uint32_t tick, nsec_t now,
                    struct host_detail *d)
{
    const struct host *h = host_at(hs, index);
    host_to_row(hs, index, tick, &d->row);
    d->apps = h->apps;
    if (h->apps)
        memcpy(d->app, h->app, sizeof *h->app * h->apps);
    if (h->more) {
        const struct host_more *m = h->more;
        d->icmps = m->icmps;
        if (m->icmps)
            memcpy(d->icmp, m->icmp, m->icmps * sizeof *m->icmp);
        d->dns_names = copy_names(d->dns_name, &m->names[HOST_NAMES_DNS]);
        d->http_names = copy_names(d->http_name, &m->names[HOST_NAMES_HTTP]);
        d->other_names = copy_names(d->other_name, &m->names[HOST_NAMES_OTHER]);
    }
    if (!h->series)
        return;
    d->series_n = HOST_SERIES;
    d->series_end = now;
    uint32_t born = (uint32_t)(h->first / SECOND); /* before that there is no data, not zero */
    for (unsigned i = 0; i < HOST_SERIES; i++) {
        uint32_t t = tick - (HOST_SERIES - i); /* up to the last whole second */
        uint32_t at = t % HOST_SERIES;
        bool there = h->series->stamp[at] == t;
        for (unsigned s = 0; s < 2; s++)
            d->series[s][i] = there ? h->series->bytes[s][at] : t < born ? UINT32_MAX : 0;
    }
}
