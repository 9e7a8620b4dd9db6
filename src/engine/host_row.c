/* host_row.c - hosts as values that leave the engine. */
#include <string.h>

#include "engine/hosts.h"

static void fill_traffic(const struct hosts *hs, const struct host *h, struct host_row *row)
{
    for (unsigned s = 0; s < 2; s++) {
        struct traffic *t = &row->traffic, *l4 = row->l4;
        t->bytes[s] = h->bytes[s];
        t->packets[s] = host_get_packets(hs, h, s);
        l4[L4_UDP].bytes[s] = host_get_udp_bytes(hs, h, s);
        l4[L4_UDP].packets[s] = host_get_udp_packets(hs, h, s);
        /* What is nothing else is TCP. */
        l4[L4_TCP].bytes[s] =
            t->bytes[s] - l4[L4_UDP].bytes[s] - l4[L4_ICMP].bytes[s] - l4[L4_OTHER].bytes[s];
        l4[L4_TCP].packets[s] = t->packets[s] - l4[L4_UDP].packets[s] - l4[L4_ICMP].packets[s] -
                                l4[L4_OTHER].packets[s];
    }
}

static void fill_counters(const struct hosts *hs, const struct host *h, struct host_row *row)
{
    for (unsigned s = 0; s < 2; s++) {
        row->goodput[s] = host_get_goodput(hs, h, s);
        row->retrans[s] = host_get_retrans(hs, h, s);
        row->ooo[s] = host_get_ooo(hs, h, s);
        row->lost[s] = host_get_lost(hs, h, s);
        row->tcp_syn[s] = host_get_syn(hs, h, s);
        row->tcp_fin[s] = host_get_fin(hs, h, s);
        row->tcp_rst[s] = host_get_rst(hs, h, s);
        for (unsigned bin = 0; bin < SIZE_BINS; bin++)
            row->sizes[s][bin] = host_get_sizes(hs, h, s * SIZE_BINS + bin);
    }
    row->total_flows_client = host_get_total_flows(hs, h, 0);
    row->total_flows_server = host_get_total_flows(hs, h, 1);
    row->low_goodput_client = host_get_low_goodput(hs, h, 0);
    row->low_goodput_server = host_get_low_goodput(hs, h, 1);
    row->unanswered_client = host_get_unanswered(hs, h, 0);
    row->unanswered_server = host_get_unanswered(hs, h, 1);
    row->alerted_flows = host_get_alerted_flows(hs, h, 0);
    uint64_t score = host_get_score(hs, h, 0);
    row->score = score > UINT32_MAX ? UINT32_MAX : (uint32_t)score;
}

static void fill_rate(const struct host *h, uint32_t tick, struct host_row *row)
{
    struct rate_count count = host_rate_count(h);
    struct rate_value rate = rate_read(&h->rate, tick, &count);
    row->bps_side[0] = rate.bytes[0] * 8;
    row->bps_side[1] = rate.bytes[1] * 8;
    row->bps = row->bps_side[0] + row->bps_side[1];
    row->pps = rate.packets;
    row->trend = (uint8_t)rate.trend;
    uint64_t peak = (uint64_t)h->peak_high << 32 | h->peak;
    uint64_t now = rate_now(&h->rate, 0, h->bytes[0]) + rate_now(&h->rate, 1, h->bytes[1]);
    row->peak_bps = (now > peak ? now : peak) * 8;
}

static void fill_talk(const struct host_talk *talk, struct host_row *row)
{
    row->l4[L4_ICMP] = talk->icmp_traffic;
    row->l4[L4_OTHER] = talk->other_traffic;
    for (unsigned s = 0; s < 2; s++) {
        row->dns_queries[s] = talk->dns_queries[s];
        row->dns_replies_ok[s] = talk->dns_replies_ok[s];
        row->dns_replies_error[s] = talk->dns_replies_error[s];
        if (!talk->http)
            continue;
        row->http_requests[s] = talk->http->requests[s];
        memcpy(row->http_codes[s], talk->http->codes[s], sizeof row->http_codes[s]);
    }
}

