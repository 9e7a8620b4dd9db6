/* packet_path.c - the way of a packet, from the source's ring to the flow's two hot lines.
 *
 * A rolling pipeline: while packet i is decoded and its bucket is prefetched, packet i-16 looks
 * into its bucket and prefetches the flow, and packet i-32 updates it. Spreading the prefetches
 * under the decoding was measured twice as fast as doing each step for the whole burst, at 100 k
 * flows and more. Before a fold or at the end of a burst the pipeline is drained, because frames
 * and time belong together.
 */
#include "engine/worker.h"

enum { DEPTH = 16, SLOTS = 64, SLOT_MASK = SLOTS - 1 };

/* The year 2255: no sum of a stamp and a duration that the engine makes can overflow. */
static const nsec_t latest = 9000000000 * SECOND;

struct slot {
    struct packet packet;
    struct keyed keyed;
    uint32_t hint;
};

struct pipe {
    struct slot slot[SLOTS];
    unsigned in, looked, out; /* packets decoded, looked up, finished */
};

static inline uint16_t size_u16(uint32_t bytes)
{
    return bytes > UINT16_MAX ? UINT16_MAX : (uint16_t)bytes;
}

static inline unsigned size_bin(uint32_t bytes)
{
    unsigned bin = 0;
    while (bin < SIZE_BINS - 1 && bytes > size_bin_top[bin])
        bin++;
    return bin;
}

static inline void count_time(struct flow_hot *h, const struct packet *p, unsigned end)
{
    nsec_t before = h->last[end];
    if (before && p->ts >= before) {
        uint64_t us = (uint64_t)(p->ts - before) / 1000;
        uint32_t gap = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
        if (gap < h->iat_min[end])
            h->iat_min[end] = gap;
        if (gap > h->iat_max[end])
            h->iat_max[end] = gap;
    }
    uint16_t second = (uint16_t)((uint64_t)p->ts / (uint64_t)SECOND);
    if (second != h->second || p->ts - flow_last(h) > SECOND) {
        h->second = second;
        h->second_bytes = 0;
    }
    if (__builtin_add_overflow(h->second_bytes, p->ip_bytes, &h->second_bytes))
        h->second_bytes = UINT32_MAX;
    if (h->second_bytes > h->peak_bytes)
        h->peak_bytes = h->second_bytes;
    if (p->ts > before)
        h->last[end] = p->ts;
}

/* What only some packets of some flows need: everything here may touch the cold half. */
static void rare_path(struct worker *w, uint32_t index, const struct packet *p, unsigned end)
{
    struct flow_hot *h = flow_hot_at(&w->flows, index);
    if (!h->last[end])
        flow_meet_end(w, index, p, end);
    if (h->bits & FLOW_FRESH) {
        flow_cold_at(&w->flows, index)->interval_first = p->ts;
        h->bits &= (uint16_t)~FLOW_FRESH;
    }
    if (p->is_tcp && (p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)))
        flow_tcp_flags(w, index, p, end);
    if (h->bits & FLOW_TIMING)
        flow_time(w, index, p, end);
    if (h->bits & FLOW_WATCH)
        watch_packet(w, index, p, end);
    if ((h->bits & FLOW_DPI) && p->payload_cap)
        flow_detect(w, index, p, end);
}

static inline void flow_update(struct worker *w, uint32_t index, const struct packet *p,
                               unsigned end)
{
    struct flow_hot *h = flow_hot_at(&w->flows, index);
    bool first_of_end = !h->last[end];
    if (__builtin_expect((h->bits & (FLOW_DPI | FLOW_TIMING | FLOW_WATCH | FLOW_FRESH)) ||
                             first_of_end || (p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)),
                         0))
        rare_path(w, index, p, end);
    if (first_of_end && h->last[!end])
        h->bits |= FLOW_TWO_WAY;

    /* 32-bit deltas hold 34 Gbit/s for a second; a lie about lengths must not overflow them. */
    if (__builtin_expect(h->bytes[end] > UINT32_MAX - p->ip_bytes, 0))
        flow_fold(w, index, w->tick);
    h->bytes[end] += p->ip_bytes;
    h->packets[end]++;
    h->goodput[end] += p->payload_len;
    count_time(h, p, end);
    uint16_t size = size_u16(p->ip_bytes);
    if (size < h->min_ip[end])
        h->min_ip[end] = size;
    if (size > h->max_ip[end])
        h->max_ip[end] = size;
    /* A bin is 8 bits wide; once in 255 packets it cannot wait for the sweep. */
    if (__builtin_expect(++h->sizes[end][size_bin(p->ip_bytes)] == UINT8_MAX, 0))
        flow_fold_sizes(w, h);
    if (p->is_tcp) {
        h->tcp_flags[end] |= p->tcp_flags;
        /* The window of a SYN is never scaled (RFC 7323, 2.2), so it says nothing here. */
        if (p->tcp_window > h->window[end] && !(p->tcp_flags & TCP_SYN))
            h->window[end] = p->tcp_window;
        flow_tcp_sequence(w, index, p, end);
    }
    w->tally.pending_packets++;
    w->tally.pending_bytes += p->ip_bytes;
}

