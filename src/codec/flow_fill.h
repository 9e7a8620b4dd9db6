/* flow_fill.h - from pairs of key and value, as probes send them in JSON and TLV, to a flow_in. */
#ifndef WEIR_CODEC_FLOW_FILL_H
#define WEIR_CODEC_FLOW_FILL_H

#include "codec/flow_in.h"

enum { FLOW_KEYS = 256, NTOP_PEN = 35632, NTOP_BASE = 57472 };

enum flow_item_type { ITEM_TEXT, ITEM_INTEGER, ITEM_REAL };

/* One pair. Text is borrowed and not terminated; escaped: JSON's escapes still stand in it. */
struct flow_item {
    const char *key; /* NULL: id is the key */
    size_t key_len;
    uint32_t id;
    enum flow_item_type type;
    bool is_negative, escaped;
    const char *text; /* of ITEM_TEXT, and of numbers in JSON */
    size_t len;
    uint64_t integer; /* magnitude */
    double real;
};

/* Names of flow_keys.def by hash; made once per decoder, constant afterwards. */
struct flow_names {
    struct {
        const char *name;
        uint32_t len, id;
    } slot[FLOW_KEYS];
};

/* Fills the table; the names are constant, so each call makes the same. Any thread. */
void flow_names_init(struct flow_names *n);

/* A key's number: digits, "PEN.id" or a name; ntop's elements as 57472 + n. *pen is 0 unless it is
 * another enterprise's. False: not a number and not a known name. */
bool flow_key_id(const struct flow_names *n, const char *key, size_t len, uint32_t *pen,
                 uint32_t *id);

/* One flow while its pairs come. */
struct flow_fill {
    const struct flow_names *names;
    struct flow_in *flow;
    uint64_t delta_bytes[2], delta_packets[2], total_bytes[2], total_packets[2];
    bool has_delta, has_total, has_first, has_last;
    struct addr exporter;      /* elements 130, 131: who told the probe; none = the probe itself */
    unsigned second_addresses; /* a further, other address for the same end: the first one stays */
};

/* Begins a flow: *flow is cleared. received stands for times that are not sent. */
void flow_fill_begin(struct flow_fill *f, const struct flow_names *names, struct flow_in *flow,
                     nsec_t received);
/* Takes one pair; what has no column is left to the raw record. */
void flow_fill_item(struct flow_fill *f, const struct flow_item *item);
/* Ends it: which of several counters count, and whether this is traffic at all. */
void flow_fill_end(struct flow_fill *f);

#endif
