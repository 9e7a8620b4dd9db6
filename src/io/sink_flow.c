/* sink_flow.c - NetFlow and IPFIX to a collector over UDP or TCP, and IPFIX into a file (RFC 5655).
 *
 * The thread may wait, so names are resolved and connections made in it. What fails is tried again
 * after 1, 2, 4 ... 30 seconds; meanwhile records stay in their rings. A new connection is a new
 * transport session: templates first, sequence numbers from 0 (RFC 7011, 8 and 3.1).
 */
#include "base/alloc.h"
#include "base/log.h"
#include "io/exports_private.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BACK_OFF_MOST = 30, /* seconds */
    CONNECT_MS = 2000,
    SEND_MS = 5000, /* so long a collector may take nothing before the connection is given up */
    LOOK_MS = 100,  /* between two looks at whether Weir is to stop */
    SEND_BUFFER = 4 << 20
};

/* The connection of one export; its thread's. */
struct link {
    int fd; /* -1 = none */
    nsec_t retry_at;
    unsigned back_off; /* seconds to the next try */
    bool was_refused;
    struct flow_out *out;
    char from_host[64], from_port[8]; /* of this side; "" = the kernel's choice */
    off_t written;                    /* whole messages in the file, in bytes */
    bool was_opened;
};

static void say(struct exporting *x, const char *sentence)
{
    char old[NOTICE_BYTES], text[NOTICE_BYTES];
    snprintf(text, sizeof text, "%s", sentence);
    notice_get(&x->state, old);
    if (!strcmp(old, text))
        return;
    notice_set(&x->state, text);
    log_info("export %s: %s", x->target.name, text);
}

static void hang_up(struct exporting *x, nsec_t mono, const char *why)
{
    struct link *l = x->own;
    if (l->fd != -1)
        close(l->fd);
    l->fd = -1;
    l->back_off = l->back_off ? l->back_off * 2 : 1;
    if (l->back_off > BACK_OFF_MOST)
        l->back_off = BACK_OFF_MOST;
    l->retry_at = mono + l->back_off * SECOND;
    say(x, why);
}

/* connect() that gives up after CONNECT_MS; afterwards the socket waits again. */
static bool connect_in_time(int fd, const struct addrinfo *a)
{
    int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    if (connect(fd, a->ai_addr, a->ai_addrlen) == -1) {
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        if (errno != EINPROGRESS)
            return false;
        errno = ETIMEDOUT;
        if (poll(&p, 1, CONNECT_MS) != 1)
            return false;
        socklen_t len = sizeof errno;
        int why = 0;
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &len);
        if (why) {
            errno = why;
            return false;
        }
    }
    fcntl(fd, F_SETFL, flags);
    return true;
}

