/* exporter_rows.c - what can be asked about an exporter: its templates, sampling and interfaces, as values. */
#include "codec/exporter_rows.h"

#include "codec/exporter.h"

#include <stdio.h>

bool exporter_template_row(const struct exporter *x, unsigned i, struct template_row *row)
{
    if (i >= x->template_count)
        return false;
    const struct template *t = x->templates[i];
    *row = (struct template_row){.learnt = t->learnt,
                                 .used = t->used,
                                 .records = t->records,
                                 .octets = (uint32_t)t->min_len,
                                 .changes = t->changes,
                                 .id = t->id,
                                 .fields = t->fields,
                                 .is_options = t->is_options,
                                 .is_variable = t->is_variable};
    return true;
}

/* The scopes of NetFlow v9 are numbered by themselves (RFC 3954, 6.1). */
static const char *scope_name(uint16_t id)
{
    static const char *const name[] = {"", "System", "Interface", "Line Card", "Cache", "Template"};
    return id < sizeof name / sizeof *name ? name[id] : "";
}

bool exporter_template_field(const struct exporter *x, unsigned i, unsigned field,
                             struct template_field_row *row)
{
    if (i >= x->template_count || field >= x->templates[i]->fields)
        return false;
    const struct template_field *f = &x->templates[i]->field[field];
    const struct element *e = element_find(f->pen, f->id);
    bool is_v9_scope = f->is_scope && x->telemetry == TELEMETRY_NETFLOW9;
    *row = (struct template_field_row){.pen = f->pen,
                                       .id = f->id,
                                       .octets = f->octets,
                                       .is_scope = f->is_scope,
                                       .name = is_v9_scope ? scope_name(f->id)
                                               : e         ? e->name
                                                           : ""};
    return true;
}

static struct sampling_row rate_row(const struct told_rate *r)
{
    return (struct sampling_row){.mode = r->mode,
                                 .source = r->source,
                                 .rate = r->rate,
                                 .before = r->before,
                                 .changed = r->changed};
}

bool exporter_sampling_row(const struct exporter *x, unsigned i, struct sampling_row *row)
{
    /* Configuration and options overrule what headers and records state. */
    const struct told_rate *whole = x->whole.rate ? &x->whole : &x->seen;
    if (whole->rate && i-- == 0) {
        *row = rate_row(whole);
        return true;
    }
    if (i >= x->sampler_count)
        return false;
    const struct sampler *s = &x->samplers[i];
    *row = rate_row(&s->told);
    row->id = s->id;
    row->has_id = true;
    snprintf(row->name, sizeof row->name, "%s", exporter_name_of(x, NAME_SAMPLER, s->id));
    return true;
}

const struct addr *exporter_address(const struct exporter *x)
{
    static const struct addr none;
    return x ? &x->addr : &none;
}

/* The rate to show for the exporter as a whole: what it is configured or told to be, else what its records
 * and headers state; of several interfaces of an sFlow agent the largest. */
static struct told_rate rate_shown(const struct exporter *x)
{
    struct told_rate shown = {.rate = x->sampling, .source = x->sampling_source};
    if (x->sampling_source >= SAMPLING_OPTIONS)
        return shown;
    if (x->seen.rate)
        return x->seen;
    for (uint32_t i = 0; i < x->sampler_count; i++)
        if (x->samplers[i].told.rate > shown.rate || shown.source == SAMPLING_UNKNOWN)
            shown = x->samplers[i].told;
    return shown;
}

void exporter_to_row(const struct exporter *x, struct exporter_row *row)
{
    const struct told_rate rate = rate_shown(x);
    *row = (struct exporter_row){.addr = x->addr,
                                 .domain = x->domain,
                                 .port = x->port,
                                 .telemetry = x->telemetry,
                                 .first = x->first,
                                 .last = x->last,
                                 .datagrams = x->datagrams,
                                 .bytes = x->bytes,
                                 .records = x->records,
                                 .options = x->options,
                                 .lost = x->lost,
                                 .reordered = x->reordered,
                                 .duplicate = x->duplicate,
                                 .no_template = x->no_template,
                                 .malformed = x->malformed,
                                 .parked = x->parked_sets,
                                 .restarts = x->restarts,
                                 .skew = x->skew,
                                 .templates = x->template_count,
                                 .sampling = rate.rate,
                                 .sampling_source = rate.source};
    memcpy(row->name, x->name, sizeof row->name);
}
