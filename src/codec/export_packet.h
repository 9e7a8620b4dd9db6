/* export_packet.h - exports of flows inside captured packets. */
#ifndef WEIR_CODEC_EXPORT_PACKET_H
#define WEIR_CODEC_EXPORT_PACKET_H

#include "codec/collector.h"

/* As --collector-port says it. */
enum { EXPORT_PORT_NONE = 0, EXPORT_PORT_ANY = -1 };

/* True when the packet's UDP payload is for a collector on the port, or with EXPORT_PORT_ANY looks like an
 * export; then *d borrows it. Any thread. */
bool export_in_packet(const struct packet *p, int port, struct datagram *d);

#endif