void host_to_row(const struct hosts *hs, uint32_t index, uint32_t tick, struct host_row *row)
{
    static const char *const source[] = {"", "sni", "http", "dns", "netbios", "mdns", "dhcp"};
    const struct host *h = host_at(hs, index);
    const struct host_more *m = host_more_at(hs, h);
    *row = (struct host_row){
        .addr = h->addr,
        .vlan = h->vlan,
        .is_local = h->is_local,
        .is_multicast = h->is_multicast,
        .network = h->network,
        .first = h->first,
        .last = h->last,
        .flows_client = h->flows[0],
        .flows_server = h->flows[1],
    };
    if (m && m->talk)
        fill_talk(pool_at(&hs->talk, m->talk), row);
    fill_traffic(hs, h, row);
    fill_counters(hs, h, row);
    fill_rate(h, tick, row);
    strncpy(row->name_source, source[h->name_rank], sizeof row->name_source - 1);
    if (m && m->name)
        memcpy(row->name, m->name, sizeof row->name);
    if (m && m->os)
        memcpy(row->os, m->os, sizeof row->os);
}

static void copy_uses(const struct hosts *hs, const struct host *h, struct host_detail *d)
{
    d->apps = 0;
    for (uint32_t at = h->app; at; at = host_use_at(hs, at)->next) {
        const struct host_use *u = host_use_at(hs, at);
        if (host_use_is_empty(u))
            continue;
        d->app[d->apps++] =
            (struct host_app){.master = u->master,
                              .app = u->app,
                              .bytes = {u->bytes[0], u->bytes[1]},
                              .packets = {host_use_packets(u, 0), host_use_packets(u, 1)},
                              .flows = u->flows,
                              .seconds = u->seconds};
    }
}

static unsigned copy_names(struct host_name_count *to, const struct host_names *from)
{
    if (from->n)
        memcpy(to, from->row, from->n * sizeof *to);
    return from->n;
}

static void copy_series(const struct host *h, const struct seconds *series, uint32_t tick,
                        struct host_detail *d)
{
    d->series_n = HOST_SERIES;
    uint32_t born = (uint32_t)(h->first / SECOND); /* before that there is no data, not zero */
    for (unsigned i = 0; i < HOST_SERIES; i++) {
        uint32_t t = tick - (HOST_SERIES - i); /* up to the last whole second */
        for (unsigned s = 0; s < 2; s++) {
            uint32_t bytes = seconds_get(series, 2, t, s);
            if (t == h->rate.stamp) /* whole, but nothing came since to roll it */
                bytes = seconds_value(rate_now(&h->rate, s, h->bytes[s]));
            d->series[s][i] = !bytes && t < born ? UINT32_MAX : bytes;
        }
    }
}

void host_to_detail(const struct hosts *hs, uint32_t index, uint32_t tick, nsec_t now,
                    struct host_detail *d)
{
    const struct host *h = host_at(hs, index);
    const struct host_more *m = host_more_at(hs, h);
    host_to_row(hs, index, tick, &d->row);
    copy_uses(hs, h, d);
    if (!m)
        return;
    if (m->talk) {
        const struct host_talk *talk = pool_at(&hs->talk, m->talk);
        d->icmps = talk->icmps;
        if (talk->icmps)
            memcpy(d->icmp, talk->icmp, talk->icmps * sizeof *talk->icmp);
    }
    if (m->names) {
        d->dns_names = copy_names(d->dns_name, &m->names[HOST_NAMES_DNS]);
        d->http_names = copy_names(d->http_name, &m->names[HOST_NAMES_HTTP]);
        d->other_names = copy_names(d->other_name, &m->names[HOST_NAMES_OTHER]);
    }
    if (!m->series)
        return;
    d->series_end = now;
    copy_series(h, m->series, tick, d);
}
