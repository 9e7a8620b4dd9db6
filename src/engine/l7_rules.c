/* l7_rules.c - the grammar of libndpi's custom protocols file.
 *
 *     tcp:81,udp:8000-8010@Name      ports
 *     host:"example.org",host:"x"@Name   names asked for in DNS, HTTP, TLS, QUIC
 *     ip:192.0.2.7,ip:10.0.0.0/8,ip:192.0.2.8:443@Name   addresses
 *     trusted_issuer_dn:"CN=..."     certificates of this issuer are not called self-signed
 *     ip_risk_mask:10.0.0.0/8=FFFF   risks not raised for an address
 *     host_risk_mask:"x.org"=0       risks not raised for a name
 *     # a comment
 */
#include "engine/l7_rules.h"

#include "net/addr.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RULE_LINE = 510, /* libndpi reads lines into 512 bytes */
    RULE_VALUE = 128,
    RULE_NAME = 46 /* what the table of names keeps */
};

/* A piece of the line. */
struct slice {
    const char *at;
    size_t len;
};

static bool slice_starts(struct slice s, const char *word)
{
    size_t n = strlen(word);
    return s.len >= n && !memcmp(s.at, word, n);
}

static struct slice slice_behind(struct slice s, size_t n)
{
    return (struct slice){s.at + n, s.len - n};
}

static struct slice slice_trim(struct slice s)
{
    while (s.len && isspace((unsigned char)s.at[0])) {
        s.at++;
        s.len--;
    }
    while (s.len && isspace((unsigned char)s.at[s.len - 1]))
        s.len--;
    return s;
}

static int printable(struct slice s)
{
    return s.len > 80 ? 80 : (int)s.len;
}

/* Decimal digits up to 65535; *rest is what follows them. */
static bool read_port(struct slice *s, unsigned *port)
{
    size_t n = 0;
    *port = 0;
    while (n < s->len && n < 6 && isdigit((unsigned char)s->at[n]))
        *port = *port * 10 + (unsigned)(s->at[n++] - '0');
    *s = slice_behind(*s, n);
    return n > 0 && *port <= UINT16_MAX;
}

static bool check_ports(struct slice value, struct err *e)
{
    struct slice rest = value;
    unsigned low, high;
    if (!read_port(&rest, &low))
        return fail(e, "\"%.*s\" is not a port (0 to 65535)", printable(value), value.at);
    high = low;
    if (rest.len && rest.at[0] == '-') {
        rest = slice_behind(rest, 1);
        if (!read_port(&rest, &high))
            return fail(e, "\"%.*s\" is not a range of ports", printable(value), value.at);
    }
    if (rest.len)
        return fail(e, "\"%.*s\" is not a port or a range such as 8000-8010", printable(value),
                    value.at);
    if (high < low)
        return fail(e, "the range %u-%u runs backwards", low, high);
    return true;
}

/* 192.0.2.7, 10.0.0.0/8, 192.0.2.7:443: libndpi knows only IPv4 here. */
static bool check_address(struct slice value, struct err *e)
{
    char text[64];
    struct prefix prefix;
    struct slice rest = value;
    const char *colon = memchr(value.at, ':', value.len);
    if (colon) {
        size_t before = (size_t)(colon - value.at);
        unsigned port;
        rest = slice_behind(value, before + 1);
        if (!read_port(&rest, &port) || rest.len)
            return fail(e, "\"%.*s\" is not an IPv4 address, network or address:port",
                        printable(value), value.at);
        rest = (struct slice){value.at, before};
    }
    if (rest.len >= sizeof text)
        return fail(e, "\"%.*s\" is not an IPv4 address", printable(value), value.at);
    memcpy(text, rest.at, rest.len);
    text[rest.len] = '\0';
    if (!prefix_parse(text, &prefix) || !addr_is_v4(&prefix.addr))
        return fail(e, "\"%.*s\" is not an IPv4 address or network", printable(value), value.at);
    return true;
}

/* Takes quotes off; both or none must be there. */
static bool unquote(struct slice *s, struct err *e)
{
    bool opens = s->len && s->at[0] == '"';
    bool closes = s->len > 1 && s->at[s->len - 1] == '"';
    if (opens != closes)
        return fail(e, "a quote is missing in %.*s", printable(*s), s->at);
    if (opens)
        *s = (struct slice){s->at + 1, s->len - 2};
    return true;
}

static bool check_host(struct slice value, struct err *e)
{
    if (!unquote(&value, e))
        return false;
    if (!value.len)
        return fail(e, "the host name is empty");
    if (value.len >= RULE_VALUE)
        return fail(e, "the host name is longer than %d bytes", RULE_VALUE - 1);
    if (memchr(value.at, '"', value.len))
        return fail(e, "a quote stands inside the host name %.*s", printable(value), value.at);
    return true;
}

