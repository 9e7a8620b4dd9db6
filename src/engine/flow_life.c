/* flow_life.c - how a flow begins, is named, is told and ends. */
#include <stdio.h>

#include "engine/problem.h"
#include "engine/say.h"
#include "engine/worker.h"
#include "model/protos.h"

enum {
    PORT_DNS = 53,
    PORT_MDNS = 5353,
    PORT_HTTP = 80,
    PORT_PROXY = 8080,
    LOW_GOODPUT_PERCENT = 40,
    BIG_FLOW_BYTES = 10 * 1000 * 1000
};

static bool is_well_known(uint16_t port)
{
    return port > 0 && port < 1024;
}

/* Who spoke first: SYN and SYN-ACK say it; else a well-known port on exactly one side; else the
 * sender of the first packet. */
static bool sender_is_client(const struct packet *p, enum client_reason *because)
{
    unsigned syn = p->is_tcp ? p->tcp_flags & (TCP_SYN | TCP_ACK) : 0;
    if (syn == TCP_SYN) {
        *because = CLIENT_SYN;
        return true;
    }
    if (syn == (TCP_SYN | TCP_ACK)) {
        *because = CLIENT_SYN_ACK;
        return false;
    }
    if (is_well_known(p->src_port) != is_well_known(p->dst_port)) {
        *because = CLIENT_PORT;
        return is_well_known(p->dst_port);
    }
    *because = CLIENT_FIRST;
    return true;
}

static uint32_t host_for(struct worker *w, const struct addr *a, uint16_t vlan, nsec_t now)
{
    bool made;
    uint32_t index = hosts_get(&w->hosts, a, vlan, now, &made);
    if (index == HOST_OTHERS)
        worker_count(w, REASON_host_table_full, 0);
    if (!made)
        return index;
    struct host *h = host_at(&w->hosts, index);
    known_add_host(&w->known, h);
    const struct dns_entry *known = dns_cache_find(&w->dns, a);
    if (known)
        host_set_name(&w->hosts, h, known->is_mdns ? NAME_MDNS : NAME_DNS,
                      (const uint8_t *)known->name, strlen(known->name));
    if (h->is_local && !h->is_multicast)
        say_new_host(&w->events, now, a, host_name(&w->hosts, h));
    return index;
}

/* The MAC behind an address: the first one seen; a MAC with many addresses is a router. */
static void learn_mac(struct worker *w, struct host *host, uint32_t device)
{
    if (!device || host->mac_group)
        return;
    host->mac_group = device;
    group_at(&w->groups, device)->hosts++;
}

/* The hosts of both ends. The first may not go to make room for the second. */
static void find_hosts(struct worker *w, const struct addr *a, uint16_t vlan, nsec_t now,
                       uint32_t *host)
{
    host[0] = host_for(w, &a[0], vlan, now);
    w->hosts.pinned = host[0];
    host[1] = host_for(w, &a[1], vlan, now);
    w->hosts.pinned = 0;
}

static void count_at_hosts(struct worker *w, const struct flow_hot *h, nsec_t now)
{
    unsigned client = flow_client(h);
    for (unsigned i = 0; i < 2; i++) {
        struct host *host = host_at(&w->hosts, h->host[i]);
        w->hosts.busy += !(host->flows[0] | host->flows[1]) && h->host[i] != HOST_OTHERS;
        host->flows[i != client]++;
        host_add_total_flows(&w->hosts, host, i != client, 1);
        if (now > host->last)
            host->last = now;
    }
}

static void find_locality(struct worker *w, uint32_t index, const struct addr *a)
{
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    bool local[2];
    for (unsigned end = 0; end < 2; end++)
        local[end] = h->host[end] != HOST_OTHERS ? host_at(&w->hosts, h->host[end])->is_local
                                                 : locals_find(w->config->locals, &a[end]) >= 0;
    unsigned client = flow_client(h);
    flow_cold_at(&w->flows, index)->locality = local[client]
                                                   ? (local[!client] ? LOCALITY_L2L : LOCALITY_L2R)
                                                   : (local[!client] ? LOCALITY_R2L : LOCALITY_R2R);
}

static void join(struct worker *w, uint32_t index)
{
    flow_join_groups(w, index);
    count_at_hosts(w, flow_hot_at(&w->flows, index), flow_cold_at(&w->flows, index)->first);
}

