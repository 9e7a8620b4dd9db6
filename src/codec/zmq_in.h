/* zmq_in.h - the first part of a ZMQ message of probes: topic, size, message id, source.
 *
 * Four layouts are in the field, told apart by their size; whatever follows in the payload's own
 * encoding (plain, zlib, XOR with a password) is undone here, too. No state.
 */
#ifndef WEIR_CODEC_ZMQ_IN_H
#define WEIR_CODEC_ZMQ_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ZMQ_IN_TOPIC = 33, ZMQ_INFLATE_MAX = 16 << 20 };

struct zmq_in {
    char topic[ZMQ_IN_TOPIC];
    uint32_t version;
    bool is_tlv;
    bool is_compressed; /* layout of 36 bytes: zlib from the first byte */
    bool has_id;        /* the layout of 40 bytes has neither id nor source */
    uint32_t size; /* of the payload as told; 36 bytes: once it is uncompressed. 16 bits before,
                         * so larger payloads tell their size modulo 65536: it is not relied upon */
    uint32_t msg_id;
    uint32_t source_id; /* opaque: probes write it in either byte order */
};

/* Reads a header of 24, 28, 36 or 40 bytes; false for any other size and for a version above 4.
 * Any thread. */
bool zmq_in_read(const uint8_t *bytes, size_t len, struct zmq_in *h);

/* Memory for payloads that must be changed before they can be read; zero-initialised is empty. */
struct zmq_scratch {
    uint8_t *bytes;
    size_t cap;
};

/* Gives the memory back; empty again. */
void zmq_scratch_free(struct zmq_scratch *s);

enum zmq_payload {
    ZMQ_PAYLOAD_OK,
    ZMQ_PAYLOAD_BAD_ZLIB,
    ZMQ_PAYLOAD_TOO_LARGE,
    ZMQ_PAYLOAD_NO_MEMORY
};

/* The payload in clear at *out, *out_len: the bytes themselves, or in the scratch until its next use.
 * Compressed by the header's word or by a leading zero byte, at most ZMQ_INFLATE_MAX once inflated;
 * password (may be NULL) is what a probe's --zmq-encrypt-pwd repeats over the payload. */
enum zmq_payload zmq_payload_open(const struct zmq_in *h, const uint8_t *bytes, size_t len,
                                  const char *password, struct zmq_scratch *scratch,
                                  const uint8_t **out, size_t *out_len);

#endif
