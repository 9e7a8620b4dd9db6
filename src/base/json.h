/* json.h - writes JSON (RFC 8259) into a text, in order, without a tree.
 *
 * The writer keeps track of commas by itself: open an object, add keys and values, close it.
 * Strings may hold any bytes: what is not valid UTF-8 becomes U+FFFD, control bytes are escaped.
 */
#ifndef WEIR_BASE_JSON_H
#define WEIR_BASE_JSON_H

#include "base/text.h"

/* Zero plus a text is a fresh writer. At most 32 levels deep. Borrows the text. */
struct json {
    struct text *text;
    uint32_t used; /* one bit a level: something stands there already */
    unsigned depth;
    bool after_key;
};

static inline struct json json_into(struct text *t)
{
    return (struct json){.text = t};
}

/* Brackets. What is opened is closed by the same caller; a programmer's mistake is an assert. */
void json_open(struct json *j);        /* { */
void json_close(struct json *j);       /* } */
void json_open_array(struct json *j);  /* [ */
void json_close_array(struct json *j); /* ] */

/* The name of the value that follows. */
void json_key(struct json *j, const char *key);

/* One value each. json_fixed() writes value / 10^decimals, zeros kept. */
void json_string(struct json *j, const char *string);
void json_string_n(struct json *j, const void *bytes, size_t n);
void json_u64(struct json *j, uint64_t value);
void json_i64(struct json *j, int64_t value);
void json_bool(struct json *j, bool value);
void json_null(struct json *j);
void json_fixed(struct json *j, int64_t value, unsigned decimals);
/* At most 6 decimals, fewer where a double would only add noise; never an exponent; NaN and
 * infinity as null. */
void json_double(struct json *j, double value);
/* Bytes that already are JSON. */
void json_raw(struct json *j, const char *bytes, size_t n);

/* Key and value at once. */
void json_pair_string(struct json *j, const char *key, const char *value);
void json_pair_u64(struct json *j, const char *key, uint64_t value);
void json_pair_i64(struct json *j, const char *key, int64_t value);
void json_pair_bool(struct json *j, const char *key, bool value);
void json_pair_double(struct json *j, const char *key, double value);

/* Appends the quoted, escaped string to any text. */
void json_quote(struct text *t, const void *bytes, size_t n);

#endif
