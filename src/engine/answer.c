/* answer.c - the worker's side of a question: a slice of a table at a time, into the asker's part.
 *
 * FLOWS and HOSTS are read in two phases: the first walks the table and keeps the best in a heap,
 * by index and generation; the second makes rows of those that are still there.
 */
#include "engine/answer.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"

enum { SLICE_ENTRIES = 1024, TOP_SUMS = 65536, TOP_SUMS_START = 256 };

static bool is_better(const struct pick *a, const struct pick *b, bool ascending)
{
    int order = sort_key_compare(&a->key, &b->key);
    if (order)
        return ascending ? order < 0 : order > 0;
    if (a->key.tie != b->key.tie)
        return a->key.tie < b->key.tie;
    return a->index < b->index;
}

/* Offers a pick to the heap, whose root is the worst that is kept. */
static void picks_offer(struct picks *ps, const struct pick *p, bool ascending)
{
    struct pick *heap = ps->pick;
    if (ps->n < ps->limit) {
        uint32_t i = ps->n++;
        while (i && is_better(&heap[(i - 1) / 2], p, ascending)) {
            heap[i] = heap[(i - 1) / 2];
            i = (i - 1) / 2;
        }
        heap[i] = *p;
        return;
    }
    if (!ps->n || !is_better(p, &heap[0], ascending))
        return;
    uint32_t i = 0;
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= ps->n)
            break;
        if (child + 1 < ps->n && is_better(&heap[child], &heap[child + 1], ascending))
            child++;
        if (is_better(&heap[child], p, ascending))
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = *p;
}

static bool picks_start(struct picks *ps, const struct question *q)
{
    ps->limit = q->offset + q->limit;
    if (ps->limit > QUESTION_ROWS)
        ps->limit = QUESTION_ROWS;
    ps->pick = mem_alloc(ACCOUNT_answers, (ps->limit + 1) * sizeof *ps->pick);
    return ps->pick != NULL;
}

/* The simplest orders need no record. */
static bool quick_key(const struct worker *w, uint32_t index, const struct field *f,
                      struct sort_key *k)
{
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    const struct flow_cold *c = flow_cold_at(&w->flows, index);
    if (!f || !strcmp(f->member, "bytes"))
        k->word[0] = c->bytes[0] + c->bytes[1] + h->bytes[0] + h->bytes[1];
    else if (!strcmp(f->member, "bps"))
        k->word[0] = c->stamp + 1 == w->tick ? c->tick_bytes : 0;
    else if (!strcmp(f->member, "first"))
        k->word[0] = (uint64_t)c->first;
    else if (!strcmp(f->member, "last"))
        k->word[0] = (uint64_t)flow_last(h);
    else
        return false;
    return true;
}

static void scan_flow(struct part *p, uint32_t index)
{
    struct worker *w = p->worker;
    const struct question *q = &p->question;
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    const struct flow_cold *c = flow_cold_at(&w->flows, index);
    struct answer *a = &p->box->answer;
    struct pick pick = {.index = index, .generation = c->generation};
    bool quick = filter_is_empty(q->filter) && quick_key(w, index, q->sort, &pick.key);
    if (!quick) {
        flow_to_record(w, index, false, &w->scratch);
        if (!filter_match(q->filter, &w->scratch))
            return;
        pick.key = sort_key_of_record(q->sort, &w->scratch);
    }
    pick.key.tie = (uint64_t)c->first;
    a->total++;
    a->sum_bytes += c->bytes[0] + c->bytes[1] + h->bytes[0] + h->bytes[1];
    a->sum_packets += c->packets[0] + c->packets[1] + h->packets[0] + h->packets[1];
    a->sum_bps += c->stamp + 1 == w->tick ? (uint64_t)c->tick_bytes * 8 : 0;
    picks_offer(&p->picks, &pick, q->ascending);
}

