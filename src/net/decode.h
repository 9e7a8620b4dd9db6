/* decode.h - from the bytes of a frame to a struct packet.
 *
 * A switch made from decoders.def walks the layers; each decoder takes its header from the cursor
 * and names what follows. The innermost IP header that could be read is what the packet is about;
 * whatever is broken further inside is noted and the packet stays with the last good header.
 */
#ifndef WEIR_NET_DECODE_H
#define WEIR_NET_DECODE_H

#include "base/counter.h"
#include "base/err.h"
#include "net/packet.h"

struct fragments;

/* One worker's decoding: its options, its fragment memory and its counters. Zero, then
 * decoder_init(). */
struct decoder {
    bool decap; /* look inside tunnels */
    struct fragments *fragments;
    /* Packets and wire bytes per reason. One writer, the worker; any thread may read. Rows of the
     * first four groups are raised by the worker with the verdict of packet_decode(), rows of
     * group NOTE by the decoders themselves. */
    counter_t packets[REASONS];
    counter_t bytes[REASONS];
};

/* Takes memory for fragments. False with a sentence when out of memory. */
bool decoder_init(struct decoder *d, bool decap, struct err *e);
void decoder_fini(struct decoder *d);

/* Decodes one frame into *p (all of it is written). Returns REASON_ipv4 or REASON_ipv6 when p
 * describes an IP packet, else a row of OTHER or MALFORMED. Never fails, never blocks, never
 * allocates. Raises only rows of group NOTE. */
enum reason packet_decode(struct decoder *d, const struct frame *f, struct packet *p);

/* The same for a plain frame, the most frequent kind (decode_plain.c): true when *p is written.
 * Counts nothing, so a frame may be decoded once more. */
bool packet_decode_plain(const struct frame *f, struct packet *p);
/* Counts a frame that was cut when it was captured, as packet_decode() does. */
void decoder_count_snapped(struct decoder *d, const struct frame *f);

/* True when frames of this LINKTYPE can be decoded; its name ("Ethernet") for messages. */
bool link_is_known(uint16_t link);
const char *link_name(uint16_t link);

/* "TCP", "UDP", "ICMP", "IPv6-ICMP" ... of an IANA protocol number; NULL when it has none here. */
const char *proto_name(uint8_t proto);
/* The number of a name in any case, or -1. */
int proto_number(const char *name);

#endif
