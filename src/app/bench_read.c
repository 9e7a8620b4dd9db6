/* bench_read.c - `weir bench read`: what it costs when somebody looks.
 *
 * Packets of a million flows among a million hosts keep the worker busy, as a live interface does,
 * while this thread asks for the hundred largest flows and hosts: never, once a second as an open
 * page does, and without pause. The three take turns, so that a change of the machine meets all.
 * The packets are UDP, so that one buffer of them may go round and time is not spent on new ones.
 */
#include "app/bench.h"
#include "app/bench_mix.h"

#include <stdio.h>

enum { FLOWS = 1000000, ROUNDS = 3, TOP = 100 };
enum phase { ALONE, EACH_SECOND, ALL_THE_TIME, PHASES };

/* What readings took in this thread. */
struct readings {
    uint64_t n;
    nsec_t cpu, wall;
    bool incomplete;
};

static void ask_one(struct engine *en, enum question_kind kind, struct readings *r)
{
    struct question q = {
        .kind = kind, .iface = -1, .limit = TOP, .hosts_local = -1, .timeout = 30 * SECOND};
    struct answer *a = question_ask(en, &q);
    r->incomplete |= !a->complete || a->n < TOP;
    answer_free(a);
}

static void ask_both(struct engine *en, struct readings *r)
{
    nsec_t cpu = clock_cpu(), wall = clock_mono();
    ask_one(en, QUESTION_FLOWS, r);
    ask_one(en, QUESTION_HOSTS, r);
    r->cpu += clock_cpu() - cpu;
    r->wall += clock_mono() - wall;
    r->n++;
}

static void run_phase(struct engine *en, struct bench_feed *feed, enum phase phase, nsec_t lasts,
                      struct readings *r)
{
    atomic_store(&feed->phase, phase);
    for (nsec_t now = clock_mono(), end = now + lasts; now < end; now = clock_mono()) {
        nsec_t next = phase == EACH_SECOND ? now + SECOND : now;
        if (phase != ALONE)
            ask_both(en, r);
        nsec_t pause = phase == ALONE || next > end ? end - clock_mono() : next - clock_mono();
        if (pause > 0)
            clock_sleep(pause);
    }
}

/* The opening is over once the first watch counts. */
static bool wait_until_warm(struct bench *b, const struct bench_feed *feed)
{
    for (unsigned i = 0; i < 6000; i++) {
        if (atomic_load(&feed->warm))
            return true;
        clock_sleep(SECOND / 10);
    }
    return fail(b->err, "the flows could not be opened in ten minutes");
}

static double cost_ms(nsec_t ns, uint64_t n)
{
    return n ? (double)ns / 1e6 / (double)n : 0;
}

static double loss_percent(const struct bench_speed *with, const struct bench_speed *without)
{
    return without->mean > 0 ? 100 * (with->mean - without->mean) / without->mean : 0;
}

static void tell(struct bench_line *l, struct bench_feed *feed, const struct readings *r,
                 const struct totals_row *t)
{
    struct bench_speed speed[PHASES];
    for (unsigned i = 0; i < PHASES; i++)
        speed[i] = watch_speed(&feed->watch[i]);
    l->speed = speed[ALONE];
    line_add(l, "reader_cpu_ms", "", cost_ms(r[EACH_SECOND].cpu, r[EACH_SECOND].n));
    line_add(l, "wait_ms", "", cost_ms(r[EACH_SECOND].wall, r[EACH_SECOND].n));
    line_add(l, "worker_cpu_ms", "",
             cost_ms((nsec_t)t->question_ns, r[EACH_SECOND].n + r[ALL_THE_TIME].n));
    line_add(l, "loss_percent", "", loss_percent(&speed[EACH_SECOND], &speed[ALONE]));
    line_add(l, "ns_mean_at_1_hz", "", speed[EACH_SECOND].mean);
    line_add(l, "ns_p50_at_1_hz", "", speed[EACH_SECOND].p50);
    line_add(l, "readings_per_s_continuous", "",
             r[ALL_THE_TIME].wall ? (double)r[ALL_THE_TIME].n * 1e9 / (double)r[ALL_THE_TIME].wall
                                  : 0);
    line_add(l, "reader_cpu_ms_continuous", "", cost_ms(r[ALL_THE_TIME].cpu, r[ALL_THE_TIME].n));
    line_add(l, "loss_percent_continuous", "", loss_percent(&speed[ALL_THE_TIME], &speed[ALONE]));
    line_add(l, "ns_p50_continuous", "", speed[ALL_THE_TIME].p50);
    if (r[EACH_SECOND].incomplete || r[ALL_THE_TIME].incomplete)
        snprintf(l->note, sizeof l->note, "some answers were not complete");
}

static bool measure(struct bench *b, const void *what)
{
    static struct bench_feed feed;
    struct readings readings[PHASES] = {0};
    uint32_t flows = *(const uint32_t *)what;
    struct bench_mix mix = {.flows = flows, .hosts = flows, .form = {.bytes = 64}, .udp = true};
    struct feed_config config = {.make = mix_packet,
                                 .maker = &mix,
                                 .stride = 64,
                                 .opening = (uint64_t)MIX_OPENING * flows,
                                 .gap = 1,
                                 .repeat = true,
                                 .live = true};
    struct bench_line *l = b->line;
    l->bench = "read";
    l->packet_bytes = 64;
    l->hosts = flows;
    uint64_t before = bench_memory_now().rss;
    if (!mix_init(&mix, b->err) || !feed_init(&feed, &config, b->err))
        return false;
    l->own = bench_memory_now().rss - before;
    uint32_t room = flows + flows / 8 + 1024;
    struct bench_run run = {
        .source = &feed.source, .max_flows = room, .max_hosts = room, .dpi_packets = 1};
    if (!bench_start(b, &run) || !wait_until_warm(b, &feed))
        return false;
    nsec_t lasts = b->quick ? SECOND : 5 * SECOND;
    /* Who asks for the first time waits until the next second is published; not measured. */
    ask_both(run.engine, &(struct readings){0});
    clock_sleep(2 * SECOND);
    for (unsigned round = 0; round < (b->quick ? 1 : ROUNDS); round++) {
        for (enum phase p = ALONE; p < PHASES; p++)
            run_phase(run.engine, &feed, p, lasts, &readings[p]);
    }
    atomic_store(&feed.phase, FEED_OVER);
    struct answer *a = bench_wait(b, &run, &feed.at_end);
    if (!a)
        return false;
    tell(l, &feed, readings, a->totals);
    bench_end(&run, a);
    return feed_floor(&feed, b->measure / 4, &l->floor, b->err);
}

bool bench_read(struct bench *b)
{
    static const uint32_t full[] = {FLOWS, 0}, quick[] = {FLOWS / 4, 0};
    uint32_t flows[BENCH_SIZES];
    unsigned n = bench_sizes(b, b->quick && b->all ? quick : full, flows);
    if (!n)
        return false;
    for (unsigned i = 0; i < n; i++) {
        if (!bench_run_line(b, measure, &flows[i]))
            return false;
    }
    return true;
}
