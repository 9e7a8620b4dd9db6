/* collect.c - a worker's collector: datagrams of exporters become flows, and what is no traffic is kept. */
#include "engine/collect.h"

#include <stdio.h>
#include <string.h>

#include "codec/export_packet.h"
#include "codec/json_flow_in.h"
#include "codec/steps.h"
#include "engine/worker.h"

bool collect_speaks(const struct worker *w)
{
    return w->share <= 1 || !w->number;
}

/* A record with all its fields. */
static void fill_told(struct worker *w, const struct flow_in *f, const struct addr *exporter,
                      struct told_row *row)
{
    struct collect *c = w->collect;
    struct text line = {0};
    flow_in_to_json(&line, f, exporter);
    *row = (struct told_row){.ts = f->exported ? f->exported : c->now,
                             .exporter = *exporter,
                             .domain = f->domain,
                             .is_event = f->kind == FLOW_IN_EVENT,
                             .event = f->firewall_event,
                             .src = f->src,
                             .dst = f->dst,
                             .src_port = f->src_port,
                             .dst_port = f->dst_port,
                             .proto = f->proto};
    if (line.data && line.len < sizeof row->fields)
        memcpy(row->fields, line.data, line.len + 1);
    else
        snprintf(row->fields, sizeof row->fields, "{}");
    text_free(&line);
}

/* An event or message is remembered. */
static void keep_told(struct worker *w, const struct flow_in *f)
{
    struct collect *c = w->collect;
    fill_told(w, f, exporter_address(f->exporter), &c->told[c->told_n++ % TOLD_KEPT]);
}

void collect_look(struct worker *w, const struct flow_in *f, const struct addr *exporter,
                  uint64_t hash)
{
    struct told_row row;
    if (!attention_wants(&w->collect->attention, hash, w->collect->now))
        return;
    fill_told(w, f, exporter, &row);
    attention_keep(&w->collect->attention, hash, w->collect->now, &row);
}

const struct told_row *collect_latest(struct worker *w, uint32_t index)
{
    if (!w->collect)
        return NULL;
    uint64_t hash = key_hash(&flow_hot_at(&w->flows, index)->key);
    return attention_ask(&w->collect->attention, hash, w->collect->now);
}

static void take_record(struct worker *w, const struct flow_in *f, const struct keyed *k)
{
    bool has_traffic = f->bytes[0] | f->bytes[1] | f->packets[0] | f->packets[1];
    if (f->kind != FLOW_IN_OPTIONS && f->kind != FLOW_IN_SAMPLE)
        w->tally.taken += collect_speaks(w);
    bool is_told = f->kind == FLOW_IN_EVENT || f->kind == FLOW_IN_MESSAGE;
    if (is_told && collect_speaks(w))
        keep_told(w, f);
    if (f->kind == FLOW_IN_FLOW || (f->kind == FLOW_IN_EVENT && has_traffic))
        flow_add(w, f, k, exporter_address(f->exporter), w->collect->now);
    else if (is_told && collect_speaks(w))
        worker_count(w, f->kind == FLOW_IN_EVENT ? REASON_record_event : REASON_record_message, 0);
    collect_look(w, f, exporter_address(f->exporter), k->hash);
}

/* ---- Records on their way ------------------------------------------------------------------------- */

/* A record of a flow among a million others touches some twenty lines of memory, none of which is in a
 * cache. So the records of a set are all looked for first, then walk in file, each step bringing nearer
 * what the next one reads. */
enum {
    WALK = STEPS_BATCH, /* records at once */
    STEP = 4,           /* records between two steps of one record */
    LOOK_AT_FLOW = STEP,
    COUNT = 2 * STEP
};

struct step_of {
    struct keyed keyed;
    uint32_t index; /* the flow that the bucket's tag speaks for, 0 = none */
};

/* Always inlined: gcc drops calls of functions that do nothing but prefetch. */
static inline __attribute__((always_inline)) void prefetch(const void *at, size_t bytes)
{
    for (size_t line = 0; line < bytes; line += 64)
        __builtin_prefetch((const char *)at + line, 1);
    /* What is not aligned may end in one more line. */
    if (bytes % 64)
        __builtin_prefetch((const char *)at + bytes - 1, 1);
}

static inline __attribute__((always_inline)) void look_up(const struct worker *w, struct step_of *s)
{
    s->index = table_hint(&w->flows.table, s->keyed.hash);
    if (!s->index)
        return;
    prefetch(flow_hot_at(&w->flows, s->index), sizeof(struct flow_hot));
    prefetch(flow_cold_at(&w->flows, s->index), sizeof(struct flow_cold));
}

/* Its hosts, their applications, and what exporters told of it before. */
static inline __attribute__((always_inline)) void look_at_flow(const struct worker *w,
                                                               const struct step_of *s)
{
    if (!s->index)
        return;
    const struct flow_hot *h = flow_hot_at(&w->flows, s->index);
    const struct flow_cold *c = flow_cold_at(&w->flows, s->index);
    for (unsigned end = 0; end < 2; end++) {
        prefetch(host_at(&w->hosts, h->host[end]), offsetof(struct host, score));
        prefetch(host_use_at(&w->hosts, c->use[end]), sizeof(struct host_use));
    }
    prefetch(pool_at(&w->flows.exported, c->exported), offsetof(struct flow_export, hop[1]));
}

