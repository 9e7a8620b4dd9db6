/* bench_meter.h - the stop-watch on a source that others made: a capture file, an interface. */
#ifndef WEIR_APP_BENCH_METER_H
#define WEIR_APP_BENCH_METER_H

#include "app/bench_feed.h"

/* Puts the watch on a source: from the packet after `skip` on, the CPU time of its worker's thread
 * is taken, reading included. The memory at the file's end goes to *end. One at a time; both stay
 * valid until the source is closed. */
void meter_put(struct source *s, uint64_t skip, struct stopwatch *watch, struct bench_memory *end);

#endif
