/* monitor.c - the live monitor: engine, sources and pages, from settings to the last ledger.
 *
 * Order of building: names of protocols, local networks, engine, interfaces with their sources,
 * pages, and only then the workers. A busy port is told before the first packet is taken. Stopping
 * goes the other way round: sources and workers, pages, engine.
 */
#include "app/monitor.h"

#include "app/probe.h"
#include "app/roles.h"
#include "app/saved.h"
#include "app/setup.h"
#include "app/templates.h"
#include "app/version.h"
#include "base/alloc.h"
#include "base/ceiling.h"
#include "base/log.h"
#include "model/protos.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STOP_S = 10, EXPORT_STOP_S = 4, EXPORT_REST_S = 3600, GLANCE_MS = 250 };

struct app {
    const struct settings *settings;
    struct locals locals;
    struct engine *engine;
    struct face *face;
    struct exports *exports; /* NULL without */
    bool by_signal;          /* what ended app_wait() */
    char instance[256];
    struct templates templates;
    bool has_told[INTERFACES_MAX]; /* that the interface's file is damaged */
};

/* What is watched: what was named and the collector's port, or all when that is nothing. */
static struct string_list watched(const struct settings *s)
{
    static const char *any[] = {"any"}, *item[INTERFACES_MAX];
    static char port[64];
    struct string_list list = {.item = item};
    for (unsigned i = 0; i < s->interfaces.n && list.n < INTERFACES_MAX - 1; i++) {
        if (strcmp(s->interfaces.item[i], "none") != 0)
            item[list.n++] = s->interfaces.item[i];
    }
    if (s->collector_port[0]) {
        snprintf(port, sizeof port, "udp://:%.40s", s->collector_port);
        item[list.n++] = port;
    }
    return list.n || s->interfaces.n ? list : (struct string_list){.n = 1, .item = any};
}

static bool add_interface(struct app *a, const char *spec, struct err *e)
{
    struct source *sources[SOURCE_WORKERS_MAX];
    unsigned n = 0;
    struct source_options options = setup_sources(a->settings);
    char keys[PATH_MAX];
    if (a->settings->zmq_encryption) {
        if (!setup_data_dir(a->settings, keys))
            return fail(e, "no directory for the keys of --zmq-encryption; give --data-dir");
        options.zmq_key_dir = keys;
    }
    if (!source_open(spec, &options, (unsigned)a->settings->workers, sources, &n, e))
        return false;
    char name[64];
    memcpy(name, sources[0]->name, sizeof name);
    struct sink *sinks[SOURCE_WORKERS_MAX];
    for (unsigned i = 0; a->exports && i < n; i++) {
        sinks[i] = exports_feed(a->exports, sources[i]->is_file, e);
        if (!sinks[i]) {
            for (i = 0; i < n; i++)
                sources[i]->ops->close(sources[i]);
            return false;
        }
    }
    return engine_add_interface(a->engine, name, sources, n, a->exports ? sinks : NULL, e) != -1;
}

static bool build_engine(struct app *a, struct err *e)
{
    const struct settings *s = a->settings;
    struct string_list interfaces = watched(s);
    if (!interfaces.n)
        return fail(e, "-i none leaves nothing to watch; --collector-port PORT hears exporters");
    if (!setup_l7(s, e) || !setup_locals(s, &a->locals, e))
        return false;
    for (unsigned i = 0; i < interfaces.n; i++) {
        if (!source_is_file(interfaces.item[i]))
            setup_own_networks(&a->locals, source_bare_name(interfaces.item[i]));
    }
    struct engine_config config;
    setup_engine(s, &a->locals, interfaces.n, &config);
    config.keep_series = true;
    config.expire_hosts = true;
    a->engine = engine_new(&config, e);
    for (unsigned i = 0; a->engine && i < interfaces.n; i++) {
        if (!add_interface(a, interfaces.item[i], e))
            return false;
    }
    if (a->engine)
        templates_recall(s, a->engine);
    return a->engine != NULL;
}

/* What the exports' reports say of this probe. In their threads. */
static void tell_seen(void *from, struct probe_state *state)
{
    const struct app *a = from;
    const struct question q = {.kind = QUESTION_TOTALS, .iface = -1, .timeout = SECOND};
    struct answer *answer = question_ask(a->engine, &q);
    if (answer && answer->totals) {
        const struct totals_row *t = answer->totals;
        state->bytes = t->ip_bytes;
        state->packets = t->ip_packets;
        state->dropped_packets = t->kernel_dropped;
        state->records = t->records;
        state->samples = t->sampled_frames;
    }
    answer_free(answer);
    struct interface_info info;
    if (engine_interface(a->engine, 0, &info))
        snprintf(state->watched, sizeof state->watched, "%.60s", info.name);
}

