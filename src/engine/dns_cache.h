/* dns_cache.h - names that DNS and mDNS answers gave to addresses, for hosts that appear later.
 *
 * A direct-mapped table of fixed size: the newest answer wins a slot. Bounded by construction.
 */
#ifndef WEIR_ENGINE_DNS_CACHE_H
#define WEIR_ENGINE_DNS_CACHE_H

#include "base/err.h"
#include "net/addr.h"

enum { DNS_NAME = 64 };

struct dns_entry {
    struct addr addr;
    bool is_mdns;
    char name[DNS_NAME]; /* "" = free */
};

struct dns_cache {
    struct dns_entry *entry;
};

/* In the caller's memory; false when there is none for the entries. The worker's thread. */
bool dns_cache_init(struct dns_cache *c, struct err *e);
void dns_cache_fini(struct dns_cache *c);

/* The name of an address, or NULL. */
const struct dns_entry *dns_cache_find(const struct dns_cache *c, const struct addr *a);

/* Reads a DNS message (RFC 1035) and remembers the name of each A and AAAA answer: the name that
 * was asked for, so that aliases lead to what the user typed. Calls learnt for each. Whatever is
 * malformed is left out. */
void dns_cache_learn(struct dns_cache *c, const uint8_t *message, size_t len, bool is_mdns,
                     void (*learnt)(void *context, const struct dns_entry *entry), void *context);

#endif
