/* metrics.c - counters for Prometheus: text format 0.0.4, or OpenMetrics 1.0 when asked for.
 *
 * One prefix, base units, _total on counters; labels are interfaces, reasons, applications, words of
 * small tables and the largest exporters, never other addresses, so their number is bounded.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ceiling.h"
#include "engine/ledger.h"
#include "face/api.h"
#include "face/exporters.h"
#include "io/exports.h"

enum { METRICS_EXPORTERS = 500 /* of each interface: addresses are strangers' to choose */ };

/* One interface with its totals; an interface that nobody answered for is left out. */
struct scrape {
    struct interface_info info;
    struct answer *answer;
    const struct totals_row *t;
};

struct writer {
    struct text *out;
    bool open_metrics;
    unsigned n;
    struct scrape *scrape;
};

/* # HELP and # TYPE. OpenMetrics names a counter's family without its _total. */
static void family(struct writer *w, const char *name, const char *type, const char *help)
{
    size_t len = strlen(name);
    if (w->open_metrics && !strcmp(type, "counter") && len > 6)
        len -= 6;
    text_add(w->out, "# HELP ");
    text_add_n(w->out, name, len);
    text_char(w->out, ' ');
    text_add(w->out, help);
    text_add(w->out, "\n# TYPE ");
    text_add_n(w->out, name, len);
    text_char(w->out, ' ');
    text_add(w->out, type);
    text_char(w->out, '\n');
}

static void label(struct text *t, const char *name, const char *value, bool first)
{
    text_char(t, first ? '{' : ',');
    text_add(t, name);
    text_add(t, "=\"");
    for (const char *p = value; *p; p++) {
        if (*p == '\n') {
            text_add(t, "\\n");
            continue;
        }
        if (*p == '"' || *p == '\\')
            text_char(t, '\\');
        text_char(t, *p);
    }
    text_char(t, '"');
}

/* name{interface="eth0",ifid="0" - the rest of the labels and the value follow. */
static void sample(struct writer *w, const char *name, const struct scrape *s)
{
    char id[16];
    snprintf(id, sizeof id, "%d", s->info.id);
    text_add(w->out, name);
    label(w->out, "interface", s->info.name, true);
    label(w->out, "ifid", id, false);
}

static void value(struct writer *w, uint64_t number)
{
    text_add(w->out, "} ");
    text_u64(w->out, number);
    text_char(w->out, '\n');
}

/* Counters and gauges that are one member of struct totals_row each. */
static const struct scalar {
    const char *name, *type, *help;
    size_t offset;
} scalars[] = {
#define SCALAR(member, name, type, help)                                                           \
    {                                                                                              \
        name, type, help, offsetof(struct totals_row, member)                                      \
    }
    SCALAR(received_bytes, "weir_interface_receive_bytes_total", "counter",
           "Bytes received on the interface."),
    SCALAR(received, "weir_interface_packets_total", "counter",
           "Frames received on the interface."),
    SCALAR(damaged, "weir_interface_damaged_records_total", "counter",
           "Capture records that could not be read."),
    SCALAR(ip_packets, "weir_interface_ip_packets_total", "counter", "IP packets of flows."),
    SCALAR(ip_bytes, "weir_interface_ip_bytes_total", "counter", "Bytes of IP packets of flows."),
    SCALAR(overhead_bytes, "weir_interface_overhead_bytes_total", "counter",
           "Bytes on the wire around IP packets."),
    SCALAR(upload_bytes, "weir_interface_upload_bytes_total", "counter",
           "Bytes from local to remote hosts."),
    SCALAR(download_bytes, "weir_interface_download_bytes_total", "counter",
           "Bytes from remote to local hosts."),
    SCALAR(goodput_bytes, "weir_interface_goodput_bytes_total", "counter",
           "Payload above the transport header."),
    SCALAR(flows_active, "weir_interface_active_flows", "gauge", "Flows held now."),
    SCALAR(flows_created, "weir_interface_flows_total", "counter", "Flows ever made."),
    SCALAR(flows_evicted, "weir_interface_flows_evicted_total", "counter",
           "Flows ended early to make room."),
    SCALAR(hosts_evicted, "weir_interface_hosts_evicted_total", "counter",
           "Hosts forgotten early to make room."),
    SCALAR(emergency, "weir_interface_emergency", "gauge",
           "Workers whose flow table is full of new flows now."),
    SCALAR(emergencies, "weir_interface_emergencies_total", "counter", "How often that began."),
    SCALAR(devices, "weir_interface_devices", "gauge", "MAC devices held now."),
    SCALAR(alerted_flows, "weir_interface_alerted_flows", "gauge",
           "Active flows with a risk or a problem."),
    SCALAR(dpi_open, "weir_interface_undecided_flows", "gauge",
           "Flows whose application is not decided yet."),
    SCALAR(questions, "weir_interface_questions_total", "counter",
           "Questions of pages and API answered."),
    SCALAR(datagrams, "weir_interface_collected_messages_total", "counter",
           "Messages of exporters received."),
    SCALAR(records, "weir_interface_collected_records_total", "counter",
           "Data records in those messages."),
    SCALAR(records_accepted, "weir_interface_collected_records_accepted_total", "counter",
           "Data records that were decoded and handed on."),
    SCALAR(records_counted, "weir_interface_collected_records_counted_total", "counter",
           "Data records and sampled frames counted at flows."),
    SCALAR(records_options, "weir_interface_collected_options_total", "counter",
           "Options records of exporters."),
    SCALAR(sampled_frames, "weir_interface_sampled_frames_total", "counter",
           "Sampled frames in messages of exporters."),
    SCALAR(counter_samples, "weir_interface_counter_samples_total", "counter",
           "Samples of interface counters in messages of exporters."),
#undef SCALAR
};

