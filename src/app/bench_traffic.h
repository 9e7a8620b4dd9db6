/* bench_traffic.h - a source of generated packets that also holds the stop-watch.
 *
 * Flows are made in shuffled order, so that neighbours in memory are not neighbours on the wire;
 * each is opened (SYN, SYN-ACK, first data; for UDP three datagrams) before anything is measured.
 * Then packets of uniformly random flows and directions come from one large buffer. Sequence
 * numbers go on from pass to pass: without that a second pass would be all retransmissions.
 */
#ifndef WEIR_APP_BENCH_TRAFFIC_H
#define WEIR_APP_BENCH_TRAFFIC_H

#include "engine/plug.h"

enum {
    BENCH_FRAME = 64,    /* bytes of a frame */
    BENCH_CHUNK = 32768, /* packets between two looks at the stop-watch */
    BENCH_CHUNKS = 8192, /* most looks of one run */
};

struct bench_config {
    uint32_t flows, hosts;
    uint32_t packets;   /* in the buffer */
    nsec_t measure;     /* CPU time to measure */
    bool same_sequence; /* for the floor, which does not look at them */
};

/* Memory of the process and its accounts at a moment. */
struct bench_memory {
    uint64_t rss, huge;
    uint64_t flows, hosts, index; /* accounts */
};

/* The generated traffic of one run. Used by one thread at a time. */
struct bench_traffic {
    struct bench_config config;
    uint8_t *frames;   /* config.packets of BENCH_FRAME bytes */
    uint32_t *flow_of; /* per frame: flow << 1 | sent by the server */
    uint32_t *advance; /* per flow and side: how far a pass moves its sequence numbers */
    uint32_t *shuffle; /* order in which flows are opened */
    uint32_t served;   /* frames of the present pass, or of the opening */
    int passes;        /* how often the buffer was turned */
    bool is_open;      /* the opening is over */
    nsec_t now;        /* packet time */
    uint64_t measured; /* packets */
    nsec_t chunk_start, spent;
    uint32_t chunk_packets;
    unsigned chunks;
    float ns[BENCH_CHUNKS]; /* nanoseconds a packet of each chunk */
    struct bench_memory before, after;
    uint8_t scratch[BURST_FRAMES][BENCH_FRAME];
};

/* Makes the packets. False with a sentence when out of memory. */
bool bench_traffic_init(struct bench_traffic *t, const struct bench_config *config, struct err *e);
void bench_traffic_fini(struct bench_traffic *t);

/* Begins another run over the same packets. */
void bench_traffic_rewind(struct bench_traffic *t);

/* A source over it, for one run; closing it leaves the traffic alone. */
struct source *bench_source(struct bench_traffic *t, struct err *e);

/* Resident memory, huge pages and accounts of this process now. */
struct bench_memory bench_memory_now(void);

#endif
