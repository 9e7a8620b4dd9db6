/* reading.c - reads one capture through an engine of its own and keeps what it said. */
#include "app/reading.h"

#include "app/progress.h"
#include "app/setup.h"
#include "base/alloc.h"
#include "base/ceiling.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

enum {
    GLANCE_MS = 200, /* between two looks at progress and Ctrl-C */
    /* A record that is kept is half as large as the flow was, and it stays. */
    TABLE_EIGHTHS = 3,
    TABLE_EIGHTHS_ALONE = 7
};

static volatile sig_atomic_t interrupted;

static void note_interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

/* The first Ctrl-C ends the reading and leaves its report; the second one kills. */
static void catch_interrupt(struct sigaction *old)
{
    struct sigaction action = {.sa_handler = note_interrupt};
    action.sa_flags = (int)SA_RESETHAND;
    interrupted = 0;
    sigaction(SIGINT, &action, old);
}

/* Waits for the engine, draws progress, hears Ctrl-C. */
static void wait_done(struct reading *r, const struct reading_config *config, struct engine *en,
                      const struct source *source)
{
    struct progress progress = progress_start(config->shows_progress, clock_mono());
    nsec_t asked_to_stop = 0;
    bool is_stdin = !strcmp(r->name, "-");
    while (!engine_wait_done(en, clock_mono() + GLANCE_MS * MILLISECOND)) {
        nsec_t now = clock_mono();
        ceiling_look();
        const struct source_counts *c = &source->counts;
        progress_draw(&progress, now, counter_get(&c->position), counter_get(&c->size),
                      counter_get(&c->received));
        if (!interrupted)
            continue;
        /* A tcpdump in front of us got the same Ctrl-C and still flushes its last packets. */
        if (!asked_to_stop)
            asked_to_stop = now;
        if (!is_stdin || now - asked_to_stop > SECOND) {
            r->was_interrupted = true;
            break;
        }
    }
    progress_end(&progress);
}

static bool take_totals(struct reading *r, struct engine *en, struct err *e)
{
    struct question q = {.kind = QUESTION_TOTALS, .iface = -1};
    struct answer *a = question_ask(en, &q);
    bool ok = a && a->totals;
    if (ok)
        r->totals = *a->totals;
    answer_free(a);
    if (!ok)
        return fail(e, "%s: the engine gave no totals", r->name);
    ledger_fill(&r->ledger, &r->totals);
    struct interface_info info;
    if (engine_interface(en, 0, &info))
        memcpy(r->damage, info.damage, sizeof r->damage);
    return true;
}

static void close_all(struct source **sources, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        sources[i]->ops->close(sources[i]);
}

/* A word without a slash could also be an interface; here it never is. */
static bool open_file(const char *name, const struct settings *s, struct source **sources,
                      unsigned *n, struct err *e)
{
    struct source_options options = setup_sources(s);
    options.original_speed = false;
    return source_file_open(name, &options, (unsigned)s->workers, sources, n, e);
}

/* From opened sources to an engine that owns them. NULL with a sentence; then they are closed. */
static struct engine *build(struct reading *r, const struct reading_config *config,
                            struct source **sources, struct err *e)
{
    struct sink *sinks[READING_WORKERS];
    for (unsigned i = 0; i < r->workers; i++) {
        keeper_init(&r->keepers[i], config->filter);
        sinks[i] = &r->keepers[i].sink;
    }
    if (config->watches_time) {
        /* Each worker of a file reads all of it; one pair of eyes is enough. */
        struct source *tap = tap_open(sources[0], &r->seen, e);
        if (!tap) {
            close_all(sources, r->workers);
            return NULL;
        }
        sources[0] = tap;
    }
    struct engine *en = engine_new(&config->engine, e);
    if (!en) {
        close_all(sources, r->workers);
        return NULL;
    }
    if (engine_add_interface(en, r->name, sources, r->workers, config->keeps_records ? sinks : NULL,
                             e) == -1 ||
        !setup_hold_memory(r->workers, e) || !engine_start(en, e)) {
        engine_free(en);
        return NULL;
    }
    return en;
}

bool reading_run(struct reading *r, const struct reading_config *config, const char *name,
                 struct err *e)
{
    memset(r, 0, sizeof *r);
    r->name = name;
    struct source *sources[READING_WORKERS];
    if (!open_file(name, config->settings, sources, &r->workers, e))
        return false;
    ceiling_set(setup_memory(config->settings));
    mem_set_table_eighths(config->keeps_records ? TABLE_EIGHTHS : TABLE_EIGHTHS_ALONE);
    struct engine *en = build(r, config, sources, e);
    if (!en)
        return false;

    struct sigaction old;
    catch_interrupt(&old);
    wait_done(r, config, en, sources[0]);
    sigaction(SIGINT, &old, NULL);
    engine_stop(en);

    bool ok = take_totals(r, en, e);
    engine_free(en);
    ok = ok && collection_gather(&r->records, r->keepers, r->workers, &config->order, e);
    if (!ok)
        reading_free(r);
    return ok;
}

void reading_free(struct reading *r)
{
    collection_free(&r->records);
    for (unsigned i = 0; i < r->workers; i++)
        keeper_fini(&r->keepers[i]);
    r->workers = 0;
}
