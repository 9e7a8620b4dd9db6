/* watch.c - what single packets say about hosts: ICMP types, DNS and HTTP counts, ARP.
 *
 * nDPI looks at the first packets of a flow only; these counters are about each one.
 */
#include "engine/worker.h"

enum { PROTO_ICMP = 1, PROTO_ICMPV6 = 58, PORT_DNS = 53, PORT_MDNS = 5353, DNS_HEADER = 12 };

struct learning {
    struct worker *w;
    uint16_t vlan; /* of the answer: whoever asked talks to the address there */
};

static void learnt(void *context, const struct dns_entry *entry)
{
    const struct learning *learning = context;
    struct worker *w = learning->w;
    uint32_t index = hosts_find(&w->hosts, &entry->addr, learning->vlan);
    if (index)
        host_set_name(&w->hosts, host_at(&w->hosts, index), entry->is_mdns ? NAME_MDNS : NAME_DNS,
                      (const uint8_t *)entry->name, strlen(entry->name));
}

static void watch_dns(struct worker *w, struct host *from, struct host *to, const struct packet *p,
                      bool is_mdns)
{
    struct cursor c = cur_over(p->payload, p->payload_cap);
    if (p->is_tcp)
        cur_take(&c, 2); /* length prefix, RFC 1035 4.2.2 */
    const uint8_t *head = cur_peek(&c, DNS_HEADER);
    if (!cur_ok(&c) || !head)
        return;
    struct host_talk *sent = host_talk(&w->hosts, from), *rcvd = host_talk(&w->hosts, to);
    if (!(head[2] & 0x80)) {
        sent->dns_queries[SIDE_SENT]++;
        rcvd->dns_queries[SIDE_RCVD]++;
    } else if (head[3] & 15) {
        sent->dns_replies_error[SIDE_SENT]++;
        rcvd->dns_replies_error[SIDE_RCVD]++;
    } else {
        sent->dns_replies_ok[SIDE_SENT]++;
        rcvd->dns_replies_ok[SIDE_RCVD]++;
        if (w->config->learn_names)
            dns_cache_learn(&w->dns, c.at, cur_left(&c), is_mdns, learnt,
                            &(struct learning){w, p->vlan});
    }
}

static bool is_request(const uint8_t *text)
{
    static const char *const method[] = {"GET ", "POST", "HEAD", "PUT ",
                                         "DELE", "OPTI", "PATC", "CONN"};
    for (unsigned i = 0; i < sizeof method / sizeof *method; i++)
        if (!memcmp(text, method[i], 4))
            return true;
    return false;
}

static void watch_http(struct worker *w, struct host *from, struct host *to, const struct packet *p)
{
    struct cursor c = cur_over(p->payload, p->payload_cap);
    const uint8_t *text = cur_peek(&c, 12);
    if (!text)
        return;
    bool answer = !memcmp(text, "HTTP/1.", 7);
    if (!answer && !is_request(text))
        return;
    struct host_http *sent = host_http(&w->hosts, from), *rcvd = host_http(&w->hosts, to);
    if (!sent || !rcvd)
        return;
    if (answer) {
        unsigned digit = text[9] >= '1' && text[9] <= '5' ? text[9] - '0' : 0;
        sent->codes[SIDE_SENT][digit]++;
        rcvd->codes[SIDE_RCVD][digit]++;
    } else {
        sent->requests[SIDE_SENT]++;
        rcvd->requests[SIDE_RCVD]++;
    }
}

void watch_packet(struct worker *w, uint32_t index, const struct packet *p, unsigned end)
{
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    struct host *from = host_at(&w->hosts, h->host[end]), *to = host_at(&w->hosts, h->host[!end]);
    if (p->proto == PROTO_ICMP || p->proto == PROTO_ICMPV6) {
        if (!p->l4)
            return;
        host_count_icmp(&w->hosts, from, p->version, p->icmp_type, p->icmp_code, SIDE_SENT,
                        &p->dst);
        host_count_icmp(&w->hosts, to, p->version, p->icmp_type, p->icmp_code, SIDE_RCVD, &p->src);
        return;
    }
    if (!p->payload_cap)
        return;
    bool mdns = p->src_port == PORT_MDNS || p->dst_port == PORT_MDNS;
    if (mdns || p->src_port == PORT_DNS || p->dst_port == PORT_DNS)
        watch_dns(w, from, to, p, mdns);
    else
        watch_http(w, from, to, p);
}

void watch_arp(struct worker *w, const struct packet *p)
{
    if (!p->has_mac || (p->arp_op != 1 && p->arp_op != 2))
        return;
    for (unsigned side = 0; side < 2; side++) {
        const struct mac *m = side == SIDE_SENT ? &p->src_mac : &p->dst_mac;
        uint32_t index = groups_get(&w->groups, GROUP_MAC, mac_id(m), p->ts, NULL);
        if (!index)
            continue;
        struct group *g = group_at(&w->groups, index);
        g->last = p->ts > g->last ? p->ts : g->last;
        if (p->arp_op == 1)
            g->arp_requests[side]++;
        else
            g->arp_replies[side]++;
    }
}
