/* request.c - takes request targets and a few headers apart, byte by byte. */
#include "face/request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cursor.h"
#include "net/addr.h"

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool is_control(unsigned c)
{
    return c < 0x20 || c == 0x7f;
}

long percent_decode(const char *bytes, size_t len, bool plus, char *out)
{
    struct cursor c = cur_over(bytes, len);
    long n = 0;
    while (cur_left(&c)) {
        unsigned b = cur_u8(&c);
        if (b == '%') {
            int high = hex_digit(cur_u8(&c));
            int low = hex_digit(cur_u8(&c));
            if (high < 0 || low < 0 || !cur_ok(&c))
                return -1;
            b = (unsigned)(high * 16 + low);
        } else if (b == '+' && plus) {
            b = ' ';
        }
        if (is_control(b))
            return -1;
        out[n++] = (char)b;
    }
    return n;
}

void percent_encode(struct text *t, const char *string)
{
    static const char digits[] = "0123456789ABCDEF";
    for (; *string; string++) {
        unsigned c = (unsigned char)*string;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     strchr("-._~:@", (int)c);
        if (plain) {
            text_char(t, (char)c);
            continue;
        }
        text_char(t, '%');
        text_char(t, digits[c >> 4]);
        text_char(t, digits[c & 15]);
    }
}

/* Bytes that no path of ours has, or that others read differently: checked before decoding. */
static const char *path_raw_fault(const char *path, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned c = (unsigned char)path[i];
        if (is_control(c) || c == ' ' || c == '\\' || c == '#' || c >= 0x80)
            return "a byte that must be escaped stands in the path";
        bool escape = c == '%' && i + 2 < len;
        if (escape && (!strncasecmp(path + i, "%2f", 3) || !strncasecmp(path + i, "%5c", 3)))
            return "an escaped slash stands in the path";
    }
    return NULL;
}

/* Segments that mean another path. The root and one trailing slash are fine. */
static const char *path_segment_fault(const char *path)
{
    while (*path) {
        size_t len = strcspn(++path, "/");
        if (!len && path[0])
            return "an empty segment stands in the path";
        if ((len == 1 && path[0] == '.') || (len == 2 && path[0] == '.' && path[1] == '.'))
            return "a dot segment stands in the path";
        path += len;
    }
    return NULL;
}

static bool refuse(struct request_error *e, int status, const char *why)
{
    *e = (struct request_error){.status = status, .why = why};
    return false;
}

/* One name=value; *room moves past what it took. Empty pairs (&&) are skipped. */
static bool add_pair(struct request *r, const char *bytes, size_t len, char **room,
                     struct request_error *e)
{
    if (!len)
        return true;
    const char *equals = memchr(bytes, '=', len);
    size_t name_len = equals ? (size_t)(equals - bytes) : len;
    if (r->pairs == REQUEST_PAIRS)
        return refuse(e, 400, "too many parameters");
    struct pair *p = &r->pair[r->pairs];
    p->raw = equals ? equals + 1 : bytes + len;
    p->raw_len = equals ? len - name_len - 1 : 0;

    long n = percent_decode(bytes, name_len, true, *room);
    if (n < 0)
        return refuse(e, 400, "a parameter's name has a broken escape or a control byte");
    p->name = *room;
    (*room)[n] = 0;
    *room += n + 1;
    n = percent_decode(p->raw, p->raw_len, true, *room);
    if (n < 0)
        return refuse(e, 400, "a parameter's value has a broken escape or a control byte");
    p->value = *room;
    (*room)[n] = 0;
    *room += n + 1;
    if (request_find(r, p->name))
        return refuse(e, 400, "a parameter is given twice");
    r->pairs++;
    return true;
}

static bool parse_query(struct request *r, char *room, struct request_error *e)
{
    const char *at = r->query;
    while (*at) {
        size_t len = strcspn(at, "&");
        if (!add_pair(r, at, len, &room, e))
            return false;
        at += len + (at[len] == '&');
    }
    return true;
}

