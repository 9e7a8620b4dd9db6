/* bench.h - what the modes of `weir bench` share: a line of figures, and a run of the engine.
 *
 * Each line is measured in a process of its own, so that memory is that line's alone and a line
 * that fails takes nothing with it; its figures come back in shared memory.
 */
#ifndef WEIR_APP_BENCH_H
#define WEIR_APP_BENCH_H

#include "app/bench_feed.h"
#include "base/settings.h"
#include "engine/engine.h"
#include "engine/question.h"

enum { BENCH_EXTRAS = 16, BENCH_NOTE = 200, BENCH_SIZES = 16 };

/* A figure that only some modes have. Its words are constants. */
struct bench_extra {
    const char *key, *unit;
    double value;
};

/* One line. What is 0 was not measured and is left out. */
struct bench_line {
    const char *bench;   /* the mode */
    const char *variant; /* "ipv4", "vlan" ... or "" */
    uint32_t packet_bytes, hosts;
    uint64_t flows;
    struct bench_speed speed, floor; /* nanoseconds a packet */
    uint64_t rss;                    /* peak of the process without the bench's own buffers */
    uint64_t huge, own;              /* in huge pages; the bench's own buffers */
    double bytes_per_flow, bytes_per_host;
    uint64_t index_bytes;
    unsigned extras;
    struct bench_extra extra[BENCH_EXTRAS];
    char note[BENCH_NOTE]; /* a sentence: what was left out and why; or "" */
};

struct bench {
    const struct settings *settings;
    bool quick;         /* all lines of all modes asked for in 40 s */
    bool all;           /* every mode runs, one after the other */
    nsec_t measure;     /* CPU time of a line */
    unsigned arguments; /* words after the mode */
    const char **argument;
    struct bench_line *line; /* shared with the process that measures */
    struct err *err;         /* likewise */
};

/* Measures b->line in a process of its own. False with a sentence in b->err. */
typedef bool bench_measure(struct bench *b, const void *what);
bool bench_apart(struct bench *b, bench_measure *measure, const void *what);

/* The same, then prints the line. */
bool bench_run_line(struct bench *b, bench_measure *measure, const void *what);

/* Adds a figure to the line. */
void line_add(struct bench_line *l, const char *key, const char *unit, double value);

/* To standard output: as a row of the table, or with --json as an object. */
void line_print(const struct bench_line *l, bool json);
/* The head of the table of a mode: a sentence on what it does, and the columns. */
void line_print_head(const char *text);

/* A run of the engine over one source. Zero, the members up to `eager_hosts`, then bench_start(),
 * which fills the rest. */
struct bench_run {
    struct source *source; /* given to the engine */
    uint32_t max_flows, max_hosts;
    unsigned dpi_packets; /* 1: the first payload decides, as in flows past their verdict */
    bool eager_hosts;     /* also for flows of a flood */
    struct engine *engine;
    bool is_file;
    struct bench_memory before;
};
bool bench_start(struct bench *b, struct bench_run *run);
/* Waits until the source has ended and puts flows, hosts and memory, as they were at the moment
 * `end`, into the line. The engine's totals, for bench_end(); NULL with a sentence when it took too
 * long, and then the engine is gone. */
struct answer *bench_wait(struct bench *b, struct bench_run *run, const struct bench_memory *end);
/* Stops and frees the engine, and the answer. */
void bench_end(struct bench_run *run, struct answer *a);

/* The answer to QUESTION_TOTALS; the caller frees it. Its totals may be missing. */
struct answer *bench_totals(struct engine *en);

/* What a live source has taken or dropped, in packets or messages. */
uint64_t bench_seen(const struct totals_row *t);

/* The totals once all that was sent to a live source has come or was dropped, or after three seconds in which
 * it did not. Freed by the caller. */
struct answer *bench_settle(struct engine *en, uint64_t sent);

/* Opens a feed over the mix, runs the engine over it with room for all flows and hosts, and fills
 * speed, floor and memory of the line. */
struct bench_mix;
bool bench_over_mix(struct bench *b, struct bench_mix *mix);

/* The host counts to measure: those on the command line after the mode, else `sizes` up to its 0.
 * How many; 0 with a sentence when a word is no such count. out has room for BENCH_SIZES. */
unsigned bench_sizes(struct bench *b, const uint32_t *sizes, uint32_t *out);

/* False when so many hosts would not fit into the machine, by what the line before took with fewer;
 * says so under the name of the mode. */
bool bench_fits(const struct bench *b, const char *mode, uint32_t hosts);

/* The modes: each prints its lines, or fails with a sentence in b->err. */
#define BENCH(name, text) bool bench_##name(struct bench *b);
#include "app/bench_modes.def"
#undef BENCH

#endif
