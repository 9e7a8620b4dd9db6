/* wakeup.h - a descriptor that another thread can make readable, to end a poll() early. */
#ifndef WEIR_IO_WAKEUP_H
#define WEIR_IO_WAKEUP_H

#include <stdbool.h>

#include "base/err.h"

/* A pipe that never blocks. {-1, -1} is closed. */
struct wakeup {
    int read_fd, write_fd;
};

/* False with a sentence when there are no descriptors left; then *w is closed. */
bool wakeup_init(struct wakeup *w, struct err *e);
/* Closes both ends; harmless on a closed one. */
void wakeup_fini(struct wakeup *w);

/* Makes read_fd readable. Any thread. */
void wakeup_send(struct wakeup *w);

/* Makes it silent again. The thread that waits. */
void wakeup_clear(struct wakeup *w);

#endif
