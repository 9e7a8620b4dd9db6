/* peek_hello.c - TLS hellos: lists, names and the fingerprints made of them.
 *
 * ClientHello (RFC 8446 4.1.2):  version 2 | random 32 | session id <0..32> | cipher suites <2..>
 *                                | compression <1..> | extensions <0..>
 * ServerHello (RFC 8446 4.1.3):  version 2 | random 32 | session id <0..32> | cipher suite 2
 *                                | compression 1 | extensions <0..>
 * Extension: type 2 | length 2 | data.
 */
#include "engine/peek.h"

#include <nettle/md5.h>
#include <nettle/sha2.h>

#include <stdlib.h>

enum {
    HELLO_FIXED = 34, /* version and random */
    EXT_SNI = 0,
    EXT_GROUPS = 10,
    EXT_FORMATS = 11,
    EXT_SIGNATURES = 13,
    EXT_ALPN = 16,
    EXT_VERSIONS = 43,
    SNI_HOST_NAME = 0,
    JA4_HASH = 12, /* hexadecimal digits kept of each hash */
    JA4_MOST = 99  /* larger counts are written as this */
};

/* RFC 8701: 0x0a0a, 0x1a1a ... 0xfafa. */
static bool is_grease(uint16_t v)
{
    return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 0xff);
}

static void list_add(struct hello *h, struct hello_list *list, uint16_t v)
{
    if (is_grease(v))
        return;
    if (list->count == HELLO_LIST) {
        h->whole = false;
        return;
    }
    list->value[list->count++] = v;
}

static void list_read(struct hello *h, struct hello_list *list, struct cursor c)
{
    while (cur_left(&c) >= 2)
        list_add(h, list, cur_be16(&c));
}

/* The part of the next n bytes that is there; a cut list is still worth reading. */
static struct cursor rest_of(struct hello *h, struct cursor *c, size_t n)
{
    if (n > cur_left(c)) {
        h->whole = false;
        n = cur_left(c);
    }
    return cur_sub(c, n);
}

/* RFC 6066 3: list length 2 | type 1 | length 2 | name. */
static void read_sni(struct hello *h, struct cursor c)
{
    h->has_sni = true;
    cur_take(&c, 2);
    uint8_t type = cur_u8(&c);
    size_t len = cur_be16(&c);
    const uint8_t *name = cur_take(&c, len);
    if (!name || type != SNI_HOST_NAME)
        return;
    h->sni = name;
    h->sni_len = len;
}

/* RFC 7301 3.1: list length 2 | (length 1 | name)... */
static void read_alpn(struct hello *h, struct cursor c)
{
    cur_take(&c, 2);
    if (!cur_ok(&c))
        return;
    h->alpns = c;
    size_t len = cur_u8(&c);
    h->alpn = cur_take(&c, len);
    h->alpn_len = h->alpn ? len : 0;
}

/* RFC 8446 4.2.1: the client's is a list with a length of one byte, the server's one version. */
static void read_versions(struct hello *h, struct cursor c, bool is_client)
{
    if (is_client)
        cur_u8(&c);
    uint16_t best = 0;
    while (cur_left(&c) >= 2) {
        uint16_t v = cur_be16(&c);
        if (!is_grease(v) && v > best)
            best = v;
    }
    if (best)
        h->version = best;
}

static void read_extension(struct hello *h, uint16_t type, struct cursor c, bool is_client)
{
    switch (type) {
    case EXT_SNI:
        if (is_client)
            read_sni(h, c);
        break;
    case EXT_GROUPS:
        cur_take(&c, 2);
        list_read(h, &h->groups, c);
        break;
    case EXT_FORMATS:
        cur_u8(&c);
        while (cur_left(&c))
            list_add(h, &h->formats, cur_u8(&c));
        break;
    case EXT_SIGNATURES:
        cur_take(&c, 2);
        list_read(h, &h->signatures, c);
        break;
    case EXT_ALPN:
        read_alpn(h, c);
        break;
    case EXT_VERSIONS:
        read_versions(h, c, is_client);
        break;
    default:
        break;
    }
}

