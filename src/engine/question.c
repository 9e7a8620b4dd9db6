/* question.c - the asker's side: letters to the workers, a wait, and one answer out of the parts. */
#include <stdlib.h>
#include <string.h>

#include "engine/answer.h"
#include "engine/engine_private.h"
#include "engine/exporter_detail.h"
#include "engine/merge.h"

enum { PARTS = 1024, CANDIDATES = 64 };

static _Thread_local nsec_t spent; /* see question_spent() */
static struct answer_box nothing;  /* when not even an empty answer can be had */

static size_t row_size(enum question_kind kind)
{
    switch (kind) {
    case QUESTION_FLOWS:
    case QUESTION_FLOW:
        return sizeof(struct record);
    case QUESTION_HOSTS:
        return sizeof(struct host_row);
    case QUESTION_HOST:
        return sizeof(struct host_detail);
    case QUESTION_GROUPS:
        return sizeof(struct group_row);
    case QUESTION_TOP:
        return sizeof(struct top_row);
    case QUESTION_TOTALS:
        return sizeof(struct totals_row);
    case QUESTION_SERIES:
    case QUESTION_METER:
        return sizeof(struct series_row);
    case QUESTION_NAMES:
        return sizeof(struct name_row);
    case QUESTION_EVENTS:
        return sizeof(struct event_row);
    case QUESTION_EXPORTERS:
    case QUESTION_EXPORTER:
        return sizeof(struct exporter_view);
    case QUESTION_TEMPLATES:
        return sizeof(struct kept_exporter);
    case QUESTION_TOLD:
        return sizeof(struct told_row);
    }
    return 0;
}

/* The member of the answer that holds rows of the kind. */
static void **rows_of(struct answer *a, enum question_kind kind)
{
    switch (kind) {
    case QUESTION_FLOWS:
    case QUESTION_FLOW:
        return (void **)&a->records;
    case QUESTION_HOSTS:
        return (void **)&a->hosts;
    case QUESTION_HOST:
        return (void **)&a->host;
    case QUESTION_GROUPS:
        return (void **)&a->groups;
    case QUESTION_TOP:
        return (void **)&a->tops;
    case QUESTION_TOTALS:
        return (void **)&a->totals;
    case QUESTION_SERIES:
    case QUESTION_METER:
        return (void **)&a->series;
    case QUESTION_NAMES:
        return (void **)&a->names;
    case QUESTION_EXPORTERS:
    case QUESTION_EXPORTER:
        return (void **)&a->exporters;
    case QUESTION_TEMPLATES:
        return (void **)&a->kept;
    case QUESTION_TOLD:
        return (void **)&a->told;
    case QUESTION_EVENTS:
        break;
    }
    return (void **)&a->events;
}

struct answer_box *answer_new(enum question_kind kind, size_t rows)
{
    struct answer_box *box = mem_alloc(ACCOUNT_answers, sizeof *box);
    if (!box)
        return NULL;
    box->kind = kind;
    if (!rows)
        return box;
    void *memory = mem_alloc(ACCOUNT_answers, rows * row_size(kind));
    if (!memory) {
        mem_free(ACCOUNT_answers, box, sizeof *box);
        return NULL;
    }
    *rows_of(&box->answer, kind) = memory;
    box->rows = rows;
    return box;
}

void answer_free(struct answer *a)
{
    if (!a || a == &nothing.answer)
        return;
    struct answer_box *box = (struct answer_box *)(void *)a; /* its first member */
    for (uint32_t i = 0; a->series && i < a->n; i++)
        mem_free(ACCOUNT_answers, a->series[i].value, a->series[i].n * sizeof(uint64_t));
    for (uint32_t i = 0; a->kept && i < a->n; i++)
        text_free(&a->kept[i].packed);
    exporter_detail_free(&a->exporter);
    if (a->latest)
        mem_free(ACCOUNT_answers, a->latest, sizeof *a->latest);
    if (box->rows)
        mem_free(ACCOUNT_answers, *rows_of(a, box->kind), box->rows * row_size(box->kind));
    mem_free(ACCOUNT_answers, box, sizeof *box);
}

static void asking_put(struct asking *as)
{
    if (atomic_fetch_sub(&as->references, 1) > 1)
        return;
    event_fini(&as->done);
    mem_free(ACCOUNT_answers, as, sizeof *as);
}

