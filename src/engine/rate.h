/* rate.h - bytes of the last whole second and of the one before, without a pass over everything.
 *
 * Whoever counts brings the tick (second) that the bytes belong to; whoever reads brings the tick
 * that is running now. What was not touched for a while reads as zero by itself.
 */
#ifndef WEIR_ENGINE_RATE_H
#define WEIR_ENGINE_RATE_H

#include <stdint.h>

struct rate {
    uint32_t stamp; /* tick of now[] */
    uint32_t packets, last_packets;
    uint64_t now[2], last[2]; /* bytes by side in the tick `stamp`, and in the one before it */
    uint64_t before;          /* both sides, two ticks before `stamp` */
};

struct rate_value {
    uint64_t bytes[2];
    uint64_t before;
    uint32_t packets;
};

static inline void rate_roll(struct rate *r, uint32_t tick)
{
    if (r->stamp == tick)
        return;
    if (r->stamp + 1 == tick) {
        r->before = r->last[0] + r->last[1];
        r->last[0] = r->now[0];
        r->last[1] = r->now[1];
        r->last_packets = r->packets;
    } else {
        r->before = r->stamp + 2 == tick ? r->now[0] + r->now[1] : 0;
        r->last[0] = r->last[1] = 0;
        r->last_packets = 0;
    }
    r->now[0] = r->now[1] = 0;
    r->packets = 0;
    r->stamp = tick;
}

/* Adds what happened in this tick; returns both sides' bytes in it so far. */
static inline uint64_t rate_add(struct rate *r, uint32_t tick, unsigned side, uint64_t bytes,
                                uint64_t packets)
{
    rate_roll(r, tick);
    r->now[side] += bytes;
    r->packets += (uint32_t)packets;
    return r->now[0] + r->now[1];
}

/* Both sides' bytes in this tick so far. */
static inline uint64_t rate_now(const struct rate *r, uint32_t tick)
{
    return r->stamp == tick ? r->now[0] + r->now[1] : 0;
}

/* The last whole second as seen while `tick` is running. */
static inline struct rate_value rate_read(const struct rate *r, uint32_t tick)
{
    struct rate copy = *r;
    rate_roll(&copy, tick);
    return (struct rate_value){{copy.last[0], copy.last[1]}, copy.before, copy.last_packets};
}

#endif
