/* flow_record.c - a flow as a record: everything that is known, pending deltas included. */
#include <string.h>

#include "engine/problem.h"
#include "engine/worker.h"
#include "model/protos.h"

enum {
    SOON_ENDED = 1 /* seconds of silence after which a closed connection counts as completed */
};

static uint32_t average_gap(nsec_t first, nsec_t last, uint64_t packets)
{
    if (packets < 2 || last <= first)
        return 0;
    uint64_t us = (uint64_t)(last - first) / 1000 / (packets - 1);
    return us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

/* What the receiver's window allows: window * 8 / round trip. */
static uint64_t max_bps(const struct flow_hot *h, const struct flow_cold *c, unsigned sender)
{
    uint64_t round = 2 * ((uint64_t)flow_client_rtt(c) + c->server_rtt);
    uint64_t window = h->window[!sender];
    if (!round || !window)
        return 0;
    if (c->wscale[0] && c->wscale[1])
        window <<= c->wscale[!sender] - 1;
    return window * 8 * 1000000 / round;
}

static void fill_counters(const struct flows *fs, const struct flow_hot *h,
                          const struct flow_cold *c, bool since_told, struct record *r)
{
    static const struct flow_told nothing_told;
    static const struct flow_tcp nothing_wrong;
    const struct flow_told *told = since_told && c->told ? flow_told(fs, c) : &nothing_told;
    const struct flow_tcp *tcp = c->tcp ? flow_tcp(fs, c) : &nothing_wrong;
    unsigned a = flow_client(h), b = !a;
    r->sent_bytes = c->bytes[a] + h->bytes[a] - told->bytes[a];
    r->rcvd_bytes = c->bytes[b] + h->bytes[b] - told->bytes[b];
    r->sent_packets = c->packets[a] + h->packets[a] - told->packets[a];
    r->rcvd_packets = c->packets[b] + h->packets[b] - told->packets[b];
    r->sent_goodput = c->goodput[a] + h->goodput[a] - told->goodput[a];
    r->rcvd_goodput = c->goodput[b] + h->goodput[b] - told->goodput[b];
    r->sent_retrans = tcp->retrans[a] - told->retrans[a];
    r->rcvd_retrans = tcp->retrans[b] - told->retrans[b];
    r->sent_ooo = tcp->ooo[a] - told->ooo[a];
    r->rcvd_ooo = tcp->ooo[b] - told->ooo[b];
    /* A gap told as lost may turn out to be reordering in a later interval. */
    r->sent_lost = tcp->lost[a] > told->lost[a] ? tcp->lost[a] - told->lost[a] : 0;
    r->rcvd_lost = tcp->lost[b] > told->lost[b] ? tcp->lost[b] - told->lost[b] : 0;
    r->sent_keepalive = tcp->keepalive[a] - told->keepalive[a];
    r->rcvd_keepalive = tcp->keepalive[b] - told->keepalive[b];
    r->sent_zero_window = tcp->zero_window[a] - told->zero_window[a];
    r->rcvd_zero_window = tcp->zero_window[b] - told->zero_window[b];
}

static void fill_timing(const struct flow_hot *h, const struct flow_cold *c, struct record *r)
{
    unsigned a = flow_client(h), b = !a;
    r->sent_iat_avg = average_gap(flow_end_first(c, a), h->last[a], c->packets[a] + h->packets[a]);
    r->rcvd_iat_avg = average_gap(flow_end_first(c, b), h->last[b], c->packets[b] + h->packets[b]);
    r->sent_iat_min = h->iat_min[a] == UINT32_MAX ? 0 : h->iat_min[a];
    r->rcvd_iat_min = h->iat_min[b] == UINT32_MAX ? 0 : h->iat_min[b];
    r->sent_iat_max = h->iat_max[a];
    r->rcvd_iat_max = h->iat_max[b];
    r->sent_min_ip = h->max_ip[a] ? h->min_ip[a] : 0;
    r->rcvd_min_ip = h->max_ip[b] ? h->min_ip[b] : 0;
    r->sent_max_ip = h->max_ip[a];
    r->rcvd_max_ip = h->max_ip[b];
    r->client_rtt = flow_client_rtt(c);
    r->server_rtt = c->server_rtt;
    r->appl_latency = flow_appl(c);
    /* Seconds of the clock may cut a burst in two; no average may exceed the peak. */
    uint64_t whole = c->bytes[0] + c->bytes[1] + h->bytes[0] + h->bytes[1];
    nsec_t lasted = flow_last(h) - c->first > SECOND ? flow_last(h) - c->first : SECOND;
    uint64_t average = (uint64_t)((double)whole * 8 * (double)SECOND / (double)lasted);
    r->peak_bps = (uint64_t)h->peak_bytes * 8;
    if (r->peak_bps < average)
        r->peak_bps = average;
    r->sent_max_bps = max_bps(h, c, a);
    r->rcvd_max_bps = max_bps(h, c, b);
}

static void fill_names(const struct flow_cold *c, struct record *r)
{
    r->l7_master = c->l7_master;
    r->l7_app = c->l7_app;
    r->category = c->category;
    r->breed = c->breed;
    r->confidence = c->confidence;
    r->not_inspected = (c->marks & MARK_NOT_INSPECTED) != 0;
    const struct flow_names *names = flow_names(c);
    if (!names)
        return;
    r->risk = names->risk;
    r->score = protos_risk_score(names->risk);
    r->tls_version = names->tls_version;
    r->tls_cipher = names->tls_cipher;
    r->tls_mismatch = names->tls_mismatch;
    r->http_code = names->http_code;
    r->dns_type = names->dns_type;
    r->dns_code = names->dns_code;
    r->tail.used = names->used;
    memcpy(r->tail.bytes, names->bytes, names->used);
}

static void fill_rate(const struct flow_cold *c, uint32_t tick, struct record *r)
{
    struct flow_rate rate = flow_rate(c, tick);
    r->bps = (uint64_t)rate.bytes * 8;
    r->pps = rate.packets;
    r->trend = (uint8_t)rate.trend;
}

void flow_to_record(const struct worker *w, uint32_t index, bool since_told, struct record *r)
{
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    const struct flow_cold *c = flow_cold_at(&w->flows, index);
    unsigned a = flow_client(h), b = !a;
    memset(r, 0, offsetof(struct record, tail.bytes));
    r->flow_first = c->first;
    nsec_t untold = since_told ? flow_interval_first(w, c) : 0;
    r->first = untold ? untold : c->first;
    r->last = flow_last(h) > r->first ? flow_last(h) : r->first;
    r->worker = w->number;
    r->slot = index;
    r->generation = c->generation;
    r->iface = w->iface;
    r->client = flow_addr(w, index, a);
    r->server = flow_addr(w, index, b);
    r->client_port = c->port[a];
    r->server_port = c->port[b];
    r->client_mac = flow_mac(w, index, a);
    r->server_mac = flow_mac(w, index, b);
    r->proto = c->proto;
    r->version = h->bits & FLOW_V6 ? 6 : 4;
    r->vlan = c->vlan;
    r->vlan_inner = c->vlan_inner;
    fill_counters(&w->flows, h, c, since_told, r);
    fill_timing(h, c, r);
    fill_rate(c, w->tick, r);
    r->client_flags = h->tcp_flags[a];
    r->server_flags = h->tcp_flags[b];
    r->tcp_state = (uint8_t)flow_tcp_state(h, c);
    r->state = (h->bits & FLOW_CLOSED) && w->now - r->last > SOON_ENDED * SECOND ? FLOW_COMPLETED
                                                                                 : FLOW_ACTIVE;
    r->client_tos = c->tos[a];
    r->server_tos = c->tos[b];
    r->client_ttl = c->ttl[a];
    r->server_ttl = c->ttl[b];
    if (!(h->bits & FLOW_TCP)) {
        r->client_icmp = c->icmp[a];
        r->server_icmp = c->icmp[b];
    }
    r->client_reason = c->client_reason;
    r->locality = c->locality;
    const struct flow_more *more = flow_more(&w->flows, c);
    if (more) {
        r->tunnels_seen = more->tunnels_seen;
        r->outer_src = more->outer_src;
        r->outer_dst = more->outer_dst;
        r->tunnel_id = more->tunnel_id;
    }
    if (h->bits & FLOW_EXPORTED)
        flow_export_to_record(w, index, r);
    fill_names(c, r);
    r->problem = (uint8_t)flow_problem(w, index);
}

enum problem flow_problem(const struct worker *w, uint32_t index)
{
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    const struct flow_cold *c = flow_cold_at(&w->flows, index);
    /* Nothing has been seen that could be a problem, and TCP has its answer. */
    if (!(c->marks & MARK_SUSPECT) && (h->bits & (FLOW_TCP | FLOW_TWO_WAY)) != FLOW_TCP)
        return PROBLEM_NONE;
    unsigned server = !flow_client(h);
    const struct flow_names *names = flow_names(c);
    const struct flow_tcp *tcp = flow_tcp(&w->flows, c);
    const struct problem_facts facts = {
        .tls_mismatch = names && names->tls_mismatch,
        .proto = c->proto,
        .tcp_state = flow_tcp_state(h, c),
        .age = w->now - c->first,
        .packets = c->packets[0] + c->packets[1] + h->packets[0] + h->packets[1],
        .answers = c->packets[server] + h->packets[server],
        .retrans = tcp ? (uint64_t)tcp->retrans[0] + tcp->retrans[1] : 0,
        .zero_window = tcp ? (uint64_t)tcp->zero_window[0] + tcp->zero_window[1] : 0,
        .risk = names ? names->risk : 0,
        .client_rtt = flow_client_rtt(c),
        .server_rtt = c->server_rtt,
        .appl = flow_appl(c),
        .dns_code = names ? names->dns_code : 0,
        .http_code = names ? names->http_code : 0,
    };
    return problem_of(&facts);
}