static void read_extensions(struct hello *h, struct cursor *c, bool is_client)
{
    if (!cur_left(c))
        return;
    struct cursor all = rest_of(h, c, cur_be16(c));
    while (cur_left(&all) >= 4) {
        uint16_t type = cur_be16(&all);
        size_t len = cur_be16(&all);
        list_add(h, &h->extensions, type);
        if (is_grease(type))
            rest_of(h, &all, len);
        else
            read_extension(h, type, rest_of(h, &all, len), is_client);
    }
    if (cur_left(&all))
        h->whole = false;
}

static bool read_start(struct hello *h, struct cursor *c)
{
    memset(h, 0, sizeof *h);
    const uint8_t *fixed = cur_take(c, HELLO_FIXED);
    if (!fixed)
        return false;
    h->whole = true;
    h->legacy_version = h->version = load_be16(fixed);
    cur_take(c, cur_u8(c));
    return cur_ok(c);
}

bool hello_read_client(struct hello *h, struct cursor c)
{
    if (!read_start(h, &c))
        return false;
    list_read(h, &h->ciphers, rest_of(h, &c, cur_be16(&c)));
    rest_of(h, &c, cur_u8(&c));
    read_extensions(h, &c, true);
    h->whole &= cur_ok(&c);
    return true;
}

bool hello_read_server(struct hello *h, struct cursor c)
{
    if (!read_start(h, &c))
        return false;
    list_add(h, &h->ciphers, cur_be16(&c));
    cur_u8(&c);
    if (!cur_ok(&c))
        return false;
    read_extensions(h, &c, false);
    h->whole &= cur_ok(&c);
    return true;
}

/* Decimal digits without printf; the text goes straight into the hash. */
static void md5_number(struct md5_ctx *md5, unsigned v)
{
    uint8_t digits[10];
    size_t at = sizeof digits;
    do {
        digits[--at] = (uint8_t)('0' + v % 10);
        v /= 10;
    } while (v);
    md5_update(md5, sizeof digits - at, digits + at);
}

static void md5_list(struct md5_ctx *md5, const struct hello_list *list)
{
    md5_update(md5, 1, (const uint8_t *)",");
    for (uint16_t i = 0; i < list->count; i++) {
        if (i)
            md5_update(md5, 1, (const uint8_t *)"-");
        md5_number(md5, list->value[i]);
    }
}

static void put_hex(char *text, const uint8_t *bytes, size_t n)
{
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        *text++ = digit[bytes[i] >> 4];
        *text++ = digit[bytes[i] & 15];
    }
    *text = '\0';
}

static void md5_end(struct md5_ctx *md5, char text[JA3_TEXT])
{
    uint8_t hash[MD5_DIGEST_SIZE];
    md5_digest(md5, sizeof hash, hash);
    put_hex(text, hash, sizeof hash);
}

void hello_ja3(const struct hello *h, char text[JA3_TEXT])
{
    struct md5_ctx md5;
    md5_init(&md5);
    md5_number(&md5, h->legacy_version);
    md5_list(&md5, &h->ciphers);
    md5_list(&md5, &h->extensions);
    md5_list(&md5, &h->groups);
    md5_list(&md5, &h->formats);
    md5_end(&md5, text);
}

void hello_ja3s(const struct hello *h, char text[JA3_TEXT])
{
    struct md5_ctx md5;
    md5_init(&md5);
    md5_number(&md5, h->legacy_version);
    md5_list(&md5, &h->ciphers);
    md5_list(&md5, &h->extensions);
    md5_end(&md5, text);
}

