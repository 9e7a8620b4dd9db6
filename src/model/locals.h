/* locals.h - which networks are local, and what they are called. */
#ifndef WEIR_MODEL_LOCALS_H
#define WEIR_MODEL_LOCALS_H

#include "base/err.h"
#include "net/addr.h"

enum { LOCALS_MAX = 256, LOCAL_NAME = 48 };

/* Immutable once the workers run; owned by the app. */
struct locals {
    unsigned n;
    struct {
        struct prefix prefix;
        char name[LOCAL_NAME]; /* alias, or the prefix's own text */
    } net[LOCALS_MAX];
    /* The same as numbers, by the same index: every new flow asks for two addresses, and nearly all
     * are IPv4. */
    struct {
        uint32_t net, mask;
    } v4[LOCALS_MAX];
};

/* Adds "10.0.0.0/8=Office,fe80::/10" or "@file"/a path with one a line. False with place and
 * reason; what came before the error stays. */
bool locals_add(struct locals *l, const char *list, struct err *e);

/* Index of the longest prefix that has the address, or -1 when it is remote. Multicast and
 * broadcast are remote. Any thread. */
int locals_find(const struct locals *l, const struct addr *a);

#endif
