/* answer_top.c - a worker's active flows summed by a field, or by host.
 *
 * Rows are appended to one array, which becomes the answer as it is; a table beside it finds the row
 * of a key. Past a bound everything new goes to one row.
 */
#include "engine/answer.h"

#include <string.h>

#include "base/hash.h"

enum { TOP_SUMS = 65536, TOP_SUMS_START = 256 };

static const char others[] = "(others)";

/* What a flow is summed under: text, or the address of a host. */
struct top_key {
    const char *text;
    size_t len;
    const struct addr *addr; /* of the field or host; or NULL */
    bool by_addr;            /* found by it; the text is written at the end */
};

void top_sums_free(struct top_sums *s)
{
    mem_free(ACCOUNT_answers, s->row, s->cap * sizeof *s->row);
    mem_free(ACCOUNT_answers, s->hash, s->cap * sizeof *s->hash);
    mem_free(ACCOUNT_answers, s->place, s->places * sizeof *s->place);
    *s = (struct top_sums){0};
}

static uint32_t free_place(const struct top_sums *s, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & (s->places - 1);
    while (s->place[at])
        at = (at + 1) & (s->places - 1);
    return at;
}

/* Twice as many places as rows. False without memory. */
static bool grow_sums(struct top_sums *s)
{
    uint32_t cap = s->cap ? s->cap * 2 : TOP_SUMS_START;
    struct top_row *row =
        mem_resize(ACCOUNT_answers, s->row, s->cap * sizeof *row, cap * sizeof *row);
    if (!row)
        return false;
    s->row = row;
    uint64_t *hash =
        mem_resize(ACCOUNT_answers, s->hash, s->cap * sizeof *hash, cap * sizeof *hash);
    if (!hash) { /* the rows are as long as cap says, or they could not be given back */
        s->row = mem_resize(ACCOUNT_answers, row, cap * sizeof *row, s->cap * sizeof *row);
        return false;
    }
    s->hash = hash;
    s->cap = cap;
    mem_free(ACCOUNT_answers, s->place, s->places * sizeof *s->place);
    s->places = 2 * cap;
    s->place = mem_alloc(ACCOUNT_answers, s->places * sizeof *s->place);
    if (!s->place) {
        s->places = 0;
        return false;
    }
    for (uint32_t i = 0; i < s->n; i++)
        s->place[free_place(s, s->hash[i])] = i + 1;
    return true;
}

static uint64_t hash_of(const struct top_key *key)
{
    if (!key->by_addr)
        return hash_bytes(key->text, key->len);
    uint64_t low, high;
    memcpy(&low, key->addr->byte, 8);
    memcpy(&high, key->addr->byte + 8, 8);
    return hash_u128(low, high);
}

static bool is_row_of(const struct top_row *row, const struct top_key *key)
{
    if (key->by_addr)
        return addr_equal(&row->addr, key->addr) && !row->key[0];
    return !strncmp(row->key, key->text, key->len) && !row->key[key->len];
}

/* The row of a key, made when new; NULL without memory. */
static struct top_row *row_of(struct top_sums *s, const struct top_key *key)
{
    static const struct top_key rest = {.text = others, .len = sizeof others - 1};
    if (!s->cap && !grow_sums(s))
        return NULL;
    uint64_t hash = hash_of(key);
    for (uint32_t at = (uint32_t)hash & (s->places - 1); s->place[at];
         at = (at + 1) & (s->places - 1)) {
        uint32_t i = s->place[at] - 1;
        if (s->hash[i] == hash && is_row_of(&s->row[i], key))
            return &s->row[i];
    }
    if (s->n >= TOP_SUMS - 1 && key != &rest)
        return row_of(s, &rest);
    if (s->n == s->cap && !grow_sums(s))
        return NULL;
    s->place[free_place(s, hash)] = s->n + 1;
    s->hash[s->n] = hash;
    struct top_row *row = &s->row[s->n++];
    memcpy(row->key, key->text, key->by_addr ? 0 : key->len);
    if (key->addr)
        row->addr = *key->addr;
    return row;
}

