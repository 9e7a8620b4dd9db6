/* series.c - a ring of seconds. */
#include "engine/series.h"

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

uint64_t series_get(const struct series *s, uint32_t tick, enum series_column column)
{
    uint32_t at = tick % SERIES_SECONDS;
    if (!s->value || s->stamp[at] != tick)
        return UINT64_MAX;
    return s->value[at][column];
}
