/* worker.c - a worker's life: read, count, keep time, answer; and its totals. */
#include "engine/worker.h"

#include "engine/say.h"

enum {
    READ_TIMEOUT_MS = 100, /* how long a quiet interface sleeps before time is looked at */
    REST_MS = 1000,        /* and one that has read all */
    BURSTS_LAST = 1024,    /* of a collector that stops: more than a socket's buffer holds */
    BURSTS_PER_LOOP = 16   /* bursts of a file between two looks at questions and stop */
};

/* A device has one address less behind it. */
static void leave_host(void *worker, const struct host *h)
{
    struct worker *w = worker;
    known_remove_host(&w->known, h);
    if (h->mac_group)
        group_at(&w->groups, h->mac_group)->hosts--;
}

/* Other hosts have its counters; its network's row has the same. */
static void leave_to_prefix(void *worker, const struct host *h)
{
    struct worker *w = worker;
    worker_count(w, REASON_host_evicted, 0);
    uint32_t index = groups_get_prefix(&w->groups, &h->addr, h->last);
    if (!index)
        return;
    struct group *g = group_at(&w->groups, index);
    const struct traffic t = {
        .bytes = {h->bytes[0], h->bytes[1]},
        .packets = {host_get_packets(&w->hosts, h, 0), host_get_packets(&w->hosts, h, 1)}};
    group_join(g, &t);
    g->hosts++;
}

/* What a file says depends on its packets alone: no clock, and room for all. */
static struct l7 *detection_for(const struct worker *w, struct err *e)
{
    struct l7_config config = w->config->l7;
    if (w->source->is_file) {
        config.clock = NULL;
        config.states = 0;
    }
    return l7_new(&config, e);
}

bool worker_init(struct worker *w, struct err *e)
{
    const struct engine_config *config = w->config;
    struct hosts_config hosts = {.limit = config->max_hosts,
                                 .locals = config->locals,
                                 .local_idle = config->local_host_idle,
                                 .remote_idle = config->remote_host_idle,
                                 .keep_series = config->keep_series,
                                 .starved = &w->reasons[REASON_host_starved],
                                 .forgotten = leave_host,
                                 .evicts = leave_to_prefix,
                                 .owner = w};
    event_init(&w->wake);
    editions_init(&w->editions);
    leads_init(w);
    pthread_mutex_init(&w->idle_lock, NULL);
    return decoder_init(&w->decoder, config->decap, e) && worker_pipe_init(w, e) &&
           flows_init(&w->flows, config->max_flows, e) && hosts_init(&w->hosts, &hosts, e) &&
           groups_init(&w->groups, config->keep_series, &w->known, e) &&
           dns_cache_init(&w->dns, e) && series_init(&w->series, config->keep_series, e) &&
           (w->l7 = detection_for(w, e)) != NULL && collect_init(w, e);
}

void worker_fini(struct worker *w)
{
    thread_join(&w->thread);
    leads_fini(w);
    editions_fini(&w->editions);
    handover_fini(w);
    collect_fini(w);
    known_free(&w->known);
    flows_fini(&w->flows);
    hosts_fini(&w->hosts);
    groups_fini(&w->groups);
    dns_cache_fini(&w->dns);
    series_fini(&w->series);
    if (w->l7)
        l7_free(w->l7);
    decoder_fini(&w->decoder);
    worker_pipe_fini(w);
    if (w->source)
        w->source->ops->close(w->source);
    event_fini(&w->wake);
    pthread_mutex_destroy(&w->idle_lock);
}

static bool must_stop(const struct worker *w)
{
    return atomic_load_explicit(&w->stop, memory_order_relaxed);
}

/* Tells when the interface goes and when it is back; the first worker speaks for all. */
static void watch_interface(struct worker *w, enum source_result got, bool *lost)
{
    bool now_lost = got == SOURCE_LOST;
    if (now_lost == *lost)
        return;
    *lost = now_lost;
    char state[NOTICE_BYTES];
    notice_get(&w->source->state, state);
    if (!w->number)
        say_interface(&w->events, w->now, w->source->name, state, !now_lost);
}

