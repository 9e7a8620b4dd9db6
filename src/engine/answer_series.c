/* answer_series.c - the interface's last hour as an answer: its own columns, then each application. */
#include "engine/answer.h"

#include <stdio.h>
#include <string.h>

/* A row with all its values to be filled in; NULL without memory. */
static struct series_row *new_row(struct part *p, const char *name, const char *unit)
{
    struct answer *a = &p->box->answer;
    struct series_row *row = &a->series[a->n];
    uint32_t n = p->question.seconds;
    row->value = mem_alloc(ACCOUNT_answers, n * sizeof *row->value);
    if (!row->value)
        return NULL;
    strncpy(row->name, name, sizeof row->name - 1);
    strncpy(row->unit, unit, sizeof row->unit - 1);
    row->n = n;
    row->step = 1;
    row->end = (nsec_t)p->tick * SECOND;
    a->n++;
    return row;
}

static bool add_column(struct part *p, unsigned column)
{
    struct series_row *row = new_row(p, series_names[column], series_units[column]);
    for (uint32_t i = 0; row && i < row->n; i++)
        row->value[i] = series_get(&p->worker->series, p->tick - row->n + i, column);
    return row != NULL;
}

static bool add_app(struct part *p, uint32_t index)
{
    const struct worker *w = p->worker;
    struct group_row group;
    char name[72];
    group_to_row(&w->groups, index, p->tick, &group);
    snprintf(name, sizeof name, "app:%s", group.name);
    struct series_row *row = new_row(p, name, "bytes");
    for (uint32_t i = 0; row && i < row->n; i++) {
        uint32_t t = p->tick - row->n + i;
        bool seen = series_get(&w->series, t, 0) != UINT64_MAX;
        row->value[i] = seen ? group_second(group_at(&w->groups, index), t) : UINT64_MAX;
    }
    return row != NULL;
}

static bool start_series(struct part *p)
{
    const struct worker *w = p->worker;
    struct question *q = &p->question;
    q->seconds = q->seconds < 1 ? 1 : q->seconds > SERIES_SECONDS ? SERIES_SECONDS : q->seconds;
    p->tick = w->tick; /* all rows end with the same second, whichever runs when they are made */
    p->at = w->series.value ? 0 : UINT32_MAX;
    return (p->box = answer_new(QUESTION_SERIES, SERIES_COLUMNS + w->groups.with_series)) != NULL;
}

/* Entries are values here, and groups that are passed by: first the columns, then the groups. */
bool part_step_series(struct part *p, uint32_t entries)
{
    const struct worker *w = p->worker;
    if (!p->box && !start_series(p))
        return true;
    uint32_t each = p->question.seconds, end = SERIES_COLUMNS + w->groups.pool.top;
    for (uint32_t cost; entries && p->at < end; entries -= cost < entries ? cost : entries) {
        uint32_t at = p->at++, index = at - SERIES_COLUMNS;
        bool made = true;
        cost = each;
        if (at < SERIES_COLUMNS)
            made = add_column(p, at);
        else if (!index || !group_at(&w->groups, index)->series)
            cost = 1;
        else if (p->box->answer.n <
                 p->box->rows) /* one that was made since the start has no room */
            made = add_app(p, index);
        if (!made)
            return part_give_up(p);
    }
    return p->at >= end;
}