static inline void count_ip(struct worker *w, const struct packet *p)
{
    struct tally *t = &w->tally;
    t->ip_packets++;
    t->ip_bytes += p->ip_bytes;
    if (__builtin_expect(p->ip_bytes > p->wire_len, 0))
        t->excess_bytes += p->ip_bytes - p->wire_len;
    else
        t->overhead_bytes += p->wire_len - p->ip_bytes;
    if (p->version == 4)
        t->v4_bytes += p->ip_bytes;
    else
        t->v6_bytes += p->ip_bytes;
}

static inline void finish(struct worker *w, struct slot *s)
{
    const struct packet *p = &s->packet;
    unsigned end = s->keyed.from_high;
    uint32_t index = s->hint;
    const struct flow_hot *h = index ? flow_hot_at(&w->flows, index) : NULL;
    if (!h || h->key.low != s->keyed.key.low || h->key.high != s->keyed.key.high ||
        !(h->bits & FLOW_USED))
        index = flows_find(&w->flows, &s->keyed);

    /* The ports were used again: a fresh SYN on a connection that had ended. */
    if (index && (flow_hot_at(&w->flows, index)->bits & FLOW_CLOSED) && w->config->timeouts &&
        (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
        flow_end(w, index, END_OF_FLOW);
        index = 0;
    }
    if (__builtin_expect(!index, 0)) {
        index = flow_begin(w, p, &s->keyed);
        if (!index) {
            worker_count(w, REASON_flow_table_full, p->wire_len);
            return;
        }
    }
    worker_count(w, p->version == 4 ? REASON_ipv4 : REASON_ipv6, p->wire_len);
    count_ip(w, p);
    flow_update(w, index, p, end);
}

static inline void look_up(struct worker *w, struct slot *s)
{
    s->hint = table_hint(&w->flows.table, s->keyed.hash);
    if (s->hint) {
        const char *line = (const char *)flow_hot_at(&w->flows, s->hint);
        __builtin_prefetch(line, 1);
        __builtin_prefetch(line + 64, 1);
    }
}

static void drain(struct worker *w, struct pipe *pipe)
{
    while (pipe->looked < pipe->in)
        look_up(w, &pipe->slot[pipe->looked++ & SLOT_MASK]);
    while (pipe->out < pipe->in)
        finish(w, &pipe->slot[pipe->out++ & SLOT_MASK]);
}

/* True when this worker is the one to count a packet or frame. */
static inline bool is_mine(const struct worker *w, const struct packet *p)
{
    return w->share <= 1 || key_spread(p) % w->share == w->number;
}

static void count_other(struct worker *w, const struct packet *p, enum reason why)
{
    if (w->share > 1 && w->number > 0)
        return;
    w->tally.wire_packets++;
    w->tally.wire_bytes += p->wire_len;
    worker_count(w, why, p->wire_len);
    if (why == REASON_arp)
        watch_arp(w, p);
}

static void advance(struct worker *w, struct pipe *pipe, nsec_t ts)
{
    if (!w->first)
        w->first = ts;
    if (ts > w->last)
        w->last = ts;
    else if (w->last - ts > SECOND && (w->share <= 1 || !w->number))
        worker_count(w, REASON_time_backwards, 0);
    /* A file's packets drive the clock; a live interface has one of its own (worker.c). */
    if (!w->source->is_file)
        return;
    if (ts > w->now)
        w->now = ts;
    if (ts >= w->next_tick) {
        drain(w, pipe);
        worker_tick(w, ts - ts % SECOND);
    }
}

/* Some captures carry no time at all, and 0 means never in a flow; others carry any bits. */
static inline nsec_t sound_time(nsec_t ts)
{
    return ts < 1 ? 1 : ts > latest ? latest : ts;
}

void worker_burst(struct worker *w, const struct burst *b)
{
    static _Thread_local struct pipe pipe;
    pipe.in = pipe.looked = pipe.out = 0;
    for (unsigned i = 0; i < b->n; i++) {
        nsec_t ts = sound_time(b->frame[i].ts);
        advance(w, &pipe, ts);
        struct slot *s = &pipe.slot[pipe.in & SLOT_MASK];
        enum reason why = packet_decode(&w->decoder, &b->frame[i], &s->packet);
        s->packet.ts = ts;
        if (__builtin_expect(why != REASON_ipv4 && why != REASON_ipv6, 0)) {
            count_other(w, &s->packet, why);
            continue;
        }
        if (!is_mine(w, &s->packet))
            continue;
        w->tally.wire_packets++;
        w->tally.wire_bytes += s->packet.wire_len;
        s->keyed = key_from_packet(&s->packet);
        table_prefetch(&w->flows.table, s->keyed.hash);
        pipe.in++;
        if (pipe.in - pipe.looked > DEPTH)
            look_up(w, &pipe.slot[pipe.looked++ & SLOT_MASK]);
        if (pipe.in - pipe.out > 2 * DEPTH)
            finish(w, &pipe.slot[pipe.out++ & SLOT_MASK]);
    }
    drain(w, &pipe);
}
