/* answer.c - the worker's side of a question: a slice of a table at a time, into the asker's part.
 *
 * FLOWS and HOSTS are read in two phases: the first walks the table and keeps the best in a heap,
 * by index and generation; the second makes rows of those that are still there.
 */
#include "engine/answer.h"

#include <stdio.h>
#include <string.h>

enum { SLICE_ENTRIES = 1024 };

static bool is_better(const struct pick *a, const struct pick *b, bool ascending)
{
    int order = sort_key_compare(&a->key, &b->key);
    if (order)
        return ascending ? order < 0 : order > 0;
    if (a->key.tie != b->key.tie)
        return a->key.tie < b->key.tie;
    return a->index < b->index;
}

void picks_offer(struct picks *ps, const struct pick *p, bool ascending)
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

bool picks_start(struct picks *ps, const struct question *q)
{
    uint64_t rows = (uint64_t)q->offset + q->limit;
    ps->limit = rows < QUESTION_ROWS ? (uint32_t)rows : QUESTION_ROWS;
    ps->pick = mem_alloc(ACCOUNT_answers, (ps->limit + 1) * sizeof *ps->pick);
    return ps->pick != NULL;
}

bool part_give_up(struct part *p)
{
    answer_free(p->box ? &p->box->answer : NULL);
    p->box = NULL;
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
            return part_give_up(p);
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
            return part_give_up(p);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t t = w->tick - n + i;
            uint32_t bytes;
            bool there = group_second(group, t, &bytes);
            bool seen = series_get(&w->series, t, 0) != UINT64_MAX;
            a->series[a->n - 1].value[i] = there ? bytes : seen ? 0 : UINT64_MAX;
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
        for (unsigned i = 0; p->worker->known.on && i < KNOWN_KINDS; i++)
            census_take(&p->worker->known.now[i], &p->known[i], ACCOUNT_answers);
        p->box->answer.n = 1;
    }
    return true;
}

bool part_step(struct part *p, uint32_t entries)
{
    bool done = true;
    switch (p->question.kind) {
    case QUESTION_FLOWS:
        done = part_step_flows(p, entries);
        break;
    case QUESTION_FLOW:
        done = part_step_flow(p, entries);
        break;
    case QUESTION_HOSTS:
        done = part_step_hosts(p, entries);
        break;
    case QUESTION_HOST:
        done = part_step_host(p);
        break;
    case QUESTION_GROUPS:
        done = part_step_groups(p, entries);
        break;
    case QUESTION_TOP:
        done = part_step_top(p, entries);
        break;
    case QUESTION_TOTALS:
        done = step_totals(p);
        break;
    case QUESTION_SERIES:
        done = step_series(p);
        break;
    case QUESTION_NAMES:
        done = part_step_names(p, entries);
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

void worker_answer_rest(struct worker *w)
{
    pthread_mutex_lock(&w->idle_lock);
    while (worker_answer(w)) {
    }
    pthread_mutex_unlock(&w->idle_lock);
}
