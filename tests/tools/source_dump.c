/* source_dump.c - opens a source as the monitor does and prints what came through it, as JSON.
 *
 *     source_dump [-w WORKERS] [-B FILTER] [-s SECONDS] [-n FRAMES] [-r RING_MB] [-l SNAPLEN] [-d MS] [-p]
 *                 [-q] [-v] SPEC
 *
 * -s stops after so many seconds, -n after so many frames (received and dropped together), -d
 * sleeps so long after each burst, -p plays at original speed, -q asks for no promiscuous mode, -v prints
 * a line per frame. Each change of state prints a line {"state": ...}; the last line has the totals.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/thread.h"
#include "io/sources.h"

static volatile sig_atomic_t stopped;

struct reader {
    struct thread thread;
    struct source *source;
    uint64_t links[65536];
    uint64_t sum; /* over the bytes of all frames, in no order */
    uint64_t wire_bytes, frames, outgoing;
    nsec_t first, last, cpu;
    uint64_t reads;
    unsigned number, delay_ms;
    bool verbose, done;
};

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

static void take(struct reader *r, const struct frame *f)
{
    uint64_t h = 1469598103934665603u;
    for (uint32_t i = 0; i < f->cap_len && i < 64; i++)
        h = (h ^ f->bytes[i]) * 1099511628211u;
    r->sum += h;
    r->links[f->link]++;
    r->wire_bytes += f->wire_len;
    r->outgoing += f->outgoing;
    if (r->frames++ == 0)
        r->first = f->ts;
    r->last = f->ts;
    if (!r->verbose)
        return;
    flockfile(stdout); /* a line of one reader stays whole among those of the others */
    printf("%u %lld.%09lld link %u cap %u wire %u%s ", r->number, (long long)(f->ts / SECOND),
           (long long)(f->ts % SECOND), f->link, f->cap_len, f->wire_len,
           f->outgoing ? " out" : "");
    for (uint32_t i = 0; i < f->cap_len && i < 64; i++)
        printf("%02x", f->bytes[i]);
    putchar('\n');
    funlockfile(stdout);
}

static void read_all(void *argument)
{
    struct reader *r = argument;
    struct burst *b = malloc(sizeof *b);
    char state[NOTICE_BYTES] = "", newest[NOTICE_BYTES];
    while (b && !stopped) {
        enum source_result result = r->source->ops->read(r->source, b, 200);
        r->reads++;
        for (unsigned i = 0; i < b->n; i++)
            take(r, &b->frame[i]);
        if (b->n > 0 && r->delay_ms > 0 && !stopped)
            clock_sleep(r->delay_ms * MILLISECOND);
        notice_get(&r->source->state, newest);
        if (strcmp(state, newest) != 0) {
            memcpy(state, newest, sizeof state);
            printf("{\"t\": %lld, \"state\": \"%s\"}\n", (long long)(clock_wall() / MILLISECOND),
                   state);
            fflush(stdout);
        }
        if (result == SOURCE_END)
            break;
    }
    free(b);
    r->cpu = clock_cpu();
    r->done = true;
}

