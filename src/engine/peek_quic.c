/* peek_quic.c - the client's TLS hello inside QUIC Initial packets.
 *
 * Initial packets are encrypted with keys that anybody can compute from the first packet's
 * destination connection id (RFC 9001 5.2), so the hello is as readable as that of TLS over TCP. It
 * comes in CRYPTO frames, in any order and spread over packets.
 *
 *     0xc0 | type, reserved, number's length 1 | version 4 | dcid length 1, dcid
 *     | scid length 1, scid | token length v, token | length v | packet number 1-4 | frames | tag 16
 *
 * (RFC 9000 17.2.2; v is a number of 1, 2, 4 or 8 bytes, 16.) The low bits of the first byte and the
 * packet number are masked (RFC 9001 5.4).
 */
#include "engine/peek.h"

#include "base/alloc.h"

#include <nettle/aes.h>
#include <nettle/gcm.h>
#include <nettle/hkdf.h>
#include <nettle/hmac.h>

enum {
    QUIC_CID = 20,
    QUIC_KEY = 16,
    QUIC_IV = 12,
    QUIC_TAG = 16,
    QUIC_SAMPLE = 16,
    QUIC_NUMBER = 4,    /* longest packet number; the sample starts behind so many bytes */
    QUIC_PACKET = 2048, /* Initial packets are no longer than a datagram's 1200 to 1500 bytes */
    QUIC_LEAST = 1000,  /* a client fills its first datagrams to 1200 (RFC 9000 14.1) */
    QUIC_HELLO = 6144,  /* bytes of the hello that are kept */
    FRAME_PADDING = 0,
    FRAME_PING = 1,
    FRAME_ACK = 2,
    FRAME_ACK_ECN = 3,
    FRAME_CRYPTO = 6,
    TLS_MESSAGE = 4,
    CLIENT_HELLO = 1
};

struct quic_version {
    uint32_t first, last;
    uint8_t initial; /* the type bits of an Initial */
    const char *key, *iv, *mask;
    uint8_t salt[20];
};

static const struct quic_version versions[] = {
    {.first = 1, /* RFC 9001 5.2 */
     .last = 1,
     .initial = 0,
     .key = "quic key",
     .iv = "quic iv",
     .mask = "quic hp",
     .salt = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
              0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a}},
    {.first = 0x6b3343cf, /* RFC 9369 3.3 */
     .last = 0x6b3343cf,
     .initial = 1,
     .key = "quicv2 key",
     .iv = "quicv2 iv",
     .mask = "quicv2 hp",
     .salt = {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
              0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9}},
    {.first = 0xff00001d, /* drafts 29 to 32 */
     .last = 0xff000020,
     .initial = 0,
     .key = "quic key",
     .iv = "quic iv",
     .mask = "quic hp",
     .salt = {0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
              0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99}},
    {.first = 0xff000017, /* drafts 23 to 28 */
     .last = 0xff00001c,
     .initial = 0,
     .key = "quic key",
     .iv = "quic iv",
     .mask = "quic hp",
     .salt = {0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
              0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02}},
};

/* What is kept of a hello that needs more packets. Lies in the peek's first stream. */
struct quic_hello {
    uint8_t cid[QUIC_CID]; /* of the very first packet: keys of all come from it */
    uint8_t cid_len;
    uint8_t bytes[QUIC_HELLO];
    uint8_t have[QUIC_HELLO / 8]; /* one bit a byte */
};

_Static_assert(sizeof(struct quic_hello) <= PEEK_STREAM, "a stream has room for a QUIC hello");

struct quic_keys {
    struct aes128_ctx mask;
    struct gcm_aes128_ctx aead;
    uint8_t iv[QUIC_IV];
};

/* One Initial as it stands in the datagram. */
struct quic_initial {
    const struct quic_version *version;
    struct cursor cid;
    const uint8_t *start; /* first byte */
    size_t number_at;     /* where the packet number stands */
    size_t len;           /* whole packet */
};

static const struct quic_version *find_version(uint32_t number)
{
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        if (number >= versions[i].first && number <= versions[i].last)
            return &versions[i];
    }
    return NULL;
}

bool peek_is_quic(const uint8_t *bytes, size_t len)
{
    return len >= QUIC_LEAST && (bytes[0] & 0xc0) == 0xc0 && find_version(load_be32(bytes + 1));
}

/* RFC 9000 16. */
static uint64_t read_varint(struct cursor *c)
{
    uint8_t first = cur_u8(c);
    uint64_t value = first & 0x3f;
    for (unsigned more = (1u << (first >> 6)) - 1; more; more--)
        value = value << 8 | cur_u8(c);
    return value;
}

/* Takes one long-header packet off the datagram. False at its end or where it is none. *is_initial
 * tells whether it is one to look into. */
