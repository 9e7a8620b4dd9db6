/* key.c - keys of IPv6 packets and the spread over workers. */
#include "model/key.h"

struct ordered {
    uint64_t low[2], high[2]; /* addresses as big-endian halves, the lower end first */
    uint16_t low_port, high_port;
    bool swapped; /* the source is the higher end */
};

/* Without a branch: which end is lower is as good as random, and a wrong guess costs more than all
 * of the hash. */
static struct ordered order_ends(const struct ends *e)
{
    uint64_t src[2] = {load_be64(e->src), load_be64(e->src + 8)};
    uint64_t dst[2] = {load_be64(e->dst), load_be64(e->dst + 8)};
    unsigned above = (src[0] > dst[0]) |
                     ((src[0] == dst[0]) &
                      ((src[1] > dst[1]) | ((src[1] == dst[1]) & (e->src_port > e->dst_port))));
    uint64_t mask = -(uint64_t)above;
    uint64_t first = (src[0] ^ dst[0]) & mask, second = (src[1] ^ dst[1]) & mask;
    uint16_t port = (uint16_t)((e->src_port ^ e->dst_port) & mask);
    return (struct ordered){.low = {src[0] ^ first, src[1] ^ second},
                            .high = {dst[0] ^ first, dst[1] ^ second},
                            .low_port = e->src_port ^ port,
                            .high_port = e->dst_port ^ port,
                            .swapped = above};
}

/* Two passes over the five words, paired differently under different seeds, so that a collision
 * of one half tells nothing about the other. */
void key_from_v6(const struct ends *ends, struct keyed *k)
{
    struct ordered e = order_ends(ends);
    const uint64_t *seed = hash_seeds;
    uint64_t rest = (uint64_t)e.low_port << 48 | (uint64_t)e.high_port << 32 |
                    (uint64_t)ends->proto << 24 | ends->tags;

    uint64_t a = hash_mum(e.low[0] ^ seed[0], e.low[1] ^ seed[1]);
    uint64_t b = hash_mum(e.high[0] ^ seed[2], e.high[1] ^ seed[3]);
    uint64_t one = hash_mum(hash_mum(a ^ seed[1], b ^ seed[2]) ^ seed[3], rest ^ seed[0]);

    uint64_t c = hash_mum(e.low[0] ^ seed[3], e.high[1] ^ seed[2]);
    uint64_t d = hash_mum(e.high[0] ^ seed[1], e.low[1] ^ seed[0]);
    uint64_t two = hash_mum(hash_mum(c ^ seed[0], d ^ seed[3]) ^ seed[2], rest ^ seed[1]);

    *k = (struct keyed){.key = {one, two}, .hash = hash_u128(one, two), .from_high = e.swapped};
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