static void take_burst(struct worker *w, const struct burst *b)
{
    if (w->source->is_collector)
        collect_burst(w, b);
    else
        worker_burst(w, b);
}

/* What waits in a collector's sockets when it stops was sent before, so it is counted; a flood does not
 * keep it from stopping. */
static void take_rest(struct worker *w)
{
    struct burst burst;
    for (unsigned i = 0; w->source->is_collector && i < BURSTS_LAST; i++) {
        if (w->source->ops->read(w->source, &burst, 0) != SOURCE_OK)
            break;
        worker_time(w, burst.now);
        take_burst(w, &burst);
    }
}

static void run_live(struct worker *w)
{
    struct burst burst;
    bool lost = false;
    while (!must_stop(w)) {
        if (w->editions.due)
            edition_publish(w);
        bool busy = worker_answer(w);
        int wait_ms = handover_sleeps(w, busy ? 0 : READ_TIMEOUT_MS);
        enum source_result got = w->source->ops->read(w->source, &burst, wait_ms);
        handover_wakes(w);
        worker_time(w, burst.now);
        w->pressed = got == SOURCE_OK && burst.n;
        watch_interface(w, got, &lost);
        if (got == SOURCE_OK)
            take_burst(w, &burst);
        else if (got == SOURCE_END)
            break;
        handover_flush(w);
        handover_take(w);
    }
    take_rest(w);
    handover_flush(w);
    w->pressed = false;
    edition_withdraw(w);
}

static void run_file(struct worker *w)
{
    struct burst burst;
    for (unsigned n = 0; !must_stop(w); n++) {
        bool look = n % BURSTS_PER_LOOP == 0 || mailbox_has(&w->questions) || w->open;
        if (look)
            worker_answer(w);
        enum source_result got = w->source->ops->read(w->source, &burst, READ_TIMEOUT_MS);
        if (got == SOURCE_OK) {
            take_burst(w, &burst);
        } else if (got == SOURCE_END) {
            w->at_end = true;
            break;
        }
    }
    /* The last second has no successor to close it, and no new flow needs anybody's place. */
    w->emergency.is_on = false;
    if (w->next_tick)
        worker_tick(w, w->next_tick);
}

static void end_all_flows(struct worker *w)
{
    for (uint32_t i = 1; i < w->flows.hot.top; i++)
        if (flow_hot_at(&w->flows, i)->bits & FLOW_USED)
            flow_end(w, i, END_FORCED);
}

void worker_run(void *argument)
{
    struct worker *w = argument;
    if (w->source->is_file)
        run_file(w);
    else
        run_live(w);
    collect_end(w);
    atomic_store(&w->state, WORKER_DONE);
    while (!must_stop(w)) {
        while (worker_answer(w)) {
        }
        handover_take(w);
        event_wait(&w->wake, clock_mono() + handover_sleeps(w, REST_MS) * MILLISECOND);
        event_clear(&w->wake);
    }
    handover_end(w);
    end_all_flows(w);
    /* From here on askers answer for themselves; who came just before is answered now. */
    atomic_store(&w->state, WORKER_STOPPED);
    worker_answer_rest(w);
}

static void add_source(const struct worker *w, struct totals_row *t)
{
    const struct source_counts *c = &w->source->counts;
    t->received = counter_get(&c->received);
    t->received_bytes = counter_get(&c->received_bytes);
    t->filtered = counter_get(&c->filtered);
    t->kernel_dropped = counter_get(&c->kernel_dropped);
    t->interface_dropped = counter_get(&c->interface_dropped);
    t->damaged = counter_get(&c->damaged);
    for (unsigned r = 0; r < REASONS; r++) {
        t->packets[r] += counter_get(&w->decoder.packets[r]);
        t->bytes[r] += counter_get(&w->decoder.bytes[r]);
    }
}

