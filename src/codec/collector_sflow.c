/* collector_sflow.c - sFlow datagrams inside the collector: which agent, what was lost, what is counted.
 *
 * The agent stands in the datagram; who sent it may be a relay. Each sub-agent counts its datagrams by
 * itself, and is an exporter. One record of equation L4 is one flow sample; a fault is one record, too.
 */
#include "codec/collector_private.h"
#include "codec/sflow.h"

enum { SOURCE_IF_INDEX = 0 };

/* One datagram while its samples come. */
struct taking {
    struct collector *c;
    struct datagram datagram; /* from: the agent */
    struct message m;
    uint32_t sequence;
    bool is_refused; /* no exporter, or sent twice: its samples are not handed on */
    bool is_duplicate;
};

static enum telemetry telemetry_of_version(uint32_t version)
{
    return version == 5 ? TELEMETRY_SFLOW5 : version == 4 ? TELEMETRY_SFLOW4 : TELEMETRY_SFLOW2;
}

static bool is_nobody(const struct addr *a)
{
    static const uint8_t zero[4];
    return addr_is_none(a) || (addr_is_v4(a) && !memcmp(a->byte + 12, zero, sizeof zero));
}

/* sFlow has no clock but the agent's uptime: its samples are as old as their datagram. */
static void take_head(void *to, const struct sflow_head *h)
{
    struct taking *t = to;
    if (!is_nobody(&h->agent))
        t->datagram.from = h->agent;
    t->m.d = &t->datagram;
    t->m.context = (struct steps_context){
        .exported = t->datagram.received, .uptime = h->uptime_ms, .has_uptime = true};
    t->sequence = h->sequence;
    t->m.x = collector_know(t->c, &t->datagram, h->sub_agent, telemetry_of_version(h->version));
    t->is_duplicate = t->m.x && !sequence_start(t->c, &t->m, h->sequence);
    t->is_refused = !t->m.x || t->is_duplicate;
}

static void take_flow(void *to, const struct sflow_sample *s)
{
    struct taking *t = to;
    if (t->is_refused) {
        if (t->is_duplicate)
            collector_lose(t->c, t->m.x, LOSS_duplicate, 1);
        return;
    }
    struct flow_in f = s->flow;
    f.exporter = t->m.x;
    f.first = f.last = f.exported = t->datagram.received;
    /* A rate above what can be is refused by the same rule as everywhere. */
    t->m.sampling = s->rate <= SAMPLING_MOST ? s->rate : 0;
    if (s->rate > SAMPLING_MOST || (s->rate == 0 && !s->is_discard))
        collector_note(t->c, LOSS_sampling_bad);
    if (t->m.sampling)
        sampling_state(t->c, t->m.x,
                       &(struct sampling_told){.rate = s->rate,
                                               .id = s->source_index,
                                               .has_id = true,
                                               .mode = SAMPLING_MODE_RANDOM});
    sampling_of(t->c, &t->m, NULL, &f);
    if (s->is_discard || !s->has_frame) {
        if (f.kind == FLOW_IN_FLOW && !s->has_columns)
            f.kind = FLOW_IN_MESSAGE; /* nothing says which packet it was */
        collector_accept(t->c, t->m.x, &f, 1);
        return;
    }
    struct frame frame = s->frame;
    frame.ts = t->datagram.received;
    f.kind = FLOW_IN_SAMPLE;
    collector_accept(t->c, t->m.x, &f, 1);
    counter_add(&t->c->counts.frames, 1);
    if (t->c->ops.frame)
        t->c->ops.frame(t->c->to, &frame, &f);
}

/* dot3Stats: alignment 0, check sum 1; collisions single 2, multiple 3, late 6 and excessive 7. All ones:
 * the agent does not count it. */
static void add_ethernet(struct interface_counters *i, const uint32_t *dot3)
{
    static const unsigned errors[] = {0, 1}, collisions[] = {2, 3, 6, 7};
    for (unsigned k = 0; k < 2; k++)
        i->fcs_errors += dot3[errors[k]] == UINT32_MAX ? 0 : dot3[errors[k]];
    for (unsigned k = 0; k < 4; k++)
        i->collisions += dot3[collisions[k]] == UINT32_MAX ? 0 : dot3[collisions[k]];
}

static void take_counters(void *to, const struct sflow_counters *s)
{
    struct taking *t = to;
    const char *name = s->interface.name;
    if (t->is_refused)
        return;
    if (!s->has_interface) {
        if (s->source_type == SOURCE_IF_INDEX)
            exporter_name_interface(t->m.x, s->source_index, (const uint8_t *)name, strlen(name));
        return;
    }
    struct interface_counters i = s->interface;
    i.exporter = t->m.x;
    i.at = t->datagram.received;
    if (s->has_ethernet)
        add_ethernet(&i, s->ethernet);
    collector_count(t->c, t->m.x, &i);
}

/* A sample of a format that is not known was skipped in good order: nothing is wrong with it. */
static void take_fault(void *to, enum sflow_fault fault)
{
    struct taking *t = to;
    if (fault == SFLOW_SHORT_HEADER)
        collector_lose(t->c, NULL, LOSS_short_header, 1);
    else if (fault == SFLOW_BAD_VERSION)
        collector_lose(t->c, NULL, LOSS_not_export, 1);
    else if (fault != SFLOW_SAMPLE_UNKNOWN)
        collector_lose(t->c, t->m.x, LOSS_sflow_bad, 1);
}

void sflow_take(struct collector *c, const struct datagram *d)
{
    static const struct sflow_ops ops = {
        .head = take_head, .flow = take_flow, .counters = take_counters, .fault = take_fault};
    struct taking t = {.c = c, .datagram = *d};
    if (sflow_decode(d->bytes, d->len, &ops, &t) && !t.is_refused)
        sequence_end(&t.m, t.sequence, 1);
}
