/* key.h - what makes two packets the same conversation: VLAN, protocol, addresses and ports.
 *
 * Both directions have one key: the lower (address, port) end stands first, and the packet
 * remembers from which end it came. An IPv4 key is exact in 128 bits. An IPv6 key is a 128-bit
 * keyed hash of the same tuple, which no sender can forge: it is not compared any further.
 */
#ifndef WEIR_MODEL_KEY_H
#define WEIR_MODEL_KEY_H

#include "base/cursor.h"
#include "base/hash.h"
#include "net/glance.h"

/* v4: low  = lower end: address 32 | port 16 | inner vlan low 4 | vlan 12
 *     high = higher end: address 32 | port 16 | protocol 8 | inner vlan high 8
 * v6: two halves of the keyed hash. packet.version says which. */
struct flow_key {
    uint64_t low, high;
};

struct keyed {
    struct flow_key key;
    uint64_t hash;  /* for the flow table */
    bool from_high; /* the packet was sent by the higher end */
};

/* Writes the hashed key of IPv6 ends to *k. Any thread. */
void key_from_v6(const struct ends *e, struct keyed *k);

/* Hash of a key for the flow table; keyed.hash is the same value. */
static inline uint64_t key_hash(const struct flow_key *k)
{
    return hash_u128(k->low, k->high);
}

/* The address of end 0 (lower) or 1 (higher) of an IPv4 key. */
static inline struct addr key_addr_v4(const struct flow_key *k, unsigned end)
{
    /* As one word: four bytes that are read as one wait for each other. */
    uint32_t a = __builtin_bswap32((uint32_t)((end ? k->high : k->low) >> 32));
    uint8_t four[4];
    memcpy(four, &a, sizeof four);
    return addr_v4(four);
}

static inline uint16_t key_vlan_v4(const struct flow_key *k)
{
    return k->low & 0xfff;
}

/* Writes the key to *k, where it will be read: returned by value it was copied in pieces, and each
 * copy waited 4 ns for the stores before it. Any thread. */
static inline void key_from_ends(const struct ends *e, struct keyed *k)
{
    if (__builtin_expect(e->version != 4, 0)) {
        key_from_v6(e, k);
        return;
    }
    uint64_t src = (uint64_t)load_be32(e->src) << 16 | e->src_port;
    uint64_t dst = (uint64_t)load_be32(e->dst) << 16 | e->dst_port;
    bool swap = src > dst;
    uint64_t low = swap ? dst : src;
    uint64_t high = swap ? src : dst;
    low = low << 16 | (e->tags & 0xffff);
    high = high << 16 | (uint64_t)e->proto << 8 | e->tags >> 16;
    k->key = (struct flow_key){low, high};
    k->hash = hash_u128(low, high);
    k->from_high = swap;
}

/* The key of a packet with an IP header. Any thread. */
static inline void key_from_packet(const struct packet *p, struct keyed *k)
{
    struct ends e = ends_of(p);
    key_from_ends(&e, k);
}

/* Hash of both addresses without ports, the same for both directions and for fragments: which
 * worker a packet belongs to. Stable from run to run. */
uint32_t key_spread(const struct packet *p);

#endif
