/* host_others.c - hosts that have to go for others, and what Other hosts takes over from them.
 *
 * When there is no room for a host, one goes that no flow refers to: the one that has waited longest
 * for a flow, remote ones before local. What it counted is added to Other hosts, so that sums over hosts stay
 * what they were, and told to the owner, who adds it to the totals of its network.
 */
#include "engine/hosts.h"

#include <string.h>

enum {
    TRIES = 64,   /* slots looked at for one host that does not wait in the queue */
    SPARED = 16,  /* local hosts put back into the queue before one of them has to go */
    PREFETCH = 4, /* hosts between knowing a victim and needing it */
};

static uint32_t tag_of(const struct host *h)
{
    uint64_t low, high;
    memcpy(&low, h->addr.byte, 8);
    memcpy(&high, h->addr.byte + 8, 8);
    return turn_tag(low ^ h->vlan, high);
}

void host_lose_flow(struct hosts *hs, uint32_t index, unsigned side)
{
    struct host *h = host_at(hs, index);
    h->flows[side]--;
    if (h->flows[0] | h->flows[1] || index == HOST_OTHERS)
        return;
    hs->busy--;
    turns_add(&hs->idle, (struct turn){index, tag_of(h)});
}

static bool may_go(const struct hosts *hs, uint32_t index)
{
    const struct host *h = host_at(hs, index);
    return h->first && !h->flows[0] && !h->flows[1] && index != HOST_OTHERS && index != hs->pinned;
}

/* Always inline: gcc throws away calls of functions that do nothing but prefetch. */
static inline __attribute__((always_inline)) void prefetch(const struct hosts *hs,
                                                           const struct turn *t)
{
    if (!t)
        return;
    const char *line = (const char *)host_at(hs, t->index);
    for (unsigned i = 0; i < sizeof(struct host); i += 64)
        __builtin_prefetch(line + i, 1);
}

/* Of the hosts that lost their last flow the one that waits longest, remote ones before local. */
static uint32_t longest_idle(struct hosts *hs)
{
    struct turn t;
    unsigned spared = 0;
    while (turns_take(&hs->idle, &t)) {
        prefetch(hs, turns_peek(&hs->idle, PREFETCH));
        const struct host *h = host_at(hs, t.index);
        if (!may_go(hs, t.index) || tag_of(h) != t.tag)
            continue;
        if (!h->is_local || spared++ == SPARED || !turns_length(&hs->idle))
            return t.index;
        turns_add(&hs->idle, t);
    }
    return 0;
}

/* The queue may have overflowed, and who never had a flow is not in it. Slots in which nobody may go
 * are not looked at again before hosts_tick(). */
static uint32_t somebody_idle(struct hosts *hs)
{
    uint32_t local = 0;
    for (unsigned i = 0; i < TRIES && hs->barren < hs->pool.top; i++) {
        if (++hs->hand >= hs->pool.top)
            hs->hand = HOST_OTHERS + 1;
        hs->barren++;
        if (!may_go(hs, hs->hand))
            continue;
        if (!host_at(hs, hs->hand)->is_local) {
            hs->barren = 0;
            return hs->hand;
        }
        local = local ? local : hs->hand;
    }
    if (local)
        hs->barren = 0;
    return local;
}

static void merge_talk(struct hosts *hs, struct host *others, const struct host_talk *from)
{
    struct host_talk *to = host_talk(hs, others);
    struct host_http *http = from->http ? host_http(hs, others) : NULL;
    for (unsigned side = 0; side < 2; side++) {
        to->icmp_traffic.bytes[side] += from->icmp_traffic.bytes[side];
        to->icmp_traffic.packets[side] += from->icmp_traffic.packets[side];
        to->other_traffic.bytes[side] += from->other_traffic.bytes[side];
        to->other_traffic.packets[side] += from->other_traffic.packets[side];
        to->dns_queries[side] += from->dns_queries[side];
        to->dns_replies_ok[side] += from->dns_replies_ok[side];
        to->dns_replies_error[side] += from->dns_replies_error[side];
        if (!http)
            continue;
        http->requests[side] += from->http->requests[side];
        for (unsigned i = 0; i < 6; i++)
            http->codes[side][i] += from->http->codes[side][i];
    }
}

