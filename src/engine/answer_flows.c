/* answer_flows.c - a worker's flows as an answer: the best of them, one of them. */
#include "engine/answer.h"

#include <string.h>

#include "engine/collect.h"

/* The simplest orders need no record. */
static bool quick_key(const struct worker *w, uint32_t index, const struct field *f,
                      struct sort_key *k)
{
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    const struct flow_cold *c = flow_cold_at(&w->flows, index);
    if (!f || !strcmp(f->member, "bytes"))
        k->word[0] = c->bytes[0] + c->bytes[1] + h->bytes[0] + h->bytes[1];
    else if (!strcmp(f->member, "bps"))
        *k = (struct sort_key){.word = {(uint64_t)flow_rate(c, w->tick).bytes * 8,
                                        c->bytes[0] + c->bytes[1] + h->bytes[0] + h->bytes[1]}};
    else if (!strcmp(f->member, "first"))
        k->word[0] = (uint64_t)c->first;
    else if (!strcmp(f->member, "last"))
        k->word[0] = (uint64_t)flow_last(h);
    else
        return false;
    return true;
}

static void scan_flow(struct part *p, uint32_t index)
{
    struct worker *w = p->worker;
    const struct question *q = &p->question;
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    const struct flow_cold *c = flow_cold_at(&w->flows, index);
    struct answer *a = &p->box->answer;
    struct pick pick = {.index = index, .generation = c->generation};
    bool quick = filter_is_empty(q->filter) && quick_key(w, index, q->sort, &pick.key);
    if (!quick) {
        flow_to_record(w, index, false, &w->scratch);
        if (!filter_match(q->filter, &w->scratch))
            return;
        pick.key = sort_key_of_record(q->sort, &w->scratch);
    }
    pick.key.tie = (uint64_t)c->first;
    a->total++;
    a->sum_bytes += c->bytes[0] + c->bytes[1] + h->bytes[0] + h->bytes[1];
    a->sum_packets += c->packets[0] + c->packets[1] + h->packets[0] + h->packets[1];
    a->sum_bps += (uint64_t)flow_rate(c, w->tick).bytes * 8;
    picks_offer(&p->picks, &pick, q->ascending);
}

/* Records of those that are still there. */
static bool make_records(struct part *p, uint32_t entries)
{
    const struct worker *w = p->worker;
    struct answer *a = &p->box->answer;
    for (; entries && p->at < p->picks.n; entries--, p->at++) {
        const struct pick *pick = &p->picks.pick[p->at];
        if ((flow_hot_at(&w->flows, pick->index)->bits & FLOW_USED) &&
            flow_cold_at(&w->flows, pick->index)->generation == pick->generation)
            flow_to_record(w, pick->index, false, &a->records[a->n++]);
    }
    return p->at >= p->picks.n;
}

bool part_step_flows(struct part *p, uint32_t entries)
{
    struct worker *w = p->worker;
    if (!p->box) {
        if (!(p->box = answer_new(QUESTION_FLOWS, 0)) || !picks_start(&p->picks, &p->question))
            return part_give_up(p);
        p->at = 1;
    }
    if (p->phase == PHASE_ROWS)
        return make_records(p, entries);
    for (; entries && p->at < w->flows.hot.top; entries--, p->at++)
        if (flow_hot_at(&w->flows, p->at)->bits & FLOW_USED)
            scan_flow(p, p->at);
    if (p->at < w->flows.hot.top)
        return false;
    return !part_begin_rows(p);
}

/* What exporters say of it. */
static void tell_exported(struct part *p, uint32_t index)
{
    struct answer *a = &p->box->answer;
    const struct told_row *latest = collect_latest(p->worker, index);
    a->hops = flow_path(p->worker, index, a->hop);
    a->latest = latest ? mem_alloc(ACCOUNT_answers, sizeof *latest) : NULL;
    if (a->latest)
        *a->latest = *latest;
}

/* The flow whose place is known. It is the same flow even if its id is not: who of the two is the
 * client may have turned out since. */
static void look_there(struct part *p)
{
    const struct worker *w = p->worker;
    struct answer *a = &p->box->answer;
    uint32_t index = p->only_slot;
    a->found = index < w->flows.hot.top && (flow_hot_at(&w->flows, index)->bits & FLOW_USED) &&
               flow_cold_at(&w->flows, index)->generation == p->only_generation;
    a->n = a->found;
    if (a->found) {
        flow_to_record(w, index, false, a->records);
        tell_exported(p, index);
    }
}

bool part_step_flow(struct part *p, uint32_t entries)
{
    struct worker *w = p->worker;
    if (!p->box) {
        if (!(p->box = answer_new(QUESTION_FLOW, 1)))
            return true;
        p->at = 1;
    }
    if (p->only_slot) {
        look_there(p);
        return true;
    }
    for (; entries && p->at < w->flows.hot.top; entries--, p->at++) {
        if (!(flow_hot_at(&w->flows, p->at)->bits & FLOW_USED))
            continue;
        char id[33];
        flow_to_record(w, p->at, false, &w->scratch);
        record_flow_id(&w->scratch, id);
        if (strcmp(id, p->question.flow_id))
            continue;
        record_copy(p->box->answer.records, &w->scratch);
        tell_exported(p, p->at);
        p->box->answer.n = 1;
        p->box->answer.found = true;
        return true;
    }
    return p->at >= w->flows.hot.top;
}
