/* sweep.c - the way of time: once a second every flow's deltas go to where they are summed.
 *
 * A capture file is folded whole at each whole second of packet time, between the last packet of
 * the old second and the first of the new one: the result depends on the packets alone, not on
 * speed or number of workers. A live interface does the same while its tables are small, and
 * spreads the pass over the second in slices once they are not; a flow's bytes then land at most
 * a second late in hosts and applications, never in the interface's own totals.
 */
#include "engine/worker.h"

enum {
    SWEEP_AT_ONCE = 65536, /* flows folded in one go on a live interface, 2-3 ms */
    PREFETCH = 8,
    SLICE = 256,
    DEVICES_A_SECOND = 16384, /* looked at for being forgotten, when there are too many */
    L4_NUMBER_TCP = 6,
    L4_NUMBER_UDP = 17,
    L4_NUMBER_ICMP = 1,
    L4_NUMBER_ICMPV6 = 58
};

static enum l4_class class_of(uint8_t proto)
{
    switch (proto) {
    case L4_NUMBER_TCP:
        return L4_TCP;
    case L4_NUMBER_UDP:
        return L4_UDP;
    case L4_NUMBER_ICMP:
    case L4_NUMBER_ICMPV6:
        return L4_ICMP;
    default:
        return L4_OTHER;
    }
}

static void fold_host(struct host *h, const struct flow_hot *f, const struct flow_cold *c,
                      unsigned end, uint32_t tick)
{
    enum l4_class class = class_of(c->proto);
    nsec_t last = flow_last(f);
    if (last > h->last)
        h->last = last;
    struct host_app *app = c->app_slot[end] == UINT16_MAX ? NULL : &h->app[c->app_slot[end]];
    for (unsigned side = 0; side < 2; side++) {
        unsigned who = side == SIDE_SENT ? end : !end;
        if (!f->packets[who])
            continue;
        h->traffic.bytes[side] += f->bytes[who];
        h->traffic.packets[side] += f->packets[who];
        h->l4[class].bytes[side] += f->bytes[who];
        h->l4[class].packets[side] += f->packets[who];
        h->goodput[side] += f->goodput[who];
        host_tick(h, tick, side, f->bytes[who], f->packets[who]);
        if (app) {
            app->bytes[side] += f->bytes[who];
            app->packets[side] += f->packets[who];
        }
    }
    if (app && app->last_tick != tick) {
        app->last_tick = tick;
        app->seconds++;
    }
}

static void fold_groups(struct worker *w, const struct flow_hot *f, const struct flow_cold *c,
                        uint32_t tick)
{
    unsigned client = flow_client(f);
    nsec_t last = flow_last(f);
    for (unsigned i = 0; i < FLOW_GROUPS; i++) {
        if (!c->group[i])
            continue;
        /* A device and a network count what they sent, the others what the client sent. */
        unsigned from = client;
        if (i == FLOW_GROUP_MAC_LOW || i == FLOW_GROUP_NET_LOW)
            from = 0;
        else if (i == FLOW_GROUP_MAC_HIGH || i == FLOW_GROUP_NET_HIGH)
            from = 1;
        struct group *g = group_at(&w->groups, c->group[i]);
        if (f->packets[from])
            group_count(g, tick, last, SIDE_SENT, f->bytes[from], f->packets[from]);
        if (f->packets[!from])
            group_count(g, tick, last, SIDE_RCVD, f->bytes[!from], f->packets[!from]);
    }
}

