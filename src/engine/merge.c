/* merge.c - rows of several workers become rows of one answer. */
#include "engine/merge.h"

#include <stdlib.h>
#include <string.h>

#include "engine/answer.h"
#include "engine/merge_exporters.h"
#include "engine/merge_hosts.h"

enum { SERIES_APPS = 10 };

static int compare_traffic(const struct record *a, const struct record *b)
{
    uint64_t left = a->sent_bytes + a->rcvd_bytes, right = b->sent_bytes + b->rcvd_bytes;
    return left < right ? -1 : left > right;
}

/* qsort_r's context. */
static int order_records(const void *x, const void *y, void *context)
{
    const struct record *a = *(struct record *const *)x, *b = *(struct record *const *)y;
    const struct question *q = context;
    int order;
    if (q->sort) {
        order = record_compare(a, b, q->sort);
    } else {
        order = compare_traffic(a, b);
    }
    if (!order && q->sort && q->sort->offset == offsetof(struct record, bps))
        order = compare_traffic(a, b);
    if (order)
        return q->ascending ? order : -order;
    return record_order(a, b);
}

static int order_hosts(const void *x, const void *y, void *context)
{
    const struct host_row *a = x, *b = y;
    const struct question *q = context;
    struct sort_key left = sort_key_of_host(q->sort, a), right = sort_key_of_host(q->sort, b);
    int order = sort_key_compare(&left, &right);
    if (order)
        return q->ascending ? order : -order;
    order = addr_compare(&a->addr, &b->addr);
    return order ? order : (int)a->vlan - (int)b->vlan;
}

static int order_groups(const void *x, const void *y, void *context)
{
    const struct group_row *a = x, *b = y;
    const struct question *q = context;
    struct sort_key left = sort_key_of_group(q->sort, a), right = sort_key_of_group(q->sort, b);
    int order = sort_key_compare(&left, &right);
    if (order)
        return q->ascending ? order : -order;
    return a->id < b->id ? -1 : a->id > b->id;
}

static int order_tops(const void *x, const void *y, void *context)
{
    const struct top_row *a = x, *b = y;
    const struct question *q = context;
    uint64_t left, right;
    if (q->sort && !strcmp(q->sort->member, "bps")) {
        left = a->bps;
        right = b->bps;
    } else if (q->sort && !strcmp(q->sort->member, "packets")) {
        left = a->packets[0] + a->packets[1];
        right = b->packets[0] + b->packets[1];
    } else {
        left = a->bytes[0] + a->bytes[1];
        right = b->bytes[0] + b->bytes[1];
    }
    if (left != right)
        return (left < right) == q->ascending ? -1 : 1;
    return strcmp(a->key, b->key);
}

static int order_events(const void *x, const void *y, void *context)
{
    const struct event_row *a = x, *b = y;
    (void)context;
    if (a->ts != b->ts)
        return a->ts > b->ts ? -1 : 1;
    return strcmp(a->text, b->text);
}

static void add_group(struct group_row *a, const struct group_row *b)
{
    a->first = a->first < b->first ? a->first : b->first;
    a->last = a->last > b->last ? a->last : b->last;
    merge_traffic(&a->traffic, &b->traffic);
    a->bps += b->bps;
    a->flows += b->flows;
    a->total_flows += b->total_flows;
    a->hosts = a->hosts > b->hosts ? a->hosts : b->hosts; /* mostly the same addresses */
    merge_pair(a->arp_requests, b->arp_requests);
    merge_pair(a->arp_replies, b->arp_replies);
    group_told_add(&a->told, &b->told);
}

static void add_top(struct top_row *a, const struct top_row *b)
{
    merge_pair(a->bytes, b->bytes);
    merge_pair(a->packets, b->packets);
    a->bps += b->bps;
    a->flows += b->flows;
}

void totals_add(struct totals_row *t, const struct totals_row *more)
{
    /* Everything from `packets` on is a sum but for the few that are handled first. */
    unsigned workers = t->workers + more->workers, done = t->workers_done + more->workers_done;
    nsec_t now = t->now > more->now ? t->now : more->now;
    nsec_t last = t->last > more->last ? t->last : more->last;
    nsec_t first = !t->first || (more->first && more->first < t->first) ? more->first : t->first;
    uint64_t *to = t->packets;
    const uint64_t *from = more->packets;
    size_t words = (offsetof(struct totals_row, workers) - offsetof(struct totals_row, packets)) /
                   sizeof(uint64_t);
    for (size_t i = 0; i < words; i++)
        to[i] += from[i];
    t->workers = workers;
    t->workers_done = done;
    t->now = now;
    t->first = first;
    t->last = last;
}

