/* bench.c - `weir bench`: what this machine does, beside the floor of what it could do.
 *
 * Each mode is a file of its own and a row of bench_modes.def. Times are CPU time of the worker's
 * thread, so that busy neighbours cost less truth.
 */
#include "app/bench.h"
#include "app/roles.h"
#include "app/setup.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* What the process that measures hands back. */
struct shared {
    struct bench_line line;
    struct err err;
};

struct mode {
    const char *name;
    bool (*run)(struct bench *b);
    const char *text;
};

static const struct mode modes[] = {
#define BENCH(name, text) {#name, bench_##name, text},
#include "app/bench_modes.def"
#undef BENCH
};

enum { MODES = sizeof modes / sizeof *modes };

static const struct mode *find_mode(const char *word)
{
    for (unsigned i = 0; i < MODES; i++) {
        if (!strcmp(modes[i].name, word))
            return &modes[i];
    }
    return NULL;
}

static int complain_of_mode(const char *word)
{
    struct text names = {0};
    for (unsigned i = 0; i < MODES; i++)
        text_printf(&names, "%s, ", modes[i].name);
    int status =
        complain("bench cannot measure \"%s\": it knows %sall", word, names.data ? names.data : "");
    text_free(&names);
    return status;
}

static bool run_mode(struct bench *b, const struct mode *mode)
{
    if (!b->settings->json)
        line_print_head(mode->text);
    return mode->run(b);
}

static int run_modes(struct bench *b, const struct mode *only)
{
    int status = STATUS_DONE;
    for (unsigned i = 0; i < MODES; i++) {
        if (only && only != &modes[i])
            continue;
        if (!run_mode(b, &modes[i]))
            status = complain("bench %s: %s", modes[i].name, b->err->text);
    }
    return status;
}

int role_bench(const struct settings *s)
{
    const char *word = s->words.n ? s->words.item[0] : "engine";
    bool all = !strcmp(word, "all");
    const struct mode *mode = find_mode(word);
    if (!mode && !all)
        return complain_of_mode(word);

    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return complain("no memory for the figures");
    struct bench b = {.settings = s,
                      .quick = s->quick,
                      .all = all,
                      .measure = s->quick ? SECOND / (all ? 4 : 2) : 2 * SECOND,
                      .arguments = s->words.n ? s->words.n - 1 : 0,
                      .argument = s->words.item + 1,
                      .line = &shared->line,
                      .err = &shared->err};
    int status =
        setup_l7(s, b.err) ? run_modes(&b, all ? NULL : mode) : complain("%s", b.err->text);
    munmap(shared, sizeof *shared);
    return status;
}
