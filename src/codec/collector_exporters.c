/* collector_exporters.c - which exporters a collector knows, what tells them apart, and who makes room for others.
 *
 * An exporter is an address with an observation domain and a protocol. What NetFlow and IPFIX number and
 * announce is of its transport session (RFC 7011, 2), and over UDP a session is a port, too: several
 * exporters behind one translated address must not read each other's templates. But routers and
 * translators change ports without a word. So a message from a new port belongs to the session whose
 * sequence it continues; else it begins a session, without templates of others, as a restart voids
 * them anyway (rule B08). Once the older session is silent for long, the newer one has followed it
 * and takes its counters and names; if it speaks again, they are two.
 *
 * There are 4,096 places (rule B07). Whoever has sent nothing that can be decoded goes first, then who has
 * for less than a minute, each time the one heard least recently; the others stay, unless they were
 * silent for a day. So forged addresses push out each other.
 */
#include "base/alloc.h"
#include "base/hash.h"
#include "codec/collector_private.h"
#include "codec/parked.h"

#include <assert.h>

enum {
    SESSIONS_MOST = 64,    /* of one address, domain and protocol */
    CONTINUES_MOST = 8192, /* units that may be lost while a port changes: some hundred datagrams */
    BEHIND_MOST = 64
};

/* How long data may wait for its template, in packet time. */
static const nsec_t PARKED_FOR = 60 * SECOND;
static const nsec_t SETTLED_AFTER = MINUTE;
static const nsec_t SILENT_FOR = 30 * SECOND;
static const nsec_t FORGOTTEN_AFTER = 24 * HOUR;
static const nsec_t BOOT_SLACK = 2 * SECOND; /* headers have whole seconds */

struct key {
    const struct addr *addr;
    uint32_t domain;
    uint8_t telemetry;
};

static bool has_key(const struct exporter *x, const struct key *k)
{
    return x->domain == k->domain && x->telemetry == k->telemetry && addr_equal(&x->addr, k->addr);
}

static struct key key_of(const struct exporter *x)
{
    return (struct key){&x->addr, x->domain, x->telemetry};
}

/* ---- Places --------------------------------------------------------------------------------------- */

static uint32_t home_of(const struct key *k)
{
    uint64_t hash = hash_bytes(k->addr, sizeof *k->addr);
    return (uint32_t)(hash_u128(hash, (uint64_t)k->domain << 8 | k->telemetry) % EXPORTER_SLOTS);
}

static uint32_t slot_of(const struct collector *c, const struct exporter *x)
{
    const struct key k = key_of(x);
    uint32_t i = home_of(&k);
    while (c->slot[i] != x->place + 1)
        i = (i + 1) % EXPORTER_SLOTS;
    return i;
}

/* Those behind the hole that could not stand at home move up, so that a search never ends too early. */
static void clear_slot(struct collector *c, uint32_t hole)
{
    c->slot[hole] = 0;
    for (uint32_t i = (hole + 1) % EXPORTER_SLOTS; c->slot[i]; i = (i + 1) % EXPORTER_SLOTS) {
        const struct key k = key_of(c->exporters[c->slot[i] - 1]);
        uint32_t way = (i + EXPORTER_SLOTS - home_of(&k)) % EXPORTER_SLOTS;
        if (way < (i + EXPORTER_SLOTS - hole) % EXPORTER_SLOTS)
            continue;
        c->slot[hole] = c->slot[i];
        c->slot[i] = 0;
        hole = i;
    }
}

static void leave_list(struct collector *c, struct exporter *x)
{
    struct exporter_list *l = &c->list[x->standing];
    *(x->older ? &x->older->newer : &l->oldest) = x->newer;
    *(x->newer ? &x->newer->older : &l->newest) = x->older;
    c->quota.held[x->standing] -= x->held;
}

static void join_list(struct collector *c, struct exporter *x, enum standing standing)
{
    struct exporter_list *l = &c->list[standing];
    x->standing = (uint8_t)standing;
    x->older = l->newest;
    x->newer = NULL;
    *(l->newest ? &l->newest->newer : &l->oldest) = x;
    l->newest = x;
    c->quota.held[standing] += x->held;
}

