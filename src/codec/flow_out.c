/* flow_out.c - records as NetFlow v5, NetFlow v9 or IPFIX messages: what the formats share. */
#include "base/alloc.h"
#include "codec/flow_out_private.h"

/* A record may be younger than the flows that follow it: a day is more than a flow may last between
 * two records. */
enum { BOOT_BEFORE = 24 * 3600 };

struct flow_out *flow_out_new(const struct flow_out_config *config, flow_send *send, void *to,
                              struct err *e)
{
    struct flow_out *o = mem_alloc(ACCOUNT_records, sizeof *o);
    if (!o) {
        fail(e, "no memory for an export");
        return NULL;
    }
    o->config = *config;
    o->send = send;
    o->to = to;
    o->boot = config->boot;
    if (!o->config.mtu)
        o->config.mtu = FLOW_OUT_MTU;
    bool is_v9 = config->format == FLOW_NETFLOW9;
    if (config->template)
        o->template = *config->template;
    else
        export_template_default(&o->template, is_v9, is_v9 && config->biflow);
    o->splits = !config->biflow && !o->template.has_reverse;
    if (config->format != FLOW_NETFLOW5 && !ipfix_compile(o, e)) {
        flow_out_free(o);
        return NULL;
    }
    flow_out_restart(o);
    return o;
}

void flow_out_free(struct flow_out *o)
{
    mem_free(ACCOUNT_records, o, sizeof *o);
}

static void add_one(struct flow_out *o, const struct record *r, nsec_t now)
{
    if (o->config.format == FLOW_NETFLOW5)
        netflow5_add(o, r, now);
    else
        ipfix_add(o, r, now);
}

bool flow_out_add(struct flow_out *o, const struct record *r, nsec_t now)
{
    bool is_v5 = o->config.format == FLOW_NETFLOW5;
    if (is_v5 && !netflow5_can(r))
        return false;
    if (!o->boot)
        o->boot = r->first - r->first % SECOND - BOOT_BEFORE * SECOND;
    bool splits = o->splits || is_v5;
    if (!splits || r->sent_packets || !r->rcvd_packets)
        add_one(o, r, now);
    if (splits && r->rcvd_packets) {
        record_copy(&o->turned, r);
        record_reverse(&o->turned);
        add_one(o, &o->turned, now);
    }
    o->told++;
    return true;
}

void flow_out_flush(struct flow_out *o, nsec_t now)
{
    if (o->config.format == FLOW_NETFLOW5)
        netflow5_flush(o, now);
    else
        ipfix_flush(o, now);
}

unsigned flow_out_restart(struct flow_out *o)
{
    unsigned forgotten = o->told;
    o->told = o->records = o->data_records = 0;
    o->sequence = 0;
    o->templates_at = 0;
    for (unsigned i = 0; i < LAYOUTS; i++)
        o->layout[i].is_sent = false;
    o->since = 0;
    o->set_at = 0;
    o->len = 0;
    return forgotten;
}

const char *flow_out_left_out(const struct flow_out *o)
{
    return o->left_out;
}
