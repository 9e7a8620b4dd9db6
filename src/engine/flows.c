/* flows.c - the table of flows: two pools of one index under a table of tags. */
#include "engine/flows.h"

enum {
    ONE_WAY_SILENT = 2,  /* seconds of silence after which a flow that nobody answered may go */
    ANSWERED_SILENT = 10 /* and one that was, unless it is a connection: a name asked for, say */
};

static uint64_t hash_of_flow(const void *owner, uint32_t index)
{
    const struct flow_hot *h = flow_hot_at(owner, index);
    return key_hash(&h->key);
}

bool flows_init(struct flows *fs, uint32_t limit, struct err *e)
{
    fs->hand = 1;
    return pool_init(&fs->hot, ACCOUNT_flows, sizeof(struct flow_hot), limit, e) &&
           pool_init(&fs->cold, ACCOUNT_flows, sizeof(struct flow_cold), limit, e) &&
           pool_init(&fs->told, ACCOUNT_flows, sizeof(struct flow_told), limit, e) &&
           pool_init(&fs->tcp, ACCOUNT_flows, sizeof(struct flow_tcp), limit, e) &&
           pool_init(&fs->more, ACCOUNT_flows, sizeof(struct flow_more), limit, e) &&
           pool_init(&fs->exported, ACCOUNT_flows, sizeof(struct flow_export), limit, e) &&
           table_init(&fs->table, limit, hash_of_flow, fs, e) &&
           turns_init(&fs->probation, ACCOUNT_flows, limit, e);
}

void flows_fini(struct flows *fs)
{
    for (uint32_t i = 1; i < fs->hot.top; i++)
        if (flow_hot_at(fs, i)->bits & FLOW_USED)
            flows_give(fs, i);
    turns_fini(&fs->probation);
    table_fini(&fs->table);
    pool_fini(&fs->exported);
    pool_fini(&fs->more);
    pool_fini(&fs->tcp);
    pool_fini(&fs->told);
    pool_fini(&fs->cold);
    pool_fini(&fs->hot);
}

uint32_t flows_take(struct flows *fs, const struct keyed *k)
{
    uint32_t index = pool_take(&fs->hot);
    if (!index)
        return 0;
    /* Both pools are used in step, so they hand out the same index. */
    uint32_t twin = pool_take(&fs->cold);
    if (twin != index || !table_add(&fs->table, k->hash, index)) {
        if (twin)
            pool_give(&fs->cold, twin);
        pool_give(&fs->hot, index);
        return 0;
    }
    struct flow_hot *h = flow_hot_at(fs, index);
    h->key = k->key;
    h->bits = FLOW_USED;
    flow_cold_at(fs, index)->generation = ++fs->generation;
    return index;
}

void flows_give(struct flows *fs, uint32_t index)
{
    struct flow_hot *h = flow_hot_at(fs, index);
    struct flow_cold *c = flow_cold_at(fs, index);
    table_remove(&fs->table, key_hash(&h->key), index);
    if ((c->marks & MARK_NAMED) && c->names)
        mem_free(ACCOUNT_names, c->names, c->names->size);
    if (c->told)
        pool_give(&fs->told, c->told);
    if (c->tcp)
        pool_give(&fs->tcp, c->tcp);
    if (c->exported)
        pool_give(&fs->exported, c->exported);
    if (c->more)
        pool_give(&fs->more, c->more);
    h->bits = 0;
    pool_give(&fs->cold, index);
    pool_give(&fs->hot, index);
    /* pool_give() wrote its link into the entry; bits stay clear because it is not at the front. */
}

struct flow_told *flow_make_told(struct flows *fs, struct flow_cold *c)
{
    if (!c->told && (c->told = pool_take(&fs->told)))
        flow_told(fs, c)->interval_first = c->first;
    return flow_told(fs, c);
}

struct flow_tcp *flow_make_tcp(struct flows *fs, struct flow_cold *c)
{
    if (!c->tcp)
        c->tcp = pool_take(&fs->tcp);
    return flow_tcp(fs, c);
}

struct flow_more *flow_make_more(struct flows *fs, struct flow_cold *c)
{
    if (!c->more)
        c->more = pool_take(&fs->more);
    return flow_more(fs, c);
}

struct flow_export *flow_make_exported(struct flows *fs, struct flow_cold *c)
{
    if (!c->exported)
        c->exported = pool_take(&fs->exported);
    return flow_exported(fs, c);
}

/* How much a flow beyond probation may be missed, 0 = it may not go. */
static unsigned spare_rank(const struct flow_hot *h, nsec_t now)
{
    nsec_t silent = now - flow_last(h);
    if (h->bits & FLOW_CLOSED)
        return 3;
    if (!(h->bits & FLOW_TWO_WAY))
        return silent > ONE_WAY_SILENT * SECOND ? 2 : 0;
    return !(h->bits & FLOW_TCP) && silent > ANSWERED_SILENT * SECOND ? 1 : 0;
}

uint32_t flows_spare(struct flows *fs, unsigned tries, nsec_t now)
{
    uint32_t found = 0;
    unsigned best = 0;
    nsec_t last = 0;
    for (unsigned i = 0; i < tries && best < 3 && fs->barren < fs->hot.top; i++) {
        if (++fs->hand >= fs->hot.top)
            fs->hand = 1;
        fs->barren++;
        const struct flow_hot *h = flow_hot_at(fs, fs->hand);
        unsigned rank = h->bits & FLOW_USED ? spare_rank(h, now) : 0;
        if (rank > best || (rank && rank == best && flow_last(h) < last)) {
            found = fs->hand;
            best = rank;
            last = flow_last(h);
        }
    }
    if (found)
        fs->barren = 0;
    return found;
}