static uint32_t rows_total(struct answer *const *part, unsigned n)
{
    uint32_t rows = 0;
    for (unsigned i = 0; i < n; i++)
        rows += part[i]->n;
    return rows;
}

/* What the page shows of n ordered rows. */
static uint32_t page_of(const struct question *q, uint32_t n, uint32_t *from)
{
    *from = q->offset < n ? q->offset : n;
    uint32_t left = n - *from;
    return left < q->limit ? left : q->limit;
}

static struct answer_box *merge_flows(const struct question *q, struct answer *const *part,
                                      unsigned n)
{
    uint32_t rows = rows_total(part, n), from, k = 0;
    struct record **order = mem_alloc(ACCOUNT_answers, (rows + 1) * sizeof(struct record *));
    if (!order)
        return NULL;
    for (unsigned i = 0; i < n; i++)
        for (uint32_t r = 0; r < part[i]->n; r++)
            order[k++] = &part[i]->records[r];
    qsort_r(order, rows, sizeof *order, order_records, (void *)(uintptr_t)q);
    uint32_t shown = page_of(q, rows, &from);
    struct answer_box *box = answer_new(QUESTION_FLOWS, shown);
    for (uint32_t i = 0; box && i < shown; i++)
        record_copy(&box->answer.records[i], order[from + i]);
    if (box)
        box->answer.n = shown;
    mem_free(ACCOUNT_answers, order, (rows + 1) * sizeof(struct record *));
    return box;
}

struct answer_box *merge_gather(enum question_kind kind, size_t size, struct answer *const *part,
                                unsigned n, void *(*rows_of)(struct answer *))
{
    struct answer_box *box = answer_new(kind, rows_total(part, n));
    if (!box)
        return NULL;
    for (unsigned i = 0; i < n; i++) {
        if (part[i]->n)
            memcpy((char *)rows_of(&box->answer) + box->answer.n * size, rows_of(part[i]),
                   part[i]->n * size);
        box->answer.n += part[i]->n;
    }
    return box;
}

static void *hosts_of(struct answer *a)
{
    return a->hosts;
}

static void *groups_of(struct answer *a)
{
    return a->groups;
}

static void *tops_of(struct answer *a)
{
    return a->tops;
}

static void *events_of(struct answer *a)
{
    return a->events;
}

void merge_cut_page(const struct question *q, struct answer *a, void *rows, size_t size)
{
    uint32_t from, shown = page_of(q, a->n, &from);
    if (!a->n)
        return;
    memmove(rows, (char *)rows + from * size, shown * size);
    a->n = shown;
}

static int same_host(const void *x, const void *y)
{
    const struct host_row *a = x, *b = y;
    int order = addr_compare(&a->addr, &b->addr);
    if (order)
        return order;
    if (a->vlan != b->vlan)
        return (int)a->vlan - (int)b->vlan;
    return a->iface < b->iface ? -1 : a->iface > b->iface;
}

static int same_group(const void *x, const void *y)
{
    const struct group_row *a = x, *b = y;
    return a->id < b->id ? -1 : a->id > b->id;
}

static int same_top(const void *x, const void *y)
{
    return strcmp(((const struct top_row *)x)->key, ((const struct top_row *)y)->key);
}

/* Sorts rows so that equal ones are neighbours, and adds those up. Returns how many are left. */
static uint32_t join_rows(void *rows, uint32_t n, size_t size,
                          int (*same)(const void *, const void *),
                          void (*add)(void *, const void *))
{
    char *base = rows;
    uint32_t kept = 0;
    if (n < 2)
        return n;
    qsort(rows, n, size, same);
    for (uint32_t i = 0; i < n; i++) {
        if (kept && !same(base + (kept - 1) * size, base + i * size)) {
            add(base + (kept - 1) * size, base + i * size);
            continue;
        }
        if (kept != i)
            memcpy(base + kept * size, base + i * size, size);
        kept++;
    }
    return kept;
}

static void join_host(void *to, const void *from)
{
    merge_host(to, from);
}

static void join_group(void *to, const void *from)
{
    add_group(to, from);
}

static void join_top(void *to, const void *from)
{
    add_top(to, from);
}

