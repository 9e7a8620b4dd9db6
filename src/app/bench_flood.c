/* bench_flood.c - `weir bench flood`: every packet a new source, beside flows that must live on.
 *
 * 100,000 two-way flows are opened first. Then SYNs of 64 bytes come, each from an address and port
 * never seen before, until tables that hold a million are full; what is measured is what happens
 * from there on, when each new flow takes the place of another. Of the established flows none may
 * be lost: one that was made room for and came back would have been created twice, and the engine's
 * count of created flows would be above that of the flows that were sent.
 *
 * In a flood the engine makes hosts only for flows that last. The line "with hosts" has it make them
 * at once, so that each new flow also evicts a host.
 */
#include "app/bench.h"
#include "app/bench_mix.h"
#include "engine/question.h"
#include "net/packet.h"

#include <stdio.h>

enum {
    ESTABLISHED = 100000,
    TABLE = 1000000,
    TABLE_QUICK = 300000,
    FIRST_STRANGER = 0x10000000, /* hosts from here on have sent nothing else */
    PACKET_NS = 500              /* packet time: 2 Mpps */
};

/* One packet in `share` is of an established flow. */
struct variant {
    const char *name;
    uint32_t share;
    bool eager_hosts;
};

struct flood {
    struct bench_mix mix;
    uint32_t share;
    uint64_t opening, strangers;
};

static uint32_t flood_packet(void *maker, uint64_t n, uint8_t *to)
{
    struct flood *f = maker;
    if (n < f->opening)
        return mix_packet(&f->mix, n, to);
    uint64_t random = frame_mix(0x300000000ULL + n);
    if (n % f->share == 0)
        return mix_any(&f->mix, random, to);
    struct frame_plan plan = {.client = (uint32_t)(FIRST_STRANGER + f->strangers++),
                              .server = (uint32_t)(random % FRAME_LOCAL_HOSTS),
                              .client_port = (uint16_t)(1024 + (random >> 32) % 60000),
                              .server_port = 443,
                              .is_tcp = true,
                              .flags = TCP_SYN,
                              .seq = (uint32_t)(random >> 16)};
    return frame_write(&f->mix.form, &plan, to);
}

/* How many of the flows that were sent the tables no longer tell apart. */
static double lost(const struct totals_row *t, uint64_t served, const struct flood *f)
{
    uint64_t rest = served - f->opening, known = (rest + f->share - 1) / f->share;
    uint64_t sent = ESTABLISHED + rest - known;
    uint64_t made = t->flows_created + t->packets[REASON_flow_table_full];
    return made > sent ? (double)(made - sent) : 0;
}

static void tell(struct bench_line *l, const struct bench_feed *feed, const struct flood *f,
                 const struct totals_row *t)
{
    double news = 1.0 - 1.0 / f->share;
    uint64_t served = counter_get(&feed->source.counts.received);
    line_add(l, "new_flows_per_s", "", rate_of(l->speed.mean) * news);
    line_add(l, "new_flows_per_s_p5", "", rate_of(l->speed.p5) * news);
    line_add(l, "new_flows_per_s_p50", "", rate_of(l->speed.p50) * news);
    line_add(l, "established", "", ESTABLISHED);
    line_add(l, "established_lost", "", lost(t, served, f));
    line_add(l, "flows_refused", "", (double)t->packets[REASON_flow_table_full]);
    line_add(l, "hosts_refused", "", (double)t->packets[REASON_host_table_full]);
    line_add(l, "rss_start_bytes", "", (double)(feed->at_warm.rss - l->own));
    line_add(l, "rss_end_bytes", "", (double)(feed->at_end.rss - l->own));
}

static bool measure(struct bench *b, const void *what)
{
    static struct bench_feed feed;
    static struct flood flood;
    const struct variant *v = what;
    uint32_t table = b->quick ? TABLE_QUICK : TABLE;
    flood =
        (struct flood){.mix = {.flows = ESTABLISHED, .hosts = ESTABLISHED, .form = {.bytes = 64}},
                       .share = v->share,
                       .opening = (uint64_t)MIX_OPENING * ESTABLISHED};
    struct feed_config config = {.make = flood_packet,
                                 .maker = &flood,
                                 .stride = 64,
                                 /* All of it full twice over, with what the share takes. */
                                 .opening = flood.opening + 4ULL * table,
                                 .gap = PACKET_NS,
                                 .measure = b->measure};
    struct bench_line *l = b->line;
    l->bench = "flood";
    l->variant = v->name;
    l->packet_bytes = 64;
    l->hosts = table;
    uint64_t before = bench_memory_now().rss;
    if (!mix_init(&flood.mix, b->err) || !feed_init(&feed, &config, b->err))
        return false;
    l->own = bench_memory_now().rss - before;
    struct bench_run run = {.source = &feed.source,
                            .max_flows = table,
                            .max_hosts = table,
                            .dpi_packets = 1,
                            .eager_hosts = v->eager_hosts};
    if (!bench_start(b, &run))
        return false;
    struct answer *a = bench_wait(b, &run, &feed.at_end);
    if (!a)
        return false;
    l->speed = watch_speed(&feed.watch[0]);
    tell(l, &feed, &flood, a->totals);
    bench_end(&run, a);
    return feed_floor(&feed, b->measure / 4, &l->floor, b->err);
}

bool bench_flood(struct bench *b)
{
    static const struct variant variants[] = {
        {"half new", 2, false}, {"nearly all new", 16, false}, {"with hosts", 16, true}};
    unsigned n = b->quick && b->all ? 1 : sizeof variants / sizeof *variants;
    for (unsigned i = 0; i < n; i++) {
        if (!bench_run_line(b, measure, &variants[i]))
            return false;
    }
    return true;
}
