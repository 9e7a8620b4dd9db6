/* steps.h - copies the octets of data records to columns of struct flow_in, a whole set at a time.
 *
 * A template is compiled once into steps; a step then runs over all records of a batch before the next
 * one does, so that its kind and widths are decided once a batch and the loops are tight
 * (three times as fast as deciding for each field of each record).
 */
#ifndef WEIR_CODEC_STEPS_H
#define WEIR_CODEC_STEPS_H

#include "codec/template.h"

/* Records that are decoded at once: their columns and octets stay in the first-level cache. */
enum { STEPS_BATCH = 32 };

/* What a record says that is not a column but needed to fill some. */
struct aside {
    nsec_t boot;                    /* systemInitTimeMilliseconds */
    nsec_t duration;                /* from the first packet to the last; 0 = not said */
    struct addr exporter;           /* by whom a mediator was told, none = it does not say */
    uint64_t selector;              /* selectorId, samplerId */
    uint64_t interval, space;       /* 305, 306 */
    uint64_t size, population;      /* 309, 310 */
    uint64_t rate;                  /* 34, 50 */
    double probability;             /* 311 */
    const uint8_t *frame;           /* borrowed piece of a packet */
    uint32_t frame_len, frame_size; /* octets that are there, and that were on the wire */
    uint32_t first_up, last_up;     /* sysUptime stamps in milliseconds */
    uint16_t link;                  /* LINKTYPE_ of the frame */
    uint8_t has_first, has_last;    /* sysUptime stamps were sent */
    uint8_t has_selector, has_rate;
};

/* The message that records came in. */
struct steps_context {
    nsec_t exported;
    uint32_t uptime;
    bool has_uptime;
};

/* Whether this element has a column, and so must have a possible width. */
bool steps_copy(uint32_t pen, uint16_t id);

/* Writes steps[TEMPLATE_STEPS] and the decisions of t (steps, has, flow_flags, kind). Fields beyond
 * so many steps stay in the raw record alone. */
void steps_compile(struct template *t, const struct template_field *fields, bool is_ipfix,
                   struct step *steps);

/* n <= STEPS_BATCH records of fixed length, one after the other at bytes; f and a are zeroed by the
 * caller. */
void steps_run(const struct template *t, const uint8_t *bytes, size_t n, struct flow_in *f,
               struct aside *a, const struct steps_context *context);

/* Records with fields of variable length, made equally long: in each row what has a fixed length, so that
 * steps run over them as over others; the rest is looked up where it is. */
struct packed {
    uint8_t bytes[65536]; /* rows of template.packed_len */
    struct packed_value {
        const uint8_t *bytes;
        size_t len;
    } value[4096]; /* by record, template.variables of each */
};

/* How many records fit, 1 to STEPS_BATCH. */
size_t steps_packed_most(const struct template *t);

/* Packs the record at *set as number `at`. False when it is cut there. */
bool steps_pack(const struct template *t, struct cursor *set, struct packed *p, size_t at);

/* steps_run() over n packed records. */
void steps_run_packed(const struct template *t, const struct packed *p, size_t n, struct flow_in *f,
                      struct aside *a, const struct steps_context *context);

#endif
