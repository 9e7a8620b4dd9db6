/* series.h - the interface's last hour, second by second, in memory. */
#ifndef WEIR_ENGINE_SERIES_H
#define WEIR_ENGINE_SERIES_H

#include "base/clock.h"
#include "base/err.h"

enum { SERIES_SECONDS = 3600 };

/* One column each; values are per second, gauges (flows, hosts) as they stood at its end. */
enum series_column {
    SERIES_UPLOAD,
    SERIES_DOWNLOAD,
    SERIES_INTERNAL,
    SERIES_PACKETS,
    SERIES_DROPS,
    SERIES_FLOWS,
    SERIES_HOSTS,
    SERIES_RETRANS,
    SERIES_COLUMNS
};

extern const char *const series_names[SERIES_COLUMNS];
extern const char *const series_units[SERIES_COLUMNS];

/* Owner: one worker. value is NULL when nothing is kept. */
struct series {
    uint32_t *stamp; /* tick each slot belongs to */
    uint64_t (*value)[SERIES_COLUMNS];
    uint64_t before[SERIES_COLUMNS]; /* counters at the tick before */
};

/* In the caller's memory; keep false makes a series that remembers nothing. False when out of
 * memory. The worker's thread. */
bool series_init(struct series *s, bool keep, struct err *e);
void series_fini(struct series *s);

/* Writes the second that ends at this tick out of counters that only grow (flows and hosts are
 * taken as they are). */
void series_put(struct series *s, uint32_t tick, const uint64_t counter[SERIES_COLUMNS]);

/* Part of what the counters will say at the end of the running second `tick` was earlier: amount[], from
 * first to last. It goes to the seconds in which it was, as far as they are kept. */
void series_spread(struct series *s, uint32_t tick, nsec_t first, nsec_t last,
                   const uint64_t amount[SERIES_COLUMNS]);

/* Value of a column at a tick, UINT64_MAX when nothing was written then. */
uint64_t series_get(const struct series *s, uint32_t tick, enum series_column column);

#endif
