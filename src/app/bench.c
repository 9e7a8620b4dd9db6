/* bench.c - `weir bench`: what this machine does, beside the floor of what it could do.
 *
 * Each line runs the whole engine over generated packets in this process and, just before, the
 * floor over the same packets: decoding and the keyed hash alone. Times are CPU time of the
 * worker's thread; p5 is the quiet machine, p50 the machine as it is.
 */
#include "app/bench_traffic.h"
#include "app/roles.h"
#include "app/setup.h"
#include "base/json.h"
#include "engine/engine.h"
#include "engine/question.h"
#include "model/key.h"
#include "net/decode.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    BUFFER_PACKETS = 4 << 20,
    BUFFER_PACKETS_QUICK = 2 << 20,
    AHEAD = 8,        /* frames between touching one and decoding it */
    PATIENCE_S = 300, /* for one run, opening included */
};

struct speed {
    double p5, p50;  /* nanoseconds a packet */
    uint64_t hashes; /* sum over the packets: shows that none was optimised away */
};

struct bench_line {
    uint32_t hosts;
    struct speed floor, engine;
    struct bench_memory before, after;
    uint64_t flows_made, hosts_made;
};

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static struct speed speed_of(struct bench_traffic *t)
{
    if (!t->chunks)
        return (struct speed){0};
    qsort(t->ns, t->chunks, sizeof *t->ns, compare_floats);
    return (struct speed){.p5 = (double)t->ns[t->chunks / 20], .p50 = (double)t->ns[t->chunks / 2]};
}

/* The floor: what any meter must do with a packet before it can count it. */
static bool measure_floor(struct bench_traffic *t, struct speed *speed, struct err *e)
{
    static struct decoder decoder;
    static struct burst burst;
    struct source *source = bench_source(t, e);
    if (!source)
        return false;
    if (!decoder_init(&decoder, true, e)) {
        source->ops->close(source);
        return false;
    }
    t->is_open = true;
    uint64_t sum = 0;
    while (source->ops->read(source, &burst, 0) == SOURCE_OK) {
        for (unsigned i = 0; i < burst.n; i++) {
            struct glance glance;
            struct ends ends;
            struct packet p;
            struct keyed k;
            __builtin_prefetch(burst.frame[(i + AHEAD) % BURST_FRAMES].bytes);
            if (!packet_glance(&burst.frame[i], &glance, &ends)) {
                packet_decode(&decoder, &burst.frame[i], &p);
                ends = ends_of(&p);
            }
            key_from_ends(&ends, &k);
            sum += k.hash;
        }
    }
    *speed = speed_of(t);
    speed->hashes = sum;
    decoder_fini(&decoder);
    source->ops->close(source);
    return true;
}

static void count_made(struct engine *en, struct bench_line *line)
{
    struct question q = {.kind = QUESTION_TOTALS, .iface = -1};
    struct answer *a = question_ask(en, &q);
    if (a->totals) {
        line->flows_made = a->totals->flows_created;
        line->hosts_made = a->totals->hosts_created;
    }
    answer_free(a);
}

static bool measure_engine(const struct settings *s, struct bench_traffic *t,
                           struct bench_line *line, struct err *e)
{
    static struct locals locals;
    struct engine_config config;
    if (!setup_locals(s, &locals, e))
        return false;
    setup_engine(s, &locals, 1, &config);
    config.max_flows = t->config.flows + t->config.flows / 8 + 1024;
    config.max_hosts = t->config.hosts + t->config.hosts / 8 + 1024;
    /* The first payload decides: what is measured are flows past their verdict. */
    config.l7.packets = 1;
    config.keep_series = true;
    config.expire_hosts = true;

    struct engine *en = engine_new(&config, e);
    struct source *source = en ? bench_source(t, e) : NULL;
    if (!source || engine_add_interface(en, "bench", &source, 1, NULL, e) == -1 ||
        !engine_start(en, e)) {
        if (en)
            engine_free(en);
        return false;
    }
    bool done = engine_wait_done(en, clock_mono() + PATIENCE_S * SECOND);
    engine_stop(en);
    count_made(en, line);
    engine_free(en);
    line->engine = speed_of(t);
    line->before = t->before;
    line->after = t->after;
    return done ||
           fail(e, "the run with %u hosts did not end in %d s", t->config.hosts, PATIENCE_S);
}

static double per(uint64_t after, uint64_t before, uint64_t n)
{
    return n && after > before ? (double)(after - before) / (double)n : 0;
}

static double rate(double ns)
{
    return ns > 0 ? 1e9 / ns : 0;
}

