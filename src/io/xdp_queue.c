/* xdp_queue.c - one AF_XDP socket on one receive queue, with its memory, for source_xdp alone.
 *
 * Chunks of 2048 bytes hold a frame of 1500 and the 256 bytes that the kernel keeps in front. A
 * longer one comes in several chunks: its first holds all headers, the length of all is summed, so
 * nothing is ever copied together.
 */
#include "io/xdp_queue.h"

#include <assert.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_xdp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "io/packet_filter.h"

enum {
    CHUNK = 2048,
    CHUNKS_MIN = 512,
    CHUNKS_MAX = 1 << 20,
    /* Linux 6.6: frames of several chunks, which older headers lack. */
    BIND_PIECES = 1 << 4,
    DESC_CONTINUES = 1 << 0,
    LINK_ETHERNET = 1
};

/* The largest power of two of chunks that fits. */
static uint32_t chunks_in(uint64_t bytes)
{
    uint32_t n = CHUNKS_MIN;
    while (n < CHUNKS_MAX && (uint64_t)n * 2 * CHUNK <= bytes)
        n *= 2;
    return n;
}

static bool make_umem(struct xdp_queue *q, const char *name, uint64_t bytes, struct err *e)
{
    q->chunks = chunks_in(bytes);
    q->size = (size_t)q->chunks * CHUNK;
    q->memory = mem_reserve(ACCOUNT_capture, q->size);
    if (!q->memory)
        return fail(e, "xdp:%s: no memory of %zu MB for capture; try a smaller --ring", name,
                    q->size >> 20);
    mem_touch(ACCOUNT_capture, q->size);
    /* The kernel tells that it took a chunk a moment after the frame in it is seen here, so the
     * fill ring needs room for some that are in both places. */
    struct xsk_umem_config config = {.fill_size = q->chunks * 2,
                                     .comp_size = XSK_RING_CONS__DEFAULT_NUM_DESCS,
                                     .frame_size = CHUNK};
    int why = xsk_umem__create(&q->umem, q->memory, q->size, &q->fill, &q->unused, &config);
    if (why == -ENOBUFS)
        return fail(
            e,
            "xdp:%s: this user may not lock %zu MB in memory; try a smaller --ring, or give "
            "cap_ipc_lock",
            name, q->size >> 20);
    return why == 0 || fail(e, "xdp:%s: %zu MB for capture cannot be had: %s; try a smaller --ring",
                            name, q->size >> 20, strerror(-why));
}

/* One try, in one mode. The negative error number, or 0. */
static int try_bind(struct xdp_queue *q, const char *name, unsigned number, unsigned flags)
{
    struct xsk_socket_config config = {
        .rx_size = q->chunks,
        /* The program is our own business (xdp_program.h). */
        .libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
        .bind_flags = (uint16_t)flags,
    };
    return xsk_socket__create(&q->socket, name, number, q->umem, &q->rx, NULL, &config);
}

static void offer_all_chunks(struct xdp_queue *q)
{
    uint32_t at, room = xsk_ring_prod__reserve(&q->fill, q->chunks, &at);
    assert(room == q->chunks);
    for (uint32_t i = 0; i < q->chunks; i++)
        *xsk_ring_prod__fill_addr(&q->fill, at + i) = (uint64_t)i * CHUNK;
    xsk_ring_prod__submit(&q->fill, q->chunks);
}

bool xdp_queue_open(struct xdp_queue *q, const char *name, unsigned number, uint64_t bytes,
                    struct err *e)
{
    /* Best first. All tries are with the same memory: what is given back is counted against the
     * user's limit for a while. */
    static const unsigned modes[] = {
        XDP_ZEROCOPY | XDP_USE_NEED_WAKEUP | BIND_PIECES,
        XDP_ZEROCOPY | XDP_USE_NEED_WAKEUP,
        XDP_COPY | XDP_USE_NEED_WAKEUP | BIND_PIECES,
        XDP_COPY | XDP_USE_NEED_WAKEUP,
        XDP_COPY,
    };
    *q = (struct xdp_queue){0};
    if (!make_umem(q, name, bytes, e)) {
        xdp_queue_close(q);
        return false;
    }
    int why = -1;
    for (unsigned i = 0; i < sizeof modes / sizeof *modes && why != 0; i++) {
        why = try_bind(q, name, number, modes[i]);
        q->is_zero_copy = modes[i] & XDP_ZEROCOPY;
    }
    if (why == 0) {
        offer_all_chunks(q);
        return true;
    }
    q->socket = NULL;
    xdp_queue_close(q);
    if (why == -EBUSY)
        return fail(e, "xdp:%s: receive queue %u is taken by another program, perhaps another weir",
                    name, number);
    return fail(e, "xdp:%s: no AF_XDP socket on receive queue %u: %s", name, number,
                strerror(-why));
}

