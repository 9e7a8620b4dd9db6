/* exports.c - all exports of a run: rings from the workers, a thread and a connection each. */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "io/exports_private.h"
#include "io/record_ring.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
    IDLE_MS = 10,        /* a look at empty rings costs a microsecond */
    PATIENCE_MS = 15000, /* a file waits so long for a collector that takes nothing */
    LET_GO_MS = 4000,    /* so long the rest may take once Weir was told to stop */
    TAKE = 256,          /* records between two looks at the clock */
    FEEDS_MAX = 4096
};

/* One worker's side. */
struct feed {
    struct sink sink; /* first: what the worker calls */
    struct exports *all;
    bool waits;
    bool gave_up[EXPORTS_MAX]; /* since it waited in vain and until there is room again */
    counter_t offered[EXPORTS_MAX], queue_full[EXPORTS_MAX];
    struct record_ring ring[EXPORTS_MAX];
    struct feed *next;
};

struct exports {
    struct exports_config config;
    unsigned n;
    struct exporting target[EXPORTS_MAX];
    unsigned sharers; /* collectors among which flows are shared out; 0 = each is told all */
    struct feed *feeds;
    _Atomic bool stopping, hurry, let_go;
};

const char *export_drop_name(enum export_drop why)
{
    static const char *const names[] = {
#define DROP(name, text) [EXPORT_DROP_##name] = #name,
#include "io/export_drops.def"
#undef DROP
    };
    return names[why];
}

const char *export_drop_text(enum export_drop why)
{
    static const char *const texts[] = {
#define DROP(name, text) [EXPORT_DROP_##name] = text,
#include "io/export_drops.def"
#undef DROP
    };
    return texts[why];
}

static void sleep_ms(unsigned ms)
{
    struct timespec t = {.tv_nsec = (long)ms * MILLISECOND};
    nanosleep(&t, NULL);
}

/* --- The worker's side -------------------------------------------------------------------------- */

/* A file has time, and a queue that empties makes it wait. */
static bool push_patiently(struct feed *f, unsigned i, const struct record *r)
{
    bool taken = record_ring_push(&f->ring[i], r);
    for (unsigned ms = 0; !taken && f->waits && !f->gave_up[i] && ms < PATIENCE_MS; ms++) {
        if (atomic_load_explicit(&f->all->let_go, memory_order_relaxed))
            break;
        if (atomic_load_explicit(&f->all->target[i].is_waiting, memory_order_relaxed))
            ms = 0;
        sleep_ms(1);
        taken = record_ring_push(&f->ring[i], r);
    }
    f->gave_up[i] = !taken;
    return taken;
}

/* The same for both directions and in every run, so that probes that see the same flow choose the same
 * collector for it. */
static unsigned flow_share(const struct record *r, unsigned n)
{
    uint8_t client[18], server[18];
    memcpy(client, r->client.byte, 16);
    memcpy(client + 16, &r->client_port, 2);
    memcpy(server, r->server.byte, 16);
    memcpy(server + 16, &r->server_port, 2);
    uint64_t both = hash_stable(client, sizeof client) + hash_stable(server, sizeof server);
    return (unsigned)((both + r->proto) % n);
}

static void offer(struct feed *f, unsigned i, const struct record *r)
{
    counter_add(&f->offered[i], 1);
    if (!push_patiently(f, i, r))
        counter_add(&f->queue_full[i], 1);
}

static void feed_record(struct sink *s, const struct record *r)
{
    struct feed *f = (struct feed *)s;
    const struct exports *x = f->all;
    unsigned chosen = x->sharers ? flow_share(r, x->sharers) : 0, sharer = 0;
    for (unsigned i = 0; i < x->n; i++) {
        bool shares = x->sharers && x->target[i].target.kind == EXPORT_TO_COLLECTOR;
        if (!shares || sharer++ == chosen)
            offer(f, i, r);
    }
}

static void feed_free(struct feed *f, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        record_ring_fini(&f->ring[i]);
    mem_free(ACCOUNT_records, f, sizeof *f);
}

