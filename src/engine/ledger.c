/* ledger.c - the equations: every packet and byte has a place. */
#include "engine/ledger.h"

#include <assert.h>

#include "base/alloc.h"

struct group_sum {
    uint64_t packets, bytes;
};

static struct group_sum sum_group(const struct totals_row *t, enum reason_group group)
{
    struct group_sum s = {0};
    for (unsigned r = 0; r < REASONS; r++) {
        if (reason_table[r].group != group)
            continue;
        s.packets += t->packets[r];
        s.bytes += t->bytes[r];
    }
    return s;
}

struct ledger_line *ledger_add(struct ledger *l, const struct ledger_line *head)
{
    if (l->n == LEDGER_LINES)
        return NULL;
    struct ledger_line *line = &l->line[l->n++];
    *line = *head;
    line->gap = (int64_t)line->left;
    return line;
}

void ledger_add_term(struct ledger_line *line, const char *name, uint64_t value)
{
    assert(line->terms < LEDGER_TERMS);
    line->term[line->terms++] = (struct ledger_term){.name = name, .value = value};
    line->gap -= (int64_t)value;
}

void ledger_close(struct ledger *l)
{
    l->closes = true;
    for (unsigned i = 0; i < l->n; i++)
        l->closes = l->closes && !l->line[i].gap;
}

static struct ledger_line *add_line(struct ledger *l, const char *id, const char *unit,
                                    const char *text, const char *left_name, uint64_t left)
{
    const struct ledger_line head = {
        .id = id, .unit = unit, .text = text, .left_name = left_name, .left = left};
    return ledger_add(l, &head);
}

static void take_term(struct ledger_line *line, const char *name, uint64_t value)
{
    line->term[line->terms++] = (struct ledger_term){.name = name, .value = value, .minus = true};
    line->gap += (int64_t)value;
}

static void frames(struct ledger *l, const struct totals_row *t)
{
    struct group_sum flow = sum_group(t, GROUP_FLOW), other = sum_group(t, GROUP_OTHER);
    struct group_sum malformed = sum_group(t, GROUP_MALFORMED);
    struct group_sum untracked = sum_group(t, GROUP_UNTRACKED);
    struct group_sum exports = sum_group(t, GROUP_EXPORT);
    /* Workers of one file are at different places until all have reached its end. */
    uint64_t received = t->catching_up ? t->wire_packets : t->received;
    struct ledger_line *line = add_line(l, "L1", "packets", "What the source offered", "offered",
                                        received + t->filtered + t->kernel_dropped);
    ledger_add_term(line, "handed to Weir", t->wire_packets);
    ledger_add_term(line, "filtered", t->filtered);
    ledger_add_term(line, "dropped by the kernel", t->kernel_dropped);
    line = add_line(l, "L2", "packets", "Every frame has one verdict", "handed to Weir",
                    t->wire_packets);
    ledger_add_term(line, "IP packets of flows", flow.packets);
    ledger_add_term(line, "frames without IP", other.packets);
    ledger_add_term(line, "malformed", malformed.packets);
    ledger_add_term(line, "untracked", untracked.packets);
    ledger_add_term(line, "exports of flows", exports.packets);
    line = add_line(l, "L2", "bytes", "Every byte on the wire has one verdict", "handed to Weir",
                    t->wire_bytes);
    ledger_add_term(line, "IP packets of flows", flow.bytes);
    ledger_add_term(line, "frames without IP", other.bytes);
    ledger_add_term(line, "malformed", malformed.bytes);
    ledger_add_term(line, "untracked", untracked.bytes);
    ledger_add_term(line, "exports of flows", exports.bytes);
    line =
        add_line(l, "L3", "bytes", "Wire bytes of IP packets are IP bytes and what is around them",
                 "IP packets of flows", flow.bytes);
    ledger_add_term(line, "IP bytes", t->ip_bytes);
    ledger_add_term(line, "headers and tunnels around them", t->overhead_bytes);
    take_term(line, "claimed beyond the wire", t->excess_bytes);
    take_term(line, "told by exporters", t->record_bytes);
}

