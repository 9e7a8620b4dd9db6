/* bench_net.c - a network namespace of one's own, with a pair of interfaces whose ends are joined.
 *
 * The pair is asked for by one message of rtnetlink(7): RTM_NEWLINK with nested attributes, the
 * second interface inside the data of the first.
 */
#include "app/bench_net.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGE = 512 };

bool net_enter(struct err *e)
{
    if (unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)
        return true;
    return fail(e, "no network namespace: %s", strerror(errno));
}

/* A netlink message under construction. */
struct message {
    _Alignas(struct nlmsghdr) uint8_t bytes[MESSAGE];
    uint32_t n;
};

static void add(struct message *m, const void *bytes, size_t n)
{
    memcpy(m->bytes + m->n, bytes, n);
    m->n += (uint32_t)((n + 3) & ~(size_t)3);
}

/* Begins an attribute; end_attribute() writes its length. */
static uint32_t begin_attribute(struct message *m, uint16_t type)
{
    uint32_t at = m->n;
    add(m, &(struct rtattr){.rta_type = type}, sizeof(struct rtattr));
    return at;
}

static void end_attribute(struct message *m, uint32_t at)
{
    uint16_t len = (uint16_t)(m->n - at);
    memcpy(m->bytes + at, &len, sizeof len);
}

static void add_name(struct message *m, uint16_t type, const char *name)
{
    uint32_t at = begin_attribute(m, type);
    add(m, name, strlen(name) + 1);
    end_attribute(m, at);
}

static void write_pair(struct message *m, const char *one, const char *two)
{
    struct ifinfomsg info = {.ifi_family = AF_UNSPEC};
    m->n = sizeof(struct nlmsghdr);
    add(m, &info, sizeof info);
    add_name(m, IFLA_IFNAME, one);
    uint32_t link = begin_attribute(m, IFLA_LINKINFO);
    add_name(m, IFLA_INFO_KIND, "veth");
    uint32_t data = begin_attribute(m, IFLA_INFO_DATA), peer = begin_attribute(m, VETH_INFO_PEER);
    add(m, &info, sizeof info);
    add_name(m, IFLA_IFNAME, two);
    end_attribute(m, peer);
    end_attribute(m, data);
    end_attribute(m, link);
    struct nlmsghdr head = {.nlmsg_len = m->n,
                            .nlmsg_type = RTM_NEWLINK,
                            .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK,
                            .nlmsg_seq = 1};
    memcpy(m->bytes, &head, sizeof head);
}

/* Sends the message and reads the kernel's verdict: 0 or an errno. */
static int ask(const struct message *m)
{
    struct {
        struct nlmsghdr head;
        struct nlmsgerr error;
        uint8_t rest[MESSAGE];
    } reply = {0};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd == -1)
        return errno;
    int verdict = 0;
    if (send(fd, m->bytes, m->n, 0) == -1 || recv(fd, &reply, sizeof reply, 0) == -1)
        verdict = errno;
    else if (reply.head.nlmsg_type == NLMSG_ERROR)
        verdict = -reply.error.error;
    close(fd);
    return verdict;
}

bool net_up(const char *name, struct err *e)
{
    struct ifreq request = {.ifr_flags = IFF_UP};
    memcpy(request.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ok = fd != -1 && ioctl(fd, SIOCSIFFLAGS, &request) != -1;
    int why = errno;
    if (fd != -1)
        close(fd);
    return ok || fail(e, "interface %s cannot be put up: %s", name, strerror(why));
}

/* Without addresses of its own an interface sends nothing that was not asked for. */
static void quieten(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd == -1)
        return;
    /* A kernel without IPv6 is quiet by itself. */
    if (write(fd, "1", 1) == -1)
        errno = 0;
    close(fd);
}

bool net_pair(const char *one, const char *two, struct err *e)
{
    struct message m = {.n = 0};
    write_pair(&m, one, two);
    int verdict = ask(&m);
    if (verdict)
        return fail(e, "no pair of interfaces: %s", strerror(verdict));
    quieten(one);
    quieten(two);
    return net_up(one, e) && net_up(two, e);
}