struct sink *exports_feed(struct exports *x, bool is_file, struct err *e)
{
    struct feed *f = mem_alloc(ACCOUNT_records, sizeof *f);
    if (!f) {
        fail(e, "no memory for the exports");
        return NULL;
    }
    f->sink.record = feed_record;
    f->all = x;
    f->waits = is_file;
    for (unsigned i = 0; i < x->n; i++) {
        if (record_ring_init(&f->ring[i], x->config.queue_bytes))
            continue;
        feed_free(f, i);
        fail(e, "no memory for the queue of %s", x->target[i].target.name);
        return NULL;
    }
    f->next = x->feeds;
    x->feeds = f;
    return &f->sink;
}

/* --- The export's thread ------------------------------------------------------------------------ */

static nsec_t export_time(struct exporting *t, const struct record *r)
{
    if (!t->config->packet_time)
        return t->now;
    if (r->last > t->now)
        t->now = r->last;
    return t->now;
}

/* Interfaces of this machine have no SNMP index but what the user says. */
static void name_interfaces(const struct exports_config *c, struct record *r)
{
    if (!addr_is_none(&r->exporter))
        return;
    r->in_if = c->in_if;
    r->out_if = c->out_if;
}

static void take_one(struct exporting *t)
{
    if (!t->added_at)
        t->added_at = clock_mono();
    name_interfaces(t->config, &t->record);
    t->ops->add(t, &t->record, export_time(t, &t->record));
    t->paced++;
}

/* Up to TAKE records, fairly from all workers. How many. */
static unsigned take(struct exporting *t)
{
    unsigned taken = 0, before;
    do {
        before = taken;
        for (struct feed *f = t->all->feeds; f && taken < TAKE; f = f->next) {
            if (!record_ring_pop(&f->ring[t->index], &t->record))
                continue;
            take_one(t);
            taken++;
        }
    } while (taken > before && taken < TAKE);
    return taken;
}

static void drop_rest(struct exporting *t)
{
    for (struct feed *f = t->all->feeds; f; f = f->next) {
        while (record_ring_pop(&f->ring[t->index], &t->record))
            counter_add(&t->dropped[t->never_sent], 1);
    }
}

static void keep_pace(struct exporting *t, nsec_t mono)
{
    if (!t->config->rate)
        return;
    if (!t->paced_at || mono - t->paced_at > 10 * SECOND) {
        t->paced_at = mono;
        t->paced = 0;
    }
    uint64_t due = t->paced * (uint64_t)SECOND / t->config->rate;
    nsec_t wait = t->paced_at + (nsec_t)due - mono;
    if (wait > MILLISECOND)
        sleep_ms((unsigned)(wait / MILLISECOND < 500 ? wait / MILLISECOND : 500));
}

static void look_at_clock(struct exporting *t, nsec_t mono)
{
    if (!t->config->packet_time)
        t->now = clock_wall();
    if (t->added_at && mono - t->added_at >= t->config->queue_time) {
        t->ops->flush(t, t->now);
        t->added_at = 0;
    }
    if (mono - t->ticked_at >= SECOND) {
        t->ops->tick(t, t->now);
        t->ticked_at = mono;
    }
}

static void export_run(void *argument)
{
    struct exporting *t = argument;
    struct exports *x = t->all;
    for (;;) {
        bool stopping = atomic_load_explicit(&x->stopping, memory_order_acquire);
        bool hurry = exports_hurry(x);
        nsec_t mono = clock_mono();
        look_at_clock(t, mono);
        bool ready = t->ops->is_ready(t, mono);
        unsigned taken = ready && !hurry ? take(t) : 0;
        bool waits = atomic_load_explicit(&t->is_waiting, memory_order_relaxed) &&
                     !atomic_load_explicit(&x->let_go, memory_order_relaxed);
        if (stopping && (hurry || (!taken && !waits)))
            break;
        if (taken)
            keep_pace(t, mono);
        else
            sleep_ms(IDLE_MS);
    }
    t->ops->flush(t, t->now);
    drop_rest(t);
    t->ops->close(t);
    t->own = NULL;
}

/* --- All of them -------------------------------------------------------------------------------- */

struct exports *exports_new(const struct exports_config *config, struct err *e)
{
    struct exports *x = mem_alloc(ACCOUNT_records, sizeof *x);
    if (!x) {
        fail(e, "no memory for the exports");
        return NULL;
    }
    x->config = *config;
    return x;
}

