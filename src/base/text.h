/* text.h - a growing buffer of bytes to which numbers and strings are appended without printf. */
#ifndef WEIR_BASE_TEXT_H
#define WEIR_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialised is empty. data is always followed by a NUL once anything was added.
 * Out of memory sets failed and later additions do nothing. Owner: whoever declares it. */
struct text {
    char *data;
    size_t len;
    size_t cap;
    bool failed;
};

/* Gives the memory back; the text is empty again. */
void text_free(struct text *t);

/* Makes the text empty but keeps its memory. */
void text_reset(struct text *t);

/* Makes room for n more bytes; false when out of memory. */
bool text_reserve(struct text *t, size_t n);

/* Append a string, n bytes, one byte, a number in decimal. */
void text_add(struct text *t, const char *string);
void text_add_n(struct text *t, const void *bytes, size_t n);
void text_char(struct text *t, char c);
void text_u64(struct text *t, uint64_t value);
void text_i64(struct text *t, int64_t value);

/* value / 10^decimals in decimal, trailing zeros kept: text_fixed(t, 41224, 3) adds 41.224. */
void text_fixed(struct text *t, int64_t value, unsigned decimals);

/* Lower-case hexadecimal of n bytes. */
void text_hex(struct text *t, const void *bytes, size_t n);

/* For rare lines only; slow. */
void text_printf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