static bool check_item(struct slice item, struct err *e)
{
    if (slice_starts(item, "tcp:") || slice_starts(item, "udp:"))
        return check_ports(slice_behind(item, 4), e);
    if (slice_starts(item, "ip:"))
        return check_address(slice_behind(item, 3), e);
    if (slice_starts(item, "host:"))
        return check_host(slice_behind(item, 5), e);
    return fail(e, "\"%.*s\" is not one of tcp:PORT, udp:PORT, ip:ADDRESS, host:\"NAME\"",
                printable(item), item.at);
}

static bool check_name(struct slice name, struct err *e)
{
    if (!name.len)
        return fail(e, "there is no name behind the @");
    if (name.len > RULE_NAME)
        return fail(e, "the name is longer than %d bytes", RULE_NAME);
    for (size_t i = 0; i < name.len; i++) {
        if (!isgraph((unsigned char)name.at[i]) && name.at[i] != ' ')
            return fail(e, "the name has a character that is not printable");
    }
    return true;
}

/* WHAT=MASK, the mask in hexadecimal as libndpi reads it. */
static bool check_mask(struct slice s, bool is_address, struct err *e)
{
    const char *equals = memchr(s.at, '=', s.len);
    if (!equals)
        return fail(e, "a mask is missing: write WHAT=MASK, the mask in hexadecimal");
    struct slice what = {s.at, (size_t)(equals - s.at)};
    struct slice mask = slice_behind(s, what.len + 1);
    if (!mask.len || mask.len > 18)
        return fail(e, "\"%.*s\" is not a hexadecimal mask", printable(mask), mask.at);
    for (size_t i = 0; i < mask.len; i++) {
        bool is_x = i == 1 && mask.at[0] == '0' && (mask.at[1] | 0x20) == 'x';
        if (!isxdigit((unsigned char)mask.at[i]) && !is_x)
            return fail(e, "\"%.*s\" is not a hexadecimal mask", printable(mask), mask.at);
    }
    return is_address ? check_address(what, e) : check_host(what, e);
}

static bool check_protocol(struct slice line, struct err *e)
{
    size_t at = line.len;
    while (at && line.at[at - 1] != '@')
        at--;
    if (!at)
        return fail(e, "there is no @: write WHAT@NAME, for example tcp:8080@MyApp");
    if (!check_name(slice_trim(slice_behind(line, at)), e))
        return false;

    struct slice items = {line.at, at - 1};
    for (;;) {
        const char *comma = memchr(items.at, ',', items.len);
        size_t len = comma ? (size_t)(comma - items.at) : items.len;
        if (!len)
            return fail(e, "nothing stands before the @, or between two commas");
        if (!check_item((struct slice){items.at, len}, e))
            return false;
        if (!comma)
            return true;
        items = slice_behind(items, len + 1);
    }
}

bool l7_rule_check(const char *text, size_t len, struct err *e)
{
    struct slice line = slice_trim((struct slice){text, len});
    if (!line.len || line.at[0] == '#')
        return true;
    if (len > RULE_LINE)
        return fail(e, "the line is longer than %d bytes", RULE_LINE);
    if (memchr(line.at, '\0', line.len))
        return fail(e, "the line has a NUL: this is not a text file");
    if (slice_starts(line, "trusted_issuer_dn:")) {
        struct slice name = slice_behind(line, strlen("trusted_issuer_dn:"));
        return unquote(&name, e) && (name.len || fail(e, "the issuer's name is empty"));
    }
    if (slice_starts(line, "ip_risk_mask:"))
        return check_mask(slice_behind(line, strlen("ip_risk_mask:")), true, e);
    if (slice_starts(line, "host_risk_mask:"))
        return check_mask(slice_behind(line, strlen("host_risk_mask:")), false, e);
    return check_protocol(line, e);
}

bool l7_rules_check(const char *path, struct err *e)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return fail(e, "custom protocols file %s: %s", path, strerror(errno));

    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    struct err why;
    bool is_right = true;
    errno = 0;
    for (unsigned n = 1; is_right && (len = getline(&line, &size, file)) != -1; n++) {
        if (!l7_rule_check(line, (size_t)len, &why))
            is_right = fail(e, "custom protocols file %s, line %u: %.300s", path, n, why.text);
    }
    if (is_right && ferror(file))
        is_right = fail(e, "custom protocols file %s: %s", path, strerror(errno));
    free(line);
    fclose(file);
    return is_right;
}
