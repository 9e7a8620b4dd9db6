/* known.c - censuses of hosts and devices. */
#include "engine/known.h"

#include <string.h>

#include "base/hash.h"

uint64_t known_hash(const struct addr *a, uint16_t vlan, uint32_t iface)
{
    uint64_t low, high;
    memcpy(&low, a->byte, 8);
    memcpy(&high, a->byte + 8, 8);
    return hash_u128(low ^ (uint64_t)vlan << 32 ^ iface, high);
}

static uint64_t hash_of_device(const struct known *k, uint64_t mac)
{
    return hash_u128(mac, k->iface);
}

static enum known_kind kind_of(const struct host *h)
{
    return h->is_local ? KNOWN_LOCAL : KNOWN_REMOTE;
}

void known_add_host(struct known *k, const struct host *h)
{
    if (!k->on)
        return;
    uint64_t hash = known_hash(&h->addr, h->vlan, k->iface);
    census_add(&k->now[kind_of(h)], hash);
    if (k->recounts)
        census_add(&k->next[kind_of(h)], hash);
}

void known_remove_host(struct known *k, const struct host *h)
{
    if (!k->on)
        return;
    uint64_t hash = known_hash(&h->addr, h->vlan, k->iface);
    census_remove(&k->now[kind_of(h)], hash);
    if (k->recounts)
        census_remove(&k->next[kind_of(h)], hash);
}

void known_add_device(struct known *k, uint64_t mac)
{
    if (k->on)
        census_add(&k->now[KNOWN_DEVICES], hash_of_device(k, mac));
}

void known_remove_device(struct known *k, uint64_t mac)
{
    if (k->on)
        census_remove(&k->now[KNOWN_DEVICES], hash_of_device(k, mac));
}

void known_walk_begins(struct known *k)
{
    k->recounts = census_is_coarse(&k->now[KNOWN_REMOTE]) || census_is_coarse(&k->now[KNOWN_LOCAL]);
}

void known_recount(struct known *k, const struct host *h)
{
    if (k->recounts)
        census_add(&k->next[kind_of(h)], known_hash(&h->addr, h->vlan, k->iface));
}

void known_walk_ends(struct known *k)
{
    for (unsigned i = 0; k->recounts && i < KNOWN_DEVICES; i++) {
        census_clear(&k->now[i]);
        k->now[i] = k->next[i];
        k->next[i] = (struct census){0};
    }
    k->recounts = false;
}

void known_free(struct known *k)
{
    for (unsigned i = 0; i < KNOWN_KINDS; i++)
        census_clear(&k->now[i]);
    for (unsigned i = 0; i < KNOWN_DEVICES; i++)
        census_clear(&k->next[i]);
}
