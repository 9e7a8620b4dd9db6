/* decode_dump.c - conversations of a capture straight from the decoders, without the engine:
 *     decode_dump read -o json --no-timeouts FILE
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "model/key.h"
#include "net/decode.h"

struct conversation {
    struct flow_key key;
    struct packet first;
    uint64_t packets[2], bytes[2];
    bool from_high;
};

static struct conversation *list;
static size_t used, room;
static uint32_t *heads;
static struct decoder decoder;
static size_t reasons[REASONS];

enum { SLOTS = 1 << 20 };

static struct conversation *find(const struct packet *p, const struct keyed *k)
{
    for (size_t at = k->hash % SLOTS;; at = (at + 1) % SLOTS) {
        if (!heads[at]) {
            if (used == room) {
                room = room ? room * 2 : 1024;
                list = realloc(list, room * sizeof *list);
            }
            list[used] =
                (struct conversation){.key = k->key, .first = *p, .from_high = k->from_high};
            heads[at] = (uint32_t)++used;
        }
        struct conversation *c = &list[heads[at] - 1];
        if (c->key.low == k->key.low && c->key.high == k->key.high)
            return c;
    }
}

static void frame(const uint8_t *bytes, uint32_t cap, uint32_t wire, uint16_t link, nsec_t ts)
{
    uint8_t *copy = malloc(cap ? cap : 1);
    memcpy(copy, bytes, cap);
    struct frame f = {.bytes = copy, .ts = ts, .cap_len = cap, .wire_len = wire, .link = link};
    struct packet p;
    enum reason reason = packet_decode(&decoder, &f, &p);
    reasons[reason]++;
    if (getenv("SHOW")) {
        static int n;
        char a[ADDR_TEXT] = "", b[ADDR_TEXT] = "";
        if (p.version) {
            addr_print(&p.src, a);
            addr_print(&p.dst, b);
        }
        fprintf(stderr, "%d %s %s:%u %s:%u proto %u bytes %u tunnels %u %x\n", ++n,
                reason_table[reason].name, a, p.src_port, b, p.dst_port, p.version ? p.proto : 0,
                p.ip_bytes, p.tunnels, p.tunnels_seen);
    }
    if (reason == REASON_ipv4 || reason == REASON_ipv6) {
        struct keyed k = key_from_packet(&p);
        struct conversation *c = find(&p, &k);
        c->packets[c->from_high != k.from_high]++;
        c->bytes[c->from_high != k.from_high] += p.ip_bytes;
    }
    free(copy);
}

static uint32_t u32(const uint8_t *p, bool swap)
{
    return swap ? load_be32(p) : load_le32(p);
}

static uint16_t u16(const uint8_t *p, bool swap)
{
    return swap ? load_be16(p) : load_le16(p);
}

static void read_pcap(const uint8_t *d, size_t n)
{
    uint32_t magic = load_le32(d);
    bool swap = magic == 0xd4c3b2a1 || magic == 0x4d3cb2a1;
    uint16_t link = u16(d + (swap ? 22 : 20), swap);
    for (size_t at = 24; at + 16 <= n;) {
        uint32_t cap = u32(d + at + 8, swap), wire = u32(d + at + 12, swap);
        nsec_t ts = u32(d + at, swap) * SECOND + u32(d + at + 4, swap) * MICROSECOND;
        at += 16;
        if (cap > 262144 * 4)
            break;
        if (at + cap > n)
            break;
        frame(d + at, cap, wire, link, ts);
        at += cap;
    }
}

static void read_pcapng(const uint8_t *d, size_t n)
{
    uint16_t link[256] = {0};
    unsigned interfaces = 0;
    bool swap = false;
    for (size_t at = 0; at + 12 <= n;) {
        uint32_t type = load_le32(d + at);
        if (type == 0x0a0d0d0a) {
            swap = load_le32(d + at + 8) != 0x1a2b3c4d;
            interfaces = 0;
        }
        type = u32(d + at, swap);
        uint32_t len = u32(d + at + 4, swap);
        if (len < 12 || at + len > n)
            break;
        const uint8_t *b = d + at + 8;
        if (type == 1 && interfaces < 256)
            link[interfaces++] = u16(b, swap);
        if (type == 6) {
            uint64_t t = (uint64_t)u32(b + 4, swap) << 32 | u32(b + 8, swap);
            frame(b + 20, u32(b + 12, swap), u32(b + 16, swap), link[u32(b, swap) & 255],
                  (nsec_t)(t * 1000));
        }
        if (type == 3) {
            uint32_t wire = u32(b, swap), cap = len - 16;
            frame(b + 4, wire < cap ? wire : cap, wire, link[0], 0);
        }
        if (type == 2)
            frame(b + 20, u32(b + 12, swap), u32(b + 16, swap), link[u16(b, swap) & 255], 0);
        at += len;
    }
}

int main(int argc, char **argv)
{
    hash_seed();
    struct err e = {""};
    FILE *in = fopen(argv[argc - 1], "rb");
    heads = calloc(SLOTS, sizeof *heads);
    static uint8_t data[200 << 20];
    if (!in || !decoder_init(&decoder, true, &e))
        return 1;
    size_t n = fread(data, 1, sizeof data, in);
    if (n < 24)
        return 1;
    if (load_le32(data) == 0x0a0d0d0a)
        read_pcapng(data, n);
    else
        read_pcap(data, n);
    for (size_t i = 0; i < used; i++) {
        const struct conversation *c = &list[i];
        char src[ADDR_TEXT], dst[ADDR_TEXT];
        addr_print(&c->first.src, src);
        addr_print(&c->first.dst, dst);
        printf("{\"IPV%d_SRC_ADDR\":\"%s\",\"IPV%d_DST_ADDR\":\"%s\",\"L4_SRC_PORT\":%u,\"L4_DST_"
               "PORT\":%u,"
               "\"PROTOCOL\":%u,\"SRC_VLAN\":%u,\"IN_PKTS\":%" PRIu64 ",\"IN_BYTES\":%" PRIu64
               ",\"OUT_PKTS\":%" PRIu64 ",\"OUT_BYTES\":%" PRIu64 "}\n",
               c->first.version, src, c->first.version, dst, c->first.src_port, c->first.dst_port,
               c->first.proto, c->first.vlan, c->packets[0], c->bytes[0], c->packets[1],
               c->bytes[1]);
    }
    if (getenv("V")) {
        for (int i = 0; i < REASONS; i++) {
            size_t k = reasons[i] + counter_get(&decoder.packets[i]);
            if (k)
                fprintf(stderr, "%-20s %zu\n", reason_table[i].name, k);
        }
    }
    return 0;
}
