/* record_ring.c - records from one worker to one export, without locks. */
#include "io/record_ring.h"

#include "base/alloc.h"

enum { LENGTH = 8, LEAST = 16384 };

bool record_ring_init(struct record_ring *ring, size_t size)
{
    *ring = (struct record_ring){.size = LEAST};
    while (ring->size < size)
        ring->size *= 2;
    ring->bytes = mem_alloc(ACCOUNT_records, ring->size);
    return ring->bytes != NULL;
}

void record_ring_fini(struct record_ring *ring)
{
    if (ring->bytes)
        mem_free(ACCOUNT_records, ring->bytes, ring->size);
    ring->bytes = NULL;
}

static void copy_in(struct record_ring *ring, size_t at, const void *from, size_t n)
{
    size_t start = at & (ring->size - 1);
    size_t first = n < ring->size - start ? n : ring->size - start;
    memcpy(ring->bytes + start, from, first);
    memcpy(ring->bytes, (const uint8_t *)from + first, n - first);
}

static void copy_out(const struct record_ring *ring, size_t at, void *to, size_t n)
{
    size_t start = at & (ring->size - 1);
    size_t first = n < ring->size - start ? n : ring->size - start;
    memcpy(to, ring->bytes + start, first);
    memcpy((uint8_t *)to + first, ring->bytes, n - first);
}

bool record_ring_push(struct record_ring *ring, const struct record *r)
{
    uint64_t len = offsetof(struct record, tail.bytes) + r->tail.used;
    size_t whole = LENGTH + len;
    size_t at = atomic_load_explicit(&ring->pushed, memory_order_relaxed);
    if (at + whole - ring->seen_popped > ring->size) {
        ring->seen_popped = atomic_load_explicit(&ring->popped, memory_order_acquire);
        if (at + whole - ring->seen_popped > ring->size)
            return false;
    }
    copy_in(ring, at, &len, LENGTH);
    copy_in(ring, at + LENGTH, r, len);
    atomic_store_explicit(&ring->pushed, at + whole, memory_order_release);
    return true;
}

bool record_ring_pop(struct record_ring *ring, struct record *r)
{
    size_t at = atomic_load_explicit(&ring->popped, memory_order_relaxed);
    if (at == atomic_load_explicit(&ring->pushed, memory_order_acquire))
        return false;
    uint64_t len;
    copy_out(ring, at, &len, LENGTH);
    copy_out(ring, at + LENGTH, r, len);
    atomic_store_explicit(&ring->popped, at + LENGTH + len, memory_order_release);
    return true;
}
