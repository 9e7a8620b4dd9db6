/* source_ipfix.c - IPFIX as a stream: exporters that connect (-i ipfix://[address]:port), and files.
 *
 * A connection is a session: its templates are its own, and nothing is lost in it. A connection on
 * which something else than IPFIX comes is closed. A file is read by each worker, as captures are.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "io/ipfix_stream.h"
#include "io/sources.h"
#include "io/udp_socket.h"
#include "io/wakeup.h"

enum { BATCH = 256, CONNECTIONS = 64 };

static const char PREFIX[] = "ipfix://";

struct connection {
    int fd; /* -1 = free */
    struct addr from;
    uint16_t from_port, to_port;
    struct ipfix_stream stream;
};

struct source_ipfix {
    struct source base;
    struct udp_address address;
    int listen[UDP_PORTS];
    unsigned sockets, next;
    struct wakeup wakeup;
    struct connection connection[CONNECTIONS]; /* a file is the first one */
    struct datagram datagram[BATCH];
};

static struct source_ipfix *self(struct source *base)
{
    return (struct source_ipfix *)base;
}

static void hang_up(struct connection *c)
{
    if (c->fd == -1)
        return;
    close(c->fd);
    if (c->stream.bytes)
        mem_free(ACCOUNT_capture, c->stream.bytes, IPFIX_STREAM_BYTES);
    *c = (struct connection){.fd = -1};
}

static bool take_up(struct connection *c, int fd)
{
    *c = (struct connection){.fd = fd};
    c->stream.bytes = mem_alloc(ACCOUNT_capture, IPFIX_STREAM_BYTES);
    return c->stream.bytes != NULL;
}

