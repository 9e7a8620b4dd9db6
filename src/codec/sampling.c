/* sampling.c - how many packets one packet stands for, by whom it was said.
 *
 * The user's word comes first, then options data for the record's own sampler, then the record, the
 * header, and options data for the whole exporter. An exporter that has told of one sampler only
 * means it for all of its records. A rate of 0 or above 2^24 is ignored and counted (rule B10).
 */
#include "base/alloc.h"
#include "codec/collector_private.h"

#include <stdlib.h>

uint32_t sampling_configured(const char *config, const struct addr *addr)
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

static void tell_change(struct collector *c, struct exporter *x, uint32_t rate)
{
    if (x->told_rate && x->told_rate != rate)
        collector_say(c, x, "now samples one packet in %u instead of one in %u", rate,
                      x->told_rate);
    x->told_rate = rate;
}

static struct sampler *find_sampler(const struct exporter *x, uint64_t id)
{
    for (uint32_t i = 0; i < x->sampler_count; i++)
        if (x->samplers[i].id == id)
            return &x->samplers[i];
    return NULL;
}

void sampling_set(struct collector *c, struct exporter *x, uint64_t rate, bool has_sampler,
                  uint64_t sampler)
{
    if (!rate_holds(c, rate))
        return;
    if (has_sampler) {
        if (!x->samplers)
            x->samplers = mem_alloc(ACCOUNT_templates, EXPORTER_SAMPLERS * sizeof *x->samplers);
        struct sampler *s = x->samplers ? find_sampler(x, sampler) : NULL;
        if (!s && x->samplers && x->sampler_count < EXPORTER_SAMPLERS)
            s = &x->samplers[x->sampler_count++];
        if (!s)
            return;
        if (s->rate && s->rate != rate)
            collector_say(c, x, "now samples one packet in %u instead of one in %u", (unsigned)rate,
                          s->rate);
        *s = (struct sampler){.id = sampler, .rate = (uint32_t)rate};
    } else {
        tell_change(c, x, (uint32_t)rate);
    }
    if (x->sampling_source == SAMPLING_CONFIG)
        return;
    if (!has_sampler || x->sampler_count == 1) {
        x->sampling = (uint32_t)rate;
        x->sampling_source = rate == 1 ? SAMPLING_NONE : SAMPLING_OPTIONS;
    } else {
        x->sampling = 1;
        x->sampling_source = SAMPLING_UNKNOWN;
    }
}

/* What the record itself says, 0 = nothing. */
static uint64_t rate_of_record(const struct aside *a)
{
    if (a->interval)
        /* RFC 5477, 8.2.2: interval packets are taken, space packets are not. */
        return (a->interval + a->space) / a->interval;
    if (a->size && a->population)
        return a->population / a->size;
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
        set_rate(f, s->rate, SAMPLING_OPTIONS);
        return;
    }
    uint64_t own = a ? rate_of_record(a) : 0;
    if (own && rate_holds(c, own)) {
        set_rate(f, (uint32_t)own, SAMPLING_RECORD);
        if (x->sampling_source <= SAMPLING_RECORD && x->told_rate != own) {
            tell_change(c, x, (uint32_t)own);
            x->sampling_source = f->sampling_source;
        }
        return;
    }
    if (m->sampling) {
        set_rate(f, m->sampling, SAMPLING_HEADER);
        return;
    }
}
