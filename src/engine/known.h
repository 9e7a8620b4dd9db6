/* known.h - which hosts and devices a worker knows, where several share an interface: each counts
 * its own, and what all know together is less than the sum.
 */
#ifndef WEIR_ENGINE_KNOWN_H
#define WEIR_ENGINE_KNOWN_H

#include "engine/census.h"
#include "engine/hosts.h"

enum known_kind { KNOWN_REMOTE, KNOWN_LOCAL, KNOWN_DEVICES, KNOWN_KINDS };

/* Owner: one worker. */
struct known {
    bool on; /* several workers share the interface */
    bool recounts;
    uint32_t iface;
    struct census now[KNOWN_KINDS];
    struct census next[KNOWN_DEVICES]; /* while all hosts are gone through again */
};

/* A host or device comes or goes. */
void known_add_host(struct known *k, const struct host *h);
void known_remove_host(struct known *k, const struct host *h);
void known_add_device(struct known *k, uint64_t mac);
void known_remove_device(struct known *k, uint64_t mac);

/* Once a second, before and after a walk over all hosts: when many have gone, those that are left
 * are counted again on the way, by known_recount(). */
void known_walk_begins(struct known *k);
void known_walk_ends(struct known *k);
void known_recount(struct known *k, const struct host *h);

/* Gives the counts' memory back. */
void known_free(struct known *k);

/* The same for a host in every worker. */
uint64_t known_hash(const struct addr *a, uint16_t vlan, uint32_t iface);

#endif