static void write_scalars(struct writer *w)
{
    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++) {
        family(w, scalars[i].name, scalars[i].type, scalars[i].help);
        for (unsigned k = 0; k < w->n; k++) {
            uint64_t number;
            memcpy(&number, (const uint8_t *)w->scrape[k].t + scalars[i].offset, sizeof number);
            sample(w, scalars[i].name, &w->scrape[k]);
            value(w, number);
        }
    }
}

/* One sample per interface and word. */
struct word_value {
    const char *word;
    uint64_t number;
};

static void samples(struct writer *w, const char *name, const struct scrape *s, const char *key,
                    const struct word_value *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sample(w, name, s);
        label(w->out, key, values[i].word, false);
        value(w, values[i].number);
    }
}

static void write_drops(struct writer *w)
{
    family(w, "weir_interface_drops_total", "counter",
           "Frames lost before Weir saw them, by who lost them.");
    for (unsigned k = 0; k < w->n; k++) {
        const struct totals_row *t = w->scrape[k].t;
        struct word_value v[] = {{"kernel", t->kernel_dropped},
                                 {"interface", t->interface_dropped}};
        samples(w, "weir_interface_drops_total", &w->scrape[k], "where", v, 2);
    }
    family(w, "weir_interface_active_hosts", "gauge", "Hosts held now.");
    for (unsigned k = 0; k < w->n; k++) {
        const struct totals_row *t = w->scrape[k].t;
        uint64_t remote = t->hosts_active > t->hosts_local ? t->hosts_active - t->hosts_local : 0;
        struct word_value v[] = {{"local", t->hosts_local}, {"remote", remote}};
        samples(w, "weir_interface_active_hosts", &w->scrape[k], "location", v, 2);
    }
}

static void write_tcp(struct writer *w)
{
    family(w, "weir_interface_tcp_events_total", "counter", "TCP segments of note.");
    for (unsigned k = 0; k < w->n; k++) {
        const struct totals_row *t = w->scrape[k].t;
        struct word_value v[] = {{"retransmission", t->retrans},
                                 {"out_of_order", t->ooo},
                                 {"lost", t->lost},
                                 {"keep_alive", t->keepalive},
                                 {"zero_window", t->zero_window},
                                 {"syn", t->tcp_syn},
                                 {"synack", t->tcp_synack},
                                 {"fin", t->tcp_fin},
                                 {"rst", t->tcp_rst}};
        samples(w, "weir_interface_tcp_events_total", &w->scrape[k], "event", v,
                sizeof v / sizeof *v);
    }
}

static void write_l4(struct writer *w, const char *name, const char *help, bool bytes)
{
    static const char *const words[L4_CLASSES] = {"tcp", "udp", "icmp", "other"};
    family(w, name, "counter", help);
    for (unsigned k = 0; k < w->n; k++) {
        struct word_value v[L4_CLASSES];
        for (int i = 0; i < L4_CLASSES; i++) {
            const struct traffic *l4 = &w->scrape[k].t->l4[i];
            const uint64_t *pair = bytes ? l4->bytes : l4->packets;
            v[i] = (struct word_value){words[i], pair[0] + pair[1]};
        }
        samples(w, name, &w->scrape[k], "l4", v, L4_CLASSES);
    }
}

