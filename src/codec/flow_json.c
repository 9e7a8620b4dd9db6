/* flow_json.c - flows as JSON: a pull parser that copies nothing and keeps no tree.
 *
 * Keys and values are handed over as they stand in the message; only a raw field with escapes is
 * copied, and only when somebody looks at it. Looking again parses again: for most flows nobody does.
 */
#include "codec/flow_text.h"

#include <stdlib.h>

#include "base/cursor.h"

enum { DEPTH_MAX = 16, NAME_MAX_BYTES = 128, TEXT_MAX_BYTES = 4096 };

static uint8_t look(const struct cursor *c)
{
    return c->at < c->end ? *c->at : 0;
}

/* Probes send no blanks, so the loop is nearly never entered. */
static inline uint8_t look_past_space(struct cursor *c)
{
    while (c->at < c->end && *c->at <= ' ' &&
           (*c->at == ' ' || *c->at == '\n' || *c->at == '\r' || *c->at == '\t'))
        c->at++;
    return look(c);
}

static inline bool take_char(struct cursor *c, uint8_t wanted)
{
    if (look_past_space(c) != wanted || cur_left(c) == 0) {
        c->bad = true;
        return false;
    }
    c->at++;
    return true;
}

/* The first quote or backslash, or the end. Eight bytes at a time: a byte's top bit is set in `found`
 * where one of them is; the lowest such bit is exact. */
static const uint8_t *find_mark(const uint8_t *p, const uint8_t *end)
{
    const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
    for (; end - p >= 8; p += 8) {
        uint64_t w = load_le64(p), quote = w ^ ones * '"', slash = w ^ ones * '\\';
        uint64_t found = (((quote - ones) & ~quote) | ((slash - ones) & ~slash)) & tops;
        if (found)
            return p + __builtin_ctzll(found) / 8;
    }
    while (p < end && *p != '"' && *p != '\\')
        p++;
    return p;
}

/* The inside of a string; its escapes stay. */
static bool take_string(struct cursor *c, const char **text, size_t *len, bool *escaped)
{
    *escaped = false;
    if (!take_char(c, '"'))
        return false;
    const uint8_t *start = c->at, *p = find_mark(start, c->end);
    while (p < c->end && *p == '\\') {
        *escaped = true;
        p = c->end - p > 2 ? find_mark(p + 2, c->end) : c->end;
    }
    if (p >= c->end) {
        c->bad = true;
        return false;
    }
    *text = (const char *)start;
    *len = (size_t)(p - start);
    c->at = p + 1;
    return true;
}

/* A number with a point keeps its text, from which columns take what they need; one with an exponent
 * is turned into a double. */
static bool take_number(struct cursor *c, struct flow_item *item)
{
    const uint8_t *start = c->at, *p = start;
    bool is_real = false, has_exponent = false;
    uint64_t v = 0;
    item->is_negative = p < c->end && *p == '-';
    p += item->is_negative;
    const uint8_t *digits = p;
    for (; p < c->end; p++) {
        if (*p >= '0' && *p <= '9') {
            v = v > UINT64_MAX / 10 - 1 ? UINT64_MAX / 10 - 1 : v * 10 + (uint64_t)(*p - '0');
        } else if (*p == '.') {
            is_real = true;
        } else if (*p == 'e' || *p == 'E' || *p == '+' || *p == '-') {
            has_exponent = true;
        } else {
            break;
        }
    }
    item->text = (const char *)start;
    item->len = (size_t)(p - start);
    item->type = is_real ? ITEM_TEXT : ITEM_INTEGER;
    item->integer = v;
    c->at = p;
    c->bad |= p == digits || item->len > 63;
    if (has_exponent && !c->bad) {
        char copy[64];
        memcpy(copy, start, item->len);
        copy[item->len] = '\0';
        item->type = ITEM_REAL;
        item->real = strtod(copy, NULL);
    }
    return !c->bad;
}

static bool take_word(struct cursor *c, struct flow_item *item)
{
    static const char *const words[] = {"true", "false", "null"};
    for (unsigned i = 0; i < 3; i++) {
        size_t n = strlen(words[i]);
        const uint8_t *p = cur_peek(c, n);
        if (p && !memcmp(p, words[i], n)) {
            item->type = ITEM_TEXT;
            item->text = i == 0 ? "1" : i == 1 ? "0" : "";
            item->len = i < 2;
            c->at += n;
            return true;
        }
    }
    c->bad = true;
    return false;
}

