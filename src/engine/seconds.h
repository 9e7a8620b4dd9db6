/* seconds.h - what something counted in each second of the last hour.
 *
 * An hour of a thousand hosts is 30 MB, and most of them rest most of the time. So the hour is made
 * of pieces of four minutes: a piece is allocated when the first second of it has something to
 * keep, and written over an hour later.
 */
#ifndef WEIR_ENGINE_SECONDS_H
#define WEIR_ENGINE_SECONDS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    SECONDS_KEPT = 3600,
    SECONDS_PIECE = 240,
    SECONDS_PIECES = SECONDS_KEPT / SECONDS_PIECE + 1 /* the hour ends within a piece */
};

/* Values in `columns` columns for each second; the owner says how many, each time the same. */
struct seconds_piece {
    uint32_t number; /* tick / SECONDS_PIECE */
    uint32_t value[];
};

/* Zeroed is empty. Owner: one worker; account series. */
struct seconds {
    struct seconds_piece *piece[SECONDS_PIECES];
};

/* Gives all pieces back; columns as in seconds_put(). */
void seconds_fini(struct seconds *s, unsigned columns);

/* Keeps the values of second t, capped below UINT32_MAX; second 0 is never. False without memory. */
bool seconds_put(struct seconds *s, unsigned columns, uint32_t t, const uint64_t *value);

/* What a column had in second t, one of the last hour; 0 when nothing was put. */
uint32_t seconds_get(const struct seconds *s, unsigned columns, uint32_t t, unsigned column);

/* As it is kept: UINT32_MAX means a gap to those who read it. */
static inline uint32_t seconds_value(uint64_t value)
{
    return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX - 1;
}

#endif