static bool next_packet(struct cursor *c, struct quic_initial *q, bool *is_initial)
{
    struct cursor all = *c;
    const uint8_t *fixed = cur_take(&all, 5);
    if (!fixed || (fixed[0] & 0xc0) != 0xc0)
        return false;
    q->start = fixed;
    q->version = find_version(load_be32(fixed + 1));
    if (!q->version)
        return false;
    *is_initial = (fixed[0] >> 4 & 3) == q->version->initial;
    q->cid = cur_sub(&all, cur_u8(&all));
    cur_take(&all, cur_u8(&all));
    if (*is_initial) {
        uint64_t token = read_varint(&all);
        if (token > cur_left(&all))
            return false;
        cur_take(&all, (size_t)token);
    }
    uint64_t rest = read_varint(&all);
    if (!cur_ok(&all) || rest > cur_left(&all) || cur_left(&q->cid) > QUIC_CID)
        return false;
    q->number_at = (size_t)(all.at - q->start);
    q->len = q->number_at + (size_t)rest;
    cur_take(c, q->len);
    return true;
}

/* HKDF-Expand-Label, RFC 8446 7.1, with an empty context: length 2 | label length 1 | "tls13 " and
 * label | 0. */
static void expand(const uint8_t secret[SHA256_DIGEST_SIZE], const char *label, uint8_t *out,
                   size_t len)
{
    uint8_t info[32] = {(uint8_t)(len >> 8), (uint8_t)len};
    size_t label_len = strlen(label), at = 3;
    info[2] = (uint8_t)(6 + label_len);
    memcpy(info + at, "tls13 ", 6);
    memcpy(info + at + 6, label, label_len);
    at += 6 + label_len;
    info[at++] = 0;
    struct hmac_sha256_ctx hmac;
    hmac_sha256_set_key(&hmac, SHA256_DIGEST_SIZE, secret);
    hkdf_expand(&hmac, (nettle_hash_update_func *)hmac_sha256_update,
                (nettle_hash_digest_func *)hmac_sha256_digest, SHA256_DIGEST_SIZE, at, info, len,
                out);
}

static void derive_keys(const struct quic_version *v, const uint8_t *cid, size_t cid_len,
                        struct quic_keys *keys)
{
    uint8_t secret[SHA256_DIGEST_SIZE], client[SHA256_DIGEST_SIZE], key[QUIC_KEY];
    struct hmac_sha256_ctx hmac;
    hmac_sha256_set_key(&hmac, sizeof v->salt, v->salt);
    hkdf_extract(&hmac, (nettle_hash_update_func *)hmac_sha256_update,
                 (nettle_hash_digest_func *)hmac_sha256_digest, SHA256_DIGEST_SIZE, cid_len, cid,
                 secret);
    expand(secret, "client in", client, sizeof client);
    expand(client, v->key, key, sizeof key);
    gcm_aes128_set_key(&keys->aead, key);
    expand(client, v->mask, key, sizeof key);
    aes128_set_encrypt_key(&keys->mask, key);
    expand(client, v->iv, keys->iv, sizeof keys->iv);
}

/* Decrypts the packet's frames into plain (QUIC_PACKET bytes). 0 when the tag does not fit: the
 * packet is the server's, or damaged. */
static size_t decrypt(const struct quic_initial *q, struct quic_keys *keys, uint8_t *plain)
{
    uint8_t head[QUIC_PACKET], mask[QUIC_SAMPLE], tag[QUIC_TAG], nonce[QUIC_IV];
    if (q->len > sizeof head || q->len < q->number_at + QUIC_NUMBER + QUIC_SAMPLE)
        return 0;
    aes128_encrypt(&keys->mask, sizeof mask, mask, q->start + q->number_at + QUIC_NUMBER);

    memcpy(head, q->start, q->number_at + QUIC_NUMBER);
    head[0] ^= mask[0] & 0x0f;
    size_t number_len = (head[0] & 3) + 1u;
    memcpy(nonce, keys->iv, sizeof nonce);
    for (size_t i = 0; i < number_len; i++) {
        head[q->number_at + i] ^= mask[1 + i];
        nonce[QUIC_IV - number_len + i] ^= head[q->number_at + i];
    }
    size_t head_len = q->number_at + number_len;
    size_t len = q->len - head_len - QUIC_TAG;
    gcm_aes128_set_iv(&keys->aead, sizeof nonce, nonce);
    gcm_aes128_update(&keys->aead, head_len, head);
    gcm_aes128_decrypt(&keys->aead, len, plain, q->start + head_len);
    gcm_aes128_digest(&keys->aead, sizeof tag, tag);
    return memcmp(tag, q->start + q->len - QUIC_TAG, sizeof tag) ? 0 : len;
}

