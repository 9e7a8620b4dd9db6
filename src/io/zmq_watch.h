/* zmq_watch.h - tells when a peer of a ZeroMQ socket could not agree with us about encryption.
 *
 * ZMQ itself says nothing then: it tries again, for ever, and no message comes.
 */
#ifndef WEIR_IO_ZMQ_WATCH_H
#define WEIR_IO_ZMQ_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct zmq_watch {
    void *pair; /* NULL = closed */
};

/* Watches a socket before it is bound or connected; name is unique in its context. False when this
 * libzmq cannot. The socket's thread, as below. */
bool zmq_watch_open(struct zmq_watch *w, void *context, void *socket, const char *name);
void zmq_watch_close(struct zmq_watch *w);

/* How many handshakes have failed since the last call, and with whom the last one did ("tcp://..." ); peer
 * has 256 bytes. */
unsigned zmq_watch_failures(struct zmq_watch *w, char *peer);

#endif
