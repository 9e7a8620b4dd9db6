/* source_udp.c - where exporters send their flows (-i udp://[address]:port).
 *
 * Each worker has a socket on each port. Datagrams are taken by the hundred (recvmmsg) into one arena
 * of places that are as large as a datagram can be, of which only the pages that were ever written
 * are there. What a socket had no room for is asked of the kernel at each read, so that received and
 * dropped add up to what was sent.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "io/sources.h"
#include "io/udp_socket.h"
#include "io/wakeup.h"

enum { BATCH = 256, PLACE = 65536 };

static const char PREFIX[] = "udp://";

struct source_udp {
    struct source base;
    struct udp_address address;
    int fd[UDP_PORTS];
    uint32_t drops[UDP_PORTS]; /* as the kernel last said */
    unsigned sockets, next;    /* next: who is asked first, so that no port starves another */
    struct wakeup wakeup;
    struct mmsghdr message[BATCH];
    struct iovec piece[BATCH];
    struct sockaddr_storage from[BATCH];
    struct datagram datagram[BATCH];
    uint8_t *arena; /* BATCH places */
};

static struct source_udp *self(struct source *base)
{
    return (struct source_udp *)base;
}

static void count_drops(struct source_udp *s)
{
    for (unsigned i = 0; i < s->sockets; i++) {
        uint32_t drops = udp_socket_drops(s->fd[i]);
        counter_add(&s->base.counts.kernel_dropped, drops - s->drops[i]);
        counter_add(&s->base.counts.ring_full, drops != s->drops[i]);
        s->drops[i] = drops;
    }
}

/* What waits at one socket. Returns how many. */
static unsigned take_from(struct source_udp *s, unsigned socket)
{
    for (unsigned i = 0; i < BATCH; i++)
        s->message[i].msg_hdr.msg_namelen = sizeof s->from[i];
    int got = recvmmsg(s->fd[socket], s->message, BATCH, MSG_DONTWAIT, NULL);
    nsec_t now = clock_wall();
    for (int i = 0; i < got; i++) {
        struct datagram *d = &s->datagram[i];
        *d = (struct datagram){.bytes = s->arena + (size_t)i * PLACE,
                               .len = s->message[i].msg_len,
                               .to_port = s->address.port[socket],
                               .received = now};
        d->from = udp_address_of(&s->from[i], &d->from_port);
        counter_add(&s->base.counts.received_bytes, d->len);
    }
    if (got <= 0)
        return 0;
    counter_add(&s->base.counts.received, (uint64_t)got);
    return (unsigned)got;
}

static unsigned take(struct source_udp *s)
{
    for (unsigned i = 0; i < s->sockets; i++) {
        unsigned socket = s->next;
        s->next = (s->next + 1) % s->sockets;
        unsigned got = take_from(s, socket);
        if (got)
            return got;
    }
    return 0;
}

static void wait_for(struct source_udp *s, int timeout_ms)
{
    struct pollfd fds[UDP_PORTS + 1] = {{.fd = s->wakeup.read_fd, .events = POLLIN}};
    for (unsigned i = 0; i < s->sockets; i++)
        fds[i + 1] = (struct pollfd){.fd = s->fd[i], .events = POLLIN};
    poll(fds, s->sockets + 1, timeout_ms);
    wakeup_clear(&s->wakeup);
}

static enum source_result source_udp_read(struct source *base, struct burst *b, int timeout_ms)
{
    struct source_udp *s = self(base);
    b->datagram = s->datagram;
    b->n = take(s);
    if (!b->n && timeout_ms > 0) {
        wait_for(s, timeout_ms);
        b->n = take(s);
    }
    count_drops(s);
    b->now = clock_wall();
    return b->n ? SOURCE_OK : SOURCE_IDLE;
}

static void source_udp_wake(struct source *base)
{
    wakeup_send(&self(base)->wakeup);
}

static void source_udp_close(struct source *base)
{
    struct source_udp *s = self(base);
    for (unsigned i = 0; i < s->sockets; i++)
        close(s->fd[i]);
    wakeup_fini(&s->wakeup);
    mem_free(ACCOUNT_capture, s->arena, (size_t)BATCH * PLACE);
    mem_free(ACCOUNT_capture, s, sizeof *s);
}

static const struct source_ops source_udp_ops = {
    .read = source_udp_read,
    .wake = source_udp_wake,
    .close = source_udp_close,
};

bool source_udp_takes(const char *spec)
{
    return !strncmp(spec, PREFIX, sizeof PREFIX - 1);
}

static bool set_up(struct source_udp *s, struct udp_address *address, unsigned number,
                   unsigned workers, const char *spec, uint64_t buffer, struct err *e)
{
    if (!(s->arena = mem_alloc(ACCOUNT_capture, (size_t)BATCH * PLACE)))
        return fail(e, "%s: out of memory", spec);
    if (!wakeup_init(&s->wakeup, e))
        return false;
    for (unsigned i = 0; i < address->ports; i++) {
        int fd = udp_socket_open(address, i, SOCK_DGRAM, number, workers, buffer, spec, e);
        if (fd == -1)
            return false;
        s->fd[s->sockets++] = fd;
    }
    s->address = *address;
    for (unsigned i = 0; i < BATCH; i++) {
        s->piece[i] = (struct iovec){.iov_base = s->arena + (size_t)i * PLACE, .iov_len = PLACE};
        s->message[i].msg_hdr = (struct msghdr){.msg_name = &s->from[i],
                                                .msg_namelen = sizeof s->from[i],
                                                .msg_iov = &s->piece[i],
                                                .msg_iovlen = 1};
    }
    snprintf(s->base.name, sizeof s->base.name, "%.63s", spec);
    snprintf(s->base.kind, sizeof s->base.kind, "udp");
    notice_set(&s->base.state, "up");
    s->base.is_collector = true;
    return true;
}

bool source_udp_open(const char *spec, const struct source_options *options, unsigned workers,
                     struct source **out, unsigned *n, struct err *e)
{
    struct udp_address address;
    *n = 0;
    if (!udp_address_parse(spec + sizeof PREFIX - 1, spec, &address, e))
        return false;
    while (*n < workers) {
        struct source_udp *s = mem_alloc(ACCOUNT_capture, sizeof *s);
        if (s) {
            s->base.ops = &source_udp_ops;
            s->wakeup = (struct wakeup){-1, -1};
            out[(*n)++] = &s->base;
        } else {
            fail(e, "%s: out of memory", spec);
        }
        if (!s || !set_up(s, &address, *n - 1, workers, spec, options->ring_bytes, e)) {
            sources_close(out, n);
            return false;
        }
    }
    return true;
}
