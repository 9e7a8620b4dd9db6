/* answer_names.c - what hosts are called, for rows that have addresses. */
#include "engine/answer.h"

#include <string.h>

static bool start_names(struct part *p)
{
    if (!(p->box = answer_new(QUESTION_NAMES, p->only_n)))
        return false;
    p->box->answer.n = p->only_n;
    return true;
}

bool part_step_names(struct part *p, uint32_t entries)
{
    const struct worker *w = p->worker;
    if (!p->box && !start_names(p))
        return true;
    for (; entries && p->at < p->only_n; entries--, p->at++) {
        const struct host_id *id = &p->only[p->at];
        bool here = id->iface == UINT32_MAX || id->iface == w->iface;
        uint32_t index = here ? hosts_find(&w->hosts, &id->addr, id->vlan) : 0;
        const struct host *h = index ? host_at(&w->hosts, index) : NULL;
        const char *name = h ? host_name(&w->hosts, h) : NULL;
        if (!name)
            continue;
        struct name_row *row = &p->box->answer.names[p->at];
        row->rank = h->name_rank;
        strncpy(row->name, name, sizeof row->name - 1);
    }
    return p->at >= p->only_n;
}