static void tell_names(void *from, struct text *t)
{
    const struct app *a = from;
    probe_interface_names(a->engine, t);
}

static bool build_face(struct app *a, struct err *e)
{
    const struct settings *s = a->settings;
    if (face_is_off(s->http))
        return true;
    struct version v = version_get();
    struct face_config config = {
        .address = s->http,
        .name = a->instance,
        .about = {.version = v.weir,
                  .revision = v.revision,
                  .built = v.built,
                  .ndpi = v.ndpi,
                  .libpcap = v.libpcap},
        .locals = &a->locals,
        .exports = a->exports,
    };
    a->face = face_start(&config, a->engine, s, e);
    return a->face != NULL;
}

static bool start_exports(struct app *a, struct err *e)
{
    if (!a->exports)
        return true;
    exports_ask(a->exports, tell_seen, tell_names, a);
    return exports_start(a->exports, e);
}

static void tear_down(struct app *a)
{
    if (a->face)
        face_stop(a->face);
    if (a->engine)
        engine_free(a->engine);
    if (a->exports)
        exports_free(a->exports);
    mem_free(ACCOUNT_other, a, sizeof *a);
}

struct app *app_start(const struct settings *s, struct err *e)
{
    struct app *a = mem_alloc(ACCOUNT_other, sizeof *a);
    if (!a) {
        fail(e, "no memory");
        return NULL;
    }
    a->settings = s;
    if (s->instance[0])
        snprintf(a->instance, sizeof a->instance, "%s", s->instance);
    else if (gethostname(a->instance, sizeof a->instance - 1) == -1)
        a->instance[0] = '\0';
    ceiling_set(setup_memory(s));
    unsigned workers = (unsigned)s->workers * watched(s).n;
    if (!probe_exports(s, a->instance, &a->exports, e) || !build_engine(a, e) ||
        !build_face(a, e) || !start_exports(a, e) || !setup_hold_memory(workers, e) ||
        !engine_start(a->engine, e)) {
        tear_down(a);
        return NULL;
    }
    log_info("memory: at most %llu MB for the whole process, %s",
             (unsigned long long)(ceiling_state().limit >> 20),
             s->memory > 0 ? "as --memory says" : "60 % of what is available (--memory)");
    return a;
}

/* The pages show it too, but who started Weir looks at its log. */
static void tell_damage(struct app *a)
{
    for (unsigned i = 0; i < engine_interfaces(a->engine) && i < INTERFACES_MAX; i++) {
        struct interface_info info;
        if (a->has_told[i] || !engine_interface(a->engine, (int)i, &info) || !info.damage[0])
            continue;
        log_warning("%s: %s", info.name, info.damage);
        a->has_told[i] = true;
    }
}

bool app_wait(struct app *a)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    struct timespec glance = {.tv_nsec = GLANCE_MS * MILLISECOND};
    for (;;) {
        int got = sigtimedwait(&signals, NULL, &glance);
        ceiling_look();
        if (got == SIGINT || got == SIGTERM || got == SIGHUP) {
            a->by_signal = true;
            return true;
        }
        bool is_done = engine_is_done(a->engine);
        tell_damage(a);
        templates_keep(&a->templates, a->settings, a->engine, clock_wall());
        if (a->settings->exit_when_done && is_done)
            return false;
    }
}

static void give_up(int signal_number)
{
    static const char sentence[] = "weir: stopping took too long; ended without the last ledger\n";
    (void)signal_number;
    ssize_t written = write(STDERR_FILENO, sentence, sizeof sentence - 1);
    (void)written;
    _exit(STATUS_FOUND);
}

