/* sweep.c - the way of time: once a second every flow's deltas go to where they are summed.
 *
 * A capture file is folded whole at each whole second of packet time, between the last packet of
 * the old second and the first of the new one: the result depends on the packets alone, not on
 * speed or number of workers. A live interface does the same while its tables are small, and
 * spreads the pass over the second in slices once they are not; a flow's bytes then land at most
 * a second late in hosts and applications, never in the interface's own totals.
 */
#include "base/cursor.h"
#include "engine/worker.h"

enum {
    SWEEP_AT_ONCE = 65536, /* flows folded in one go on a live interface, 2-3 ms */
    PREFETCH = 8,
    SLICE = 256,
    DEVICES_A_SECOND = 16384, /* looked at for being forgotten, when there are too many */
};

static inline struct flow_delta delta_of(const struct flow_hot *f)
{
    return (struct flow_delta){.bytes = {f->bytes[0], f->bytes[1]},
                               .packets = {f->packets[0], f->packets[1]},
                               .goodput = {f->goodput[0], f->goodput[1]}};
}

/* Hosts count what is not TCP; the rest is. */
static void fold_class(struct hosts *hs, struct host *h, const struct flow_delta *d,
                       enum l4_class class)
{
    struct host_talk *talk = class == L4_UDP ? NULL : host_talk(hs, h);
    struct traffic *t = !talk              ? NULL
                        : class == L4_ICMP ? &talk->icmp_traffic
                                           : &talk->other_traffic;
    for (unsigned side = 0; side < 2; side++) {
        if (t) {
            t->bytes[side] += d->bytes[side];
            t->packets[side] += d->packets[side];
        } else if (class == L4_UDP) {
            host_add_udp_bytes(hs, h, side, d->bytes[side]);
            host_add_udp_packets(hs, h, side, d->packets[side]);
        }
    }
}

static inline void fold_host(struct hosts *hs, struct host *h, const struct flow_delta *d,
                             enum l4_class class, uint32_t tick, nsec_t last)
{
    host_count(hs, h, tick, last, d->bytes, d->packets);
    for (unsigned side = 0; side < 2; side++)
        host_add_goodput(hs, h, side, d->goodput[side]);
    if (class != L4_TCP)
        fold_class(hs, h, d, class);
}

static inline void fold_use(struct host_use *u, const struct flow_delta *d, uint32_t tick)
{
    host_use_count(u, SIDE_SENT, d->bytes[SIDE_SENT], d->packets[SIDE_SENT]);
    host_use_count(u, SIDE_RCVD, d->bytes[SIDE_RCVD], d->packets[SIDE_RCVD]);
    u->seconds += u->last_tick != tick;
    u->last_tick = tick;
}

/* Into a group, if there is one. */
static inline void fold_group(struct groups *gs, uint32_t index, const struct flow_delta *d,
                              uint32_t tick, nsec_t last)
{
    if (index)
        group_count(group_at(gs, index), tick, last, d->bytes, d->packets);
}

/* A device and a network count what they sent, the others what the client sent. */
static void fold_groups(struct groups *gs, const struct flow_cold *c, const int *network,
                        const struct flow_delta *d, const struct flow_delta *of_client,
                        uint32_t tick, nsec_t last)
{
    for (unsigned end = 0; end < 2; end++) {
        fold_group(gs, c->device[end], &d[end], tick, last);
        fold_group(gs, gs->network[network[end] + 1], &d[end], tick, last);
    }
    fold_group(gs, gs->vlan[c->vlan], of_client, tick, last);
    fold_group(gs, c->app_group, of_client, tick, last);
    fold_group(gs, gs->category[c->category], of_client, tick, last);
    fold_group(gs, gs->l4[c->proto], of_client, tick, last);
}

void tally_add(struct tally *t, enum l4_class class, enum locality locality,
               const struct traffic *traffic, uint64_t goodput)
{
    uint64_t sent = traffic->bytes[SIDE_SENT], rcvd = traffic->bytes[SIDE_RCVD];
    for (unsigned side = 0; side < 2; side++) {
        t->l4[class].bytes[side] += traffic->bytes[side];
        t->l4[class].packets[side] += traffic->packets[side];
    }
    t->local_bytes[locality] += sent + rcvd;
    t->local_packets[locality] += traffic->packets[SIDE_SENT] + traffic->packets[SIDE_RCVD];
    t->goodput_bytes += goodput;
    switch (locality) {
    case LOCALITY_L2R:
        t->upload_bytes += sent;
        t->download_bytes += rcvd;
        break;
    case LOCALITY_R2L:
        t->upload_bytes += rcvd;
        t->download_bytes += sent;
        break;
    case LOCALITY_L2L:
    case LOCALITY_R2R:
        t->internal_bytes += sent + rcvd;
        break;
    }
}

