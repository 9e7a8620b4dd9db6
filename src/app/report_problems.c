/* report_problems.c - what looks wrong in a capture, in words, with the filter that shows it.
 *
 * First what makes the numbers themselves doubtful (damage, cut packets), then what the people on
 * that network may suffer from.
 */
#include "app/report.h"
#include "codec/human.h"
#include "model/protos.h"
#include "net/decode.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { RISKS_TOLD = 4 };

static void tell(struct report_problems *p, bool is_bad, const char *filter, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));

static void tell(struct report_problems *p, bool is_bad, const char *filter, const char *format,
                 ...)
{
    if (p->n == sizeof p->item / sizeof *p->item)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(p->item[p->n].text, sizeof p->item->text, format, args);
    va_end(args);
    snprintf(p->item[p->n].filter, sizeof p->item->filter, "%s", filter);
    p->item[p->n++].is_bad = is_bad;
}

/* "1 flow", "12 345 flows": into one of a few buffers, so that a sentence can hold several. */
static const char *count_of(uint64_t n, const char *one, const char *many)
{
    static char buffers[4][64];
    static unsigned next;
    char *buf = buffers[next++ % 4];
    struct text t = {0};
    human_count(&t, n);
    snprintf(buf, sizeof buffers[0], "%s %s", t.data ? t.data : "?", n == 1 ? one : many);
    text_free(&t);
    return buf;
}

static const char *percent_of(uint64_t part, uint64_t whole)
{
    static char buf[32];
    struct text t = {0};
    human_share(&t, part, whole);
    snprintf(buf, sizeof buf, "%s", t.data ? t.data : "?");
    text_free(&t);
    return buf;
}

/* "for example 10.0.0.1 to 10.0.0.2 port 80" of the first such flow. */
static const char *example(const struct trouble *t)
{
    static char buf[160];
    char client[ADDR_TEXT], server[ADDR_TEXT];
    addr_print(&t->first.client, client);
    addr_print(&t->first.server, server);
    if (t->first.server_port)
        snprintf(buf, sizeof buf, "for example %s to %s port %u", client, server,
                 t->first.server_port);
    else
        snprintf(buf, sizeof buf, "for example %s to %s", client, server);
    return buf;
}

static uint64_t group_packets(const struct totals_row *t, enum reason_group group)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < REASONS; i++)
        n += reason_table[i].group == group ? t->packets[i] : 0;
    return n;
}

static void find_in_file(struct report_problems *p, const struct reading *r)
{
    const struct totals_row *t = &r->totals;
    if (r->damage[0])
        tell(p, true, "", "The file is damaged: %s. Everything before is in this report.",
             r->damage);
    if (r->was_interrupted)
        tell(p, true, "", "Reading was interrupted: only the packets until then are here.");
    if (t->damaged > (r->damage[0] != '\0'))
        tell(p, true, "", "%s and skipped.",
             count_of(t->damaged, "record of the file could not be read",
                      "records of the file could not be read"));
    for (unsigned i = 0; i < r->seen.links; i++) {
        if (!link_is_known(r->seen.link[i].link))
            tell(p, true, "", "%s of link type %u, which Weir cannot look into: counted, no flows.",
                 count_of(r->seen.link[i].frames, "packet is", "packets are"),
                 r->seen.link[i].link);
    }
    uint64_t malformed = group_packets(t, GROUP_MALFORMED);
    if (malformed)
        tell(p, true, "",
             "%s so malformed that no IP header could be read; "
             "`weir ledger` says why.",
             count_of(malformed, "packet is", "packets are"));
    uint64_t untracked = group_packets(t, GROUP_UNTRACKED);
    if (untracked)
        tell(p, true, "", "%s room among the flows; give more --memory.",
             count_of(untracked, "packet found no", "packets found no"));
    if (t->flows_evicted)
        tell(p, true, "", "%s early to make room; give more --memory.",
             count_of(t->flows_evicted, "flow was ended", "flows were ended"));
    if (t->packets[REASON_snapped])
        tell(p, false, "",
             "%s captured only in part (a snap length): sizes are right, but names "
             "and protocols may be missing.",
             count_of(t->packets[REASON_snapped], "packet was", "packets were"));
    uint64_t lies = t->packets[REASON_ip_length_bad] + t->packets[REASON_ip_length_small];
    if (lies)
        tell(p, false, "", "%s a wrong length in the IP header; counted as the header says.",
             count_of(lies, "packet has", "packets have"));
    if (t->packets[REASON_time_backwards])
        tell(p, false, "", "Time goes backwards by more than a second at %s.",
             count_of(t->packets[REASON_time_backwards], "packet", "packets"));
}

