/* key.h - what makes two packets the same conversation: VLAN, protocol, addresses and ports.
 *
 * Both directions have one key: the lower (address, port) end stands first, and the packet
 * remembers from which end it came. An IPv4 key is exact in 128 bits. An IPv6 key is a 128-bit
 * keyed hash of the same tuple, which no sender can forge; the addresses are compared once more
 * where the flow keeps them.
 */
#ifndef WEIR_MODEL_KEY_H
#define WEIR_MODEL_KEY_H

#include "base/cursor.h"
#include "base/hash.h"
#include "net/packet.h"

/* v4: low  = lower end: address 32 | port 16 | vlan 12 | inner vlan low 4
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

/* The hashed key of an IPv6 packet. Any thread. */
struct keyed key_from_v6(const struct packet *p);

/* Hash of a key for the flow table; keyed.hash is the same value. */
static inline uint64_t key_hash(const struct flow_key *k)
{
    return hash_u128(k->low, k->high);
}

/* The key of a packet with an IP header. Any thread. */
static inline struct keyed key_from_packet(const struct packet *p)
{
    if (__builtin_expect(p->version != 4, 0))
        return key_from_v6(p);

    uint64_t src = (uint64_t)load_be32(p->src.byte + 12) << 16 | p->src_port;
    uint64_t dst = (uint64_t)load_be32(p->dst.byte + 12) << 16 | p->dst_port;
    bool swap = src > dst;
    uint64_t low = swap ? dst : src;
    uint64_t high = swap ? src : dst;
    struct keyed k = {.from_high = swap};
    k.key.low = low << 16 | (uint64_t)(p->vlan & 0xfff) << 4 | (p->vlan_inner & 15);
    k.key.high = high << 16 | (uint64_t)p->proto << 8 | (p->vlan_inner >> 4 & 0xff);
    k.hash = key_hash(&k.key);
    return k;
}

/* Hash of both addresses without ports, the same for both directions and for fragments: which
 * worker a packet belongs to. Stable from run to run. */
uint32_t key_spread(const struct packet *p);

#endif
