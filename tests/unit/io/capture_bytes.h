/* capture_bytes.h - captures written byte by byte, for tests of their readers. */
#ifndef WEIR_TEST_CAPTURE_BYTES_H
#define WEIR_TEST_CAPTURE_BYTES_H

#include <stdlib.h>
#include <string.h>

#include "io/capture_file.h"

/* A growing file. */
struct bytes {
    uint8_t *data; /* owned */
    size_t len, cap;
    bool big_endian;
};

static inline void put(struct bytes *b, const void *data, size_t n)
{
    if (b->len + n >= b->cap) {
        b->cap = 2 * (b->len + n) + 64;
        b->data = realloc(b->data, b->cap);
    }
    if (!b->data)
        abort();
    if (n > 0)
        memcpy(b->data + b->len, data, n);
    b->len += n;
}

static inline void put_number(struct bytes *b, uint64_t value, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * (b->big_endian ? n - 1 - i : i));
        put(b, &byte, 1);
    }
}

static inline void put16(struct bytes *b, unsigned value)
{
    put_number(b, value, 2);
}

static inline void put32(struct bytes *b, uint32_t value)
{
    put_number(b, value, 4);
}

static inline void set32(struct bytes *b, size_t at, uint32_t value)
{
    struct bytes v = {.big_endian = b->big_endian};
    put32(&v, value);
    memcpy(b->data + at, v.data, 4);
    free(v.data);
}

/* n bytes that depend on their place and on seed. */
static inline void put_pattern(struct bytes *b, size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t byte = (uint8_t)(i * 7 + seed);
        put(b, &byte, 1);
    }
}

static inline void put_pcap_header(struct bytes *b, uint32_t magic, unsigned major, unsigned minor,
                                   uint32_t link)
{
    put32(b, magic);
    put16(b, major);
    put16(b, minor);
    put32(b, 0);
    put32(b, 0);
    put32(b, 65535);
    put32(b, link);
}

static inline void put_pcap_record(struct bytes *b, uint32_t seconds, uint32_t fraction,
                                   uint32_t captured, uint32_t length, unsigned seed)
{
    put32(b, seconds);
    put32(b, fraction);
    put32(b, captured);
    put32(b, length);
    put_pattern(b, captured, seed);
}

/* Begins a block and returns where; end_block() writes its lengths. */
static inline size_t begin_block(struct bytes *b, uint32_t type)
{
    size_t at = b->len;
    put32(b, type);
    put32(b, 0);
    return at;
}

static inline void end_block(struct bytes *b, size_t at)
{
    while (b->len % 4)
        put(b, "", 1);
    uint32_t len = (uint32_t)(b->len - at + 4);
    put32(b, len);
    set32(b, at + 4, len);
}

static inline void put_section(struct bytes *b)
{
    size_t at = begin_block(b, 0x0a0d0d0a);
    put32(b, 0x1a2b3c4d);
    put16(b, 1);
    put16(b, 0);
    put_number(b, UINT64_MAX, 8);
    end_block(b, at);
}

static inline void put_option(struct bytes *b, unsigned code, const void *value, size_t n)
{
    put16(b, code);
    put16(b, (unsigned)n);
    put(b, value, n);
    while (b->len % 4)
        put(b, "", 1);
}

/* resolution: the byte of if_tsresol, 0 = no option; offset in seconds, 0 = no option. */
static inline void put_interface(struct bytes *b, unsigned link, uint32_t snaplen,
                                 uint8_t resolution, int64_t offset)
{
    size_t at = begin_block(b, 1);
    put16(b, link);
    put16(b, 0);
    put32(b, snaplen);
    put_option(b, 2, "eth0", 4);
    if (resolution)
        put_option(b, 9, &resolution, 1);
    if (offset) {
        put16(b, 14);
        put16(b, 8);
        put_number(b, (uint64_t)offset, 8);
    }
    put32(b, 0);
    end_block(b, at);
}

/* flags: 0 = no option. */
static inline void put_enhanced(struct bytes *b, uint32_t interface, uint64_t ts, uint32_t captured,
                                uint32_t length, unsigned seed, uint32_t flags)
{
    size_t at = begin_block(b, 6);
    put32(b, interface);
    put32(b, (uint32_t)(ts >> 32));
    put32(b, (uint32_t)ts);
    put32(b, captured);
    put32(b, length);
    put_pattern(b, captured, seed);
    while (b->len % 4)
        put(b, "", 1);
    if (flags) {
        put_option(b, 1, "said", 4);
        put16(b, 2);
        put16(b, 4);
        put32(b, flags);
        put32(b, 0);
    }
    end_block(b, at);
}

/* An input over bytes that hands out at most `chunk` at a time and now and then has nothing yet. */
struct feeder {
    const uint8_t *data;
    size_t len, at, chunk;
    unsigned later_every; /* 0 = never; 2 = every other call */
    unsigned calls;
    bool breaks; /* fails at the end instead of ending */
};

static inline ssize_t feed_bytes(void *context, void *buf, size_t n, struct err *e)
{
    struct feeder *f = context;
    if (f->later_every && ++f->calls % f->later_every == 0)
        return CAPTURE_INPUT_LATER;
    size_t left = f->len - f->at;
    if (n > left)
        n = left;
    if (f->chunk && n > f->chunk)
        n = f->chunk;
    if (n == 0 && f->breaks) {
        fail(e, "reading failed: the disk is gone");
        return CAPTURE_INPUT_FAILED;
    }
    memcpy(buf, f->data + f->at, n);
    f->at += n;
    return (ssize_t)n;
}

#endif
