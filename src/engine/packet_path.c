/* packet_path.c - the way of a packet, from the source's ring to the flow's two hot lines.
 *
 * A rolling pipeline: while packet i is glanced at and its bucket is prefetched, packet i-15 looks
 * into its bucket and prefetches the flow, and packet i-30 updates it. Spreading the prefetches
 * under the work was measured twice as fast as doing each step for the whole burst, at 100 k flows
 * and more. Before a fold or at the end of a burst the pipeline is drained, because frames and time
 * belong together.
 *
 * A glance (net/glance.h) is all that a known flow needs of a plain packet. The frame is decoded
 * only when it is not plain, or when somebody wants to know more: a new flow, a handshake, the
 * detection of applications.
 */
#include <assert.h>

#include "codec/export_packet.h"
#include "engine/worker.h"

enum {
    DEPTH = 15,
    SLOTS = 32, /* of which 2 * DEPTH + 1 are in use; few, so that flows stay in the L1 cache */
    SLOT_MASK = SLOTS - 1,
    FRAMES_AHEAD = 16 /* frames are fetched so far before they are read */
};

/* The year 2255: no sum of a stamp and a duration that the engine makes can overflow. */
static const nsec_t latest = 9000000000 * SECOND;

struct slot {
    struct keyed keyed;
    struct glance glance;
    uint32_t hint;   /* flow that the bucket's tag speaks for, 0 = none */
    uint32_t frame;  /* within the burst */
    bool is_decoded; /* pipe.decoded[] of the same number is written */
};

/* What the packets of a burst add up to: counted here, in few lines, and given to the worker when
 * the pipeline is drained. Index 0 is IPv4, 1 IPv6. */
struct sums {
    uint64_t seen_packets, seen_bytes; /* this worker's, in a flow or not */
    uint64_t packets[2], wire_bytes[2], ip_bytes[2];
    uint64_t excess_bytes; /* IP bytes that were never on the wire */
};

struct pipe {
    struct slot slot[SLOTS];
    unsigned in, looked, out; /* packets taken in, looked up, finished */
    struct sums sums;
    const struct burst *burst;
    bool is_file;
    bool may_glance; /* nobody wants to know more of each packet, and all are this worker's */
    struct packet decoded[SLOTS];
    struct packet late; /* a glanced packet of which more was wanted */
};

static inline uint16_t size_u16(uint32_t bytes)
{
    return bytes > UINT16_MAX ? UINT16_MAX : (uint16_t)bytes;
}

static inline void count_time(struct flow_hot *h, const struct glance *p, unsigned end)
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
        flow_begin_interval(w, index, p->ts);
        h->bits &= (uint16_t)~FLOW_FRESH;
    }
    if (p->is_tcp && (p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)))
        flow_tcp_flags(w, index, p, end);
    if (h->bits & (FLOW_TIME_LOW << end))
        flow_time(w, index, p, end);
    if (h->bits & FLOW_WATCH)
        watch_packet(w, index, p, end);
    if ((h->bits & FLOW_DPI) && p->payload_cap)
        flow_detect(w, index, p, end);
}

/* The whole of a packet that was only glanced at. */
static __attribute__((noinline)) const struct packet *decode_late(struct pipe *pipe,
                                                                  const struct slot *s)
{
    bool plain = packet_decode_plain(&pipe->burst->frame[s->frame], &pipe->late);
    assert(plain);
    pipe->late.ts = s->glance.ts;
    return &pipe->late;
}

static inline const struct packet *packet_of(struct pipe *pipe, const struct slot *s)
{
    return s->is_decoded ? &pipe->decoded[s - pipe->slot] : decode_late(pipe, s);
}

/* Does the packet ask for more than counting? */
static inline bool is_rare(const struct flow_hot *h, const struct glance *g, unsigned end,
                           bool first_of_end)
{
    unsigned bits = ((unsigned)FLOW_TIME_LOW << end) | FLOW_WATCH | FLOW_FRESH |
                    (g->payload_len ? FLOW_DPI : 0);
    return (h->bits & bits) || first_of_end || (g->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST));
}

