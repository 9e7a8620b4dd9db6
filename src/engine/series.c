/* series.c - a ring of seconds. */
#include "engine/series.h"

#include <string.h>

#include "base/alloc.h"

const char *const series_names[SERIES_COLUMNS] = {"upload", "download", "internal", "packets",
                                                  "drops",  "flows",    "hosts",    "retrans"};
const char *const series_units[SERIES_COLUMNS] = {"bytes",   "bytes", "bytes", "packets",
                                                  "packets", "count", "count", "packets"};

bool series_init(struct series *s, bool keep, struct err *e)
{
    if (!keep)
        return true;
    s->stamp = mem_alloc(ACCOUNT_series, SERIES_SECONDS * sizeof *s->stamp);
    s->value = mem_alloc(ACCOUNT_series, SERIES_SECONDS * sizeof *s->value);
    return s->stamp && s->value ? true : fail(e, "no memory for the last hour's series");
}

void series_fini(struct series *s)
{
    if (s->stamp)
        mem_free(ACCOUNT_series, s->stamp, SERIES_SECONDS * sizeof *s->stamp);
    if (s->value)
        mem_free(ACCOUNT_series, s->value, SERIES_SECONDS * sizeof *s->value);
    *s = (struct series){0};
}

static bool is_gauge(unsigned column)
{
    return column == SERIES_FLOWS || column == SERIES_HOSTS;
}

void series_put(struct series *s, uint32_t tick, const uint64_t counter[SERIES_COLUMNS])
{
    if (!s->value)
        return;
    uint32_t at = tick % SERIES_SECONDS;
    bool again = s->stamp[at] == tick;
    s->stamp[at] = tick;
    for (unsigned c = 0; c < SERIES_COLUMNS; c++) {
        uint64_t value = is_gauge(c) ? counter[c] : counter[c] - s->before[c];
        s->value[at][c] = again && !is_gauge(c) ? s->value[at][c] + value : value;
        s->before[c] = counter[c];
    }
}

/* A second of which nothing was known begins with zeroes. */
static uint64_t *second_of(struct series *s, uint32_t t)
{
    uint32_t at = t % SERIES_SECONDS;
    if (s->stamp[at] != t) {
        s->stamp[at] = t;
        memset(s->value[at], 0, sizeof s->value[at]);
    }
    return s->value[at];
}

/* One column: each second has its share, and what division leaves over is in the last one. */
static void spread_column(struct series *s, uint32_t tick, nsec_t first, nsec_t last, unsigned c,
                          uint64_t amount)
{
    uint32_t from = (uint32_t)(first / SECOND), to = (uint32_t)(last / SECOND);
    double rate = from == to ? 0 : (double)amount / (double)(last - first);
    uint32_t seen = tick > SERIES_SECONDS ? tick - SERIES_SECONDS + 1 : 0;
    uint64_t left = amount;
    /* What is out of sight is one piece: a day, second by second, takes half a millisecond of a record. */
    if (from < seen && from < to) {
        from = seen < to ? seen : to;
        uint64_t share = (uint64_t)(rate * (double)((nsec_t)from * SECOND - first));
        share = share < left ? share : left;
        left -= share;
        s->before[c] += share;
        first = (nsec_t)from * SECOND;
    }
    for (uint32_t t = from; t <= to && t < tick; t++) {
        nsec_t begins = t == from ? first : (nsec_t)t * SECOND;
        nsec_t ends = t == to ? last : ((nsec_t)t + 1) * SECOND;
        uint64_t share = t == to ? left : (uint64_t)(rate * (double)(ends - begins));
        share = share < left ? share : left;
        left -= share;
        s->before[c] += share;
        if (tick - t < SERIES_SECONDS)
            second_of(s, t)[c] += share;
    }
}

void series_spread(struct series *s, uint32_t tick, nsec_t first, nsec_t last,
                   const uint64_t amount[SERIES_COLUMNS])
{
    enum { DAY_S = 86400 };
    if (!s->value || first >= (nsec_t)tick * SECOND)
        return;
    /* What claims to have lasted for days is not looked at second by second. */
    if (last - first > DAY_S * SECOND)
        first = last - DAY_S * SECOND;
    if (last <= first)
        last = first + 1;
    for (unsigned c = 0; c < SERIES_COLUMNS; c++)
        if (amount[c])
            spread_column(s, tick, first, last, c, amount[c]);
}

uint64_t series_get(const struct series *s, uint32_t tick, enum series_column column)
{
    uint32_t at = tick % SERIES_SECONDS;
    if (!s->value || s->stamp[at] != tick)
        return UINT64_MAX;
    return s->value[at][column];
}
