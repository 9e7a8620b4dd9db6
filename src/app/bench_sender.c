/* bench_sender.c - sends a train by UDP, TCP or ZMQ, as fast as it can or so many messages a second. */
#include "app/bench_sender.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zmq.h>

enum {
    AT_ONCE = 64,
    SEND_BUFFER = 4 << 20,
    PATIENCE_MS = 10000, /* for a subscriber */
    TRIES = 100
};

/* What a sending is made with. */
struct sending {
    struct train *train;
    const struct send_order *order;
    struct send_report *done;
    uint32_t next; /* message of the train */
    nsec_t begin;
    int fd;
    void *context, *socket; /* of ZMQ */
};

/* Sends n messages from number `first` on, all of them. False with errno set. */
typedef bool send_some(struct sending *s, const uint32_t *number, unsigned n);

static bool send_udp(struct sending *s, const uint32_t *number, unsigned n)
{
    struct iovec part[AT_ONCE];
    struct mmsghdr batch[AT_ONCE] = {0};
    for (unsigned i = 0; i < n; i++) {
        const struct datagram *d = &s->train->message[number[i]];
        part[i] = (struct iovec){(void *)(uintptr_t)d->bytes, d->len};
        batch[i].msg_hdr = (struct msghdr){.msg_iov = &part[i], .msg_iovlen = 1};
    }
    for (unsigned sent = 0; sent < n;) {
        int got = sendmmsg(s->fd, batch + sent, n - sent, 0);
        /* A refusal is of an earlier datagram: who was to receive it is gone. */
        if (got == -1 && errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
            return false;
        sent += got > 0 ? (unsigned)got : 0;
    }
    return true;
}

static bool send_tcp(struct sending *s, const uint32_t *number, unsigned n)
{
    struct iovec part[AT_ONCE];
    for (unsigned i = 0; i < n; i++) {
        const struct datagram *d = &s->train->message[number[i]];
        part[i] = (struct iovec){(void *)(uintptr_t)d->bytes, d->len};
    }
    for (unsigned at = 0; at < n;) {
        ssize_t got = writev(s->fd, part + at, (int)(n - at));
        if (got == -1 && errno != EINTR)
            return false;
        while (got > 0 && (size_t)got >= part[at].iov_len)
            got -= (ssize_t)part[at++].iov_len;
        if (got > 0) {
            part[at].iov_base = (char *)part[at].iov_base + got;
            part[at].iov_len -= (size_t)got;
        }
    }
    return true;
}

static bool send_zmq(struct sending *s, const uint32_t *number, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        const struct datagram *d = &s->train->message[number[i]];
        if (zmq_send(s->socket, d->head, d->head_len, ZMQ_SNDMORE) == -1 ||
            zmq_send(s->socket, d->bytes, d->len, 0) == -1)
            return false;
    }
    return true;
}

static bool is_over(const struct sending *s)
{
    if (s->order->messages)
        return s->done->messages >= s->order->messages;
    return clock_mono() - s->begin >= s->order->lasts;
}

static void keep_pace(const struct sending *s)
{
    if (!s->order->rate)
        return;
    nsec_t due = s->begin + (nsec_t)((double)s->done->messages * 1e9 / (double)s->order->rate);
    nsec_t now = clock_mono();
    if (due > now)
        clock_sleep(due - now);
}

/* With a limit small steps, so that what is sent at once is not what is lost. */
static unsigned at_once(const struct sending *s)
{
    const struct send_order *o = s->order;
    unsigned n = o->rate && o->rate < 64000 ? 8 : AT_ONCE;
    uint64_t left = o->messages ? o->messages - s->done->messages : n;
    return left < n ? (unsigned)left : n;
}

static bool send_all(struct sending *s, send_some *some)
{
    nsec_t before = clock_cpu();
    s->begin = clock_mono();
    while (!is_over(s)) {
        uint32_t number[AT_ONCE];
        uint64_t records = 0;
        unsigned n = at_once(s);
        nsec_t now = clock_wall();
        keep_pace(s);
        for (unsigned i = 0; i < n; i++) {
            number[i] = s->next;
            records += train_stamp(s->train, s->next, now);
            s->next = train_next(s->train, s->next);
        }
        if (!some(s, number, n))
            return false;
        s->done->messages += n;
        s->done->records += records;
    }
    s->done->took = clock_mono() - s->begin;
    s->done->cpu = clock_cpu() - before;
    return true;
}

static bool connect_to(struct sending *s, int type)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(s->order->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int size = SEND_BUFFER;
    s->fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (s->fd == -1)
        return false;
    setsockopt(s->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    return connect(s->fd, (struct sockaddr *)&to, sizeof to) == 0;
}

/* A publisher that waits for who is slow, once there is a subscriber at all. */
static bool publish(struct sending *s)
{
    int yes = 1, patience = PATIENCE_MS, linger = PATIENCE_MS;
    char endpoint[64], topic[64];
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%u", s->order->port);
    s->context = zmq_ctx_new();
    s->socket = s->context ? zmq_socket(s->context, ZMQ_XPUB) : NULL;
    if (!s->socket)
        return false;
    zmq_setsockopt(s->socket, ZMQ_XPUB_NODROP, &yes, sizeof yes);
    zmq_setsockopt(s->socket, ZMQ_RCVTIMEO, &patience, sizeof patience);
    zmq_setsockopt(s->socket, ZMQ_LINGER, &linger, sizeof linger);
    return zmq_bind(s->socket, endpoint) == 0 && zmq_recv(s->socket, topic, sizeof topic, 0) > 0;
}

static bool open_way(struct sending *s)
{
    switch (s->order->by) {
    case SEND_UDP:
        return connect_to(s, SOCK_DGRAM);
    case SEND_TCP:
        return connect_to(s, SOCK_STREAM);
    case SEND_ZMQ:
        break;
    }
    return publish(s);
}

static void close_way(struct sending *s)
{
    if (s->fd != -1)
        close(s->fd);
    if (s->socket)
        zmq_close(s->socket);
    if (s->context)
        zmq_ctx_term(s->context);
}

bool train_send(struct train *t, const struct send_order *order, struct send_report *done,
                struct err *e)
{
    static send_some *const ways[] = {
        [SEND_UDP] = send_udp, [SEND_TCP] = send_tcp, [SEND_ZMQ] = send_zmq};
    struct sending s = {.train = t, .order = order, .done = done, .fd = -1};
    *done = (struct send_report){0};
    bool ok = open_way(&s) && send_all(&s, ways[order->by]);
    if (!ok)
        fail(e, "cannot send to port %u: %s", order->port, strerror(errno));
    close_way(&s);
    return ok;
}

int bound_socket(int type, uint16_t *port)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (fd == -1 || bind(fd, (struct sockaddr *)&at, sizeof at) == -1 ||
        getsockname(fd, (struct sockaddr *)&at, &len) == -1) {
        if (fd != -1)
            close(fd);
        return -1;
    }
    *port = ntohs(at.sin_port);
    return fd;
}

uint16_t free_port(void)
{
    for (unsigned i = 0; i < TRIES; i++) {
        uint16_t port = 0;
        int udp = bound_socket(SOCK_DGRAM, &port);
        int tcp = udp == -1 ? -1 : bound_socket(SOCK_STREAM, &port);
        if (udp != -1)
            close(udp);
        if (tcp == -1)
            continue;
        close(tcp);
        return port;
    }
    return 0;
}

nsec_t process_cpu(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * SECOND +
           (r.ru_utime.tv_usec + r.ru_stime.tv_usec) * MICROSECOND;
}
