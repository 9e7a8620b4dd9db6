/* exporter_detail.c - the lists of an answer about one exporter: interfaces, templates, rates. */
#include "engine/exporter_detail.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "engine/merge_hosts.h"

enum { ROWS_FIRST = 16, ROWS_MOST = 65536 /* of one list */ };

/* A list with room for one more row; NULL without memory, and then the old one stays. */
static void *grow(void *list, uint32_t n, uint32_t *room, size_t size)
{
    if (n < *room)
        return list;
    uint32_t more = *room ? 2 * *room : ROWS_FIRST;
    void *larger =
        more > ROWS_MOST ? NULL : mem_resize(ACCOUNT_answers, list, *room * size, more * size);
    if (larger)
        *room = more;
    return larger;
}

struct exporter_if_row *exporter_detail_interface(struct exporter_detail *d, uint32_t index)
{
    struct exporter_if_row *all =
        grow(d->interface, d->interfaces, &d->interfaces_room, sizeof *all);
    if (!all)
        return NULL;
    d->interface = all;
    all[d->interfaces] = (struct exporter_if_row){.index = index};
    return &all[d->interfaces++];
}

static bool add_template(struct exporter_detail *d, const struct exporter_template *t)
{
    struct exporter_template *all =
        grow(d->template, d->templates, &d->templates_room, sizeof *all);
    if (!all)
        return false;
    d->template = all;
    all[d->templates] = *t;
    all[d->templates].first_field = d->fields;
    all[d->templates++].fields = 0;
    return true;
}

/* Of the template that was added last. */
static bool add_field(struct exporter_detail *d, const struct template_field_row *f)
{
    struct template_field_row *all = grow(d->field, d->fields, &d->fields_room, sizeof *all);
    if (!all)
        return false;
    d->field = all;
    all[d->fields++] = *f;
    d->template[d->templates - 1].fields++;
    return true;
}

static bool add_sampling(struct exporter_detail *d, const struct exporter_sampling *s)
{
    struct exporter_sampling *all =
        grow(d->sampling, d->samplings, &d->samplings_room, sizeof *all);
    if (!all)
        return false;
    d->sampling = all;
    all[d->samplings++] = *s;
    return true;
}

static bool take_templates(struct exporter_detail *d, const struct exporter *x,
                           const struct exporter_row *who, bool is_heard)
{
    struct exporter_template t = {.domain = who->domain,
                                  .telemetry = who->telemetry,
                                  .port = who->port,
                                  .is_heard = is_heard};
    struct template_field_row f;
    for (unsigned i = 0; exporter_template_row(x, i, &t.row); i++) {
        if (!add_template(d, &t))
            return false;
        for (unsigned k = 0; exporter_template_field(x, i, k, &f); k++)
            if (!add_field(d, &f))
                return false;
    }
    return true;
}

static bool take_samplings(struct exporter_detail *d, const struct exporter *x,
                           const struct exporter_row *who, bool is_heard)
{
    struct exporter_sampling s = {.domain = who->domain,
                                  .telemetry = who->telemetry,
                                  .port = who->port,
                                  .is_heard = is_heard};
    for (unsigned i = 0; exporter_sampling_row(x, i, &s.row); i++)
        if (!add_sampling(d, &s))
            return false;
    return true;
}

static bool take_interfaces(struct exporter_detail *d, const struct exporter *x)
{
    struct interface_row from;
    for (unsigned i = 0; exporter_interface_row(x, i, &from); i++) {
        struct exporter_if_row *row = exporter_detail_interface(d, from.index);
        if (!row)
            return false;
        memcpy(row->name, from.name, sizeof row->name);
        memcpy(row->description, from.description, sizeof row->description);
        row->speed = from.speed;
        row->counters = from.last;
    }
    return true;
}

bool exporter_detail_take(struct exporter_detail *d, const struct exporter *x, bool is_heard)
{
    struct exporter_row who;
    exporter_to_row(x, &who);
    return take_templates(d, x, &who, is_heard) && take_samplings(d, x, &who, is_heard) &&
           take_interfaces(d, x);
}

bool exporter_detail_add(struct exporter_detail *d, const struct exporter_detail *more)
{
    bool room = true;
    for (uint32_t i = 0; room && i < more->templates; i++) {
        const struct exporter_template *t = &more->template[i];
        room = add_template(d, t);
        for (uint32_t k = 0; room && k < t->fields; k++)
            room = add_field(d, &more->field[t->first_field + k]);
    }
    for (uint32_t i = 0; room && i < more->samplings; i++)
        room = add_sampling(d, &more->sampling[i]);
    for (uint32_t i = 0; room && i < more->interfaces; i++) {
        struct exporter_if_row *row = exporter_detail_interface(d, more->interface[i].index);
        room = row != NULL;
        if (row)
            *row = more->interface[i];
    }
    return room;
}

