/* tlv_out.h - records in the type-length-value form that ntopng reads over ZeroMQ.
 *
 *     message  01 01 record ...
 *     record   item ... 01
 *     item     key type << 4 | value type, key, value
 *
 * Types: 2 to 5 unsigned and 6 to 9 signed of 1, 2, 4, 8 bytes, 10 float, 11 text behind a length of
 * two bytes. Integers are big endian and as short as they can be; the float is as x86 has it.
 */
#ifndef WEIR_CODEC_TLV_OUT_H
#define WEIR_CODEC_TLV_OUT_H

#include "base/text.h"
#include "codec/export_template.h"

/* A key: a number, or a name where there is none. */
struct tlv_key {
    uint32_t number;
    const char *name; /* NULL: the number */
};

/* Begin a message, end a record. All append; out of memory see text.failed. Any thread. */
void tlv_begin(struct text *t);
void tlv_end_record(struct text *t);

/* Append one item in the smallest type that holds it. As above. */
void tlv_uint(struct text *t, struct tlv_key key, uint64_t v);
void tlv_int(struct text *t, struct tlv_key key, int64_t v);
void tlv_float(struct text *t, struct tlv_key key, float v);
void tlv_text(struct text *t, struct tlv_key key, const char *v, size_t len);

/* One record: of the template's fields those that say something, addresses, ports, counters and the
 * application always. Keys are element numbers, ntop's from 57472 on, and names where there is no
 * number. FIRST_SWITCHED and LAST_SWITCHED are seconds since 1970. */
void record_to_tlv(struct text *t, const struct record *r, const struct export_template *fields);

/* The same as a JSON object with the seeds' names. */
void record_to_json_chosen(struct text *t, const struct record *r,
                           const struct export_template *fields);

#endif
