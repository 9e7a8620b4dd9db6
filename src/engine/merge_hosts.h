/* merge_hosts.h - what one worker knows of a host, added to what another one does. */
#ifndef WEIR_ENGINE_MERGE_HOSTS_H
#define WEIR_ENGINE_MERGE_HOSTS_H

#include "engine/host.h"

static inline void merge_traffic(struct traffic *t, const struct traffic *more)
{
    for (unsigned s = 0; s < 2; s++) {
        t->bytes[s] += more->bytes[s];
        t->packets[s] += more->packets[s];
    }
}

static inline void merge_pair(uint64_t *to, const uint64_t *from)
{
    to[0] += from[0];
    to[1] += from[1];
}

/* Adds b's counters to a, which is the same host as another worker knows it. */
void merge_host(struct host_row *a, const struct host_row *b);
void merge_detail(struct host_detail *a, const struct host_detail *b);

#endif
