/* sampling.c - how many packets one packet stands for, by whom it was said.
 *
 * The user's word comes first, then options data for the record's own sampler, then the record, the
 * header, and options data for the whole exporter. An exporter that has told of one sampler only
 * means it for all of its records. A rate of 0 or above 2^24 is ignored and counted (rule B10).
 */
#include "codec/collector_private.h"

#include <stdlib.h>

static uint32_t sampling_configured(const char *config, const struct addr *addr)
{
    for (const char *at = config; at && *at;) {
        const char *end = at;
        while (*end && *end != ',')
            end++;
        const char *equals = memchr(at, '=', (size_t)(end - at));
        char text[ADDR_TEXT];
        struct addr a;
        if (equals && (size_t)(equals - at) < sizeof text) {
            memcpy(text, at, (size_t)(equals - at));
            text[equals - at] = 0;
            unsigned long rate = strtoul(equals + 1, NULL, 10);
            if (addr_parse(text, &a) && addr_equal(&a, addr) && rate && rate <= SAMPLING_MOST)
                return (uint32_t)rate;
        }
        at = *end ? end + 1 : end;
    }
    return 0;
}

static bool rate_holds(struct collector *c, uint64_t rate)
{
    if (rate && rate <= SAMPLING_MOST)
        return true;
    collector_note(c, LOSS_sampling_bad);
    return false;
}

/* A change of more than ten times is a fault of somebody: of the exporter, or of all figures before. */
static void tell_change(struct collector *c, struct exporter *x, uint32_t rate, uint32_t before)
{
    uint32_t more = rate > before ? rate : before, less = rate > before ? before : rate;
    collector_say(c, x, more > 10 * less ? NEWS_SAMPLING_FAR : NEWS_SAMPLING,
                  "now samples one packet in %u instead of one in %u", rate, before);
}

/* Remembers a rate. One that comes back at once belongs to two samplers that take turns, and is no news. */
static void tell_rate(struct collector *c, struct exporter *x, struct told_rate *t, uint32_t rate,
                      uint8_t mode)
{
    t->mode = mode;
    if (t->rate == rate)
        return;
    if (t->rate && t->before != rate)
        tell_change(c, x, rate, t->rate);
    t->before = t->rate;
    t->rate = rate;
    t->changed = c->now;
}

/* Place of a sampler, or where it would stand. */
static uint32_t sampler_place(const struct exporter *x, uint64_t id)
{
    uint32_t low = 0, high = x->sampler_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (x->samplers[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct sampler *find_sampler(const struct exporter *x, uint64_t id)
{
    uint32_t i = sampler_place(x, id);
    return i < x->sampler_count && x->samplers[i].id == id ? &x->samplers[i] : NULL;
}

static struct sampler *know_sampler(struct exporter *x, uint64_t id)
{
    struct sampler *known = find_sampler(x, id);
    if (known)
        return known;
    struct sampler *all = exporter_grow(x, x->samplers, x->sampler_count, &x->sampler_room,
                                        sizeof *all, EXPORTER_SAMPLERS);
    if (!all)
        return NULL;
    x->samplers = all;
    uint32_t i = sampler_place(x, id);
    memmove(&all[i + 1], &all[i], (x->sampler_count - i) * sizeof *all);
    x->sampler_count++;
    all[i] = (struct sampler){.id = id};
    return &all[i];
}

/* The rate of records that name no sampler: that of the exporter, or of all samplers where they agree. */
static void decide(struct exporter *x)
{
    uint32_t rate = x->whole.rate;
    for (uint32_t i = 0; !x->whole.rate && i < x->sampler_count; i++) {
        const struct told_rate *t = &x->samplers[i].told;
        rate = t->source != SAMPLING_OPTIONS ? rate
               : !rate || rate == t->rate    ? t->rate
                                             : UINT32_MAX;
    }
    bool is_known = rate && rate != UINT32_MAX;
    x->sampling = is_known ? rate : 1;
    x->sampling_source = !is_known                            ? SAMPLING_UNKNOWN
                         : x->whole.source == SAMPLING_CONFIG ? SAMPLING_CONFIG
                         : rate == 1                          ? SAMPLING_NONE
                                                              : SAMPLING_OPTIONS;
}

void sampling_configure(struct exporter *x, const char *config)
{
    x->whole.rate = sampling_configured(config, &x->addr);
    x->whole.source = x->whole.rate ? SAMPLING_CONFIG : SAMPLING_UNKNOWN;
    decide(x);
}

void sampling_set(struct collector *c, struct exporter *x, const struct sampling_told *told)
{
    if (!rate_holds(c, told->rate))
        return;
    struct sampler *s = told->has_id ? know_sampler(x, told->id) : NULL;
    struct told_rate *t = s ? &s->told : &x->whole;
    if ((told->has_id && !s) || t->source == SAMPLING_CONFIG)
        return;
    t->source = SAMPLING_OPTIONS;
    tell_rate(c, x, t, (uint32_t)told->rate, told->mode);
    decide(x);
}

void sampling_state(struct collector *c, struct exporter *x, const struct sampling_told *told)
{
    struct sampler *s = told->has_id ? know_sampler(x, told->id) : NULL;
    struct told_rate *t = s ? &s->told : &x->seen;
    if (told->has_id && !s)
        return;
    t->source = told->rate == 1 ? SAMPLING_NONE : SAMPLING_HEADER;
    tell_rate(c, x, t, (uint32_t)told->rate, told->mode);
}

uint64_t sampling_from_probability(double p)
{
    return p > 0 && p <= 1 ? (uint64_t)(1 / p + 0.5 < UINT32_MAX ? 1 / p + 0.5 : UINT32_MAX) : 0;
}

/* What the record itself says, 0 = nothing. */
static uint64_t rate_of_record(const struct aside *a)
{
    if (a->interval)
        /* RFC 5477, 8.2.2: interval packets are taken, space packets are not. */
        return (a->interval + a->space) / a->interval;
    if (a->size && a->population)
        return a->population / a->size;
    if (a->probability > 0)
        return sampling_from_probability(a->probability);
    return a->has_rate ? a->rate : 0;
}

static void set_rate(struct flow_in *f, uint32_t rate, enum sampling_source source)
{
    f->sampling = rate;
    f->sampling_source = (uint8_t)(rate == 1 && source != SAMPLING_CONFIG ? SAMPLING_NONE : source);
}

void sampling_of(struct collector *c, const struct message *m, const struct aside *a,
                 struct flow_in *f)
{
    struct exporter *x = m->x;
    set_rate(f, x->sampling ? x->sampling : 1, x->sampling_source);
    if (x->sampling_source == SAMPLING_CONFIG)
        return;
    const struct sampler *s = a && a->has_selector ? find_sampler(x, a->selector) : NULL;
    if (s) {
        set_rate(f, s->told.rate, SAMPLING_OPTIONS);
        return;
    }
    uint64_t own = a ? rate_of_record(a) : 0;
    if (own && rate_holds(c, own)) {
        set_rate(f, (uint32_t)own, SAMPLING_RECORD);
        x->seen.source = f->sampling_source;
        if (x->seen.rate != own && x->sampling_source < SAMPLING_OPTIONS)
            tell_rate(c, x, &x->seen, (uint32_t)own, SAMPLING_MODE_UNKNOWN);
        return;
    }
    if (m->sampling)
        set_rate(f, m->sampling, SAMPLING_HEADER);
}
