/* netflow5_out.c - records as NetFlow v5: a header of 24 bytes and at most 30 records of 48.
 *
 *     version 2  count 2  uptime 4  seconds 4  nanoseconds 4  sequence 4  engine 2  sampling 2
 *     src 4  dst 4  next hop 4  in 2  out 2  packets 4  octets 4  first 4  last 4
 *     ports 2+2  pad 1  flags 1  protocol 1  tos 1  AS 2+2  masks 1+1  pad 2
 */
#include "codec/flow_out_private.h"
#include "codec/put.h"

enum { HEADER = 24, RECORD = 48, RECORDS = 30, PROTO_ICMP = 1 };

bool netflow5_can(const struct record *r)
{
    return addr_is_v4(&r->client) && addr_is_v4(&r->server);
}

static void put_header(struct flow_out *o, nsec_t now)
{
    uint8_t *at = put_be16(o->message, 5);
    at = put_be16(at, o->records);
    at = put_be32(at, uptime_ms(o, now));
    at = put_be32(at, (uint32_t)(now / SECOND));
    at = put_be32(at, (uint32_t)(now % SECOND));
    at = put_be32(at, o->sequence);
    at = put_u8(at, 0);
    at = put_u8(at, o->config.domain & 0xff);
    put_be16(at, 0);
}

void netflow5_flush(struct flow_out *o, nsec_t now)
{
    if (!o->records)
        return;
    put_header(o, now);
    unsigned records = o->records, told = o->told;
    size_t len = o->len;
    o->records = o->told = 0;
    o->len = 0;
    o->send(o->to, o->message, len, told);
    o->sequence += records;
}

/* AS_TRANS (RFC 6793) stands for what has more than 16 bits. */
static unsigned short_as(uint32_t as)
{
    return as > UINT16_MAX ? 23456 : as;
}

static void put_record(struct flow_out *o, const struct record *r, uint32_t packets, uint32_t bytes)
{
    uint8_t *at = o->message + o->len;
    at = put_bytes(at, r->client.byte + 12, 4);
    at = put_bytes(at, r->server.byte + 12, 4);
    at = put_bytes(at, r->next_hop.byte + 12, 4);
    at = put_be16(at, r->in_if & 0xffff);
    at = put_be16(at, r->out_if & 0xffff);
    at = put_be32(at, packets);
    at = put_be32(at, bytes);
    at = put_be32(at, uptime_ms(o, r->first));
    at = put_be32(at, uptime_ms(o, r->last));
    at = put_be16(at, r->client_port);
    /* Type and code of ICMP stand where the port would. */
    at = put_be16(at, r->proto == PROTO_ICMP ? r->client_icmp : r->server_port);
    at = put_u8(at, 0);
    at = put_u8(at, r->client_flags);
    at = put_u8(at, r->proto);
    at = put_u8(at, r->client_tos);
    at = put_be16(at, short_as(r->client_as));
    at = put_be16(at, short_as(r->server_as));
    at = put_u8(at, r->client_mask);
    at = put_u8(at, r->server_mask);
    put_be16(at, 0);
    o->len += RECORD;
    o->records++;
}

/* Counters have 32 bits: a larger record is told in parts, so that their sum is the truth. */
void netflow5_add(struct flow_out *o, const struct record *r, nsec_t now)
{
    uint64_t packets = r->sent_packets, bytes = r->sent_bytes;
    size_t room =
        o->config.mtu < HEADER + RECORDS * RECORD ? o->config.mtu : HEADER + RECORDS * RECORD;
    do {
        if (!o->len)
            o->len = HEADER;
        if (o->len + RECORD > room) {
            netflow5_flush(o, now);
            o->len = HEADER;
        }
        uint64_t more = bytes > UINT32_MAX || packets > UINT32_MAX;
        uint32_t bytes_now = bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
        uint64_t share = more ? packets / (bytes / UINT32_MAX + 1) : packets;
        uint32_t packets_now = share > UINT32_MAX ? UINT32_MAX : (uint32_t)share;
        put_record(o, r, packets_now, bytes_now);
        bytes -= bytes_now;
        packets -= packets_now;
    } while (bytes || packets);
}
