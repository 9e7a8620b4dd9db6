/* export_template.h - which fields an export sends, from nProbe's -T or a sensible choice.
 *
 * Names are those of fields.def's seed column and of export_extra.def; numbers are the elements
 * there. A name that has no element travels in JSON and TLV alone.
 */
#ifndef WEIR_CODEC_EXPORT_TEMPLATE_H
#define WEIR_CODEC_EXPORT_TEMPLATE_H

#include "base/err.h"
#include "model/record.h"

enum { EXPORT_FIELDS = 128, PEN_NTOP = 35632, PEN_REVERSE = 29305, NTOP_V9_BASE = 57472 };

/* Where a field's value comes from. */
enum export_how {
    EXPORT_FIELD,        /* the row of fields.def */
    EXPORT_FIRST_UPTIME, /* milliseconds since the exporter started; IPFIX: element 152 */
    EXPORT_LAST_UPTIME,  /* the same, 153 */
    EXPORT_CLIENT,       /* addresses by their IPv6 name */
    EXPORT_SERVER,
    EXPORT_VLAN,
    EXPORT_ONE,
    EXPORT_ZERO,
    EXPORT_EMPTY /* a text of which nothing is known */
};

struct export_field {
    const char *name;
    const struct field *field; /* NULL for what no row holds */
    enum export_how how;
    uint32_t pen; /* 0 = IANA */
    uint16_t id;  /* 0 = has no number */
    uint8_t len;  /* octets; 0 = text */
};

/* A value; names and rows are constants. */
struct export_template {
    unsigned n;
    bool has_reverse; /* names what the server sent: one record tells both directions */
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

/* The field that says of the server what this one says of the client; NULL when there is none. */
const struct field *field_reverse(const struct field *f);

/* The record as the server's side would tell it: ends and directions swapped. */
void record_reverse(struct record *r);

#endif
