/* options.c - what exporters tell about themselves: sampling, names of interfaces, applications, VRFs. */
#include "codec/collector_private.h"

enum { NAMES = NAME_SAMPLER + 1 };

struct told_text {
    const uint8_t *at; /* NULL = not told */
    size_t len;
};

/* One options record, as far as anybody needs it. */
struct told {
    struct told_text name[NAMES]; /* by enum exporter_name */
    uint64_t id[NAMES];
    bool has_id[NAMES];
    struct told_text interface, description;
    uint32_t index;
    bool has_index;
    uint64_t rate, interval, space, size, population;
    double probability;
    bool has_rate;
    struct sampling_told sampling; /* all but the rate */
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

static struct told_text text_of(const struct field_walk *w)
{
    return (struct told_text){w->bytes, w->len};
}

static void tell_index(struct told *o, uint64_t index)
{
    o->index = (uint32_t)index;
    o->has_index = true;
}

static void tell_sampler(struct told *o, uint64_t id)
{
    o->sampling.id = id;
    o->sampling.has_id = true;
    tell_id(o, NAME_SAMPLER, id);
}

/* samplingAlgorithm and samplerMode: 1 deterministic, 2 random. */
static uint8_t mode_of_sampler(uint64_t v)
{
    return v == 1 ? SAMPLING_MODE_COUNT : v == 2 ? SAMPLING_MODE_RANDOM : SAMPLING_MODE_UNKNOWN;
}

/* selectorAlgorithm: the registry of RFC 5477, 11.2.1. */
static uint8_t mode_of_selector(uint64_t v)
{
    static const uint8_t mode[] = {
        [1] = SAMPLING_MODE_COUNT,  [2] = SAMPLING_MODE_TIME,  [3] = SAMPLING_MODE_RANDOM,
        [4] = SAMPLING_MODE_RANDOM, [5] = SAMPLING_MODE_MATCH, [6] = SAMPLING_MODE_MATCH,
        [7] = SAMPLING_MODE_MATCH,  [8] = SAMPLING_MODE_MATCH};
    return v < sizeof mode ? mode[v] : SAMPLING_MODE_UNKNOWN;
}

static void read_sampling(struct told *o, const struct field_walk *w, uint64_t v)
{
    switch (w->field->id) {
    case 35:
    case 49:
        o->sampling.mode = mode_of_sampler(v);
        break;
    case 304:
        o->sampling.mode = mode_of_selector(v);
        break;
    case 311:
        o->probability = load_be_float(w->bytes, w->len);
        break;
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
        tell_index(o, v);
        break;
    case 82:
        o->interface = text_of(w);
        break;
    case 83:
        o->description = text_of(w);
        break;
    case 84:
        o->name[NAME_SAMPLER] = text_of(w);
        break;
    case 95:
        tell_id(o, NAME_APPLICATION, v);
        break;
    case 96:
        o->name[NAME_APPLICATION] = text_of(w);
        break;
    case 160:
        o->boot = v < (uint64_t)(INT64_MAX / MILLISECOND) ? (nsec_t)v * MILLISECOND : 0;
        break;
    case 234:
    case 235:
        tell_id(o, NAME_VRF, v);
        break;
    case 236:
        o->name[NAME_VRF] = text_of(w);
        break;
    default:
        read_sampling(o, w, v);
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
            tell_index(o, number_of(&w));
    }
}

static void learn_sampling(struct collector *c, struct exporter *x, const struct told *o)
{
    struct sampling_told told = o->sampling;
    if (o->interval)
        told.rate = (o->interval + o->space) / o->interval;
    else if (o->size && o->population)
        told.rate = o->population / o->size;
    else if (o->probability > 0)
        told.rate = sampling_from_probability(o->probability);
    else if (o->has_rate)
        told.rate = o->rate;
    else
        return;
    sampling_set(c, x, &told);
}

static void learn(struct collector *c, struct exporter *x, const struct told *o)
{
    for (unsigned kind = 0; kind < NAMES; kind++)
        if (o->name[kind].at && o->has_id[kind])
            exporter_set_name(x, kind, o->id[kind], o->name[kind].at, o->name[kind].len);
    if (o->has_index && o->interface.at)
        exporter_name_interface(x, o->index, o->interface.at, o->interface.len);
    if (o->has_index && o->description.at)
        exporter_describe_interface(x, o->index, o->description.at, o->description.len);
    if (o->boot)
        x->boot = o->boot;
    learn_sampling(c, x, o);
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
        collector_confirm(c, m->x);
        counter_add(&c->counts.options, 1);
        if (c->config.keep_raw)
            show(c, m, t, bytes, len);
    }
}