/* Steps over an object or array, strings minded; what is inside need not be sound. */
static bool skip_nested(struct cursor *c)
{
    unsigned depth = 0;
    do {
        switch (look_past_space(c)) {
        case '{':
        case '[':
            depth++;
            break;
        case '}':
        case ']':
            depth--;
            break;
        case '"': {
            const char *text;
            size_t len;
            bool escaped;
            if (!take_string(c, &text, &len, &escaped))
                return false;
            continue;
        }
        default:
            break;
        }
        cur_take(c, 1);
    } while (depth && cur_ok(c));
    return cur_ok(c);
}

/* A key with its value; an object or array is a value, too, as the text that it is. */
struct pair {
    struct flow_item item;
    bool is_object;
    struct cursor nested; /* the object or array as it stands */
};

static bool take_pair(struct cursor *c, struct pair *p)
{
    bool escaped;
    p->is_object = false;
    p->item.type = ITEM_TEXT;
    p->item.is_negative = p->item.escaped = false;
    if (!take_string(c, &p->item.key, &p->item.key_len, &escaped) || !take_char(c, ':'))
        return false;
    uint8_t first = look_past_space(c);
    if (first == '"')
        return take_string(c, &p->item.text, &p->item.len, &p->item.escaped);
    if (first == '{' || first == '[') {
        const uint8_t *start = c->at;
        if (!skip_nested(c))
            return false;
        p->is_object = first == '{';
        p->nested = cur_over(start, (size_t)(c->at - start)); /* with is_object */
        p->item.text = (const char *)start;
        p->item.len = cur_left(&p->nested);
        return true;
    }
    return first == '-' || (first >= '0' && first <= '9') ? take_number(c, &p->item)
                                                          : take_word(c, &p->item);
}

/* The next pair of an open object; false at its end and when it is bad. */
static bool next_pair(struct cursor *c, struct pair *p, bool *is_first)
{
    if (look_past_space(c) == '}') {
        c->at++;
        return false;
    }
    if (!*is_first && !take_char(c, ','))
        return false;
    *is_first = false;
    return take_pair(c, p);
}

/* One raw field is called back with. */
struct teller {
    void (*field)(void *to, const char *name, uint32_t pen, uint16_t id, const uint8_t *value,
                  size_t len, bool is_text);
    void *to;
    char name[NAME_MAX_BYTES];
};

static unsigned hex4(const char *p)
{
    unsigned v = 0;
    for (unsigned i = 0; i < 4; i++) {
        char ch = p[i];
        unsigned digit = ch >= '0' && ch <= '9'   ? (unsigned)(ch - '0')
                         : ch >= 'a' && ch <= 'f' ? (unsigned)(ch - 'a' + 10)
                         : ch >= 'A' && ch <= 'F' ? (unsigned)(ch - 'A' + 10)
                                                  : 0;
        v = v << 4 | digit;
    }
    return v;
}

/* Writes a code point below 0x10000 as UTF-8; halves of pairs stand alone and become U+FFFD. */
static size_t put_utf8(unsigned v, uint8_t *out)
{
    if (v >= 0xd800 && v <= 0xdfff)
        v = 0xfffd;
    if (v < 0x80) {
        out[0] = (uint8_t)v;
        return 1;
    }
    if (v < 0x800) {
        out[0] = (uint8_t)(0xc0 | v >> 6);
        out[1] = (uint8_t)(0x80 | (v & 0x3f));
        return 2;
    }
    out[0] = (uint8_t)(0xe0 | v >> 12);
    out[1] = (uint8_t)(0x80 | (v >> 6 & 0x3f));
    out[2] = (uint8_t)(0x80 | (v & 0x3f));
    return 3;
}

size_t flow_text_unescape(const char *text, size_t len, uint8_t *out, size_t room)
{
    static const char codes[] = "bfnrt", meanings[] = "\b\f\n\r\t";
    size_t n = 0;
    for (size_t i = 0; i < len && n + 3 < room; i++) {
        if (text[i] != '\\' || i + 1 == len) {
            out[n++] = (uint8_t)text[i];
            continue;
        }
        char code = text[++i];
        const char *known = code ? strchr(codes, code) : NULL;
        if (code == 'u' && len - i > 4) {
            n += put_utf8(hex4(text + i + 1), out + n);
            i += 4;
        } else {
            out[n++] = (uint8_t)(known ? meanings[known - codes] : code);
        }
    }
    return n;
}

