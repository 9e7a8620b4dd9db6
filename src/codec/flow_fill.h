/* flow_fill.h - from pairs of key and value, as probes send them in JSON and TLV, to a flow_in. */
#ifndef WEIR_CODEC_FLOW_FILL_H
#define WEIR_CODEC_FLOW_FILL_H

#include "codec/flow_in.h"
#include "codec/flow_keys.h"

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

enum { FILL_OTHER = TAIL_STRING + 1 };

/* One flow while its pairs come. */
struct flow_fill {
    const struct flow_keys *keys;
    struct flow_in *flow;
    uint64_t delta_bytes[2], delta_packets[2], total_bytes[2], total_packets[2];
    bool has_delta, has_total, has_first, has_last;
    bool is_fine_first, is_fine_last; /* told in milliseconds, which seconds do not overwrite */
    bool has_names;
    struct addr exporter;      /* elements 130, 131: who told the probe; none = the probe itself */
    unsigned second_addresses; /* a further, other address for the same end: the first one stays */
    const char *app;           /* L7_PROTO_NAME, for those who send no number */
    size_t app_len;
    size_t other_len;           /* from here on only what is told to be there is */
    char other[FILL_OTHER];     /* "NAME=value; NAME=value" of what has no column */
    struct flow_in_names names; /* with has_names */
};

/* Begins a flow: *flow is cleared. received stands for times that are not sent. */
void flow_fill_begin(struct flow_fill *f, const struct flow_keys *keys, struct flow_in *flow,
                     nsec_t received);
/* Takes one pair. What has no column is kept as text, as much of it as has room; all of it is in the
 * raw record. */
void flow_fill_item(struct flow_fill *f, const struct flow_item *item);
/* Ends it: which of several counters count, and whether this is traffic at all. */
void flow_fill_end(struct flow_fill *f);

/* The text of a JSON string without its escapes; halves of surrogate pairs become U+FFFD. Longer text
 * is cut. Returns the length. Any thread. */
size_t flow_text_unescape(const char *text, size_t len, uint8_t *out, size_t room);

#endif
