/* zmq_in.c - headers of probes' ZMQ messages, and what was done to their payloads.
 *
 *   40 bytes  topic[32] version:u32 size:u32
 *   24 bytes  topic[16] version:u8 source:u8 size:u16 id:u32       version 1: id in host order
 *   28 bytes  topic[16] version:u8 0 size:u16 id:u32 source:u32    version 3: the payload is TLV
 *   36 bytes  topic[16] version:u8 flags:u8 0 0 uncompressed:u32 compressed:u32 id:u32 source:u32
 *
 * Sizes are little endian, ids big endian. Flags: 2 TLV, 4 compressed.
 */
#include "codec/zmq_in.h"

#include <stdlib.h>
#include <zlib.h>

#include "base/cursor.h"

enum {
    FLAG_TLV = 2,
    FLAG_COMPRESSED = 4,
    VERSION_MAX = 4,
    VERSION_TLV = 3,
    TOPIC_OLD = 32,
    TOPIC_NEW = 16
};

static void read_topic(const uint8_t *bytes, size_t width, struct zmq_in *h)
{
    size_t n = 0;
    while (n < width && bytes[n])
        n++;
    memcpy(h->topic, bytes, n);
    h->topic[n] = '\0';
}

static void read_24(const uint8_t *p, struct zmq_in *h)
{
    h->version = p[16];
    h->source_id = p[17];
    h->size = load_le16(p + 18);
    h->msg_id = h->version <= 1 ? load_le32(p + 20) : load_be32(p + 20);
    h->is_tlv = h->version == VERSION_TLV;
}

static void read_28(const uint8_t *p, struct zmq_in *h)
{
    h->version = p[16];
    h->size = load_le16(p + 18);
    h->msg_id = load_be32(p + 20);
    h->source_id = load_le32(p + 24);
    h->is_tlv = h->version == VERSION_TLV;
}

static void read_36(const uint8_t *p, struct zmq_in *h)
{
    h->version = p[16];
    h->is_tlv = p[17] & FLAG_TLV;
    h->is_compressed = p[17] & FLAG_COMPRESSED;
    h->size = load_le32(p + 20);
    h->msg_id = load_be32(p + 28);
    h->source_id = load_le32(p + 32);
}

bool zmq_in_read(const uint8_t *bytes, size_t len, struct zmq_in *h)
{
    struct cursor c = cur_over(bytes, len);
    const uint8_t *p = cur_take(&c, len);
    *h = (struct zmq_in){.has_id = len != 40};
    switch (len) {
    case 24:
        read_24(p, h);
        break;
    case 28:
        read_28(p, h);
        break;
    case 36:
        read_36(p, h);
        break;
    case 40:
        h->version = load_le32(p + TOPIC_OLD);
        h->size = load_le32(p + TOPIC_OLD + 4);
        break;
    default:
        return false;
    }
    read_topic(p, len == 40 ? TOPIC_OLD : TOPIC_NEW, h);
    /* The oldest layout is known by its size, whatever its version says. */
    return len == 40 || h->version <= VERSION_MAX;
}

void zmq_scratch_free(struct zmq_scratch *s)
{
    free(s->bytes);
    *s = (struct zmq_scratch){0};
}

static bool reserve(struct zmq_scratch *s, size_t n)
{
    if (n <= s->cap)
        return true;
    uint8_t *bytes = realloc(s->bytes, n);
    if (!bytes)
        return false;
    s->bytes = bytes;
    s->cap = n;
    return true;
}

/* Inflates into the scratch, which doubles as needed: the size that a header tells is not believed. */
static enum zmq_payload inflate_payload(struct cursor c, struct zmq_scratch *s, size_t *out_len)
{
    enum { FIRST = 1 << 16 };
    if (!reserve(s, FIRST))
        return ZMQ_PAYLOAD_NO_MEMORY;
    z_stream z = {.avail_in = (uInt)cur_left(&c)};
    z.next_in = (Bytef *)(uintptr_t)cur_take(&c, cur_left(&c));
    if (inflateInit(&z) != Z_OK)
        return ZMQ_PAYLOAD_NO_MEMORY;
    enum zmq_payload result = ZMQ_PAYLOAD_OK;
    size_t n = 0;
    int r;
    do {
        if (n == s->cap && (s->cap >= ZMQ_INFLATE_MAX || !reserve(s, s->cap * 2))) {
            result = s->cap >= ZMQ_INFLATE_MAX ? ZMQ_PAYLOAD_TOO_LARGE : ZMQ_PAYLOAD_NO_MEMORY;
            break;
        }
        z.next_out = s->bytes + n;
        z.avail_out = (uInt)(s->cap - n);
        r = inflate(&z, Z_NO_FLUSH);
        n = s->cap - z.avail_out;
    } while (r == Z_OK && (z.avail_in || !z.avail_out));
    if (result == ZMQ_PAYLOAD_OK && r != Z_STREAM_END)
        result = ZMQ_PAYLOAD_BAD_ZLIB;
    inflateEnd(&z);
    *out_len = n;
    return result;
}

enum zmq_payload zmq_payload_open(const struct zmq_in *h, const uint8_t *bytes, size_t len,
                                  const char *password, struct zmq_scratch *scratch,
                                  const uint8_t **out, size_t *out_len)
{
    struct cursor c = cur_over(bytes, len);
    const uint8_t *first = cur_peek(&c, 1);
    bool is_marked = !h->is_tlv && !h->is_compressed && first && *first == 0;
    *out = bytes;
    *out_len = len;
    if (is_marked)
        cur_take(&c, 1);
    if (is_marked || h->is_compressed) {
        enum zmq_payload r = inflate_payload(c, scratch, out_len);
        if (r != ZMQ_PAYLOAD_OK)
            return r;
        *out = scratch->bytes;
    }
    size_t word = password ? strlen(password) : 0;
    if (word == 0)
        return ZMQ_PAYLOAD_OK;
    if (*out_len > ZMQ_INFLATE_MAX)
        return ZMQ_PAYLOAD_TOO_LARGE;
    if (!reserve(scratch, *out_len + 1))
        return ZMQ_PAYLOAD_NO_MEMORY;
    const uint8_t *from = *out == bytes ? bytes : scratch->bytes;
    for (size_t i = 0; i < *out_len; i++)
        scratch->bytes[i] = from[i] ^ (uint8_t)password[i % word];
    *out = scratch->bytes;
    return ZMQ_PAYLOAD_OK;
}
