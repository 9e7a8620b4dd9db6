/* addr.h - IP addresses, prefixes and MAC addresses as values.
 *
 * An address is always 16 bytes; IPv4 stands as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).
 */
#ifndef WEIR_NET_ADDR_H
#define WEIR_NET_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { ADDR_TEXT = 46, MAC_TEXT = 18 };

struct addr {
    uint8_t byte[16];
};

struct mac {
    uint8_t byte[6];
};

/* A network: bits counts from the left of the 16 bytes, so an IPv4 /8 is 104. */
struct prefix {
    struct addr addr;
    uint8_t bits;
};

/* Writes whole words, so that whoever reads them at once afterwards need not wait for bytes. */
static inline void addr_set_v4(struct addr *a, const uint8_t *four)
{
    static const uint8_t mapped[4] = {0, 0, 0xff, 0xff};
    memset(a->byte, 0, 8);
    memcpy(a->byte + 8, mapped, sizeof mapped);
    memcpy(a->byte + 12, four, 4);
}

static inline struct addr addr_v4(const uint8_t *four)
{
    struct addr a;
    addr_set_v4(&a, four);
    return a;
}

static inline struct addr addr_v6(const uint8_t *sixteen)
{
    struct addr a;
    memcpy(a.byte, sixteen, sizeof a.byte);
    return a;
}

static inline bool addr_is_v4(const struct addr *a)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return !memcmp(a->byte, mapped, sizeof mapped);
}

static inline bool addr_equal(const struct addr *a, const struct addr *b)
{
    return !memcmp(a, b, sizeof *a);
}

/* Order of the bytes: negative, zero or positive like memcmp. */
static inline int addr_compare(const struct addr *a, const struct addr *b)
{
    return memcmp(a, b, sizeof *a);
}

/* All bytes zero: no address. */
bool addr_is_none(const struct addr *a);
bool addr_is_multicast(const struct addr *a);
/* 255.255.255.255 or a network's own is not known here: only the limited broadcast. */
bool addr_is_broadcast(const struct addr *a);

/* RFC 5952 text (lower case, longest run compressed; IPv4 dotted). buf has ADDR_TEXT bytes.
 * Returns the length without the NUL. */
size_t addr_print(const struct addr *a, char *buf);
/* Accepts IPv4 and IPv6 text and nothing else. */
bool addr_parse(const char *text, struct addr *a);

/* "10.0.0.0/8", "fe80::/10" or an address (then all bits). Host bits are cleared. */
bool prefix_parse(const char *text, struct prefix *p);
/* Prints in the same form; buf has ADDR_TEXT + 4 bytes. */
size_t prefix_print(const struct prefix *p, char *buf);
bool prefix_has(const struct prefix *p, const struct addr *a);

/* "00:25:90:d4:cc:f9"; buf has MAC_TEXT bytes. */
size_t mac_print(const struct mac *m, char *buf);
/* Six pairs of hexadecimal digits with : or - between them. */
bool mac_parse(const char *text, struct mac *m);

/* The 48 bits as a number, first byte highest. */
static inline uint64_t mac_id(const struct mac *m)
{
    uint64_t id = 0;
    for (unsigned i = 0; i < 6; i++)
        id = id << 8 | m->byte[i];
    return id;
}

static inline struct mac mac_from_id(uint64_t id)
{
    struct mac m;
    for (unsigned i = 0; i < 6; i++)
        m.byte[i] = (uint8_t)(id >> (40 - 8 * i));
    return m;
}

#endif