static void accept_on(struct source_ipfix *s, unsigned socket)
{
    struct sockaddr_storage from;
    socklen_t len = sizeof from;
    int fd =
        accept4(s->listen[socket], (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct connection *c = s->connection;
    if (fd == -1)
        return;
    while (c < s->connection + CONNECTIONS && c->fd != -1)
        c++;
    if (c == s->connection + CONNECTIONS || !take_up(c, fd)) {
        log_warning("%s: no room for one more connection", s->base.name);
        if (c == s->connection + CONNECTIONS)
            close(fd);
        else
            hang_up(c);
        return;
    }
    c->from = udp_address_of(&from, &c->from_port);
    c->to_port = s->address.port[socket];
}

/* The messages that are whole, from place n on. Returns how many there are then. */
static unsigned give(struct source_ipfix *s, struct connection *c, unsigned n)
{
    const uint8_t *message;
    size_t len;
    nsec_t exported;
    while (n < BATCH && ipfix_stream_next(&c->stream, &message, &len, &exported)) {
        s->datagram[n++] = (struct datagram){.bytes = message,
                                             .len = len,
                                             .from = c->from,
                                             .from_port = c->from_port,
                                             .to_port = c->to_port,
                                             .received = s->base.is_file ? exported : clock_wall(),
                                             .is_stream = true};
        counter_add(&s->base.counts.received_bytes, len);
    }
    return n;
}

/* More bytes of it: what read() says. */
static ssize_t fill(struct source_ipfix *s, struct connection *c)
{
    size_t room;
    uint8_t *to = ipfix_stream_room(&c->stream, &room);
    ssize_t got = read(c->fd, to, room);
    if (got > 0) {
        c->stream.used += (size_t)got;
        counter_add(&s->base.counts.position, s->base.is_file ? (uint64_t)got : 0);
    }
    return got;
}

static enum source_result end_file(struct source_ipfix *s, const struct ipfix_stream *stream)
{
    unsigned long long at = stream->position;
    if (s->base.damage[0])
        return SOURCE_END;
    if (stream->is_broken)
        snprintf(s->base.damage, sizeof s->base.damage, "there is no IPFIX message at byte %llu",
                 at);
    else if (stream->used > stream->given)
        snprintf(s->base.damage, sizeof s->base.damage,
                 "it ends inside the IPFIX message at byte %llu", at);
    counter_add(&s->base.counts.damaged, s->base.damage[0] != '\0');
    return SOURCE_END;
}

static enum source_result read_file(struct source_ipfix *s, struct burst *b)
{
    struct connection *c = &s->connection[0];
    b->now = 0;
    b->n = give(s, c, 0);
    while (!b->n) {
        if (c->stream.is_broken || fill(s, c) <= 0)
            return end_file(s, &c->stream);
        b->n = give(s, c, 0);
    }
    return SOURCE_OK;
}

/* The end of a connection, which makes its templates void and is told as a message without octets. What came
 * after its last whole message cannot be told from a message of which the rest was lost, so it counts. */
static void end_connection(struct source_ipfix *s, struct connection *c)
{
    char from[ADDR_TEXT];
    const struct ipfix_stream *stream = &c->stream;
    if (stream->is_broken || stream->used > stream->given) {
        addr_print(&c->from, from);
        counter_add(&s->base.counts.damaged, 1);
        log_warning("%s: %s port %u %s", s->base.name, from, c->from_port,
                    stream->is_broken ? "sends something else than IPFIX; disconnected"
                                      : "went away inside a message");
    }
    s->datagram[0] = (struct datagram){.from = c->from,
                                       .from_port = c->from_port,
                                       .to_port = c->to_port,
                                       .received = clock_wall(),
                                       .is_stream = true,
                                       .is_end = true};
    hang_up(c);
}

/* What one of the connections has; each is asked in turn. */
static unsigned take(struct source_ipfix *s)
{
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        struct connection *c = &s->connection[s->next];
        s->next = (s->next + 1) % CONNECTIONS;
        if (c->fd == -1)
            continue;
        unsigned n = give(s, c, 0);
        if (n)
            return n;
        ssize_t got = fill(s, c);
        int why = errno;
        n = give(s, c, 0);
        if (n)
            return n;
        if (c->stream.is_broken || got == 0 || (got == -1 && why != EAGAIN && why != EINTR)) {
            end_connection(s, c);
            return 1;
        }
    }
    return 0;
}

static void wait_for(struct source_ipfix *s, int timeout_ms)
{
    struct pollfd fds[1 + UDP_PORTS + CONNECTIONS] = {{.fd = s->wakeup.read_fd, .events = POLLIN}};
    unsigned n = 1;
    for (unsigned i = 0; i < s->sockets; i++)
        fds[n++] = (struct pollfd){.fd = s->listen[i], .events = POLLIN};
    for (unsigned i = 0; i < CONNECTIONS; i++)
        if (s->connection[i].fd != -1)
            fds[n++] = (struct pollfd){.fd = s->connection[i].fd, .events = POLLIN};
    poll(fds, n, timeout_ms);
    wakeup_clear(&s->wakeup);
    for (unsigned i = 0; i < s->sockets; i++)
        if (fds[1 + i].revents)
            accept_on(s, i);
}

static enum source_result source_ipfix_read(struct source *base, struct burst *b, int timeout_ms)
{
    struct source_ipfix *s = self(base);
    b->datagram = s->datagram;
    enum source_result result = SOURCE_IDLE;
    if (base->is_file) {
        result = read_file(s, b);
    } else {
        b->n = take(s);
        if (!b->n) {
            wait_for(s, timeout_ms);
            b->n = take(s);
        }
        b->now = clock_wall();
        result = b->n ? SOURCE_OK : SOURCE_IDLE;
    }
    bool is_end = b->n && s->datagram[0].is_end;
    counter_add(&base->counts.received, is_end ? 0 : b->n);
    return result;
}

static void source_ipfix_wake(struct source *base)
{
    wakeup_send(&self(base)->wakeup);
}

static void source_ipfix_close(struct source *base)
{
    struct source_ipfix *s = self(base);
    for (unsigned i = 0; i < s->sockets; i++)
        close(s->listen[i]);
    for (unsigned i = 0; i < CONNECTIONS; i++)
        hang_up(&s->connection[i]);
    wakeup_fini(&s->wakeup);
    mem_free(ACCOUNT_capture, s, sizeof *s);
}

static const struct source_ops source_ipfix_ops = {
    .read = source_ipfix_read,
    .wake = source_ipfix_wake,
    .close = source_ipfix_close,
};

static bool is_address(const char *spec)
{
    return !strncmp(spec, PREFIX, sizeof PREFIX - 1);
}

/* A regular file that begins with an IPFIX message. */
static bool is_ipfix_file(const char *spec)
{
    uint8_t head[IPFIX_HEADER];
    struct stat st;
    if (stat(spec, &st) == -1 || !S_ISREG(st.st_mode))
        return false;
    int fd = open(spec, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return false;
    ssize_t got = read(fd, head, sizeof head);
    close(fd);
    return got > 0 && ipfix_stream_is(head, (size_t)got);
}

bool source_ipfix_takes(const char *spec)
{
    return is_address(spec) || is_ipfix_file(spec);
}

static bool set_up_file(struct source_ipfix *s, const char *spec, struct err *e)
{
    const char *slash = strrchr(spec, '/');
    struct stat st;
    int fd = open(spec, O_RDONLY | O_CLOEXEC);
    if (fd == -1 || fstat(fd, &st) == -1)
        return fail(e, "%s: cannot be opened: %s", spec, strerror(errno));
    if (!take_up(&s->connection[0], fd))
        return fail(e, "%s: out of memory", spec);
    atomic_store(&s->base.counts.size, (uint64_t)st.st_size);
    s->base.is_file = s->base.sees_all = true;
    snprintf(s->base.name, sizeof s->base.name, "%.63s", slash && slash[1] ? slash + 1 : spec);
    notice_set(&s->base.state, "reading IPFIX");
    return true;
}

static bool set_up(struct source_ipfix *s, struct udp_address *address, unsigned number,
                   unsigned workers, const char *spec, uint64_t buffer, struct err *e)
{
    snprintf(s->base.kind, sizeof s->base.kind, "ipfix");
    s->base.is_collector = true;
    if (!wakeup_init(&s->wakeup, e))
        return false;
    if (!is_address(spec))
        return set_up_file(s, spec, e);
    for (unsigned i = 0; i < address->ports; i++) {
        int fd = udp_socket_open(address, i, SOCK_STREAM, number, workers, buffer, spec, e);
        if (fd == -1)
            return false;
        s->listen[s->sockets++] = fd;
    }
    s->address = *address;
    snprintf(s->base.name, sizeof s->base.name, "%.63s", spec);
    notice_set(&s->base.state, "up");
    return true;
}

bool source_ipfix_open(const char *spec, const struct source_options *options, unsigned workers,
                       struct source **out, unsigned *n, struct err *e)
{
    struct udp_address address;
    *n = 0;
    if (is_address(spec) && !udp_address_parse(spec + sizeof PREFIX - 1, spec, &address, e))
        return false;
    while (*n < workers) {
        struct source_ipfix *s = mem_alloc(ACCOUNT_capture, sizeof *s);
        if (s) {
            s->base.ops = &source_ipfix_ops;
            s->wakeup = (struct wakeup){-1, -1};
            for (unsigned i = 0; i < CONNECTIONS; i++)
                s->connection[i].fd = -1;
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
