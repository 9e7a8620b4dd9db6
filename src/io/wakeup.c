/* wakeup.c - a descriptor that another thread can make readable, to end a poll() early. */
#include "io/wakeup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static bool prepare(int fd)
{
    return fcntl(fd, F_SETFL, O_NONBLOCK) != -1 && fcntl(fd, F_SETFD, FD_CLOEXEC) != -1;
}

bool wakeup_init(struct wakeup *w, struct err *e)
{
    int fds[2];
    *w = (struct wakeup){-1, -1};
    if (pipe(fds) == -1)
        return fail(e, "no pipe to wake a reader: %s", strerror(errno));
    *w = (struct wakeup){fds[0], fds[1]};
    if (!prepare(fds[0]) || !prepare(fds[1])) {
        wakeup_fini(w);
        return fail(e, "no pipe to wake a reader: %s", strerror(errno));
    }
    return true;
}

void wakeup_fini(struct wakeup *w)
{
    if (w->read_fd != -1)
        close(w->read_fd);
    if (w->write_fd != -1)
        close(w->write_fd);
    *w = (struct wakeup){-1, -1};
}

void wakeup_send(struct wakeup *w)
{
    /* A full pipe is readable already. */
    ssize_t n = write(w->write_fd, "", 1);
    (void)n;
}

void wakeup_clear(struct wakeup *w)
{
    char drain[64];
    while (read(w->read_fd, drain, sizeof drain) > 0)
        continue;
}
