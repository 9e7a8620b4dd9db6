/* link_watch.c - tells that some network interface of this machine has changed (Linux rtnetlink). */
#include "io/link_watch.h"

#if defined(__linux__)

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

int link_watch_open(void)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd == -1)
        return -1;
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
    if (bind(fd, (struct sockaddr *)&address, sizeof address) == -1) {
        close(fd);
        return -1;
    }
    return fd;
}

void link_watch_close(int fd)
{
    if (fd != -1)
        close(fd);
}

bool link_watch_changed(int fd)
{
    bool any = false;
    char message[8192];
    while (fd != -1) {
        ssize_t n = recv(fd, message, sizeof message, MSG_DONTWAIT);
        if (n == -1 && errno == EINTR)
            continue;
        /* ENOBUFS: the kernel had no room for some; what they said is there to be looked at. */
        if (n == -1 && errno == ENOBUFS) {
            any = true;
            continue;
        }
        if (n <= 0)
            break;
        any = true;
    }
    return any;
}

#else

int link_watch_open(void)
{
    return -1;
}

void link_watch_close(int fd)
{
    (void)fd;
}

bool link_watch_changed(int fd)
{
    (void)fd;
    return false;
}

#endif
