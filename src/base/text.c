/* text.c - a growing buffer of bytes to which numbers and strings are appended without printf. */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_FIRST = 256, NUMBER_DIGITS = 20 };

void text_free(struct text *t)
{
    free(t->data);
    *t = (struct text){0};
}

void text_reset(struct text *t)
{
    t->len = 0;
    t->failed = false;
    if (t->data)
        t->data[0] = 0;
}

bool text_reserve(struct text *t, size_t n)
{
    if (t->failed)
        return false;
    if (n < t->cap - t->len && t->cap) /* less, so that the NUL always fits */
        return true;

    size_t cap = t->cap ? t->cap * 2 : TEXT_FIRST;
    if (n > SIZE_MAX / 4 || cap > SIZE_MAX / 4) {
        t->failed = true;
        return false;
    }
    if (cap < t->len + n + 1)
        cap = t->len + n + 1;
    char *data = realloc(t->data, cap);
    if (!data) {
        t->failed = true;
        return false;
    }
    t->data = data;
    t->cap = cap;
    return true;
}

void text_add_n(struct text *t, const void *bytes, size_t n)
{
    if (!text_reserve(t, n))
        return;
    if (n)
        memcpy(t->data + t->len, bytes, n);
    t->len += n;
    t->data[t->len] = 0;
}

void text_add(struct text *t, const char *string)
{
    text_add_n(t, string, strlen(string));
}

void text_char(struct text *t, char c)
{
    if (!text_reserve(t, 1))
        return;
    t->data[t->len++] = c;
    t->data[t->len] = 0;
}

/* Writes the digits so that they end before `end`; returns their first. Two at a time halves the
 * divisions, which are what this costs. */
static char *digits_before(char *end, uint64_t value)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    while (value >= 100) {
        const char *pair = pairs + value % 100 * 2;
        value /= 100;
        *--end = pair[1];
        *--end = pair[0];
    }
    if (value >= 10) {
        *--end = pairs[value * 2 + 1];
        *--end = pairs[value * 2];
    } else {
        *--end = (char)('0' + value);
    }
    return end;
}

void text_u64(struct text *t, uint64_t value)
{
    char digits[NUMBER_DIGITS];
    char *end = digits + sizeof digits;
    char *first = digits_before(end, value);
    text_add_n(t, first, (size_t)(end - first));
}

/* The absolute value, also of INT64_MIN. */
static uint64_t magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

void text_i64(struct text *t, int64_t value)
{
    if (value < 0)
        text_char(t, '-');
    text_u64(t, magnitude(value));
}

void text_fixed(struct text *t, int64_t value, unsigned decimals)
{
    char digits[NUMBER_DIGITS * 2];
    char *end = digits + sizeof digits;
    char *first = digits_before(end, magnitude(value));
    if (decimals >= NUMBER_DIGITS)
        decimals = NUMBER_DIGITS - 1;
    while ((size_t)(end - first) <= decimals)
        *--first = '0';

    if (value < 0)
        text_char(t, '-');
    text_add_n(t, first, (size_t)(end - first) - decimals);
    if (decimals) {
        text_char(t, '.');
        text_add_n(t, end - decimals, decimals);
    }
}

void text_hex(struct text *t, const void *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *from = bytes;
    if (!text_reserve(t, n * 2))
        return;
    for (size_t i = 0; i < n; i++) {
        t->data[t->len++] = digits[from[i] >> 4];
        t->data[t->len++] = digits[from[i] & 15];
    }
    t->data[t->len] = 0;
}

void text_printf(struct text *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (n < 0 || !text_reserve(t, (size_t)n))
        return;

    va_start(arguments, format);
    vsnprintf(t->data + t->len, (size_t)n + 1, format, arguments);
    va_end(arguments);
    t->len += (size_t)n;
}
