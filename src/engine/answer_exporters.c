/* answer_exporters.c - who exports to a worker, and what exporters told that is no traffic. */
#include "engine/answer.h"

#include <string.h>

#include "engine/collect.h"
#include "engine/exporter_detail.h"

/* Is the exporter, or is it of the one, that was asked for? */
static bool is_wanted(const struct question *q, const struct addr *addr, uint32_t domain)
{
    if (q->kind == QUESTION_EXPORTERS)
        return true;
    return addr_equal(&q->addr, addr) && (!q->one_domain || q->domain == domain);
}

static void add_view(struct part *p, const struct exporter_row *row)
{
    struct answer *a = &p->box->answer;
    const struct worker *w = p->worker;
    if (a->n == p->box->rows)
        return;
    struct exporter_view *view = &a->exporters[a->n++];
    *view = (struct exporter_view){.row = *row, .iface = w->iface};
    view->state = row->datagrams ? EXPORTER_SENDS : EXPORTER_REMEMBERED;
    view->silence = row->datagrams && w->now > row->last ? w->now - row->last : 0;
}

/* To the row that was added last. */
static void add_silence(struct part *p, const struct listened *l)
{
    struct answer *a = &p->box->answer;
    if (!l || !a->n)
        return;
    a->exporters[a->n - 1].usual = l->usual;
    if (l->is_silent)
        a->exporters[a->n - 1].state = EXPORTER_SILENT;
}

/* The collector that speaks for this worker's exporters, or NULL. */
static const struct collector *collector_of(const struct worker *w)
{
    return w->collect && collect_speaks(w) ? w->collect->collector : NULL;
}

static uint32_t exporters_of(const struct collector *c)
{
    uint32_t n = 0;
    while (c && collector_exporter_at(c, n))
        n++;
    return n;
}

/* Room for all that the worker's collector knows and all that its flows were told by. False without memory. */
static bool start_exporters(struct part *p)
{
    const struct worker *w = p->worker;
    const struct collector *c = collector_of(w);
    uint32_t n = exporters_of(c);
    struct exporter_row row;
    if (!(p->box = answer_new(p->question.kind, n + w->groups.exporters)))
        return false;
    p->at = w->groups.first_exporter;
    for (uint32_t i = 0; i < n; i++) {
        const struct exporter *x = collector_exporter_at(c, i);
        exporter_to_row(x, &row);
        if (!is_wanted(&p->question, &row.addr, row.domain))
            continue;
        add_view(p, &row);
        add_silence(p, silence_of(&w->collect->silence, i, &row));
        if (p->question.kind == QUESTION_EXPORTER &&
            !exporter_detail_take(&p->box->answer.exporter, x, row.datagrams > 0))
            return false;
    }
    return true;
}

/* What this worker counted for an exporter, which another one may hear. */
static void add_counted(struct part *p, const struct group_row *g)
{
    const struct exporter_row row = {
        .addr = g->exporter, .domain = g->domain, .first = g->first, .last = g->last};
    uint32_t before = p->box->answer.n;
    add_view(p, &row);
    if (p->box->answer.n == before)
        return;
    struct exporter_view *view = &p->box->answer.exporters[before];
    view->bytes = g->traffic.bytes[0] + g->traffic.bytes[1];
    view->packets = g->traffic.packets[0] + g->traffic.packets[1];
    view->bps = g->bps;
    view->told = g->told;
}

/* False without memory. */
static bool add_interface(struct part *p, const struct group_row *g)
{
    struct exporter_if_row *row = exporter_detail_interface(&p->box->answer.exporter, g->interface);
    if (!row)
        return false;
    row->first = g->first;
    row->last = g->last;
    row->traffic = g->traffic;
    row->bps = g->bps;
    const struct meter *m = groups_meter(&p->worker->groups, &g->exporter, g->interface);
    if (!m)
        return true;
    row->counters = m->last;
    row->interval = m->interval;
    memcpy(row->delta, m->delta, sizeof row->delta);
    memcpy(row->total, m->total, sizeof row->total);
    row->restarts = m->restarts;
    return true;
}

