/* merge_hosts.c - one host out of what several workers know of it. */
#include "engine/merge_hosts.h"

#include <string.h>

static bool mac_is_known(const struct mac *m)
{
    static const struct mac none;
    return memcmp(m, &none, sizeof none) != 0;
}

void merge_host(struct host_row *a, const struct host_row *b)
{
    a->first = a->first < b->first ? a->first : b->first;
    a->last = a->last > b->last ? a->last : b->last;
    merge_traffic(&a->traffic, &b->traffic);
    for (unsigned i = 0; i < L4_CLASSES; i++)
        merge_traffic(&a->l4[i], &b->l4[i]);
    merge_pair(a->goodput, b->goodput);
    a->bps += b->bps;
    a->pps += b->pps;
    merge_pair(a->bps_side, b->bps_side);
    a->peak_bps = a->peak_bps > b->peak_bps ? a->peak_bps : b->peak_bps;
    a->flows_client += b->flows_client;
    a->flows_server += b->flows_server;
    a->total_flows_client += b->total_flows_client;
    a->total_flows_server += b->total_flows_server;
    a->low_goodput_client += b->low_goodput_client;
    a->low_goodput_server += b->low_goodput_server;
    merge_pair(a->retrans, b->retrans);
    merge_pair(a->ooo, b->ooo);
    merge_pair(a->lost, b->lost);
    merge_pair(a->tcp_syn, b->tcp_syn);
    merge_pair(a->tcp_fin, b->tcp_fin);
    merge_pair(a->tcp_rst, b->tcp_rst);
    a->unanswered_client += b->unanswered_client;
    a->unanswered_server += b->unanswered_server;
    a->alerted_flows += b->alerted_flows;
    a->score += b->score;
    for (unsigned s = 0; s < 2; s++) {
        for (unsigned i = 0; i < SIZE_BINS; i++)
            a->sizes[s][i] += b->sizes[s][i];
        for (unsigned i = 0; i < 6; i++)
            a->http_codes[s][i] += b->http_codes[s][i];
    }
    merge_pair(a->dns_queries, b->dns_queries);
    merge_pair(a->dns_replies_ok, b->dns_replies_ok);
    merge_pair(a->dns_replies_error, b->dns_replies_error);
    merge_pair(a->http_requests, b->http_requests);
    merge_pair(a->arp_requests, b->arp_requests);
    merge_pair(a->arp_replies, b->arp_replies);
    a->is_router_mac |= b->is_router_mac;
    if (!mac_is_known(&a->mac))
        a->mac = b->mac;
    if (!a->name[0]) {
        memcpy(a->name, b->name, sizeof a->name);
        memcpy(a->name_source, b->name_source, sizeof a->name_source);
    }
    if (!a->os[0])
        memcpy(a->os, b->os, sizeof a->os);
}

static void merge_apps(struct host_detail *a, const struct host_detail *b)
{
    for (unsigned i = 0; i < b->apps; i++) {
        const struct host_app *from = &b->app[i];
        unsigned k = 0;
        while (k < a->apps && (a->app[k].master != from->master || a->app[k].app != from->app))
            k++;
        if (k == HOST_APPS)
            continue;
        if (k == a->apps) {
            a->app[a->apps++] = *from;
            continue;
        }
        merge_pair(a->app[k].bytes, from->bytes);
        merge_pair(a->app[k].packets, from->packets);
        a->app[k].flows += from->flows;
        if (from->seconds > a->app[k].seconds)
            a->app[k].seconds = from->seconds;
    }
}

static void merge_icmp(struct host_detail *a, const struct host_detail *b)
{
    for (unsigned i = 0; i < b->icmps; i++) {
        const struct host_icmp *from = &b->icmp[i];
        unsigned k = 0;
        while (k < a->icmps && (a->icmp[k].version != from->version ||
                                a->icmp[k].type != from->type || a->icmp[k].code != from->code))
            k++;
        if (k < a->icmps)
            merge_pair(a->icmp[k].packets, from->packets);
        else if (k < HOST_ICMP)
            a->icmp[a->icmps++] = *from;
    }
}

/* Counts of the same name are added; of a full list the rarest name gives way to a more frequent
 * one. */
static void merge_names(struct host_name_count *to, unsigned *n, const struct host_name_count *from,
                        unsigned more)
{
    for (unsigned i = 0; i < more; i++) {
        unsigned k = 0, least = 0;
        for (; k < *n && strcmp(to[k].name, from[i].name) != 0; k++)
            least = to[k].count < to[least].count ? k : least;
        if (k < *n)
            to[k].count += from[i].count;
        else if (k < HOST_NAMES)
            to[(*n)++] = from[i];
        else if (from[i].count > to[least].count)
            to[least] = from[i];
    }
}

/* Second by second, as the workers' clocks may be a second apart; UINT32_MAX is a gap. */
static void merge_series(struct host_detail *a, const struct host_detail *b)
{
    if (!a->series_n) {
        a->series_n = b->series_n;
        a->series_end = b->series_end;
        memcpy(a->series, b->series, sizeof a->series);
        return;
    }
    int64_t shift = (a->series_end - b->series_end) / SECOND;
    for (int64_t i = 0; i < a->series_n; i++) {
        int64_t k = i + shift;
        if (k < 0 || k >= b->series_n)
            continue;
        for (unsigned s = 0; s < 2; s++) {
            uint32_t *to = &a->series[s][i], more = b->series[s][k];
            if (*to == UINT32_MAX)
                *to = more;
            else if (more != UINT32_MAX)
                *to = more < UINT32_MAX - 1 - *to ? *to + more : UINT32_MAX - 1;
        }
    }
}

void merge_detail(struct host_detail *a, const struct host_detail *b)
{
    merge_host(&a->row, &b->row);
    merge_apps(a, b);
    merge_icmp(a, b);
    merge_names(a->dns_name, &a->dns_names, b->dns_name, b->dns_names);
    merge_names(a->http_name, &a->http_names, b->http_name, b->http_names);
    merge_names(a->other_name, &a->other_names, b->other_name, b->other_names);
    merge_series(a, b);
}
