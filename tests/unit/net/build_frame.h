/* build_frame.h - frames for tests, header after header. Lengths are filled in by done_*(). */
#ifndef WEIR_TESTS_BUILD_FRAME_H
#define WEIR_TESTS_BUILD_FRAME_H

#include "net/glance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

struct build {
    uint8_t byte[4096];
    size_t n;
};

static inline size_t add(struct build *b, const void *bytes, size_t n)
{
    size_t at = b->n;
    assert_true(at + n <= sizeof b->byte);
    memcpy(b->byte + at, bytes, n);
    b->n += n;
    return at;
}

static inline size_t add_zeros(struct build *b, size_t n)
{
    static const uint8_t zeros[1024];
    return add(b, zeros, n);
}

static inline void put16(struct build *b, size_t at, unsigned value)
{
    b->byte[at] = (uint8_t)(value >> 8);
    b->byte[at + 1] = (uint8_t)value;
}

static inline size_t add16(struct build *b, unsigned value)
{
    size_t at = add_zeros(b, 2);
    put16(b, at, value);
    return at;
}

static inline size_t add_ethernet(struct build *b, unsigned type)
{
    static const uint8_t macs[12] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
    size_t at = add(b, macs, sizeof macs);
    add16(b, type);
    return at;
}

/* 10.0.0.1 to 10.0.0.2; the last byte of both differs by `net`, so that tunnels can be told apart. */
static inline size_t add_ipv4_in(struct build *b, unsigned proto, unsigned net)
{
    uint8_t h[20] = {0x45, 0xb8, 0,  0, 0, 9, 0,  0, 61, (uint8_t)proto,
                     0,    0,    10, 0, 0, 1, 10, 0, 0,  2};
    h[14] = h[18] = (uint8_t)net;
    return add(b, h, sizeof h);
}

static inline size_t add_ipv4(struct build *b, unsigned proto)
{
    return add_ipv4_in(b, proto, 0);
}

static inline void done_ipv4(struct build *b, size_t ip)
{
    put16(b, ip + 2, (unsigned)(b->n - ip));
}

static inline size_t add_ipv6(struct build *b, unsigned next)
{
    uint8_t h[40] = {0x6b, 0x80, 0, 0, 0, 0, (uint8_t)next, 62};
    h[8] = h[24] = 0xfd;
    h[23] = 1;
    h[39] = 2;
    return add(b, h, sizeof h);
}

static inline void done_ipv6(struct build *b, size_t ip)
{
    put16(b, ip + 4, (unsigned)(b->n - ip - 40));
}

static inline size_t add_udp(struct build *b, unsigned src, unsigned dst)
{
    size_t at = add16(b, src);
    add16(b, dst);
    add_zeros(b, 4);
    return at;
}

static inline void done_udp(struct build *b, size_t udp)
{
    put16(b, udp + 4, (unsigned)(b->n - udp));
}

static inline size_t add_tcp(struct build *b, unsigned src, unsigned dst, unsigned flags)
{
    size_t at = add16(b, src);
    const uint8_t rest[16] = {0, 0, 1, 0, 0, 0, 2, 0, 0x50, (uint8_t)flags, 0x20, 0, 0, 0, 0, 0};
    add16(b, dst);
    add(b, rest, sizeof rest);
    return at;
}

/* A whole IPv4 UDP packet with 6 bytes of payload inside whatever stands before it. */
static inline void add_inner(struct build *b, unsigned port)
{
    size_t ip = add_ipv4_in(b, 17, 7), udp = add_udp(b, port, 7000);
    add(b, "inside", 6);
    done_udp(b, udp);
    done_ipv4(b, ip);
}

/* Decodes exactly the bytes given, in memory of exactly that size, so that a sanitizer sees one
 * byte too many. The bytes stay until the next call. */
static inline enum reason decode_copy(struct decoder *d, const struct frame *like,
                                      const uint8_t *bytes, size_t n, struct packet *p)
{
    static uint8_t *copy;
    free(copy);
    copy = malloc(n ? n : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, n);
    struct frame f = *like;
    f.bytes = copy;
    f.cap_len = (uint32_t)n;
    memset(p, 0xa5, sizeof *p);
    return packet_decode(d, &f, p);
}

