/* answer.c - the worker's side of a question: a slice of a table at a time, into the asker's part.
 *
 * FLOWS and HOSTS are read in two phases: the first walks the table and keeps the best in a heap,
 * by index and generation; the second makes rows of those that are still there.
 */
#include "engine/answer.h"

#include <string.h>

/* A slice is as many entries as take 20 us: some 600 flows by their traffic, but 50 that a filter
 * looks at. While packets come, a question has every fifth microsecond at most; it may then be late,
 * but packets are not lost for it. */
enum { SLICE_NS = 20000, SLICE_FIRST = 64, SLICE_LEAST = 16, SLICE_MOST = 8192, SLICE_PAUSE = 5 };

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

bool part_begin_rows(struct part *p)
{
    struct answer_box *box = answer_new(p->question.kind, p->picks.n);
    if (!box)
        return !part_give_up(p);
    const struct answer *sums = &p->box->answer;
    box->answer.total = sums->total;
    box->answer.sum_bytes = sums->sum_bytes;
    box->answer.sum_packets = sums->sum_packets;
    box->answer.sum_bps = sums->sum_bps;
    answer_free(&p->box->answer);
    p->box = box;
    p->phase = PHASE_ROWS;
    p->at = 0;
    p->slice = SLICE_FIRST; /* a row is more work than a look */
    return true;
}

bool part_give_up(struct part *p)
{
    answer_free(p->box ? &p->box->answer : NULL);
    p->box = NULL;
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
        done = part_step_series(p, entries);
        break;
    case QUESTION_NAMES:
        done = part_step_names(p, entries);
        break;
    case QUESTION_EVENTS:
        done = step_events(p);
        break;
    case QUESTION_EXPORTERS:
    case QUESTION_EXPORTER:
        done = part_step_exporters(p, entries);
        break;
    case QUESTION_METER:
        done = part_step_meter(p);
        break;
    case QUESTION_TEMPLATES:
        done = part_step_templates(p, entries);
        break;
    case QUESTION_TOLD:
        done = part_step_told(p);
        break;
    }
    if (done && p->box)
        p->box->answer.now = p->worker->now;
    return done;
}

/* As many entries as would have taken SLICE_NS, but no more than twice as many as before. */
static void fit_slice(struct part *p, nsec_t spent)
{
    uint64_t fit = spent > 0 ? (uint64_t)p->slice * SLICE_NS / (uint64_t)spent : SLICE_MOST;
    fit = fit < 2 * (uint64_t)p->slice ? fit : 2 * (uint64_t)p->slice;
    p->slice = fit > SLICE_MOST ? SLICE_MOST : fit < SLICE_LEAST ? SLICE_LEAST : (uint32_t)fit;
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
            p->slice = SLICE_FIRST;
            *last = p;
            last = &p->next;
            l = next;
        }
    }
    struct part *p = w->open;
    if (!p)
        return false;
    if (w->pressed && w->now < w->answer_next)
        return true;
    nsec_t began = clock_cpu();
    bool dropped = atomic_load(&p->state) == PART_ABANDONED;
    bool done = dropped || part_step(p, p->slice);
    nsec_t spent = clock_cpu() - began;
    p->spent += spent;
    fit_slice(p, spent);
    if (done) {
        w->open = p->next;
        w->tally.questions++;
        deliver(p);
    }
    w->tally.question_ns += spent;
    w->answer_next = w->now + spent * SLICE_PAUSE;
    return w->open != NULL;
}

void worker_answer_rest(struct worker *w)
{
    pthread_mutex_lock(&w->idle_lock);
    while (worker_answer(w)) {
    }
    pthread_mutex_unlock(&w->idle_lock);
}
