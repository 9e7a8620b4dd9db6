/* answer_exporters.c - who exports to a worker, and what exporters told that is no traffic. */
#include "engine/answer.h"

#include "engine/collect.h"

bool part_step_exporters(struct part *p)
{
    const struct worker *w = p->worker;
    struct exporter_row row;
    unsigned n = 0;
    bool any = w->collect && collect_speaks(w);
    while (any && collector_exporter(w->collect->collector, n, &row))
        n++;
    p->box = answer_new(QUESTION_EXPORTERS, n);
    for (unsigned i = 0; p->box && i < n; i++)
        if (collector_exporter(w->collect->collector, i, &row))
            p->box->answer.exporters[p->box->answer.n++] = row;
    return true;
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
