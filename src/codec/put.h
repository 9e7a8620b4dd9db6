/* put.h - numbers written in network order, one after the other.
 *
 * Each writes at `at`, where the caller has made room, and returns the place behind.
 */
#ifndef WEIR_CODEC_PUT_H
#define WEIR_CODEC_PUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint8_t *put_u8(uint8_t *at, unsigned v)
{
    *at = (uint8_t)v;
    return at + 1;
}

static inline uint8_t *put_be16(uint8_t *at, unsigned v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
    return at + 2;
}

static inline uint8_t *put_be32(uint8_t *at, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(at, &v, sizeof v);
    return at + sizeof v;
}

static inline uint8_t *put_be64(uint8_t *at, uint64_t v)
{
    v = __builtin_bswap64(v);
    memcpy(at, &v, sizeof v);
    return at + sizeof v;
}

/* The lowest len bytes of a number, 1 to 8. */
static inline uint8_t *put_be(uint8_t *at, uint64_t v, unsigned len)
{
    switch (len) {
    case 1:
        return put_u8(at, (unsigned)(v & 0xff));
    case 2:
        return put_be16(at, (unsigned)(v & 0xffff));
    case 4:
        return put_be32(at, (uint32_t)v);
    case 8:
        return put_be64(at, v);
    default:
        for (unsigned i = 0; i < len; i++)
            at[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
        return at + len;
    }
}

static inline uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t n)
{
    memcpy(at, bytes, n);
    return at + n;
}

#endif