void xdp_queue_close(struct xdp_queue *q)
{
    if (q->socket)
        xsk_socket__delete(q->socket);
    if (q->umem)
        xsk_umem__delete(q->umem);
    if (q->memory)
        mem_release(ACCOUNT_capture, q->memory, q->size, q->size);
    *q = (struct xdp_queue){0};
}

int xdp_queue_fd(const struct xdp_queue *q)
{
    return q->socket ? xsk_socket__fd(q->socket) : -1;
}

void xdp_queue_give_back(struct xdp_queue *q)
{
    uint32_t at;
    if (q->lent == 0)
        return;
    /* The entries are still ours: only now does the ring's tail move past them. */
    uint32_t first = q->rx.cached_cons - q->lent;
    uint32_t room = xsk_ring_prod__reserve(&q->fill, q->lent, &at);
    assert(room == q->lent); /* it holds twice as many as there are */
    for (uint32_t i = 0; i < q->lent; i++)
        *xsk_ring_prod__fill_addr(&q->fill, at + i) =
            xsk_ring_cons__rx_desc(&q->rx, first + i)->addr & ~(uint64_t)(CHUNK - 1);
    xsk_ring_prod__submit(&q->fill, q->lent);
    xsk_ring_cons__release(&q->rx, q->lent);
    q->lent = 0;
}

/* The frame that begins at entry `at`; how many of the n entries it takes, 0 when its end is not
 * among them. */
static uint32_t frame_at(const struct xdp_queue *q, uint32_t at, uint32_t n, struct frame *f)
{
    const struct xdp_desc *d = xsk_ring_cons__rx_desc(&q->rx, at);
    *f = (struct frame){
        .bytes = q->memory + d->addr, .cap_len = d->len, .wire_len = d->len, .link = LINK_ETHERNET};
    uint32_t used = 1;
    while (d->options & DESC_CONTINUES) {
        if (used == n)
            return 0;
        d = xsk_ring_cons__rx_desc(&q->rx, at + used++);
        f->wire_len += d->len;
    }
    return used;
}

bool xdp_queue_take(struct xdp_queue *q, const struct xdp_take *t, struct burst *b)
{
    uint32_t at, used = 0;
    uint64_t bytes = 0, refused = 0;
    uint32_t n = xsk_ring_cons__peek(&q->rx, BURST_FRAMES, &at);
    b->n = 0;
    while (used < n) {
        struct frame *f = &b->frame[b->n];
        uint32_t entries = frame_at(q, at + used, n - used, f);
        if (entries == 0)
            break;
        used += entries;
        f->ts = t->now;
        if (f->cap_len > t->snaplen)
            f->cap_len = t->snaplen;
        if (t->filter && !packet_filter_match(t->filter, f)) {
            refused++;
            continue;
        }
        bytes += f->wire_len;
        b->n++;
    }
    /* The rest of a frame comes with the next take. */
    xsk_ring_cons__cancel(&q->rx, n - used);
    q->lent = used;
    counter_add(&t->counts->received, b->n);
    counter_add(&t->counts->received_bytes, bytes);
    if (refused)
        counter_add(&t->counts->filtered, refused);
    return used > 0;
}

void xdp_queue_count(struct xdp_queue *q, struct source_counts *counts)
{
    struct xdp_statistics stats = {0};
    socklen_t len = sizeof stats;
    if (!q->socket || getsockopt(xdp_queue_fd(q), SOL_XDP, XDP_STATISTICS, &stats, &len) == -1)
        return;
    uint64_t dropped = stats.rx_dropped + stats.rx_ring_full;
    uint64_t starved = stats.rx_fill_ring_empty_descs + stats.rx_ring_full;
    counter_add(&counts->kernel_dropped, dropped - q->dropped);
    counter_add(&counts->ring_full, starved - q->starved);
    q->dropped = dropped;
    q->starved = starved;
}

unsigned xdp_queues_of(const char *name)
{
    struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
    struct ifreq request = {.ifr_data = (char *)&channels};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool known = fd != -1 && ioctl(fd, SIOCETHTOOL, &request) == 0;
    if (fd != -1)
        close(fd);
    unsigned n = known ? channels.combined_count + channels.rx_count : 0;
    return n ? n : 1;
}
