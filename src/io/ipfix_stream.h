/* ipfix_stream.h - messages out of a stream of IPFIX (RFC 7011 over TCP, RFC 5655 in files). */
#ifndef WEIR_IO_IPFIX_STREAM_H
#define WEIR_IO_IPFIX_STREAM_H

#include "codec/collector.h"

enum {
    IPFIX_STREAM_BYTES = 256 * 1024, /* four of the largest messages */
    IPFIX_HEADER = 16
};

/* What was read and not given out yet. Zero is an empty stream; bytes has IPFIX_STREAM_BYTES. */
struct ipfix_stream {
    uint8_t *bytes;
    size_t used, given; /* bytes [given, used) wait */
    uint64_t position;  /* of `given` in the whole stream */
    bool is_broken;     /* what stands there is no message */
};

/* Room for more bytes at the end; what was given out before is gone. */
static inline uint8_t *ipfix_stream_room(struct ipfix_stream *s, size_t *room)
{
    if (s->given) {
        memmove(s->bytes, s->bytes + s->given, s->used - s->given);
        s->used -= s->given;
        s->given = 0;
    }
    *room = IPFIX_STREAM_BYTES - s->used;
    return s->bytes + s->used;
}

/* The next whole message, borrowed until ipfix_stream_room(); false when there is none yet or the
 * stream is broken. *exported is the time that it says. */
bool ipfix_stream_next(struct ipfix_stream *s, const uint8_t **message, size_t *len,
                       nsec_t *exported);

/* True when these first bytes of a file are IPFIX. */
bool ipfix_stream_is(const uint8_t *bytes, size_t len);

#endif
