/* options.c - what exporters tell about themselves: sampling, names of interfaces, applications, VRFs. */
#include "codec/collector_private.h"

/* One options record, as far as anybody needs it. */
struct told {
    const uint8_t *name[4]; /* by enum exporter_name */
    size_t name_len[4];
    uint64_t id[4];
    bool has_id[4];
    uint64_t rate, interval, space, size, population;
    bool has_rate;
    bool has_sampler;
    uint64_t sampler;
    nsec_t boot;
};

enum { V9_SCOPE_INTERFACE = 2 };

static uint64_t number_of(const struct field_walk *w)
{
    uint64_t v = 0;
    for (size_t i = 0; i < w->len && i < 8; i++)
        v = v << 8 | w->bytes[i];
    return v;
}

static void tell_id(struct told *o, enum exporter_name kind, uint64_t id)
{
    o->id[kind] = id;
    o->has_id[kind] = true;
}

static void tell_name(struct told *o, enum exporter_name kind, const struct field_walk *w)
{
    o->name[kind] = w->bytes;
    o->name_len[kind] = w->len;
}

static void tell_sampler(struct told *o, uint64_t id)
{
    o->sampler = id;
    o->has_sampler = true;
    tell_id(o, NAME_SAMPLER, id);
}

static void read_sampling(struct told *o, uint16_t id, uint64_t v)
{
    switch (id) {
    case 34:
    case 50:
        o->rate = v;
        o->has_rate = true;
        break;
    case 48:
    case 302:
        tell_sampler(o, v);
        break;
    case 305:
        o->interval = v;
        break;
    case 306:
        o->space = v;
        break;
    case 309:
        o->size = v;
        break;
    case 310:
        o->population = v;
        break;
    default:
        break;
    }
}

static void read_field(struct told *o, const struct field_walk *w)
{
    uint64_t v = number_of(w);
    switch (w->field->id) {
    case 10:
    case 14:
        tell_id(o, NAME_INTERFACE, v);
        break;
    case 82:
        tell_name(o, NAME_INTERFACE, w);
        break;
    case 83:
        if (!o->name[NAME_INTERFACE] || !o->name_len[NAME_INTERFACE] || !o->name[NAME_INTERFACE][0])
            tell_name(o, NAME_INTERFACE, w);
        break;
    case 84:
        tell_name(o, NAME_SAMPLER, w);
        break;
    case 95:
        tell_id(o, NAME_APPLICATION, v);
        break;
    case 96:
        tell_name(o, NAME_APPLICATION, w);
        break;
    case 160:
        o->boot = v < (uint64_t)(INT64_MAX / MILLISECOND) ? (nsec_t)v * MILLISECOND : 0;
        break;
    case 234:
    case 235:
        tell_id(o, NAME_VRF, v);
        break;
    case 236:
        tell_name(o, NAME_VRF, w);
        break;
    default:
        read_sampling(o, w->field->id, v);
    }
}

static void read_record(struct told *o, const struct message *m, const struct template *t,
                        const uint8_t *bytes, size_t len)
{
    struct field_walk w = field_walk_over(t, bytes, len);
    while (field_next(&w)) {
        if (w.field->pen != PEN_IANA)
            continue;
        /* NetFlow v9 counts its scopes by itself (RFC 3954, 6.1). */
        if (!w.field->is_scope || m->x->telemetry != TELEMETRY_NETFLOW9)
            read_field(o, &w);
        else if (w.field->id == V9_SCOPE_INTERFACE)
            tell_id(o, NAME_INTERFACE, number_of(&w));
    }
}

static void learn(struct collector *c, struct exporter *x, const struct told *o)
{
    for (unsigned kind = NAME_INTERFACE; kind <= NAME_SAMPLER; kind++)
        if (o->name[kind] && o->has_id[kind])
            exporter_set_name(x, kind, o->id[kind], o->name[kind], o->name_len[kind]);
    if (o->boot)
        x->boot = o->boot;
    if (o->interval)
        sampling_set(c, x, (o->interval + o->space) / o->interval, o->has_sampler, o->sampler);
    else if (o->size && o->population)
        sampling_set(c, x, o->population / o->size, o->has_sampler, o->sampler);
    else if (o->has_rate)
        sampling_set(c, x, o->rate, o->has_sampler, o->sampler);
}

/* So that --records can show them: a flow_in without columns. */
static void show(struct collector *c, struct message *m, const struct template *t,
                 const uint8_t *bytes, size_t len)
{
    struct flow_in *f = &c->batch[0];
    *f = (struct flow_in){.kind = FLOW_IN_OPTIONS,
                          .exported = m->context.exported,
                          .first = m->context.exported,
                          .last = m->context.exported,
                          .domain = m->x->domain,
                          .sampling = 1,
                          .exporter = m->x,
                          .raw = {.layout = t, .bytes = bytes, .len = len}};
    if (c->ops.flows)
        c->ops.flows(c->to, f, 1);
}

void options_take(struct collector *c, struct message *m, const struct template *t,
                  struct cursor set)
{
    while (cur_left(&set) >= t->min_len) {
        size_t len = template_record_len(t, &set);
        const uint8_t *bytes = len ? cur_take(&set, len) : NULL;
        if (!bytes) {
            collector_note(c, LOSS_record_cut_options);
            return;
        }
        struct told o = {0};
        read_record(&o, m, t, bytes, len);
        learn(c, m->x, &o);
        m->options++;
        m->x->options++;
        counter_add(&c->counts.options, 1);
        if (c->config.keep_raw)
            show(c, m, t, bytes, len);
    }
}
