/* edition.c - slots that a worker fills in turn, and the answers that readers make of them.
 *
 * A reader counts itself into the published slot and looks again whether that slot still is the
 * published one; if not, it leaves and takes the other. The worker fills a slot that is not
 * published and has no reader. Whoever counts itself in after the worker has looked finds another
 * number published and leaves without having read.
 */
#include "engine/edition.h"

#include <string.h>

#include "engine/answer.h"

void editions_init(struct editions *es)
{
    atomic_store(&es->published, -1);
}

static void give_rows(struct edition *ed)
{
    mem_free(ACCOUNT_editions, ed->flow, EDITION_STORE * sizeof *ed->flow);
    mem_free(ACCOUNT_editions, ed->host, EDITION_STORE * sizeof *ed->host);
    mem_free(ACCOUNT_editions, ed->talker, LEADERS_MOST * sizeof *ed->talker);
    mem_free(ACCOUNT_editions, ed->app, EDITION_APPS * sizeof *ed->app);
    ed->talker = NULL;
    ed->app = NULL;
    ed->flow = NULL;
    ed->host = NULL;
}

void editions_fini(struct editions *es)
{
    for (unsigned i = 0; i < EDITION_SLOTS; i++) {
        struct edition *ed = &es->slot[i];
        give_rows(ed);
        for (unsigned k = 0; k < KNOWN_KINDS; k++)
            mem_free(ACCOUNT_editions, ed->known[k].hash, ed->known[k].cap * sizeof(uint64_t));
    }
}

/* A slot that nobody reads, or NULL. The lowest number first: mostly two are in use. */
static struct edition *free_slot(struct editions *es)
{
    int published = atomic_load(&es->published);
    for (int i = 0; i < EDITION_SLOTS; i++)
        if (i != published && !atomic_load(&es->slot[i].readers))
            return &es->slot[i];
    return NULL;
}

/* --- filling --- */

/* The place of an index among the first n of a list, or n. */
static uint32_t place_of(const struct leader *list, uint32_t n, uint32_t index)
{
    uint32_t i = 0;
    while (i < n && list[i].index != index)
        i++;
    return i;
}

/* These make the row of an entry at a place of the store; false when the entry is gone. */

static bool fill_flow(struct worker *w, const struct leader *x, struct edition *ed, uint32_t at)
{
    if (!(flow_hot_at(&w->flows, x->index)->bits & FLOW_USED) ||
        flow_cold_at(&w->flows, x->index)->first != x->first)
        return false;
    flow_to_record(w, x->index, false, &ed->flow[at]);
    return true;
}

static bool fill_host(struct worker *w, const struct leader *x, struct edition *ed, uint32_t at)
{
    if (host_at(&w->hosts, x->index)->first != x->first)
        return false;
    host_to_answer(w, x->index, &ed->host[at]);
    return true;
}

/* Makes the rows of both orders, each once, and the orders. Returns the number of rows. */
static uint32_t fill_table(struct worker *w, struct edition *ed, struct leader *const by[],
                           const uint32_t n[], struct edition_list *list,
                           bool (*fill)(struct worker *, const struct leader *, struct edition *,
                                        uint32_t))
{
    uint16_t row[EDITION_ROWS]; /* of the first order's entries */
    uint32_t rows = 0, first = n[0] < EDITION_ROWS ? n[0] : EDITION_ROWS;
    for (unsigned o = 0; o < EDITION_ORDERS; o++) {
        list[o].n = 0;
        for (uint32_t i = 0; i < n[o] && i < EDITION_ROWS; i++) {
            uint32_t twin = o ? place_of(by[0], first, by[o][i].index) : first;
            uint16_t at = twin < first ? row[twin] : (uint16_t)rows;
            if (twin == first)
                at = fill(w, &by[o][i], ed, rows) ? (uint16_t)rows++ : UINT16_MAX;
            if (!o)
                row[i] = at;
            if (at != UINT16_MAX)
                list[o].row[list[o].n++] = at;
        }
    }
    return rows;
}

static bool have_rows(struct edition *ed)
{
    if (!ed->flow)
        ed->flow = mem_alloc(ACCOUNT_editions, EDITION_STORE * sizeof *ed->flow);
    if (!ed->host)
        ed->host = mem_alloc(ACCOUNT_editions, EDITION_STORE * sizeof *ed->host);
    if (!ed->talker)
        ed->talker = mem_alloc(ACCOUNT_editions, LEADERS_MOST * sizeof *ed->talker);
    if (!ed->app)
        ed->app = mem_alloc(ACCOUNT_editions, EDITION_APPS * sizeof *ed->app);
    return ed->flow && ed->host && ed->talker && ed->app;
}

static void fill_talkers(const struct worker *w, struct edition *ed)
{
    const struct leads *l = &w->leads;
    ed->talkers_n = l->loudest_n;
    ed->talkers_all = l->loudest_all;
    ed->talkers_total = w->hosts.busy;
    if (l->loudest_n)
        memcpy(ed->talker, l->loudest, l->loudest_n * sizeof *ed->talker);
}