void part_put(struct part *p)
{
    if (atomic_fetch_sub(&p->references, 1) > 1)
        return;
    filter_free((struct filter *)(uintptr_t)p->question.filter);
    answer_free(p->box ? &p->box->answer : NULL);
    mem_free(ACCOUNT_answers, p->picks.pick, (p->picks.limit + 1) * sizeof *p->picks.pick);
    mem_free(ACCOUNT_answers, p->marked, p->marked_words * sizeof *p->marked);
    sample_free(&p->matched);
    for (unsigned i = 0; i < KNOWN_KINDS; i++)
        sample_free(&p->known[i]);
    if (p->edition)
        edition_put(p->edition);
    top_sums_free(&p->sums);
    mem_free(ACCOUNT_answers, p->only, p->only_n * sizeof *p->only);
    asking_put(p->asking);
    mem_free(ACCOUNT_answers, p, sizeof *p);
}

static struct part *part_new(const struct question *q, struct worker *w, struct asking *as)
{
    struct part *p = mem_alloc(ACCOUNT_answers, sizeof *p);
    if (!p)
        return NULL;
    p->question = *q;
    p->question.filter = filter_keep(q->filter);
    if (q->host_text) {
        strncpy(p->host_text, q->host_text, sizeof p->host_text - 1);
        p->question.host_text = p->host_text;
    }
    p->worker = w;
    p->asking = as;
    atomic_fetch_add(&as->references, 1);
    atomic_store(&p->references, 2);
    return p;
}

/* Answers in the asker's own thread, for a worker without one. False when it has one. */
static bool answer_inline(struct part *p)
{
    struct worker *w = p->worker;
    pthread_mutex_lock(&w->idle_lock);
    int state = atomic_load(&w->state);
    bool idle = state == WORKER_STOPPED || state == WORKER_NEW;
    while (idle && !part_step(p, UINT32_MAX)) {
    }
    pthread_mutex_unlock(&w->idle_lock);
    if (!idle)
        return false;
    atomic_store(&p->state, PART_READY);
    part_put(p);
    return true;
}

/* "Other hosts" are a row like any host, but no host. */
static void note_others(struct part *p)
{
    static const struct addr none;
    if (p->question.hosts_local != 1 && p->edition->hosts > p->edition->totals.hosts_active)
        sample_add(&p->matched, known_hash(&none, 0, p->worker->iface));
}

/* Answers out of what the worker has published; and says that somebody wants to know. */
static bool answer_published(struct part *p)
{
    struct worker *w = p->worker;
    bool by_host = p->question.kind == QUESTION_TOP && p->question.by_host;
    if (p->question.fresh || p->only_n || (p->samples && !w->known.on))
        return false;
    /* A host's sums are whole only when all who know it have told them. */
    if (by_host && !p->alone)
        return false;
    if (by_host)
        atomic_store_explicit(&w->editions.talkers_wanted, EDITION_WANTED, memory_order_relaxed);
    if (p->question.kind != QUESTION_TOTALS)
        atomic_store_explicit(&w->editions.wanted, EDITION_WANTED, memory_order_relaxed);
    struct edition *ed = edition_get(w, clock_wall());
    if (!ed)
        return false;
    p->box = edition_answer(ed, &p->question);
    if (!p->box) {
        edition_put(ed);
        return false;
    }
    p->edition = ed;
    if (p->samples)
        note_others(p);
    atomic_store(&p->state, PART_READY);
    part_put(p);
    return true;
}

static void send_part(struct part *p)
{
    struct worker *w = p->worker;
    if (answer_published(p) || answer_inline(p))
        return;
    mailbox_send(&w->questions, &p->letter);
    /* A worker that stopped meanwhile may have looked for letters for the last time. */
    if (atomic_load(&w->state) == WORKER_STOPPED) {
        worker_answer_rest(w);
        return;
    }
    event_set(&w->wake);
    w->source->ops->wake(w->source);
}

/* True when every part is ready; waits for it until the deadline. */
static bool wait_parts(struct part **part, unsigned n, struct asking *as, nsec_t deadline)
{
    for (;;) {
        event_clear(&as->done);
        bool all = true;
        for (unsigned i = 0; i < n && all; i++)
            all = atomic_load(&part[i]->state) == PART_READY;
        if (all)
            return true;
        if (!event_wait(&as->done, deadline))
            return false;
    }
}

/* One round: the question to each worker of the interface, and what came back in time. */
struct round {
    const struct flow_place *place; /* FLOW: where it is; or NULL */
    const struct host_id *only;     /* NAMES; HOSTS, second round: about these alone */
    uint32_t only_n;
    bool samples; /* first of two rounds */
    struct part *part[PARTS];
    unsigned n;
    bool complete;
};

