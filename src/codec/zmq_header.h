/* zmq_header.h - the first part of every ZeroMQ message between probes and collectors.
 *
 * It is a C struct as the compiler laid it out on x86-64, so holes are part of it. Sizes are little
 * endian, the message number is big endian, the source's id is opaque; the topic stands first, which
 * makes subscription by prefix work.
 *
 *     v0  topic 32  version 4  size 4                                                   40 bytes
 *     v1  topic 16  version 1  source 1  size 2  number 4                               24
 *     v2  topic 16  version 1  hole 1  size 2  number 4  source 4                       28
 *     v3  topic 16  version 1  flags 1  hole 2  plain 4  packed 4  number 4  source 4   36
 */
#ifndef WEIR_CODEC_ZMQ_HEADER_H
#define WEIR_CODEC_ZMQ_HEADER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "codec/put.h"

enum {
    ZMQ_HEADER_V0 = 40,
    ZMQ_HEADER_V1 = 24,
    ZMQ_HEADER_V2 = 28,
    ZMQ_HEADER_V3 = 36,
    ZMQ_HEADER_MOST = ZMQ_HEADER_V0,
    ZMQ_TOPIC = 16,
    ZMQ_FLAG_TLV = 2,
    ZMQ_FLAG_COMPRESSED = 4
};

struct zmq_header {
    char topic[ZMQ_TOPIC]; /* ended by a zero */
    uint8_t flags;         /* v3 */
    uint32_t size;         /* of the payload as it is sent */
    uint32_t plain_size;   /* v3: before compression */
    uint32_t number;
    uint32_t source;
};

static inline uint8_t *put_le16(uint8_t *at, unsigned v)
{
    at[0] = (uint8_t)v;
    at[1] = (uint8_t)(v >> 8);
    return at + 2;
}

static inline uint8_t *put_le32(uint8_t *at, uint32_t v)
{
    at = put_le16(at, v & 0xffff);
    return put_le16(at, v >> 16);
}

/* Version 2, which carries JSON and at most 65,535 bytes. to has ZMQ_HEADER_V2 bytes; returns that. */
static inline size_t zmq_header_put_v2(const struct zmq_header *h, uint8_t *to)
{
    memset(to, 0, ZMQ_HEADER_V2);
    memcpy(to, h->topic, strnlen(h->topic, ZMQ_TOPIC - 1));
    uint8_t *at = put_u8(to + ZMQ_TOPIC, 2) + 1;
    at = put_le16(at, h->size & 0xffff);
    at = put_be32(at, h->number);
    put_le32(at, h->source);
    return ZMQ_HEADER_V2;
}

/* Version 3, whose version byte says 4. to has ZMQ_HEADER_V3 bytes; returns that. */
static inline size_t zmq_header_put_v3(const struct zmq_header *h, uint8_t *to)
{
    memset(to, 0, ZMQ_HEADER_V3);
    memcpy(to, h->topic, strnlen(h->topic, ZMQ_TOPIC - 1));
    uint8_t *at = put_u8(to + ZMQ_TOPIC, 4);
    at = put_u8(at, h->flags) + 2;
    at = put_le32(at, h->plain_size);
    at = put_le32(at, h->flags & ZMQ_FLAG_COMPRESSED ? h->size : h->plain_size);
    at = put_be32(at, h->number);
    put_le32(at, h->source);
    return ZMQ_HEADER_V3;
}

#endif
