/* bench_frame.c - writes frames of made-up traffic. */
#include "app/bench_frame.h"

#include <string.h>

enum {
    ETHERNET = 14,
    TAG = 4,
    IPV4 = 20,
    IPV6 = 40,
    TCP = 20,
    UDP = 8,
    VXLAN = 8,
    VXLAN_PORT = 4789,
    PROTO_TCP = 6,
    PROTO_UDP = 17,
    VLAN_ID = 42,
    ACK_SEQ = 1000
};

uint64_t frame_mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
    return x ^ x >> 31;
}

static void put_be16(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static void put_be32(uint8_t *to, uint32_t value)
{
    put_be16(to, value >> 16);
    put_be16(to + 2, value);
}

static uint32_t header_bytes(const struct frame_form *form, bool is_tcp)
{
    return ETHERNET + (form->vlan ? TAG : 0U) + (form->ipv6 ? IPV6 : IPV4) + (is_tcp ? TCP : UDP);
}

static uint32_t inner_bytes(const struct frame_form *form)
{
    return form->ipv6 && form->bytes < FRAME_IPV6_MIN ? FRAME_IPV6_MIN : form->bytes;
}

uint32_t frame_room(const struct frame_form *form, bool is_tcp)
{
    return inner_bytes(form) - header_bytes(form, is_tcp);
}

uint32_t frame_bytes(const struct frame_form *form)
{
    return inner_bytes(form) + (form->tunnel ? FRAME_TUNNEL : 0);
}

static uint8_t *put_ethernet(const struct frame_form *form, bool tagged, bool ipv6, uint8_t *to)
{
    memcpy(to, "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02", 12);
    to += 12;
    if (form->vlan && tagged) {
        put_be16(to, 0x8100);
        put_be16(to + 2, VLAN_ID);
        to += TAG;
    }
    put_be16(to, ipv6 ? 0x86dd : 0x0800);
    return to + 2;
}

/* 10.0.0.0/8 is local; the rest is the world. */
static uint32_t ipv4_of(uint32_t host)
{
    return (host < FRAME_LOCAL_HOSTS ? 0x0a000000 : 0x20000000) + host;
}

static void put_ipv6_of(uint32_t host, uint8_t *to)
{
    memset(to, 0, 16);
    put_be32(to, host < FRAME_LOCAL_HOSTS ? 0xfd000000 : 0x20010db8);
    /* Spread as autoconfigured addresses are: the lower half is anything. */
    put_be32(to + 8, (uint32_t)frame_mix(host));
    put_be32(to + 12, host);
}

static uint8_t *put_ipv4(uint32_t src, uint32_t dst, uint8_t proto, uint32_t carried, uint8_t *to)
{
    memset(to, 0, IPV4);
    to[0] = 0x45;
    put_be16(to + 2, IPV4 + carried);
    to[6] = 0x40;
    to[8] = 64;
    to[9] = proto;
    put_be32(to + 12, src);
    put_be32(to + 16, dst);
    uint32_t sum = 0;
    for (unsigned i = 0; i < IPV4; i += 2)
        sum += (uint32_t)to[i] << 8 | to[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    put_be16(to + 10, ~(sum + (sum >> 16)) & 0xffff);
    return to + IPV4;
}

static uint8_t *put_ipv6(uint32_t src, uint32_t dst, uint8_t proto, uint32_t carried, uint8_t *to)
{
    put_be32(to, 0x60000000);
    put_be16(to + 4, carried);
    to[6] = proto;
    to[7] = 64;
    put_ipv6_of(src, to + 8);
    put_ipv6_of(dst, to + 24);
    return to + IPV6;
}

static uint8_t *put_udp(uint16_t src, uint16_t dst, uint32_t payload, uint8_t *to)
{
    put_be16(to, src);
    put_be16(to + 2, dst);
    put_be16(to + 4, UDP + payload);
    put_be16(to + 6, 0);
    return to + UDP;
}

static uint8_t *put_tcp(const struct frame_plan *p, uint16_t src, uint16_t dst, uint8_t *to)
{
    put_be16(to, src);
    put_be16(to + 2, dst);
    put_be32(to + 4, p->seq);
    put_be32(to + 8, ACK_SEQ);
    to[12] = 0x50;
    to[13] = p->flags;
    put_be16(to + 14, 8192);
    put_be32(to + 16, 0);
    return to + TCP;
}

uint32_t frame_write(const struct frame_form *form, const struct frame_plan *p, uint8_t *to)
{
    uint32_t l4 = (p->is_tcp ? TCP : UDP) + p->payload_len;
    uint32_t inner = header_bytes(form, p->is_tcp) + p->payload_len;
    if (inner < inner_bytes(form))
        inner = inner_bytes(form);
    uint32_t host[2] = {p->client, p->server};
    uint16_t port[2] = {p->client_port, p->server_port};
    uint32_t src = host[p->by_server], dst = host[!p->by_server];
    uint16_t src_port = port[p->by_server], dst_port = port[!p->by_server];

    if (form->tunnel) {
        /* Two routers carry the tunnel; the source port tells the flows apart (RFC 7348, 5). */
        uint8_t *at = put_ethernet(form, false, false, to);
        at = put_ipv4(ipv4_of(1), ipv4_of(2), PROTO_UDP, UDP + VXLAN + inner, at);
        at = put_udp((uint16_t)(0xc000 | (src_port & 0x3fff)), VXLAN_PORT, VXLAN + inner, at);
        put_be32(at, 0x08000000);
        put_be32(at + 4, 77 << 8);
        to = at + VXLAN;
    }
    uint8_t proto = p->is_tcp ? PROTO_TCP : PROTO_UDP;
    uint8_t *at = put_ethernet(form, true, form->ipv6, to);
    /* An answer goes back to the device that the question came from. */
    to[5] = p->by_server ? 2 : 1;
    to[11] = p->by_server ? 1 : 2;
    at = form->ipv6 ? put_ipv6(src, dst, proto, l4, at)
                    : put_ipv4(ipv4_of(src), ipv4_of(dst), proto, l4, at);
    at = p->is_tcp ? put_tcp(p, src_port, dst_port, at)
                   : put_udp(src_port, dst_port, p->payload_len, at);
    if (p->payload)
        memcpy(at, p->payload, p->payload_len);
    return inner + (form->tunnel ? FRAME_TUNNEL : 0U);
}