void flow_join(struct worker *w, uint32_t index)
{
    flow_hot_at(&w->flows, index)->bits &= (uint16_t)~FLOW_RAW;
    join(w, index);
}

/* What was folded of the flow, as seen from one of its ends. */
static struct host_share share_of(const struct flow_cold *c, unsigned end)
{
    return (struct host_share){.traffic = {.bytes = {c->bytes[end], c->bytes[!end]},
                                           .packets = {c->packets[end], c->packets[!end]}},
                               .goodput = {c->goodput[end], c->goodput[!end]},
                               .class = l4_class_of(c->proto)};
}

/* The end's network counts who has no host of its own; this one has one now. */
static void leave_prefix(struct worker *w, const struct flow_cold *c, const struct addr *a,
                         const struct traffic *t)
{
    uint32_t index = groups_get_prefix(&w->groups, a, c->first);
    if (!index || !(c->packets[0] | c->packets[1]))
        return;
    group_leave(group_at(&w->groups, index), t);
    group_at(&w->groups, index)->total_flows--;
}

void flow_meet_hosts(struct worker *w, uint32_t index)
{
    struct flow_hot *h = flow_hot_at(&w->flows, index);
    struct flow_cold *c = flow_cold_at(&w->flows, index);
    const struct addr a[2] = {flow_addr(w, index, 0), flow_addr(w, index, 1)};
    struct host *others = host_at(&w->hosts, HOST_OTHERS);
    uint32_t host[2];
    if (h->bits & FLOW_RAW)
        flow_join(w, index);
    h->bits &= (uint16_t)~FLOW_UNMET;
    find_hosts(w, a, c->vlan, flow_last(h), host);
    for (unsigned end = 0; end < 2; end++) {
        const struct host_share share = share_of(c, end);
        others->flows[end]--; /* one end is the client, the other the server */
        host_sub_total_flows(&w->hosts, others, end);
        if (host[end] == HOST_OTHERS) /* no room: it stays where it is */
            continue;
        host_give_share(&w->hosts, host_at(&w->hosts, host[end]), others, &share);
        leave_prefix(w, c, &a[end], &share.traffic);
    }
    flow_move_uses(w, index, host);
    count_at_hosts(w, h, flow_last(h));
    for (unsigned end = 0; end < 2; end++)
        if (h->host[end] != HOST_OTHERS && h->last[end])
            learn_mac(w, host_at(&w->hosts, h->host[end]), c->device[end]);
}

void flow_meet_end(struct worker *w, uint32_t index, const struct packet *p, unsigned end)
{
    struct flow_hot *h = flow_hot_at(&w->flows, index);
    struct flow_cold *c = flow_cold_at(&w->flows, index);
    if (h->last[!end])
        c->answer_first = p->ts;
    if (h->last[!end] && (h->bits & FLOW_UNMET))
        flow_meet_hosts(w, index);
    c->tos[end] = p->tos;
    c->ttl[end] = p->ttl;
    if (!(h->bits & FLOW_TCP))
        c->icmp[end] = (uint16_t)(p->icmp_type << 8 | p->icmp_code);
    if (!p->has_mac)
        return;
    flow_keep_mac(w, index, end, &p->src_mac);
    if (!h->last[!end])
        flow_keep_mac(w, index, !end, &p->dst_mac);
    /* Who share an entry for want of room share no device. */
    if (h->host[end] != HOST_OTHERS)
        learn_mac(w, host_at(&w->hosts, h->host[end]), c->device[end]);
}

static bool is_port(const struct packet *p, uint16_t port)
{
    return p->src_port == port || p->dst_port == port;
}

/* What the packets of this flow have to be looked at for. */
static uint16_t flow_interests(const struct worker *w, const struct packet *p)
{
    uint16_t bits = 0;
    if (p->version == 6)
        bits |= FLOW_V6;
    if (p->proto == 6)
        bits |= FLOW_TCP;
    if (p->proto == 6 || p->proto == 17)
        bits |= FLOW_TIME;
    if (p->proto == 1 || p->proto == 58 || is_port(p, PORT_DNS) || is_port(p, PORT_MDNS) ||
        (p->proto == 6 && (is_port(p, PORT_HTTP) || is_port(p, PORT_PROXY))))
        bits |= FLOW_WATCH;
    if (w->config->l7.enabled && !p->is_later_fragment)
        bits |= FLOW_DPI;
    return bits;
}

