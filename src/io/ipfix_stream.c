/* ipfix_stream.c - messages out of a stream of IPFIX (RFC 7011, 3.1: version 10, length, export time). */
#include "io/ipfix_stream.h"

#include "base/cursor.h"

enum { VERSION = 10 };

bool ipfix_stream_next(struct ipfix_stream *s, const uint8_t **message, size_t *len,
                       nsec_t *exported)
{
    const uint8_t *at = s->bytes + s->given;
    size_t left = s->used - s->given;
    if (s->is_broken || left < IPFIX_HEADER)
        return false;
    size_t length = load_be16(at + 2);
    s->is_broken = load_be16(at) != VERSION || length < IPFIX_HEADER;
    if (s->is_broken || length > left)
        return false;
    *message = at;
    *len = length;
    *exported = (nsec_t)load_be32(at + 4) * SECOND;
    s->given += length;
    s->position += length;
    return true;
}

bool ipfix_stream_is(const uint8_t *bytes, size_t len)
{
    return len >= IPFIX_HEADER && load_be16(bytes) == VERSION &&
           load_be16(bytes + 2) >= IPFIX_HEADER;
}