static inline enum reason decode_build(struct decoder *d, const struct build *b, struct packet *p)
{
    struct frame f = {.wire_len = (uint32_t)b->n, .link = 1};
    return decode_copy(d, &f, b->byte, b->n, p);
}

/* What must hold for every packet that a decoder wrote. */
static inline void check_packet(const struct frame *f, enum reason reason, const struct packet *p)
{
    assert_in_range(reason_table[reason].group, GROUP_FLOW, GROUP_MALFORMED);
    bool is_ip = reason == REASON_ipv4 || reason == REASON_ipv6;
    assert_int_equal(is_ip, p->version != 0);
    assert_int_equal(p->cap_len, f->cap_len);
    if (!is_ip) {
        assert_null(p->ip);
        assert_null(p->l4);
        assert_null(p->payload);
        return;
    }
    assert_int_equal(p->version, reason == REASON_ipv4 ? 4 : 6);
    const uint8_t *end = f->bytes + f->cap_len;
    assert_true(p->ip >= f->bytes && p->ip + p->ip_cap <= end);
    assert_true(p->ip_cap >= (p->version == 4 ? 20 : 40));
    assert_true(p->ip_bytes >= (p->version == 4 ? 20 : 40));
    assert_true(!p->l4 || (p->l4 > p->ip && p->l4 < end));
    assert_true(!p->payload || (p->payload > p->ip && p->payload + p->payload_cap <= end));
    assert_int_equal(p->payload != NULL, p->payload_cap != 0);
    assert_true(p->payload_cap <= p->payload_len);
    assert_true(p->payload_len <= p->ip_bytes);
    assert_true(p->tunnels <= PACKET_TUNNELS);
    assert_true(!p->is_later_fragment || p->is_fragment);
}

/* A glance says no, or what the whole decoding says. */
static inline void check_glance(const struct frame *f, enum reason reason, const struct packet *p)
{
    struct glance g;
    struct ends ends;
    memset(&g, 0xa5, sizeof g);
    if (!packet_glance(f, &g, &ends))
        return;
    struct packet plain;
    assert_true(packet_decode_plain(f, &plain));
    g.ts = p->ts;
    assert_int_equal(reason, g.version == 4 ? REASON_ipv4 : REASON_ipv6);
    struct glance want = glance_of(p);
    struct ends of_packet = ends_of(p);
    assert_true(g.version == want.version && g.is_tcp == want.is_tcp);
    assert_true(g.wire_len == want.wire_len && g.ip_bytes == want.ip_bytes &&
                g.payload_len == want.payload_len);
    assert_true(g.tcp_seq == want.tcp_seq && g.tcp_window == want.tcp_window &&
                g.tcp_flags == want.tcp_flags);
    size_t n = g.version == 4 ? 4 : 16;
    assert_memory_equal(ends.src, of_packet.src, n);
    assert_memory_equal(ends.dst, of_packet.dst, n);
    assert_true(ends.src_port == of_packet.src_port && ends.dst_port == of_packet.dst_port);
    assert_true(ends.tags == of_packet.tags && ends.proto == of_packet.proto &&
                ends.version == of_packet.version);
}

/* The shortcuts and the walk must write the same. */
static inline void check_walk_agrees(struct decoder *d, const struct frame *f)
{
    struct packet fast, walk;
    memset(&fast, 0xa5, sizeof fast);
    memset(&walk, 0x5a, sizeof walk);
    enum reason reason = packet_decode(d, f, &fast);
    assert_int_equal(reason, decode_by_walk(d, f, &walk));
    check_packet(f, reason, &fast);
    check_glance(f, reason, &fast);
    assert_memory_equal(&fast, &walk, offsetof(struct packet, src_mac));
    if (fast.has_mac) {
        assert_memory_equal(&fast.src_mac, &walk.src_mac, sizeof fast.src_mac);
        assert_memory_equal(&fast.dst_mac, &walk.dst_mac, sizeof fast.dst_mac);
    }
}

#endif
