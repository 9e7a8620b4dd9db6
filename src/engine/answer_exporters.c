/* answer_exporters.c - who exports to a worker, and what exporters told that is no traffic. */
#include "engine/answer.h"

#include "engine/collect.h"

enum { INTERFACES_MOST = 65536 /* of one answer */ };

struct exporter_if_row *exporter_detail_add(struct exporter_detail *d)
{
    if (d->interfaces == d->interfaces_room) {
        uint32_t room = d->interfaces_room ? 2 * d->interfaces_room : 16;
        struct exporter_if_row *more =
            room <= INTERFACES_MOST
                ? mem_resize(ACCOUNT_answers, d->interface, d->interfaces_room * sizeof *more,
                             room * sizeof *more)
                : NULL;
        if (!more)
            return NULL;
        d->interface = more;
        d->interfaces_room = room;
    }
    struct exporter_if_row *row = &d->interface[d->interfaces++];
    *row = (struct exporter_if_row){0};
    return row;
}

void exporter_detail_free(struct exporter_detail *d)
{
    if (d->interface)
        mem_free(ACCOUNT_answers, d->interface, d->interfaces_room * sizeof *d->interface);
    *d = (struct exporter_detail){0};
}

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

/* Room for all that the worker's collector knows and all that its flows were told by. */
static bool start_exporters(struct part *p)
{
    const struct worker *w = p->worker;
    const struct collector *c = w->collect && collect_speaks(w) ? w->collect->collector : NULL;
    struct exporter_row row;
    uint32_t n = 0;
    while (c && collector_exporter(c, n, &row))
        n++;
    if (!(p->box = answer_new(p->question.kind, n + w->groups.exporters)))
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (collector_exporter(c, i, &row) && is_wanted(&p->question, &row.addr, row.domain))
            add_view(p, &row);
    p->at = w->groups.first_exporter;
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
    struct exporter_if_row *row = exporter_detail_add(&p->box->answer.exporter);
    if (!row)
        return false;
    row->index = g->interface;
    row->first = g->first;
    row->last = g->last;
    row->traffic = g->traffic;
    row->bps = g->bps;
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

bool part_step_templates(struct part *p, uint32_t entries)
{
    const struct collect *collect = p->worker->collect;
    const struct collector *c = collect && collect_speaks(p->worker) ? collect->collector : NULL;
    struct exporter_row x;
    if (!p->box) {
        uint32_t n = 0;
        while (c && collector_exporter_at(c, n))
            n++;
        if (!(p->box = answer_new(QUESTION_TEMPLATES, n)))
            return true;
    }
    for (; entries && p->at < p->box->rows; entries--, p->at++) {
        struct kept_exporter *row = &p->box->answer.kept[p->box->answer.n];
        if (!collector_exporter(c, p->at, &x) || !collector_pack(c, p->at, &row->packed)) {
            text_free(&row->packed);
            continue;
        }
        row->addr = x.addr;
        row->domain = x.domain;
        row->telemetry = x.telemetry;
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
