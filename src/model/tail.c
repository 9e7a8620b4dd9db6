/* tail.c - the bounded strings of a record, one after the other: field u8, length u8, bytes. */
#include "model/record.h"

#include <string.h>

enum { TAIL_HEAD = 2 };

/* Index of a string's head, or used when it is not there. A tail that was damaged on its way is
 * read as far as it makes sense. */
static size_t tail_find(const struct tail *t, enum string_field field)
{
    size_t used = t->used < TAIL_BYTES ? t->used : TAIL_BYTES;
    size_t i = 0;
    while (i + TAIL_HEAD <= used && t->bytes[i] != (uint8_t)field)
        i += TAIL_HEAD + (size_t)t->bytes[i + 1];
    if (i + TAIL_HEAD > used || i + TAIL_HEAD + t->bytes[i + 1] > used)
        return used;
    return i;
}

static void tail_drop(struct tail *t, enum string_field field)
{
    size_t at = tail_find(t, field);
    if (at >= t->used)
        return;
    size_t size = TAIL_HEAD + (size_t)t->bytes[at + 1];
    memmove(t->bytes + at, t->bytes + at + size, t->used - at - size);
    t->used = (uint16_t)(t->used - size);
}

/* At most max bytes, not ending inside a UTF-8 sequence that began before the cut. */
static size_t cut_at_border(const uint8_t *bytes, size_t max)
{
    size_t n = max;
    for (unsigned back = 0; back < 4 && n > 0 && (bytes[n] & 0xc0) == 0x80; back++)
        n--;
    if ((bytes[n] & 0xc0) == 0xc0)
        return n;
    return max;
}

bool tail_set(struct tail *t, enum string_field field, const void *bytes, size_t len)
{
    if (t->used > TAIL_BYTES)
        t->used = 0;
    tail_drop(t, field);
    if (!len)
        return true;
    size_t room = TAIL_BYTES - (size_t)t->used;
    if (room <= TAIL_HEAD)
        return false;
    room -= TAIL_HEAD;
    if (room > TAIL_STRING)
        room = TAIL_STRING;
    size_t kept = len > room ? cut_at_border(bytes, room) : len;
    if (!kept)
        return false;
    uint8_t *to = t->bytes + t->used;
    to[0] = (uint8_t)field;
    to[1] = (uint8_t)kept;
    memcpy(to + TAIL_HEAD, bytes, kept);
    t->used = (uint16_t)(t->used + TAIL_HEAD + kept);
    return kept == len;
}

const uint8_t *tail_get(const struct tail *t, enum string_field field, size_t *len)
{
    size_t at = tail_find(t, field);
    if (at >= t->used || at + TAIL_HEAD > TAIL_BYTES) {
        *len = 0;
        return NULL;
    }
    *len = t->bytes[at + 1];
    return t->bytes + at + TAIL_HEAD;
}
