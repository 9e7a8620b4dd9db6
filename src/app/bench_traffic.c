/* bench_traffic.c - a source of generated packets that also holds the stop-watch. */
#include "app/bench_traffic.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    IP_AT = 14,
    L4_AT = 34,
    IP_BYTES = BENCH_FRAME - IP_AT,
    TCP_PAYLOAD = IP_BYTES - 40,
    OPENING = 3,     /* packets that open a flow */
    PACKET_NS = 100, /* packet time between two packets: 10 Mpps */
    FIRST_SEQ = 1000,
    LOCAL_HOSTS = 1000,
};

struct bench_source {
    struct source source; /* first: what the engine sees */
    struct bench_traffic *traffic;
};

/* Mixes a number into another; the same on every machine, so that runs can be compared. */
static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
    return x ^ x >> 31;
}

static uint32_t below(uint64_t random, uint32_t n)
{
    return (uint32_t)((random >> 32) * n >> 32);
}

static void put_be16(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static void put_be32(uint8_t *to, uint32_t value)
{
    put_be16(to, value >> 16);
    put_be16(to + 2, value);
}

static bool is_tcp(uint32_t flow)
{
    return flow % 4 != 3;
}

/* The first thousand are local (10.0.0.0/8), as on a site of some size; the rest is the world. */
static uint32_t host_addr(uint32_t host)
{
    return (host < LOCAL_HOSTS ? 0x0a000000 : 0x20000000) + host;
}

/* What a site of today asks for, in per cent: most of it is HTTPS and QUIC. Ports 53 and 80 cost the
 * engine more, because it looks into each of their packets. */
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

/* A packet of the flow; payload 0 makes a bare TCP segment, padded to the frame's size. */
static void build(const struct bench_config *c, uint8_t *to, uint32_t flow, bool by_server,
                  uint8_t flags, uint32_t seq, unsigned payload)
{
    uint64_t random = mix(flow);
    uint32_t client = flow % c->hosts;
    uint32_t server = (uint32_t)((flow * 2654435761ULL + 12345) % c->hosts);
    if (server == client)
        server = (server + 1) % c->hosts;
    uint32_t port[2] = {1024 + (uint32_t)(random & 0xffff) % 60000,
                        service_port(is_tcp(flow), (unsigned)(random >> 16) % 100)};
    uint32_t addr[2] = {host_addr(client), host_addr(server)};

    memset(to, 0, BENCH_FRAME);
    memcpy(to, "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x08\x00", IP_AT);
    uint8_t *ip = to + IP_AT, *l4 = to + L4_AT;
    ip[0] = 0x45;
    ip[6] = 0x40;
    ip[8] = 64;
    put_be32(ip + 12, addr[by_server]);
    put_be32(ip + 16, addr[!by_server]);
    put_be16(l4, port[by_server]);
    put_be16(l4 + 2, port[!by_server]);
    if (is_tcp(flow)) {
        put_be16(ip + 2, 40 + payload);
        ip[9] = 6;
        put_be32(l4 + 4, seq);
        put_be32(l4 + 8, FIRST_SEQ);
        l4[12] = 0x50;
        l4[13] = flags;
        put_be16(l4 + 14, 8192);
    } else {
        put_be16(ip + 2, IP_BYTES);
        ip[9] = 17;
        put_be16(l4 + 4, IP_BYTES - 20);
    }
}

/* 0.5 % of the TCP segments are sent again, 0.3 % come after a gap. */
static void make_packet(struct bench_traffic *t, uint32_t i)
{
    uint64_t random = mix(0x100000000ULL + i);
    uint32_t flow = below(random, t->config.flows);
    bool by_server = random & 1;
    uint32_t *advance = &t->advance[2 * flow + by_server];
    /* The opening took one number for the SYN and, from the client, one payload. */
    uint32_t seq = FIRST_SEQ + 1 + (by_server ? 0U : TCP_PAYLOAD) + *advance;
    unsigned luck = (unsigned)(random >> 1) % 1000;
    if (luck < 5) {
        seq -= TCP_PAYLOAD;
    } else {
        seq += luck < 8 ? TCP_PAYLOAD : 0;
        *advance += luck < 8 ? 2 * TCP_PAYLOAD : TCP_PAYLOAD;
    }
    t->flow_of[i] = flow << 1 | by_server;
    build(&t->config, t->frames + (size_t)i * BENCH_FRAME, flow, by_server, TCP_PSH | TCP_ACK, seq,
          TCP_PAYLOAD);
}

/* Back to the first frame, with the sequence numbers of the next pass (or back to the first pass). */
static void turn(struct bench_traffic *t, bool forward)
{
    t->served = 0;
    if (t->config.same_sequence)
        return;
    for (uint32_t i = 0; i < t->config.packets; i++) {
        uint32_t flow = t->flow_of[i] >> 1;
        if (!is_tcp(flow))
            continue;
        uint8_t *seq = t->frames + (size_t)i * BENCH_FRAME + L4_AT + 4;
        uint32_t was =
            (uint32_t)seq[0] << 24 | (uint32_t)seq[1] << 16 | (uint32_t)seq[2] << 8 | seq[3];
        uint32_t by = t->advance[2 * flow + (t->flow_of[i] & 1)];
        put_be32(seq, forward ? was + by : was - by);
    }
    t->passes += forward ? 1 : -1;
}

bool bench_traffic_init(struct bench_traffic *t, const struct bench_config *config, struct err *e)
{
    *t = (struct bench_traffic){.config = *config};
    size_t packets = config->packets, flows = config->flows;
    t->frames = mem_reserve(ACCOUNT_other, packets * BENCH_FRAME);
    t->flow_of = mem_alloc(ACCOUNT_other, packets * sizeof *t->flow_of);
    t->advance = mem_alloc(ACCOUNT_other, 2 * flows * sizeof *t->advance);
    t->shuffle = mem_alloc(ACCOUNT_other, flows * sizeof *t->shuffle);
    if (!t->frames || !t->flow_of || !t->advance || !t->shuffle) {
        bench_traffic_fini(t);
        return fail(e, "no memory for %zu generated packets", packets);
    }
    for (uint32_t i = 0; i < config->flows; i++) {
        uint32_t other = below(mix(0x200000000ULL + i), i + 1);
        t->shuffle[i] = t->shuffle[other];
        t->shuffle[other] = i;
    }
    for (uint32_t i = 0; i < config->packets; i++)
        make_packet(t, i);
    bench_traffic_rewind(t);
    return true;
}

void bench_traffic_fini(struct bench_traffic *t)
{
    size_t packets = t->config.packets, flows = t->config.flows;
    mem_release(ACCOUNT_other, t->frames, packets * BENCH_FRAME, 0);
    mem_free(ACCOUNT_other, t->flow_of, packets * sizeof *t->flow_of);
    mem_free(ACCOUNT_other, t->advance, 2 * flows * sizeof *t->advance);
    mem_free(ACCOUNT_other, t->shuffle, flows * sizeof *t->shuffle);
    t->frames = NULL;
    t->flow_of = t->advance = t->shuffle = NULL;
}

void bench_traffic_rewind(struct bench_traffic *t)
{
    while (t->passes > 0)
        turn(t, false);
    t->served = 0;
    t->is_open = false;
    t->now = 1700000000 * SECOND;
    t->measured = 0;
    t->spent = 0;
    t->chunks = t->chunk_packets = 0;
    t->before = bench_memory_now();
}

static struct frame frame_at(struct bench_traffic *t, const uint8_t *bytes)
{
    t->now += PACKET_NS;
    return (struct frame){
        .bytes = bytes, .ts = t->now, .cap_len = BENCH_FRAME, .wire_len = BENCH_FRAME, .link = 1};
}

/* The packets that open the flows, built as they go. */
static void serve_opening(struct bench_traffic *t, struct burst *b)
{
    uint32_t all = OPENING * t->config.flows;
    for (b->n = 0; b->n < BURST_FRAMES && t->served < all; b->n++, t->served++) {
        static const uint8_t flags[OPENING] = {TCP_SYN, TCP_SYN | TCP_ACK, TCP_PSH | TCP_ACK};
        uint32_t step = t->served / t->config.flows;
        uint32_t flow = t->shuffle[t->served % t->config.flows];
        build(&t->config, t->scratch[b->n], flow, step == 1, flags[step], FIRST_SEQ + (step == 2),
              step == 2 ? TCP_PAYLOAD : 0);
        b->frame[b->n] = frame_at(t, t->scratch[b->n]);
    }
    if (t->served == all) {
        t->served = 0;
        t->is_open = true;
        t->chunk_start = 0;
    }
}

/* Called at the border between two bursts. False when enough has been measured. */
static bool look_at_watch(struct bench_traffic *t)
{
    nsec_t now = clock_cpu();
    if (t->chunk_start && t->chunk_packets >= BENCH_CHUNK) {
        nsec_t took = now - t->chunk_start;
        t->ns[t->chunks++] = (float)took / (float)t->chunk_packets;
        t->spent += took;
        t->measured += t->chunk_packets;
        if (t->spent >= t->config.measure || t->chunks == BENCH_CHUNKS)
            return false;
    }
    t->chunk_packets = 0;
    return true;
}

static void serve_measured(struct bench_traffic *t, struct burst *b)
{
    const uint8_t *bytes = t->frames + (size_t)t->served * BENCH_FRAME;
    uint32_t n = t->config.packets - t->served;
    if (n > BURST_FRAMES)
        n = BURST_FRAMES;
    /* The time in a register and each frame written where it belongs: 1 ns a packet, not 9. */
    nsec_t now = t->now;
    for (uint32_t i = 0; i < n; i++) {
        struct frame *f = &b->frame[i];
        now += PACKET_NS;
        f->bytes = bytes;
        f->ts = now;
        f->cap_len = f->wire_len = BENCH_FRAME;
        f->link = 1;
        f->vlan = 0;
        f->outgoing = false;
        bytes += BENCH_FRAME;
    }
    t->now = now;
    b->n = n;
    t->served += n;
    t->chunk_packets += n;
}

static enum source_result bench_read(struct source *s, struct burst *b, int timeout_ms)
{
    (void)timeout_ms;
    struct bench_traffic *t = ((struct bench_source *)s)->traffic;
    b->now = 0;
    if (!t->is_open) {
        serve_opening(t, b);
    } else {
        bool is_turn = t->served == t->config.packets;
        if (!t->chunk_start || t->chunk_packets >= BENCH_CHUNK || is_turn) {
            if (!look_at_watch(t)) {
                t->after = bench_memory_now();
                return SOURCE_END;
            }
            if (is_turn)
                turn(t, true);
            t->chunk_start = clock_cpu();
        }
        serve_measured(t, b);
    }
    counter_add(&s->counts.received, b->n);
    counter_add(&s->counts.received_bytes, (uint64_t)b->n * BENCH_FRAME);
    return SOURCE_OK;
}

static void bench_wake(struct source *s)
{
    (void)s;
}

static void bench_close(struct source *s)
{
    mem_free(ACCOUNT_other, s, sizeof(struct bench_source));
}

struct source *bench_source(struct bench_traffic *t, struct err *e)
{
    static const struct source_ops ops = {
        .read = bench_read, .wake = bench_wake, .close = bench_close};
    struct bench_source *b = mem_alloc(ACCOUNT_other, sizeof *b);
    if (!b) {
        fail(e, "no memory for the source of generated packets");
        return NULL;
    }
    b->traffic = t;
    b->source.ops = &ops;
    b->source.is_file = true;
    memcpy(b->source.name, "bench", sizeof "bench");
    memcpy(b->source.kind, "generated", sizeof "generated");
    return &b->source;
}

/* The kilobytes behind a word of /proc/self/smaps_rollup, in bytes. */
static uint64_t kilobytes(const char *text, const char *word)
{
    const char *at = strstr(text, word);
    unsigned long long value = 0;
    return at && sscanf(at + strlen(word), "%llu", &value) == 1 ? value * 1024 : 0;
}

struct bench_memory bench_memory_now(void)
{
    struct bench_memory m = {
        .flows = mem_used(ACCOUNT_flows) + mem_used(ACCOUNT_names) + mem_used(ACCOUNT_dpi),
        .hosts = mem_used(ACCOUNT_hosts),
        .index = mem_used(ACCOUNT_index),
    };
    char text[2048] = "";
    FILE *f = fopen("/proc/self/smaps_rollup", "re");
    if (f) {
        size_t n = fread(text, 1, sizeof text - 1, f);
        text[n] = '\0';
        fclose(f);
    }
    m.rss = kilobytes(text, "Rss:");
    m.huge = kilobytes(text, "AnonHugePages:");
    return m;
}