static void flows(struct ledger *l, const struct totals_row *t)
{
    struct ledger_line *line =
        add_line(l, "L3", "packets", "IP packets were on the wire, or an exporter told of them",
                 "IP packets", t->ip_packets);
    ledger_add_term(line, "IP packets of flows", t->packets[REASON_ipv4] + t->packets[REASON_ipv6]);
    ledger_add_term(line, "told by exporters", t->record_packets);
    line = add_line(l, "L3", "packets", "Flows hold every IP packet", "IP packets", t->ip_packets);
    ledger_add_term(line, "of active flows", t->flow_packets_active);
    ledger_add_term(line, "of ended flows", t->flow_packets_ended);
    line = add_line(l, "L3", "bytes", "Flows hold every IP byte", "IP bytes", t->ip_bytes);
    ledger_add_term(line, "of active flows", t->flow_bytes_active);
    ledger_add_term(line, "of ended flows", t->flow_bytes_ended);
    line = add_line(l, "L3", "bytes", "Both families make the whole", "IP bytes", t->ip_bytes);
    ledger_add_term(line, "IPv4", t->ip_v4_bytes);
    ledger_add_term(line, "IPv6", t->ip_v6_bytes);
    line = add_line(l, "L3", "flows", "No flow is lost", "flows begun", t->flows_created);
    ledger_add_term(line, "active", t->flows_active);
    ledger_add_term(line, "ended", t->flows_ended);
    line = add_line(l, "L3", "hosts", "No host is lost", "hosts met", t->hosts_created);
    ledger_add_term(line, "active, by worker", t->hosts_held);
    ledger_add_term(line, "forgotten after a silence", t->hosts_forgotten);
    ledger_add_term(line, "forgotten early, counted under Other hosts", t->hosts_evicted);
}

/* Only where somebody collects: elsewhere there is nothing to close. */
static void records(struct ledger *l, const struct totals_row *t)
{
    static const char *const words[] = {[LOSS_MALFORMED] = "malformed",
                                        [LOSS_NO_TEMPLATE] = "without template",
                                        [LOSS_DENIED] = "denied",
                                        [LOSS_DUP] = "sent twice"};
    if (!t->datagrams)
        return;
    struct ledger_line *line =
        add_line(l, "L4", "records", "Every record of an exporter has one fate", "records received",
                 t->records);
    ledger_add_term(line, "accepted", t->records_accepted);
    for (unsigned group = LOSS_MALFORMED; group < LOSS_NOTE; group++) {
        uint64_t n = 0;
        for (unsigned i = 0; i < LOSSES; i++)
            n += loss_table[i].group == group ? t->record_losses[i] : 0;
        ledger_add_term(line, words[group], n);
    }
    line = add_line(l, "L4", "records", "What was accepted is traffic, or is told why it is none",
                    "records and sampled frames", t->records_taken);
    ledger_add_term(line, "counted at flows", t->records_counted);
    for (unsigned r = 0; r < REASONS; r++)
        if (reason_table[r].group == GROUP_RECORD)
            ledger_add_term(line, reason_table[r].title, t->packets[r]);
}

void ledger_fill(struct ledger *l, const struct totals_row *t)
{
    *l = (struct ledger){0};
    frames(l, t);
    flows(l, t);
    records(l, t);
    uint64_t used[ACCOUNTS];
    struct ledger_line *line = add_line(l, "L7", "bytes", "Memory is on somebody's account",
                                        "memory taken", mem_snapshot(used));
    for (unsigned a = 0; a < ACCOUNTS; a++)
        ledger_add_term(line, mem_account_name(a), used[a]);
    ledger_close(l);
}

static const char *const group_words[] = {
    [GROUP_FLOW] = "flow",           [GROUP_OTHER] = "other", [GROUP_MALFORMED] = "malformed",
    [GROUP_UNTRACKED] = "untracked", [GROUP_NOTE] = "note",   [GROUP_RECORD] = "record",
    [GROUP_EXPORT] = "export"};

