/* flow_ends.c - who the two ends of a flow are: addresses and MACs, wherever they are kept.
 *
 * A flow does not repeat what others hold for it. An end's address is its host's. An end that found
 * no room among the hosts has it in the key, which is exact for IPv4, and in struct flow_more for
 * IPv6. An end's MAC is the one of the group it counts for, unless the answers came from another
 * device than the questions went to. Hosts and groups stay as long as a flow counts for them.
 */
#include "engine/worker.h"

struct addr flow_addr(const struct worker *w, uint32_t index, unsigned end)
{
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    if (h->host[end] != HOST_OTHERS)
        return host_at(&w->hosts, h->host[end])->addr;
    if (!(h->bits & FLOW_V6))
        return key_addr_v4(&h->key, end);
    const struct flow_more *m = flow_more(&w->flows, flow_cold_at(&w->flows, index));
    return m && (m->has & MORE_ADDR << end) ? m->addr[end] : (struct addr){0};
}

void flow_keep_addr(struct worker *w, uint32_t index, unsigned end, const struct addr *a)
{
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    if (h->host[end] != HOST_OTHERS || !(h->bits & FLOW_V6))
        return;
    struct flow_more *m = flow_make_more(&w->flows, flow_cold_at(&w->flows, index));
    if (!m)
        return;
    m->addr[end] = *a;
    m->has |= (uint16_t)(MORE_ADDR << end);
}

struct mac flow_mac(const struct worker *w, uint32_t index, unsigned end)
{
    const struct flow_cold *c = flow_cold_at(&w->flows, index);
    const struct flow_more *m = flow_more(&w->flows, c);
    uint32_t device = c->device[end];
    if (m && (m->has & MORE_MAC << end))
        return m->mac[end];
    return device ? mac_from_id(group_at(&w->groups, device)->id) : (struct mac){0};
}

void flow_keep_mac(struct worker *w, uint32_t index, unsigned end, const struct mac *mac)
{
    struct flow_cold *c = flow_cold_at(&w->flows, index);
    struct flow_more *m = flow_more(&w->flows, c);
    uint32_t device = c->device[end];
    if (device && group_at(&w->groups, device)->id == mac_id(mac)) {
        if (m)
            m->has &= (uint16_t) ~(MORE_MAC << end);
        return;
    }
    if (!(m = flow_make_more(&w->flows, c)))
        return;
    m->mac[end] = *mac;
    m->has |= (uint16_t)(MORE_MAC << end);
}

static bool end_is_local(const struct flow_hot *h, const struct flow_cold *c, unsigned end)
{
    return c->locality == LOCALITY_L2L ||
           c->locality == (end == flow_client(h) ? LOCALITY_L2R : LOCALITY_R2L);
}

int flow_network(const struct worker *w, uint32_t index, unsigned end)
{
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    if (h->host[end] != HOST_OTHERS)
        return host_at(&w->hosts, h->host[end])->network;
    /* Most of those are remote, and the flow knows that. */
    if (!end_is_local(h, flow_cold_at(&w->flows, index), end))
        return -1;
    struct addr a = flow_addr(w, index, end);
    return locals_find(w->config->locals, &a);
}

nsec_t flow_end_first(const struct flow_cold *c, unsigned end)
{
    return end == !!(c->marks & MARK_FIRST_HIGH) ? c->first : c->answer_first;
}