static bool step_flows(struct part *p, uint32_t entries)
{
    struct worker *w = p->worker;
    if (!p->box) {
        if (!(p->box = answer_new(QUESTION_FLOWS, 0)) || !picks_start(&p->picks, &p->question))
            return true;
        p->at = 1;
    }
    for (; entries && p->at < w->flows.hot.top; entries--, p->at++)
        if (flow_hot_at(&w->flows, p->at)->bits & FLOW_USED)
            scan_flow(p, p->at);
    if (p->at < w->flows.hot.top)
        return false;
    struct answer_box *box = answer_new(QUESTION_FLOWS, p->picks.n);
    if (!box)
        return true;
    struct record *rows = box->answer.records;
    size_t room = box->rows;
    box->answer = p->box->answer;
    box->answer.records = rows;
    answer_free(&p->box->answer);
    p->box = box;
    for (uint32_t i = 0; i < p->picks.n && box->answer.n < room; i++) {
        const struct pick *pick = &p->picks.pick[i];
        if ((flow_hot_at(&w->flows, pick->index)->bits & FLOW_USED) &&
            flow_cold_at(&w->flows, pick->index)->generation == pick->generation)
            flow_to_record(w, pick->index, false, &rows[box->answer.n++]);
    }
    return true;
}

static bool step_flow(struct part *p, uint32_t entries)
{
    struct worker *w = p->worker;
    if (!p->box) {
        if (!(p->box = answer_new(QUESTION_FLOW, 1)))
            return true;
        p->at = 1;
    }
    for (; entries && p->at < w->flows.hot.top; entries--, p->at++) {
        if (!(flow_hot_at(&w->flows, p->at)->bits & FLOW_USED))
            continue;
        char id[33];
        flow_to_record(w, p->at, false, &w->scratch);
        record_flow_id(&w->scratch, id);
        if (strcmp(id, p->question.flow_id))
            continue;
        record_copy(p->box->answer.records, &w->scratch);
        p->box->answer.n = 1;
        p->box->answer.found = true;
        return true;
    }
    return p->at >= w->flows.hot.top;
}

static void mark_hosts(struct part *p, uint32_t index)
{
    struct worker *w = p->worker;
    flow_to_record(w, index, false, &w->scratch);
    if (!filter_match(p->question.filter, &w->scratch))
        return;
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    for (unsigned end = 0; end < 2; end++) {
        size_t word = h->host[end] / 64;
        if (word < p->marked_words)
            p->marked[word] |= 1ull << (h->host[end] % 64);
    }
}

bool part_restrict(struct part *p, const struct answer *hosts)
{
    p->only = mem_alloc(ACCOUNT_answers, hosts->n * sizeof *p->only);
    if (!p->only)
        return false;
    p->only_n = hosts->n;
    for (uint32_t i = 0; i < hosts->n; i++)
        p->only[i] = (struct host_only){hosts->hosts[i].addr, hosts->hosts[i].vlan};
    return true;
}

static bool host_wanted(const struct part *p, uint32_t index, const struct host_row *row)
{
    const struct question *q = &p->question;
    /* The second round takes a host whole, wherever its matching flow is. */
    if (p->only_n) {
        for (uint32_t i = 0; i < p->only_n; i++)
            if (addr_equal(&p->only[i].addr, &row->addr) && p->only[i].vlan == row->vlan)
                return true;
        return false;
    }
    if (p->marked &&
        (index / 64 >= p->marked_words || !(p->marked[index / 64] >> (index % 64) & 1)))
        return false;
    if (q->hosts_local >= 0 && row->is_local != (q->hosts_local == 1))
        return false;
    if (!q->host_text || !q->host_text[0])
        return true;
    char text[ADDR_TEXT];
    addr_print(&row->addr, text);
    return strcasestr(text, q->host_text) || strcasestr(row->name, q->host_text);
}

static void scan_host(struct part *p, uint32_t index)
{
    struct worker *w = p->worker;
    const struct host *h = host_at(&w->hosts, index);
    bool others = index == HOST_OTHERS;
    if (others ? !(h->traffic.packets[0] | h->traffic.packets[1]) : !h->first)
        return;
    struct host_row row;
    host_to_row(&w->hosts, index, w->tick, &row);
    row.iface = w->iface;
    if (!host_wanted(p, index, &row))
        return;
    struct pick pick = {.key = sort_key_of_host(p->question.sort, &row), .index = index};
    pick.key.tie = (uint64_t)row.first;
    p->box->answer.total++;
    picks_offer(&p->picks, &pick, p->question.ascending);
}

