/* udp_address.c - addresses of collectors in words, and socket addresses as addresses. */
#include "io/udp_address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static bool add_port(const char *text, size_t len, const char *spec, struct udp_address *a,
                     struct err *e)
{
    char digits[8];
    char *end;
    if (a->ports == UDP_PORTS)
        return fail(e, "%s: more than %d ports", spec, UDP_PORTS);
    if (!len || len >= sizeof digits || strspn(text, "0123456789") < len)
        return fail(e, "%s: %.*s is no port; write it as in udp://:2055", spec, (int)len, text);
    memcpy(digits, text, len);
    digits[len] = '\0';
    unsigned long port = strtoul(digits, &end, 10);
    if (port > UINT16_MAX)
        return fail(e, "%s: %s is no port: they end at 65535", spec, digits);
    a->port[a->ports++] = (uint16_t)port;
    return true;
}

static bool set_host(const char *text, size_t len, const char *spec, struct udp_address *a,
                     struct err *e)
{
    char host[ADDR_TEXT + 2];
    bool bracket = len > 1 && text[0] == '[' && text[len - 1] == ']';
    if (bracket) {
        text++;
        len -= 2;
    }
    a->any = !len || (len == 1 && *text == '*');
    if (a->any)
        return true;
    if (len < sizeof host) {
        memcpy(host, text, len);
        host[len] = '\0';
        if (addr_parse(host, &a->addr)) {
            a->any = addr_is_none(&a->addr);
            return true;
        }
    }
    return fail(e, "%s: %.*s is no address; write one, or none for all of this machine", spec,
                (int)len, text);
}

bool udp_address_parse(const char *text, const char *spec, struct udp_address *a, struct err *e)
{
    *a = (struct udp_address){0};
    const char *colon = strrchr(text, ':'), *bracket = strrchr(text, ']');
    if (!colon || (bracket && colon < bracket))
        return fail(e, "%s: there is no port; write one as in udp://:2055", spec);
    if (!set_host(text, (size_t)(colon - text), spec, a, e))
        return false;
    for (const char *at = colon + 1;; at++) {
        size_t len = strcspn(at, ",");
        if (!add_port(at, len, spec, a, e))
            return false;
        at += len;
        if (!*at)
            return true;
    }
}

socklen_t udp_address_to_socket(const struct udp_address *a, unsigned port, bool v6,
                                struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (v6) {
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(a->port[port])};
        if (!a->any)
            memcpy(&in6.sin6_addr, a->addr.byte, sizeof in6.sin6_addr);
        memcpy(out, &in6, sizeof in6);
        return sizeof in6;
    }
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(a->port[port])};
    if (!a->any)
        memcpy(&in.sin_addr, a->addr.byte + 12, sizeof in.sin_addr);
    memcpy(out, &in, sizeof in);
    return sizeof in;
}

struct addr udp_address_of(const struct sockaddr_storage *from, uint16_t *port)
{
    if (from->ss_family == AF_INET) {
        struct sockaddr_in in;
        uint8_t four[4];
        memcpy(&in, from, sizeof in);
        memcpy(four, &in.sin_addr, sizeof four);
        *port = ntohs(in.sin_port);
        return addr_v4(four);
    }
    struct sockaddr_in6 in6;
    memcpy(&in6, from, sizeof in6);
    *port = ntohs(in6.sin6_port);
    return addr_v6(in6.sin6_addr.s6_addr);
}
