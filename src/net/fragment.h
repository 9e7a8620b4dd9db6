/* fragment.h - the ports of fragmented packets, remembered from their first fragments.
 *
 * A ring of fixed size, found by a keyed hash of (VLANs, addresses, protocol, identification). An
 * entry holds 128 bits of that hash instead of the tuple, which no sender can forge. Entries are
 * forgotten after a minute of packet time or, when the ring has gone round, the oldest first; so
 * what is forgotten does not depend on the hash. Owner: one worker.
 */
#ifndef WEIR_NET_FRAGMENT_H
#define WEIR_NET_FRAGMENT_H

#include "base/err.h"
#include "net/packet.h"

struct fragments;

/* What the later fragments of a packet need to know. */
struct fragment_ports {
    uint16_t src_port, dst_port;
    uint8_t proto; /* IPv6: the transport behind the extension headers of the first fragment */
};

/* NULL with a sentence when out of memory. Given back with fragments_free(). */
struct fragments *fragments_new(struct err *e);
void fragments_free(struct fragments *f);

/* Remembers the ports of a first fragment. p has addresses, VLANs, time and version; proto is what
 * the IP or fragment header says. False when an entry that was still waiting made room. */
bool fragments_put(struct fragments *f, const struct packet *p, uint8_t proto, uint32_t id);

/* Finds them again for a later fragment. False when there is no first one. */
bool fragments_get(const struct fragments *f, const struct packet *p, uint8_t proto, uint32_t id,
                   struct fragment_ports *ports);

#endif