static void write_reasons(struct writer *w)
{
    family(w, "weir_interface_reason_packets_total", "counter",
           "Frames by why they were or were not counted.");
    for (unsigned k = 0; k < w->n; k++) {
        for (int i = 0; i < REASONS; i++) {
            struct word_value v = {reason_table[i].name, w->scrape[k].t->packets[i]};
            samples(w, "weir_interface_reason_packets_total", &w->scrape[k], "reason", &v, 1);
        }
    }
}

static void write_record_losses(struct writer *w)
{
    static const char name[] = "weir_interface_collected_loss_total";
    family(w, name, "counter",
           "Records of exporters that were not handed on, and notes about others, by reason.");
    for (unsigned k = 0; k < w->n; k++) {
        for (int i = 0; i < LOSSES; i++) {
            sample(w, name, &w->scrape[k]);
            label(w->out, "group", ledger_loss_group(loss_table[i].group), false);
            label(w->out, "reason", loss_table[i].name, false);
            value(w, w->scrape[k].t->record_losses[i]);
        }
    }
}

static void write_apps(struct writer *w, const struct api *api)
{
    static const char name[] = "weir_interface_app_bytes_total";
    family(w, name, "counter", "Bytes of an application, as its clients sent and received them.");
    for (unsigned k = 0; k < w->n; k++) {
        struct question q = {.kind = QUESTION_GROUPS,
                             .group = GROUP_APP,
                             .limit = 1000,
                             .iface = w->scrape[k].info.id,
                             .hosts_local = -1};
        struct answer *a = question_ask(api->engine, &q);
        for (uint32_t i = 0; i < a->n; i++) {
            for (int side = 0; side < 2; side++) {
                sample(w, name, &w->scrape[k]);
                label(w->out, "app", a->groups[i].name, false);
                label(w->out, "direction", side == SIDE_SENT ? "sent" : "rcvd", false);
                value(w, a->groups[i].traffic.bytes[side]);
            }
        }
        answer_free(a);
    }
}

/* Figures of one exporter. */
static const struct {
    const char *name, *type, *help;
    size_t offset;
} exporter_scalars[] = {
#define SCALAR(member, name, type, help)                                                           \
    {                                                                                              \
        name, type, help, offsetof(struct exporter_sum, member)                                    \
    }
    SCALAR(datagrams, "weir_exporter_messages_total", "counter", "Messages of the exporter."),
    SCALAR(records, "weir_exporter_records_total", "counter", "Data records in them."),
    SCALAR(lost_records, "weir_exporter_lost_records_total", "counter",
           "Records that never came, by sequence numbers that count records."),
    SCALAR(lost_messages, "weir_exporter_lost_messages_total", "counter",
           "Messages that never came, by sequence numbers that count messages."),
    SCALAR(duplicate, "weir_exporter_duplicate_messages_total", "counter",
           "Messages that came twice."),
    SCALAR(no_template, "weir_exporter_no_template_total", "counter",
           "Sets whose template did not come in time."),
    SCALAR(malformed, "weir_exporter_malformed_total", "counter",
           "Messages, sets and records that could not be read."),
    SCALAR(restarts, "weir_exporter_restarts_total", "counter", "How often it began anew."),
    SCALAR(templates, "weir_exporter_templates", "gauge", "Templates that are valid now."),
    SCALAR(sampling, "weir_exporter_sampling_rate", "gauge",
           "One packet stands for so many; 1 also where nobody has said."),
    SCALAR(bytes, "weir_exporter_traffic_bytes_total", "counter",
           "Bytes of the traffic that it told of, scaled by the sampling rate."),
    SCALAR(packets, "weir_exporter_traffic_packets_total", "counter",
           "Packets of the traffic that it told of, scaled by the sampling rate."),
#undef SCALAR
};

static void exporter_sample(struct writer *w, const char *name, const struct scrape *s,
                            const struct exporter_sum *x)
{
    sample(w, name, s);
    label(w->out, "exporter", x->ip, false);
}

static void milliseconds(struct writer *w, int64_t ms)
{
    text_add(w->out, "} ");
    text_fixed(w->out, ms, 3);
    text_char(w->out, '\n');
}

static int compare_first(const void *left, const void *right)
{
    const struct exporter_sum *a = left, *b = right;
    return a->first != b->first ? (a->first > b->first) - (a->first < b->first)
                                : addr_compare(&a->addr, &b->addr);
}

