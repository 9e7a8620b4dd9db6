/* cursor.h - the only way to read bytes that a stranger wrote.
 *
 * A cursor is a window [at, end) and a sticky flag. Every read is checked against the end; a read
 * past it yields zero or NULL, sets bad and moves nothing. A parser of a fixed header calls
 * cur_take() once and loads at fixed offsets; a parser of a variable format reads freely and asks
 * cur_ok() once at the end.
 */
#ifndef WEIR_BASE_CURSOR_H
#define WEIR_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Borrowed bytes; at <= end always. */
struct cursor {
    const uint8_t *at;
    const uint8_t *end;
    bool bad;
};

static inline uint16_t load_be16(const uint8_t *p)
{
    return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}

static inline uint32_t load_be24(const uint8_t *p)
{
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static inline uint32_t load_be32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap32(v);
}

static inline uint64_t load_be64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap64(v);
}

/* An IEEE 754 number of four or eight octets; 0 of any other width. */
static inline double load_be_float(const uint8_t *p, size_t octets)
{
    uint64_t v = octets == 8 ? load_be64(p) : 0;
    uint32_t v32 = octets == 4 ? load_be32(p) : 0;
    double wide;
    float narrow;
    memcpy(&wide, &v, sizeof wide);
    memcpy(&narrow, &v32, sizeof narrow);
    return octets == 4 ? (double)narrow : wide;
}

static inline uint16_t load_le16(const uint8_t *p)
{
    return (uint16_t)((unsigned)p[1] << 8 | p[0]);
}

static inline uint32_t load_le32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t load_le64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* A window over len borrowed bytes. */
static inline struct cursor cur_over(const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    return (struct cursor){.at = p, .end = p + len};
}

static inline size_t cur_left(const struct cursor *c)
{
    return (size_t)(c->end - c->at);
}

static inline bool cur_ok(const struct cursor *c)
{
    return !c->bad;
}

/* The next n bytes, or NULL (and bad) when fewer are left. */
static inline const uint8_t *cur_take(struct cursor *c, size_t n)
{
    if (__builtin_expect(n > cur_left(c), 0)) {
        c->bad = true;
        return NULL;
    }
    const uint8_t *p = c->at;
    c->at += n;
    return p;
}

/* The next n bytes without moving, or NULL; a failed look does not make the cursor bad. */
static inline const uint8_t *cur_peek(const struct cursor *c, size_t n)
{
    return n > cur_left(c) ? NULL : c->at;
}

static inline uint8_t cur_u8(struct cursor *c)
{
    const uint8_t *p = cur_take(c, 1);
    return p ? *p : 0;
}

static inline uint16_t cur_be16(struct cursor *c)
{
    const uint8_t *p = cur_take(c, 2);
    return p ? load_be16(p) : 0;
}

static inline uint32_t cur_be32(struct cursor *c)
{
    const uint8_t *p = cur_take(c, 4);
    return p ? load_be32(p) : 0;
}

/* A child window over the next n bytes; the parent moves past them. Too few: parent and child are bad. */
static inline struct cursor cur_sub(struct cursor *c, size_t n)
{
    const uint8_t *p = cur_take(c, n);
    if (!p)
        return (struct cursor){.at = c->end, .end = c->end, .bad = true};
    return cur_over(p, n);
}

/* Cuts the window to at most n bytes from here (padding behind an IP packet, a snap length). */
static inline void cur_limit(struct cursor *c, size_t n)
{
    if (n < cur_left(c))
        c->end = c->at + n;
}

#endif
