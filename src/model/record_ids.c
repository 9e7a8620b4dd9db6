/* record_ids.c - names of a flow that are the same for everybody who computes them. */
#include "model/record.h"

#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMPV6 = 58, PROTO_SCTP = 132 };

static uint64_t load_u64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Two lanes of multiply and fold with fixed constants: 15 ns, and 128 bits so that ids of a year
 * of flows do not meet by accident. Nothing is guarded by it, so it need not resist forgery. */
static void flow_hash(const uint64_t *words, size_t n, uint64_t out[2])
{
    uint64_t a = 0x243f6a8885a308d3, b = 0x13198a2e03707344;
    for (size_t i = 0; i < n; i++) {
        a = hash_mum(a ^ words[i], 0xa4093822299f31d1);
        b = hash_mum(b + words[i], 0x082efa98ec4e6c89) ^ a;
    }
    out[0] = hash_mum(a ^ 0x452821e638d01377, b ^ 0xbe5466cf34e90c6d);
    out[1] = hash_mum(b ^ 0xc0ac29b7c97c50dd, a ^ 0x3f84d5b5b5470917);
}

void record_flow_id(const struct record *r, char *buf)
{
    nsec_t first = r->flow_first ? r->flow_first : r->first;
    const uint64_t words[] = {
        (uint64_t)(first / MICROSECOND),
        load_u64(r->client.byte),
        load_u64(r->client.byte + 8),
        load_u64(r->server.byte),
        load_u64(r->server.byte + 8),
        (uint64_t)r->client_port << 48 | (uint64_t)r->server_port << 32 | (uint64_t)r->vlan << 16 |
            r->vlan_inner,
        (uint64_t)r->iface << 8 | r->proto,
    };
    uint64_t out[2];
    flow_hash(words, sizeof words / sizeof *words, out);
    static const char digits[] = "0123456789abcdef";
    for (unsigned i = 0; i < 32; i++)
        buf[i] = digits[out[i / 16] >> (60 - i % 16 * 4) & 15];
    buf[32] = '\0';
}

/* The type that answers this one; false when nothing does (then the code stands in its place). */
static bool icmp_partner(bool v6, unsigned type, uint16_t *partner)
{
    static const uint8_t pairs4[][2] = {{8, 0}, {10, 9}, {13, 14}, {15, 16}, {17, 18}};
    static const uint8_t pairs6[][2] = {{128, 129}, {133, 134}, {135, 136},
                                        {130, 131}, {139, 140}, {144, 145}};
    const uint8_t(*pairs)[2] = v6 ? pairs6 : pairs4;
    size_t n = v6 ? sizeof pairs6 / sizeof *pairs6 : sizeof pairs4 / sizeof *pairs4;
    for (size_t i = 0; i < n; i++)
        for (unsigned side = 0; side < 2; side++)
            if (pairs[i][side] == type) {
                *partner = pairs[i][!side];
                return true;
            }
    return false;
}

static void put_be16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* Community id v1 (github.com/corelight/community-id-spec): seed, lower address, higher address,
 * protocol, zero, their ports. ICMP has types for ports; messages without an answer are not put in
 * order, since their code is no port. */
void record_community_id(const struct record *r, char *buf)
{
    *buf = '\0';
    if (addr_is_none(&r->client) && addr_is_none(&r->server))
        return;
    uint16_t from = 0, to = 0;
    bool ordered = true;
    switch (r->proto) {
    case PROTO_TCP:
    case PROTO_UDP:
    case PROTO_SCTP:
        from = r->client_port;
        to = r->server_port;
        break;
    case PROTO_ICMP:
    case PROTO_ICMPV6:
        from = r->client_icmp >> 8;
        ordered = icmp_partner(r->proto == PROTO_ICMPV6, from, &to);
        if (!ordered)
            to = r->client_icmp & 0xff;
        break;
    default:
        break;
    }

    const struct addr *a = &r->client, *b = &r->server;
    bool v4 = addr_is_v4(a) && addr_is_v4(b);
    int order = addr_compare(a, b);
    if (ordered && (order > 0 || (order == 0 && from > to))) {
        const struct addr *addr = a;
        a = b;
        b = addr;
        uint16_t port = from;
        from = to;
        to = port;
    }

    uint8_t input[2 + 16 + 16 + 2 + 4] = {0};
    size_t size = v4 ? 4 : 16, at = 2;
    memcpy(input + at, a->byte + 16 - size, size);
    memcpy(input + at + size, b->byte + 16 - size, size);
    at += 2 * size;
    input[at] = r->proto;
    put_be16(input + at + 2, from);
    put_be16(input + at + 4, to);
    at += 6;

    struct sha1_ctx sha;
    uint8_t digest[SHA1_DIGEST_SIZE];
    sha1_init(&sha);
    sha1_update(&sha, at, input);
    sha1_digest(&sha, sizeof digest, digest);
    memcpy(buf, "1:", 2);
    base64_encode_raw(buf + 2, sizeof digest, digest);
    buf[2 + BASE64_ENCODE_RAW_LENGTH(SHA1_DIGEST_SIZE)] = '\0';
}