/* Those that were heard first, so that a line that is there stays. */
static struct exporter_sums *ask_exporters(const struct writer *w, const struct api *api)
{
    struct exporter_sums *all = calloc(w->n ? w->n : 1, sizeof *all);
    for (unsigned k = 0; all && k < w->n; k++) {
        exporter_sums_ask(&all[k], api->engine, w->scrape[k].info.id);
        if (all[k].n)
            qsort(all[k].sum, all[k].n, sizeof *all[k].sum, compare_first);
    }
    return all;
}

static void write_exporter_times(struct writer *w, const struct exporter_sums *all)
{
    static const char silence[] = "weir_exporter_silent_seconds";
    static const char skew[] = "weir_exporter_clock_skew_seconds";
    family(w, silence, "gauge", "For how long the exporter has said nothing.");
    for (unsigned k = 0; k < w->n; k++) {
        for (uint32_t i = 0; i < all[k].n && i < METRICS_EXPORTERS; i++) {
            exporter_sample(w, silence, &w->scrape[k], &all[k].sum[i]);
            milliseconds(w, (int64_t)all[k].sum[i].silent_ms);
        }
    }
    family(w, skew, "gauge", "The exporter's clock minus that of Weir.");
    for (unsigned k = 0; k < w->n; k++) {
        for (uint32_t i = 0; i < all[k].n && i < METRICS_EXPORTERS; i++) {
            exporter_sample(w, skew, &w->scrape[k], &all[k].sum[i]);
            milliseconds(w, all[k].sum[i].skew_ms);
        }
    }
}

static void write_exporters(struct writer *w, const struct api *api)
{
    struct exporter_sums *all = ask_exporters(w, api);
    if (!all)
        return;
    family(w, "weir_interface_exporters", "gauge",
           "Exporters that have been heard; no more than 500 are told one by one.");
    for (unsigned k = 0; k < w->n; k++) {
        sample(w, "weir_interface_exporters", &w->scrape[k]);
        value(w, all[k].n);
    }
    for (size_t f = 0; f < sizeof exporter_scalars / sizeof *exporter_scalars; f++) {
        family(w, exporter_scalars[f].name, exporter_scalars[f].type, exporter_scalars[f].help);
        for (unsigned k = 0; k < w->n; k++) {
            for (uint32_t i = 0; i < all[k].n && i < METRICS_EXPORTERS; i++) {
                const struct exporter_sum *x = &all[k].sum[i];
                uint64_t number;
                memcpy(&number, (const char *)x + exporter_scalars[f].offset, sizeof number);
                exporter_sample(w, exporter_scalars[f].name, &w->scrape[k], x);
                value(w, number);
            }
        }
    }
    write_exporter_times(w, all);
    for (unsigned k = 0; k < w->n; k++)
        exporter_sums_free(&all[k]);
    free(all);
}

/* One figure of every target that flows are exported to. */
static const struct {
    const char *name, *help;
    size_t offset;
} export_scalars[] = {
    {"weir_export_offered_total", "Records for the target.",
     offsetof(struct export_state, offered)},
    {"weir_export_sent_total", "Records that were sent.", offsetof(struct export_state, sent)},
    {"weir_export_messages_total", "Messages that carried them.",
     offsetof(struct export_state, messages)},
    {"weir_export_bytes_total", "Bytes of those messages.", offsetof(struct export_state, bytes)},
};

static void export_drops(struct writer *w, const struct exports *x)
{
    static const char dropped[] = "weir_export_dropped_total", queue[] = "weir_export_queue_length";
    struct export_state s;
    family(w, dropped, "counter", "Records that did not leave, by reason.");
    for (unsigned i = 0; exports_state(x, i, &s); i++) {
        for (int d = 0; d < EXPORT_DROPS; d++) {
            text_add(w->out, dropped);
            label(w->out, "target", s.name, true);
            label(w->out, "reason", export_drop_name((enum export_drop)d), false);
            value(w, s.dropped[d]);
        }
    }
    family(w, queue, "gauge", "Records that wait to be sent.");
    for (unsigned i = 0; exports_state(x, i, &s); i++) {
        text_add(w->out, queue);
        label(w->out, "target", s.name, true);
        value(w, export_queued(&s));
    }
}