/* From here on a second Ctrl-C kills, and so does a stop that lasts too long. */
static void arm_deadline(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    signal(SIGALRM, give_up);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    alarm(STOP_S);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

/* The exports' part is about all interfaces. */
static void keep_exports(const struct app *a, uint64_t told, struct saved_writer *w)
{
    static const struct totals_row none;
    struct ledger ledger = {0};
    if (!a->exports)
        return;
    exports_ledger(a->exports, told, &ledger);
    saved_add(w, "exports", &ledger, &none);
}

static void keep_ledger(struct app *a)
{
    struct saved_writer w = {0};
    uint64_t told = 0;
    for (unsigned i = 0; i < engine_interfaces(a->engine); i++) {
        struct question q = {.kind = QUESTION_TOTALS, .iface = (int)i};
        struct interface_info info;
        struct answer *answer = question_ask(a->engine, &q);
        if (answer && answer->totals && engine_interface(a->engine, (int)i, &info)) {
            struct ledger ledger;
            ledger_fill(&ledger, answer->totals);
            saved_add(&w, info.name, &ledger, answer->totals);
            told += answer->totals->records_told;
        }
        answer_free(answer);
    }
    keep_exports(a, told, &w);
    struct err e = {""};
    if (!saved_finish(&w, a->settings, clock_wall(), &e))
        log_warning("the ledger of this run is not kept: %s", e.text);
}

int app_status(const struct app *a)
{
    int status = STATUS_DONE;
    for (unsigned i = 0; i < engine_interfaces(a->engine); i++) {
        struct interface_info info;
        if (engine_interface(a->engine, (int)i, &info) && info.damage[0])
            status = STATUS_FOUND;
    }
    return status;
}

/* What a signal shall end that comes while the last flows of files are sent. */
static struct exports *leaving;

static void leave(int signal_number)
{
    (void)signal_number;
    exports_let_go(leaving);
    signal(SIGALRM, give_up);
    alarm(STOP_S);
}

static void arm_leaving(struct exports *x)
{
    sigset_t signals;
    leaving = x;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    signal(SIGINT, leave);
    signal(SIGTERM, leave);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

void app_stop(struct app *a)
{
    /* At the end of files the flows that are left go to collectors at their pace. */
    bool has_time = a->exports && !a->by_signal;
    if (has_time)
        arm_leaving(a->exports);
    else
        arm_deadline();
    if (a->exports && !has_time)
        exports_let_go(a->exports);
    engine_stop(a->engine);
    if (a->exports) {
        exports_stop(a->exports, has_time ? EXPORT_REST_S * SECOND : EXPORT_STOP_S * SECOND);
        probe_report(a->exports);
    }
    if (has_time)
        arm_deadline();
    templates_keep_now(&a->templates, a->settings, a->engine, clock_wall());
    keep_ledger(a);
    tear_down(a);
    alarm(0);
}

static void print_banner(const struct app *a)
{
    printf("Weir %s watches", version_get().weir);
    for (unsigned i = 0; i < engine_interfaces(a->engine); i++) {
        struct interface_info info;
        if (engine_interface(a->engine, (int)i, &info))
            printf("%s %s", i ? "," : "", info.name);
    }
    puts(".");
    if (a->face)
        printf("Open %s in a browser. Ctrl-C stops.\n", face_url(a->face));
    else
        puts("No web pages (-w 0). Ctrl-C stops.");
    fflush(stdout);
}

/* Signals are taken by app_wait() alone; a browser that goes away must not end the program. */
static void block_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static int list_protocols(const struct settings *s)
{
    struct err e = {""};
    if (!setup_l7(s, &e))
        return complain("%s", e.text);
    for (unsigned id = 0; id < PROTOS_MAX; id++) {
        const char *name = protos_name((uint16_t)id);
        const char *category = protos_category(protos_category_of((uint16_t)id));
        if (name)
            printf("%4u  %-24s %s\n", id, name, category ? category : "");
    }
    return STATUS_DONE;
}

static int run(const struct settings *s)
{
    block_signals();
    struct err e = {""};
    struct app *a = app_start(s, &e);
    if (!a)
        return complain("%s", e.text);
    print_banner(a);
    int status = app_wait(a) ? STATUS_DONE : app_status(a);
    app_stop(a);
    return status;
}

/* A probe is a monitor without pages that stops when its files end. */
int role_probe(const struct settings *s)
{
    if (s->words.n)
        return complain("`%s` is not an option; to export its flows: weir probe -i %s",
                        s->words.item[0], s->words.item[0]);
    if (!s->export.n && !s->zmq.n)
        return complain("export where to? name a collector: -n HOST:PORT, --export "
                        "ipfix://HOST:PORT or --zmq 'tcp://*:5556'");
    struct settings headless = *s;
    headless.http = "0";
    headless.exit_when_done = s->exit_when_done || probe_is_all_files(s);
    return run(&headless);
}

int role_monitor(const struct settings *s)
{
    if (s->words.n)
        return complain("`%s` is not an option; to watch it: -i %s; to read a capture file: "
                        "weir read %s",
                        s->words.item[0], s->words.item[0], s->words.item[0]);
    if (s->ndpi_list)
        return list_protocols(s);
    return run(s);
}