static void fill_device(const struct worker *w, uint32_t index, struct host_row *row)
{
    const struct host *h = host_at(&w->hosts, index);
    if (!h->mac_group)
        return;
    const struct group *g = group_at(&w->groups, h->mac_group);
    row->is_router_mac = g->hosts > 3;
    for (unsigned s = 0; s < 2; s++) {
        row->arp_requests[s] = g->arp_requests[s];
        row->arp_replies[s] = g->arp_replies[s];
    }
    if (!row->name[0] && g->name && g->hosts == 1) {
        strncpy(row->name, g->name, sizeof row->name - 1);
        strncpy(row->name_source, "dhcp", sizeof row->name_source - 1);
    }
}

/* Phase 0 marks the hosts of matching flows, phase 1 walks the hosts. */
static bool step_hosts(struct part *p, uint32_t entries)
{
    struct worker *w = p->worker;
    if (!p->box) {
        if (!(p->box = answer_new(QUESTION_HOSTS, 0)) || !picks_start(&p->picks, &p->question))
            return true;
        p->at = 1;
        p->phase = filter_is_empty(p->question.filter) || p->only_n;
        if (!p->phase) {
            p->marked_words = w->hosts.pool.top / 64 + 1;
            p->marked = mem_alloc(ACCOUNT_answers, p->marked_words * sizeof *p->marked);
            if (!p->marked)
                return true;
        }
    }
    for (; !p->phase && entries && p->at < w->flows.hot.top; entries--, p->at++)
        if (flow_hot_at(&w->flows, p->at)->bits & FLOW_USED)
            mark_hosts(p, p->at);
    if (!p->phase) {
        if (p->at < w->flows.hot.top)
            return false;
        p->phase = 1;
        p->at = 1;
    }
    for (; entries && p->at < w->hosts.pool.top; entries--, p->at++)
        scan_host(p, p->at);
    if (p->at < w->hosts.pool.top)
        return false;
    struct answer_box *box = answer_new(QUESTION_HOSTS, p->picks.n);
    if (!box)
        return true;
    box->answer.total = p->box->answer.total;
    answer_free(&p->box->answer);
    p->box = box;
    for (uint32_t i = 0; i < p->picks.n; i++) {
        const struct pick *pick = &p->picks.pick[i];
        /* Forgotten since the walk came by, or another one in its place. */
        if ((uint64_t)host_at(&w->hosts, pick->index)->first != pick->key.tie)
            continue;
        struct host_row *row = &box->answer.hosts[box->answer.n++];
        host_to_row(&w->hosts, pick->index, w->tick, row);
        row->iface = w->iface;
        fill_device(w, pick->index, row);
    }
    return true;
}

static bool step_host(struct part *p)
{
    struct worker *w = p->worker;
    p->box = answer_new(QUESTION_HOST, 1);
    uint32_t index = hosts_find(&w->hosts, &p->question.addr, p->question.vlan);
    if (!p->box || !index)
        return true;
    host_to_detail(&w->hosts, index, w->tick, (nsec_t)w->tick * SECOND, p->box->answer.host);
    p->box->answer.host->row.iface = w->iface;
    fill_device(w, index, &p->box->answer.host->row);
    p->box->answer.found = true;
    return true;
}

static bool step_groups(struct part *p)
{
    struct worker *w = p->worker;
    uint32_t n = 0;
    for (uint32_t i = 1; i < w->groups.pool.top; i++)
        n += group_at(&w->groups, i)->kind == p->question.group;
    p->box = answer_new(QUESTION_GROUPS, n);
    if (!p->box)
        return true;
    struct answer *a = &p->box->answer;
    for (uint32_t i = 1; i < w->groups.pool.top; i++) {
        const struct group *g = group_at(&w->groups, i);
        bool empty = !g->traffic.packets[0] && !g->traffic.packets[1] && !g->total_flows &&
                     g->kind != GROUP_MAC;
        if (g->kind != p->question.group || empty)
            continue;
        struct group_row *row = &a->groups[a->n++];
        group_to_row(&w->groups, i, w->tick, row);
        if (g->kind == GROUP_NETWORK && g->id < w->config->locals->n)
            strncpy(row->name, w->config->locals->net[g->id].name, sizeof row->name - 1);
    }
    a->total = a->n;
    return true;
}

static bool grow_sums(struct part *p)
{
    uint32_t cap = p->sums_cap ? p->sums_cap * 2 : TOP_SUMS_START;
    struct top_sum *grown = mem_alloc(ACCOUNT_answers, cap * sizeof *grown);
    if (!grown)
        return false;
    for (uint32_t i = 0; i < p->sums_cap; i++) {
        if (!p->sums[i].hash)
            continue;
        uint32_t at = (uint32_t)p->sums[i].hash & (cap - 1);
        while (grown[at].hash)
            at = (at + 1) & (cap - 1);
        grown[at] = p->sums[i];
    }
    mem_free(ACCOUNT_answers, p->sums, p->sums_cap * sizeof *p->sums);
    p->sums = grown;
    p->sums_cap = cap;
    return true;
}