static unsigned asked_workers(const struct engine *en, int iface)
{
    unsigned n = 0;
    for (unsigned i = 0; i < en->n; i++)
        n += iface < 0 || (unsigned)iface == i ? en->interface[i].n : 0;
    return n;
}

static void ask_round(struct engine *en, const struct question *q, struct round *r)
{
    struct asking *as = mem_alloc(ACCOUNT_answers, sizeof *as);
    r->n = 0;
    r->complete = as != NULL;
    if (!as)
        return;
    event_init(&as->done);
    atomic_store(&as->references, 1);
    for (unsigned i = 0; i < en->n; i++) {
        if (q->iface >= 0 && (unsigned)q->iface != i)
            continue;
        for (unsigned k = 0; k < en->interface[i].n; k++) {
            if (r->place && (!r->place->slot || r->place->iface != i || r->place->worker != k))
                continue;
            struct part *p = r->n < PARTS ? part_new(q, &en->interface[i].worker[k], as) : NULL;
            if (!p || (r->only_n && !part_restrict(p, r->only, r->only_n))) {
                r->complete = false;
                if (p) {
                    part_put(p);
                    part_put(p);
                }
                continue;
            }
            p->samples = r->samples;
            p->alone = asked_workers(en, q->iface) == 1;
            p->only_slot = r->place ? r->place->slot : 0;
            p->only_generation = r->place ? r->place->generation : 0;
            r->part[r->n++] = p;
        }
    }
    for (unsigned i = 0; i < r->n; i++)
        send_part(r->part[i]);
    nsec_t deadline = clock_mono() + (q->timeout ? q->timeout : SECOND);
    if (wait_parts(r->part, r->n, as, deadline)) {
        asking_put(as);
        return;
    }
    /* Leave behind those who are late: they notice, and free their part by themselves. */
    unsigned kept = 0;
    for (unsigned i = 0; i < r->n; i++) {
        int open = PART_OPEN;
        if (atomic_compare_exchange_strong(&r->part[i]->state, &open, PART_ABANDONED)) {
            part_put(r->part[i]);
            r->complete = false;
        } else {
            r->part[kept++] = r->part[i];
        }
    }
    r->n = kept;
    asking_put(as);
}

static const struct sample *known_of(const struct part *p, enum known_kind kind)
{
    return p->edition ? &p->edition->known[kind] : &p->known[kind];
}

/* How many hosts match: most are known to several workers. */
static void count_hosts(struct round *r, const struct question *q, struct answer *a)
{
    const struct sample *sample[3 * PARTS];
    unsigned n = 0;
    for (unsigned i = 0; i < r->n; i++) {
        const struct part *p = r->part[i];
        sample[n++] = &p->matched;
        if (p->edition && q->hosts_local != 1)
            sample[n++] = known_of(p, KNOWN_REMOTE);
        if (p->edition && q->hosts_local != 0)
            sample[n++] = known_of(p, KNOWN_LOCAL);
    }
    if (!sample_count(sample, n, &a->total))
        r->complete = false;
}

/* What several workers of an interface count together; the others' is a sum. */
static uint64_t count_known(struct round *r, enum known_kind kind)
{
    const struct sample *sample[PARTS];
    unsigned n = 0;
    uint64_t count = 0, alone = 0;
    for (unsigned i = 0; i < r->n; i++) {
        const struct part *p = r->part[i];
        const struct totals_row *t = p->box ? p->box->answer.totals : NULL;
        if (p->worker->known.on)
            sample[n++] = known_of(p, kind);
        else if (t)
            alone += kind == KNOWN_DEVICES ? t->devices
                     : kind == KNOWN_LOCAL ? t->hosts_local
                                           : t->hosts_active - t->hosts_local;
    }
    if (n && !sample_count(sample, n, &count))
        r->complete = false;
    return count + alone;
}

static void count_totals(struct round *r, struct totals_row *t)
{
    t->devices = count_known(r, KNOWN_DEVICES);
    t->hosts_local = count_known(r, KNOWN_LOCAL);
    t->hosts_active = t->hosts_local + count_known(r, KNOWN_REMOTE);
}

static struct answer *merge_round(struct round *r, const struct question *q)
{
    struct answer *parts[PARTS];
    unsigned n = 0;
    for (unsigned i = 0; i < r->n; i++) {
        if (r->part[i]->box)
            parts[n++] = &r->part[i]->box->answer;
        else
            r->complete = false;
    }
    struct answer *a = merge_answers(q, parts, n);
    if (a && r->samples)
        count_hosts(r, q, a);
    if (a && a->totals)
        count_totals(r, a->totals);
    for (unsigned i = 0; i < r->n; i++) {
        spent += r->part[i]->spent;
        part_put(r->part[i]);
    }
    if (a)
        a->complete = r->complete;
    return a;
}