static bool parse_path(const char *target, size_t len, char *out, struct request_error *e)
{
    if (!len || target[0] != '/')
        return refuse(e, 400, "the target must begin with a slash");
    if (len > REQUEST_PATH)
        return refuse(e, 414, "the path is longer than 2048 bytes");
    const char *fault = path_raw_fault(target, len);
    if (fault)
        return refuse(e, 400, fault);
    long n = percent_decode(target, len, false, out);
    if (n < 0)
        return refuse(e, 400, "the path has a broken escape or a control byte");
    out[n] = 0;
    fault = path_segment_fault(out);
    return fault ? refuse(e, 400, fault) : true;
}

struct request *request_parse(const char *target, size_t len, struct request_error *e)
{
    const char *mark = memchr(target, '?', len);
    size_t path_len = mark ? (size_t)(mark - target) : len;
    const char *query = mark ? mark + 1 : target + len;
    size_t query_len = (size_t)(target + len - query);
    if (query_len > REQUEST_QUERY) {
        refuse(e, 414, "the query is longer than 8192 bytes");
        return NULL;
    }
    if (memchr(query, 0, query_len)) {
        refuse(e, 400, "the query has a control byte");
        return NULL;
    }
    /* Path and NUL, the raw query and NUL, and the decoded pairs: each takes at most its own bytes
     * and a NUL where its = or & stood, or one more each for a name without = and for the last. */
    struct request *r =
        calloc(1, sizeof *r + path_len + 1 + 2 * (query_len + 1) + REQUEST_PAIRS + 2);
    if (!r) {
        refuse(e, 503, "out of memory");
        return NULL;
    }
    char *query_copy = r->text + path_len + 1;
    memcpy(query_copy, query, query_len);
    r->path = r->text;
    r->query = query_copy;
    if (!parse_path(target, path_len, r->text, e) ||
        !parse_query(r, query_copy + query_len + 1, e)) {
        request_free(r);
        return NULL;
    }
    return r;
}

void request_free(struct request *r)
{
    free(r);
}

const struct pair *request_find(const struct request *r, const char *name)
{
    for (unsigned i = 0; i < r->pairs; i++) {
        if (!strcmp(r->pair[i].name, name))
            return &r->pair[i];
    }
    return NULL;
}

/* A weight of zero in `;q=0`, `;q=0.000`: the sender does not want it. */
static bool weight_is_zero(const char *parameters, size_t len)
{
    const char *q = memchr(parameters, '=', len);
    if (!q)
        return false;
    const char *end = parameters + len;
    for (q++; q < end && (*q == '0' || *q == '.' || *q == ' '); q++)
        ;
    return q == end;
}

bool header_accepts(const char *header, const char *token)
{
    size_t token_len = strlen(token);
    while (header && *header) {
        header += strspn(header, " \t,");
        size_t len = strcspn(header, ",");
        size_t name_len = strcspn(header, ",; \t");
        if (name_len == token_len && !strncasecmp(header, token, token_len))
            return !weight_is_zero(header + name_len, len - name_len);
        header += len;
    }
    return false;
}

static bool is_port(const char *s)
{
    size_t n = strspn(s, "0123456789");
    return n >= 1 && n <= 5 && !s[n];
}

bool host_is_allowed(const char *host, const char *name)
{
    char label[256];
    size_t len = strlen(host);
    bool bracket = host[0] == '[';
    const char *end = bracket ? strchr(host, ']') : strchr(host, ':');
    size_t n = end ? (size_t)(end - host) - bracket : len - bracket;
    if (n >= sizeof label || (bracket && !end))
        return false;
    memcpy(label, host + bracket, n);
    label[n] = 0;
    const char *rest = end ? end + bracket : host + len;
    if (*rest && (*rest != ':' || !is_port(rest + 1)))
        return false;

    struct addr addr;
    if (addr_parse(label, &addr))
        return bracket != addr_is_v4(&addr);
    return !bracket && n && (!strcasecmp(label, "localhost") || (name && !strcasecmp(label, name)));
}
