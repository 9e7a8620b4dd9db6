/* counter.h - a 64-bit count with one writer and any number of readers. */
#ifndef WEIR_BASE_COUNTER_H
#define WEIR_BASE_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

typedef _Atomic uint64_t counter_t;

/* The owner's thread only. */
static inline void counter_add(counter_t *c, uint64_t n)
{
    atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

/* Any thread. */
static inline uint64_t counter_get(const counter_t *c)
{
    return atomic_load_explicit((counter_t *)(uintptr_t)c, memory_order_relaxed);
}

#endif
