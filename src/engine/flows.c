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
           table_init(&fs->table, limit, hash_of_flow, fs, e);
}

void flows_fini(struct flows *fs)
{
    for (uint32_t i = 1; i < fs->hot.top; i++)
        if (flow_hot_at(fs, i)->bits & FLOW_USED)
            flows_give(fs, i);
    table_fini(&fs->table);
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
    if (c->names)
        mem_free(ACCOUNT_names, c->names, c->names->size);
    if (c->told)
        mem_free(ACCOUNT_flows, c->told, sizeof *c->told);
    if (c->tunnel)
        mem_free(ACCOUNT_flows, c->tunnel, sizeof *c->tunnel);
    h->bits = 0;
    pool_give(&fs->cold, index);
    pool_give(&fs->hot, index);
    /* pool_give() wrote its link into the entry; bits stay clear because it is not at the front. */
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
