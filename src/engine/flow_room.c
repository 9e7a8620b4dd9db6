/* flow_room.c - a slot for a new flow, and who has to go for it.
 *
 * When the table is full (--max-flows, or --memory refuses to let it grow) a new flow takes the
 * slot of one that is worth less: the oldest on probation (turns.h), else one beyond it that is
 * over or has fallen silent (flows_spare()). A connection that both ends take part in is never ended
 * for another flow; when there is nobody else, the newcomer is refused and its packets are counted
 * as untracked. When flows have to go an emergency is declared, once, until none has had to for a
 * while.
 */
#include "engine/say.h"
#include "engine/worker.h"

enum {
    SPARE_TRIES = 64, /* slots looked at for one flow: 4 kB of hot lines */
    FEW = 32,         /* with less than this part of the slots on probation others go first, or
                         newcomers would push each other out before they are answered */
    PREFETCH = 8,     /* flows between knowing a victim's key and needing its bucket */
    CALM = 10,        /* seconds without anybody having had to go */
    PROVEN_PACKETS = 3
};

static uint32_t tag_of(const struct flow_key *k)
{
    return turn_tag(k->low, k->high);
}

static bool is_proven(const struct worker *w, uint32_t index)
{
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    if (h->bits & FLOW_TWO_WAY)
        return true;
    uint64_t packets = (uint64_t)h->packets[0] + h->packets[1];
    if (packets >= PROVEN_PACKETS)
        return true;
    const struct flow_cold *c = flow_cold_at(&w->flows, index);
    return packets + c->packets[0] + c->packets[1] >= PROVEN_PACKETS;
}

/* Of an entry that will be taken after some others: both halves of the flow, which is written as it
 * goes. Inlined, because gcc drops calls of functions that do nothing but prefetch. */
static inline __attribute__((always_inline)) void prefetch_flow(const struct flows *fs,
                                                                const struct turn *t)
{
    if (!t)
        return;
    const char *hot = (const char *)flow_hot_at(fs, t->index);
    const char *cold = (const char *)flow_cold_at(fs, t->index);
    __builtin_prefetch(hot, 1);
    __builtin_prefetch(hot + 64, 1);
    for (unsigned line = 0; line < sizeof(struct flow_cold); line += 64)
        __builtin_prefetch(cold + line, 1);
}

/* And nearer to its turn, when its key is here: its bucket of the table, and the rows of the networks
 * that it counts for. */
static inline __attribute__((always_inline)) void prefetch_places(const struct worker *w,
                                                                  const struct turn *t)
{
    if (!t)
        return;
    const struct flow_hot *h = flow_hot_at(&w->flows, t->index);
    table_prefetch(&w->flows.table, key_hash(&h->key));
    if (h->bits & FLOW_V6)
        return;
    groups_prefetch_prefix(&w->groups, (uint32_t)(h->key.low >> 32));
    groups_prefetch_prefix(&w->groups, (uint32_t)(h->key.high >> 32));
}

/* The oldest flow that is still on probation, 0 when there is none. */
static uint32_t oldest_on_probation(struct worker *w)
{
    struct flows *fs = &w->flows;
    struct turn e;
    while (turns_take(&fs->probation, &e)) {
        prefetch_flow(fs, turns_peek(&fs->probation, 2 * PREFETCH));
        prefetch_places(w, turns_peek(&fs->probation, PREFETCH));
        const struct flow_hot *h = flow_hot_at(fs, e.index);
        bool is_there = (h->bits & FLOW_USED) && tag_of(&h->key) == e.tag;
        if (is_there && !is_proven(w, e.index))
            return e.index;
    }
    return 0;
}

static uint32_t find_victim(struct worker *w, nsec_t now)
{
    struct flows *fs = &w->flows;
    bool is_few = turns_length(&fs->probation) < fs->hot.used / FEW;
    uint32_t victim = is_few ? 0 : oldest_on_probation(w);
    if (!victim)
        victim = flows_spare(fs, SPARE_TRIES, now);
    if (!victim && is_few)
        victim = oldest_on_probation(w);
    return victim;
}

void flow_look_at_unmet(struct worker *w, uint32_t index)
{
    if (!w->emergency.is_on || is_proven(w, index))
        flow_meet_hosts(w, index);
    else if (flow_hot_at(&w->flows, index)->bits & FLOW_RAW)
        flow_join(w, index);
}

/* A flow of which nothing is known but its counters needs no farewell. */
static void push_out(struct worker *w, uint32_t index)
{
    const struct flow_cold *c = flow_cold_at(&w->flows, index);
    bool is_raw = flow_hot_at(&w->flows, index)->bits & FLOW_RAW;
    if (is_raw && !w->sink && !c->dpi)
        crowd_take(w, index);
    else
        flow_end(w, index, END_RESOURCES);
}

static void declare_emergency(struct worker *w, nsec_t now)
{
    w->emergency.pressed = now;
    if (w->emergency.is_on)
        return;
    w->emergency.is_on = true;
    w->tally.emergencies++;
    say_emergency(&w->events, now, w->flows.hot.used);
}

uint32_t flow_room(struct worker *w, const struct keyed *k, nsec_t now)
{
    uint32_t index = flows_take(&w->flows, k);
    if (__builtin_expect(!index, 0)) {
        declare_emergency(w, now);
        uint32_t victim = find_victim(w, now);
        if (!victim)
            return 0;
        push_out(w, victim);
        w->tally.flows_evicted++;
        worker_count(w, REASON_flow_evicted, 0);
        index = flows_take(&w->flows, k);
    }
    if (index)
        turns_add(&w->flows.probation, (struct turn){index, tag_of(&k->key)});
    return index;
}

void flow_room_tick(struct worker *w, nsec_t now)
{
    w->flows.barren = 0;            /* somebody may have closed or fallen silent since */
    if (now < w->emergency.pressed) /* somebody has set the clock back */
        w->emergency.pressed = now;
    if (w->emergency.is_on && now - w->emergency.pressed >= CALM * SECOND)
        w->emergency.is_on = false;
}
