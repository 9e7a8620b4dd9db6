/* udp_socket.c - sockets of a collector.
 *
 * Each worker has a socket of its own on the same port (SO_REUSEPORT). The kernel would choose by
 * addresses and ports, so an exporter that sends from several ports would be torn apart, and its
 * templates with it: a small program chooses by the sender's address alone.
 */
#include "io/udp_socket.h"

#include <errno.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_BYTES = 32 * 1024 * 1024, BACKLOG = 64 };

/* Worker = mix(sender) mod workers. The packet as the program sees it begins behind the UDP header; the
 * IP header is at SKF_NET_OFF. */
static bool attach_choice(int fd, unsigned workers)
{
    const uint32_t ip = (uint32_t)SKF_NET_OFF;
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ip),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 4, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ip + 12),
        BPF_STMT(BPF_JMP | BPF_JA, 10),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ip + 8),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ip + 12),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ip + 16),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ip + 20),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
        BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 2654435761u),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16),
        BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, workers),
        BPF_STMT(BPF_RET | BPF_A, 0),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) == 0;
}

/* More than net.core.rmem_max only root may have. */
static void set_buffer(int fd, uint64_t bytes)
{
    int size = !bytes ? BUFFER_BYTES : bytes > INT_MAX / 2 ? INT_MAX / 2 : (int)bytes;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) == -1)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

static bool learn_port(int fd, struct udp_address *a, unsigned port)
{
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    if (getsockname(fd, (struct sockaddr *)&bound, &len) == -1)
        return false;
    udp_address_of(&bound, &a->port[port]);
    return true;
}

static bool set_up(int fd, struct udp_address *a, unsigned port, int type, bool v6)
{
    static const int yes = 1, no = 0;
    struct sockaddr_storage where;
    socklen_t len = udp_address_to_socket(a, port, v6, &where);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
    /* Connections of who listened here before may linger for a minute. */
    if (type == SOCK_STREAM)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (v6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    return bind(fd, (const struct sockaddr *)&where, len) == 0 && learn_port(fd, a, port);
}

static int open_family(struct udp_address *a, unsigned port, int type, bool v6)
{
    int fd = socket(v6 ? AF_INET6 : AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd == -1 || set_up(fd, a, port, type, v6))
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

/* Any Weir that listens there would share the port, and each would see a part of the exporters. Only
 * a socket that shares with nobody is told so. */
static bool is_taken(struct udp_address *a, unsigned port, int type, bool v6)
{
    static const int yes = 1, no = 0;
    struct sockaddr_storage where;
    socklen_t len = udp_address_to_socket(a, port, v6, &where);
    int fd = socket(v6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return false;
    if (type == SOCK_STREAM)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (v6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    bool taken = bind(fd, (const struct sockaddr *)&where, len) == -1 && errno == EADDRINUSE;
    close(fd);
    return taken;
}

int udp_socket_open(struct udp_address *a, unsigned port, int type, unsigned number,
                    unsigned workers, uint64_t buffer, const char *spec, struct err *e)
{
    bool v6 = a->any || !addr_is_v4(&a->addr);
    if (!number && a->port[port] && is_taken(a, port, type, v6)) {
        fail(e, "%s: port %u: %s", spec, a->port[port], strerror(EADDRINUSE));
        return -1;
    }
    int fd = open_family(a, port, type, v6);
    if (fd == -1 && a->any && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
        fd = open_family(a, port, type, false); /* a machine without IPv6 */
    if (fd == -1) {
        fail(e, "%s: port %u: %s", spec, a->port[port], strerror(errno));
        return -1;
    }
    set_buffer(fd, buffer);
    /* The kernel puts sockets of TCP into one group when they listen; a program before that parts them. */
    bool ok = type != SOCK_STREAM || listen(fd, BACKLOG) == 0;
    if (!ok || (workers > 1 && number + 1 == workers && !attach_choice(fd, workers))) {
        fail(e, "%s: port %u: %s", spec, a->port[port], strerror(errno));
        close(fd);
        return -1;
    }
    return fd;
}

uint32_t udp_socket_drops(int fd)
{
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t len = sizeof info;
    if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len) == -1)
        return 0;
    return info[SK_MEMINFO_DROPS];
}
