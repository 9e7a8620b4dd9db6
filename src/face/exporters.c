/* exporters.c - exporters as people see them: one row per address, over its domains and protocols. */
#include "face/exporters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/words.h"

const char *telemetry_title(enum telemetry t)
{
    static const char *const titles[TELEMETRIES] = {
        [TELEMETRY_NONE] = "unknown",        [TELEMETRY_NETFLOW1] = "NetFlow v1",
        [TELEMETRY_NETFLOW5] = "NetFlow v5", [TELEMETRY_NETFLOW7] = "NetFlow v7",
        [TELEMETRY_NETFLOW9] = "NetFlow v9", [TELEMETRY_IPFIX] = "IPFIX",
        [TELEMETRY_SFLOW2] = "sFlow v2",     [TELEMETRY_SFLOW4] = "sFlow v4",
        [TELEMETRY_SFLOW5] = "sFlow v5",     [TELEMETRY_ZMQ] = "ZMQ",
    };
    return t < TELEMETRIES ? titles[t] : titles[TELEMETRY_NONE];
}

bool telemetry_counts_records(enum telemetry t)
{
    return t == TELEMETRY_NETFLOW5 || t == TELEMETRY_NETFLOW7 || t == TELEMETRY_IPFIX;
}

const char *exporter_state_word(enum exporter_state state)
{
    static const char *const words[] = {[EXPORTER_SENDS] = "sends",
                                        [EXPORTER_SILENT] = "silent",
                                        [EXPORTER_REMEMBERED] = "remembered"};
    return words[state];
}

static void add_protocol(struct exporter_sum *s, const char *title)
{
    size_t len = strlen(s->protocol);
    if (!strstr(s->protocol, title))
        snprintf(s->protocol + len, sizeof s->protocol - len, "%s%s", len ? ", " : "", title);
}

static void begin_sum(struct exporter_sum *s, const struct exporter_row *row, uint32_t at)
{
    *s = (struct exporter_sum){.addr = row->addr, .first = row->first, .row = at};
    addr_print(&row->addr, s->ip);
    struct text term = {0};
    filter_add_term(&term, "exporter", s->ip);
    snprintf(s->filter, sizeof s->filter, "%s", term.failed ? "" : term.data);
    text_free(&term);
}

static void add_traffic(struct exporter_sum *s, const struct exporter_view *v)
{
    s->bytes += v->bytes;
    s->packets += v->packets;
    s->bps += v->bps;
    s->raw_bytes += v->told.raw_bytes;
    s->raw_packets += v->told.raw_packets;
    s->dup_bytes += v->told.dup_bytes;
    s->dup_packets += v->told.dup_packets;
}

static void add_faults(struct exporter_sum *s, const struct exporter_row *row)
{
    *(telemetry_counts_records(row->telemetry) ? &s->lost_records : &s->lost_messages) += row->lost;
    s->reordered += row->reordered;
    s->duplicate += row->duplicate;
    s->no_template += row->no_template;
    s->parked += row->parked;
    s->malformed += row->malformed;
    s->restarts += row->restarts;
    int64_t skew_ms = row->skew / MILLISECOND;
    if (llabs(skew_ms) > llabs(s->skew_ms))
        s->skew_ms = skew_ms;
}

/* It sends when any part of it does. */
static void add_state(struct exporter_sum *s, const struct exporter_view *v)
{
    uint64_t silent_ms = (uint64_t)(v->silence / MILLISECOND);
    if (!s->rows || v->state < s->best_state)
        s->best_state = v->state;
    if (v->state != EXPORTER_REMEMBERED && (!s->is_heard || silent_ms < s->silent_ms))
        s->silent_ms = silent_ms;
    s->is_heard |= v->state != EXPORTER_REMEMBERED;
    snprintf(s->state, sizeof s->state, "%s", exporter_state_word(s->best_state));
}

static void add_view(struct exporter_sum *s, const struct exporter_view *v)
{
    const struct exporter_row *row = &v->row;
    if (row->telemetry != TELEMETRY_NONE)
        add_protocol(s, telemetry_title(row->telemetry));
    if (!*s->name)
        memcpy(s->name, row->name, sizeof s->name);
    s->first = row->first < s->first ? row->first : s->first;
    s->last = row->last > s->last ? row->last : s->last;
    s->domains++;
    s->datagrams += row->datagrams;
    s->export_bytes += row->bytes;
    s->records += row->records;
    s->options += row->options;
    s->templates += row->templates;
    if (row->sampling >= s->sampling) {
        const char *source = kind_word(KIND_sampling_source, row->sampling_source);
        s->sampling = row->sampling;
        snprintf(s->sampling_source, sizeof s->sampling_source, "%s", source ? source : "");
    }
    add_faults(s, row);
    add_traffic(s, v);
    add_state(s, v);
    s->rows++;
}

static void ask(struct exporter_sums *x, struct engine *en, const struct question *q)
{
    *x = (struct exporter_sums){.answer = question_ask(en, q)};
    const struct answer *a = x->answer;
    x->sum = a->n ? calloc(a->n, sizeof *x->sum) : NULL;
    for (uint32_t i = 0; x->sum && i < a->n; i++) {
        const struct exporter_view *v = &a->exporters[i];
        if (!x->n || !addr_equal(&v->row.addr, &x->sum[x->n - 1].addr))
            begin_sum(&x->sum[x->n++], &v->row, i);
        add_view(&x->sum[x->n - 1], v);
    }
}

void exporter_sums_ask(struct exporter_sums *x, struct engine *en, int iface)
{
    const struct question q = {
        .kind = QUESTION_EXPORTERS, .iface = iface, .limit = QUESTION_ROWS, .hosts_local = -1};
    ask(x, en, &q);
}

void exporter_sums_ask_one(struct exporter_sums *x, struct engine *en, int iface,
                           const struct addr *addr)
{
    const struct question q = {.kind = QUESTION_EXPORTER,
                               .iface = iface,
                               .addr = *addr,
                               .limit = QUESTION_ROWS,
                               .hosts_local = -1};
    ask(x, en, &q);
}

void exporter_sums_free(struct exporter_sums *x)
{
    free(x->sum);
    answer_free(x->answer);
    *x = (struct exporter_sums){0};
}