static void write_exports(struct writer *w, const struct exports *x)
{
    struct export_state s;
    for (size_t f = 0; f < sizeof export_scalars / sizeof *export_scalars; f++) {
        family(w, export_scalars[f].name, "counter", export_scalars[f].help);
        for (unsigned i = 0; exports_state(x, i, &s); i++) {
            uint64_t number;
            memcpy(&number, (const char *)&s + export_scalars[f].offset, sizeof number);
            text_add(w->out, export_scalars[f].name);
            label(w->out, "target", s.name, true);
            value(w, number);
        }
    }
    export_drops(w, x);
}

static void plain(struct writer *w, const char *name, const char *type, const char *help,
                  uint64_t number)
{
    family(w, name, type, help);
    text_add(w->out, name);
    text_char(w->out, ' ');
    text_u64(w->out, number);
    text_char(w->out, '\n');
}

static void write_process(struct writer *w, const struct api *api)
{
    struct process_state p;
    process_read(&p);
    family(w, "weir_build_info", "gauge", "Version of the program.");
    text_add(w->out, "weir_build_info");
    label(w->out, "version", api->about.version, true);
    label(w->out, "revision", api->about.revision, false);
    value(w, 1);
    family(w, "weir_memory_bytes", "gauge", "Memory by who uses it.");
    for (int i = 0; i < ACCOUNTS; i++) {
        text_add(w->out, "weir_memory_bytes");
        label(w->out, "account", mem_account_name((enum account)i), true);
        value(w, mem_used((enum account)i));
    }
    plain(w, "weir_memory_limit_bytes", "gauge", "Limit of the whole process (--memory).",
          ceiling_state().limit);
    family(w, "weir_memory_refused_total", "counter", "Memory that the limit refused, by account.");
    for (int i = 0; i < ACCOUNTS; i++) {
        text_add(w->out, "weir_memory_refused_total");
        label(w->out, "account", mem_account_name((enum account)i), true);
        value(w, mem_refused((enum account)i));
    }
    plain(w, "weir_http_streams", "gauge", "Live streams of pages now.",
          api->streams ? api->streams(api->stream) : 0);
    plain(w, "process_resident_memory_bytes", "gauge", "Resident memory.", p.rss_bytes);
    plain(w, "weir_huge_pages_bytes", "gauge", "Resident memory in huge pages.", p.huge_bytes);
    plain(w, "process_threads", "gauge", "Threads.", p.threads);
    plain(w, "process_open_fds", "gauge", "Open file descriptors.", p.open_fds);
    plain(w, "process_start_time_seconds", "gauge", "Start of the program since 1970.",
          (uint64_t)(api->started / SECOND));
    family(w, "process_cpu_seconds_total", "counter", "CPU time used.");
    text_add(w->out, "process_cpu_seconds_total ");
    text_fixed(w->out, (int64_t)p.cpu_ms, 3);
    text_char(w->out, '\n');
}

static void scrape_all(struct writer *w, const struct api *api)
{
    unsigned n = engine_interfaces(api->engine);
    w->scrape = calloc(n ? n : 1, sizeof *w->scrape);
    for (unsigned i = 0; w->scrape && i < n; i++) {
        struct scrape *s = &w->scrape[w->n];
        if (!engine_interface(api->engine, (int)i, &s->info))
            continue;
        s->answer = api_ask_totals(api, (int)i);
        s->t = s->answer->totals;
        if (s->t)
            w->n++;
        else
            answer_free(s->answer);
    }
}

struct reply *api_metrics(const struct api *api, const struct call *c)
{
    struct reply *r = reply_new(
        200, c->open_metrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                             : "text/plain; version=0.0.4; charset=utf-8");
    struct writer w = {.out = &r->body, .open_metrics = c->open_metrics};
    scrape_all(&w, api);
    write_scalars(&w);
    write_drops(&w);
    write_tcp(&w);
    write_l4(&w, "weir_interface_l4_packets_total", "IP packets by transport protocol.", false);
    write_l4(&w, "weir_interface_l4_bytes_total", "Bytes of IP packets by transport protocol.",
             true);
    write_reasons(&w);
    write_record_losses(&w);
    write_apps(&w, api);
    write_exporters(&w, api);
    if (api->exports)
        write_exports(&w, api->exports);
    write_process(&w, api);
    if (c->open_metrics)
        text_add(w.out, "# EOF\n");
    for (unsigned i = 0; i < w.n; i++)
        answer_free(w.scrape[i].answer);
    free(w.scrape);
    return reply_finish(r);
}
