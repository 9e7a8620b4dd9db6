/* flow_detect.c - which packets of a flow protocol detection sees, and what comes of it.
 *
 * Detection may be refused a flow, for want of time or room (l7.h). No packet waits for it or is
 * dropped because of it: such a flow is named by its port at once, marked as not inspected, and
 * counted under its reason.
 */
#include "engine/worker.h"

static struct l7_tuple tuple_of(const struct worker *w, uint32_t index)
{
    const struct flow_cold *c = flow_cold_at(&w->flows, index);
    unsigned client = flow_client(flow_hot_at(&w->flows, index));
    return (struct l7_tuple){flow_addr(w, index, client), flow_addr(w, index, !client),
                             c->port[client], c->port[!client], c->proto};
}

void flow_guess(struct worker *w, uint32_t index, struct l7_result *r)
{
    const struct flow_cold *c = flow_cold_at(&w->flows, index);
    struct l7_tuple tuple = tuple_of(w, index);
    if (c->dpi)
        l7_end(w->l7, c->dpi, &tuple, r);
    else
        l7_guess(w->l7, &tuple, r);
}

void flow_settle(struct worker *w, uint32_t index)
{
    struct l7_result r;
    flow_guess(w, index, &r);
    flow_take_verdict(w, index, &r);
}

static void settle_uninspected(struct worker *w, uint32_t index, enum reason why)
{
    struct flow_cold *c = flow_cold_at(&w->flows, index);
    flow_settle(w, index);
    if (c->confidence < CONFIDENCE_PARTIAL)
        c->marks |= MARK_NOT_INSPECTED;
    worker_count(w, why, 0);
}

/* A state for the flow, if need be that of the flow which has been undecided longest. */
static bool open_state(struct worker *w, uint32_t index)
{
    struct flow_cold *c = flow_cold_at(&w->flows, index);
    enum l7_refusal why;
    c->dpi = l7_open(w->l7, index, &why);
    uint32_t oldest = why == L7_NO_ROOM ? l7_oldest(w->l7) : 0;
    if (oldest) {
        settle_uninspected(w, oldest, REASON_dpi_cut_short);
        c->dpi = l7_open(w->l7, index, &why);
    }
    if (!c->dpi)
        settle_uninspected(w, index,
                           why == L7_NO_TIME ? REASON_dpi_over_budget : REASON_dpi_no_memory);
    return c->dpi != NULL;
}

void flow_detect(struct worker *w, uint32_t index, const struct packet *p, unsigned end)
{
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    const struct flow_cold *c = flow_cold_at(&w->flows, index);
    bool from_client = end == flow_client(h);
    if (!c->dpi && !open_state(w, index))
        return;
    if (!l7_feed(w->l7, c->dpi, p, from_client))
        return;
    struct l7_result r;
    l7_close(w->l7, c->dpi, p, from_client, &r);
    flow_take_verdict(w, index, &r);
}