/* What an application has counted, without what went with flows that have ended. */
static void fill_app(const struct worker *w, uint32_t index, struct top_row *row)
{
    const struct group *g = group_at(&w->groups, index);
    struct group_row group;
    group_to_row(&w->groups, index, w->tick, &group);
    *row = (struct top_row){.bps = group.bps, .flows = g->flows};
    memcpy(row->key, group.name, sizeof group.name);
    for (unsigned side = 0; side < 2; side++) {
        row->bytes[side] = g->traffic.bytes[side] - g->ended.bytes[side];
        row->packets[side] = g->traffic.packets[side] - g->ended.packets[side];
    }
}

static void fill_apps(const struct worker *w, struct edition *ed)
{
    uint64_t flows = 0;
    ed->apps_n = 0;
    for (uint32_t i = w->groups.first_app; i && ed->apps_n < EDITION_APPS;
         i = group_at(&w->groups, i)->next_alike) {
        if (!group_at(&w->groups, i)->flows)
            continue;
        fill_app(w, i, &ed->app[ed->apps_n]);
        flows += ed->app[ed->apps_n++].flows;
    }
    ed->apps_all = flows == ed->totals.flows_active;
}

static void fill_rows(struct worker *w, struct edition *ed)
{
    const struct leads *l = &w->leads;
    ed->flows_n = fill_table(w, ed, l->flows, l->flows_n, ed->flows, fill_flow);
    ed->hosts_n = fill_table(w, ed, l->hosts, l->hosts_n, ed->hosts_by, fill_host);
    for (unsigned o = 0; o < EDITION_ORDERS; o++) {
        ed->flows[o].all = ed->flows[o].n >= ed->totals.flows_active;
        ed->hosts_by[o].all = ed->hosts_by[o].n >= ed->hosts;
    }
    fill_talkers(w, ed);
    fill_apps(w, ed);
}

void edition_publish(struct worker *w)
{
    struct editions *es = &w->editions;
    struct edition *ed = free_slot(es);
    es->due = false;
    if (!ed)
        return; /* readers of three seconds are still at it; the next second tries again */
    ed->now = w->now;
    worker_totals(w, &ed->totals);
    ed->flows_bps = w->tally.rate_bytes * 8;
    ed->hosts = w->hosts.pool.used - 1 + hosts_have_others(&w->hosts);
    for (unsigned i = 0; w->known.on && i < KNOWN_KINDS; i++)
        census_take(&w->known.now[i], &ed->known[i], ACCOUNT_editions);
    ed->has_rows = w->leads.on && w->leads.flows[0] && w->leads.hosts[0] && have_rows(ed);
    if (ed->has_rows)
        fill_rows(w, ed);
    else
        give_rows(ed);
    atomic_store(&es->published, (int)(ed - es->slot));
    unsigned wanted = atomic_load_explicit(&es->wanted, memory_order_relaxed);
    if (wanted)
        atomic_store_explicit(&es->wanted, wanted - 1, memory_order_relaxed);
}

void edition_withdraw(struct worker *w)
{
    atomic_store(&w->editions.published, -1);
}

/* --- reading --- */

struct edition *edition_get(struct worker *w, nsec_t wall)
{
    struct editions *es = &w->editions;
    for (int at; (at = atomic_load(&es->published)) >= 0;) {
        struct edition *ed = &es->slot[at];
        atomic_fetch_add(&ed->readers, 1);
        bool newest = atomic_load(&es->published) == at;
        nsec_t age = newest ? wall - ed->now : 0;
        if (newest && age < EDITION_STALE * SECOND && age > -EDITION_STALE * SECOND)
            return ed;
        edition_put(ed);
        if (newest)
            return NULL;
    }
    return NULL;
}

void edition_put(struct edition *ed)
{
    atomic_fetch_sub(&ed->readers, 1);
}

/* The order that a sort asks for, or EDITION_ORDERS when there is no list of it. */
static enum edition_order order_of(const struct question *q)
{
    if (q->ascending)
        return EDITION_ORDERS;
    if (!q->sort || !strcmp(q->sort->member, "bytes"))
        return EDITION_BY_BYTES;
    return !strcmp(q->sort->member, "bps") ? EDITION_BY_BPS : EDITION_ORDERS;
}

/* How many rows of the list the page needs; UINT32_MAX when the list is too short for it. */
static uint32_t rows_needed(const struct edition_list *list, const struct question *q)
{
    uint64_t end = (uint64_t)q->offset + q->limit;
    if (end <= list->n)
        return (uint32_t)end;
    return list->all ? list->n : UINT32_MAX;
}

