/* seconds.c - what something counted in each second of the last hour. */
#include "engine/seconds.h"

#include <string.h>

#include "base/alloc.h"

static size_t values_size(unsigned columns)
{
    return (size_t)SECONDS_PIECE * columns * sizeof(uint32_t);
}

static size_t piece_size(unsigned columns)
{
    return sizeof(struct seconds_piece) + values_size(columns);
}

void seconds_fini(struct seconds *s, unsigned columns)
{
    for (unsigned i = 0; i < SECONDS_PIECES; i++)
        if (s->piece[i])
            mem_free(ACCOUNT_series, s->piece[i], piece_size(columns));
    *s = (struct seconds){0};
}

/* The piece of a second, emptied of what was there an hour before. */
static struct seconds_piece *open_piece(struct seconds *s, unsigned columns, uint32_t number)
{
    struct seconds_piece **place = &s->piece[number % SECONDS_PIECES];
    if (!*place)
        *place = mem_alloc(ACCOUNT_series, piece_size(columns));
    else if ((*place)->number != number)
        memset((*place)->value, 0, values_size(columns));
    if (*place)
        (*place)->number = number;
    return *place;
}

bool seconds_put(struct seconds *s, unsigned columns, uint32_t t, const uint64_t *value)
{
    struct seconds_piece *piece = t ? open_piece(s, columns, t / SECONDS_PIECE) : NULL;
    if (!piece)
        return !t;
    for (unsigned c = 0; c < columns; c++)
        piece->value[t % SECONDS_PIECE * columns + c] = seconds_value(value[c]);
    return true;
}

uint32_t seconds_get(const struct seconds *s, unsigned columns, uint32_t t, unsigned column)
{
    uint32_t number = t / SECONDS_PIECE;
    const struct seconds_piece *piece = s->piece[number % SECONDS_PIECES];
    if (!piece || piece->number != number)
        return 0;
    return piece->value[t % SECONDS_PIECE * columns + column];
}