static struct answer_box *merge_hosts(const struct question *q, struct answer *const *part,
                                      unsigned n)
{
    struct answer_box *box =
        merge_gather(QUESTION_HOSTS, sizeof(struct host_row), part, n, hosts_of);
    if (!box)
        return NULL;
    struct answer *a = &box->answer;
    if (n > 1)
        a->n = join_rows(a->hosts, a->n, sizeof *a->hosts, same_host, join_host);
    if (a->n)
        qsort_r(a->hosts, a->n, sizeof *a->hosts, order_hosts, (void *)(uintptr_t)q);
    merge_cut_page(q, a, a->hosts, sizeof *a->hosts);
    return box;
}

static struct answer_box *merge_groups(const struct question *q, struct answer *const *part,
                                       unsigned n)
{
    struct answer_box *box =
        merge_gather(QUESTION_GROUPS, sizeof(struct group_row), part, n, groups_of);
    if (!box)
        return NULL;
    struct answer *a = &box->answer;
    if (n > 1)
        a->n = join_rows(a->groups, a->n, sizeof *a->groups, same_group, join_group);
    a->total = a->n;
    if (a->n)
        qsort_r(a->groups, a->n, sizeof *a->groups, order_groups, (void *)(uintptr_t)q);
    merge_cut_page(q, a, a->groups, sizeof *a->groups);
    return box;
}

static struct answer_box *merge_tops(const struct question *q, struct answer *const *part,
                                     unsigned n)
{
    struct answer_box *box = merge_gather(QUESTION_TOP, sizeof(struct top_row), part, n, tops_of);
    if (!box)
        return NULL;
    struct answer *a = &box->answer;
    if (n > 1)
        a->n = join_rows(a->tops, a->n, sizeof *a->tops, same_top, join_top);
    a->total = n == 1 ? part[0]->total : a->n; /* one alone may have told its largest only */
    if (a->n)
        qsort_r(a->tops, a->n, sizeof *a->tops, order_tops, (void *)(uintptr_t)q);
    merge_cut_page(q, a, a->tops, sizeof *a->tops);
    return box;
}

static struct answer_box *merge_events(const struct question *q, struct answer *const *part,
                                       unsigned n)
{
    struct answer_box *box =
        merge_gather(QUESTION_EVENTS, sizeof(struct event_row), part, n, events_of);
    if (!box)
        return NULL;
    struct answer *a = &box->answer;
    a->total = a->n;
    if (a->n)
        qsort_r(a->events, a->n, sizeof *a->events, order_events, NULL);
    merge_cut_page(q, a, a->events, sizeof *a->events);
    return box;
}

/* Parts are in the order of the question; of several names of a host the best is taken. */
static struct answer_box *merge_names(const struct question *q, struct answer *const *part,
                                      unsigned n)
{
    struct answer_box *box = answer_new(QUESTION_NAMES, q->named_n);
    for (uint32_t r = 0; box && r < q->named_n; r++) {
        struct name_row *best = &box->answer.names[box->answer.n++];
        for (unsigned i = 0; i < n; i++)
            if (part[i]->names[r].rank > best->rank)
                *best = part[i]->names[r];
    }
    return box;
}

static void add_series(struct series_row *to, const struct series_row *from)
{
    for (uint32_t i = 0; i < to->n && i < from->n; i++) {
        /* Rows end at their own second; line them up by it. */
        int64_t shift = (to->end - from->end) / SECOND;
        int64_t at = (int64_t)i + shift + ((int64_t)from->n - (int64_t)to->n);
        if (at < 0 || at >= (int64_t)from->n || from->value[at] == UINT64_MAX)
            continue;
        to->value[i] =
            to->value[i] == UINT64_MAX ? from->value[at] : to->value[i] + from->value[at];
    }
}

static uint64_t series_sum(const struct series_row *row)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < row->n; i++)
        sum += row->value[i] == UINT64_MAX ? 0 : row->value[i];
    return sum;
}

static bool is_app(const struct series_row *row)
{
    return !strncmp(row->name, "app:", 4);
}

static int order_series(const void *x, const void *y)
{
    const struct series_row *a = x, *b = y;
    if (is_app(a) != is_app(b))
        return is_app(a) ? 1 : -1;
    uint64_t left = series_sum(a), right = series_sum(b);
    if (is_app(a) && left != right)
        return left > right ? -1 : 1;
    return is_app(a) ? strcmp(a->name, b->name) : 0;
}

