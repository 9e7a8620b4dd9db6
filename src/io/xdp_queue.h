/* xdp_queue.h - one AF_XDP socket on one receive queue, with its memory, for source_xdp alone.
 *
 * The memory (UMEM) is cut into chunks, each of which is in one of three places: in the fill ring
 * (the kernel may write to it), in the receive ring (a frame is in it), or lent to the worker until
 * its next read. See Documentation/networking/af_xdp.rst of Linux.
 */
#ifndef WEIR_IO_XDP_QUEUE_H
#define WEIR_IO_XDP_QUEUE_H

#include <xdp/xsk.h>

#include "engine/plug.h"

struct packet_filter;

struct xdp_queue {
    struct xsk_umem *umem;
    struct xsk_socket *socket;
    struct xsk_ring_prod fill;
    struct xsk_ring_cons rx, unused;
    uint8_t *memory; /* owned */
    size_t size;
    uint32_t chunks;
    uint32_t lent; /* of the receive ring's entries: what the last take handed out */
    bool is_zero_copy;
    uint64_t dropped, starved; /* as the kernel last told */
};

/* What take() needs to know of the source. */
struct xdp_take {
    nsec_t now; /* AF_XDP has no time stamps: the frames' time */
    uint32_t snaplen;
    struct packet_filter *filter; /* NULL = none */
    struct source_counts *counts;
};

/* Opens the socket of a receive queue with about so many bytes of memory, in zero-copy mode where
 * the driver offers it. Frames come once it is in the program's map. False with a sentence; then
 * nothing is open. */
bool xdp_queue_open(struct xdp_queue *q, const char *name, unsigned number, uint64_t bytes,
                    struct err *e);
/* Harmless on a zeroed one. */
void xdp_queue_close(struct xdp_queue *q);

/* -1 when it is not open. */
int xdp_queue_fd(const struct xdp_queue *q);

/* Gives the chunks of the last take back to the kernel: their frames are dead. */
void xdp_queue_give_back(struct xdp_queue *q);

/* Fills *b with frames that wait in the ring. False when there were none. */
bool xdp_queue_take(struct xdp_queue *q, const struct xdp_take *t, struct burst *b);

/* Adds what was lost since the last call. */
void xdp_queue_count(struct xdp_queue *q, struct source_counts *counts);

/* Receive queues that the interface has now, 1 where nobody knows. */
unsigned xdp_queues_of(const char *name);

#endif