/* The sum for a key, made when new; past the bound everything new goes to one line. */
static struct top_sum *sum_of(struct part *p, const char *key, size_t len)
{
    static const char others[] = "(others)";
    if (p->sums_n * 2 >= p->sums_cap && !grow_sums(p))
        return NULL;
    for (;;) {
        uint64_t hash = hash_bytes(key, len) | 1;
        uint32_t at = (uint32_t)hash & (p->sums_cap - 1);
        while (p->sums[at].hash) {
            const struct top_row *row = &p->sums[at].row;
            if (p->sums[at].hash == hash && !strncmp(row->key, key, len) && !row->key[len])
                return &p->sums[at];
            at = (at + 1) & (p->sums_cap - 1);
        }
        if (p->sums_n < TOP_SUMS || key == others) {
            p->sums[at].hash = hash;
            memcpy(p->sums[at].row.key, key, len);
            p->sums_n++;
            return &p->sums[at];
        }
        key = others;
        len = sizeof others - 1;
    }
}

static void add_sum(struct part *p, const char *key, size_t len, const struct addr *addr,
                    bool swapped)
{
    const struct record *r = &p->worker->scratch;
    size_t most = sizeof p->sums->row.key - 1;
    struct top_sum *s = sum_of(p, key, len < most ? len : most);
    if (!s)
        return;
    if (addr)
        s->row.addr = *addr;
    s->row.bytes[swapped] += r->sent_bytes;
    s->row.bytes[!swapped] += r->rcvd_bytes;
    s->row.packets[swapped] += r->sent_packets;
    s->row.packets[!swapped] += r->rcvd_packets;
    s->row.bps += r->bps;
    s->row.flows++;
}

static void sum_flow(struct part *p, uint32_t index, struct text *key)
{
    struct worker *w = p->worker;
    const struct question *q = &p->question;
    struct record *r = &w->scratch;
    flow_to_record(w, index, false, r);
    if (!filter_match(q->filter, r))
        return;
    char addr[ADDR_TEXT];
    if (q->by_host) {
        add_sum(p, addr, addr_print(&r->client, addr), &r->client, false);
        if (!addr_equal(&r->client, &r->server))
            add_sum(p, addr, addr_print(&r->server, addr), &r->server, true);
        return;
    }
    text_reset(key);
    record_print(key, r, q->by);
    const struct addr *a = q->by->kind == KIND_addr
                               ? (const struct addr *)(const void *)((char *)r + q->by->offset)
                               : NULL;
    add_sum(p, key->data ? key->data : "", key->len, a, false);
}

static bool step_top(struct part *p, uint32_t entries)
{
    struct worker *w = p->worker;
    p->at = p->at ? p->at : 1;
    struct text key = {0};
    for (; entries && p->at < w->flows.hot.top; entries--, p->at++)
        if (flow_hot_at(&w->flows, p->at)->bits & FLOW_USED)
            sum_flow(p, p->at, &key);
    text_free(&key);
    if (p->at < w->flows.hot.top)
        return false;
    p->box = answer_new(QUESTION_TOP, p->sums_n);
    if (!p->box)
        return true;
    for (uint32_t i = 0; i < p->sums_cap; i++)
        if (p->sums[i].hash)
            p->box->answer.tops[p->box->answer.n++] = p->sums[i].row;
    p->box->answer.total = p->box->answer.n;
    return true;
}

static bool new_series_row(struct answer *a, const char *name, const char *unit, uint32_t n,
                           nsec_t end)
{
    struct series_row *row = &a->series[a->n];
    row->value = mem_alloc(ACCOUNT_answers, n * sizeof *row->value);
    if (!row->value)
        return false;
    strncpy(row->name, name, sizeof row->name - 1);
    strncpy(row->unit, unit, sizeof row->unit - 1);
    row->n = n;
    row->end = end;
    a->n++;
    return true;
}

