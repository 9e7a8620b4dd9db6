/* handover.c - records go to the worker that counts their flow. */
#include "engine/handover.h"

#include <stdatomic.h>
#include <string.h>

#include "engine/worker.h"

enum {
    PARCEL_BYTES = 16384, /* thirty records */
    SPARE = 14,           /* parcels on their way beside one open for each peer */
    OCTETS_MOST = 4096,   /* of a sampled packet; its headers are in far less */
    ALIGNMENT = 16,
    PATIENCE = 50 /* milliseconds, while a socket's buffer has room for a second */
};

struct parcel {
    struct letter letter;
    struct worker *sender;
    size_t used;
    _Alignas(ALIGNMENT) uint8_t bytes[PARCEL_BYTES];
};

/* One record in a parcel, and behind it what a probe's detection found. Of a sampled packet what was decoded,
 * and its octets behind it. */
struct passed {
    struct told_by by;
    struct flow_in flow;
    size_t octets;
    bool is_sample;
    struct packet packet;
};

/* Owner: its worker; inbox and empties are written by all. */
struct handover {
    struct worker *peers;
    unsigned n, parcels;
    struct parcel **open; /* by peer, NULL = none */
    struct parcel *all;
    struct letter *at_hand; /* empty ones */
    struct mailbox inbox, empties;
    bool has_waited; /* in vain, for one to come back: no record waits again before that */
    atomic_bool asleep;
};

bool handover_init(struct worker *w, struct worker *peers, unsigned n, struct err *e)
{
    struct handover *h = mem_alloc(ACCOUNT_other, sizeof *h);
    if (!(w->handover = h))
        return fail(e, "no memory to hand records over");
    h->peers = peers;
    h->n = n;
    h->parcels = n + SPARE;
    h->open = mem_alloc(ACCOUNT_other, n * sizeof(struct parcel *));
    h->all = mem_alloc(ACCOUNT_other, h->parcels * sizeof *h->all);
    if (!h->open || !h->all)
        return fail(e, "no memory to hand records over");
    for (unsigned i = 0; i < h->parcels; i++) {
        h->all[i].sender = w;
        h->all[i].letter.next = h->at_hand;
        h->at_hand = &h->all[i].letter;
    }
    return true;
}

void handover_fini(struct worker *w)
{
    struct handover *h = w->handover;
    if (!h)
        return;
    if (h->open)
        mem_free(ACCOUNT_other, h->open, h->n * sizeof(struct parcel *));
    if (h->all)
        mem_free(ACCOUNT_other, h->all, h->parcels * sizeof *h->all);
    mem_free(ACCOUNT_other, h, sizeof *h);
    w->handover = NULL;
}

struct worker *handover_owner(const struct worker *w, const struct packet *p)
{
    const struct handover *h = w->handover;
    if (!h)
        return NULL;
    struct worker *owner = &h->peers[key_spread(p) % h->n];
    return owner == w ? NULL : owner;
}

/* An empty parcel, waiting a little for one that comes back; NULL when none does. Meanwhile this worker
 * takes what it was sent itself: two that wait for each other must not. */
static struct parcel *empty_parcel(struct worker *w)
{
    struct handover *h = w->handover;
    if (!h->at_hand)
        h->at_hand = mailbox_take(&h->empties);
    for (unsigned i = 0; !h->at_hand && !h->has_waited && i < PATIENCE; i++) {
        handover_flush(w);
        handover_take(w);
        clock_sleep(MILLISECOND);
        h->at_hand = mailbox_take(&h->empties);
    }
    struct letter *l = h->at_hand;
    h->has_waited = !l;
    if (!l)
        return NULL;
    h->at_hand = l->next;
    struct parcel *p = (struct parcel *)(void *)l; /* its first member */
    p->used = 0;
    return p;
}

static void post(struct worker *w, unsigned peer)
{
    struct handover *h = w->handover, *to = h->peers[peer].handover;
    struct parcel *p = h->open[peer];
    h->open[peer] = NULL;
    mailbox_send(&to->inbox, &p->letter);
    /* In one order with handover_sleeps(): either it sees the parcel or this sees that it sleeps. */
    if (atomic_load(&to->asleep)) {
        event_set(&h->peers[peer].wake);
        h->peers[peer].source->ops->wake(h->peers[peer].source);
    }
}

void handover_flush(struct worker *w)
{
    struct handover *h = w->handover;
    for (unsigned i = 0; h && i < h->n; i++)
        if (h->open[i])
            post(w, i);
}