static void print_json(const struct bench_line *l)
{
    struct text t = {0};
    struct json j = json_into(&t);
    const struct bench_memory *a = &l->after, *b = &l->before;
    uint64_t index = a->index > b->index ? a->index - b->index : 0;
    json_open(&j);
    json_pair_string(&j, "bench", "engine");
    json_pair_u64(&j, "packet_bytes", BENCH_FRAME);
    json_pair_u64(&j, "hosts", l->hosts);
    json_pair_u64(&j, "flows", l->flows_made);
    json_pair_u64(&j, "pps", (uint64_t)rate(l->engine.p50));
    json_pair_u64(&j, "pps_p5", (uint64_t)rate(l->engine.p5));
    json_pair_double(&j, "ns_p5", l->engine.p5);
    json_pair_double(&j, "ns_p50", l->engine.p50);
    json_pair_u64(&j, "floor_pps", (uint64_t)rate(l->floor.p50));
    json_pair_double(&j, "floor_ns_p5", l->floor.p5);
    json_pair_double(&j, "floor_ns_p50", l->floor.p50);
    json_pair_u64(&j, "rss_bytes", a->rss > b->rss ? a->rss - b->rss : 0);
    json_pair_u64(&j, "huge_bytes", a->huge > b->huge ? a->huge - b->huge : 0);
    json_pair_double(&j, "bytes_per_flow", per(a->flows, b->flows, l->flows_made));
    json_pair_double(&j, "bytes_per_host", per(a->hosts, b->hosts, l->hosts_made));
    json_pair_u64(&j, "index_bytes", index);
    json_close(&j);
    puts(t.data);
    text_free(&t);
}

static void print_head(void)
{
    printf(
        "%u-byte packets from memory, 75 %% TCP, 25 %% UDP, both directions, shuffled; flows past\n"
        "their DPI verdict; one worker; CPU time. floor: decode and keyed hash alone.\n"
        "p5: the machine when quiet, p50: as it is.\n\n"
        "   hosts =  packets/s    ns/packet        floor ns/packet  bytes/  bytes/    memory\n"
        "     flows    (p50)      p5     p50        p5     p50        flow    host        MB\n",
        BENCH_FRAME);
}

static void print_line(const struct bench_line *l)
{
    const struct bench_memory *a = &l->after, *b = &l->before;
    printf("%10u %8.2f M %7.1f %7.1f   %7.1f %7.1f   %9.0f %7.0f %9.1f%s\n", l->hosts,
           rate(l->engine.p50) / 1e6, l->engine.p5, l->engine.p50, l->floor.p5, l->floor.p50,
           per(a->flows, b->flows, l->flows_made), per(a->hosts, b->hosts, l->hosts_made),
           a->rss > b->rss ? (double)(a->rss - b->rss) / 1e6 : 0.0,
           a->huge > b->huge ? "  (huge pages)" : "");
    if (l->flows_made < l->hosts)
        printf("           only %llu flows were made: the figures above are of fewer\n",
               (unsigned long long)l->flows_made);
}

static bool run_line(const struct settings *s, uint32_t hosts, struct bench_line *line,
                     struct err *e)
{
    static struct bench_traffic traffic;
    uint32_t packets = s->quick ? BUFFER_PACKETS_QUICK : BUFFER_PACKETS;
    struct bench_config config = {
        .flows = hosts,
        .hosts = hosts,
        .packets = packets < 4 * hosts ? 4 * hosts : packets,
        .measure = s->quick ? SECOND / 4 : SECOND,
        .same_sequence = true,
    };
    *line = (struct bench_line){.hosts = hosts};
    if (!bench_traffic_init(&traffic, &config, e))
        return false;
    bool ok = measure_floor(&traffic, &line->floor, e);
    traffic.config.same_sequence = false;
    traffic.config.measure = s->quick ? SECOND : 5 * SECOND;
    bench_traffic_rewind(&traffic);
    ok = ok && measure_engine(s, &traffic, line, e);
    bench_traffic_fini(&traffic);
    return ok;
}

int role_bench(const struct settings *s)
{
    static const uint32_t sizes[] = {100, 1000, 10000, 100000, 1000000};
    struct err e = {""};
    if (!setup_l7(s, &e))
        return complain("%s", e.text);
    if (!s->json)
        print_head();
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct bench_line line;
        if (!run_line(s, sizes[i], &line, &e))
            return complain("%s", e.text);
        if (s->json)
            print_json(&line);
        else
            print_line(&line);
        fflush(stdout);
    }
    return STATUS_DONE;
}
