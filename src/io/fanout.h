/* fanout.h - several packet sockets that share an interface's packets, conversation by conversation.
 *
 * The kernel's own hash puts later fragments of a packet, which have no ports, on another socket
 * than the first. A small program of ours hashes the two addresses alone, in an order-free way, so
 * both directions and all fragments of a conversation meet on one worker, tagged or not.
 */
#ifndef WEIR_IO_FANOUT_H
#define WEIR_IO_FANOUT_H

#include <linux/filter.h>
#include <pthread.h>

#include "base/err.h"

/* Shared by the sources of one interface. Initialise with FANOUT_INIT. */
struct fanout {
    pthread_mutex_t lock;
    int ifindex;   /* of the group below */
    int group;     /* the kernel's number, -1 = none yet */
    bool by_ports; /* the kernel refused our program; its own hash is used */
};

#define FANOUT_INIT                                                                                \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER, .group = -1                                             \
    }

/* Lets a packet socket that is bound to ifindex (0 = all) join, founding the group if needed. Any
 * thread. False with a sentence when the kernel refuses. */
bool fanout_join(struct fanout *f, int fd, int ifindex, struct err *e);

enum { FANOUT_PROGRAM_MAX = 224 };

/* Writes the hash program and returns its length. For fanout_join() and tests. */
unsigned fanout_program(struct sock_filter *code);

#endif
