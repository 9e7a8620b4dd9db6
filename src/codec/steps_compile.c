/* steps_compile.c - decides once for each template which fields fill which columns, and which counters count. */
#include "codec/steps_private.h"

#include <stddef.h>

struct column {
    uint32_t pen;
    uint16_t id;
    uint8_t op, rank;
    uint16_t to;
};

enum { RANKS = 10 };

static const struct column columns[] = {
#define COLUMN(pen, id, op, member, rank)                                                          \
    {pen, id, STEP_##op, rank, offsetof(struct flow_in, member)},
#include "codec/columns.def"
#undef COLUMN
    {0, 34, STEP_ASIDE_RATE, 0, 0},
    {0, 50, STEP_ASIDE_RATE, 0, 0},
    {0, 48, STEP_ASIDE_SELECTOR, 0, 0},
    {0, 302, STEP_ASIDE_SELECTOR, 1, 0},
    {0, 305, STEP_ASIDE_NUMBER, 0, offsetof(struct aside, interval)},
    {0, 306, STEP_ASIDE_NUMBER, 0, offsetof(struct aside, space)},
    {0, 309, STEP_ASIDE_NUMBER, 0, offsetof(struct aside, size)},
    {0, 310, STEP_ASIDE_NUMBER, 0, offsetof(struct aside, population)},
    {0, 311, STEP_ASIDE_PROBABILITY, 0, 0},
    {0, 130, STEP_ASIDE_EXPORTER, 0, 0},
    {0, 131, STEP_ASIDE_EXPORTER, 0, 0},
    {0, 160, STEP_ASIDE_BOOT, 0, 0},
    {0, 161, STEP_ASIDE_DURATION_MS, 0, 0},
    {0, 162, STEP_ASIDE_DURATION_US, 0, 0},
    {0, 312, STEP_ASIDE_FRAME_SIZE, 0, 0},
    {0, 104, STEP_ASIDE_ETHERNET, 0, 0},
    {0, 315, STEP_ASIDE_ETHERNET, 0, 0},
    {0, 313, STEP_ASIDE_IP, 0, 0},
};

enum { COLUMNS = sizeof columns / sizeof columns[0] };

/* Rule C27. Exporters say the same octets in several ways, and adding them up would count a flow twice.
 * So one family of counters is taken, the first that a template has, and the others stay in the raw
 * record. OUT_BYTES (23, 24) is the other direction for those who use NetFlow v9 as ntop does, and the same
 * packets once more for others, which their records show (records.c); in IPFIX it is what left a
 * middlebox of the same packets, and so nothing to be added. */
struct counters {
    uint16_t octets, packets; /* enterprise 0 */
    uint32_t reverse_pen;
    uint16_t reverse_octets, reverse_packets;
    uint16_t flow_flags;
};

static const struct counters families[] = {
    {1, 2, PEN_REVERSE, 1, 2, 0},
    {231, 298, PEN_IANA, 232, 299, FLOW_IN_INITIATOR},
    {85, 86, PEN_REVERSE, 85, 86, FLOW_IN_TOTALS},
    {23, 24, PEN_REVERSE, 23, 24, 0},
    {352, 2, PEN_REVERSE, 352, 2, 0},
    {353, 86, PEN_REVERSE, 353, 86, FLOW_IN_TOTALS},
};

static const struct counters out_is_reverse = {1, 2, PEN_IANA, 23, 24, 0};

enum { FAMILIES = sizeof families / sizeof families[0] };

static const struct column *column_find(uint32_t pen, uint16_t id)
{
    for (size_t i = 0; i < COLUMNS; i++)
        if (columns[i].id == id && columns[i].pen == pen)
            return &columns[i];
    return NULL;
}

static bool is_counter(uint32_t pen, uint16_t id)
{
    for (size_t i = 0; i < FAMILIES; i++) {
        const struct counters *c = &families[i];
        if (pen == PEN_IANA && (id == c->octets || id == c->packets))
            return true;
        if (pen == c->reverse_pen && (id == c->reverse_octets || id == c->reverse_packets))
            return true;
    }
    return false;
}

bool steps_copy(uint32_t pen, uint16_t id)
{
    return is_counter(pen, id) || column_find(pen, id);
}

/* ---- Compiling ------------------------------------------------------------------------------------ */

struct compiler {
    struct template *t;
    const struct template_field *fields;
    struct step *steps;
    bool is_ipfix;
};

static bool has_field(const struct compiler *c, uint32_t pen, uint16_t id)
{
    for (size_t i = 0; i < c->t->fields; i++)
        if (c->fields[i].id == id && c->fields[i].pen == pen && !c->fields[i].is_scope &&
            c->fields[i].octets)
            return true;
    return false;
}

static void add_step(struct compiler *c, size_t field, enum step_op op, size_t to)
{
    if (c->t->steps == TEMPLATE_STEPS)
        return;
    bool is_variable = c->fields[field].octets == TEMPLATE_VARIABLE;
    size_t from = 0;
    for (size_t i = 0; i < field; i++) {
        uint16_t octets = c->fields[i].octets;
        bool is_run = octets != TEMPLATE_VARIABLE;
        from += is_variable ? !is_run : is_run * (size_t)octets;
    }
    c->steps[c->t->steps++] = (struct step){.op = (uint16_t)op,
                                            .octets = c->fields[field].octets,
                                            .to = (uint16_t)to,
                                            .from = (uint32_t)from};
    if (op >= STEP_ASIDE_NUMBER)
        c->t->has |= TEMPLATE_HAS_ASIDE;
}

/* The last field of an element fills its counter. */
static bool add_counter(struct compiler *c, uint32_t pen, uint16_t id, size_t to)
{
    for (size_t i = c->t->fields; i-- > 0;) {
        const struct template_field *f = &c->fields[i];
        if (f->id == id && f->pen == pen && !f->is_scope && f->octets) {
            add_step(c, i, STEP_NUMBER64, to);
            c->t->has |= TEMPLATE_HAS_COUNTERS;
            return true;
        }
    }
    return false;
}

/* One of a family's two counters, both ways of it. */
static void add_pair(struct compiler *c, const struct counters *f, uint16_t id, uint16_t reverse,
                     size_t to)
{
    add_counter(c, PEN_IANA, id, to);
    if (add_counter(c, f->reverse_pen, reverse, to + sizeof(uint64_t)))
        c->t->flow_flags |= FLOW_IN_REVERSE;
    c->t->flow_flags |= f->flow_flags;
}

static bool has_either(const struct compiler *c, const struct counters *f, uint16_t id,
                       uint16_t reverse)
{
    return has_field(c, PEN_IANA, id) || has_field(c, f->reverse_pen, reverse);
}

static void add_counters(struct compiler *c)
{
    bool out_reverse = (!c->is_ipfix || c->t->has & TEMPLATE_HAS_NTOP) &&
                       has_field(c, PEN_IANA, 1) && has_field(c, PEN_IANA, 23) &&
                       !has_field(c, PEN_REVERSE, 1);
    if (out_reverse && !(c->t->has & TEMPLATE_HAS_NTOP))
        c->t->has |= TEMPLATE_HAS_OUT;
    const struct counters *octets = NULL, *packets = NULL;
    for (size_t i = 0; i < FAMILIES; i++) {
        const struct counters *f = out_reverse && i == 0 ? &out_is_reverse : &families[i];
        if (!octets && has_either(c, f, f->octets, f->reverse_octets))
            octets = f;
    }
    for (size_t i = 0; i < FAMILIES; i++) {
        const struct counters *f = out_reverse && i == 0 ? &out_is_reverse : &families[i];
        /* Totals of packets beside octets since the last record would count again and again. */
        bool fits = !octets || !((f->flow_flags ^ octets->flow_flags) & FLOW_IN_TOTALS);
        if (!packets && fits && has_either(c, f, f->packets, f->reverse_packets))
            packets = f;
    }
    if (octets)
        add_pair(c, octets, octets->octets, octets->reverse_octets,
                 offsetof(struct flow_in, bytes));
    if (packets)
        add_pair(c, packets, packets->packets, packets->reverse_packets,
                 offsetof(struct flow_in, packets));
}

/* What the template is about, apart from single columns. */
static void note_column(struct compiler *c, const struct column *column)
{
    struct template *t = c->t;
    uint16_t version = column->op == STEP_SRC4   ? TEMPLATE_HAS_V4
                       : column->op == STEP_SRC6 ? TEMPLATE_HAS_V6
                                                 : 0;
    for (size_t i = 0; version && i < t->steps; i++)
        if (c->steps[i].to == column->to && c->steps[i].op <= STEP_SRC6)
            t->has |= TEMPLATE_HAS_TWO_ENDS;
    t->has |= version;
    if (column->op == STEP_ASIDE_RATE || column->op == STEP_ASIDE_SELECTOR ||
        column->op == STEP_ASIDE_PROBABILITY || column->op == STEP_ASIDE_NUMBER)
        t->has |= TEMPLATE_HAS_SAMPLING;
    if (column->op == STEP_ASIDE_EXPORTER)
        t->has |= TEMPLATE_HAS_EXPORTER;
    if (column->op == STEP_ASIDE_ETHERNET || column->op == STEP_ASIDE_IP)
        t->has |= TEMPLATE_HAS_FRAME;
    if (column->to == offsetof(struct flow_in, firewall_event) && column->op == STEP_NUMBER8)
        t->has |= TEMPLATE_HAS_EVENT;
}

static void add_columns(struct compiler *c, unsigned rank)
{
    for (size_t i = 0; i < c->t->fields; i++) {
        const struct template_field *f = &c->fields[i];
        const struct column *column = f->is_scope || !f->octets ? NULL : column_find(f->pen, f->id);
        if (!column || column->rank != rank)
            continue;
        note_column(c, column);
        /* In IPFIX there is no sysUptime in the header; the time of start may come in the record, after
         * the stamps. */
        enum step_op op = column->op;
        if (op == STEP_UPTIME && c->is_ipfix)
            op = f->id == 22 ? STEP_ASIDE_FIRST : STEP_ASIDE_LAST;
        add_step(c, i, op, column->to);
    }
}

void steps_compile(struct template *t, const struct template_field *fields, bool is_ipfix,
                   struct step *steps)
{
    struct compiler c = {t, fields, steps, is_ipfix};
    for (size_t i = 0; i < t->fields; i++) {
        if (fields[i].pen == PEN_NTOP)
            t->has |= TEMPLATE_HAS_NTOP;
        if (fields[i].pen == PEN_IANA && fields[i].id == 230 && !fields[i].is_scope)
            t->has |= TEMPLATE_HAS_EVENT;
    }
    add_counters(&c);
    for (unsigned rank = 0; rank < RANKS; rank++)
        add_columns(&c, rank);

    if (t->is_options)
        t->kind = FLOW_IN_OPTIONS;
    else if (t->has & TEMPLATE_HAS_EVENT)
        t->kind = FLOW_IN_EVENT;
    else if (t->has & TEMPLATE_HAS_FRAME)
        t->kind = FLOW_IN_SAMPLE;
    else if (t->has & (TEMPLATE_HAS_V4 | TEMPLATE_HAS_V6 | TEMPLATE_HAS_COUNTERS))
        t->kind = FLOW_IN_FLOW;
    else
        t->kind = FLOW_IN_MESSAGE;
}
