/* plug.h - what the engine asks of those who feed it and those who take from it.
 *
 * io and app fill these tables; the engine knows nobody by name.
 */
#ifndef WEIR_ENGINE_PLUG_H
#define WEIR_ENGINE_PLUG_H

#include "base/counter.h"
#include "base/err.h"
#include "base/notice.h"
#include "codec/collector.h"
#include "model/record.h"
#include "net/packet.h"

/* The packet path drains its pipeline at the end of a burst: with 1024 instead of 256 frames a packet
 * costs 5 ns less at 100 k flows, and with more nothing is won. */
enum { BURST_FRAMES = 1024 };

/* Frames that point into the source's memory and stay valid until its next read. Where the source is a
 * collector's, n datagrams of exporters instead. */
struct burst {
    unsigned n;
    nsec_t now; /* live: the wall clock when the read returned, also without frames; files: 0 */
    const struct datagram *datagram;
    struct frame frame[BURST_FRAMES];
};

enum source_result {
    SOURCE_OK,   /* n > 0 frames */
    SOURCE_IDLE, /* nothing came before the time was over */
    SOURCE_END,  /* a file's end: nothing will come any more; source_damage() tells if it was cut */
    SOURCE_LOST  /* an interface went away; keep reading, it tells by itself when it is back */
};

/* What a source knows about loss. Written by the source's thread, read by any. */
struct source_counts {
    counter_t received;          /* frames handed to the engine */
    counter_t received_bytes;    /* their wire bytes */
    counter_t kernel_dropped;    /* frames the kernel had no room for */
    counter_t interface_dropped; /* frames the card or driver lost, where it says so */
    counter_t ring_full;         /* times the kernel's ring was full and it had to drop */
    counter_t filtered; /* frames that the packet filter (-B) took out of a file; not received */
    counter_t damaged;  /* capture records that could not be read */
    counter_t position,
        size; /* bytes read and whole size of a file, for progress; size 0 = unknown */
};

struct source;

struct source_ops {
    /* Fills *b, waiting at most timeout_ms (0 = not at all) for a first frame. Frames of the
     * previous read become invalid. The worker's thread. */
    enum source_result (*read)(struct source *s, struct burst *b, int timeout_ms);
    /* Wakes a read that waits; any thread. */
    void (*wake)(struct source *s);
    void (*close)(struct source *s);
};

/* One capture queue: what one worker reads. Implementations put this first in their own struct. */
struct source {
    const struct source_ops *ops;
    struct source_counts counts;
    char name[64];       /* "eth0", "file.pcap" */
    char kind[16];       /* "afpacket", "pcap" ... */
    struct notice state; /* "up", "down", "absent"; why, in words. Changed rarely, for people */
    /* Packet time drives everything. Reads wait for a pipe, and for the clock at original speed. */
    bool is_file;
    /* Its bursts are datagrams of exporters, and what it counts as received are those. */
    bool is_collector;
    /* All workers of a file read all of it and each keeps its share (see worker.h); the queues of
     * an interface share its packets by the kernel's fan-out. */
    bool sees_all;
    char damage[256]; /* after SOURCE_END: "" or where and why the file ends early */
};

/* Where ended and continued flows go. */
struct sink {
    /* Takes one record, borrowed for the call. The worker's thread: must not block. */
    void (*record)(struct sink *s, const struct record *r);
};

#endif