static void keep_tunnel(struct worker *w, struct flow_cold *c, const struct packet *p)
{
    struct flow_more *m = flow_make_more(&w->flows, c);
    if (!m)
        return;
    m->tunnel_id = p->tunnel_id;
    m->tunnels_seen = p->tunnels_seen;
    if (p->tunnels) {
        m->outer_src = p->outer_src;
        m->outer_dst = p->outer_dst;
    }
}

uint32_t flow_begin(struct worker *w, const struct packet *p, const struct keyed *k)
{
    enum client_reason because;
    bool is_client = sender_is_client(p, &because);
    return flow_begin_from(w, p, k, is_client, because);
}

uint32_t flow_begin_from(struct worker *w, const struct packet *p, const struct keyed *k,
                         bool is_client, enum client_reason because)
{
    uint32_t index = flow_room(w, k, p->ts);
    if (!index)
        return 0;
    struct flow_hot *h = flow_hot_at(&w->flows, index);
    struct flow_cold *c = flow_cold_at(&w->flows, index);
    unsigned end = k->from_high;
    c->port[end] = p->src_port;
    c->port[!end] = p->dst_port;
    c->vlan = p->vlan;
    c->vlan_inner = p->vlan_inner;
    c->proto = p->proto;
    c->first = p->ts;
    c->marks = end ? MARK_FIRST_HIGH : 0;
    h->iat_min[0] = h->iat_min[1] = UINT32_MAX;
    h->min_ip[0] = h->min_ip[1] = UINT16_MAX;
    h->second = (uint16_t)((uint64_t)p->ts / (uint64_t)SECOND);

    unsigned client = is_client ? end : !end;
    c->client_reason = because & 7;
    h->bits |= (uint16_t)(flow_interests(w, p) | (client ? FLOW_CLIENT_HIGH : 0));
    struct addr a[2];
    a[end] = p->src;
    a[!end] = p->dst;
    if (worker_is_lazy(w)) {
        h->host[0] = h->host[1] = HOST_OTHERS;
        h->bits |= FLOW_UNMET | FLOW_RAW;
    } else {
        find_hosts(w, a, p->vlan, p->ts, h->host);
    }
    flow_keep_addr(w, index, 0, &a[0]);
    flow_keep_addr(w, index, 1, &a[1]);
    find_locality(w, index, a);
    flow_find_devices(w, index, p, end);
    if (!(h->bits & FLOW_RAW))
        join(w, index);
    if (p->tunnels_seen)
        keep_tunnel(w, c, p);
    w->tally.flows_created++;
    /* What has no ports or payload to look at is named at once. */
    if (p->proto != 6 && p->proto != 17 && p->proto != 132)
        flow_settle(w, index);
    return index;
}

static void keep_names(struct worker *w, struct flow_cold *c, const struct l7_result *r)
{
    bool any = r->names.used || r->tls_mismatch || r->tls_version || r->tls_cipher ||
               r->http_code || r->dns_type || r->dns_code || r->risk;
    if (!any)
        return;
    size_t size = sizeof(struct flow_names) + r->names.used;
    struct flow_names *names = mem_alloc_small(ACCOUNT_names, size);
    if (!names) {
        worker_count(w, REASON_dpi_no_memory, 0);
        return;
    }
    *names = (struct flow_names){.risk = r->risk,
                                 .size = (uint16_t)size,
                                 .tls_version = r->tls_version,
                                 .tls_cipher = r->tls_cipher,
                                 .http_code = r->http_code,
                                 .dns_type = r->dns_type,
                                 .dns_code = r->dns_code,
                                 .tls_mismatch = r->tls_mismatch,
                                 .used = r->names.used};
    memcpy(names->bytes, r->names.bytes, r->names.used);
    c->names = names;
    if (r->risk || r->tls_mismatch || r->dns_code || r->http_code)
        c->marks |= MARK_SUSPECT;
}

/* "example.org:8080" is the name example.org; the colons of a bare IPv6 address are its own. */
static size_t name_without_port(const uint8_t *name, size_t len)
{
    const uint8_t *colon = memchr(name, ':', len);
    bool one = colon && !memchr(colon + 1, ':', (size_t)(name + len - colon - 1));
    return one ? (size_t)(colon - name) : len;
}

