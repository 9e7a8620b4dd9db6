/* bench_net.h - a network namespace of one's own, with a pair of interfaces whose ends are joined. */
#ifndef WEIR_APP_BENCH_NET_H
#define WEIR_APP_BENCH_NET_H

#include <stdbool.h>

#include "base/err.h"

/* Moves the process, which has one thread, into a network namespace of its own, by a user namespace
 * where it is not root. False with a sentence where the kernel does not allow it. */
bool net_enter(struct err *e);

/* Makes the joined interfaces `one` and `two`, up and without IPv6 chatter. The caller has entered. */
bool net_pair(const char *one, const char *two, struct err *e);

/* Puts an interface up. */
bool net_up(const char *name, struct err *e);

#endif