/* A segment that is what was expected next only moves the number; all others take the long way. */
static inline bool is_in_order(const struct flow_hot *h, const struct glance *g, unsigned end)
{
    return (h->bits & (FLOW_SEQ_LOW << end)) && g->tcp_seq == h->next_seq[end] && g->tcp_window &&
           !(g->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST));
}

static inline void flow_update(struct worker *w, struct pipe *pipe, const struct slot *s,
                               uint32_t index)
{
    const struct glance *g = &s->glance;
    unsigned end = s->keyed.from_high;
    struct flow_hot *h = flow_hot_at(&w->flows, index);
    bool first_of_end = !h->last[end];
    if (__builtin_expect(is_rare(h, g, end, first_of_end), 0))
        rare_path(w, index, packet_of(pipe, s), end);
    if (first_of_end && h->last[!end])
        h->bits |= FLOW_TWO_WAY;

    /* 32-bit deltas hold 34 Gbit/s for a second; a lie about lengths must not overflow them. */
    if (__builtin_expect(h->bytes[end] > UINT32_MAX - g->ip_bytes, 0))
        flow_fold(w, index, w->tick);
    h->bytes[end] += g->ip_bytes;
    h->packets[end]++;
    h->goodput[end] += g->payload_len;
    count_time(h, g, end);
    uint16_t size = size_u16(g->ip_bytes);
    if (size < h->min_ip[end])
        h->min_ip[end] = size;
    if (size > h->max_ip[end])
        h->max_ip[end] = size;
    /* A bin is 8 bits wide; once in 255 packets it cannot wait for the sweep. */
    if (__builtin_expect(++h->sizes[end][size_bin(g->ip_bytes)] == UINT8_MAX, 0))
        flow_fold_sizes(w, h);
    if (g->is_tcp) {
        h->tcp_flags[end] |= g->tcp_flags;
        /* The window of a SYN is never scaled (RFC 7323, 2.2), so it says nothing here. */
        if (g->tcp_window > h->window[end] && !(g->tcp_flags & TCP_SYN))
            h->window[end] = g->tcp_window;
        if (__builtin_expect(is_in_order(h, g, end), 1))
            h->next_seq[end] += g->payload_len;
        else
            flow_tcp_sequence(w, index, packet_of(pipe, s), end);
    }
}

static inline void count_ip(struct sums *t, const struct glance *p)
{
    unsigned six = p->version != 4;
    t->packets[six]++;
    t->wire_bytes[six] += p->wire_len;
    t->ip_bytes[six] += p->ip_bytes;
    if (__builtin_expect(p->ip_bytes > p->wire_len, 0))
        t->excess_bytes += p->ip_bytes - p->wire_len;
}

static void give_sums(struct worker *w, struct sums *s)
{
    struct tally *t = &w->tally;
    uint64_t packets = s->packets[0] + s->packets[1], ip_bytes = s->ip_bytes[0] + s->ip_bytes[1];
    uint64_t wire_bytes = s->wire_bytes[0] + s->wire_bytes[1];
    counter_add(&w->reasons[REASON_ipv4], s->packets[0]);
    counter_add(&w->reason_bytes[REASON_ipv4], s->wire_bytes[0]);
    counter_add(&w->reasons[REASON_ipv6], s->packets[1]);
    counter_add(&w->reason_bytes[REASON_ipv6], s->wire_bytes[1]);
    t->wire_packets += s->seen_packets;
    t->wire_bytes += s->seen_bytes;
    t->ip_packets += packets;
    t->ip_bytes += ip_bytes;
    t->v4_bytes += s->ip_bytes[0];
    t->v6_bytes += s->ip_bytes[1];
    t->excess_bytes += s->excess_bytes;
    t->overhead_bytes += wire_bytes + s->excess_bytes - ip_bytes;
    t->pending_packets += packets;
    t->pending_bytes += ip_bytes;
    *s = (struct sums){0};
}