static void merge_uses(struct hosts *hs, struct host *others, const struct host *from)
{
    for (uint32_t at = from->app; at; at = host_use_at(hs, at)->next) {
        const struct host_use *u = host_use_at(hs, at);
        bool is_full = false;
        if (host_use_is_empty(u))
            continue;
        struct host_use *to =
            host_use_at(hs, host_use_get(hs, others, u->master, u->app, &is_full));
        for (unsigned side = 0; side < 2; side++)
            host_use_count(to, side, u->bytes[side], host_use_packets(u, side));
        to->seconds = to->seconds > u->seconds ? to->seconds : u->seconds;
    }
}

/* What was counted long ago is nothing that Other hosts do now: their rate does not see it. */
static void merge_bytes(struct host *others, const struct host *from)
{
    struct rate *r = &others->rate;
    for (unsigned side = 0; side < 2; side++) {
        rate_set_base(r, side, rate_base(r, side) + from->bytes[side]);
        others->bytes[side] += from->bytes[side];
        r->base_packets += from->packets[side];
    }
    others->last = others->last > from->last ? others->last : from->last;
}

static void merge(struct hosts *hs, const struct host *from)
{
    struct host *others = host_at(hs, HOST_OTHERS);
    merge_bytes(others, from);
#define HOST_COUNTER(name, type, n)                                                                \
    for (unsigned i = 0; i < n; i++)                                                               \
        host_add_##name(hs, others, i, host_get_##name(hs, from, i));
#include "engine/host_counters.def"
#undef HOST_COUNTER
    merge_uses(hs, others, from);
    const struct host_more *more = host_more_at(hs, from);
    if (more && more->talk)
        merge_talk(hs, others, pool_at(&hs->talk, more->talk));
}

/* sign is 1 or, to take it back, -1: narrow counters borrow as they carry, since Other hosts have
 * their wide half from the beginning. */
static void add_share(struct hosts *hs, struct host *h, const struct host_share *s, uint64_t sign)
{
    bool has_talk = s->class == L4_ICMP || s->class == L4_OTHER;
    struct host_talk *talk = has_talk ? host_talk(hs, h) : NULL;
    for (unsigned side = 0; side < 2; side++) {
        uint64_t bytes = sign * s->traffic.bytes[side], packets = sign * s->traffic.packets[side];
        h->bytes[side] += bytes;
        host_add_packets(hs, h, side, packets);
        host_add_goodput(hs, h, side, sign * s->goodput[side]);
        if (s->class == L4_UDP) {
            host_add_udp_bytes(hs, h, side, bytes);
            host_add_udp_packets(hs, h, side, packets);
        }
        struct traffic *t = !talk                 ? NULL
                            : s->class == L4_ICMP ? &talk->icmp_traffic
                                                  : &talk->other_traffic;
        if (t) {
            t->bytes[side] += bytes;
            t->packets[side] += packets;
        }
    }
}

/* What was counted before is nothing that the host does now: its rate does not see it. */
static void move_base(struct host *h, const struct host_share *s, uint64_t sign)
{
    for (unsigned side = 0; side < 2; side++) {
        uint64_t base = rate_base(&h->rate, side) + sign * s->traffic.bytes[side];
        rate_set_base(&h->rate, side, base);
        h->rate.base_packets += (uint32_t)(sign * s->traffic.packets[side]);
    }
}

void host_count_share(struct hosts *hs, struct host *h, uint32_t tick, nsec_t last,
                      const struct host_share *share)
{
    if (h->rate.stamp != tick)
        host_roll(hs, h, tick);
    h->last = last > h->last ? last : h->last;
    add_share(hs, h, share, 1);
}

void host_give_share(struct hosts *hs, struct host *to, struct host *others,
                     const struct host_share *share)
{
    add_share(hs, others, share, UINT64_MAX);
    move_base(others, share, UINT64_MAX);
    add_share(hs, to, share, 1);
    move_base(to, share, 1);
}

bool hosts_make_room(struct hosts *hs)
{
    uint32_t index = longest_idle(hs);
    if (!index)
        index = somebody_idle(hs);
    if (!index)
        return false;
    struct host *h = host_at(hs, index);
    merge(hs, h);
    if (hs->evicts)
        hs->evicts(hs->owner, h);
    hosts_remove(hs, index);
    hs->evicted++;
    return true;
}
