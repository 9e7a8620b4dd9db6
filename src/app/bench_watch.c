/* bench_watch.c - a stop-watch of CPU time, chunk by chunk, and what the chunks say. */
#include "app/bench_watch.h"

#include <stdlib.h>

void watch_clear(struct stopwatch *w)
{
    w->start = w->spent = 0;
    w->packets = 0;
    w->in_chunk = w->chunks = 0;
}

void watch_start(struct stopwatch *w)
{
    w->in_chunk = 0;
    w->start = clock_cpu();
}

void watch_stop(struct stopwatch *w)
{
    if (!w->start || !w->in_chunk)
        return;
    nsec_t took = clock_cpu() - w->start;
    if (w->chunks < WATCH_CHUNKS)
        w->ns[w->chunks++] = (float)took / (float)w->in_chunk;
    w->spent += took;
    w->packets += w->in_chunk;
    w->start = 0;
    w->in_chunk = 0;
}

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

struct bench_speed watch_speed(struct stopwatch *w)
{
    if (!w->chunks)
        return (struct bench_speed){0};
    qsort(w->ns, w->chunks, sizeof *w->ns, compare_floats);
    return (struct bench_speed){.p5 = (double)w->ns[w->chunks / 20],
                                .p50 = (double)w->ns[w->chunks / 2],
                                .mean = (double)w->spent / (double)w->packets,
                                .packets = w->packets,
                                .spent = w->spent};
}

double rate_of(double ns)
{
    return ns > 0 ? 1e9 / ns : 0;
}
