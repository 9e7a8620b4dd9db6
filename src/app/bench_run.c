/* bench_run.c - one line of a bench: its process, its engine, its memory. */
#include "app/bench.h"
#include "app/bench_mix.h"
#include "app/setup.h"
#include "engine/question.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PATIENCE_S = 600, /* for one run, opening included */
    SETTLE_MS = 3000, /* for the last messages to be read */
    HOSTS_LEAST = 2,
    HOSTS_MOST = 100000000,
    MANY_HOSTS = 2000000 /* fewer fit anywhere */
};

bool bench_apart(struct bench *b, bench_measure *measure, const void *what)
{
    memset(b->line, 0, sizeof *b->line);
    b->line->bench = b->line->variant = "";
    b->err->text[0] = '\0';
    fflush(stdout);
    pid_t parent = getpid(), child = fork();
    if (child == -1)
        return fail(b->err, "no process for the bench: %s", strerror(errno));
    if (!child) {
        /* Nobody is left to read the figures when the parent was stopped. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(getppid() == parent && measure(b, what) ? 0 : 1);
    }
    int status = 0;
    while (waitpid(child, &status, 0) == -1 && errno == EINTR) {
    }
    if (WIFSIGNALED(status))
        return fail(b->err, "the process of the bench was ended by signal %d (%s)",
                    WTERMSIG(status), strsignal(WTERMSIG(status)));
    return WIFEXITED(status) && !WEXITSTATUS(status);
}

bool bench_run_line(struct bench *b, bench_measure *measure, const void *what)
{
    if (!bench_apart(b, measure, what))
        return false;
    line_print(b->line, b->settings->json);
    return true;
}

bool bench_start(struct bench *b, struct bench_run *run)
{
    static struct locals locals;
    struct engine_config config;
    if (!setup_locals(b->settings, &locals, b->err))
        return false;
    setup_engine(b->settings, &locals, 1, &config);
    if (run->max_flows)
        config.max_flows = run->max_flows;
    if (run->max_hosts)
        config.max_hosts = run->max_hosts;
    if (run->dpi_packets)
        config.l7.packets = run->dpi_packets;
    config.keep_series = true;
    config.expire_hosts = true;
    config.eager_hosts = run->eager_hosts;

    run->is_file = run->source->is_file;
    run->before = bench_memory_now();
    run->engine = engine_new(&config, b->err);
    if (!run->engine)
        return false;
    if (engine_add_interface(run->engine, "bench", &run->source, 1, NULL, b->err) == -1 ||
        !engine_start(run->engine, b->err)) {
        engine_free(run->engine);
        return false;
    }
    return true;
}

struct answer *bench_totals(struct engine *en)
{
    struct question q = {
        .kind = QUESTION_TOTALS, .iface = -1, .fresh = true, .timeout = 10 * SECOND};
    return question_ask(en, &q);
}

uint64_t bench_seen(const struct totals_row *t)
{
    return t->received + t->kernel_dropped + t->interface_dropped;
}

struct answer *bench_settle(struct engine *en, uint64_t sent)
{
    struct answer *a = bench_totals(en);
    for (nsec_t end = clock_mono() + SETTLE_MS * MILLISECOND;
         clock_mono() < end && !(a->totals && bench_seen(a->totals) >= sent);) {
        answer_free(a);
        clock_sleep(20 * MILLISECOND);
        a = bench_totals(en);
    }
    return a;
}

static double per(uint64_t after, uint64_t before, uint64_t n)
{
    return n && after > before ? (double)(after - before) / (double)n : 0;
}

static void take_memory(struct bench_line *l, const struct bench_run *run,
                        const struct bench_memory *end, const struct totals_row *t)
{
    const struct bench_memory *start = &run->before;
    l->flows = t->flows_created;
    l->rss = end->peak > l->own ? end->peak - l->own : 0;
    l->huge = end->huge > start->huge ? end->huge - start->huge : 0;
    l->bytes_per_flow = per(end->flows, start->flows, t->flows_active);
    l->bytes_per_host = per(end->hosts, start->hosts, t->hosts_active);
    l->index_bytes = end->index > start->index ? end->index - start->index : 0;
}

/* True once the worker has seen the end of its source. An interface is never done for the engine. */
static bool wait_for_end(struct bench_run *run)
{
    nsec_t deadline = clock_mono() + PATIENCE_S * SECOND;
    if (run->is_file)
        return engine_wait_done(run->engine, deadline);
    bool done = false;
    while (!done && clock_mono() < deadline) {
        struct answer *a = bench_totals(run->engine);
        done = a->totals && a->totals->workers_done;
        answer_free(a);
        if (!done)
            clock_sleep(10 * MILLISECOND);
    }
    return done;
}

struct answer *bench_wait(struct bench *b, struct bench_run *run, const struct bench_memory *end)
{
    bool done = wait_for_end(run);
    /* The workers wait with all they know: asked now, nothing has been ended yet. */
    struct answer *a = done ? bench_totals(run->engine) : NULL;
    if (a && a->totals) {
        take_memory(b->line, run, end, a->totals);
        return a;
    }
    bench_end(run, a);
    fail(b->err, "the run did not end in %d s", PATIENCE_S);
    return NULL;
}

void bench_end(struct bench_run *run, struct answer *a)
{
    if (a)
        answer_free(a);
    engine_stop(run->engine);
    engine_free(run->engine);
}

bool bench_over_mix(struct bench *b, struct bench_mix *mix)
{
    static struct bench_feed feed;
    struct feed_config config = {.make = mix_packet,
                                 .maker = mix,
                                 .stride = (frame_bytes(&mix->form) + 63) & ~63u,
                                 .opening = (uint64_t)MIX_OPENING * mix->flows,
                                 .gap = 100,
                                 .measure = b->measure};
    struct bench_line *l = b->line;
    uint64_t before = bench_memory_now().rss;
    if (!mix_init(mix, b->err) || !feed_init(&feed, &config, b->err))
        return false;
    l->own = bench_memory_now().rss - before;
    struct bench_run run = {.source = &feed.source,
                            .max_flows = mix->flows + mix->flows / 8 + 1024,
                            .max_hosts = mix->hosts + mix->hosts / 8 + 1024,
                            .dpi_packets = 1};
    if (!bench_start(b, &run))
        return false;
    struct answer *a = bench_wait(b, &run, &feed.at_end);
    if (!a)
        return false;
    bench_end(&run, a);
    l->packet_bytes = frame_bytes(&mix->form);
    l->hosts = mix->hosts;
    l->speed = watch_speed(&feed.watch[0]);
    if (l->flows < mix->flows)
        snprintf(l->note, sizeof l->note, "only %llu flows were made: the figures are of fewer",
                 (unsigned long long)l->flows);
    return feed_floor(&feed, b->measure / 4, &l->floor, b->err);
}

unsigned bench_sizes(struct bench *b, const uint32_t *sizes, uint32_t *out)
{
    unsigned n = 0;
    for (; !b->arguments && sizes[n]; n++)
        out[n] = sizes[n];
    for (; n < b->arguments; n++) {
        char *end;
        unsigned long hosts = strtoul(b->argument[n], &end, 10);
        if (n == BENCH_SIZES || *end || hosts < HOSTS_LEAST || hosts > HOSTS_MOST) {
            fail(b->err, "\"%s\" is no number of hosts between %d and %d, %d of which may be given",
                 b->argument[n], HOSTS_LEAST, HOSTS_MOST, BENCH_SIZES);
            return 0;
        }
        out[n] = (uint32_t)hosts;
    }
    return n;
}

/* Memory that can be had without swapping. */
static uint64_t available(void)
{
    char text[2048];
    FILE *file = fopen("/proc/meminfo", "re");
    if (!file)
        return 0;
    size_t n = fread(text, 1, sizeof text - 1, file);
    text[n] = '\0';
    fclose(file);
    const char *at = strstr(text, "MemAvailable:");
    return at ? strtoull(at + 13, NULL, 10) * 1024 : 0;
}

bool bench_fits(const struct bench *b, const char *mode, uint32_t hosts)
{
    const struct bench_line *before = b->line;
    if (hosts < MANY_HOSTS || !before->hosts || before->hosts >= hosts)
        return true;
    double wanted = (double)before->rss / before->hosts * hosts + 2 * (double)before->own;
    double spare = 0.9 * (double)available();
    if (wanted < spare)
        return true;
    struct bench_line skipped = {.bench = mode, .variant = "left out", .hosts = hosts};
    snprintf(skipped.note, sizeof skipped.note, "about %.1f GB would be needed, %.1f GB are free",
             wanted / 1e9, spare / 1e9);
    line_print(&skipped, b->settings->json);
    return false;
}