static void fold_tally(struct worker *w, const struct flow_hot *f, const struct flow_cold *c)
{
    struct tally *t = &w->tally;
    unsigned client = flow_client(f);
    enum l4_class class = class_of(c->proto);
    uint64_t sent = f->bytes[client], rcvd = f->bytes[!client];
    uint64_t packets = (uint64_t)f->packets[0] + f->packets[1];
    t->l4[class].bytes[SIDE_SENT] += sent;
    t->l4[class].bytes[SIDE_RCVD] += rcvd;
    t->l4[class].packets[SIDE_SENT] += f->packets[client];
    t->l4[class].packets[SIDE_RCVD] += f->packets[!client];
    t->local_bytes[c->locality] += sent + rcvd;
    t->local_packets[c->locality] += packets;
    t->goodput_bytes += (uint64_t)f->goodput[0] + f->goodput[1];
    switch ((enum locality)c->locality) {
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
    t->pending_packets -= packets;
    t->pending_bytes -= sent + rcvd;
    t->active_packets += packets;
    t->active_bytes += sent + rcvd;
}

void flow_fold_sizes(struct worker *w, struct flow_hot *f)
{
    for (unsigned end = 0; end < 2; end++) {
        if (!f->packets[end])
            continue;
        struct host *from = host_at(&w->hosts, f->host[end]);
        struct host *to = host_at(&w->hosts, f->host[!end]);
        for (unsigned bin = 0; bin < SIZE_BINS; bin++) {
            from->sizes[SIDE_SENT][bin] += f->sizes[end][bin];
            to->sizes[SIDE_RCVD][bin] += f->sizes[end][bin];
            w->tally.sizes[bin] += f->sizes[end][bin];
            f->sizes[end][bin] = 0;
        }
    }
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

void flow_fold(struct worker *w, uint32_t index, uint32_t tick)
{
    struct flow_hot *f = flow_hot_at(&w->flows, index);
    if (!(f->packets[0] | f->packets[1]))
        return;
    struct flow_cold *c = flow_cold_at(&w->flows, index);
    fold_host(host_at(&w->hosts, f->host[0]), f, c, 0, tick);
    fold_host(host_at(&w->hosts, f->host[1]), f, c, 1, tick);
    fold_groups(w, f, c, tick);
    fold_tally(w, f, c);
    flow_fold_sizes(w, f);
    roll_rate(c, tick);
    w->tally.tick_bytes -= c->tick_bytes;
    c->tick_bytes = add_most(c->tick_bytes, (uint64_t)f->bytes[0] + f->bytes[1]);
    w->tally.tick_bytes += c->tick_bytes;
    c->tick_packets = add_most(c->tick_packets, (uint64_t)f->packets[0] + f->packets[1]);
    for (unsigned end = 0; end < 2; end++) {
        c->bytes[end] += f->bytes[end];
        c->packets[end] += f->packets[end];
        c->goodput[end] += f->goodput[end];
        f->bytes[end] = f->packets[end] = f->goodput[end] = 0;
    }
    if (w->leads.on)
        leads_feed(w, index);
}

/* Is the flow over, or due for a record in between? */
static void check_times(struct worker *w, uint32_t index, nsec_t now)
{
    const struct engine_config *config = w->config;
    const struct flow_hot *f = flow_hot_at(&w->flows, index);
    nsec_t idle = f->bits & FLOW_CLOSED ? config->tcp_closed_idle : config->flow_idle;
    if (now - flow_last(f) > idle) {
        flow_end(w, index, f->bits & FLOW_CLOSED ? END_OF_FLOW : END_IDLE);
        return;
    }
    if (!w->sink)
        return;
    nsec_t since = flow_interval_first(w, flow_cold_at(&w->flows, index));
    if (since && now - since >= config->flow_active)
        flow_tell(w, index, END_ACTIVE);
}

static void sweep_flows(struct worker *w, uint32_t from, uint32_t to, nsec_t now)
{
    for (uint32_t i = from; i < to; i++) {
        if (i + PREFETCH < to) {
            const struct flow_hot *ahead = flow_hot_at(&w->flows, i + PREFETCH);
            __builtin_prefetch(ahead);
            __builtin_prefetch(flow_cold_at(&w->flows, i + PREFETCH), 1);
        }
        if (!(flow_hot_at(&w->flows, i)->bits & FLOW_USED))
            continue;
        const struct flow_hot *f = flow_hot_at(&w->flows, i);
        bool changed = (f->packets[0] | f->packets[1]) != 0;
        flow_fold(w, i, w->tick);
        if (!changed && w->leads.all_flows)
            leads_walk_flow(w, i);
        /* Only packets change what is wrong, but for a question that waits for its answer. */
        if (changed || (f->bits & (FLOW_TCP | FLOW_TWO_WAY)) == FLOW_TCP)
            flow_judge(w, i);
        if (w->config->timeouts)
            check_times(w, i, now);
    }
}

/* The second's sums, once all that belongs to it is folded. */
static void close_second(struct worker *w)
{
    struct tally *t = &w->tally;
    struct source_counts *sc = &w->source->counts;
    bool counts_source = w->share <= 1 || !w->number;
    const uint64_t counter[SERIES_COLUMNS] = {
        [SERIES_UPLOAD] = t->upload_bytes,
        [SERIES_DOWNLOAD] = t->download_bytes,
        [SERIES_INTERNAL] = t->internal_bytes,
        [SERIES_PACKETS] = t->wire_packets,
        [SERIES_DROPS] = counts_source ? counter_get(&sc->kernel_dropped) : 0,
        [SERIES_FLOWS] = w->flows.hot.used,
        [SERIES_HOSTS] = w->hosts.pool.used - 1,
        [SERIES_RETRANS] = t->retrans,
    };
    t->bps_upload = t->upload_bytes - t->before_upload;
    t->bps_download = t->download_bytes - t->before_download;
    t->bps_bytes = t->ip_bytes - t->before_bytes;
    t->pps_packets = t->wire_packets - t->before_packets;
    t->before_upload = t->upload_bytes;
    t->before_download = t->download_bytes;
    t->before_bytes = t->ip_bytes;
    t->before_packets = t->wire_packets;
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
    flow_room_tick(w, second);
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