static struct answer_box *answer_flows(const struct edition *ed, const struct question *q)
{
    enum edition_order order = order_of(q);
    if (!ed->has_rows || order == EDITION_ORDERS || !filter_is_empty(q->filter))
        return NULL;
    const struct edition_list *list = &ed->flows[order];
    uint32_t n = rows_needed(list, q);
    struct answer_box *box = n == UINT32_MAX ? NULL : answer_new(QUESTION_FLOWS, n);
    if (!box)
        return NULL;
    struct answer *a = &box->answer;
    for (a->n = 0; a->n < n; a->n++)
        record_copy(&a->records[a->n], &ed->flow[list->row[a->n]]);
    a->total = ed->totals.flows_active;
    a->sum_bytes = ed->totals.flow_bytes_active;
    a->sum_packets = ed->totals.flow_packets_active;
    a->sum_bps = ed->flows_bps;
    return box;
}

static bool is_among(const struct question *q, const struct host_row *row)
{
    return q->hosts_local < 0 || row->is_local == (q->hosts_local == 1);
}

/* Local or remote hosts alone are found among the largest of all, if enough of them are there. */
static uint32_t choose_hosts(const struct edition *ed, const struct edition_list *list,
                             const struct question *q, uint16_t *chosen)
{
    uint64_t end = (uint64_t)q->offset + q->limit;
    uint32_t n = 0;
    for (uint32_t i = 0; i < list->n && n < end; i++)
        if (is_among(q, &ed->host[list->row[i]]))
            chosen[n++] = list->row[i];
    return n == end || list->all ? n : UINT32_MAX;
}

static struct answer_box *answer_hosts(const struct edition *ed, const struct question *q)
{
    enum edition_order order = order_of(q);
    if (!ed->has_rows || order == EDITION_ORDERS || !filter_is_empty(q->filter) ||
        (q->host_text && q->host_text[0]))
        return NULL;
    uint16_t chosen[EDITION_ROWS];
    uint32_t n = choose_hosts(ed, &ed->hosts_by[order], q, chosen);
    struct answer_box *box = n == UINT32_MAX ? NULL : answer_new(QUESTION_HOSTS, n);
    if (!box)
        return NULL;
    struct answer *a = &box->answer;
    for (a->n = 0; a->n < n; a->n++)
        a->hosts[a->n] = ed->host[chosen[a->n]];
    uint64_t local = ed->totals.hosts_local;
    a->total = q->hosts_local < 0 ? ed->hosts : q->hosts_local ? local : ed->hosts - local;
    return box;
}

static struct answer_box *answer_talkers(const struct edition *ed, const struct question *q)
{
    uint64_t end = (uint64_t)q->offset + q->limit;
    if (end > ed->talkers_n && !ed->talkers_all)
        return NULL;
    uint32_t n = end < ed->talkers_n ? (uint32_t)end : ed->talkers_n;
    struct answer_box *box = answer_new(QUESTION_TOP, n);
    for (uint32_t i = 0; box && i < n; i++) {
        const struct talker *x = &ed->talker[i];
        struct top_row *row = &box->answer.tops[box->answer.n++];
        *row = (struct top_row){.addr = x->addr,
                                .bytes = {x->bytes[0], x->bytes[1]},
                                .packets = {x->packets[0], x->packets[1]},
                                .bps = x->bps,
                                .flows = x->flows};
        addr_print(&x->addr, row->key);
    }
    return box;
}

static struct answer_box *answer_apps(const struct edition *ed)
{
    struct answer_box *box = ed->apps_all ? answer_new(QUESTION_TOP, ed->apps_n) : NULL;
    if (!box)
        return NULL;
    if (ed->apps_n)
        memcpy(box->answer.tops, ed->app, ed->apps_n * sizeof *ed->app);
    box->answer.n = ed->apps_n;
    return box;
}

/* Rankings of all active flows, by host and by application. */
static struct answer_box *answer_top(const struct edition *ed, const struct question *q)
{
    if (!ed->has_rows || q->sort || !filter_is_empty(q->filter))
        return NULL;
    struct answer_box *box = NULL;
    if (q->by_host)
        box = answer_talkers(ed, q);
    else if (q->by && q->by->kind == KIND_app)
        box = answer_apps(ed);
    if (box)
        box->answer.total = q->by_host ? ed->talkers_total : box->answer.n;
    return box;
}

struct answer_box *edition_answer(const struct edition *ed, const struct question *q)
{
    struct answer_box *box = NULL;
    switch (q->kind) {
    case QUESTION_TOTALS:
        if ((box = answer_new(QUESTION_TOTALS, 1))) {
            *box->answer.totals = ed->totals;
            box->answer.n = 1;
        }
        break;
    case QUESTION_FLOWS:
        box = answer_flows(ed, q);
        break;
    case QUESTION_HOSTS:
        box = answer_hosts(ed, q);
        break;
    case QUESTION_TOP:
        box = answer_top(ed, q);
        break;
    case QUESTION_FLOW:
    case QUESTION_HOST:
    case QUESTION_GROUPS:
    case QUESTION_SERIES:
    case QUESTION_NAMES:
    case QUESTION_EVENTS:
    case QUESTION_EXPORTERS:
    case QUESTION_EXPORTER:
    case QUESTION_METER:
    case QUESTION_TEMPLATES:
    case QUESTION_TOLD:
        break;
    }
    if (box)
        box->answer.now = ed->now;
    return box;
}