static void fold_tally(struct worker *w, const struct flow_cold *c, const struct flow_delta *d)
{
    struct tally *t = &w->tally;
    const struct traffic traffic = {.bytes = {d->bytes[0], d->bytes[1]},
                                    .packets = {d->packets[0], d->packets[1]}};
    uint64_t packets = traffic.packets[0] + traffic.packets[1];
    uint64_t bytes = traffic.bytes[0] + traffic.bytes[1];
    tally_add(t, l4_class_of(c->proto), c->locality, &traffic, d->goodput[0] + d->goodput[1]);
    t->pending_packets -= packets;
    t->pending_bytes -= bytes;
    t->active_packets += packets;
    t->active_bytes += bytes;
}

/* An end's seven bins as a word, the first one lowest: in a second a flow's packets are of one or
 * two sizes, and what is zero is not looked at. */
static inline uint64_t size_word(const struct flow_hot *f, unsigned end)
{
    const uint8_t *bins = &f->sizes[0][0];
    return end ? load_le64(bins + SIZE_BINS - 1) >> 8 : load_le64(bins) & UINT64_MAX >> 8;
}

void flow_fold_sizes(struct worker *w, struct flow_hot *f)
{
    struct hosts *hs = &w->hosts;
    for (unsigned end = 0; end < 2; end++) {
        struct host *from = host_at(hs, f->host[end]), *to = host_at(hs, f->host[!end]);
        for (uint64_t bins = size_word(f, end); bins;) {
            unsigned shift = (unsigned)__builtin_ctzll(bins) & ~7u, bin = shift / 8;
            uint64_t n = bins >> shift & UINT8_MAX;
            bins &= ~((uint64_t)UINT8_MAX << shift);
            host_add_sizes(hs, from, SIDE_SENT * SIZE_BINS + bin, n);
            host_add_sizes(hs, to, SIDE_RCVD * SIZE_BINS + bin, n);
            w->tally.sizes[bin] += n;
        }
    }
    memset(f->sizes, 0, sizeof f->sizes);
}

static uint32_t add_most(uint32_t a, uint64_t b)
{
    return b > UINT32_MAX - a ? UINT32_MAX : a + (uint32_t)b;
}

/* Opens the flow's second, if it is not open. */
static void roll_rate(struct flow_cold *c, uint32_t tick)
{
    if (c->stamp == tick)
        return;
    bool next = c->stamp + 1 == tick;
    uint32_t before = next ? c->prev_bytes : c->stamp + 2 == tick ? c->tick_bytes : 0;
    c->prev_bytes = next ? c->tick_bytes : 0;
    enum trend trend = flow_trend(before, c->prev_bytes);
    c->marks &= (uint8_t) ~(MARK_TREND_UP | MARK_TREND_DOWN);
    c->marks |= trend == TREND_UP ? MARK_TREND_UP : trend == TREND_DOWN ? MARK_TREND_DOWN : 0;
    c->prev_packets = next ? c->tick_packets : 0;
    c->tick_bytes = c->tick_packets = 0;
    c->stamp = tick;
}

/* Who has no host of its own counts for Other hosts and for its network. */
static void fold_prefix(struct worker *w, uint32_t index, unsigned end, const struct flow_delta *d,
                        uint32_t tick, nsec_t last)
{
    const struct flow_cold *c = flow_cold_at(&w->flows, index);
    struct addr a = flow_addr(w, index, end);
    uint32_t group = groups_get_prefix(&w->groups, &a, last);
    fold_group(&w->groups, group, d, tick, last);
    if (group && !(c->packets[0] | c->packets[1]))
        group_at(&w->groups, group)->total_flows++;
}

/* May the flow or one of its hosts be among the largest now? For nearly all of a million flows these
 * comparisons are all that readers cost the sweep. */
static inline bool is_leading(const struct worker *w, const struct flow_hot *f,
                              const struct flow_cold *c, uint32_t tick)
{
    const struct leads *l = &w->leads;
    /* All of them without a branch between, as none is likely. */
    unsigned leads = leaders_may_take(&l->flow_bps, c->tick_bytes);
    leads |= leaders_may_take(&l->flow_bytes, c->bytes[0] + c->bytes[1]);
    for (unsigned end = 0; end < 2; end++) {
        const struct host *h = host_at(&w->hosts, f->host[end]);
        leads |= leaders_may_take(&l->host_bps, host_now(h, tick));
        leads |= leaders_may_take(&l->host_bytes, h->bytes[0] + h->bytes[1]);
    }
    return leads;
}

