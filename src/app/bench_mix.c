/* bench_mix.c - traffic of a site: so many flows among so many hosts, three quarters TCP. */
#include "app/bench_mix.h"

#include "base/alloc.h"
#include "net/packet.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { FIRST_SEQ = 1000, PORTS_FROM = 1024, PORTS = 60000 };

/* What a site of today asks for, in per cent. Ports 53 and 80 cost the engine more, because it
 * looks into each of their packets. */
struct service {
    uint16_t port;
    uint8_t percent;
};

static const struct service tcp_services[] = {{443, 82}, {80, 5},  {22, 4},  {993, 3},
                                              {25, 2},   {445, 2}, {3389, 2}};
static const struct service udp_services[] = {{443, 70}, {53, 12}, {123, 4}, {3478, 14}};

static uint16_t service_port(bool tcp, unsigned luck)
{
    const struct service *s = tcp ? tcp_services : udp_services;
    while (luck >= s->percent)
        luck -= s++->percent;
    return s->port;
}

static uint32_t below(uint64_t random, uint32_t n)
{
    return (uint32_t)((random >> 32) * n >> 32);
}

/* Who talks to whom about what; the same whenever the flow is asked for. */
static struct frame_plan plan_of(const struct bench_mix *m, uint32_t flow, bool by_server)
{
    uint64_t random = frame_mix(flow);
    uint32_t client = flow % m->hosts;
    uint32_t server = (uint32_t)((flow * 2654435761ULL + 12345) % m->hosts);
    if (server == client)
        server = (server + 1) % m->hosts;
    bool tcp = flow % 4 != 3 && !m->udp;
    return (struct frame_plan){
        .client = client,
        .server = server,
        .client_port = (uint16_t)(PORTS_FROM + (random & 0xffff) % PORTS),
        .server_port = service_port(tcp, (unsigned)(random >> 16) % 100),
        .is_tcp = tcp,
        .by_server = by_server,
        .payload_len = frame_room(&m->form, tcp),
    };
}

static uint32_t open_flow(struct bench_mix *m, uint32_t flow, unsigned step, uint8_t *to)
{
    static const uint8_t flags[MIX_OPENING] = {TCP_SYN, TCP_SYN | TCP_ACK, TCP_PSH | TCP_ACK,
                                               TCP_PSH | TCP_ACK};
    struct frame_plan p = plan_of(m, flow, step % 2);
    if (p.is_tcp) {
        p.flags = flags[step];
        p.seq = FIRST_SEQ + (step >= 2);
        uint32_t *seq = &m->seq[2 * flow + p.by_server];
        if (step < 2)
            p.payload_len = 0;
        *seq = p.seq + (step < 2 ? 1 : p.payload_len);
    }
    return frame_write(&m->form, &p, to);
}

/* Flow k with a share of 1/k: the inverse of the integral of 1/x. */
static uint32_t draw(const struct bench_mix *m, uint64_t random)
{
    if (!m->zipf)
        return below(random, m->flows);
    double share = (double)(random >> 32) / 4294967296.0;
    uint32_t flow = (uint32_t)exp(share * log((double)m->flows + 1)) - 1;
    return flow < m->flows ? flow : m->flows - 1;
}

uint32_t mix_any(struct bench_mix *m, uint64_t random, uint8_t *to)
{
    uint32_t flow = draw(m, random);
    struct frame_plan p = plan_of(m, flow, random & 1);
    if (p.is_tcp) {
        uint32_t *seq = &m->seq[2 * flow + p.by_server];
        unsigned luck = (unsigned)(random >> 1) % 1000;
        uint32_t gap = luck >= 5 && luck < 8 ? p.payload_len : 0;
        p.flags = TCP_PSH | TCP_ACK;
        p.seq = luck < 5 ? *seq - p.payload_len : *seq + gap;
        if (luck >= 5)
            *seq += gap + p.payload_len;
    }
    return frame_write(&m->form, &p, to);
}

uint32_t mix_packet(void *mix, uint64_t n, uint8_t *to)
{
    struct bench_mix *m = mix;
    if (n < (uint64_t)MIX_OPENING * m->flows)
        return open_flow(m, m->order[n % m->flows], (unsigned)(n / m->flows), to);
    return mix_any(m, frame_mix(0x100000000ULL + n), to);
}

bool mix_init(struct bench_mix *m, struct err *e)
{
    size_t flows = m->flows;
    m->seq = mem_alloc(ACCOUNT_other, 2 * flows * sizeof *m->seq);
    m->order = mem_alloc(ACCOUNT_other, flows * sizeof *m->order);
    if (!m->seq || !m->order) {
        mix_fini(m);
        return fail(e, "no memory for %zu flows to be made", flows);
    }
    /* Touched now, so that it is not taken for the engine's later. */
    memset(m->seq, 0, 2 * flows * sizeof *m->seq);
    for (uint32_t i = 0; i < m->flows; i++) {
        uint32_t other = below(frame_mix(0x200000000ULL + i), i + 1);
        m->order[i] = m->order[other];
        m->order[other] = i;
    }
    return true;
}

void mix_fini(struct bench_mix *m)
{
    mem_free(ACCOUNT_other, m->seq, 2 * (size_t)m->flows * sizeof *m->seq);
    mem_free(ACCOUNT_other, m->order, m->flows * sizeof *m->order);
    m->seq = m->order = NULL;
}
