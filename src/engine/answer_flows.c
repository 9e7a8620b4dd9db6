/* answer_flows.c - a worker's flows as an answer: the best of them, one of them, sums over them. */
#include "engine/answer.h"

#include <string.h>

#include "base/hash.h"

enum { TOP_SUMS = 65536, TOP_SUMS_START = 256 };

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
    if (a->found)
        flow_to_record(w, index, false, a->records);
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
        p->box->answer.n = 1;
        p->box->answer.found = true;
        return true;
    }
    return p->at >= w->flows.hot.top;
}

static bool grow_sums(struct part *p)
{
    uint32_t cap = p->sums_cap ? p->sums_cap * 2 : TOP_SUMS_START;
    struct top_sum *grown = mem_alloc(ACCOUNT_answers, cap * sizeof *grown);
    if (!grown)
        return false;
    for (uint32_t i = 0; i < p->sums_cap; i++) {
        if (!p->sums[i].hash)
            continue;
        uint32_t at = (uint32_t)p->sums[i].hash & (cap - 1);
        while (grown[at].hash)
            at = (at + 1) & (cap - 1);
        grown[at] = p->sums[i];
    }
    mem_free(ACCOUNT_answers, p->sums, p->sums_cap * sizeof *p->sums);
    p->sums = grown;
    p->sums_cap = cap;
    return true;
}

/* The sum for a key, made when new; past the bound everything new goes to one line. */
static struct top_sum *sum_of(struct part *p, const char *key, size_t len)
{
    static const char others[] = "(others)";
    if (p->sums_n * 2 >= p->sums_cap && p->sums_n < TOP_SUMS && !grow_sums(p))
        return NULL;
    for (;;) {
        uint64_t hash = hash_bytes(key, len) | 1;
        uint32_t at = (uint32_t)hash & (p->sums_cap - 1);
        while (p->sums[at].hash) {
            const struct top_row *row = &p->sums[at].row;
            if (p->sums[at].hash == hash && !strncmp(row->key, key, len) && !row->key[len])
                return &p->sums[at];
            at = (at + 1) & (p->sums_cap - 1);
        }
        if (p->sums_n < TOP_SUMS || key == others) {
            p->sums[at].hash = hash;
            memcpy(p->sums[at].row.key, key, len);
            p->sums_n++;
            return &p->sums[at];
        }
        key = others;
        len = sizeof others - 1;
    }
}

/* Adds the flow in the worker's scratch record. False without memory. */
static bool add_sum(struct part *p, const char *key, size_t len, const struct addr *addr,
                    bool swapped)
{
    const struct record *r = &p->worker->scratch;
    size_t most = sizeof p->sums->row.key - 1;
    struct top_sum *s = sum_of(p, key, len < most ? len : most);
    if (!s)
        return false;
    if (addr) {
        s->row.addr = *addr;
        s->row.vlan = r->vlan;
    }
    s->row.bytes[swapped] += r->sent_bytes;
    s->row.bytes[!swapped] += r->rcvd_bytes;
    s->row.packets[swapped] += r->sent_packets;
    s->row.packets[!swapped] += r->rcvd_packets;
    s->row.bps += r->bps;
    s->row.flows++;
    return true;
}

static bool sum_flow(struct part *p, uint32_t index, struct text *key)
{
    struct worker *w = p->worker;
    const struct question *q = &p->question;
    struct record *r = &w->scratch;
    flow_to_record(w, index, false, r);
    if (!filter_match(q->filter, r))
        return true;
    char addr[ADDR_TEXT];
    if (q->by_host)
        return add_sum(p, addr, addr_print(&r->client, addr), &r->client, false) &&
               (addr_equal(&r->client, &r->server) ||
                add_sum(p, addr, addr_print(&r->server, addr), &r->server, true));
    text_reset(key);
    record_print(key, r, q->by);
    const struct addr *a = q->by->kind == KIND_addr
                               ? (const struct addr *)(const void *)((char *)r + q->by->offset)
                               : NULL;
    return add_sum(p, key->data ? key->data : "", key->len, a, false);
}

bool part_step_top(struct part *p, uint32_t entries)
{
    struct worker *w = p->worker;
    p->at = p->at ? p->at : 1;
    struct text key = {0};
    bool room = true;
    for (; room && entries && p->at < w->flows.hot.top; entries--, p->at++)
        if (flow_hot_at(&w->flows, p->at)->bits & FLOW_USED)
            room = sum_flow(p, p->at, &key);
    text_free(&key);
    if (!room)
        return part_give_up(p);
    if (p->at < w->flows.hot.top)
        return false;
    p->box = answer_new(QUESTION_TOP, p->sums_n);
    if (!p->box)
        return true;
    for (uint32_t i = 0; i < p->sums_cap; i++)
        if (p->sums[i].hash)
            p->box->answer.tops[p->box->answer.n++] = p->sums[i].row;
    p->box->answer.total = p->box->answer.n;
    return true;
}
