/* flow_export.c - who told of a flow, by which way it went, and what only exporters know.
 *
 * A flow that crosses three routers is told three times. For each end of it the exporter that told
 * first is counted; what another one tells of the same time is the same traffic seen elsewhere, and
 * makes up the flow's path. Records of another exporter that begin after all that was told so far are
 * news: the flow has moved there. A router that meters where packets come in and where they go out tells
 * everything twice, too, and says so by the direction of its records.
 */
#include "engine/worker.h"

/* The exporter's place on the flow's path, made when new. */
static unsigned find_hop(struct flow_export *x, uint32_t group, const struct flow_in *f,
                         bool turned)
{
    for (unsigned i = 0; i < x->hops; i++)
        if (x->hop[i].group == group)
            return i + 1;
    if (x->hops == FLOW_PATH) {
        x->others = x->others < UINT8_MAX ? (uint8_t)(x->others + 1) : UINT8_MAX;
        return 0;
    }
    x->hop[x->hops] = (struct flow_hop){.group = group,
                                        .domain = f->domain,
                                        .in_if = turned ? f->out_if : f->in_if,
                                        .out_if = turned ? f->in_if : f->out_if};
    return ++x->hops;
}

static void keep_addr(struct addr *to, const struct addr *a)
{
    if (!addr_is_none(a))
        *to = *a;
}

/* What is not told is not touched, either: it lies in lines that nobody has fetched, and to read them
 * cost 50 ns of a record's 300. */
static void keep_number(uint32_t *to, uint32_t n)
{
    if (n)
        *to = n;
}

/* What the exporter that counts knows; turned: the record is about what the server sent. */
static void describe(struct flow_export *x, const struct flow_in *f, bool turned)
{
    unsigned src = turned, dst = !turned;
    x->as[src] = f->src_as ? f->src_as : x->as[src];
    x->as[dst] = f->dst_as ? f->dst_as : x->as[dst];
    x->mask[src] = f->src_mask ? f->src_mask : x->mask[src];
    x->mask[dst] = f->dst_mask ? f->dst_mask : x->mask[dst];
    keep_addr(&x->nat[src], &f->nat_src);
    keep_addr(&x->nat[dst], &f->nat_dst);
    x->nat_port[src] = f->nat_src_port ? f->nat_src_port : x->nat_port[src];
    x->nat_port[dst] = f->nat_dst_port ? f->nat_dst_port : x->nat_port[dst];
    x->sampling = f->sampling;
    x->sampling_source = f->sampling_source;
    if (turned)
        return;
    keep_addr(&x->next_hop, &f->next_hop);
    keep_addr(&x->bgp_next_hop, &f->bgp_next_hop);
    x->observed = f->direction;
    for (unsigned i = 0; i < 2; i++)
        keep_number(&x->vrf[i], f->vrf[i]);
    for (unsigned i = 0; i < 3; i++)
        keep_number(&x->mpls[i], f->mpls[i]);
}

unsigned flow_note_exporter(struct worker *w, uint32_t index, const struct flow_in *f,
                            const struct addr *exporter, unsigned src_end, nsec_t now)
{
    struct flow_hot *h = flow_hot_at(&w->flows, index);
    struct flow_export *x = flow_make_exported(&w->flows, flow_cold_at(&w->flows, index));
    if (!x)
        return 0;
    bool turned = src_end != flow_client(h);
    uint32_t group = groups_get_exporter(&w->groups, exporter, f->domain, now);
    unsigned hop = find_hop(x, group, f, turned);
    h->bits |= (uint16_t)FLOW_EXPORTED;
    x->heard = now > x->heard ? now : x->heard;
    if (hop)
        x->hop[hop - 1].heard = now;
    if (hop == 1)
        describe(x, f, turned);
    return hop;
}

/* Line cards of one router are domains of their own. */
static bool is_same_router(const struct worker *w, const struct flow_hop *a,
                           const struct flow_hop *b)
{
    return a->group == b->group || addr_equal(&group_at(&w->groups, a->group)->exporter,
                                              &group_at(&w->groups, b->group)->exporter);
}