static void forget(struct collector *c, struct exporter *x)
{
    parked_expire(c, x, INT64_MAX);
    counter_add(&c->counts.loss[LOSS_exporter_quota], x->refused);
    exporter_fini(x);
    exporter_unclaim(x, sizeof *x);
    assert(!x->held);
    clear_slot(c, slot_of(c, x));
    leave_list(c, x);
    struct exporter *last = c->exporters[--c->exporter_count];
    if (last != x) {
        uint32_t slot = slot_of(c, last);
        last->place = x->place;
        c->slot[slot] = (uint16_t)(last->place + 1);
        c->exporters[last->place] = last;
    }
    if (c->last == x)
        c->last = NULL;
    mem_free(ACCOUNT_templates, x, sizeof *x);
}

/* The one of this standing that was heard least recently, but never the sender of the message that is read. */
static struct exporter *oldest(const struct collector *c, enum standing standing)
{
    struct exporter *x = c->list[standing].oldest;
    return x && x == c->sender ? x->newer : x;
}

static bool forget_one(struct collector *c)
{
    struct exporter *x = oldest(c, STANDING_NEW);
    x = x ? x : oldest(c, STANDING_PASSING);
    if (!x) {
        x = oldest(c, STANDING_SETTLED);
        x = x && c->now - x->last > FORGOTTEN_AFTER ? x : NULL;
    }
    if (!x)
        return false;
    collector_note(c, LOSS_exporter_evicted);
    forget(c, x);
    return true;
}

/* Makes a place, and some memory for what its exporter may tell. */
static bool make_room(struct collector *c)
{
    for (enum standing s = STANDING_NEW; s < STANDING_SETTLED; s++) {
        size_t most = c->quota.most[s] - c->quota.most[s] / 8;
        for (struct exporter *x; c->quota.held[s] > most && (x = oldest(c, s));) {
            collector_note(c, LOSS_exporter_evicted);
            forget(c, x);
        }
    }
    return c->exporter_count < c->max_exporters || forget_one(c);
}

static struct exporter *make(struct collector *c, const struct key *k, uint16_t port)
{
    if (!make_room(c))
        return NULL;
    struct exporter *x = mem_alloc(ACCOUNT_templates, sizeof *x);
    if (!x)
        return NULL;
    x->addr = *k->addr;
    x->domain = k->domain;
    x->telemetry = k->telemetry;
    x->port = port;
    x->quota = &c->quota;
    x->place = c->exporter_count;
    x->born = c->born++;
    if (!exporter_claim(x, sizeof *x)) {
        mem_free(ACCOUNT_templates, x, sizeof *x);
        return NULL;
    }
    sampling_configure(x, c->config.sampling);
    c->exporters[c->exporter_count++] = x;
    uint32_t i = home_of(k);
    while (c->slot[i])
        i = (i + 1) % EXPORTER_SLOTS;
    c->slot[i] = (uint16_t)(x->place + 1);
    c->quota.held[STANDING_NEW] -= x->held; /* which joining the list adds */
    join_list(c, x, STANDING_NEW);
    return x;
}

/* ---- Sessions ------------------------------------------------------------------------------------- */

/* Sessions of one key, when none of them has the port that was looked for. */
struct found {
    struct exporter *exact;  /* the one with this port; then nothing else is filled in */
    struct exporter *latest; /* the one that was heard last */
    struct exporter *least;  /* of the lowest standing the one that was not heard for longest */
    unsigned n;
};

static void add_session(struct found *f, struct exporter *x)
{
    const struct exporter *least = f->least;
    f->n++;
    if (!f->latest || x->last >= f->latest->last)
        f->latest = x;
    if (!least || x->standing < least->standing ||
        (x->standing == least->standing && x->last < least->last))
        f->least = x;
}

static struct found find(const struct collector *c, const struct key *k, uint16_t port)
{
    struct found f = {0};
    for (uint32_t i = home_of(k); c->slot[i]; i = (i + 1) % EXPORTER_SLOTS) {
        struct exporter *x = c->exporters[c->slot[i] - 1];
        if (!has_key(x, k))
            continue;
        if (x->port == port)
            return (struct found){.exact = x, .latest = x};
        add_session(&f, x);
    }
    return f;
}

static bool began_together(const struct exporter *x, const struct steps_context *context)
{
    if (!context->has_uptime || !x->has_uptime)
        return true;
    nsec_t boot = context->exported - (nsec_t)context->uptime * MILLISECOND;
    nsec_t before = x->uptime_exported - (nsec_t)x->uptime * MILLISECOND;
    return boot - before < BOOT_SLACK && before - boot < BOOT_SLACK;
}