static void tell_field(struct teller *t, size_t prefix, const struct flow_item *item)
{
    uint8_t plain[TEXT_MAX_BYTES];
    const uint8_t *value = (const uint8_t *)item->text;
    size_t len = item->len;
    if (item->escaped) {
        len = flow_text_unescape(item->text, item->len, plain, sizeof plain);
        value = plain;
    }
    uint32_t pen = 0, id = 0;
    if (prefix || !flow_key_number(item->key, item->key_len, &pen, &id))
        pen = id = 0;
    t->field(t->to, t->name, pen, (uint16_t)id, value, len, true);
}

static void tell_object(struct teller *t, struct cursor c, size_t prefix, unsigned depth);

/* "json": text that is an object again, with more fields. */
static bool tell_inner_json(struct teller *t, const struct flow_item *item, size_t prefix,
                            unsigned depth)
{
    if (item->key_len != 4 || memcmp(item->key, "json", 4) || !item->len || item->text[0] != '{')
        return false;
    uint8_t plain[TEXT_MAX_BYTES];
    size_t n = flow_text_unescape(item->text, item->len, plain, sizeof plain);
    tell_object(t, cur_over(plain, n), prefix, depth + 1);
    return true;
}

static void tell_object(struct teller *t, struct cursor c, size_t prefix, unsigned depth)
{
    struct pair p;
    bool is_first = true;
    if (depth > 4 || !take_char(&c, '{'))
        return;
    while (next_pair(&c, &p, &is_first)) {
        size_t room = sizeof t->name - 2 - prefix;
        size_t n = p.item.key_len < room ? p.item.key_len : room;
        memcpy(t->name + prefix, p.item.key, n);
        t->name[prefix + n] = '\0';
        if (p.is_object && prefix + n + 2 < sizeof t->name) {
            t->name[prefix + n] = '.';
            tell_object(t, p.nested, prefix + n + 1, depth + 1);
        } else if (!tell_inner_json(t, &p.item, prefix, depth)) {
            tell_field(t, prefix, &p.item);
        }
    }
}

static void json_each(const void *context,
                      void (*field)(void *to, const char *name, uint32_t pen, uint16_t id,
                                    const uint8_t *value, size_t len, bool is_text),
                      void *to)
{
    const struct cursor *object = context;
    struct teller t = {.field = field, .to = to};
    tell_object(&t, *object, 0, 0);
}

/* One object is one record. */
static void take_record(struct cursor *c, struct flow_fill *f, nsec_t received,
                        flow_text_record *record, void *to)
{
    struct flow_in *flow = f->flow;
    struct cursor object = *c;
    struct pair p;
    bool is_first = true;
    flow_fill_begin(f, f->keys, flow, received);
    take_char(c, '{');
    while (next_pair(c, &p, &is_first))
        flow_fill_item(f, &p.item);
    if (!cur_ok(c))
        return;
    object.end = c->at;
    flow->raw = (struct flow_in_raw){
        .bytes = object.at, .len = cur_left(&object), .each = json_each, .context = &object};
    flow_fill_end(f);
    record(to, f);
}

bool flow_json_decode(const struct flow_keys *keys, const uint8_t *bytes, size_t len,
                      nsec_t received, flow_text_record *record, void *to)
{
    struct cursor c = cur_over(bytes, len);
    struct flow_in flow;
    struct flow_fill f;
    f.keys = keys;
    f.flow = &flow;
    if (look_past_space(&c) != '[') {
        take_record(&c, &f, received, record, to);
    } else {
        c.at++;
        bool is_first = true;
        while (cur_ok(&c) && look_past_space(&c) != ']') {
            if (!is_first)
                take_char(&c, ',');
            is_first = false;
            if (cur_ok(&c) && look_past_space(&c))
                take_record(&c, &f, received, record, to);
            else
                c.bad = true;
        }
        take_char(&c, ']');
    }
    /* Probes written in C may send the terminating zero. */
    while (cur_ok(&c) && cur_left(&c) && look_past_space(&c) == 0 && cur_left(&c))
        c.at++;
    return cur_ok(&c) && cur_left(&c) == 0;
}
