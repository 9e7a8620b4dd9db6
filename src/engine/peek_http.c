/* peek_http.c - the head of an HTTP/1 message (RFC 9112). */
#include "engine/peek.h"

#include <strings.h>

/* A line without its CR LF; the cursor stands behind it. False at the end of the head or of the
 * bytes. A last line without an end is given too: it is what was captured. */
static bool next_line(struct cursor *c, struct cursor *line)
{
    size_t left = cur_left(c);
    if (!left)
        return false;
    const uint8_t *end = memchr(c->at, '\n', left);
    size_t len = end ? (size_t)(end - c->at) : left;
    *line = cur_sub(c, len);
    if (end)
        cur_u8(c);
    if (len && line->end[-1] == '\r')
        line->end--;
    return cur_left(line) > 0;
}

static bool starts_with(const struct cursor *c, const char *word, size_t len)
{
    return cur_left(c) >= len && !strncasecmp((const char *)c->at, word, len);
}

/* Bytes up to a space, at most `most` of them. */
static struct cursor word(struct cursor *c)
{
    const uint8_t *start = c->at;
    while (cur_left(c) && *c->at > ' ')
        c->at++;
    struct cursor w = {.at = start, .end = c->at};
    while (cur_left(c) && *c->at == ' ')
        c->at++;
    return w;
}

/* "Name: value" -> the value when the name is this one. */
static bool header_is(struct cursor line, const char *name, struct cursor *value)
{
    size_t len = strlen(name);
    if (!starts_with(&line, name, len) || cur_left(&line) == len || line.at[len] != ':')
        return false;
    line.at += len + 1;
    while (cur_left(&line) && (*line.at == ' ' || *line.at == '\t'))
        line.at++;
    *value = line;
    return true;
}

static void put(struct peek *k, enum string_field field, struct cursor value)
{
    size_t old;
    if (cur_left(&value) && !tail_get(&k->names, field, &old))
        tail_set(&k->names, field, value.at, cur_left(&value));
}

static void read_headers(struct peek *k, struct cursor *c, bool is_request)
{
    static const struct {
        const char *name;
        enum string_field field;
        bool of_request;
    } wanted[] = {
        {"Host", STRING_http_host, true},
        {"User-Agent", STRING_http_agent, true},
        {"Server", STRING_http_server, false},
        {"Content-Type", STRING_http_type, false},
    };
    struct cursor line, value;
    while (next_line(c, &line)) {
        for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
            if (wanted[i].of_request == is_request && header_is(line, wanted[i].name, &value))
                put(k, wanted[i].field, value);
        }
    }
}

/* status-line: HTTP/1.1 SP 200 SP reason */
static bool read_response(struct peek *k, struct cursor line, struct cursor *rest)
{
    word(&line);
    struct cursor code = word(&line);
    if (cur_left(&code) != 3)
        return false;
    unsigned value = 0;
    for (int i = 0; i < 3; i++) {
        uint8_t digit = cur_u8(&code);
        if (digit < '0' || digit > '9')
            return false;
        value = value * 10 + digit - '0';
    }
    /* 100 Continue and its like announce the answer, they are not the answer. */
    if (!k->http_code || k->http_code < 200)
        k->http_code = (uint16_t)value;
    read_headers(k, rest, false);
    return true;
}

/* request-line: method SP target SP HTTP/1.1 */
static bool read_request(struct peek *k, struct cursor line, bool is_cut, struct cursor *rest)
{
    struct cursor method = word(&line), target = word(&line);
    size_t len = cur_left(&method);
    if (len < 3 || len > 16 || !cur_left(&target))
        return false;
    for (const uint8_t *m = method.at; m < method.end; m++) {
        if ((*m < 'A' || *m > 'Z') && *m != '-')
            return false;
    }
    /* A target that fills the packet hides its version: only then a known method is enough. */
    if (!starts_with(&line, "HTTP/", 5) && !(is_cut && (*target.at == '/' || *target.at == 'h')))
        return false;
    put(k, STRING_http_method, method);
    put(k, STRING_http_url, target);
    read_headers(k, rest, true);
    return true;
}

bool peek_http(struct peek *k, struct cursor c)
{
    struct cursor line;
    if (!next_line(&c, &line))
        return false;
    bool is_message = starts_with(&line, "HTTP/", 5) ? read_response(k, line, &c)
                                                     : read_request(k, line, !cur_left(&c), &c);
    k->http |= is_message;
    return is_message;
}