/* The flow's own second. What an exporter tells of a minute shows as what it was in each second of
 * it. */
static void count_rate(struct worker *w, struct flow_cold *c, uint32_t tick,
                       const struct flow_delta *d, uint32_t seconds)
{
    uint64_t bytes = average(d->bytes[0] + d->bytes[1], seconds);
    uint64_t packets = average(d->packets[0] + d->packets[1], seconds);
    roll_rate(c, tick);
    w->tally.tick_bytes -= c->tick_bytes;
    c->tick_bytes = add_most(c->tick_bytes, bytes);
    w->tally.tick_bytes += c->tick_bytes;
    c->tick_packets = add_most(c->tick_packets, packets);
}

void flow_count(struct worker *w, uint32_t index, uint32_t tick, const struct flow_delta *sent,
                uint32_t seconds)
{
    const struct flow_hot *f = flow_hot_at(&w->flows, index);
    struct flow_cold *c = flow_cold_at(&w->flows, index);
    const struct flow_delta d[2] = {
        *sent,
        {{sent->bytes[1], sent->bytes[0]},
         {sent->packets[1], sent->packets[0]},
         {sent->goodput[1], sent->goodput[0]}},
    };
    enum l4_class class = l4_class_of(c->proto);
    nsec_t last = flow_last(f);
    int network[2];
    for (unsigned end = 0; end < 2; end++) {
        struct host *h = host_at(&w->hosts, f->host[end]);
        network[end] = h->network;
        if (f->host[end] == HOST_OTHERS) {
            network[end] = flow_network(w, index, end);
            fold_prefix(w, index, end, &d[end], tick, last);
        }
        fold_host(&w->hosts, h, &d[end], class, tick, last);
        fold_use(host_use_at(&w->hosts, c->use[end]), &d[end], tick);
    }
    fold_groups(&w->groups, c, network, d, &d[flow_client(f)], tick, last);
    fold_tally(w, c, &d[flow_client(f)]);
    count_rate(w, c, tick, sent, seconds);
    for (unsigned end = 0; end < 2; end++) {
        c->bytes[end] += sent->bytes[end];
        c->packets[end] += sent->packets[end];
        c->goodput[end] += sent->goodput[end];
    }
    if (w->leads.on && is_leading(w, f, c, tick))
        leads_feed(w, index);
}

void flow_fold(struct worker *w, uint32_t index, uint32_t tick)
{
    struct flow_hot *f = flow_hot_at(&w->flows, index);
    if (!(f->packets[0] | f->packets[1]))
        return;
    if (__builtin_expect(f->bits & FLOW_RAW, 0))
        flow_join(w, index);
    const struct flow_delta d = delta_of(f);
    for (unsigned end = 0; end < 2; end++)
        f->bytes[end] = f->packets[end] = f->goodput[end] = 0;
    flow_fold_sizes(w, f);
    flow_count(w, index, tick, &d, 1);
}

/* When somebody last heard of the flow: a router tells of a minute when it is over. */
static inline nsec_t flow_heard(const struct worker *w, uint32_t index)
{
    const struct flow_hot *f = flow_hot_at(&w->flows, index);
    const struct flow_export *x =
        f->bits & FLOW_EXPORTED ? flow_exported(&w->flows, flow_cold_at(&w->flows, index)) : NULL;
    return x && x->heard > flow_last(f) ? x->heard : flow_last(f);
}

/* Is the flow over, or due for a record in between? */
static void check_times(struct worker *w, uint32_t index, nsec_t now)
{
    const struct engine_config *config = w->config;
    const struct flow_hot *f = flow_hot_at(&w->flows, index);
    nsec_t idle = f->bits & FLOW_CLOSED ? config->tcp_closed_idle : config->flow_idle;
    if (now - flow_heard(w, index) > idle) {
        flow_end(w, index, f->bits & FLOW_CLOSED ? END_OF_FLOW : END_IDLE);
        return;
    }
    if (!w->sink)
        return;
    nsec_t since = flow_interval_first(w, flow_cold_at(&w->flows, index));
    if (since && now - since >= config->flow_active)
        flow_tell(w, index, END_ACTIVE);
}

/* Always inlined: a function that does nothing but prefetch is pure to gcc, and its calls are left
 * out. */