static bool is_same_file(const char *one, const char *other)
{
    struct stat a, b;
    if (!strcmp(one, other))
        return true;
    return stat(one, &a) == 0 && stat(other, &b) == 0 && S_ISREG(a.st_mode) &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool exports_write(const struct exports *x, const char *path)
{
    for (unsigned i = 0; i < x->n; i++) {
        const struct export_target *t = &x->target[i].target;
        if (t->kind == EXPORT_TO_FILE && is_same_file(t->endpoint, path))
            return true;
    }
    return false;
}

/* The file itself is made by the export's thread, with the rights that Weir has then. */
static bool check_file(const struct exports *x, const struct export_target *t, struct err *e)
{
    char dir[sizeof t->endpoint];
    struct stat st;
    if (exports_write(x, t->endpoint))
        return fail(e, "%s: two exports cannot write one file", t->name);
    snprintf(dir, sizeof dir, "%s", t->endpoint);
    char *slash = strrchr(dir, '/');
    if (slash)
        slash[1] = '\0';
    if (slash && stat(dir, &st) == -1)
        return fail(e, "%s: %s: %s", t->name, dir, strerror(errno));
    return true;
}

static bool add_one(struct exports *x, const char *word, size_t len, bool is_zmq, struct err *e)
{
    const struct export_defaults defaults = {
        .format = x->config.format, .is_json = x->config.zmq_json, .is_zmq = is_zmq};
    if (len == 4 && !memcmp(word, "none", 4))
        return true;
    if (x->n == EXPORTS_MAX)
        return fail(e, "more than %d exports", EXPORTS_MAX);
    struct exporting *t = &x->target[x->n];
    if (!export_target_parse(&t->target, word, len, &defaults, e))
        return false;
    if (t->target.kind == EXPORT_TO_FILE && !check_file(x, &t->target, e))
        return false;
    t->config = &x->config;
    t->all = x;
    t->index = x->n;
    t->never_sent = EXPORT_DROP_not_connected;
    t->ops = t->target.kind == EXPORT_TO_ZMQ ? &export_zmq_ops : &export_flow_ops;
    if (!t->ops->open(t, e))
        return false;
    x->n++;
    x->sharers += x->config.shares_out && t->target.kind == EXPORT_TO_COLLECTOR;
    return true;
}

static bool add_list(struct exports *x, const char *list, bool is_zmq, struct err *e)
{
    for (list += strspn(list, ", "); *list; list += strspn(list, ", ")) {
        size_t len = strcspn(list, ", ");
        if (!add_one(x, list, len, is_zmq, e))
            return false;
        list += len;
    }
    return true;
}

bool exports_add(struct exports *x, const char *list, struct err *e)
{
    return add_list(x, list, false, e);
}

bool exports_add_zmq(struct exports *x, const char *list, struct err *e)
{
    return add_list(x, list, true, e);
}

void exports_ask(struct exports *x, void (*ask)(void *from, struct probe_state *state),
                 void (*ask_names)(void *from, struct text *t), void *from)
{
    x->config.ask = ask;
    x->config.ask_names = ask_names;
    x->config.ask_from = from;
}

unsigned exports_count(const struct exports *x)
{
    return x->n;
}

bool exports_start(struct exports *x, struct err *e)
{
    for (unsigned i = 0; i < x->n; i++) {
        char name[16];
        snprintf(name, sizeof name, "export%u", i);
        if (!thread_start(&x->target[i].thread, name, export_run, &x->target[i], e))
            return false;
    }
    return true;
}

bool exports_hurry(const struct exports *x)
{
    return atomic_load_explicit(&x->hurry, memory_order_relaxed);
}

void exports_let_go(struct exports *x)
{
    atomic_store_explicit(&x->let_go, true, memory_order_relaxed);
}

void exports_stop(struct exports *x, nsec_t most)
{
    atomic_store_explicit(&x->stopping, true, memory_order_release);
    nsec_t deadline = clock_mono() + most;
    for (unsigned i = 0; i < x->n; i++) {
        struct export_state s;
        /* Without a connection the thread has nothing to wait for and ends by itself. */
        while (exports_state(x, i, &s) && x->target[i].thread.running && clock_mono() < deadline) {
            uint64_t gone = s.sent;
            for (unsigned d = 0; d < EXPORT_DROPS; d++)
                gone += s.dropped[d];
            if (gone >= s.offered)
                break;
            if (atomic_load_explicit(&x->let_go, memory_order_relaxed) &&
                deadline > clock_mono() + LET_GO_MS * MILLISECOND)
                deadline = clock_mono() + LET_GO_MS * MILLISECOND;
            sleep_ms(IDLE_MS);
        }
    }
    if (clock_mono() >= deadline)
        atomic_store_explicit(&x->hurry, true, memory_order_relaxed);
    for (unsigned i = 0; i < x->n; i++)
        thread_join(&x->target[i].thread);
}

void exports_free(struct exports *x)
{
    atomic_store_explicit(&x->hurry, true, memory_order_relaxed);
    exports_stop(x, 0);
    /* A thread closes what it used; what never had one is closed here. */
    for (unsigned i = 0; i < x->n; i++) {
        if (x->target[i].own)
            x->target[i].ops->close(&x->target[i]);
    }
    while (x->feeds) {
        struct feed *next = x->feeds->next;
        feed_free(x->feeds, x->n);
        x->feeds = next;
    }
    mem_free(ACCOUNT_records, x, sizeof *x);
}

bool exports_state(const struct exports *x, unsigned i, struct export_state *state)
{
    if (i >= x->n)
        return false;
    const struct exporting *t = &x->target[i];
    *state = (struct export_state){.sent = counter_get(&t->sent),
                                   .messages = counter_get(&t->messages),
                                   .bytes = counter_get(&t->bytes)};
    memcpy(state->name, t->target.name, sizeof state->name);
    notice_get(&t->state, state->state);
    for (unsigned d = 0; d < EXPORT_DROPS; d++)
        state->dropped[d] = counter_get(&t->dropped[d]);
    for (const struct feed *f = x->feeds; f; f = f->next) {
        state->offered += counter_get(&f->offered[i]);
        state->dropped[EXPORT_DROP_queue_full] += counter_get(&f->queue_full[i]);
    }
    return true;
}

/* What became of the records that one export was offered. */
static void add_export_line(const struct exports *x, unsigned i, bool is_over, struct ledger *l)
{
    struct export_state s;
    exports_state(x, i, &s);
    /* While records are offered, one may be dropped between two looks. */
    uint64_t waiting = export_queued(&s), gone = s.sent + export_dropped(&s);
    const struct ledger_line head = {
        .id = "L5",
        .text = "Each flow record for an export was sent, waits, or was dropped for a reason",
        .unit = "records",
        .left = is_over ? s.offered : gone + waiting,
        .left_name = x->target[i].target.name};
    struct ledger_line *line = ledger_add(l, &head);
    if (!line)
        return;
    ledger_add_term(line, "sent", s.sent);
    if (!is_over)
        ledger_add_term(line, "waiting", waiting);
    for (unsigned d = 0; d < EXPORT_DROPS; d++)
        if (s.dropped[d])
            ledger_add_term(line, export_drop_name((enum export_drop)d), s.dropped[d]);
}

void exports_ledger(const struct exports *x, uint64_t told, struct ledger *l)
{
    bool is_over = told != UINT64_MAX;
    /* Exports that share flows out among them make one of them all. */
    const struct ledger_line head = {.id = "L5",
                                     .text = "Exports were offered every record of every flow",
                                     .unit = "records",
                                     .left = told * (x->n - x->sharers + (x->sharers > 0)),
                                     .left_name = "told by flows, for each export"};
    struct ledger_line *line = is_over && x->n ? ledger_add(l, &head) : NULL;
    for (unsigned i = 0; i < x->n; i++) {
        struct export_state s;
        exports_state(x, i, &s);
        if (line)
            ledger_add_term(line, x->target[i].target.name, s.offered);
        add_export_line(x, i, is_over, l);
    }
    ledger_close(l);
}

uint64_t export_dropped(const struct export_state *state)
{
    uint64_t dropped = 0;
    for (unsigned i = 0; i < EXPORT_DROPS; i++)
        dropped += state->dropped[i];
    return dropped;
}

uint64_t export_queued(const struct export_state *state)
{
    uint64_t gone = state->sent + export_dropped(state);
    return state->offered > gone ? state->offered - gone : 0;
}