static size_t room_of(size_t octets)
{
    size_t size = sizeof(struct passed) + octets;
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Where a pointer into the packet points to once its first `octets` are at `to`; NULL when it is not there. */
static const uint8_t *moved(const struct packet *p, const uint8_t *at, const uint8_t *to,
                            size_t octets)
{
    return at && p->ip && (size_t)(at - p->ip) <= octets ? to + (at - p->ip) : NULL;
}

/* The packet, its first octets having been copied to `to`. */
static struct packet packet_at(const struct packet *p, const uint8_t *to, size_t octets)
{
    struct packet copy = *p;
    copy.l4 = moved(p, p->l4, to, octets);
    copy.payload = moved(p, p->payload, to, octets);
    copy.ip = p->ip ? to : NULL;
    copy.ip_cap = (uint32_t)octets;
    size_t left = copy.payload ? octets - (size_t)(copy.payload - to) : 0;
    copy.payload_cap = p->payload_cap < left ? p->payload_cap : (uint32_t)left;
    return copy;
}

/* What travels behind the record. */
static size_t octets_of(const struct flow_in *f, const struct packet *sample)
{
    size_t octets = sample && sample->ip ? sample->ip_cap : 0;
    if (!sample && f->names)
        octets = offsetof(struct flow_in_names, tail.bytes) + f->names->tail.used;
    return octets < OCTETS_MOST ? octets : OCTETS_MOST;
}

void handover_send(struct worker *w, struct worker *owner, const struct flow_in *f,
                   const struct packet *sample, const struct told_by *by)
{
    struct handover *h = w->handover;
    unsigned peer = owner->number;
    size_t octets = octets_of(f, sample);
    if (h->open[peer] && h->open[peer]->used + room_of(octets) > PARCEL_BYTES)
        post(w, peer);
    if (!h->open[peer])
        h->open[peer] = empty_parcel(w);
    struct parcel *p = h->open[peer];
    if (!p) {
        worker_count(w, REASON_record_crowded, 0);
        return;
    }
    struct passed *passed = (struct passed *)(void *)(p->bytes + p->used);
    passed->by = *by;
    passed->flow = *f;
    passed->octets = octets;
    passed->is_sample = sample != NULL;
    /* What is borrowed stays here. */
    passed->flow.exporter = NULL;
    passed->flow.raw = (struct flow_in_raw){0};
    uint8_t *to = (uint8_t *)(passed + 1);
    passed->flow.names = NULL;
    if (!sample && f->names) {
        memcpy(to, f->names, octets);
        passed->flow.names = (const struct flow_in_names *)(const void *)to;
    }
    if (sample) {
        passed->packet = packet_at(sample, to, octets);
        if (octets)
            memcpy(to, sample->ip, octets);
    }
    p->used += room_of(octets);
    w->tally.taken--; /* the owner takes it */
}

static void unpack(struct worker *w, const struct parcel *p)
{
    for (size_t at = 0; at < p->used;) {
        const struct passed *passed = (const struct passed *)(const void *)(p->bytes + at);
        const struct told_by *by = &passed->by;
        struct keyed k;
        w->tally.taken++;
        at += room_of(passed->octets);
        if (passed->is_sample) {
            flow_add_sample(w, &passed->packet, &passed->flow, &by->exporter, by->now);
            continue;
        }
        flow_in_key(&passed->flow, &k);
        flow_add(w, &passed->flow, &k, &by->exporter, by->now);
        collect_look(w, &passed->flow, &by->exporter, k.hash);
    }
}

bool handover_take(struct worker *w)
{
    struct handover *h = w->handover;
    struct letter *next = h ? mailbox_take(&h->inbox) : NULL;
    bool any = next != NULL;
    while (next) {
        struct parcel *p = (struct parcel *)(void *)next;
        next = next->next;
        unpack(w, p);
        mailbox_send(&p->sender->handover->empties, &p->letter);
    }
    return any;
}

int handover_sleeps(struct worker *w, int timeout_ms)
{
    struct handover *h = w->handover;
    if (!h)
        return timeout_ms;
    atomic_store(&h->asleep, true);
    return mailbox_has(&h->inbox) ? 0 : timeout_ms;
}

void handover_wakes(struct worker *w)
{
    if (w->handover)
        atomic_store(&w->handover->asleep, false);
}

static bool others_run(const struct worker *w)
{
    const struct handover *h = w->handover;
    for (unsigned i = 0; i < h->n; i++)
        if (i != w->number && atomic_load(&h->peers[i].state) == WORKER_RUNS)
            return true;
    return false;
}

void handover_end(struct worker *w)
{
    if (!w->handover)
        return;
    while (others_run(w)) {
        handover_take(w);
        clock_sleep(MILLISECOND);
    }
    handover_take(w);
}
