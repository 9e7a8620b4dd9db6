/* addr.c - addresses, prefixes and MAC addresses as text, and what kind an address is. */
#include "net/addr.h"

#include <arpa/inet.h>

enum { V4_OFFSET = 12, V4_BITS = 96, ALL_BITS = 128, GROUPS = 8 };

static const char hex_digits[] = "0123456789abcdef";

/* Decimal without leading zeros; returns the end. */
static char *put_decimal(char *at, unsigned value)
{
    if (value >= 100)
        *at++ = (char)('0' + value / 100);
    if (value >= 10)
        *at++ = (char)('0' + value / 10 % 10);
    *at++ = (char)('0' + value % 10);
    return at;
}

/* One group of an IPv6 address without leading zeros. */
static char *put_group(char *at, unsigned group)
{
    bool started = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
        unsigned digit = group >> shift & 15;
        if (digit || started || !shift) {
            *at++ = hex_digits[digit];
            started = true;
        }
    }
    return at;
}

static char *put_v4(char *at, const uint8_t *four)
{
    for (unsigned i = 0; i < 4; i++) {
        if (i)
            *at++ = '.';
        at = put_decimal(at, four[i]);
    }
    return at;
}

/* RFC 5952, 4.2: the longest run of at least two zero groups, the first of equals. */
static unsigned longest_zeros(const unsigned *group, unsigned *length)
{
    unsigned best = 0;
    *length = 1;
    for (unsigned i = 0; i < GROUPS; i++) {
        unsigned n = 0;
        while (i + n < GROUPS && !group[i + n])
            n++;
        if (n > *length) {
            best = i;
            *length = n;
        }
        i += n;
    }
    if (*length < 2)
        *length = 0;
    return best;
}

static char *put_v6(char *at, const uint8_t *byte)
{
    unsigned group[GROUPS], length;
    for (unsigned i = 0; i < GROUPS; i++)
        group[i] = (unsigned)byte[2 * i] << 8 | byte[2 * i + 1];
    unsigned start = longest_zeros(group, &length);

    for (unsigned i = 0; i < GROUPS;) {
        if (length && i == start) {
            *at++ = ':';
            *at++ = ':';
            i += length;
            continue;
        }
        if (i && at[-1] != ':')
            *at++ = ':';
        at = put_group(at, group[i++]);
    }
    return at;
}

bool addr_is_none(const struct addr *a)
{
    static const struct addr none;
    return addr_equal(a, &none);
}

bool addr_is_multicast(const struct addr *a)
{
    return addr_is_v4(a) ? (a->byte[V4_OFFSET] & 0xf0) == 0xe0 : a->byte[0] == 0xff;
}

bool addr_is_broadcast(const struct addr *a)
{
    static const uint8_t ones[4] = {255, 255, 255, 255};
    return addr_is_v4(a) && !memcmp(a->byte + V4_OFFSET, ones, sizeof ones);
}

size_t addr_print(const struct addr *a, char *buf)
{
    char *end = addr_is_v4(a) ? put_v4(buf, a->byte + V4_OFFSET) : put_v6(buf, a->byte);
    *end = '\0';
    return (size_t)(end - buf);
}

bool addr_parse(const char *text, struct addr *a)
{
    uint8_t bytes[16];
    if (strchr(text, ':')) {
        if (inet_pton(AF_INET6, text, bytes) != 1)
            return false;
        *a = addr_v6(bytes);
        return true;
    }
    if (inet_pton(AF_INET, text, bytes) != 1)
        return false;
    *a = addr_v4(bytes);
    return true;
}

/* Decimal digits only, at most max. */
static bool parse_bits(const char *text, unsigned max, unsigned *bits)
{
    unsigned value = 0;
    if (!*text)
        return false;
    for (const char *at = text; *at; at++) {
        if (*at < '0' || *at > '9')
            return false;
        value = value * 10 + (unsigned)(*at - '0');
        if (value > max)
            return false;
    }
    *bits = value;
    return true;
}

static void clear_host_bits(struct prefix *p)
{
    for (unsigned i = 0; i < sizeof p->addr.byte; i++) {
        unsigned kept = p->bits > i * 8 ? p->bits - i * 8 : 0;
        if (kept < 8)
            p->addr.byte[i] &= (uint8_t)(0xff00u >> kept);
    }
}

bool prefix_parse(const char *text, struct prefix *p)
{
    char addr[ADDR_TEXT];
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : strlen(text);
    if (len >= sizeof addr)
        return false;
    memcpy(addr, text, len);
    addr[len] = '\0';

    struct prefix parsed = {.bits = ALL_BITS};
    if (!addr_parse(addr, &parsed.addr))
        return false;
    if (slash) {
        bool dotted = !strchr(addr, ':');
        unsigned bits;
        if (!parse_bits(slash + 1, dotted ? ALL_BITS - V4_BITS : ALL_BITS, &bits))
            return false;
        parsed.bits = (uint8_t)(dotted ? bits + V4_BITS : bits);
    }
    clear_host_bits(&parsed);
    *p = parsed;
    return true;
}

size_t prefix_print(const struct prefix *p, char *buf)
{
    bool dotted = p->bits >= V4_BITS && addr_is_v4(&p->addr);
    char *end = dotted ? put_v4(buf, p->addr.byte + V4_OFFSET) : put_v6(buf, p->addr.byte);
    if (p->bits < ALL_BITS) {
        *end++ = '/';
        end = put_decimal(end, dotted ? p->bits - V4_BITS : p->bits);
    }
    *end = '\0';
    return (size_t)(end - buf);
}

bool prefix_has(const struct prefix *p, const struct addr *a)
{
    /* ::/0 means all of IPv6; that IPv4 is kept inside ::ffff:0:0/96 is our own affair. */
    if (p->bits < V4_BITS && addr_is_v4(a))
        return false;
    unsigned whole = p->bits / 8, rest = p->bits % 8;
    if (memcmp(p->addr.byte, a->byte, whole) != 0)
        return false;
    return !rest || !((p->addr.byte[whole] ^ a->byte[whole]) >> (8 - rest));
}

size_t mac_print(const struct mac *m, char *buf)
{
    char *at = buf;
    for (unsigned i = 0; i < sizeof m->byte; i++) {
        if (i)
            *at++ = ':';
        *at++ = hex_digits[m->byte[i] >> 4];
        *at++ = hex_digits[m->byte[i] & 15];
    }
    *at = '\0';
    return (size_t)(at - buf);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool mac_parse(const char *text, struct mac *m)
{
    struct mac parsed;
    for (unsigned i = 0; i < sizeof parsed.byte; i++) {
        if (i && *text != ':' && *text != '-')
            return false;
        text += i ? 1 : 0;
        int high = hex_value(text[0]);
        int low = high < 0 ? -1 : hex_value(text[1]);
        if (low < 0)
            return false;
        parsed.byte[i] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    if (*text)
        return false;
    *m = parsed;
    return true;
}