static inline __attribute__((always_inline)) void prefetch_from(const void *at, size_t last)
{
    __builtin_prefetch(at, 1);
    __builtin_prefetch((const char *)at + last, 1);
}

/* Brings what the fold writes nearer: first the flow, PREFETCH flows later what the flow names. With
 * a million hosts in any order a flow cost 282 ns without the second step, 118 with it. */
static inline __attribute__((always_inline)) void look_ahead(const struct worker *w, uint32_t i,
                                                             uint32_t to)
{
    if (i + 2 * PREFETCH < to) {
        prefetch_from(flow_hot_at(&w->flows, i + 2 * PREFETCH), 64);
        prefetch_from(flow_cold_at(&w->flows, i + 2 * PREFETCH), 64);
    }
    if (i + PREFETCH >= to)
        return;
    const struct flow_hot *f = flow_hot_at(&w->flows, i + PREFETCH);
    if (!(f->packets[0] | f->packets[1]))
        return;
    const struct flow_cold *c = flow_cold_at(&w->flows, i + PREFETCH);
    for (unsigned end = 0; end < 2; end++) {
        prefetch_from(host_at(&w->hosts, f->host[end]), 64);
        prefetch_from(host_use_at(&w->hosts, c->use[end]), sizeof(struct host_use) - 1);
    }
}

static void sweep_flows(struct worker *w, uint32_t from, uint32_t to, nsec_t now)
{
    for (uint32_t i = from; i < to; i++) {
        look_ahead(w, i, to);
        if (!(flow_hot_at(&w->flows, i)->bits & FLOW_USED))
            continue;
        const struct flow_hot *f = flow_hot_at(&w->flows, i);
        bool changed = (f->packets[0] | f->packets[1]) != 0;
        if (f->bits & FLOW_UNMET)
            flow_look_at_unmet(w, i);
        flow_fold(w, i, w->tick);
        if (!changed && w->leads.all_flows)
            leads_walk_flow(w, i);
        /* Only packets change what is wrong, but for a question that waits for its answer. */
        if (changed || (f->bits & (FLOW_TCP | FLOW_TWO_WAY)) == FLOW_TCP)
            flow_judge(w, i);
        if (w->config->timeouts)
            check_times(w, i, now);
        if (w->leads.talkers.on)
            talkers_add(w, i);
    }
}

/* Packets on the wire and those that exporters told of, whose messages are not traffic themselves. */
static uint64_t packets_seen(const struct worker *w)
{
    uint64_t messages = counter_get(&w->reasons[REASON_export]);
    return w->tally.wire_packets - messages + w->tally.record_packets;
}

/* The second's sums, once all that belongs to it is folded. */
static void close_second(struct worker *w)
{
    struct tally *t = &w->tally;
    uint64_t packets = packets_seen(w);
    struct source_counts *sc = &w->source->counts;
    bool counts_source = w->share <= 1 || !w->number;
    const uint64_t counter[SERIES_COLUMNS] = {
        [SERIES_UPLOAD] = t->upload_bytes,
        [SERIES_DOWNLOAD] = t->download_bytes,
        [SERIES_INTERNAL] = t->internal_bytes,
        [SERIES_PACKETS] = packets,
        [SERIES_DROPS] = counts_source ? counter_get(&sc->kernel_dropped) : 0,
        [SERIES_FLOWS] = w->flows.hot.used,
        [SERIES_HOSTS] = w->hosts.pool.used - 1,
        [SERIES_RETRANS] = t->retrans,
    };
    t->bps_upload = t->upload_bytes - t->before_upload;
    t->bps_download = t->download_bytes - t->before_download;
    t->bps_bytes = t->ip_bytes - t->before_bytes;
    t->pps_packets = packets - t->before_packets;
    t->before_upload = t->upload_bytes;
    t->before_download = t->download_bytes;
    t->before_bytes = t->ip_bytes;
    t->before_packets = packets;
    series_put(&w->series, w->tick, counter);
}

/* Seconds without a packet are zeroes, not gaps: Weir was there and saw nothing. */
static void skip_quiet_seconds(struct worker *w, uint32_t to)
{
    struct tally *t = &w->tally;
    if (!w->series.value)
        w->tick = to; /* nobody remembers them */
    else if (to - w->tick > SERIES_SECONDS)
        w->tick = to - SERIES_SECONDS;
    while (w->tick < to) {
        w->tick++;
        close_second(w);
    }
    t->bps_upload = t->bps_download = t->bps_bytes = t->pps_packets = 0;
}

