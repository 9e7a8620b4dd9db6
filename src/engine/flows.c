/* flows.c - the table of flows: two pools of one index under a table of tags. */
#include "engine/flows.h"

enum { VICTIM_SILENT = 10 /* seconds after which a conversation may have to go */ };

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
           table_init(&fs->table, limit, hash_of_flow, fs, e);
}

void flows_fini(struct flows *fs)
{
    for (uint32_t i = 1; i < fs->hot.top; i++)
        if (flow_hot_at(fs, i)->bits & FLOW_USED)
            flows_give(fs, i);
    table_fini(&fs->table);
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

uint32_t flows_victim(struct flows *fs, unsigned tries, nsec_t now)
{
    uint32_t silent = 0;
    nsec_t oldest = now - VICTIM_SILENT * SECOND;
    for (unsigned i = 0; i < tries; i++) {
        if (++fs->hand >= fs->hot.top)
            fs->hand = 1;
        const struct flow_hot *h = flow_hot_at(fs, fs->hand);
        if (!(h->bits & FLOW_USED))
            continue;
        if (!(h->bits & FLOW_TWO_WAY) || (h->bits & FLOW_CLOSED))
            return fs->hand;
        if (flow_last(h) < oldest) {
            oldest = flow_last(h);
            silent = fs->hand;
        }
    }
    return silent;
}
