/* bench_dpi.c - `weir bench dpi`: new flows that say what they are, with detection on.
 *
 * Short conversations, half of them DNS and TLS, or the captures named behind the mode, again and
 * again with new addresses. Every flow is new, and all of its payload is looked at as far as the
 * engine's own limits go.
 */
#include "app/bench.h"
#include "app/bench_talk.h"

#include <stdio.h>
#include <string.h>

/* 100,000 packets a second of packet time: a flow idles out after a million others at most. */
enum { PACKET_NS = 10000, TABLE = 2000000 };

/* What the engine says about detection, by its own names. */
static void tell_reasons(struct bench_line *l, const struct totals_row *t)
{
    for (unsigned r = 0; r < REASONS; r++) {
        if (!strncmp(reason_table[r].name, "dpi", 3) && t->packets[r])
            line_add(l, reason_table[r].name, "", (double)t->packets[r]);
    }
}

static bool open_talks(struct bench *b, struct talks *t)
{
    if (!b->arguments)
        return talks_make(t, b->err);
    for (unsigned i = 0; i < b->arguments; i++) {
        if (!talks_read(t, b->argument[i], b->err))
            return false;
    }
    return true;
}

static bool measure(struct bench *b, const void *what)
{
    static struct bench_feed feed;
    (void)what;
    struct talks talks = {0};
    struct bench_line *l = b->line;
    l->bench = "dpi";
    l->variant = b->arguments ? "given" : "made";
    uint64_t before = bench_memory_now().rss;
    if (!open_talks(b, &talks))
        return false;
    struct feed_config config = {.make = talks_packet,
                                 .maker = &talks,
                                 .stride = TALK_STRIDE,
                                 .gap = PACKET_NS,
                                 .measure = b->measure};
    if (!feed_init(&feed, &config, b->err))
        return false;
    l->own = bench_memory_now().rss - before;
    struct bench_run run = {.source = &feed.source, .max_flows = TABLE, .max_hosts = TABLE};
    if (!bench_start(b, &run))
        return false;
    struct answer *a = bench_wait(b, &run, &feed.at_end);
    if (!a)
        return false;
    const struct totals_row *t = a->totals;
    l->speed = watch_speed(&feed.watch[0]);
    double per_flow = t->flows_created ? (double)t->ip_packets / (double)t->flows_created : 0;
    l->packet_bytes = t->wire_packets ? (uint32_t)(t->wire_bytes / t->wire_packets) : 0;
    line_add(l, "new_flows_per_s", "", per_flow > 0 ? rate_of(l->speed.mean) / per_flow : 0);
    line_add(l, "new_flows_per_s_p5", "", per_flow > 0 ? rate_of(l->speed.p5) / per_flow : 0);
    line_add(l, "new_flows_per_s_p50", "", per_flow > 0 ? rate_of(l->speed.p50) / per_flow : 0);
    line_add(l, "packets_per_flow", "", per_flow);
    tell_reasons(l, t);
    bench_end(&run, a);
    return feed_floor(&feed, b->measure / 4, &l->floor, b->err);
}

bool bench_dpi(struct bench *b)
{
    return bench_run_line(b, measure, NULL);
}
