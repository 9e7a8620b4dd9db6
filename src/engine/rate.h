/* rate.h - bytes of the last whole second, without a pass over everything.
 *
 * A rate keeps nothing but what its counters were when the second began, so counting costs it
 * nothing: whoever counts looks whether the tick (second) is a new one and rolls the rate before
 * the first count of it. Whoever reads brings the tick that is running now; what was not touched
 * for a while reads as zero by itself.
 *
 * Bytes are kept in 40 bits: 8.8 Tbit/s for a whole second. Counters may be wider or narrower, only
 * differences matter, and those wrap with them.
 */
#ifndef WEIR_ENGINE_RATE_H
#define WEIR_ENGINE_RATE_H

#include <stdint.h>

#include "model/record.h"

struct rate {
    uint32_t stamp;                     /* the tick that began last */
    uint32_t base_packets;              /* the counters when it began, low bits */
    uint32_t last_packets : 30;         /* of the tick before it */
    uint32_t last_trend : 2;            /* enum trend of that tick against its predecessor */
    uint32_t base[2], last[2];          /* bytes by side, low 32 bits */
    uint8_t base_high[2], last_high[2]; /* bits 32 to 39 */
};

_Static_assert(sizeof(struct rate) == 32, "half a cache line");

/* Counters as they stand, which a rate is the rate of. */
struct rate_count {
    uint64_t bytes[2];
    uint32_t packets; /* low 32 bits of both sides */
};

struct rate_value {
    uint64_t bytes[2];
    uint32_t packets;
    enum trend trend;
};

static const uint64_t rate_mask = ((uint64_t)1 << 40) - 1;

static inline uint64_t rate_base(const struct rate *r, unsigned side)
{
    return (uint64_t)r->base_high[side] << 32 | r->base[side];
}

/* Bytes of one side in the tick r->stamp so far. */
static inline uint64_t rate_now(const struct rate *r, unsigned side, uint64_t bytes)
{
    return (bytes - rate_base(r, side)) & rate_mask;
}

static inline void rate_set_base(struct rate *r, unsigned side, uint64_t bytes)
{
    r->base[side] = (uint32_t)bytes;
    r->base_high[side] = (uint8_t)(bytes >> 32);
}

static inline uint64_t rate_last(const struct rate *r, unsigned side)
{
    return (uint64_t)r->last_high[side] << 32 | r->last[side];
}

static inline enum trend rate_trend(uint64_t now, uint64_t before)
{
    return now > before ? TREND_UP : now < before ? TREND_DOWN : TREND_STEADY;
}

/* Begins a tick other than r->stamp, before anything of it is counted. */
static inline void rate_roll(struct rate *r, uint32_t tick, const struct rate_count *count)
{
    bool follows = r->stamp + 1 == tick;
    uint64_t before = follows ? rate_last(r, 0) + rate_last(r, 1) : 0, last = 0, now = 0;
    for (unsigned side = 0; side < 2; side++) {
        uint64_t bytes = rate_now(r, side, count->bytes[side]);
        now += bytes;
        bytes = follows ? bytes : 0;
        last += bytes;
        r->last[side] = (uint32_t)bytes;
        r->last_high[side] = (uint8_t)(bytes >> 32);
        rate_set_base(r, side, count->bytes[side]);
    }
    if (r->stamp + 2 == tick)
        before = now;
    r->last_trend = (unsigned)rate_trend(last, before) & 3;
    r->last_packets = follows ? (count->packets - r->base_packets) & 0x3fffffff : 0;
    r->base_packets = count->packets;
    r->stamp = tick;
}

/* The last whole second as seen while `tick` is running. */
static inline struct rate_value rate_read(const struct rate *r, uint32_t tick,
                                          const struct rate_count *count)
{
    struct rate copy = *r;
    if (copy.stamp != tick)
        rate_roll(&copy, tick, count);
    return (struct rate_value){
        {rate_last(&copy, 0), rate_last(&copy, 1)}, copy.last_packets, copy.last_trend};
}

#endif
