/* key.c - keys of IPv6 packets and the spread over workers. */
#include "model/key.h"

struct ends {
    uint64_t low[2], high[2]; /* addresses as big-endian halves, the lower end first */
    uint16_t low_port, high_port;
    bool swapped; /* the source is the higher end */
};

static struct ends order_ends(const struct packet *p)
{
    struct ends e = {.low = {load_be64(p->src.byte), load_be64(p->src.byte + 8)},
                     .high = {load_be64(p->dst.byte), load_be64(p->dst.byte + 8)},
                     .low_port = p->src_port,
                     .high_port = p->dst_port};
    bool swap;
    if (e.low[0] != e.high[0])
        swap = e.low[0] > e.high[0];
    else if (e.low[1] != e.high[1])
        swap = e.low[1] > e.high[1];
    else
        swap = e.low_port > e.high_port;
    if (!swap)
        return e;
    return (struct ends){.low = {e.high[0], e.high[1]},
                         .high = {e.low[0], e.low[1]},
                         .low_port = e.high_port,
                         .high_port = e.low_port,
                         .swapped = true};
}

/* Two passes over the five words, paired differently under different seeds, so that a collision
 * of one half tells nothing about the other. */
struct keyed key_from_v6(const struct packet *p)
{
    struct ends e = order_ends(p);
    const uint64_t *seed = hash_seeds;
    uint64_t rest = (uint64_t)e.low_port << 48 | (uint64_t)e.high_port << 32 |
                    (uint64_t)p->proto << 24 | (uint64_t)(p->vlan & 0xfff) << 12 |
                    (uint64_t)(p->vlan_inner & 0xfff);

    uint64_t a = hash_mum(e.low[0] ^ seed[0], e.low[1] ^ seed[1]);
    uint64_t b = hash_mum(e.high[0] ^ seed[2], e.high[1] ^ seed[3]);
    uint64_t one = hash_mum(hash_mum(a ^ seed[1], b ^ seed[2]) ^ seed[3], rest ^ seed[0]);

    uint64_t c = hash_mum(e.low[0] ^ seed[3], e.high[1] ^ seed[2]);
    uint64_t d = hash_mum(e.high[0] ^ seed[1], e.low[1] ^ seed[0]);
    uint64_t two = hash_mum(hash_mum(c ^ seed[0], d ^ seed[3]) ^ seed[2], rest ^ seed[1]);

    struct keyed k = {.key = {one, two}, .from_high = e.swapped};
    k.hash = key_hash(&k.key);
    return k;
}

/* The finaliser of splitmix64: every bit of the input moves every bit of the output. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

uint32_t key_spread(const struct packet *p)
{
    /* The sum does not care about the order; mixing first keeps neighbours from cancelling. */
    uint64_t src = mix(load_be64(p->src.byte) + mix(load_be64(p->src.byte + 8)));
    uint64_t dst = mix(load_be64(p->dst.byte) + mix(load_be64(p->dst.byte + 8)));
    return (uint32_t)(mix(src + dst) >> 32);
}