/* Binds to the address that the user chose. Several exports may share one port. */
static bool bind_from(int fd, const struct link *l, const struct addrinfo *to)
{
    struct addrinfo hints = {.ai_family = to->ai_family,
                             .ai_socktype = to->ai_socktype,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *own = NULL;
    int one = 1;
    if (!l->from_host[0])
        return true;
    errno = EADDRNOTAVAIL;
    if (getaddrinfo(l->from_host, l->from_port, &hints, &own))
        return false;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (to->ai_socktype == SOCK_DGRAM)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    bool good = bind(fd, own->ai_addr, own->ai_addrlen) == 0;
    freeaddrinfo(own);
    return good;
}

static int open_socket(const struct link *l, const struct addrinfo *a)
{
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
    if (fd == -1)
        return -1;
    int size = SEND_BUFFER, one = 1;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if (a->ai_socktype == SOCK_STREAM)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (bind_from(fd, l, a) && connect_in_time(fd, a))
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static void begin_session(struct exporting *x, const char *sentence)
{
    struct link *l = x->own;
    l->back_off = 0;
    counter_add(&x->dropped[EXPORT_DROP_send_failed], flow_out_restart(l->out));
    say(x, sentence);
}

static void dial(struct exporting *x, nsec_t mono)
{
    struct link *l = x->own;
    struct addrinfo hints = {.ai_socktype = x->target.is_stream ? SOCK_STREAM : SOCK_DGRAM};
    struct addrinfo *all = NULL;
    int why = getaddrinfo(x->target.host, x->target.port, &hints, &all);
    if (why) {
        hang_up(x, mono, gai_strerror(why));
        return;
    }
    for (struct addrinfo *a = all; a && l->fd == -1; a = a->ai_next)
        l->fd = open_socket(l, a);
    int failed = errno;
    freeaddrinfo(all);
    if (l->fd == -1) {
        hang_up(x, mono, strerror(failed));
        return;
    }
    begin_session(x, x->target.is_stream ? "connected" : "sending");
}

static void open_file(struct exporting *x, nsec_t mono)
{
    struct link *l = x->own;
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (l->was_opened ? 0 : O_TRUNC);
    l->fd = open(x->target.endpoint, flags, 0640);
    /* After a full disk goes on behind the last message that is whole. */
    if (l->fd == -1 || ftruncate(l->fd, l->written) == -1 ||
        lseek(l->fd, l->written, SEEK_SET) == -1) {
        hang_up(x, mono, strerror(errno));
        return;
    }
    l->was_opened = true;
    begin_session(x, "writing");
}

static bool flow_is_ready(struct exporting *x, nsec_t mono)
{
    struct link *l = x->own;
    char byte;
    bool is_file = x->target.kind == EXPORT_TO_FILE;
    /* A collector never speaks; what comes is the end. */
    if (l->fd != -1 && !is_file && x->target.is_stream && recv(l->fd, &byte, 1, MSG_DONTWAIT) == 0)
        hang_up(x, mono, "the collector closed the connection");
    if (l->fd == -1 && mono >= l->retry_at && is_file)
        open_file(x, mono);
    else if (l->fd == -1 && mono >= l->retry_at)
        dial(x, mono);
    return l->fd != -1;
}

/* Waits until the connection takes more; false when it took nothing for too long or Weir is to stop. */
static bool wait_room(struct exporting *x)
{
    struct link *l = x->own;
    struct pollfd p = {.fd = l->fd, .events = POLLOUT};
    for (unsigned ms = 0; ms < SEND_MS && !exports_hurry(x->all); ms += LOOK_MS) {
        if (poll(&p, 1, LOOK_MS) == 1)
            return true;
    }
    errno = ETIMEDOUT;
    return false;
}

static bool send_all(struct exporting *x, const uint8_t *bytes, size_t len)
{
    struct link *l = x->own;
    bool is_file = x->target.kind == EXPORT_TO_FILE;
    while (len) {
        ssize_t n = is_file ? write(l->fd, bytes, len)
                            : send(l->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1 && errno == EAGAIN && wait_room(x))
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

/* One datagram. The kernel tells that nobody listened with the next one, which it does not send. */
static bool send_one(struct exporting *x, const uint8_t *bytes, size_t len)
{
    struct link *l = x->own;
    for (unsigned tries = 0; tries < 3; tries++) {
        if (send(l->fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len) {
            if (!tries)
                l->was_refused = false;
            return true;
        }
        if (errno == ECONNREFUSED && !l->was_refused) {
            l->was_refused = true;
            say(x, "nobody listens there (ICMP port unreachable); sending all the same");
        } else if (errno != ECONNREFUSED && errno != EINTR && errno != ENOBUFS) {
            return false;
        }
    }
    return false;
}

static void flow_message(void *to, const uint8_t *bytes, size_t len, unsigned told)
{
    struct exporting *x = to;
    struct link *l = x->own;
    bool ok =
        l->fd != -1 && (x->target.is_stream ? send_all(x, bytes, len) : send_one(x, bytes, len));
    if (!ok) {
        int why = errno;
        counter_add(&x->dropped[EXPORT_DROP_send_failed], told);
        if (l->fd != -1 && x->target.kind == EXPORT_TO_FILE && ftruncate(l->fd, l->written) == -1)
            log_warning("export %s: it ends inside a message: %s", x->target.name, strerror(errno));
        if (l->fd != -1)
            hang_up(x, clock_mono(), strerror(why));
        return;
    }
    l->written += (off_t)len;
    counter_add(&x->sent, told);
    counter_add(&x->messages, 1);
    counter_add(&x->bytes, len);
}

static void flow_add(struct exporting *x, const struct record *r, nsec_t now)
{
    struct link *l = x->own;
    if (!flow_out_add(l->out, r, now))
        counter_add(&x->dropped[EXPORT_DROP_not_expressible], 1);
}

static void flow_flush(struct exporting *x, nsec_t now)
{
    struct link *l = x->own;
    flow_out_flush(l->out, now);
}

static void flow_tick(struct exporting *x, nsec_t now)
{
    (void)x;
    (void)now;
}

/* ADDRESS, ADDRESS:PORT, [V6]:PORT. */
static bool read_from(struct link *l, const char *from, struct err *e)
{
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *own = NULL;
    const char *colon = strrchr(from, ':'), *bracket = strrchr(from, ']');
    bool is_bare = strchr(from, ':') != colon && !bracket;
    bool has_port = colon && !is_bare && (!bracket || colon > bracket);
    size_t len = has_port ? (size_t)(colon - from) : strlen(from);
    if (!*from)
        return true;
    snprintf(l->from_port, sizeof l->from_port, "%s", has_port ? colon + 1 : "0");
    if (*from == '[' && len > 2 && from[len - 1] == ']') {
        from++;
        len -= 2;
    }
    snprintf(l->from_host, sizeof l->from_host, "%.*s", (int)(len < 64 ? len : 63), from);
    if (getaddrinfo(l->from_host, l->from_port, &hints, &own))
        return fail(e, "--export-from: %s is not ADDRESS or ADDRESS:PORT", from);
    freeaddrinfo(own);
    return true;
}

static bool flow_open(struct exporting *x, struct err *e)
{
    const struct exports_config *c = x->config;
    struct flow_out_config config = {.format = x->target.format,
                                     .template = c->template,
                                     .biflow = c->biflow,
                                     .domain = c->domain,
                                     .mtu = x->target.is_stream ? FLOW_OUT_MOST : c->mtu,
                                     .boot = c->packet_time ? 0 : clock_wall(),
                                     .template_every = x->target.is_stream ? 0 : c->template_every,
                                     .template_packets =
                                         x->target.is_stream ? 0 : c->template_packets};
    struct link *l = mem_alloc(ACCOUNT_records, sizeof *l);
    if (!l)
        return fail(e, "no memory for %s", x->target.name);
    l->fd = -1;
    x->own = l;
    l->out =
        read_from(l, c->from ? c->from : "", e) ? flow_out_new(&config, flow_message, x, e) : NULL;
    if (!l->out) {
        mem_free(ACCOUNT_records, l, sizeof *l);
        return false;
    }
    if (*flow_out_left_out(l->out))
        log_warning("export %s: no element number, not sent: %s", x->target.name,
                    flow_out_left_out(l->out));
    return true;
}

static void flow_close(struct exporting *x)
{
    struct link *l = x->own;
    counter_add(&x->dropped[EXPORT_DROP_send_failed], flow_out_restart(l->out));
    if (l->fd != -1)
        close(l->fd);
    flow_out_free(l->out);
    mem_free(ACCOUNT_records, l, sizeof *l);
    notice_set(&x->state, "stopped");
}

const struct export_ops export_flow_ops = {.open = flow_open,
                                           .is_ready = flow_is_ready,
                                           .add = flow_add,
                                           .flush = flow_flush,
                                           .tick = flow_tick,
                                           .close = flow_close};