static int by_value(const void *a, const void *b)
{
    uint16_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static void sha_list(struct sha256_ctx *sha, const struct hello_list *list)
{
    for (uint16_t i = 0; i < list->count; i++) {
        char hex[5];
        uint8_t be[2] = {(uint8_t)(list->value[i] >> 8), (uint8_t)list->value[i]};
        put_hex(hex, be, sizeof be);
        if (i)
            sha256_update(sha, 1, (const uint8_t *)",");
        sha256_update(sha, 4, (const uint8_t *)hex);
    }
}

/* The first twelve digits of a SHA-256 over the list and, behind "_", a second one. Nothing in the
 * first list: twelve zeros. */
static void ja4_hash(const struct hello_list *list, const struct hello_list *second, char *text)
{
    uint8_t hash[SHA256_DIGEST_SIZE] = {0};
    if (list->count) {
        struct sha256_ctx sha;
        sha256_init(&sha);
        sha_list(&sha, list);
        if (second && second->count) {
            sha256_update(&sha, 1, (const uint8_t *)"_");
            sha_list(&sha, second);
        }
        sha256_digest(&sha, sizeof hash, hash);
    }
    put_hex(text, hash, JA4_HASH / 2);
}

static const char *ja4_version(uint16_t version)
{
    switch (version) {
    case 0x0304:
        return "13";
    case 0x0303:
        return "12";
    case 0x0302:
        return "11";
    case 0x0301:
        return "10";
    case 0x0300:
        return "s3";
    case 0x0002:
        return "s2";
    case 0xfeff:
        return "d1";
    case 0xfefd:
        return "d2";
    case 0xfefc:
        return "d3";
    default:
        return "00";
    }
}

static bool is_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* First and last character of the first ALPN value; when one is not a letter or digit, the first
 * and last digit of its hexadecimal form. */
static void ja4_alpn(const struct hello *h, char *two)
{
    two[0] = two[1] = '0';
    if (!h->alpn_len)
        return;
    uint8_t first = h->alpn[0], last = h->alpn[h->alpn_len - 1];
    two[0] = (char)first;
    two[1] = (char)last;
    if (is_alnum(first) && is_alnum(last))
        return;
    char hex[3];
    put_hex(hex, &first, 1);
    two[0] = hex[0];
    put_hex(hex, &last, 1);
    two[1] = hex[1];
}

static char *put_count(char *at, unsigned n)
{
    n = n > JA4_MOST ? JA4_MOST : n;
    *at++ = (char)('0' + n / 10);
    *at++ = (char)('0' + n % 10);
    return at;
}

void hello_ja4(const struct hello *h, char transport, char text[JA4_TEXT])
{
    struct hello_list sorted = {0};
    char *at = text;
    *at++ = transport;
    memcpy(at, ja4_version(h->version), 2);
    at += 2;
    *at++ = h->has_sni ? 'd' : 'i';
    at = put_count(at, h->ciphers.count);
    at = put_count(at, h->extensions.count);
    ja4_alpn(h, at);
    at += 2;
    *at++ = '_';

    sorted = h->ciphers;
    qsort(sorted.value, sorted.count, sizeof *sorted.value, by_value);
    ja4_hash(&sorted, NULL, at);
    at += JA4_HASH;
    *at++ = '_';

    sorted.count = 0;
    for (uint16_t i = 0; i < h->extensions.count; i++) {
        uint16_t type = h->extensions.value[i];
        if (type != EXT_SNI && type != EXT_ALPN)
            sorted.value[sorted.count++] = type;
    }
    qsort(sorted.value, sorted.count, sizeof *sorted.value, by_value);
    ja4_hash(&sorted, &h->signatures, at);
}

/* "h2,http/1.1" */
static void put_alpns(struct peek *k, struct cursor list)
{
    uint8_t text[TAIL_STRING];
    size_t used = 0;
    while (cur_left(&list)) {
        size_t len = cur_u8(&list);
        const uint8_t *name = cur_take(&list, len);
        if (!name || used + len + 1 > sizeof text)
            break;
        if (used)
            text[used++] = ',';
        memcpy(text + used, name, len);
        used += len;
    }
    if (used)
        tail_set(&k->names, STRING_tls_alpn, text, used);
}

void peek_client_hello(struct peek *k, const struct hello *h, char transport)
{
    k->tls = true;
    k->client_version = h->version;
    if (h->sni_len)
        tail_set(&k->names, STRING_sni, h->sni, h->sni_len);
    put_alpns(k, h->alpns);
    if (!h->whole)
        return;

    char text[JA4_TEXT];
    hello_ja3(h, text);
    tail_set(&k->names, STRING_ja3c, text, JA3_TEXT - 1);
    hello_ja4(h, transport, text);
    tail_set(&k->names, STRING_ja4, text, JA4_TEXT - 1);
}

void peek_server_hello(struct peek *k, const struct hello *h)
{
    k->tls = true;
    k->tls_version = h->version;
    k->tls_cipher = h->ciphers.count ? h->ciphers.value[0] : 0;
    if (!h->whole)
        return;
    char text[JA3_TEXT];
    hello_ja3s(h, text);
    tail_set(&k->names, STRING_ja3s, text, JA3_TEXT - 1);
}
