/* http_address.c - where to listen, and why not elsewhere. */
#include <stdlib.h>
#include <string.h>

#include "face/http.h"

/* Loopback: 127.0.0.0/8 or ::1. */
static bool is_loopback(const struct addr *a)
{
    static const uint8_t one[16] = {[15] = 1};
    if (addr_is_v4(a))
        return a->byte[12] == 127;
    return !memcmp(a->byte, one, sizeof one);
}

static bool parse_port(const char *text, uint16_t *port)
{
    size_t n = strspn(text, "0123456789");
    if (!n || n > 5 || text[n])
        return false;
    unsigned long value = strtoul(text, NULL, 10);
    *port = (uint16_t)value;
    return value <= 65535;
}

/* The part in front of the port's colon, without brackets; "" stands for loopback. */
static bool parse_host(const char *text, size_t len, struct addr *a)
{
    char host[64];
    static const uint8_t loopback[4] = {127, 0, 0, 1};
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    }
    if (len >= sizeof host)
        return false;
    memcpy(host, text, len);
    host[len] = 0;
    if (!len || !strcmp(host, "localhost")) {
        *a = addr_v4(loopback);
        return true;
    }
    return addr_parse(host, a);
}

bool http_parse_address(const char *text, struct http_address *a, struct err *e)
{
    const char *colon = strrchr(text, ':');
    const char *port = colon ? colon + 1 : text;
    size_t host_len = colon ? (size_t)(colon - text) : 0;
    bool bare_v6 = colon && text[0] != '[' && memchr(text, ':', host_len);
    if (bare_v6 || !parse_port(port, &a->port) || !parse_host(text, host_len, &a->addr))
        return fail(e, "-w %s: expected [address:]port, such as 3000, 127.0.0.1:3000 or [::1]:3000",
                    text);
    if (is_loopback(&a->addr))
        return true;
    return fail(
        e,
        "-w %s: there are no users to log in yet, so the pages are shown on this machine only; "
        "use -w %u and reach it from elsewhere through ssh -L %u:127.0.0.1:%u",
        text, a->port, a->port, a->port);
}
