/* key.h - what makes two packets the same conversation: VLAN, protocol, addresses and ports.
 *
 * Both directions have one key: the lower (address, port) end stands first, and the packet
 * remembers from which end it came. An IPv4 key is exact in 128 bits. An IPv6 key is a 128-bit
 * keyed hash of the same tuple, which no sender can forge; the addresses are compared once more
 * where the flow keeps them.
 */
#ifndef WEIR_MODEL_KEY_H
#define WEIR_MODEL_KEY_H

#include "base/hash.h"
#include "net/packet.h"

/* v4: low  = lower end: address 32 | port 16 | vlan 12 | inner vlan low 4
 *     high = higher end: address 32 | port 16 | protocol 8 | inner vlan high 8
 * v6: two halves of the keyed hash. is_v6 says which. */
struct flow_key {
    uint64_t low, high;
};

struct keyed {
    struct flow_key key;
    uint64_t hash;  /* for the flow table */
    bool from_high; /* the packet was sent by the higher end */
};

/* The key of a packet with an IP header. Any thread. */
struct keyed key_from_packet(const struct packet *p);

/* Hash of both addresses without ports, the same for both directions and for fragments: which
 * worker a packet belongs to. Stable from run to run. */
uint32_t key_spread(const struct packet *p);

#endif