/* One group of an exporter or of an interface. False without memory. */
static bool take_group(struct part *p, uint32_t index)
{
    const struct worker *w = p->worker;
    const struct question *q = &p->question;
    const struct group *g = group_at(&w->groups, index);
    struct group_row row;
    /* The interfaces of an exporter are those of all its domains. */
    bool is_exporter = g->kind == GROUP_EXPORTER;
    bool wanted = is_exporter ? is_wanted(q, &g->exporter, (uint32_t)g->id)
                              : q->kind == QUESTION_EXPORTER && addr_equal(&q->addr, &g->exporter);
    if (!wanted)
        return true;
    group_to_row(&w->groups, index, w->tick, &row);
    if (!is_exporter)
        return add_interface(p, &row);
    add_counted(p, &row);
    return true;
}

bool part_step_exporters(struct part *p, uint32_t entries)
{
    if (!p->box && !start_exporters(p))
        return part_give_up(p);
    for (; entries && p->at; entries--) {
        if (!take_group(p, p->at))
            return part_give_up(p);
        p->at = group_at(&p->worker->groups, p->at)->next_alike;
    }
    return !p->at;
}

/* A column of an interface's counters. False without memory. */
static bool add_meter_row(struct part *p, const struct meter *m, enum meter_column column)
{
    struct answer *a = &p->box->answer;
    struct series_row *row = &a->series[a->n];
    uint32_t newest = (uint32_t)(p->worker->now / SECOND / METER_STEP);
    row->value = mem_alloc(ACCOUNT_answers, METER_BINS * sizeof *row->value);
    if (!row->value)
        return false;
    a->n++;
    strncpy(row->name, meter_names[column], sizeof row->name - 1);
    strncpy(row->unit, meter_units[column], sizeof row->unit - 1);
    row->n = METER_BINS;
    row->step = METER_STEP;
    row->end = ((nsec_t)newest + 1) * METER_STEP * SECOND;
    for (uint32_t i = 0; i < METER_BINS; i++)
        row->value[i] = meter_bin(m, newest + 1 - METER_BINS + i, column);
    return true;
}

bool part_step_meter(struct part *p)
{
    const struct question *q = &p->question;
    const struct meter *m = groups_meter(&p->worker->groups, &q->addr, q->interface);
    bool room = (p->box = answer_new(QUESTION_SERIES, m ? METER_COLUMNS : 0)) != NULL;
    for (unsigned i = 0; room && m && i < METER_COLUMNS; i++)
        room = add_meter_row(p, m, (enum meter_column)i);
    return room || part_give_up(p);
}

bool part_step_templates(struct part *p, uint32_t entries)
{
    const struct collector *c = collector_of(p->worker);
    struct exporter_row x;
    if (!p->box && !(p->box = answer_new(QUESTION_TEMPLATES, exporters_of(c))))
        return true;
    for (; entries && p->at < p->box->rows; entries--, p->at++) {
        struct kept_exporter *row = &p->box->answer.kept[p->box->answer.n];
        if (!collector_exporter(c, p->at, &x) || !collector_pack(c, p->at, &row->packed)) {
            text_free(&row->packed);
            continue;
        }
        row->addr = x.addr;
        row->domain = x.domain;
        row->telemetry = x.telemetry;
        row->port = x.port;
        row->is_heard = x.datagrams > 0;
        row->last = x.last;
        p->box->answer.n++;
    }
    return p->at >= p->box->rows;
}

bool part_step_told(struct part *p)
{
    const struct collect *c = p->worker->collect;
    uint32_t n = !c ? 0 : c->told_n < TOLD_KEPT ? c->told_n : TOLD_KEPT;
    p->box = answer_new(QUESTION_TOLD, n);
    for (uint32_t i = 0; p->box && i < n; i++)
        p->box->answer.told[p->box->answer.n++] = c->told[(c->told_n - 1 - i) % TOLD_KEPT];
    return true;
}
