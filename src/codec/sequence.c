/* sequence.c - loss, order, repetition and restarts, from sequence numbers and uptimes.
 *
 * A number ahead of the expected one is a loss; what comes late is taken off the loss again. A number far
 * behind, or an uptime that fell without wrapping, is a restart: templates learnt before it are void
 * (rule B08), unless it happens so often that two exporters must be hidden behind one address.
 */
#include "base/hash.h"
#include "codec/collector_private.h"
#include "codec/parked.h"

enum {
    LATE_MOST = 3000, /* units behind that are still the same run: 100 full datagrams of records */
    AHEAD_MOST = 1 << 24 /* more cannot have been lost at once */
};

/* What a sequence number counts. */
enum { COUNTS_BEFORE = 1, COUNTS_WITHIN = 2, COUNTS_MESSAGES = 4, ALL_WAYS = 7 };

static const nsec_t RESTART_PAUSE = 10 * SECOND;
static const nsec_t UPTIME_SLACK = 60 * SECOND;
/* An uptime is rounded by itself, and clocks of whole seconds may turn just then; nobody restarts as fast. */
static const nsec_t UPTIME_JITTER = SECOND;

/* 64 bits over a message. Four lanes that need not wait for each other: one after the other, their
 * multiplications would be half of what a record costs (16 ns of 35). */
static uint64_t print_of(const struct datagram *d)
{
    uint64_t lane[4] = {hash_seeds[0], hash_seeds[1], hash_seeds[2], hash_seeds[3]};
    struct cursor c = cur_over(d->bytes, d->len);
    while (cur_left(&c) >= 64) {
        const uint8_t *p = cur_take(&c, 64);
        for (unsigned i = 0; i < 4; i++, p += 16)
            lane[i] = hash_mum(load_le64(p) ^ lane[i], load_le64(p + 8) ^ hash_seeds[i]) ^ lane[i];
    }
    uint64_t rest = hash_bytes(c.at, cur_left(&c));
    return hash_u128(hash_u128(lane[0], lane[1]) ^ rest, hash_u128(lane[2], lane[3]));
}

static bool is_repeated(struct exporter *x, const struct datagram *d, uint32_t sequence)
{
    uint64_t hash = 0;
    bool hashed = false;
    for (unsigned i = 0; i < EXPORTER_RECENT; i++) {
        const struct recent_message *r = &x->recent[i];
        if (r->sequence != sequence || r->len != d->len)
            continue;
        if (!hashed)
            hash = print_of(d);
        hashed = true;
        if (r->hash == hash)
            return true;
    }
    x->recent[x->recent_at++ % EXPORTER_RECENT] = (struct recent_message){
        .sequence = sequence,
        .len = (uint32_t)d->len,
        .hash = hashed ? hash : print_of(d),
    };
    return false;
}

static bool is_within(nsec_t t, nsec_t most)
{
    return t < most && -t < most;
}

static bool is_near(nsec_t a, nsec_t b)
{
    return is_within(a - b, UPTIME_SLACK);
}

/* sFlow says no time of its own, so a late datagram of it is not told from a fresh one by that. */
static bool has_clock(const struct exporter *x)
{
    return x->telemetry < TELEMETRY_SFLOW2;
}

/* True when the uptime fell, and neither wrapped nor is one of a message that comes late, whose time
 * went back with it. */
static bool uptime_restarted(struct exporter *x, const struct steps_context *context)
{
    bool fell = x->has_uptime && context->uptime < x->uptime;
    nsec_t passed = context->exported - x->uptime_exported;
    nsec_t up = (nsec_t)(uint32_t)(context->uptime - x->uptime) * MILLISECOND;
    nsec_t back = (nsec_t)(uint32_t)(x->uptime - context->uptime) * MILLISECOND;
    bool wrapped = is_near(up, passed);
    bool late = passed <= (has_clock(x) ? 0 : UPTIME_SLACK) && is_near(back, -passed);
    bool jitters = back < UPTIME_JITTER && is_within(passed, 2 * UPTIME_JITTER);
    bool restarted = fell && !wrapped && !late && !jitters;
    if (!late || !fell) {
        x->has_uptime = true;
        x->uptime = context->uptime;
        x->uptime_exported = context->exported;
    }
    return restarted;
}

static void restart(struct collector *c, struct message *m)
{
    struct exporter *x = m->x;
    x->restarts++;
    x->has_sequence = false;
    if (!x->restarted || m->d->received - x->restarted > RESTART_PAUSE) {
        exporter_forget_templates(x, true, true);
        /* What waits was sent before, and is not of the layouts that will come. */
        parked_expire(c, x, INT64_MAX);
        collector_say(c, x, NEWS_RESTART, "has restarted");
    }
    x->restarted = m->d->received;
}

bool sequence_start(struct collector *c, struct message *m, uint32_t sequence)
{
    struct exporter *x = m->x;
    if (m->d->is_stream)
        return true;
    if (is_repeated(x, m->d, sequence)) {
        x->duplicate++;
        return false;
    }
    bool restarted = m->context.has_uptime && uptime_restarted(x, &m->context);
    int32_t ahead = (int32_t)(sequence - x->next_sequence);
    if (restarted || (x->has_sequence && (ahead < -LATE_MOST || ahead > AHEAD_MOST)))
        restart(c, m);
    return true;
}

/* What the number should be. Standards count what was sent before the message; softflowd counts in IPFIX
 * what was sent up to its end, others count messages. A way that does not explain a number is ruled out
 * when another does. What explains nothing is a loss by the first way that is left. */
static uint32_t expected(const struct message *m, uint32_t sequence, uint32_t units)
{
    struct exporter *x = m->x;
    /* Without its template a message has more units than are known. */
    if (m->is_unknown)
        return x->ways_ruled_out & COUNTS_BEFORE ? sequence : x->next_sequence;
    const uint32_t next[] = {x->next_sequence, x->last_sequence + units, x->last_sequence + 1};
    unsigned ways = ALL_WAYS & ~x->ways_ruled_out, exact = 0;
    for (unsigned i = 0; i < sizeof next / sizeof *next; i++)
        exact |= (unsigned)(next[i] == sequence) << i;
    if (exact & ways)
        ways &= exact;
    else if (exact & COUNTS_BEFORE)
        ways = exact;
    x->ways_ruled_out = ALL_WAYS & ~ways;
    return next[ways & COUNTS_BEFORE ? 0 : ways & COUNTS_WITHIN ? 1 : 2];
}

void sequence_end(struct message *m, uint32_t sequence, uint32_t units)
{
    struct exporter *x = m->x;
    int32_t ahead = x->has_sequence ? (int32_t)(sequence - expected(m, sequence, units)) : 0;
    if (ahead < 0) {
        x->reordered++;
        x->lost -= x->lost < units ? x->lost : units;
        return;
    }
    x->lost += (uint32_t)ahead;
    /* How many records a set had whose template is not known, the next message tells. */
    x->has_sequence = !m->is_unknown;
    x->last_sequence = sequence;
    x->next_sequence = sequence + units;
}