static void keep(struct quic_hello *h, uint64_t offset, const uint8_t *bytes, size_t len)
{
    if (offset >= QUIC_HELLO)
        return;
    if (len > QUIC_HELLO - offset)
        len = (size_t)(QUIC_HELLO - offset);
    memcpy(h->bytes + offset, bytes, len);
    for (size_t i = (size_t)offset, end = i + len; i < end;) {
        size_t n = i % 8 || end - i < 8 ? 1 : 8;
        h->have[i / 8] |= (uint8_t)(n == 8 ? 0xff : 1u << i % 8);
        i += n;
    }
}

/* RFC 9000 19.3: largest, delay, ranges, first range, (gap, range)..., and three counts of ECN. */
static void skip_ack(struct cursor *c, bool has_ecn)
{
    read_varint(c);
    read_varint(c);
    uint64_t ranges = read_varint(c);
    read_varint(c);
    for (; ranges && cur_ok(c); ranges--) {
        read_varint(c);
        read_varint(c);
    }
    for (int i = 0; has_ecn && i < 3; i++)
        read_varint(c);
}

static void read_frames(struct quic_hello *h, struct cursor c)
{
    while (cur_left(&c) && cur_ok(&c)) {
        uint64_t type = read_varint(&c);
        switch (type) {
        case FRAME_PADDING:
        case FRAME_PING:
            break;
        case FRAME_ACK:
        case FRAME_ACK_ECN:
            skip_ack(&c, type == FRAME_ACK_ECN);
            break;
        case FRAME_CRYPTO: {
            uint64_t offset = read_varint(&c), len = read_varint(&c);
            if (!cur_ok(&c) || len > cur_left(&c))
                return;
            const uint8_t *bytes = cur_take(&c, (size_t)len);
            keep(h, offset, bytes, (size_t)len);
            break;
        }
        default:
            return;
        }
    }
}

/* Bytes from the start without a hole. */
static size_t have_whole(const struct quic_hello *h)
{
    size_t n = 0;
    while (n < QUIC_HELLO && h->have[n / 8] == 0xff)
        n += 8;
    while (n < QUIC_HELLO && h->have[n / 8] >> n % 8 & 1)
        n++;
    return n;
}

/* Reads the hello when it is whole, or as far as it came when there will be no more. */
static bool read_hello(struct peek *k, const struct quic_hello *q, bool is_last)
{
    struct hello h;
    size_t have = have_whole(q);
    if (have < TLS_MESSAGE)
        return false;
    size_t want = load_be24(q->bytes + 1), body = have - TLS_MESSAGE;
    if (q->bytes[0] != CLIENT_HELLO)
        return true;
    if (body < want && !is_last && want + TLS_MESSAGE <= QUIC_HELLO)
        return false;
    if (!hello_read_client(&h, cur_over(q->bytes + TLS_MESSAGE, want < body ? want : body)))
        return true;
    h.whole &= body >= want;
    peek_client_hello(k, &h, 'q');
    return true;
}

void peek_quic_end(struct peek *k)
{
    const struct quic_hello *kept = (const void *)k->stream[0].bytes;
    if (kept)
        read_hello(k, kept, true);
}

bool peek_quic(struct peek *k, struct cursor c)
{
    struct peek_stream *s = &k->stream[0];
    struct quic_hello *kept = (void *)s->bytes, now;
    struct quic_initial q;
    bool is_initial = false, found = false;
    if (s->done)
        return false;
    struct quic_hello *h = kept;
    if (!h) {
        memset(&now, 0, sizeof now);
        h = &now;
    }
    while (next_packet(&c, &q, &is_initial)) {
        uint8_t plain[QUIC_PACKET];
        struct quic_keys keys;
        if (!is_initial)
            continue;
        if (!h->cid_len) {
            h->cid_len = (uint8_t)cur_left(&q.cid);
            memcpy(h->cid, q.cid.at, h->cid_len);
        }
        derive_keys(q.version, h->cid, h->cid_len, &keys);
        size_t len = decrypt(&q, &keys, plain);
        if (len) {
            found = true;
            read_frames(h, cur_over(plain, len));
        }
    }
    if (!found)
        return false;

    k->quic = true;
    if (read_hello(k, h, false)) {
        mem_free(ACCOUNT_dpi, s->bytes, s->bytes ? PEEK_STREAM : 0);
        s->bytes = NULL;
        s->done = true;
    } else if (!kept) {
        s->bytes = mem_alloc(ACCOUNT_dpi, PEEK_STREAM);
        s->done = !s->bytes;
        if (s->bytes)
            memcpy(s->bytes, h, sizeof *h);
    }
    return true;
}