/* Is a message from another port of the same session? One that was read from a file was not heard yet. Number 0
 * begins a session, but for those who do not number their messages at all. */
static bool continues(const struct exporter *x, const struct message *m, const struct stamp *s)
{
    if (x->is_stream || !x->datagrams || !began_together(x, &m->context))
        return false;
    if (s->sequence == x->last_sequence && s->needs_no_template)
        return true;
    /* Where a number counts its own message's records, too, it may fall a little short of what is expected. */
    int32_t behind = x->ways_ruled_out ? BEHIND_MOST : 0;
    int32_t ahead = (int32_t)(s->sequence - x->next_sequence);
    return x->has_sequence && s->sequence && ahead >= -behind && ahead <= CONTINUES_MOST;
}

static struct exporter *continued(const struct collector *c, const struct key *k,
                                  const struct message *m, const struct stamp *s)
{
    for (uint32_t i = home_of(k); c->slot[i]; i = (i + 1) % EXPORTER_SLOTS) {
        struct exporter *x = c->exporters[c->slot[i] - 1];
        if (has_key(x, k) && continues(x, m, s))
            return x;
    }
    return NULL;
}

/* False when all places of this key are taken by sessions that count. */
static bool make_room_among(struct collector *c, const struct found *f)
{
    struct exporter *x = f->least;
    if (f->n < SESSIONS_MOST)
        return true;
    if (x->standing == STANDING_SETTLED && c->now - x->last <= FORGOTTEN_AFTER)
        return false;
    collector_note(c, LOSS_exporter_evicted);
    forget(c, x);
    return true;
}

static struct exporter *session_of(struct collector *c, const struct key *k,
                                   const struct message *m, const struct stamp *s)
{
    const struct found f = find(c, k, m->d->from_port);
    bool is_remembered = f.n == 1 && !f.latest->datagrams;
    struct exporter *x = f.exact;
    if (!x && !m->d->is_stream)
        x = is_remembered ? f.latest : f.n ? continued(c, k, m, s) : NULL;
    if (!x && make_room_among(c, &f) && (x = make(c, k, m->d->from_port))) {
        x->is_younger = f.n > 0;
        x->is_stream = m->d->is_stream;
    }
    if (x) {
        x->port = m->d->from_port;
        x->has_ended = false;
    }
    return x;
}

/* ---- Messages ------------------------------------------------------------------------------------- */

/* A message has come: times, and the end of the list, where those stand who were heard last. */
static void hear(struct collector *c, struct exporter *x, const struct datagram *d)
{
    parked_expire(c, x, d->received - PARKED_FOR);
    counter_add(&c->counts.loss[LOSS_exporter_quota], x->refused);
    x->refused = 0;
    x->first = x->first ? x->first : d->received;
    if (x->datagrams && d->received - x->last > x->gap)
        x->gap = d->received - x->last;
    x->last = d->received;
    bool settles = x->standing == STANDING_PASSING && x->last - x->first >= SETTLED_AFTER;
    if (!settles && c->list[x->standing].newest == x)
        return;
    leave_list(c, x);
    join_list(c, x, settles ? STANDING_SETTLED : x->standing);
}

static struct exporter *take_message(struct collector *c, struct exporter *x,
                                     const struct datagram *d)
{
    if (!x) {
        collector_lose(c, NULL, LOSS_exporters_full, 1);
        return NULL;
    }
    c->last = c->sender = x;
    hear(c, x, d);
    x->datagrams++;
    x->bytes += d->len;
    return x;
}

struct exporter *collector_know(struct collector *c, const struct datagram *d, uint32_t domain,
                                enum telemetry telemetry)
{
    const struct key k = {&d->from, domain, (uint8_t)telemetry};
    struct exporter *x = c->last && has_key(c->last, &k) ? c->last : find(c, &k, 0).latest;
    return take_message(c, x ? x : make(c, &k, 0), d);
}

struct exporter *collector_know_session(struct collector *c, const struct message *m,
                                        uint32_t domain, enum telemetry telemetry,
                                        const struct stamp *s)
{
    const struct key k = {&m->d->from, domain, (uint8_t)telemetry};
    struct exporter *x = c->last;
    if (!x || x->port != m->d->from_port || !has_key(x, &k))
        x = session_of(c, &k, m, s);
    return take_message(c, x, m->d);
}

