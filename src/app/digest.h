/* digest.h - what the report says about a reading's flows, added up from their records. */
#ifndef WEIR_APP_DIGEST_H
#define WEIR_APP_DIGEST_H

#include "app/collect.h"
#include "app/sums.h"

/* Keys of the sums; no padding that is not zero. */
struct host_key {
    struct addr addr;
    uint16_t vlan;
};
struct app_key {
    uint16_t master, app;
    uint16_t l4; /* protocol number of what has no name, else 0 */
};
struct talk_key {
    struct addr client, server;
    uint16_t vlan;
    struct app_key app;
};

/* Flows that have something wrong in common. */
struct trouble {
    uint64_t flows;
    uint64_t count;      /* segments, questions ... where flows are not the point */
    struct record first; /* the first such flow, for an example */
};

enum { DIGEST_PROBLEMS = 16 };

struct digest {
    struct sums hosts, apps, talks;
    uint64_t flows, bytes, packets; /* of the flows that matched */
    uint64_t tcp_packets;
    uint64_t tcp_flows;
    struct trouble problem[DIGEST_PROBLEMS]; /* by enum problem */
    struct trouble retrans, dns_error, http_error, mismatch;
    struct trouble risk[64]; /* by bit */
    bool complete;           /* false: there was not memory for all */
};

/* Adds up all records and sorts the sums. digest_free() gives the memory back. Large: not for
 * the stack. */
void digest_fill(struct digest *d, const struct collection *all);
void digest_free(struct digest *d);

#endif
