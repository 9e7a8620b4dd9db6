/* flow_keys.h - what a key of a probe's JSON or TLV means: a number, "PEN.id" or a name to a column. */
#ifndef WEIR_CODEC_FLOW_KEYS_H
#define WEIR_CODEC_FLOW_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FLOW_KEY_SLOTS = 1024,
    FLOW_KEY_COLUMNS = 1408,
    NTOP_PEN = 35632,
    NTOP_BASE = 57472 /* ntop's element n in JSON and TLV, which have no enterprises */
};

/* How a value becomes a column. */
enum fill_kind {
    FILL_UNKNOWN, /* kept as text */
    FILL_SKIP,    /* known, and of no use */
    FILL_STRING,  /* of the record's tail; member: enum string_field */
    FILL_U8,
    FILL_U16,
    FILL_U32,
    FILL_U64,
    FILL_FLAGS, /* bits are added */
    FILL_MASK,  /* the first that is not 0 stays, also in VLAN */
    FILL_VLAN,
    FILL_ADDR,
    FILL_MAC,
    FILL_END, /* of the flow: src or dst */
    FILL_EXPORTER,
    FILL_SECONDS, /* first or last; decimals may follow */
    FILL_MILLISECONDS,
    FILL_STAMP, /* seconds, both times */
    FILL_DIRECTION,
    FILL_L7,
    FILL_L7_NAME,
    FILL_CONFIDENCE,
    FILL_CLIENT, /* src is the client */
    FILL_FLOW_ID,
    FILL_LATENCY, /* milliseconds with decimals */
    FILL_DELTA,
    FILL_TOTAL
};

struct flow_column {
    uint8_t kind;    /* enum fill_kind */
    bool is_name;    /* a member of struct flow_in_names */
    uint16_t offset; /* of the member */
};

enum { FLOW_TOLD_NAMES = 256, FLOW_TOLD_TEXT = 48 };

/* What a probe calls an element, or one of its values. */
struct flow_told_name {
    uint32_t pen, id;
    uint64_t value;
    bool is_value;
    char text[FLOW_TOLD_TEXT];
};

/* Names learnt from probes, for elements that nobody here has a column for. */
struct flow_told_names {
    unsigned n; /* ever learnt: past the end the oldest one goes */
    struct flow_told_name name[FLOW_TOLD_NAMES];
};

/* Names by hash, columns by number; made once per decoder, constant afterwards but for what is told. */
struct flow_keys {
    struct {
        const char *name;
        uint16_t len, column;
    } slot[FLOW_KEY_SLOTS];
    struct flow_column column[FLOW_KEY_COLUMNS]; /* [0]: FILL_UNKNOWN */
    struct flow_told_names told;
};

/* Fills the tables; each call makes the same. Any thread. */
void flow_keys_init(struct flow_keys *k);

/* The column of a key as text, of a key as a number. Any thread. */
const struct flow_column *flow_keys_find(const struct flow_keys *k, const char *key, size_t len);
const struct flow_column *flow_keys_column(const struct flow_keys *k, uint32_t id);

/* A key of digits, "12" or "PEN.12": ntop's elements as 57472 + n; *pen is 0 unless it is another
 * enterprise's. False when it is none. Any thread. */
bool flow_key_number(const char *key, size_t len, uint32_t *pen, uint32_t *id);

/* Keeps a name; a newer one for the same replaces it. The decoder's thread, as below. */
void flow_told_learn(struct flow_told_names *names, const struct flow_told_name *name);
/* What the element is called, or one of its values; NULL when nobody has told. */
const char *flow_told_element(const struct flow_told_names *names, uint32_t pen, uint32_t id);
const char *flow_told_value(const struct flow_told_names *names, uint32_t pen, uint32_t id,
                            uint64_t value);

#endif