/* An address says nothing that the host's own does not. */
static bool is_address(const uint8_t *name, size_t len)
{
    char text[ADDR_TEXT];
    struct addr a;
    bool bracket = len > 2 && name[0] == '[';
    if (!len || bracket || len >= sizeof text)
        return bracket || !len;
    memcpy(text, name, len);
    text[len] = '\0';
    return addr_parse(text, &a);
}

/* What the verdict's strings say about the hosts. */
static void name_hosts(struct worker *w, uint32_t index, const struct l7_result *r)
{
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    unsigned client = flow_client(h);
    struct host *from = host_at(&w->hosts, h->host[client]);
    struct host *to = host_at(&w->hosts, h->host[!client]);
    size_t len;
    const uint8_t *name = tail_get(&r->names, STRING_sni, &len);
    if (name) {
        if (!is_address(name, len))
            host_set_name(&w->hosts, to, NAME_SNI, name, len);
        host_count_name(&w->hosts, from, HOST_NAMES_OTHER, name, len);
    }
    if ((name = tail_get(&r->names, STRING_http_host, &len))) {
        size_t bare = name_without_port(name, len);
        if (!is_address(name, bare))
            host_set_name(&w->hosts, to, NAME_HTTP, name, bare);
        host_count_name(&w->hosts, from, HOST_NAMES_HTTP, name, len);
    }
    if ((name = tail_get(&r->names, STRING_dns_query, &len)))
        host_count_name(&w->hosts, from, HOST_NAMES_DNS, name, len);
    if ((name = tail_get(&r->names, STRING_dhcp_name, &len)) && from->mac_group) {
        struct group *device = group_at(&w->groups, from->mac_group);
        if (!device->name)
            device->name = mem_alloc(ACCOUNT_names, 64);
        if (device->name)
            snprintf(device->name, 64, "%.*s", (int)len, (const char *)name);
        struct addr client_addr = flow_addr(w, index, client);
        if (!addr_is_none(&client_addr) && from->is_local)
            host_set_name(&w->hosts, from, NAME_DHCP, name, len);
    }
    if ((name = tail_get(&r->names, STRING_http_agent, &len))) {
        const char *os = agent_os(name, len);
        if (os)
            host_set_os(&w->hosts, from, os);
    }
}

void flow_take_verdict(struct worker *w, uint32_t index, const struct l7_result *r)
{
    struct flow_hot *h = flow_hot_at(&w->flows, index);
    struct flow_cold *c = flow_cold_at(&w->flows, index);
    if (h->bits & FLOW_RAW)
        flow_join(w, index);
    if (r->master != c->l7_master || r->app != c->l7_app || r->category != c->category)
        flow_move_app(w, index, r);
    c->breed = r->breed;
    c->confidence = r->confidence;
    c->marks |= MARK_NAMED;
    c->names = NULL;
    h->bits &= (uint16_t)~FLOW_DPI;
    keep_names(w, c, r);
    name_hosts(w, index, r);
    uint32_t score = protos_risk_score(r->risk);
    if (score)
        for (unsigned end = 0; end < 2; end++)
            host_add_score(&w->hosts, host_at(&w->hosts, h->host[end]), 0, score);
}

void flow_judge(struct worker *w, uint32_t index)
{
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    struct flow_cold *c = flow_cold_at(&w->flows, index);
    uint8_t before = c->problem;
    c->problem = (uint8_t)flow_problem(w, index);
    w->tally.alerted_flows += (c->problem != PROBLEM_NONE) - (uint64_t)(before != PROBLEM_NONE);
    w->tally.problem_flows[before]--;
    w->tally.problem_flows[c->problem]++;
    if (c->problem == PROBLEM_NONE || (c->marks & MARK_ALERTED))
        return;
    c->marks |= MARK_ALERTED;
    for (unsigned end = 0; end < 2; end++)
        host_add_alerted_flows(&w->hosts, host_at(&w->hosts, h->host[end]), 0, 1);
    struct addr server = flow_addr(w, index, !flow_client(h));
    say_problem(&w->events, w->now, c, &server);
}

nsec_t flow_interval_first(const struct worker *w, const struct flow_cold *c)
{
    return c->told ? flow_told(&w->flows, c)->interval_first : c->first;
}