const char *ledger_loss_group(enum loss_group group)
{
    static const char *const words[] = {[LOSS_MALFORMED] = "malformed",
                                        [LOSS_NO_TEMPLATE] = "no_template",
                                        [LOSS_DENIED] = "denied",
                                        [LOSS_DUP] = "duplicate",
                                        [LOSS_NOTE] = "note"};
    return words[group];
}

/* What became of records of exporters, only where somebody collects. */
static void losses_json(const struct totals_row *t, struct json *j)
{
    json_key(j, "losses");
    json_open_array(j);
    for (unsigned i = 0; t->datagrams && i < LOSSES; i++) {
        json_open(j);
        json_pair_string(j, "name", loss_table[i].name);
        json_pair_string(j, "group", ledger_loss_group(loss_table[i].group));
        json_pair_string(j, "title", loss_table[i].title);
        json_pair_string(j, "text", loss_table[i].text);
        json_pair_u64(j, "records", t->record_losses[i]);
        json_close(j);
    }
    json_close_array(j);
}

void ledger_json(const struct ledger *l, const struct totals_row *t, struct json *j)
{
    json_open(j);
    json_pair_bool(j, "closes", l->closes);
    json_key(j, "lines");
    json_open_array(j);
    for (unsigned i = 0; i < l->n; i++) {
        const struct ledger_line *line = &l->line[i];
        json_open(j);
        json_pair_string(j, "id", line->id);
        json_pair_string(j, "text", line->text);
        json_pair_string(j, "unit", line->unit);
        json_pair_string(j, "left_name", line->left_name);
        json_pair_u64(j, "left", line->left);
        json_key(j, "terms");
        json_open_array(j);
        for (unsigned k = 0; k < line->terms; k++) {
            json_open(j);
            json_pair_string(j, "name", line->term[k].name);
            json_pair_u64(j, "value", line->term[k].value);
            json_pair_bool(j, "minus", line->term[k].minus);
            json_close(j);
        }
        json_close_array(j);
        json_pair_i64(j, "gap", line->gap);
        json_close(j);
    }
    json_close_array(j);
    json_key(j, "reasons");
    json_open_array(j);
    for (unsigned r = 0; r < REASONS; r++) {
        json_open(j);
        json_pair_string(j, "name", reason_table[r].name);
        json_pair_string(j, "group", group_words[reason_table[r].group]);
        json_pair_string(j, "title", reason_table[r].title);
        json_pair_string(j, "text", reason_table[r].text);
        json_pair_u64(j, "packets", t->packets[r]);
        json_pair_u64(j, "bytes", t->bytes[r]);
        json_close(j);
    }
    json_close_array(j);
    losses_json(t, j);
    json_close(j);
}

void ledger_print(const struct ledger *l, const struct totals_row *t, struct text *out)
{
    for (unsigned i = 0; i < l->n; i++) {
        const struct ledger_line *line = &l->line[i];
        text_printf(out, "%s  %s (%s)\n    %16llu  %s\n", line->id, line->text, line->unit,
                    (unsigned long long)line->left, line->left_name);
        for (unsigned k = 0; k < line->terms; k++)
            text_printf(out, "  %s %16llu  %s\n",
                        line->term[k].minus ? "-"
                        : k                 ? "+"
                                            : "=",
                        (unsigned long long)line->term[k].value, line->term[k].name);
        if (line->gap)
            text_printf(out, "    DOES NOT CLOSE: %lld %s are nowhere\n", (long long)line->gap,
                        line->unit);
    }
    text_printf(out, "\n%16s %18s  reason\n", "packets", "wire bytes");
    for (unsigned r = 0; r < REASONS; r++)
        if (t->packets[r])
            text_printf(out, "%16llu %18llu  %s (%s)\n", (unsigned long long)t->packets[r],
                        (unsigned long long)t->bytes[r], reason_table[r].title,
                        group_words[reason_table[r].group]);
    text_printf(out, "\n%s\n", l->closes ? "Every equation closes." : "NOT every equation closes.");
}
