/* record_ring.h - records from one worker to one export, without locks.
 *
 * A ring of bytes: each record is its length and as much of it as is used, so that the thousands of
 * plain ones take a third of the room of the few with long names. One thread pushes, one pops.
 */
#ifndef WEIR_IO_RECORD_RING_H
#define WEIR_IO_RECORD_RING_H

#include "base/counter.h"
#include "model/record.h"

struct record_ring {
    uint8_t *bytes;
    size_t size;                        /* a power of two */
    _Alignas(64) _Atomic size_t pushed; /* bytes ever; the pusher's */
    size_t seen_popped;                 /* what the pusher last saw of the other's */
    _Alignas(64) _Atomic size_t popped; /* the popper's */
};

/* size is rounded up to a power of two. False when out of memory. Before the threads start. */
bool record_ring_init(struct record_ring *ring, size_t size);
void record_ring_fini(struct record_ring *ring);

/* False when there is no room: the record is not taken. The worker's thread. */
bool record_ring_push(struct record_ring *ring, const struct record *r);

/* False when it is empty. The export's thread. */
bool record_ring_pop(struct record_ring *ring, struct record *r);

#endif
