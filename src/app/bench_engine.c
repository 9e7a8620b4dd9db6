/* bench_engine.c - `weir bench engine`: packets from memory, by size of packets and number of hosts. */
#include "app/bench.h"
#include "app/bench_mix.h"

enum { LEAST_BYTES = 64, HUGE_HOSTS = 10000000 };

struct shape {
    const char *name;
    bool ipv6, vlan, tunnel, zipf;
};

static const struct shape plain = {.name = "ipv4"};

struct engine_line {
    const struct shape *shape;
    uint32_t bytes, hosts;
};

static bool measure(struct bench *b, const void *what)
{
    const struct engine_line *w = what;
    const struct shape *s = w->shape;
    struct bench_mix mix = {.flows = w->hosts,
                            .hosts = w->hosts,
                            .zipf = s->zipf,
                            .form = {w->bytes, s->ipv6, s->vlan, s->tunnel}};
    b->line->bench = "engine";
    b->line->variant = s->name;
    return bench_over_mix(b, &mix);
}

static bool run_table(struct bench *b, uint32_t bytes, const uint32_t *hosts, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (bench_fits(b, "engine", hosts[i]) &&
            !bench_run_line(b, measure, &(struct engine_line){&plain, bytes, hosts[i]}))
            return false;
    }
    return true;
}

/* A shape beside plain IPv4 of the same hosts, measured just before. */
static bool run_beside(struct bench *b, const struct shape *shape, const uint32_t *hosts,
                       unsigned n, const double *plain_ns)
{
    for (unsigned i = 0; i < n; i++) {
        if (!bench_apart(b, measure, &(struct engine_line){shape, LEAST_BYTES, hosts[i]}))
            return false;
        if (plain_ns[i] > 0)
            line_add(b->line, "ratio_to_ipv4", "", b->line->speed.p5 / plain_ns[i]);
        line_print(b->line, b->settings->json);
    }
    return true;
}

static bool run_shapes(struct bench *b, bool everything)
{
    static const struct shape shapes[] = {{.name = "zipf", .zipf = true},
                                          {.name = "ipv6", .ipv6 = true},
                                          {.name = "vlan", .vlan = true},
                                          {.name = "tunnel", .tunnel = true}};
    static const uint32_t few[] = {1000, 100000, 1000000, 0}, quick[] = {1000, 100000, 0};
    const struct settings *s = b->settings;
    bool wanted[] = {s->zipf, s->ipv6, s->vlan, s->tunnel};
    uint32_t hosts[BENCH_SIZES];
    double plain_ns[BENCH_SIZES];
    unsigned n = bench_sizes(b, b->quick ? quick : few, hosts);
    if (!n)
        return false;
    for (unsigned i = 0; i < n; i++) {
        if (!bench_run_line(b, measure, &(struct engine_line){&plain, LEAST_BYTES, hosts[i]}))
            return false;
        plain_ns[i] = b->line->speed.p5;
    }
    for (unsigned i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if ((everything || wanted[i]) && !run_beside(b, &shapes[i], hosts, n, plain_ns))
            return false;
    }
    return true;
}

bool bench_engine(struct bench *b)
{
    static const uint32_t quick[] = {100, 1000, 10000, 100000, 1000000, 0};
    static const uint32_t few[] = {100, 10000, 1000000, 0};
    static const uint32_t full[] = {100, 1000, 10000, 100000, 1000000, HUGE_HOSTS, 0};
    static const uint32_t bytes[] = {64, 128, 512, 1500};
    const struct settings *s = b->settings;
    if (s->zipf || s->ipv6 || s->vlan || s->tunnel)
        return run_shapes(b, false);

    uint32_t hosts[BENCH_SIZES];
    unsigned n = bench_sizes(b, !b->quick ? full : b->all ? few : quick, hosts);
    if (!n)
        return false;
    unsigned tables = b->quick || b->arguments ? 1 : sizeof bytes / sizeof *bytes;
    for (unsigned i = 0; i < tables; i++) {
        if (!run_table(b, bytes[i], hosts, n))
            return false;
    }
    return b->quick || b->arguments ? true : run_shapes(b, true);
}
