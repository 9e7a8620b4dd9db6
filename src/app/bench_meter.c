/* bench_meter.c - the stop-watch on a source that others made: a capture file, an interface. */
#include "app/bench_meter.h"

/* The source keeps its own struct; only its operations go through here. */
static struct {
    const struct source_ops *inner;
    uint64_t skip, read;
    struct stopwatch *watch;
    struct bench_memory *end;
} meter;

static enum source_result meter_read(struct source *s, struct burst *b, int timeout_ms)
{
    struct stopwatch *w = meter.watch;
    if (watch_is_full(w))
        watch_stop(w);
    if (!w->start && meter.read >= meter.skip)
        watch_start(w);
    enum source_result got = meter.inner->read(s, b, timeout_ms);
    if (got == SOURCE_OK) {
        meter.read += b->n;
        if (w->start)
            watch_count(w, b->n);
    } else if (got == SOURCE_END) {
        watch_stop(w);
        *meter.end = bench_memory_now();
    }
    return got;
}

static void meter_wake(struct source *s)
{
    meter.inner->wake(s);
}

static void meter_close(struct source *s)
{
    meter.inner->close(s);
}

void meter_put(struct source *s, uint64_t skip, struct stopwatch *watch, struct bench_memory *end)
{
    static const struct source_ops ops = {
        .read = meter_read, .wake = meter_wake, .close = meter_close};
    meter.inner = s->ops;
    meter.skip = skip;
    meter.read = 0;
    meter.watch = watch;
    meter.end = end;
    watch_clear(watch);
    s->ops = &ops;
}
