/* export_packet.c - exports of flows inside captured packets. */
#include "codec/export_packet.h"

enum { PROTO_UDP = 17 };

bool export_in_packet(const struct packet *p, int port, struct datagram *d)
{
    if (p->proto != PROTO_UDP || !p->payload || !p->payload_cap || p->is_later_fragment)
        return false;
    if (port != EXPORT_PORT_ANY ? p->dst_port != port
                                : telemetry_of(p->payload, p->payload_cap) == TELEMETRY_NONE)
        return false;
    *d = (struct datagram){.bytes = p->payload,
                           .len = p->payload_cap,
                           .from = p->src,
                           .from_port = p->src_port,
                           .to_port = p->dst_port,
                           .received = p->ts};
    return true;
}