static bool step_series(struct part *p)
{
    struct worker *w = p->worker;
    uint32_t n = p->question.seconds, apps = 0;
    n = n < 1 ? 1 : n > SERIES_SECONDS ? SERIES_SECONDS : n;
    for (uint32_t i = 1; i < w->groups.pool.top; i++)
        apps += group_at(&w->groups, i)->series != NULL;
    p->box = answer_new(QUESTION_SERIES, SERIES_COLUMNS + apps);
    if (!p->box || !w->series.value)
        return true;
    struct answer *a = &p->box->answer;
    nsec_t end = (nsec_t)w->tick * SECOND;
    for (unsigned c = 0; c < SERIES_COLUMNS; c++) {
        if (!new_series_row(a, series_names[c], series_units[c], n, end))
            return true;
        for (uint32_t i = 0; i < n; i++)
            a->series[a->n - 1].value[i] = series_get(&w->series, w->tick - n + i, c);
    }
    for (uint32_t g = 1; g < w->groups.pool.top; g++) {
        const struct group *group = group_at(&w->groups, g);
        if (!group->series)
            continue;
        struct group_row row;
        char name[72];
        group_to_row(&w->groups, g, w->tick, &row);
        snprintf(name, sizeof name, "app:%s", row.name);
        if (!new_series_row(a, name, "bytes", n, end))
            return true;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t t = w->tick - n + i;
            bool there = group->series_stamp[t % GROUP_SERIES] == t;
            bool seen = series_get(&w->series, t, 0) != UINT64_MAX;
            a->series[a->n - 1].value[i] = there  ? group->series[t % GROUP_SERIES]
                                           : seen ? 0
                                                  : UINT64_MAX;
        }
    }
    return true;
}

static bool step_events(struct part *p)
{
    const struct events *ev = &p->worker->events;
    uint32_t n = ev->n < EVENTS_KEPT ? ev->n : EVENTS_KEPT;
    p->box = answer_new(QUESTION_EVENTS, n);
    for (uint32_t i = 0; p->box && i < n; i++)
        p->box->answer.events[p->box->answer.n++] = ev->row[(ev->n - 1 - i) % EVENTS_KEPT];
    return true;
}

static bool step_totals(struct part *p)
{
    p->box = answer_new(QUESTION_TOTALS, 1);
    if (p->box) {
        worker_totals(p->worker, p->box->answer.totals);
        p->box->answer.n = 1;
    }
    return true;
}

bool part_step(struct part *p, uint32_t entries)
{
    bool done = true;
    switch (p->question.kind) {
    case QUESTION_FLOWS:
        done = step_flows(p, entries);
        break;
    case QUESTION_FLOW:
        done = step_flow(p, entries);
        break;
    case QUESTION_HOSTS:
        done = step_hosts(p, entries);
        break;
    case QUESTION_HOST:
        done = step_host(p);
        break;
    case QUESTION_GROUPS:
        done = step_groups(p);
        break;
    case QUESTION_TOP:
        done = step_top(p, entries);
        break;
    case QUESTION_TOTALS:
        done = step_totals(p);
        break;
    case QUESTION_SERIES:
        done = step_series(p);
        break;
    case QUESTION_EVENTS:
        done = step_events(p);
        break;
    }
    if (done && p->box)
        p->box->answer.now = p->worker->now;
    return done;
}

/* Hands a finished part to its asker, unless nobody waits any more. */
static void deliver(struct part *p)
{
    int open = PART_OPEN;
    if (atomic_compare_exchange_strong(&p->state, &open, PART_READY))
        event_set(&p->asking->done);
    part_put(p);
}

bool worker_answer(struct worker *w)
{
    if (mailbox_has(&w->questions)) {
        struct part **last = &w->open;
        while (*last)
            last = &(*last)->next;
        for (struct letter *l = mailbox_take(&w->questions); l;) {
            struct letter *next = l->next;
            struct part *p = (struct part *)(void *)l; /* the letter is its first member */
            p->next = NULL;
            *last = p;
            last = &p->next;
            l = next;
        }
    }
    struct part *p = w->open;
    if (!p)
        return false;
    nsec_t began = clock_cpu();
    bool dropped = atomic_load(&p->state) == PART_ABANDONED;
    if (dropped || part_step(p, SLICE_ENTRIES)) {
        w->open = p->next;
        w->tally.questions++;
        deliver(p);
    }
    w->tally.question_ns += clock_cpu() - began;
    return w->open != NULL;
}