static void copy_tables(const struct worker *w, struct totals_row *t)
{
    const struct tally *y = &w->tally;
    memcpy(t->l4, y->l4, sizeof t->l4);
    memcpy(t->problem_flows, y->problem_flows, sizeof t->problem_flows);
    memcpy(t->local_bytes, y->local_bytes, sizeof t->local_bytes);
    memcpy(t->local_packets, y->local_packets, sizeof t->local_packets);
    memcpy(t->sizes, y->sizes, sizeof t->sizes);
    for (unsigned r = 0; r < REASONS; r++) {
        t->packets[r] = counter_get(&w->reasons[r]);
        t->bytes[r] = counter_get(&w->reason_bytes[r]);
    }
}

/* What packets and records were counted as. */
static struct totals_row totals_of(const struct tally *y)
{
    return (struct totals_row){
        .wire_packets = y->wire_packets,
        .wire_bytes = y->wire_bytes,
        .ip_packets = y->ip_packets,
        .ip_bytes = y->ip_bytes,
        .overhead_bytes = y->overhead_bytes,
        .excess_bytes = y->excess_bytes,
        .record_packets = y->record_packets,
        .record_bytes = y->record_bytes,
        .ip_v4_bytes = y->v4_bytes,
        .ip_v6_bytes = y->v6_bytes,
        .upload_bytes = y->upload_bytes,
        .download_bytes = y->download_bytes,
        .goodput_bytes = y->goodput_bytes,
        .retrans = y->retrans,
        .ooo = y->ooo,
        .lost = y->lost,
        .keepalive = y->keepalive,
        .zero_window = y->zero_window,
        .tcp_syn = y->syn,
        .tcp_synack = y->syn_ack,
        .tcp_fin = y->fin,
        .tcp_rst = y->rst,
        .flows_created = y->flows_created,
        .flows_ended = y->flows_ended,
        .flows_evicted = y->flows_evicted,
        .flow_packets_active = y->active_packets + y->pending_packets,
        .flow_bytes_active = y->active_bytes + y->pending_bytes,
        .flow_packets_ended = y->ended_packets,
        .flow_bytes_ended = y->ended_bytes,
        .emergencies = y->emergencies,
        .bps = y->bps_bytes * 8,
        .pps = y->pps_packets,
        .upload_bps = y->bps_upload * 8,
        .download_bps = y->bps_download * 8,
        .questions = y->questions,
        .question_ns = (uint64_t)y->question_ns,
        .alerted_flows = y->alerted_flows,
        .records_taken = y->taken,
        .records_counted = y->records,
        .records_told = y->told,
    };
}

/* What the tables hold. */
static void count_tables(const struct worker *w, struct totals_row *t)
{
    t->flows_active = w->flows.hot.used;
    t->hosts_active = w->hosts.pool.used - 1;
    t->hosts_held = w->hosts.pool.used - 1;
    t->hosts_local = w->hosts.local;
    t->hosts_created = w->hosts.created;
    t->hosts_forgotten = w->hosts.expired;
    t->hosts_evicted = w->hosts.evicted;
    t->devices = w->groups.devices;
}

void worker_totals(const struct worker *w, struct totals_row *t)
{
    *t = totals_of(&w->tally);
    t->now = w->now;
    t->first = w->first;
    t->last = w->last;
    t->emergency = w->emergency.is_on;
    t->dpi_open = l7_open_states(w->l7);
    t->workers = 1;
    t->workers_done = atomic_load(&w->state) >= WORKER_DONE;
    t->catching_up = w->share > 1 && !w->at_end;
    count_tables(w, t);
    collect_totals(w, t);
    copy_tables(w, t);
    /* Workers that read the same file all see every frame; the first speaks for them. */
    if (w->share <= 1 || !w->number)
        add_source(w, t);
}
