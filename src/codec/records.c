/* records.c - the data records of a set, from octets to flows that are handed on. */
#include "base/hash.h"
#include "codec/collector_private.h"

static const nsec_t PAST_MOST = 24 * HOUR;
static const nsec_t FUTURE_MOST = 5 * MINUTE;

static nsec_t clamp(nsec_t t, nsec_t low, nsec_t high)
{
    return t < low ? low : t > high ? high : t;
}

static nsec_t later(nsec_t t, nsec_t by)
{
    nsec_t sum;
    return __builtin_add_overflow(t, by, &sum) ? t : sum;
}

/* Rule B09: a time that cannot be is moved to the nearest that can, and a flow never ends before it begins.
 * Where the exporter's clock is as far off, its times move with it and keep their distances: a clock that
 * was never set, or a capture of years ago that a probe replays. */
static void check_times(struct collector *c, struct flow_in *f, nsec_t now)
{
    nsec_t low = now - PAST_MOST, high = now + FUTURE_MOST;
    nsec_t first = f->first, last = f->last;
    /* One of the two alone is both. */
    first = first ? first : last;
    last = last ? last : first;
    f->first = clamp(first, low, high);
    f->last = clamp(last, low, high);
    bool clock_is_off = f->exported && f->exported != clamp(f->exported, low, high);
    if (clock_is_off && (f->first != first || f->last != last)) {
        f->first = clamp(later(first, now - f->exported), low, high);
        f->last = clamp(later(last, now - f->exported), low, high);
    }
    if (f->last < f->first)
        f->last = f->first;
    if (f->first != first || f->last != last) {
        f->flags |= FLOW_IN_CLAMPED;
        collector_note(c, LOSS_time_moved);
    }
}

/* A stamp wraps after 49.7 days: of the moments that it can mean the one nearest to its message. */
static nsec_t uptime_moment(nsec_t boot, uint32_t stamp, nsec_t exported)
{
    uint64_t uptime = (uint64_t)((exported - boot) / MILLISECOND);
    int32_t age = (int32_t)((uint32_t)uptime - stamp);
    return boot + (nsec_t)(uptime - (uint64_t)age) * MILLISECOND;
}

/* IPFIX has stamps since the exporter started only with the moment at which it did. */
static void uptime_stamps(struct flow_in *f, const struct aside *a, const struct message *m)
{
    nsec_t boot = a->boot ? a->boot : m->x->boot;
    nsec_t exported = m->context.exported;
    if (!boot || boot > exported + FUTURE_MOST)
        return;
    if (a->has_first && !f->first)
        f->first = uptime_moment(boot, a->first_up, exported);
    if (a->has_last && !f->last)
        f->last = uptime_moment(boot, a->last_up, exported);
    if (a->has_first || a->has_last)
        f->flags |= FLOW_IN_HAS_TIMES;
}

/* A flow's start or its end, whichever was not sent. */
static void fill_from_duration(struct flow_in *f, nsec_t duration)
{
    if (f->first && !f->last)
        f->last = later(f->first, duration);
    else if (f->last && !f->first)
        f->first = f->last - (duration < f->last ? duration : 0);
}

static uint8_t ip_version(const struct template *t, const struct flow_in *f)
{
    bool v4 = t->has & TEMPLATE_HAS_V4, v6 = t->has & TEMPLATE_HAS_V6;
    if (v4 != v6)
        return v4 ? 4 : 6;
    if (!v4 || (addr_is_none(&f->src) && addr_is_none(&f->dst)))
        return 0;
    return addr_is_v4(&f->src) && addr_is_v4(&f->dst) ? 4 : 6;
}

/* A firewall's counters of initiator and responder: updates say what is new since the last one, and the end
 * of the connection says it all once more (Cisco's ASA, whose updates are called delta and whose
 * teardown the same, but is not). */