static unsigned workers_of(const struct engine *en, int iface)
{
    unsigned most = 0;
    for (unsigned i = 0; i < en->n; i++)
        if ((iface < 0 || (unsigned)iface == i) && en->interface[i].n > most)
            most = en->interface[i].n;
    return most;
}

/* The counters of the candidates, from every worker. */
static struct answer *ask_again(struct engine *en, const struct question *wide,
                                const struct question *q, const struct answer *candidates)
{
    struct host_id *id = mem_alloc(ACCOUNT_answers, candidates->n * sizeof *id);
    if (!id)
        return NULL;
    for (uint32_t i = 0; i < candidates->n; i++)
        id[i] = (struct host_id){.addr = candidates->hosts[i].addr,
                                 .vlan = candidates->hosts[i].vlan,
                                 .iface = candidates->hosts[i].iface};
    struct round round = {.only = id, .only_n = candidates->n};
    ask_round(en, wide, &round);
    mem_free(ACCOUNT_answers, id, candidates->n * sizeof *id);
    struct answer *a = merge_round(&round, q);
    if (a) {
        a->total = candidates->total;
        a->complete = a->complete && candidates->complete;
    }
    return a;
}

/* No file is on its way to its end. */
static bool all_is_live(const struct engine *en)
{
    for (unsigned i = 0; i < en->n; i++)
        for (unsigned k = 0; k < en->interface[i].n; k++) {
            const struct worker *w = &en->interface[i].worker[k];
            if (w->source->is_file && atomic_load(&w->state) < WORKER_DONE)
                return false;
        }
    return true;
}

static struct flow_place place_of(const struct record *r)
{
    char id[PLACE_ID + 1];
    struct flow_place place = {
        .iface = r->iface, .worker = r->worker, .slot = r->slot, .generation = r->generation};
    record_flow_id(r, id);
    memcpy(place.id, id, PLACE_ID);
    return place;
}

/* Remembers where the flows of a page live: they may be asked for. */
static void keep_places(struct engine *en, const struct answer *a)
{
    for (uint32_t i = 0; i < a->n && i < PLACES_KEPT / 8; i++) {
        struct flow_place place = place_of(&a->records[i]);
        places_keep(&en->places, &place);
    }
}

/* One flow, where it is known to live; or by a walk, whose result is kept. A flow that nobody has
 * found does not begin any more, unless a file is still being read. */
static struct answer *ask_for_flow(struct engine *en, const struct question *q)
{
    struct round round = {0};
    struct flow_place place;
    bool known = places_find(&en->places, q->flow_id, &place);
    round.place = known ? &place : NULL;
    ask_round(en, q, &round);
    struct answer *a = merge_round(&round, q);
    if (!a || known || !a->complete || q->iface >= 0)
        return a;
    memset(&place, 0, sizeof place);
    if (a->found)
        place = place_of(a->records);
    memcpy(place.id, q->flow_id, PLACE_ID);
    if (a->found || all_is_live(en))
        places_keep(&en->places, &place);
    return a;
}

nsec_t question_spent(void)
{
    return spent;
}

struct answer *question_ask(struct engine *en, const struct question *q)
{
    struct round round = {.only = q->named, .only_n = q->named_n};
    struct question wide = *q;
    if (q->kind == QUESTION_FLOW) {
        struct answer *one = ask_for_flow(en, q);
        return one ? one : &nothing.answer;
    }
    round.samples = q->kind == QUESTION_HOSTS && workers_of(en, q->iface) > 1;
    if (round.samples) {
        /* Each worker knows a part of a host: first the candidates of each, with some to spare,
         * then the counters of all of them from every worker. */
        uint64_t rows = ((uint64_t)q->offset + q->limit) * 2 + CANDIDATES;
        wide.limit = rows < QUESTION_ROWS ? (uint32_t)rows : QUESTION_ROWS;
        wide.offset = 0;
    }
    ask_round(en, &wide, &round);
    struct answer *a = merge_round(&round, &wide);
    if (a && round.samples && a->n) {
        struct answer *candidates = a;
        a = ask_again(en, &wide, q, candidates);
        answer_free(candidates);
    }
    if (a && q->kind == QUESTION_FLOWS)
        keep_places(en, a);
    return a ? a : &nothing.answer;
}