struct exporter *collector_other(struct collector *c, struct exporter *sender,
                                 const struct addr *addr, uint32_t domain, const struct datagram *d)
{
    if (addr_is_none(addr) || addr_equal(addr, &sender->addr))
        return sender;
    const struct key k = {addr, domain, sender->telemetry};
    struct exporter *x = find(c, &k, 0).latest;
    x = x ? x : make(c, &k, 0);
    if (!x)
        return sender;
    hear(c, x, d);
    return x;
}

struct exporter *collector_remember(struct collector *c, struct addr addr, uint32_t domain,
                                    uint8_t telemetry, uint16_t port)
{
    const struct key k = {&addr, domain, telemetry};
    struct exporter *x = find(c, &k, port).exact;
    x = x ? x : make(c, &k, port);
    if (x && x->standing == STANDING_NEW) {
        leave_list(c, x);
        join_list(c, x, STANDING_SETTLED);
    }
    return x;
}

void collector_confirm(struct collector *c, struct exporter *x)
{
    if (x->standing != STANDING_NEW)
        return;
    leave_list(c, x);
    join_list(c, x, STANDING_PASSING);
    if (!x->is_younger)
        collector_say(c, x, NEWS_EXPORTER, "is a new exporter");
}

/* ---- Time ----------------------------------------------------------------------------------------- */

/* What y's elder has told goes to y, where y has told nothing of it itself; its templates go. */
static void follow(struct collector *c, struct exporter *y, struct exporter *elder)
{
    exporter_succeed(y, elder);
    if (elder->standing > y->standing) {
        leave_list(c, y);
        join_list(c, y, elder->standing);
    }
    forget(c, elder);
    collector_say(c, y, NEWS_RESTART,
                  y->is_stream ? "has connected anew" : "sends from port %u now", y->port);
}

/* Is the session y the next one of an older session, or another exporter behind the same address? */
static void judge(struct collector *c, struct exporter *y, nsec_t now)
{
    const struct key k = key_of(y);
    struct exporter *elder = NULL;
    for (uint32_t i = home_of(&k); c->slot[i]; i = (i + 1) % EXPORTER_SLOTS) {
        struct exporter *x = c->exporters[c->slot[i] - 1];
        bool is_older = x->born < y->born && has_key(x, &k);
        elder = is_older && (!elder || x->last > elder->last) ? x : elder;
    }
    if (elder && elder->last <= y->first) {
        bool is_over =
            y->is_stream ? elder->has_ended : now - y->first > SILENT_FOR + 2 * elder->gap;
        if (is_over)
            follow(c, y, elder);
        return;
    }
    y->is_younger = false;
    if (elder && y->standing != STANDING_NEW)
        collector_say(c, y, NEWS_EXPORTER,
                      "is another exporter behind the same address, at port %u", y->port);
}

void collector_tick(struct collector *c, nsec_t now)
{
    c->sender = NULL;
    c->now = now < INT64_MAX ? now : c->now;
    for (uint32_t i = c->exporter_count; i-- > 0;) {
        if (i >= c->exporter_count)
            continue;
        struct exporter *x = c->exporters[i];
        parked_expire(c, x, now == INT64_MAX ? now : now - PARKED_FOR);
        if (x->is_younger)
            judge(c, x, c->now);
    }
}

void collector_end_stream(struct collector *c, const struct datagram *d)
{
    for (uint32_t i = 0; i < c->exporter_count; i++) {
        struct exporter *x = c->exporters[i];
        if (x->is_stream && x->port == d->from_port && addr_equal(&x->addr, &d->from)) {
            parked_expire(c, x, INT64_MAX);
            exporter_forget_templates(x, true, true);
            x->has_ended = true;
        }
    }
}

void collector_forget_all(struct collector *c)
{
    c->sender = NULL;
    while (c->exporter_count)
        forget(c, c->exporters[c->exporter_count - 1]);
}

bool collector_exporter(const struct collector *c, unsigned i, struct exporter_row *row)
{
    if (i >= c->exporter_count)
        return false;
    exporter_to_row(c->exporters[i], row);
    return true;
}

const struct exporter *collector_exporter_at(const struct collector *c, unsigned i)
{
    return i < c->exporter_count ? c->exporters[i] : NULL;
}