static void mark_event(struct flow_in *f)
{
    enum { EVENT_DELETED = 2, EVENT_UPDATE = 5 };
    if (f->firewall_event == EVENT_UPDATE)
        f->flags |= FLOW_IN_PART;
    if (f->firewall_event == EVENT_DELETED)
        f->flags |= FLOW_IN_TOTALS | FLOW_IN_FINAL;
}

/* What its template is about; a piece of a packet that is empty does not say which packet it was. */
static uint8_t kind_of(const struct template *t, const struct aside *a)
{
    if (t->kind != FLOW_IN_SAMPLE || (a->frame && a->frame_len))
        return t->kind;
    return t->has & (TEMPLATE_HAS_V4 | TEMPLATE_HAS_V6 | TEMPLATE_HAS_COUNTERS) ? FLOW_IN_FLOW
                                                                                : FLOW_IN_MESSAGE;
}

/* What a record has from its message. a is NULL when its template needs none. */
static void finish(struct collector *c, const struct message *m, const struct template *t,
                   struct flow_in *f, const struct aside *a)
{
    f->kind = kind_of(t, a);
    f->flags |= (uint8_t)t->flow_flags;
    if (t->kind == FLOW_IN_EVENT && t->flow_flags & FLOW_IN_INITIATOR)
        mark_event(f);
    f->version = ip_version(t, f);
    f->exported = m->context.exported;
    f->domain = m->x->domain;
    f->exporter = m->x;
    if (a)
        uptime_stamps(f, a, m);
    if (a && a->duration && f->flags & FLOW_IN_HAS_TIMES)
        fill_from_duration(f, a->duration);
    if (!(f->flags & FLOW_IN_HAS_TIMES))
        f->first = f->last = f->exported ? f->exported : m->d->received;
    check_times(c, f, m->d->received);
    sampling_of(c, m, a, f);
}

static void give_frame(struct collector *c, const struct flow_in *f, const struct aside *a)
{
    uint32_t wire = a->frame_size > a->frame_len ? a->frame_size : a->frame_len;
    const struct frame frame = {.bytes = a->frame,
                                .ts = f->flags & FLOW_IN_HAS_TIMES ? f->first : f->exported,
                                .cap_len = a->frame_len,
                                .wire_len = wire,
                                .link = a->link};
    counter_add(&c->counts.frames, 1);
    if (c->ops.frame)
        c->ops.frame(c->to, &frame, f);
}

/* Some firewalls send each way of a connection by itself, with octets and packets that came and the same ones
 * that left; others send both ways at once under the same elements. Few flows have as much of both on
 * either way, so the records tell which it is: those of a template that mostly leave as they came are
 * not counted twice. */
static void judge_out(struct collector *c, struct template *t, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct flow_in *f = &c->batch[i];
        bool is_same = f->bytes[0] == f->bytes[1] && f->packets[0] == f->packets[1];
        bool says = f->bytes[0] && f->bytes[1];
        t->out_same += says && is_same;
        t->out_other += says && !is_same;
    }
    if (!t->out_same || t->out_other > t->out_same)
        return;
    for (size_t i = 0; i < n; i++) {
        struct flow_in *f = &c->batch[i];
        f->bytes[1] = f->packets[1] = 0;
        f->flags &= (uint8_t)~FLOW_IN_REVERSE;
    }
}

/* Records of a mediator belong to the exporters that they name, which may be known for as long as a record and
 * its frame are handed on. */
static void hand_on_named(struct collector *c, const struct message *m, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct flow_in *f = &c->batch[i];
        struct exporter *x = collector_other(c, m->x, &c->aside[i].exporter, m->x->domain, m->d);
        f->exporter = x;
        if (x->sampling_source == SAMPLING_CONFIG) {
            f->sampling = x->sampling;
            f->sampling_source = SAMPLING_CONFIG;
        }
        collector_accept(c, x, f, 1);
        if (f->kind == FLOW_IN_SAMPLE)
            give_frame(c, f, &c->aside[i]);
    }
}