enum told_before flow_is_told(struct worker *w, uint32_t index, unsigned end, unsigned hop,
                              const struct flow_in *f, nsec_t now)
{
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    struct flow_export *x = flow_exported(&w->flows, flow_cold_at(&w->flows, index));
    if (!w->config->dedup || !x)
        return TOLD_NEWS;
    const struct flow_hop *counted = x->counted[end] ? &x->hop[x->counted[end] - 1] : NULL;
    bool is_same = counted && hop && is_same_router(w, counted, &x->hop[hop - 1]);
    bool is_there = !x->at[end] || !f->direction || x->at[end] == f->direction;
    bool is_before = f->first < h->last[end];
    /* Both sides of a router stamp the same packet, a moment apart. Samples of one exporter lie between those
     * of the other: there the silence of the first tells. */
    if (f->first == f->last)
        is_before = is_same ? f->first <= h->last[end] + SECOND
                            : counted && now - counted->heard <= w->config->flow_idle;
    if (counted && is_before && !(is_same && is_there))
        return is_same ? TOLD_BY_ITSELF : TOLD_BY_ANOTHER;
    x->counted[end] = (uint8_t)hop;
    x->at[end] = f->direction;
    return TOLD_NEWS;
}

void flow_note_counted(struct worker *w, uint32_t index, unsigned end, const struct flow_in *f)
{
    struct flow_export *x = flow_exported(&w->flows, flow_cold_at(&w->flows, index));
    if (!x)
        return;
    if (f->flow_id) /* else the line where it stands need not come */
        x->id[end] = f->flow_id;
    x->over[end] = f->end_reason != END_NONE && f->end_reason != END_ACTIVE;
}

bool flow_is_another(const struct worker *w, uint32_t index, unsigned end, const struct flow_in *f,
                     const struct addr *exporter)
{
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    const struct flow_export *x = flow_exported(&w->flows, flow_cold_at(&w->flows, index));
    if (!x || !x->counted[end])
        return false;
    bool is_after = f->flow_id && x->id[end] ? x->id[end] != f->flow_id
                                             : x->over[end] && f->first > h->last[end];
    if (!is_after)
        return false;
    const struct flow_hop *hop = &x->hop[x->counted[end] - 1];
    return hop->domain == f->domain && hop->group &&
           addr_equal(&group_at(&w->groups, hop->group)->exporter, exporter);
}

_Static_assert((int)ANSWER_HOPS == (int)FLOW_PATH, "an answer has room for the path");

uint32_t flow_path(const struct worker *w, uint32_t index, struct hop_row *hop)
{
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    const struct flow_export *x =
        h->bits & FLOW_EXPORTED ? flow_exported(&w->flows, flow_cold_at(&w->flows, index)) : NULL;
    for (unsigned i = 0; x && i < x->hops; i++) {
        const struct flow_hop *from = &x->hop[i];
        hop[i] = (struct hop_row){.domain = from->domain,
                                  .in_if = from->in_if,
                                  .out_if = from->out_if,
                                  .last = from->heard};
        if (from->group)
            hop[i].exporter = group_at(&w->groups, from->group)->exporter;
    }
    return x ? x->hops : 0;
}

void flow_export_to_record(const struct worker *w, uint32_t index, struct record *r)
{
    const struct flow_export *x = flow_exported(&w->flows, flow_cold_at(&w->flows, index));
    if (!x)
        return;
    unsigned a = flow_client(flow_hot_at(&w->flows, index)), b = !a;
    if (x->hops) {
        const struct flow_hop *hop = &x->hop[0];
        r->exporter = hop->group ? group_at(&w->groups, hop->group)->exporter : (struct addr){0};
        r->domain = hop->domain;
        r->in_if = hop->in_if;
        r->out_if = hop->out_if;
    }
    r->exporters = (uint8_t)(x->hops + (x->others != 0));
    r->observed = x->observed;
    r->sampling = x->sampling;
    r->sampling_source = x->sampling_source;
    r->raw_sent_packets = x->raw_packets[a];
    r->raw_sent_bytes = x->raw_bytes[a];
    r->raw_rcvd_packets = x->raw_packets[b];
    r->raw_rcvd_bytes = x->raw_bytes[b];
    r->client_as = x->as[0];
    r->server_as = x->as[1];
    r->client_mask = x->mask[0];
    r->server_mask = x->mask[1];
    r->next_hop = x->next_hop;
    r->bgp_next_hop = x->bgp_next_hop;
    r->vrf_in = x->vrf[0];
    r->vrf_out = x->vrf[1];
    r->mpls_1 = x->mpls[0];
    r->mpls_2 = x->mpls[1];
    r->mpls_3 = x->mpls[2];
    r->nat_client = x->nat[0];
    r->nat_server = x->nat[1];
    r->nat_client_port = x->nat_port[0];
    r->nat_server_port = x->nat_port[1];
}
