/* exports.h - exporters' datagrams by hand, for the tests of what a worker collects. */
#ifndef WEIR_TESTS_EXPORTS_H
#define WEIR_TESTS_EXPORTS_H

#include "../codec/messages.h"
#include "by_hand.h"
#include "codec/export_packet.h"

/* A live collector of n workers. */
static inline struct engine *hand_collector(const struct engine_config *c, const struct script *s,
                                            unsigned n)
{
    struct engine_config config = *c;
    config.export_port = EXPORT_PORT_ANY;
    return hand_engine(&config, s, n, true);
}

static inline struct addr hand_ip(uint32_t a)
{
    const uint8_t four[4] = {(uint8_t)(a >> 24), (uint8_t)(a >> 16), (uint8_t)(a >> 8), (uint8_t)a};
    return addr_v4(four);
}

/* What a v5 record says; everything else is zero. */
struct v5_flow {
    uint32_t src, dst, packets, bytes;
    uint16_t sport, dport, in_if, out_if;
};

/* A NetFlow v5 message of one TCP flow that lasted from 10 to 5 seconds before it. */
static inline struct message_bytes v5_message(nsec_t now, uint32_t sequence,
                                              const struct v5_flow *f)
{
    enum { UPTIME = 1000000 };
    struct message_bytes m = {.len = 0};
    put(&m, 5, 2);
    put(&m, 1, 2);
    put(&m, UPTIME, 4);
    put(&m, (uint64_t)(now / SECOND), 4);
    put(&m, 0, 4);
    put(&m, sequence, 4);
    put(&m, 0, 4);
    put(&m, f->src, 4);
    put(&m, f->dst, 4);
    put(&m, 0, 4);
    put(&m, f->in_if, 2);
    put(&m, f->out_if, 2);
    put(&m, f->packets, 4);
    put(&m, f->bytes, 4);
    put(&m, UPTIME - 10000, 4);
    put(&m, UPTIME - 5000, 4);
    put(&m, f->sport, 2);
    put(&m, f->dport, 2);
    put(&m, 0x00100600, 4); /* padding, ACK, TCP, type of service */
    put(&m, 0, 8);
    return m;
}

/* The worker is given a message that came from this address. */
static inline void hear(struct worker *w, uint32_t from, nsec_t now, const struct message_bytes *m)
{
    const struct datagram d = {.bytes = m->at,
                               .len = m->len,
                               .from = hand_ip(from),
                               .from_port = 2055,
                               .to_port = 2055,
                               .received = now};
    collect_datagram(w, &d, (uint32_t)m->len);
}

#endif