static void sweep_hosts(struct worker *w, uint32_t from, uint32_t to, nsec_t now)
{
    from = from > HOST_OTHERS ? from : HOST_OTHERS;
    if (w->leads.all_hosts)
        leads_walk_hosts(w, from, to);
    for (uint32_t i = from; w->known.recounts && i < to; i++)
        if (i > HOST_OTHERS && host_at(&w->hosts, i)->first)
            known_recount(&w->known, host_at(&w->hosts, i));
    if (w->config->expire_hosts)
        hosts_expire(&w->hosts, from, to, now);
}

void worker_tick(struct worker *w, nsec_t second)
{
    uint32_t tick = (uint32_t)(second / SECOND);
    if (!w->next_tick) {
        w->tick = tick;
        w->next_tick = second + SECOND;
        return;
    }
    collect_tick(w, second);
    flow_room_tick(w, second);
    hosts_tick(&w->hosts);
    bool whole = w->source->is_file || w->flows.hot.top <= SWEEP_AT_ONCE;
    /* Or what the slices have left of the pass. */
    sweep_flows(w, whole || !w->sweep_at ? 1 : w->sweep_at, w->flows.hot.top, second);
    sweep_hosts(w, whole ? 1 : w->host_sweep_at, w->hosts.pool.top, second);
    known_walk_ends(&w->known);
    known_walk_begins(&w->known);
    if (!whole) {
        w->host_sweep_at = 1;
        w->sweep_at = 1;
        w->sweep_began = second;
    }
    if (w->config->expire_hosts)
        groups_expire(&w->groups, DEVICES_A_SECOND, second, w->config->local_host_idle);
    table_settle(&w->flows.table);
    table_settle(&w->hosts.table);
    close_second(w);
    leads_close(w, tick);
    w->tally.rate_bytes = tick - w->tick > 1 ? 0 : w->tally.tick_bytes;
    w->tally.tick_bytes = 0;
    if (tick - w->tick > 1)
        skip_quiet_seconds(w, tick - 1);
    w->tick = tick;
    w->next_tick = second + SECOND;
    w->editions.due = !w->source->is_file;
}

void worker_sweep_slice(struct worker *w, nsec_t now)
{
    uint32_t top = w->flows.hot.top, hosts = w->hosts.pool.top;
    if (!w->sweep_at || top <= SWEEP_AT_ONCE || now <= w->sweep_began)
        return;
    uint64_t part = (uint64_t)(now - w->sweep_began);
    uint32_t due = part >= (uint64_t)SECOND ? top : (uint32_t)(top * part / (uint64_t)SECOND);
    if (due < w->sweep_at + SLICE)
        return;
    sweep_flows(w, w->sweep_at, due, now);
    w->sweep_at = due;
    uint32_t host_due = (uint32_t)((uint64_t)hosts * due / top);
    if (host_due > w->host_sweep_at) {
        sweep_hosts(w, w->host_sweep_at, host_due, now);
        w->host_sweep_at = host_due;
    }
}

/* Somebody set the clock back: seconds are counted from there, and what was seen in the future
 * counts as seen now, or it would not be forgotten before its time comes. */
static void set_back(struct worker *w, nsec_t now)
{
    for (uint32_t i = 1; i < w->flows.hot.top; i++) {
        struct flow_hot *h = flow_hot_at(&w->flows, i);
        if (!(h->bits & FLOW_USED))
            continue;
        for (unsigned end = 0; end < 2; end++)
            h->last[end] = h->last[end] > now ? now : h->last[end];
        if (w->sink && flow_interval_first(w, flow_cold_at(&w->flows, i)) > now)
            flow_begin_interval(w, i, now);
        flow_cold_at(&w->flows, i)->stamp = 0;
    }
    for (uint32_t i = 1; i < w->hosts.pool.top; i++) {
        struct host *h = host_at(&w->hosts, i);
        h->last = h->last > now ? now : h->last;
    }
    nsec_t second = now - now % SECOND;
    w->now = now;
    w->last = w->last > now ? now : w->last;
    w->tick = (uint32_t)(second / SECOND);
    w->next_tick = second + SECOND;
    w->sweep_began = second;
    w->tally.rate_bytes = w->tally.tick_bytes = 0;
    leads_drop(w);
}

void worker_time(struct worker *w, nsec_t now)
{
    if (now > w->now)
        w->now = now;
    else if (w->now - now > SECOND)
        set_back(w, now);
    if (w->now >= w->next_tick)
        worker_tick(w, w->now - w->now % SECOND);
    else
        worker_sweep_slice(w, w->now);
}
