/* wakeup.h - a descriptor that another thread can make readable, to end a poll() early. */
#ifndef WEIR_IO_WAKEUP_H
#define WEIR_IO_WAKEUP_H

#include <stdbool.h>

#include "base/err.h"

/* A pipe that never blocks. {-1, -1} is closed. */
struct wakeup {
    int read_fd, write_fd;
};

bool wakeup_init(struct wakeup *w, struct err *e);
void wakeup_fini(struct wakeup *w);

/* Makes read_fd readable. Any thread. */
void wakeup_send(struct wakeup *w);

/* Makes it silent again. The thread that waits. */
void wakeup_clear(struct wakeup *w);

#endif