/* Adds the flow in the worker's scratch record. False without memory. */
static bool add_sum(struct part *p, const struct top_key *key, bool swapped)
{
    const struct record *r = &p->worker->scratch;
    struct top_row *row = row_of(&p->sums, key);
    if (!row)
        return false;
    row->vlan = key->addr ? r->vlan : 0;
    row->bytes[swapped] += r->sent_bytes;
    row->bytes[!swapped] += r->rcvd_bytes;
    row->packets[swapped] += r->sent_packets;
    row->packets[!swapped] += r->rcvd_packets;
    row->bps += r->bps;
    row->flows++;
    return true;
}

static bool sum_hosts(struct part *p)
{
    const struct record *r = &p->worker->scratch;
    struct top_key client = {.addr = &r->client, .by_addr = true, .text = ""};
    struct top_key server = {.addr = &r->server, .by_addr = true, .text = ""};
    return add_sum(p, &client, false) &&
           (addr_equal(&r->client, &r->server) || add_sum(p, &server, true));
}

/* Only what hosts are summed up from: a tenth of the work of a whole record. */
static void fill_brief(const struct worker *w, uint32_t index, struct record *r)
{
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    const struct flow_cold *c = flow_cold_at(&w->flows, index);
    unsigned client = flow_client(h);
    bool v6 = h->bits & FLOW_V6;
    r->client = v6 ? flow_addr(w, index, client) : key_addr_v4(&h->key, client);
    r->server = v6 ? flow_addr(w, index, !client) : key_addr_v4(&h->key, !client);
    r->vlan = c->vlan;
    r->sent_bytes = c->bytes[client] + h->bytes[client];
    r->rcvd_bytes = c->bytes[!client] + h->bytes[!client];
    r->sent_packets = c->packets[client] + h->packets[client];
    r->rcvd_packets = c->packets[!client] + h->packets[!client];
    r->bps = (uint64_t)flow_rate(c, w->tick).bytes * 8;
}

static bool sum_flow(struct part *p, uint32_t index, struct text *text)
{
    struct worker *w = p->worker;
    const struct question *q = &p->question;
    struct record *r = &w->scratch;
    if (q->by_host && filter_is_empty(q->filter)) {
        fill_brief(w, index, r);
        return sum_hosts(p);
    }
    flow_to_record(w, index, false, r);
    if (!filter_match(q->filter, r))
        return true;
    if (q->by_host)
        return sum_hosts(p);
    text_reset(text);
    record_print(text, r, q->by);
    size_t most = sizeof p->sums.row->key - 1;
    struct top_key key = {.text = text->data ? text->data : "",
                          .len = text->len < most ? text->len : most};
    if (q->by->kind == KIND_addr)
        key.addr = (const struct addr *)(const void *)((char *)r + q->by->offset);
    return add_sum(p, &key, false);
}

/* Addresses get their text, and the rows become the answer. */
static bool make_answer(struct part *p, uint32_t entries)
{
    struct top_sums *s = &p->sums;
    for (; p->question.by_host && entries && p->at < s->n; entries--, p->at++)
        if (!s->row[p->at].key[0])
            addr_print(&s->row[p->at].addr, s->row[p->at].key);
    if (p->question.by_host && p->at < s->n)
        return false;
    if (!(p->box = answer_new(QUESTION_TOP, 0)))
        return true;
    struct answer *a = &p->box->answer;
    a->tops = s->row;
    a->n = s->n;
    a->total = s->n;
    p->box->rows = s->cap;
    s->row = NULL; /* the box gives them back */
    mem_free(ACCOUNT_answers, s->hash, s->cap * sizeof *s->hash);
    s->hash = NULL;
    s->cap = 0;
    return true;
}

bool part_step_top(struct part *p, uint32_t entries)
{
    struct worker *w = p->worker;
    if (p->phase == PHASE_ROWS)
        return make_answer(p, entries);
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
    p->phase = PHASE_ROWS;
    p->at = 0;
    return false;
}