static void print_totals(struct reader *const *readers, unsigned n)
{
    struct reader sum = {0};
    uint64_t received = 0, bytes = 0, dropped = 0, full = 0, card = 0, filtered = 0, damaged = 0;
    printf("{\"per_worker\": [");
    for (unsigned i = 0; i < n; i++) {
        const struct reader *r = readers[i];
        const struct source_counts *c = &r->source->counts;
        received += counter_get(&c->received);
        bytes += counter_get(&c->received_bytes);
        dropped += counter_get(&c->kernel_dropped);
        full += counter_get(&c->ring_full);
        card += counter_get(&c->interface_dropped);
        filtered += counter_get(&c->filtered);
        damaged += counter_get(&c->damaged);
        sum.frames += r->frames;
        sum.wire_bytes += r->wire_bytes;
        sum.outgoing += r->outgoing;
        sum.sum += r->sum;
        sum.reads += r->reads;
        sum.cpu += r->cpu;
        for (unsigned k = 0; k < 65536; k++)
            sum.links[k] += r->links[k];
        printf("%s%llu", i ? ", " : "", (unsigned long long)r->frames);
    }
    printf("], \"frames\": %llu, \"bytes\": %llu, \"received\": %llu, \"received_bytes\": %llu, "
           "\"dropped\": %llu, \"ring_full\": %llu, \"card_dropped\": %llu, \"filtered\": %llu, "
           "\"damaged\": %llu, \"outgoing\": %llu, \"sum\": \"%016llx\", \"first\": %lld, "
           "\"last\": %lld, "
           "\"cpu_ms\": %lld, \"reads\": %llu, \"damage\": \"%s\", \"links\": {",
           (unsigned long long)sum.frames, (unsigned long long)sum.wire_bytes,
           (unsigned long long)received, (unsigned long long)bytes, (unsigned long long)dropped,
           (unsigned long long)full, (unsigned long long)card, (unsigned long long)filtered,
           (unsigned long long)damaged, (unsigned long long)sum.outgoing,
           (unsigned long long)sum.sum, (long long)readers[0]->first, (long long)readers[0]->last,
           (long long)(sum.cpu / MILLISECOND), (unsigned long long)sum.reads,
           readers[0]->source->damage);
    const char *comma = "";
    for (unsigned k = 0; k < 65536; k++)
        if (sum.links[k]) {
            printf("%s\"%u\": %llu", comma, k, (unsigned long long)sum.links[k]);
            comma = ", ";
        }
    printf("}}\n");
}

static bool is_over(struct reader *const *readers, unsigned n, uint64_t frames)
{
    uint64_t seen = 0;
    bool all = true;
    for (unsigned i = 0; i < n; i++) {
        const struct source_counts *c = &readers[i]->source->counts;
        seen += counter_get(&c->received) + counter_get(&c->kernel_dropped);
        all = all && *(volatile bool *)&readers[i]->done;
    }
    return all || (frames && seen >= frames);
}

int main(int argc, char **argv)
{
    struct source_options options = {0};
    unsigned workers = 1, delay_ms = 0, n;
    double seconds = 0;
    uint64_t frames = 0;
    bool verbose = false;
    for (int c; (c = getopt(argc, argv, "w:B:s:n:r:l:d:pqv")) != -1;) {
        switch (c) {
        case 'w':
            workers = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'B':
            options.bpf = optarg;
            break;
        case 's':
            seconds = strtod(optarg, NULL);
            break;
        case 'n':
            frames = strtoull(optarg, NULL, 10);
            break;
        case 'r':
            options.ring_bytes = strtoull(optarg, NULL, 10) << 20;
            break;
        case 'l':
            options.snaplen = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 'd':
            delay_ms = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'p':
            options.original_speed = true;
            break;
        case 'q':
            options.no_promiscuous = true;
            break;
        case 'v':
            verbose = true;
            break;
        default:
            return 2;
        }
    }
    if (optind + 1 != argc)
        return 2;
    struct err e = {""};
    struct source *sources[SOURCE_WORKERS_MAX];
    struct reader *readers[SOURCE_WORKERS_MAX];
    if (!source_open(argv[optind], &options, workers, sources, &n, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    printf("{\"open\": \"%s\", \"kind\": \"%s\", \"workers\": %u}\n", sources[0]->name,
           sources[0]->kind, n);
    fflush(stdout);
    for (unsigned i = 0; i < n; i++) {
        readers[i] = calloc(1, sizeof *readers[i]);
        if (!readers[i])
            return 1;
        readers[i]->source = sources[i];
        readers[i]->verbose = verbose;
        readers[i]->number = i;
        readers[i]->delay_ms = delay_ms;
        if (!thread_start(&readers[i]->thread, "reader", read_all, readers[i], &e))
            return 1;
    }
    nsec_t end = clock_mono() + (nsec_t)(seconds * 1e9);
    while (!stopped && !is_over(readers, n, frames) && (seconds == 0 || clock_mono() < end))
        clock_sleep(5 * MILLISECOND);
    stopped = 1;
    for (unsigned i = 0; i < n; i++) {
        sources[i]->ops->wake(sources[i]);
        thread_join(&readers[i]->thread);
    }
    print_totals(readers, n);
    for (unsigned i = 0; i < n; i++) {
        sources[i]->ops->close(sources[i]);
        free(readers[i]);
    }
    return 0;
}
