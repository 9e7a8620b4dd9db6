/* merge_exporters.c - what several workers know of exporters, as one answer.
 *
 * One worker hears an exporter, and any may count the flows of its records: what they counted comes as rows
 * that bear no protocol, stands before the exporter's own rows and is added to the first of them.
 */
#include "engine/merge_exporters.h"

#include <stdlib.h>

#include "engine/exporter_detail.h"
#include "engine/merge.h"

static int order_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int order_domains(const struct exporter_view *a, const struct exporter_view *b)
{
    int order = addr_compare(&a->row.addr, &b->row.addr);
    if (order)
        return order;
    order = order_numbers(a->row.domain, b->row.domain);
    return order ? order : order_numbers(a->iface, b->iface);
}

static int order_exporters(const void *x, const void *y)
{
    const struct exporter_view *a = x, *b = y;
    int order = order_domains(a, b);
    order = order ? order : (int)a->row.telemetry - (int)b->row.telemetry;
    order = order ? order : (int)!a->row.datagrams - (int)!b->row.datagrams;
    return order ? order : (int)a->row.port - (int)b->row.port;
}

static int order_told(const void *x, const void *y)
{
    const struct told_row *a = x, *b = y;
    return a->ts > b->ts ? -1 : a->ts < b->ts;
}

static void *exporters_of(struct answer *a)
{
    return a->exporters;
}

static void *kept_of(struct answer *a)
{
    return a->kept;
}

static void *told_of(struct answer *a)
{
    return a->told;
}

static void add_traffic(struct exporter_view *to, const struct exporter_view *from)
{
    to->bytes += from->bytes;
    to->packets += from->packets;
    to->bps += from->bps;
    group_told_add(&to->told, &from->told);
}

/* Rows in order: what was counted goes to the exporter that told it; and who is heard by one worker is
 * remembered by others from before a restart. Returns how many are left. */
static uint32_t join_traffic(struct exporter_view *row, uint32_t n)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct exporter_view *last = kept ? &row[kept - 1] : NULL;
        if (last && row[i].row.telemetry && row[i].row.telemetry == last->row.telemetry &&
            !row[i].row.datagrams && !order_domains(last, &row[i]))
            continue;
        bool takes = last && last->row.telemetry == TELEMETRY_NONE && !order_domains(last, &row[i]);
        if (!takes) {
            row[kept++] = row[i];
            continue;
        }
        struct exporter_view counted = *last;
        *last = row[i];
        add_traffic(last, &counted);
    }
    return kept;
}

struct answer_box *merge_exporters(const struct question *q, struct answer *const *part, unsigned n)
{
    struct answer_box *box =
        merge_gather(q->kind, sizeof(struct exporter_view), part, n, exporters_of);
    if (!box)
        return NULL;
    struct answer *a = &box->answer;
    if (a->n)
        qsort(a->exporters, a->n, sizeof *a->exporters, order_exporters);
    a->n = join_traffic(a->exporters, a->n);
    a->total = a->n;
    a->found = a->n > 0;
    if (q->kind == QUESTION_EXPORTERS)
        merge_cut_page(q, a, a->exporters, sizeof *a->exporters);
    bool room = true;
    for (unsigned i = 0; room && i < n; i++)
        room = exporter_detail_add(&a->exporter, &part[i]->exporter);
    exporter_detail_join(&a->exporter);
    if (room)
        return box;
    answer_free(a);
    return NULL;
}

/* After a restart all workers know all exporters, and one hears it: its row comes first. */
static int order_kept(const void *x, const void *y)
{
    const struct kept_exporter *a = x, *b = y;
    int order = addr_compare(&a->addr, &b->addr);
    if (order)
        return order;
    if (a->domain != b->domain)
        return a->domain < b->domain ? -1 : 1;
    if (a->telemetry != b->telemetry)
        return (int)a->telemetry - (int)b->telemetry;
    if (a->is_heard != b->is_heard)
        return a->is_heard ? -1 : 1;
    if (a->port != b->port)
        return (int)a->port - (int)b->port;
    return a->last > b->last ? -1 : a->last < b->last;
}

/* The same, or remembered of one that is heard: it may come from another port now. */
static bool is_same_kept(const struct kept_exporter *a, const struct kept_exporter *b)
{
    return a->telemetry == b->telemetry && a->domain == b->domain &&
           (a->port == b->port || (a->is_heard && !b->is_heard)) && addr_equal(&a->addr, &b->addr);
}

struct answer_box *merge_templates(struct answer *const *part, unsigned n)
{
    struct answer_box *box =
        merge_gather(QUESTION_TEMPLATES, sizeof(struct kept_exporter), part, n, kept_of);
    if (!box)
        return NULL;
    for (unsigned i = 0; i < n; i++)
        part[i]->n = 0; /* the texts are the answer's now */
    struct answer *a = &box->answer;
    uint32_t kept = 0;
    if (a->n)
        qsort(a->kept, a->n, sizeof *a->kept, order_kept);
    for (uint32_t i = 0; i < a->n; i++) {
        if (kept && is_same_kept(&a->kept[kept - 1], &a->kept[i]))
            text_free(&a->kept[i].packed);
        else
            a->kept[kept++] = a->kept[i];
    }
    a->n = kept;
    a->total = kept;
    return box;
}

struct answer_box *merge_told(const struct question *q, struct answer *const *part, unsigned n)
{
    struct answer_box *box = merge_gather(QUESTION_TOLD, sizeof(struct told_row), part, n, told_of);
    if (!box)
        return NULL;
    struct answer *a = &box->answer;
    a->total = a->n;
    if (a->n)
        qsort(a->told, a->n, sizeof *a->told, order_told);
    merge_cut_page(q, a, a->told, sizeof *a->told);
    return box;
}