static void hand_on_own(struct collector *c, const struct message *m, const struct template *t,
                        size_t n)
{
    collector_accept(c, m->x, c->batch, n);
    for (size_t i = 0; t->kind == FLOW_IN_SAMPLE && i < n; i++)
        if (c->batch[i].kind == FLOW_IN_SAMPLE)
            give_frame(c, &c->batch[i], &c->aside[i]);
}

/* n records are decoded in batch and aside. */
static void hand_on(struct collector *c, struct message *m, struct template *t, size_t n)
{
    bool has_aside = t->has & TEMPLATE_HAS_ASIDE;
    for (size_t i = 0; i < n; i++)
        finish(c, m, t, &c->batch[i], has_aside ? &c->aside[i] : NULL);
    if (t->has & TEMPLATE_HAS_OUT)
        judge_out(c, t, n);
    if (t->has & TEMPLATE_HAS_EXPORTER)
        hand_on_named(c, m, n);
    else
        hand_on_own(c, m, t, n);
    m->decoded += (uint32_t)n;
}

static void clear(struct collector *c, const struct template *t, size_t n)
{
    memset(c->batch, 0, n * sizeof *c->batch);
    if (t->has & TEMPLATE_HAS_ASIDE)
        memset(c->aside, 0, n * sizeof *c->aside);
}

static void take_fixed(struct collector *c, struct message *m, struct template *t,
                       struct cursor *set, size_t most)
{
    while (most && cur_left(set) >= t->min_len) {
        size_t n = cur_left(set) / t->min_len;
        n = n < STEPS_BATCH ? n : STEPS_BATCH;
        n = n < most ? n : most;
        const uint8_t *bytes = cur_take(set, n * t->min_len);
        clear(c, t, n);
        steps_run(t, bytes, n, c->batch, c->aside, &m->context);
        for (size_t i = 0; c->config.keep_raw && i < n; i++)
            c->batch[i].raw = (struct flow_in_raw){
                .layout = t, .bytes = bytes + i * t->min_len, .len = t->min_len};
        hand_on(c, m, t, n);
        most -= n;
    }
}

/* Packs records of the set, and how they came as their raw octets. Returns how many; *is_cut when the
 * set ends inside of one. */
static size_t pack_some(struct collector *c, const struct template *t, struct cursor *set,
                        struct flow_in_raw *raw, bool *is_cut)
{
    size_t n = 0, most = steps_packed_most(t);
    while (n < most && cur_left(set) >= t->min_len) {
        const uint8_t *start = set->at;
        if (!steps_pack(t, set, &c->packed, n)) {
            *is_cut = true;
            break;
        }
        raw[n++] =
            (struct flow_in_raw){.layout = t, .bytes = start, .len = (size_t)(set->at - start)};
    }
    return n;
}

static void take_variable(struct collector *c, struct message *m, struct template *t,
                          struct cursor *set)
{
    struct flow_in_raw raw[STEPS_BATCH];
    bool is_cut = false;
    while (!is_cut && cur_left(set) >= t->min_len) {
        size_t n = pack_some(c, t, set, raw, &is_cut);
        clear(c, t, n);
        steps_run_packed(t, &c->packed, n, c->batch, c->aside, &m->context);
        for (size_t i = 0; c->config.keep_raw && i < n; i++)
            c->batch[i].raw = raw[i];
        if (n)
            hand_on(c, m, t, n);
    }
    if (is_cut)
        collector_lose(c, m->x, LOSS_record_cut, 1);
}

void records_take_some(struct collector *c, struct message *m, struct template *t,
                       struct cursor set, size_t n)
{
    take_fixed(c, m, t, &set, n);
}

void records_take(struct collector *c, struct message *m, struct template *t, struct cursor set)
{
    if (t->is_variable)
        take_variable(c, m, t, &set);
    else
        take_fixed(c, m, t, &set, SIZE_MAX);
}