void flow_begin_interval(struct worker *w, uint32_t index, nsec_t first)
{
    struct flow_told *told = flow_make_told(&w->flows, flow_cold_at(&w->flows, index));
    if (told)
        told->interval_first = first;
}

/* What the record that has just gone out said, so that the next one begins there. */
static void remember_told(struct flow_told *told, const struct flow_cold *c,
                          const struct flow_tcp *tcp)
{
    told->interval_first = 0;
    for (unsigned end = 0; end < 2; end++) {
        told->bytes[end] = c->bytes[end];
        told->packets[end] = c->packets[end];
        told->goodput[end] = c->goodput[end];
        if (!tcp)
            continue;
        told->retrans[end] = tcp->retrans[end];
        told->ooo[end] = tcp->ooo[end];
        told->lost[end] = tcp->lost[end];
        told->keepalive[end] = tcp->keepalive[end];
        told->zero_window[end] = tcp->zero_window[end];
    }
}

void flow_tell(struct worker *w, uint32_t index, enum end_reason why)
{
    struct flow_cold *c = flow_cold_at(&w->flows, index);
    if (!w->sink)
        return;
    /* Without memory for what was told the interval goes on, so that nothing is told twice. */
    struct flow_told *told = why == END_ACTIVE ? flow_make_told(&w->flows, c) : NULL;
    if (why == END_ACTIVE && !told)
        return;
    if (flow_interval_first(w, c)) {
        flow_to_record(w, index, true, &w->scratch);
        w->scratch.end_reason = (uint8_t)why;
        w->scratch.state = why == END_ACTIVE ? FLOW_ACTIVE : FLOW_ENDED;
        w->tally.told++;
        w->sink->record(w->sink, &w->scratch);
    }
    if (!told)
        return;
    flow_hot_at(&w->flows, index)->bits |= FLOW_FRESH;
    remember_told(told, c, flow_tcp(&w->flows, c));
}

void flow_end(struct worker *w, uint32_t index, enum end_reason why)
{
    struct flow_hot *h = flow_hot_at(&w->flows, index);
    struct flow_cold *c = flow_cold_at(&w->flows, index);
    if (h->bits & FLOW_RAW)
        flow_join(w, index);
    flow_fold(w, index, w->tick);
    if (h->bits & FLOW_UNMET)
        worker_count(w, REASON_flow_without_hosts, 0);
    /* Who is pushed out before anybody has looked at it stays unknown: a guess costs more than all
     * else that a made-up flow does. */
    if (!(c->marks & MARK_NAMED) && (c->dpi || why != END_RESOURCES))
        flow_settle(w, index);
    flow_judge(w, index);
    flow_tell(w, index, why);
    unsigned client = flow_client(h);
    if (c->bytes[0] + c->bytes[1] >= BIG_FLOW_BYTES) {
        struct addr from = flow_addr(w, index, client), to = flow_addr(w, index, !client);
        say_big_flow(&w->events, w->now, c, &from, &to);
    }

    uint64_t bytes = c->bytes[0] + c->bytes[1], goodput = c->goodput[0] + c->goodput[1];
    bool low = c->proto == 6 && (h->bits & FLOW_TWO_WAY) && goodput &&
               goodput * 100 < bytes * LOW_GOODPUT_PERCENT;
    for (unsigned end = 0; end < 2; end++) {
        struct hosts *hs = &w->hosts;
        struct host *host = host_at(hs, h->host[end]);
        bool unanswered = !(h->bits & FLOW_TWO_WAY) && !host->is_multicast;
        host_add_low_goodput(hs, host, end != client, low);
        host_add_unanswered(hs, host, end != client, unanswered);
        host_lose_flow(hs, h->host[end], end != client);
    }
    flow_leave_groups(w, index);
    w->tally.alerted_flows -= c->problem != PROBLEM_NONE;
    w->tally.problem_flows[c->problem]--;
    w->tally.flows_ended++;
    w->tally.rate_bytes -= flow_rate(c, w->tick).bytes;
    w->tally.tick_bytes -= flow_rate(c, w->tick + 1).bytes;
    w->tally.active_packets -= c->packets[0] + c->packets[1];
    w->tally.active_bytes -= bytes;
    w->tally.ended_packets += c->packets[0] + c->packets[1];
    w->tally.ended_bytes += bytes;
    flows_give(&w->flows, index);
}
