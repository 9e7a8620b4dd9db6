/* meter.h - the counters of an exporter's interface, as amounts in the half minutes of the last hour.
 *
 * Exporters tell totals since they began, every twenty seconds or so. What is new since the sample before is
 * spread over the time between the two. A counter of 32 bits that wraps is told from an exporter that began
 * anew by the other counters: after a restart none has grown.
 */
#ifndef WEIR_ENGINE_METER_H
#define WEIR_ENGINE_METER_H

#include "codec/exporter_rows.h"

enum meter_column {
    METER_IN_OCTETS,
    METER_OUT_OCTETS,
    METER_IN_PACKETS,
    METER_OUT_PACKETS,
    METER_IN_ERRORS,
    METER_OUT_ERRORS,
    METER_IN_DISCARDS,
    METER_OUT_DISCARDS,
    METER_COLUMNS
};

extern const char *const meter_names[METER_COLUMNS];
extern const char *const meter_units[METER_COLUMNS];

enum {
    METER_STEP = 30, /* seconds of a bin */
    METER_BINS = 120,
    METERS_MOST = 4096 /* of a worker: 35 MB */
};

/* Zeroed is empty. Owner: one worker. */
struct meter {
    struct interface_counters last;
    uint64_t delta[METER_COLUMNS]; /* since the sample before, */
    nsec_t interval;               /* that much earlier; 0 = there is none to compare with */
    uint64_t total[METER_COLUMNS]; /* since the first sample, over wraps and restarts */
    uint32_t restarts;
    uint32_t stamp[METER_BINS]; /* which half minute each bin is of */
    uint64_t bin[METER_BINS][METER_COLUMNS];
};

/* Takes a sample. One that is not newer than the last is passed over. */
void meter_take(struct meter *m, const struct interface_counters *c);

/* A column's amount in the half minute number `t` since 1970, UINT64_MAX when nothing is known of it. */
uint64_t meter_bin(const struct meter *m, uint32_t t, enum meter_column column);

#endif