/* Keeps the largest applications and adds the others up as one line. */
static void fold_small_apps(struct answer *a)
{
    uint32_t first = 0;
    while (first < a->n && !is_app(&a->series[first]))
        first++;
    if (a->n - first <= SERIES_APPS)
        return;
    qsort(a->series + first, a->n - first, sizeof *a->series, order_series);
    uint32_t other = first + SERIES_APPS;
    for (uint32_t i = other + 1; i < a->n; i++) {
        add_series(&a->series[other], &a->series[i]);
        mem_free(ACCOUNT_answers, a->series[i].value, a->series[i].n * sizeof(uint64_t));
    }
    strncpy(a->series[other].name, "app:other", sizeof a->series[other].name - 1);
    a->n = other + 1;
}

static struct answer_box *merge_series(struct answer *const *part, unsigned n)
{
    struct answer_box *box = answer_new(QUESTION_SERIES, rows_total(part, n));
    if (!box)
        return NULL;
    struct answer *a = &box->answer;
    for (unsigned i = 0; i < n; i++) {
        for (uint32_t r = 0; r < part[i]->n; r++) {
            struct series_row *row = &part[i]->series[r];
            uint32_t k = 0;
            while (k < a->n && strcmp(a->series[k].name, row->name))
                k++;
            if (k < a->n) {
                add_series(&a->series[k], row);
                continue;
            }
            /* The values change owner; the part forgets them. */
            a->series[a->n++] = *row;
            row->value = NULL;
            row->n = 0;
        }
    }
    fold_small_apps(a);
    return box;
}

static struct answer_box *merge_one(enum question_kind kind, struct answer *const *part, unsigned n)
{
    struct answer_box *box = answer_new(kind, 1);
    if (!box)
        return NULL;
    struct answer *a = &box->answer;
    for (unsigned i = 0; i < n; i++) {
        if (kind == QUESTION_TOTALS && part[i]->totals)
            totals_add(a->totals, part[i]->totals);
        if (!part[i]->found)
            continue;
        if (kind == QUESTION_FLOW) {
            record_copy(a->records, part[i]->records);
            memcpy(a->hop, part[i]->hop, sizeof a->hop);
            a->hops = part[i]->hops;
            if (!a->latest) {
                a->latest = part[i]->latest; /* from now on it is this answer's */
                part[i]->latest = NULL;
            }
        } else if (kind == QUESTION_HOST && a->found)
            merge_detail(a->host, part[i]->host);
        else if (kind == QUESTION_HOST)
            *a->host = *part[i]->host;
        a->found = true;
    }
    a->n = a->found || kind == QUESTION_TOTALS;
    return box;
}

struct answer *merge_answers(const struct question *q, struct answer *const *part, unsigned n)
{
    struct answer_box *box = NULL;
    switch (q->kind) {
    case QUESTION_FLOWS:
        box = merge_flows(q, part, n);
        break;
    case QUESTION_HOSTS:
        box = merge_hosts(q, part, n);
        break;
    case QUESTION_GROUPS:
        box = merge_groups(q, part, n);
        break;
    case QUESTION_TOP:
        box = merge_tops(q, part, n);
        break;
    case QUESTION_NAMES:
        box = merge_names(q, part, n);
        break;
    case QUESTION_EVENTS:
        box = merge_events(q, part, n);
        break;
    case QUESTION_EXPORTERS:
    case QUESTION_EXPORTER:
        box = merge_exporters(q, part, n);
        break;
    case QUESTION_TEMPLATES:
        box = merge_templates(part, n);
        break;
    case QUESTION_TOLD:
        box = merge_told(q, part, n);
        break;
    case QUESTION_SERIES:
    case QUESTION_METER:
        box = merge_series(part, n);
        break;
    case QUESTION_FLOW:
    case QUESTION_HOST:
    case QUESTION_TOTALS:
        box = merge_one(q->kind, part, n);
        break;
    }
    if (!box)
        return NULL;
    struct answer *a = &box->answer;
    bool sums_rows = q->kind == QUESTION_FLOWS || q->kind == QUESTION_HOSTS;
    for (unsigned i = 0; i < n; i++) {
        if (part[i]->now > a->now)
            a->now = part[i]->now;
        if (sums_rows)
            a->total += part[i]->total;
        a->sum_bytes += part[i]->sum_bytes;
        a->sum_packets += part[i]->sum_packets;
        a->sum_bps += part[i]->sum_bps;
    }
    return a;
}
