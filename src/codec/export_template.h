/* export_template.h - which fields an export sends, from nProbe's -T or a sensible choice.
 *
 * Names are those of fields.def's seed column and of export_extra.def; numbers are the elements
 * there. A name that has no element travels in JSON and TLV alone.
 */
#ifndef WEIR_CODEC_EXPORT_TEMPLATE_H
#define WEIR_CODEC_EXPORT_TEMPLATE_H

#include "base/err.h"
#include "codec/element.h"
#include "model/record.h"

enum { EXPORT_FIELDS = 128 };

/* Where a field's value comes from. */
enum export_how {
    EXPORT_FIELD,        /* the row of fields.def */
    EXPORT_FIRST_UPTIME, /* milliseconds since the exporter started; IPFIX: element 152 */
    EXPORT_LAST_UPTIME,  /* the same, 153 */
    EXPORT_SECONDS,      /* a time as seconds since 1970 */
    EXPORT_CONSTANT      /* always the same number, or an empty text */
};

/* The same about IPv6: its element, one of IANA's, and its name. */
struct export_twin {
    uint16_t v4, v6;
    const char *name;
};

struct export_field {
    const char *name;
    const struct field *field;      /* NULL for a constant */
    const struct export_twin *twin; /* NULL where both versions share the number */
    enum export_how how;
    uint32_t pen;  /* 0 = IANA */
    uint16_t id;   /* 0 = has no number */
    uint8_t len;   /* octets; 0 = text */
    uint8_t value; /* of a constant */
};

/* A value; names and rows are constants. */
struct export_template {
    unsigned n;
    unsigned
        packet_fields;  /* the first so many; those behind only of flows that an exporter told */
    bool has_reverse;   /* names what the server sent: one record tells both directions */
    char no_value[200]; /* names by comma of which Weir knows nothing and which are not sent */
    struct export_field field[EXPORT_FIELDS];
};

/* Reads names with or without %, and @GROUP@, separated by blanks or commas. The same field twice is
 * taken once. False with the name that is unknown and what is near. Any thread. */
bool export_template_parse(struct export_template *t, const char *text, struct err *e);

/* What is sent when nobody chose: for NetFlow v9 (times as uptime) and IPFIX (as milliseconds). With
 * two_way OUT_BYTES and OUT_PKTS too. */
void export_template_default(struct export_template *t, bool is_v9, bool two_way);

/* All fields, for JSON and TLV, which leave out what a record does not say. */
void export_template_everything(struct export_template *t);

/* True when what the record tells by a field with a twin is about IPv6: its own address, else the
 * flow's ends. */
bool export_is_v6(const struct export_field *x, const struct record *r);

/* The field that says of the server what this one says of the client; NULL when there is none. */
const struct field *field_reverse(const struct field *f);

/* The record as the server's side would tell it: ends and directions swapped, and nothing of what is only
 * known of the client's packets. */
void record_reverse(struct record *r);

#endif
