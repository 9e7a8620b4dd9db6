/* peek.h - what the first packets of a conversation say in the clear, read by ourselves.
 *
 * libndpi names the application; the names, codes and fingerprints inside are read here, because
 * libndpi 4.2 cuts host names at 80 bytes, takes whoever speaks first for the SSH client, and knows
 * neither JA4 nor the server's software. Readers are pure: bytes in, a struct peek out; nothing is
 * remembered but the start of a TLS hello that does not fit into one packet.
 */
#ifndef WEIR_ENGINE_PEEK_H
#define WEIR_ENGINE_PEEK_H

#include "base/cursor.h"
#include "model/record.h"

enum {
    PEEK_STREAM = 8192, /* bytes of one side's TLS hello that are kept until it is whole */
    HELLO_LIST = 256,   /* cipher suites, extensions ... of a hello; with more no fingerprint */
    JA3_TEXT = 33,
    JA4_TEXT = 37
};

/* One side's TLS bytes so far. bytes is NULL unless a hello is waiting for its rest. */
struct peek_stream {
    uint8_t *bytes; /* PEEK_STREAM of account dpi */
    uint32_t next_seq;
    uint16_t used;
    bool done;
};

/* What was read of one flow. All zero is empty; peek_fini() gives back the streams. Owner: the
 * flow's state. */
struct peek {
    struct tail names;
    struct peek_stream stream[2];     /* client, server */
    uint16_t client_version;          /* the best TLS version that the client offered */
    uint16_t tls_version, tls_cipher; /* what the server chose, 0 = no hello of the server */
    uint16_t http_code, dns_type, dns_code;
    bool http, dns, dns_answered, ssh, tls, quic;
};

/* True when the packet may hold something for peek_read(): cheap, looks at a few bytes. */
bool peek_wants(const struct packet *p);

/* Reads one packet. A packet that says nothing, or something broken, changes nothing. */
void peek_read(struct peek *k, const struct packet *p, bool from_client);

/* Reads what is left of hellos that never became whole, and gives back their memory. Names and
 * numbers stay. */
void peek_fini(struct peek *k);

/* Readers of one message each; bytes are those of the transport's payload. False when it is not
 * such a message. */
bool peek_http(struct peek *k, struct cursor c);
bool peek_dns(struct peek *k, struct cursor c);

/* A whole UDP datagram with QUIC Initial packets of the client (RFC 9000, RFC 9369, late drafts). A
 * hello that needs more datagrams waits in stream[0]; peek_quic_end() reads what came of it. */
bool peek_quic(struct peek *k, struct cursor c);
void peek_quic_end(struct peek *k);

/* True when a datagram may be such a one. */
bool peek_is_quic(const uint8_t *bytes, size_t len);

/* A list of 16-bit numbers as it stood in a hello, values of GREASE (RFC 8701) left out. */
struct hello_list {
    uint16_t count;
    uint16_t value[HELLO_LIST];
};

/* A TLS ClientHello or ServerHello. Pointers borrow from the message. */
struct hello {
    uint16_t legacy_version;
    uint16_t version;          /* best of supported_versions, else legacy_version */
    struct hello_list ciphers; /* the server's has one */
    struct hello_list extensions;
    struct hello_list groups, formats, signatures;
    const uint8_t *sni, *alpn; /* alpn: the first protocol of the list */
    size_t sni_len, alpn_len;
    struct cursor alpns; /* the whole list */
    bool has_sni;        /* the extension was there */
    bool whole;          /* nothing was cut or left out: fingerprints are right */
};

/* Reads the body of a handshake message (behind type and length). False when not even the fixed
 * part is there. What is cut is read as far as it goes. RFC 8446 4.1.2 and 4.1.3. */
bool hello_read_client(struct hello *h, struct cursor c);
bool hello_read_server(struct hello *h, struct cursor c);

/* MD5 fingerprints of JA3 and JA3S, 32 hexadecimal digits. */
void hello_ja3(const struct hello *h, char text[JA3_TEXT]);
void hello_ja3s(const struct hello *h, char text[JA3_TEXT]);
/* JA4 of a client's hello; transport is 't' TCP, 'q' QUIC or 'd' DTLS. */
void hello_ja4(const struct hello *h, char transport, char text[JA4_TEXT]);

/* Writes what a client's hello says (SNI, ALPN, versions, fingerprints) into *k. */
void peek_client_hello(struct peek *k, const struct hello *h, char transport);
void peek_server_hello(struct peek *k, const struct hello *h);

#endif
