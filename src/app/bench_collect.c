/* bench_collect.c - `weir bench collect`: records of exporters, from memory and by the network.
 *
 * The figures are nanoseconds of CPU a record. Decoding alone ends where the collector hands records on;
 * "counted" is the way through the engine to flows, hosts, groups and totals. What comes by sockets
 * is measured in bench_collect_net.c.
 */
#include "app/bench.h"
#include "app/bench_collect_net.h"

#include <stdio.h>
#include <string.h>

enum {
    TRAIN_BYTES = 64 << 20, /* does not stay in any cache */
    MESSAGES_AT_ONCE = 64,
    DECODED_FLOWS = 10000
};

static const nsec_t begin = 1700000000 * SECOND;

/* ---- Decoding alone ------------------------------------------------------------------------------- */

static void count_flows(void *to, const struct flow_in *f, size_t n)
{
    (void)f;
    *(uint64_t *)to += n;
}

static void count_frame(void *to, const struct frame *frame, const struct flow_in *f)
{
    (void)frame;
    (void)f;
    ++*(uint64_t *)to;
}

/* Takes the train for so long; the time goes on by a millisecond with each message. */
static struct bench_speed decode(struct collector *c, struct train *t, nsec_t measure)
{
    static struct stopwatch watch;
    nsec_t now = begin;
    uint32_t i = 0;
    watch_clear(&watch);
    while (watch.spent < measure) {
        if (!watch.start && i >= t->opening)
            watch_start(&watch);
        uint32_t records = train_stamp(t, i, now);
        collector_take(c, &t->message[i]);
        if (watch.start)
            watch_count(&watch, records);
        now += MILLISECOND / 4;
        i = train_next(t, i);
        if (watch.start && watch_is_full(&watch))
            watch_stop(&watch);
    }
    return watch_speed(&watch);
}

static bool measure_decode(struct bench *b, const void *what)
{
    static const struct collector_ops ops = {.flows = count_flows, .frame = count_frame};
    static struct train train;
    const struct train_form *form = what;
    const struct collector_config config = {.keep_raw = true};
    uint64_t told = 0;
    struct bench_line *l = b->line;
    l->bench = "collect";
    l->variant = form->name;
    struct collector *c = collector_new(&config, &ops, &told, b->err);
    if (!c || !train_make(&train, form, DECODED_FLOWS, TRAIN_BYTES, begin, b->err))
        return false;
    l->speed = decode(c, &train, b->measure);
    const struct collector_counts *counts = collector_counts(c);
    l->packet_bytes = (uint32_t)(counter_get(&counts->bytes) / counter_get(&counts->records));
    if (counter_get(&counts->accepted) != counter_get(&counts->records) || !told)
        return fail(b->err, "%s: %llu of %llu records were taken", form->name,
                    (unsigned long long)counter_get(&counts->accepted),
                    (unsigned long long)counter_get(&counts->records));
    if (form->field) {
        l->floor = train_floor(&train, b->measure / 4);
        line_add(l, "ratio_to_floor", "", l->speed.p5 / l->floor.p5);
    }
    return true;
}

/* ---- Through the engine --------------------------------------------------------------------------- */

/* A source of messages that holds the stop-watch. The worker's, while it runs. */
struct train_feed {
    struct source source; /* first: what the engine sees */
    struct train train;
    uint32_t next;
    nsec_t now, measure;
    struct stopwatch watch;
    struct bench_memory at_end;
    struct datagram burst[MESSAGES_AT_ONCE];
};

/* A burst of messages; 5 million records are a second of packet time. */
static uint32_t hand_over(struct train_feed *f, struct burst *b)
{
    uint32_t records = 0;
    b->n = 0;
    while (b->n < MESSAGES_AT_ONCE) {
        uint32_t told = train_stamp(&f->train, f->next, f->now);
        f->burst[b->n++] = f->train.message[f->next];
        f->next = train_next(&f->train, f->next);
        f->now += told * 200;
        records += told;
    }
    b->datagram = f->burst;
    counter_add(&f->source.counts.received, b->n);
    return records;
}

static enum source_result train_read(struct source *s, struct burst *b, int timeout_ms)
{
    struct train_feed *f = (struct train_feed *)s;
    (void)timeout_ms;
    if (watch_is_full(&f->watch))
        watch_stop(&f->watch);
    if (f->watch.spent >= f->measure) {
        f->at_end = bench_memory_now();
        return SOURCE_END;
    }
    if (!f->watch.start && f->next >= f->train.opening)
        watch_start(&f->watch);
    uint32_t records = hand_over(f, b);
    if (f->watch.start)
        watch_count(&f->watch, records);
    return SOURCE_OK;
}

static void train_wake(struct source *s)
{
    (void)s;
}

static void train_close(struct source *s)
{
    (void)s;
}

struct counted_line {
    const char *name;
    enum train_form_index form;
    uint32_t flows;
};

static bool measure_counted(struct bench *b, const void *what)
{
    static const struct source_ops ops = {
        .read = train_read, .wake = train_wake, .close = train_close};
    static struct train_feed feed;
    const struct counted_line *line = what;
    struct bench_line *l = b->line;
    uint64_t before = bench_memory_now().rss;
    l->bench = "collect";
    l->variant = line->name;
    l->hosts = line->flows;
    feed.source = (struct source){
        .ops = &ops, .name = "train", .kind = "generated", .is_file = true, .is_collector = true};
    feed.now = begin;
    feed.measure = b->measure;
    if (!train_make(&feed.train, &train_forms[line->form], line->flows, TRAIN_BYTES, begin, b->err))
        return false;
    l->own = bench_memory_now().rss - before;
    struct bench_run run = {.source = &feed.source,
                            .max_flows = line->flows + line->flows / 8 + 1024,
                            .max_hosts = line->flows + line->flows / 8 + 1024,
                            .dpi_packets = 1};
    if (!bench_start(b, &run))
        return false;
    struct answer *a = bench_wait(b, &run, &feed.at_end);
    if (!a)
        return false;
    bool all = a->totals->records_counted == a->totals->records_taken;
    l->speed = watch_speed(&feed.watch);
    bench_end(&run, a);
    return all || fail(b->err, "%s: some records were not counted", line->name);
}

bool collect_wants(const struct bench *b, const char *name)
{
    bool wanted = !b->arguments || b->all;
    for (unsigned i = 0; i < b->arguments; i++)
        wanted |= strstr(name, b->argument[i]) != NULL;
    return wanted;
}

bool bench_collect(struct bench *b)
{
    static const struct counted_line counted[] = {
        {"v9, counted 1k", FORM_NETFLOW9, 1000},
        {"v9, counted 100k", FORM_NETFLOW9, 100000},
        {"v9, counted 1M", FORM_NETFLOW9, 1000000},
        {"sflow, counted", FORM_SFLOW, 100000},
    };
    for (unsigned i = 0; i < TRAIN_FORMS; i++) {
        if (collect_wants(b, train_forms[i].name) &&
            !bench_run_line(b, measure_decode, &train_forms[i]))
            return false;
    }
    for (unsigned i = 0; i < sizeof counted / sizeof *counted; i++) {
        if (collect_wants(b, counted[i].name) && !bench_run_line(b, measure_counted, &counted[i]))
            return false;
    }
    return bench_collect_net(b);
}
