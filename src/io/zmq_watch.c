/* zmq_watch.c - tells when a peer of a ZeroMQ socket could not agree with us about encryption.
 *
 * libzmq reports events of a socket on a pair of its own: a number of 16 bits and a value, then the
 * endpoint. One that closes while we shake hands has refused us, so that counts, too.
 */
#include "io/zmq_watch.h"

#include <stdio.h>
#include <string.h>
#include <zmq.h>

enum {
    PEER = 256,
    FAILED = ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
             ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
};

bool zmq_watch_open(struct zmq_watch *w, void *context, void *socket, const char *name)
{
    char endpoint[64];
    int linger = 0;
    snprintf(endpoint, sizeof endpoint, "inproc://%.48s", name);
    w->pair = NULL;
    if (zmq_socket_monitor(socket, endpoint, FAILED) == -1)
        return false;
    w->pair = zmq_socket(context, ZMQ_PAIR);
    if (w->pair && zmq_setsockopt(w->pair, ZMQ_LINGER, &linger, sizeof linger) == 0 &&
        zmq_connect(w->pair, endpoint) == 0)
        return true;
    zmq_watch_close(w);
    return false;
}

void zmq_watch_close(struct zmq_watch *w)
{
    if (w->pair)
        zmq_close(w->pair);
    w->pair = NULL;
}

unsigned zmq_watch_failures(struct zmq_watch *w, char *peer)
{
    unsigned n = 0;
    uint8_t event[6];
    while (w->pair && zmq_recv(w->pair, event, sizeof event, ZMQ_DONTWAIT) != -1) {
        int len = zmq_recv(w->pair, peer, PEER - 1, 0);
        peer[len < 0 ? 0 : len < PEER - 1 ? len : PEER - 1] = '\0';
        n++;
    }
    return n;
}