/* Always within the loop of the burst: the call and what it saves cost 17 instructions a packet. */
static inline __attribute__((always_inline)) void finish(struct worker *w, struct pipe *pipe,
                                                         const struct slot *s)
{
    const struct glance *g = &s->glance;
    uint32_t index = s->hint;
    const struct flow_hot *h = index ? flow_hot_at(&w->flows, index) : NULL;
    if (!h || h->key.low != s->keyed.key.low || h->key.high != s->keyed.key.high ||
        !(h->bits & FLOW_USED))
        index = flows_find(&w->flows, &s->keyed);

    /* The ports were used again: a fresh SYN on a connection that had ended. */
    if (__builtin_expect((g->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN, 0) && index &&
        (flow_hot_at(&w->flows, index)->bits & FLOW_CLOSED) && w->config->timeouts) {
        flow_end(w, index, END_OF_FLOW);
        index = 0;
    }
    if (__builtin_expect(!index, 0)) {
        index = flow_begin(w, packet_of(pipe, s), &s->keyed);
        if (!index) {
            worker_count(w, REASON_flow_table_full, g->wire_len);
            return;
        }
    }
    count_ip(&pipe->sums, g);
    flow_update(w, pipe, s, index);
}

/* A new flow will ask for its hosts: 100 ns of the 700 that one costs in a flood of new sources. */
static __attribute__((noinline)) void look_up_hosts(const struct worker *w, const struct slot *s)
{
    const struct flow_key *key = &s->keyed.key;
    for (unsigned end = 0; s->glance.version == 4 && end < 2; end++) {
        struct addr a = key_addr_v4(key, end);
        hosts_prefetch(&w->hosts, &a, key_vlan_v4(key));
    }
}

static inline void look_up(struct worker *w, struct slot *s)
{
    s->hint = table_hint(&w->flows.table, s->keyed.hash);
    if (__builtin_expect(!s->hint, 0)) {
        if (!worker_is_lazy(w))
            look_up_hosts(w, s);
        return;
    }
    const char *line = (const char *)flow_hot_at(&w->flows, s->hint);
    __builtin_prefetch(line, 1);
    __builtin_prefetch(line + 64, 1);
}

static __attribute__((noinline)) void drain(struct worker *w, struct pipe *pipe)
{
    while (pipe->looked < pipe->in)
        look_up(w, &pipe->slot[pipe->looked++ & SLOT_MASK]);
    while (pipe->out < pipe->in)
        finish(w, pipe, &pipe->slot[pipe->out++ & SLOT_MASK]);
    give_sums(w, &pipe->sums);
    crowd_tell(w);
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

/* Some captures carry no time at all, and 0 means never in a flow; others carry any bits. */
static inline nsec_t sound_time(nsec_t ts)
{
    return ts < 1 ? 1 : ts > latest ? latest : ts;
}

/* The time of a packet that is not in order, or that opens a second of packet time. */
static __attribute__((noinline)) nsec_t advance_rarely(struct worker *w, struct pipe *pipe,
                                                       nsec_t stamp)
{
    nsec_t ts = sound_time(stamp);
    if (!w->first)
        w->first = ts;
    if (ts > w->last)
        w->last = ts;
    else if (w->last - ts > SECOND && (w->share <= 1 || !w->number))
        worker_count(w, REASON_time_backwards, 0);
    /* A file's packets drive the clock; a live interface has one of its own (worker.c). */
    if (!pipe->is_file)
        return ts;
    if (ts > w->now)
        w->now = ts;
    if (ts >= w->next_tick) {
        drain(w, pipe);
        worker_tick(w, ts - ts % SECOND);
    }
    return ts;
}

void worker_advance(struct worker *w, nsec_t stamp)
{
    w->pipe->is_file = w->source->is_file;
    w->pipe->in = w->pipe->looked = w->pipe->out = 0;
    advance_rarely(w, w->pipe, stamp);
}

static inline nsec_t advance(struct worker *w, struct pipe *pipe, nsec_t stamp)
{
    if (__builtin_expect(stamp < w->last || stamp >= w->next_tick, 0))
        return advance_rarely(w, pipe, stamp);
    w->last = stamp;
    if (pipe->is_file)
        w->now = stamp;
    return stamp;
}

/* What is not plain, or must be looked at in full to know whose it is: the slot is written, true
 * when there is a packet for a flow. */
static __attribute__((noinline)) bool decode_into(struct worker *w, struct pipe *pipe,
                                                  struct slot *s, nsec_t ts)
{
    struct packet *p = &pipe->decoded[s - pipe->slot];
    enum reason why = packet_decode(&w->decoder, &pipe->burst->frame[s->frame], p);
    p->ts = ts;
    s->is_decoded = true;
    if (why != REASON_ipv4 && why != REASON_ipv6) {
        count_other(w, p, why);
        return false;
    }
    struct datagram d;
    if (w->collect && export_in_packet(p, w->collect->port, &d)) {
        /* What its records are about may be in the pipeline as packets, too. */
        drain(w, pipe);
        d.received = ts;
        collect_datagram(w, &d, p->wire_len);
        return false;
    }
    if (!is_mine(w, p))
        return false;
    s->glance = glance_of(p);
    key_from_packet(p, &s->keyed);
    return true;
}

/* True when the slot holds a packet for a flow, with its key. */
static inline bool take_in(struct worker *w, struct pipe *pipe, struct slot *s, unsigned i)
{
    const struct frame *f = &pipe->burst->frame[i];
    nsec_t ts = advance(w, pipe, f->ts);
    s->frame = i;
    s->is_decoded = false;
    struct ends ends;
    if (__builtin_expect(pipe->may_glance && packet_glance(f, &s->glance, &ends), 1)) {
        s->glance.ts = ts;
        key_from_ends(&ends, &s->keyed);
        if (__builtin_expect(f->cap_len < f->wire_len, 0))
            decoder_count_snapped(&w->decoder, f);
    } else if (!decode_into(w, pipe, s, ts)) {
        return false;
    }
    pipe->sums.seen_packets++;
    pipe->sums.seen_bytes += f->wire_len;
    table_prefetch(&w->flows.table, s->keyed.hash);
    return true;
}

bool worker_pipe_init(struct worker *w, struct err *e)
{
    w->pipe = mem_alloc(ACCOUNT_other, sizeof *w->pipe);
    return w->pipe || fail(e, "no memory for the packets of a burst");
}

void worker_pipe_fini(struct worker *w)
{
    mem_free(ACCOUNT_other, w->pipe, sizeof *w->pipe);
    w->pipe = NULL;
}

void worker_burst(struct worker *w, const struct burst *b)
{
    struct pipe *pipe = w->pipe;
    pipe->in = pipe->looked = pipe->out = 0;
    pipe->burst = b;
    pipe->is_file = w->source->is_file;
    pipe->may_glance = w->share <= 1 && !(w->collect && w->collect->port);
    for (unsigned i = 0; i < b->n; i++) {
        __builtin_prefetch(b->frame[(i + FRAMES_AHEAD) % BURST_FRAMES].bytes);
        if (!take_in(w, pipe, &pipe->slot[pipe->in & SLOT_MASK], i))
            continue;
        pipe->in++;
        if (pipe->in - pipe->looked > DEPTH)
            look_up(w, &pipe->slot[pipe->looked++ & SLOT_MASK]);
        if (pipe->in - pipe->out > 2 * DEPTH)
            finish(w, pipe, &pipe->slot[pipe->out++ & SLOT_MASK]);
    }
    drain(w, pipe);
}
