/* json_read.c - reads JSON (RFC 8259) token by token, without a tree and without allocating. */
#include "app/json_read.h"

struct json_reader json_read(const void *bytes, size_t n)
{
    return (struct json_reader){.at = cur_over(bytes, n), .is_first = true};
}

static int peek(const struct json_reader *r)
{
    const uint8_t *p = cur_peek(&r->at, 1);
    return p ? *p : -1;
}

static void skip_space(struct json_reader *r)
{
    for (int c = peek(r); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(r))
        cur_u8(&r->at);
}

static enum json_token broken(struct json_reader *r)
{
    r->bad = true;
    return JSON_BAD;
}

static bool take(struct json_reader *r, char wanted)
{
    if (peek(r) != wanted)
        return false;
    cur_u8(&r->at);
    return true;
}

static bool take_word(struct json_reader *r, const char *word)
{
    for (; *word; word++) {
        if (!take(r, *word))
            return false;
    }
    return true;
}

static bool read_hex4(struct json_reader *r, uint32_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint8_t c = cur_u8(&r->at);
        uint8_t lower = c | 0x20;
        if (c >= '0' && c <= '9')
            *value = *value << 4 | (uint32_t)(c - '0');
        else if (lower >= 'a' && lower <= 'f')
            *value = *value << 4 | (uint32_t)(lower - 'a' + 10);
        else
            return false;
    }
    return true;
}

/* Appends as UTF-8 while there is room. Surrogates stand for characters that no name of ours has:
 * each half becomes a question mark. */
static size_t put_char(char *to, size_t at, size_t room, uint32_t c)
{
    char utf8[3];
    size_t n = 0;
    if (c < 0x80) {
        utf8[n++] = (char)c;
    } else if (c < 0x800) {
        utf8[n++] = (char)(0xc0 | c >> 6);
        utf8[n++] = (char)(0x80 | (c & 0x3f));
    } else if (c >= 0xd800 && c < 0xe000) {
        utf8[n++] = '?';
    } else {
        utf8[n++] = (char)(0xe0 | c >> 12);
        utf8[n++] = (char)(0x80 | (c >> 6 & 0x3f));
        utf8[n++] = (char)(0x80 | (c & 0x3f));
    }
    if (at + n >= room)
        return at;
    memcpy(to + at, utf8, n);
    return at + n;
}

static bool read_escape(struct json_reader *r, uint32_t *c)
{
    switch (cur_u8(&r->at)) {
    case '"':
        *c = '"';
        return true;
    case '\\':
        *c = '\\';
        return true;
    case '/':
        *c = '/';
        return true;
    case 'b':
        *c = '\b';
        return true;
    case 'f':
        *c = '\f';
        return true;
    case 'n':
        *c = '\n';
        return true;
    case 'r':
        *c = '\r';
        return true;
    case 't':
        *c = '\t';
        return true;
    case 'u':
        return read_hex4(r, c);
    }
    return false;
}

/* What stands behind an opening quote, up to and with the closing one. */
static bool read_string(struct json_reader *r, char *to, size_t room)
{
    size_t n = 0;
    for (;;) {
        const uint8_t *p = cur_take(&r->at, 1);
        if (!p || *p < 0x20)
            return false;
        if (*p == '"')
            break;
        uint32_t c = *p;
        if (c == '\\') {
            if (!read_escape(r, &c))
                return false;
            n = put_char(to, n, room, c);
        } else if (n + 1 < room) {
            to[n++] = (char)c;
        }
    }
    to[n] = '\0';
    return true;
}

static bool read_number(struct json_reader *r)
{
    bool is_negative = take(r, '-'), is_integer = true;
    uint64_t value = 0;
    unsigned digits = 0;
    for (int c = peek(r);
         (c >= '0' && c <= '9') || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
         c = peek(r)) {
        cur_u8(&r->at);
        is_integer = is_integer && c >= '0' && c <= '9';
        digits++;
        if (is_integer && digits <= 18)
            value = value * 10 + (uint64_t)(c - '0');
    }
    r->number = is_integer && digits <= 18 ? (int64_t)value : 0;
    if (is_negative)
        r->number = -r->number;
    return digits > 0;
}

static enum json_token open_level(struct json_reader *r, bool is_object)
{
    if (r->depth == JSON_DEPTH)
        return broken(r);
    r->is_object[++r->depth] = is_object;
    r->is_first = true;
    return JSON_OPEN;
}

static enum json_token read_value(struct json_reader *r)
{
    switch (peek(r)) {
    case '{':
    case '[':
        return open_level(r, cur_u8(&r->at) == '{');
    case '"':
        cur_u8(&r->at);
        return read_string(r, r->text, sizeof r->text) ? JSON_STRING : broken(r);
    case 't':
        return take_word(r, "true") ? JSON_TRUE : broken(r);
    case 'f':
        return take_word(r, "false") ? JSON_FALSE : broken(r);
    case 'n':
        return take_word(r, "null") ? JSON_NULL : broken(r);
    }
    return read_number(r) ? JSON_NUMBER : broken(r);
}

enum json_token json_next(struct json_reader *r)
{
    if (r->bad)
        return JSON_BAD;
    skip_space(r);
    r->key[0] = '\0';
    if (!r->depth && r->is_over)
        return cur_left(&r->at) ? broken(r) : JSON_END;

    if (r->depth && take(r, r->is_object[r->depth] ? '}' : ']')) {
        r->depth--;
        r->is_first = false;
        r->is_over = !r->depth;
        return JSON_CLOSE;
    }
    if (r->depth && !r->is_first) {
        if (!take(r, ','))
            return broken(r);
        skip_space(r);
    }
    if (r->depth && r->is_object[r->depth]) {
        if (!take(r, '"') || !read_string(r, r->key, sizeof r->key))
            return broken(r);
        skip_space(r);
        if (!take(r, ':'))
            return broken(r);
        skip_space(r);
    }
    r->is_first = false;
    enum json_token token = read_value(r);
    if (!r->depth && token != JSON_BAD)
        r->is_over = true;
    return token;
}
