/* json.c - writes JSON (RFC 8259) into a text, in order, without a tree. */
#include "base/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { JSON_DEPTH = 32, JSON_WORST = 6 /* bytes of \u001f */ };

/* What stands before every value: nothing after a key, a comma unless it is the first. */
static void json_before(struct json *j)
{
    if (j->after_key) {
        j->after_key = false;
        return;
    }
    if (j->depth == 0)
        return;
    uint32_t bit = 1U << (j->depth - 1);
    if (j->used & bit)
        text_char(j->text, ',');
    j->used |= bit;
}

static void json_down(struct json *j, char bracket)
{
    json_before(j);
    assert(j->depth < JSON_DEPTH);
    text_char(j->text, bracket);
    j->depth++;
    j->used &= ~(1U << (j->depth - 1));
}

static void json_up(struct json *j, char bracket)
{
    assert(j->depth > 0 && !j->after_key);
    text_char(j->text, bracket);
    j->depth--;
}

void json_open(struct json *j)
{
    json_down(j, '{');
}

void json_close(struct json *j)
{
    json_up(j, '}');
}

void json_open_array(struct json *j)
{
    json_down(j, '[');
}

void json_close_array(struct json *j)
{
    json_up(j, ']');
}

void json_key(struct json *j, const char *key)
{
    json_before(j);
    json_quote(j->text, key, strlen(key));
    text_char(j->text, ':');
    j->after_key = true;
}

/* How many bytes at s are one valid UTF-8 character (RFC 3629: shortest form, no surrogates, up to
 * U+10FFFF). When they are not, 0, and *skip says how many to replace by one U+FFFD. */
static size_t utf8_length(const uint8_t *s, size_t n, size_t *skip)
{
    *skip = 1;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    size_t len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    uint8_t low = s[0] == 0xe0 ? 0xa0 : s[0] == 0xf0 ? 0x90 : 0x80;
    uint8_t high = s[0] == 0xed ? 0x9f : s[0] == 0xf4 ? 0x8f : 0xbf;
    for (size_t i = 1; i < len; i++) {
        if (i >= n || s[i] < low || s[i] > high)
            return 0;
        low = 0x80;
        high = 0xbf;
        *skip = i + 1;
    }
    return len;
}

static char *quote_control(char *to, uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";
    static const char letters[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    *to++ = '\\';
    if (byte < sizeof letters && letters[byte]) {
        *to++ = letters[byte];
        return to;
    }
    memcpy(to, "u00", 3);
    to[3] = digits[byte >> 4];
    to[4] = digits[byte & 15];
    return to + 5;
}

void json_quote(struct text *t, const void *bytes, size_t n)
{
    if (n > SIZE_MAX / 16 || !text_reserve(t, n * JSON_WORST + 2))
        return;
    const uint8_t *from = bytes;
    const uint8_t *end = from + n;
    char *to = t->data + t->len;
    *to++ = '"';
    while (from < end) {
        uint8_t byte = *from;
        if (byte >= 0x80) {
            size_t skip;
            size_t len = utf8_length(from, (size_t)(end - from), &skip);
            memcpy(to, len ? (const char *)from : "\xef\xbf\xbd", len ? len : 3);
            to += len ? len : 3;
            from += len ? len : skip;
            continue;
        }
        from++;
        if (byte < 0x20) {
            to = quote_control(to, byte);
            continue;
        }
        if (byte == '"' || byte == '\\')
            *to++ = '\\';
        *to++ = (char)byte;
    }
    *to++ = '"';
    *to = 0;
    t->len = (size_t)(to - t->data);
}

void json_string_n(struct json *j, const void *bytes, size_t n)
{
    json_before(j);
    json_quote(j->text, bytes, n);
}

void json_string(struct json *j, const char *string)
{
    json_string_n(j, string, strlen(string));
}

void json_u64(struct json *j, uint64_t value)
{
    json_before(j);
    text_u64(j->text, value);
}

void json_i64(struct json *j, int64_t value)
{
    json_before(j);
    text_i64(j->text, value);
}

void json_bool(struct json *j, bool value)
{
    json_before(j);
    text_add(j->text, value ? "true" : "false");
}

void json_null(struct json *j)
{
    json_before(j);
    text_add(j->text, "null");
}

void json_fixed(struct json *j, int64_t value, unsigned decimals)
{
    json_before(j);
    text_fixed(j->text, value, decimals);
}

void json_double(struct json *j, double value)
{
    if (!isfinite(value)) {
        json_null(j);
        return;
    }
    json_before(j);
    double size = fabs(value);
    /* A double holds 15 digits; more would be noise. */
    if (size >= 1e15) {
        text_printf(j->text, "%.0f", value);
        return;
    }
    unsigned decimals = size < 1e9 ? 6 : size < 1e12 ? 3 : 0;
    int64_t scaled = llround(value * (decimals == 6 ? 1e6 : decimals == 3 ? 1e3 : 1.0));
    for (; decimals && scaled % 10 == 0; decimals--)
        scaled /= 10;
    text_fixed(j->text, scaled, decimals);
}

void json_raw(struct json *j, const char *bytes, size_t n)
{
    json_before(j);
    text_add_n(j->text, bytes, n);
}

void json_pair_string(struct json *j, const char *key, const char *value)
{
    json_key(j, key);
    json_string(j, value);
}

void json_pair_u64(struct json *j, const char *key, uint64_t value)
{
    json_key(j, key);
    json_u64(j, value);
}

void json_pair_i64(struct json *j, const char *key, int64_t value)
{
    json_key(j, key);
    json_i64(j, value);
}

void json_pair_bool(struct json *j, const char *key, bool value)
{
    json_key(j, key);
    json_bool(j, value);
}

void json_pair_double(struct json *j, const char *key, double value)
{
    json_key(j, key);
    json_double(j, value);
}