/* ---- Order ---------------------------------------------------------------------------------------- */

static int order_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int order_interfaces(const void *x, const void *y)
{
    const struct exporter_if_row *a = x, *b = y;
    return order_numbers(a->index, b->index);
}

/* What is told in this run comes before what is remembered of the same. */
static int order_templates(const void *x, const void *y)
{
    const struct exporter_template *a = x, *b = y;
    int order = order_numbers(a->domain, b->domain);
    order = order ? order : (int)a->telemetry - (int)b->telemetry;
    order = order ? order : (int)a->row.id - (int)b->row.id;
    order = order ? order : (int)b->is_heard - (int)a->is_heard;
    return order ? order : (int)a->port - (int)b->port;
}

static int order_samplings(const void *x, const void *y)
{
    const struct exporter_sampling *a = x, *b = y;
    int order = order_numbers(a->domain, b->domain);
    order = order ? order : (int)a->telemetry - (int)b->telemetry;
    order = order ? order : (int)a->row.has_id - (int)b->row.has_id;
    order = order ? order : order_numbers(a->row.id, b->row.id);
    order = order ? order : (int)b->is_heard - (int)a->is_heard;
    return order ? order : (int)a->port - (int)b->port;
}

/* Of the same exporter, or remembered of one that is heard: it may come from another port now. */
static bool is_same_template(const struct exporter_template *a, const struct exporter_template *b)
{
    return a->domain == b->domain && a->telemetry == b->telemetry && a->row.id == b->row.id &&
           (a->port == b->port || (a->is_heard && !b->is_heard));
}

static bool is_same_sampling(const struct exporter_sampling *a, const struct exporter_sampling *b)
{
    return a->domain == b->domain && a->telemetry == b->telemetry &&
           a->row.has_id == b->row.has_id && a->row.id == b->row.id &&
           (a->port == b->port || (a->is_heard && !b->is_heard));
}

static void add_interface(struct exporter_if_row *a, const struct exporter_if_row *b)
{
    if (!a->first || (b->first && b->first < a->first))
        a->first = b->first;
    a->last = a->last > b->last ? a->last : b->last;
    merge_traffic(&a->traffic, &b->traffic);
    a->bps += b->bps;
    a->speed = a->speed ? a->speed : b->speed;
    if (!a->name[0])
        memcpy(a->name, b->name, sizeof a->name);
    if (!a->description[0])
        memcpy(a->description, b->description, sizeof a->description);
    if (b->counters.at > a->counters.at)
        a->counters = b->counters;
    if (a->interval)
        return;
    a->interval = b->interval;
    memcpy(a->delta, b->delta, sizeof a->delta);
    memcpy(a->total, b->total, sizeof a->total);
    a->restarts = b->restarts;
}

static void join_interfaces(struct exporter_detail *d)
{
    uint32_t kept = 0;
    if (d->interfaces)
        qsort(d->interface, d->interfaces, sizeof *d->interface, order_interfaces);
    for (uint32_t i = 0; i < d->interfaces; i++) {
        if (kept && d->interface[kept - 1].index == d->interface[i].index)
            add_interface(&d->interface[kept - 1], &d->interface[i]);
        else
            d->interface[kept++] = d->interface[i];
    }
    d->interfaces = kept;
}

void exporter_detail_join(struct exporter_detail *d)
{
    uint32_t kept = 0;
    join_interfaces(d);
    if (d->templates)
        qsort(d->template, d->templates, sizeof *d->template, order_templates);
    for (uint32_t i = 0; i < d->templates; i++)
        if (!kept || !is_same_template(&d->template[kept - 1], &d -> template[i]))
            d->template[kept++] = d->template[i];
    d->templates = kept;
    kept = 0;
    if (d->samplings)
        qsort(d->sampling, d->samplings, sizeof *d->sampling, order_samplings);
    for (uint32_t i = 0; i < d->samplings; i++)
        if (!kept || !is_same_sampling(&d->sampling[kept - 1], &d->sampling[i]))
            d->sampling[kept++] = d->sampling[i];
    d->samplings = kept;
}

void exporter_detail_free(struct exporter_detail *d)
{
    mem_free(ACCOUNT_answers, d->interface, d->interfaces_room * sizeof *d->interface);
    mem_free(ACCOUNT_answers, d->template, d->templates_room * sizeof *d->template);
    mem_free(ACCOUNT_answers, d->field, d->fields_room * sizeof *d->field);
    mem_free(ACCOUNT_answers, d->sampling, d->samplings_room * sizeof *d->sampling);
    *d = (struct exporter_detail){0};
}
