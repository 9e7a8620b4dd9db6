/* fuzz_l7.c - any bytes as the packets of one flow, through our readers and libndpi.
 *
 * First byte: bit 0 TCP or UDP, bit 1 IPv4 or IPv6, bits 2-7 choose the server's port. Then packets:
 * flags 1 (bit 0 from the server, bit 1 lengths lie, bit 2 no l4, bits 3-4 TCP gap or repeat)
 * | length 2 | payload. What is left when the bytes end is the last packet.
 */
#include "base/alloc.h"
#include "base/cursor.h"
#include "engine/l7.h"

#include <stdlib.h>

enum { TCP = 6, UDP = 17, MOST_PAYLOAD = 3000, MOST_HEAD = 60, SOURCE_PORT = 41000 };

static const uint16_t ports[] = {53,   80,   443,  22,   21,   25,   67,    123,  137,
                                 161,  389,  445,  500,  554,  1900, 3306,  3389, 3478,
                                 5060, 5353, 5355, 6881, 8080, 9999, 27017, 51413};

struct flow {
    bool is_tcp, is_v6;
    uint16_t port;
    uint32_t seq[2];
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void put16(uint8_t *at, unsigned v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
}

static size_t put_ip(uint8_t *b, const struct flow *f, size_t len, bool from_server, bool lies)
{
    uint8_t proto = f->is_tcp ? TCP : UDP;
    if (f->is_v6) {
        b[0] = 0x60;
        put16(b + 4, (unsigned)(lies ? len * 7 : len));
        b[6] = proto;
        b[8] = b[24] = 0x20;
        b[from_server ? 23 : 39] = 9;
        return 40;
    }
    b[0] = lies ? 0x4f : 0x45;
    put16(b + 2, (unsigned)(lies ? 0 : len + 20));
    b[9] = proto;
    b[12] = b[16] = 192;
    b[from_server ? 15 : 19] = 9;
    return 20;
}

/* Exactly as many bytes as there are, on the heap, so that ASan sees a byte too many. */
static uint8_t *make(struct packet *p, struct flow *f, uint8_t flags, struct cursor payload)
{
    bool from_server = flags & 1;
    size_t len = cur_left(&payload), l4 = f->is_tcp ? 20 : 8, ip = f->is_v6 ? 40 : 20;
    uint8_t *b = calloc(1, ip + l4 + len);
    if (!b)
        abort();
    put_ip(b, f, l4 + len, from_server, flags & 2);
    uint32_t *seq = &f->seq[from_server];
    *seq += (flags >> 3 & 3) == 1 ? 10 : 0;
    *seq -= (flags >> 3 & 3) == 2 ? 10 : 0;
    uint16_t src = from_server ? f->port : SOURCE_PORT, dst = from_server ? SOURCE_PORT : f->port;
    put16(b + ip, src);
    put16(b + ip + 2, dst);
    if (f->is_tcp) {
        put16(b + ip + 4, *seq >> 16);
        put16(b + ip + 6, *seq);
        b[ip + 12] = flags & 2 ? 0xf0 : 0x50;
        b[ip + 13] = TCP_ACK;
    } else {
        put16(b + ip + 4, (unsigned)(flags & 2 ? 0xffff : 8 + len));
    }
    memcpy(b + ip + l4, payload.at, len);
    *p = (struct packet){
        .ts = SECOND,
        .version = f->is_v6 ? 6 : 4,
        .proto = f->is_tcp ? TCP : UDP,
        .src_port = src,
        .dst_port = dst,
        .is_tcp = f->is_tcp,
        .tcp_seq = *seq,
        .ip = b,
        .ip_cap = (uint32_t)(ip + l4 + len),
        .ip_bytes = (uint32_t)(ip + l4 + len),
        .l4 = flags & 4 ? NULL : b + ip,
        .payload = b + ip + l4,
        .payload_len = (uint32_t)len + (flags & 2),
        .payload_cap = (uint32_t)len,
    };
    p->src = f->is_v6 ? addr_v6(b + 8) : addr_v4(b + 12);
    p->dst = f->is_v6 ? addr_v6(b + 24) : addr_v4(b + 16);
    *seq += (uint32_t)len;
    return b;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct l7 *l7;
    static const struct l7_config config = {.enabled = true, .packets = 8, .protos = ""};
    if (!l7 && (!l7_start(&config, NULL) || !(l7 = l7_new(&config, NULL))))
        abort();

    struct cursor c = cur_over(bytes, n);
    uint8_t kind = cur_u8(&c);
    struct flow f = {.is_tcp = kind & 1,
                     .is_v6 = kind & 2,
                     .port = ports[(kind >> 2) % (sizeof ports / sizeof *ports)]};
    enum l7_refusal why;
    struct l7_flow *state = l7_open(l7, 1, &why);
    struct l7_result r;
    bool done = false;
    while (cur_left(&c) > 3 && !done) {
        uint8_t flags = cur_u8(&c);
        size_t len = cur_be16(&c) % MOST_PAYLOAD;
        struct packet p;
        struct cursor payload = cur_sub(&c, len < cur_left(&c) ? len : cur_left(&c));
        uint8_t *packet = make(&p, &f, flags, payload);
        done = l7_feed(l7, state, &p, !(flags & 1));
        if (done)
            l7_close(l7, state, &p, !(flags & 1), &r);
        free(packet);
    }
    struct l7_tuple t = {
        .client_port = SOURCE_PORT, .server_port = f.port, .proto = f.is_tcp ? TCP : UDP};
    if (!done)
        l7_end(l7, state, &t, &r);
    if (l7_open_states(l7) || r.names.used > TAIL_BYTES)
        abort();
    return 0;
}