static void find_in_flows(struct report_problems *p, const struct digest *d)
{
    const struct trouble *t = &d->mismatch;
    if (t->flows)
        tell(p, true, "tls.mismatch=1",
             "%s a certificate for another name than the one asked for, "
             "%s.",
             count_of(t->flows, "server showed", "servers showed"), example(t));
    t = &d->problem[PROBLEM_NO_ANSWER];
    if (t->flows)
        tell(p, true, "problem=no_answer", "%s answered, %s.",
             count_of(t->flows, "connection was never", "connections were never"), example(t));
    t = &d->problem[PROBLEM_REFUSED];
    if (t->flows)
        tell(p, true, "problem=refused", "%s refused, %s.",
             count_of(t->flows, "connection was", "connections were"), example(t));
    t = &d->dns_error;
    if (t->flows)
        tell(p, false, "dns.rcode!=0", "%s answered with an error.",
             count_of(t->flows, "DNS question was", "DNS questions were"));
    t = &d->http_error;
    if (t->flows)
        tell(p, false, "http.code>=400", "%s with an error, %s.",
             count_of(t->flows, "web request was answered", "web requests were answered"),
             example(t));
    t = &d->retrans;
    if (t->count)
        tell(p, t->count * 100 > d->tcp_packets, "retrans>0",
             "%s sent again (%s of all TCP packets) in %s.",
             count_of(t->count, "TCP segment was", "TCP segments were"),
             percent_of(t->count, d->tcp_packets), count_of(t->flows, "flow", "flows"));
    t = &d->problem[PROBLEM_RESET];
    if (t->flows)
        tell(p, false, "problem=reset", "%s torn down instead of closed, %s.",
             count_of(t->flows, "connection was", "connections were"), example(t));
    t = &d->problem[PROBLEM_ZERO_WINDOW];
    if (t->flows)
        tell(p, false, "problem=zero_window", "%s on a receiver that could not keep up, %s.",
             count_of(t->flows, "flow waited", "flows waited"), example(t));
    t = &d->problem[PROBLEM_SLOW_NETWORK];
    if (t->flows)
        tell(p, false, "problem=slow_network", "%s a slow network, %s.",
             count_of(t->flows, "flow had", "flows had"), example(t));
    t = &d->problem[PROBLEM_SLOW_SERVER];
    if (t->flows)
        tell(p, false, "problem=slow_server", "%s for a slow server, %s.",
             count_of(t->flows, "flow waited", "flows waited"), example(t));
}

/* The risks that most flows have; libndpi's words. */
static void find_risks(struct report_problems *p, const struct digest *d)
{
    bool told[64] = {false};
    for (unsigned n = 0; n < RISKS_TOLD; n++) {
        unsigned most = 64;
        for (unsigned bit = 0; bit < 64; bit++) {
            bool is_more =
                d->risk[bit].flows && (most == 64 || d->risk[bit].flows > d->risk[most].flows);
            if (!told[bit] && is_more)
                most = bit;
        }
        if (most == 64)
            return;
        told[most] = true;
        const char *name = protos_risk((uint8_t)most);
        char filter[120];
        snprintf(filter, sizeof filter, "risk=\"%s\"", name ? name : "");
        tell(p, false, name ? filter : "", "%s suspicious: %s.",
             count_of(d->risk[most].flows, "flow is", "flows are"), name ? name : "no name");
    }
}

void report_problems_find(struct report_problems *p, const struct reading *r,
                          const struct digest *d)
{
    p->n = 0;
    find_in_file(p, r);
    find_in_flows(p, d);
    find_risks(p, d);
    if (!d->complete)
        tell(p, true, "", "There was not enough memory to add up all flows: tables are not whole.");
}