/* n <= WALK. */
static void walk(struct worker *w, const struct flow_in *f, size_t n)
{
    struct step_of at[WALK];
    for (size_t i = 0; i < n; i++) {
        flow_in_key(&f[i], &at[i].keyed);
        table_prefetch(&w->flows.table, at[i].keyed.hash);
    }
    for (size_t i = 0; i < n + COUNT; i++) {
        if (i < n)
            look_up(w, &at[i]);
        if (i >= LOOK_AT_FLOW && i - LOOK_AT_FLOW < n)
            look_at_flow(w, &at[i - LOOK_AT_FLOW]);
        if (i >= COUNT)
            take_record(w, &f[i - COUNT], &at[i - COUNT].keyed);
    }
}

static void on_flows(void *to, const struct flow_in *f, size_t n)
{
    for (; n > WALK; f += WALK, n -= WALK)
        walk(to, f, WALK);
    walk(to, f, n);
}

static void on_frame(void *to, const struct frame *frame, const struct flow_in *f)
{
    struct worker *w = to;
    struct frame stamped = *frame;
    if (!stamped.ts)
        stamped.ts = w->collect->now;
    w->tally.taken += collect_speaks(w);
    flow_add_frame(w, &stamped, f, exporter_address(f->exporter), w->collect->now);
}

void collect_say(struct worker *w, const struct exporter *x, enum event_kind kind,
                 const char *sentence)
{
    char address[ADDR_TEXT];
    struct event_row *row =
        collect_speaks(w) ? events_add(&w->events, w->collect->now, kind) : NULL;
    if (!row)
        return;
    addr_print(exporter_address(x), address);
    snprintf(row->text, sizeof row->text, "Exporter %s: %s", address, sentence);
    snprintf(row->filter, sizeof row->filter, "exporter=%s", address);
    snprintf(row->link, sizeof row->link, "%s", address);
}

static void on_say(void *to, const struct exporter *x, enum exporter_news news,
                   const char *sentence)
{
    collect_say(to, x, news == NEWS_SAMPLING_FAR ? EVENT_PROBLEM : EVENT_EXPORTER, sentence);
}

static void on_counters(void *to, const struct interface_counters *c)
{
    struct worker *w = to;
    if (collect_speaks(w))
        groups_take_counters(&w->groups, exporter_address(c->exporter), c);
}

static const struct collector_ops ops = {
    .flows = on_flows, .frame = on_frame, .counters = on_counters, .say = on_say};

bool collect_init(struct worker *w, struct err *e)
{
    const struct engine_config *config = w->config;
    if (!w->source->is_collector && config->export_port == EXPORT_PORT_NONE)
        return true;
    w->collect = mem_alloc(ACCOUNT_other, sizeof *w->collect);
    if (!w->collect)
        return fail(e, "no memory for the collector");
    w->collect->port = config->export_port;
    /* Elements that have no column are shown with events and messages. */
    const struct collector_config settings = {.sampling = config->sampling,
                                              .allow = config->exporters_allow,
                                              .zmq_password = config->zmq_password,
                                              .keep_raw = true};
    w->collect->collector = collector_new(&settings, &ops, w, e);
    return w->collect->collector != NULL;
}

void collect_fini(struct worker *w)
{
    if (!w->collect)
        return;
    silence_fini(&w->collect->silence);
    if (w->collect->collector)
        collector_free(w->collect->collector);
    attention_fini(&w->collect->attention);
    mem_free(ACCOUNT_other, w->collect, sizeof *w->collect);
    w->collect = NULL;
}

void collect_datagram(struct worker *w, const struct datagram *d, uint32_t wire_len)
{
    w->collect->now = d->received;
    if (collect_speaks(w)) {
        w->tally.wire_packets++;
        w->tally.wire_bytes += wire_len;
        worker_count(w, REASON_export, wire_len);
    }
    collector_take(w->collect->collector, d);
}

void collect_burst(struct worker *w, const struct burst *b)
{
    for (unsigned i = 0; i < b->n; i++) {
        const struct datagram *d = &b->datagram[i];
        worker_advance(w, d->received);
        if (d->is_end)
            collector_end_stream(w->collect->collector, d);
        else
            collect_datagram(w, d, (uint32_t)d->len);
    }
}

void collect_tick(struct worker *w, nsec_t now)
{
    if (!w->collect)
        return;
    w->collect->now = now;
    attention_tick(&w->collect->attention, now);
    collector_tick(w->collect->collector, now);
    if (collect_speaks(w))
        silence_look(w, now);
}

void collect_end(struct worker *w)
{
    if (w->collect)
        collector_tick(w->collect->collector, INT64_MAX);
}

void collect_totals(const struct worker *w, struct totals_row *t)
{
    if (!w->collect || !collect_speaks(w))
        return;
    const struct collector_counts *c = collector_counts(w->collect->collector);
    t->datagrams = counter_get(&c->datagrams);
    t->records = counter_get(&c->records);
    t->records_accepted = counter_get(&c->accepted);
    t->records_options = counter_get(&c->options);
    t->sampled_frames = counter_get(&c->frames);
    t->counter_samples = counter_get(&c->counter_samples);
    for (unsigned i = 0; i < LOSSES; i++)
        t->record_losses[i] = counter_get(&c->loss[i]);
}
