/* bench_mix.h - traffic of a site: so many flows among so many hosts, three quarters TCP.
 *
 * Flows are opened in shuffled order (SYN, SYN-ACK, first data; for UDP three datagrams), so that
 * neighbours in memory are not neighbours on the wire. Then come packets of flows and directions
 * drawn anew each time: uniformly, the worst case, or as Zipf has it. Most flows are HTTPS and
 * QUIC; 0.5 % of the TCP segments are sent again and 0.3 % come after a gap.
 */
#ifndef WEIR_APP_BENCH_MIX_H
#define WEIR_APP_BENCH_MIX_H

#include "app/bench_frame.h"
#include "base/err.h"

enum { MIX_OPENING = 4 /* packets that open a flow: handshake, request, answer */ };

struct bench_mix {
    uint32_t flows, hosts;
    struct frame_form form;
    bool udp;        /* no TCP at all: such packets may be sent again and again */
    bool zipf;       /* flow k has a share of 1/k */
    uint32_t *seq;   /* per flow and side: how far its sequence numbers have come */
    uint32_t *order; /* in which flows are opened */
};

/* Fills what the caller left zero. False with a sentence when out of memory. */
bool mix_init(struct bench_mix *m, struct err *e);
void mix_fini(struct bench_mix *m);

/* Packet n: the opening first, MIX_OPENING * flows packets. A frame_maker. */
uint32_t mix_packet(void *mix, uint64_t n, uint8_t *to);

/* A packet of an open flow, drawn by `random`. */
uint32_t mix_any(struct bench_mix *m, uint64_t random, uint8_t *to);

#endif
