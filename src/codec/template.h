/* template.h - layouts of data records: what an exporter announced, checked and made ready to copy.
 *
 * A template's layout is immutable once made. Beside its fields it carries steps: which octets of a record go to
 * which column of struct flow_in. All decisions are made when the template is learnt - which of several
 * counters are the flow's (rule C27, in steps_compile.c), which times are the best - so that records are
 * copied without looking at elements again.
 */
#ifndef WEIR_CODEC_TEMPLATE_H
#define WEIR_CODEC_TEMPLATE_H

#include "base/cursor.h"
#include "codec/element.h"
#include "codec/flow_in.h"

enum {
    TEMPLATE_FIELDS = 256,     /* most of one template */
    TEMPLATE_VARIABLE = 65535, /* octets of a field whose length stands before it */
    TEMPLATE_STEPS = 128
};

struct template_field {
    uint32_t pen;
    uint16_t id;
    uint16_t octets;
    bool is_scope;
};

/* What is copied: `octets` from place `from` of the record, fields of variable length left out, by
 * operation op into offset `to`. With octets TEMPLATE_VARIABLE it is the value of the field of variable
 * length number `from`. */
struct step {
    uint16_t op;
    uint16_t octets;
    uint16_t to;
    uint32_t from;
};

/* Bits of template.has. */
enum {
    TEMPLATE_HAS_V4 = 1,
    TEMPLATE_HAS_V6 = 2,
    TEMPLATE_HAS_COUNTERS = 4,
    TEMPLATE_HAS_SAMPLING = 8,  /* a record says how it was sampled, or by whom */
    TEMPLATE_HAS_FRAME = 16,    /* a piece of a packet */
    TEMPLATE_HAS_TWO_ENDS = 32, /* an endpoint of both versions, or twice of one */
    TEMPLATE_HAS_EVENT = 64,
    TEMPLATE_HAS_ASIDE = 128,   /* steps write to struct aside, too */
    TEMPLATE_HAS_NTOP = 256,    /* elements of ntop's enterprise */
    TEMPLATE_HAS_OUT = 1024,    /* 23 and 24 may be the way back, or the same packets once more */
    TEMPLATE_HAS_EXPORTER = 512 /* records name the exporter that they are of */
};

/* One allocation; owner: its exporter, or static. */
struct template
{
    uint16_t id;
    uint16_t fields;
    uint16_t steps;
    uint16_t has;
    uint16_t flow_flags; /* of each record: FLOW_IN_REVERSE ... */
    bool is_options;
    bool is_variable;
    uint8_t kind;   /* enum flow_in_kind of its records */
    size_t min_len; /* of a record; its length when not variable */
    size_t size;    /* of this allocation */
    nsec_t used;    /* when it was last learnt or needed, packet time */
    nsec_t learnt;
    uint64_t records;             /* decoded with it */
    uint32_t changes;             /* how often its id was given another layout before */
    uint64_t out_same, out_other; /* records that left as they came, and others (records.c) */
    const struct step *step;
    uint32_t variables;  /* fields of variable length ... */
    uint32_t packed_len; /* ... and octets of all others, which are in */
    const uint32_t *run; /* variables + 1 runs: octets before, between and behind them */
    struct template_field field[];
};

enum template_fault {
    TEMPLATE_GOOD,
    TEMPLATE_EMPTY,     /* its records would have no octets (B04) */
    TEMPLATE_TOO_LARGE, /* more fields than are followed */
    TEMPLATE_BAD_WIDTH, /* a field that is copied has an impossible width (B03) */
    TEMPLATE_NO_MEMORY
};

/* Makes a template of n fields. NULL and the fault when it must not be used. The caller owns it. */
struct template *template_new(uint16_t id, const struct template_field *fields, size_t n,
                              bool is_options, bool is_ipfix, enum template_fault *fault);
void template_free(struct template *t);

/* Same fields in the same order. */
bool template_equal(const struct template *a, const struct template *b);

/* One field of a record at a time:
 *     struct field_walk w = field_walk_over(t, bytes, len);
 *     while (field_next(&w)) ... w.field, w.bytes, w.len ...
 * Ends early with w.left.bad when the record ends inside a field. */
struct field_walk {
    const struct template *layout;
    struct cursor left;
    size_t next;
    const struct template_field *field;
    const uint8_t *bytes;
    size_t len;
};

static inline struct field_walk field_walk_over(const struct template *t, const uint8_t *bytes,
                                                size_t len)
{
    return (struct field_walk){.layout = t, .left = cur_over(bytes, len)};
}

/* Moves to the next field of the record; false behind the last one and where the record is cut. */
/* The next field; false after the last one and where the record is cut. */
bool field_next(struct field_walk *w);

/* Octets of the record at the start of *c, 0 when it is cut there. */
size_t template_record_len(const struct template *t, const struct cursor *c);

#endif
