/* link_watch.h - tells that some network interface of this machine has changed (Linux rtnetlink).
 *
 * It says that there is something to look at, not what: a look at the interface itself is shorter
 * than any parsing, and right even when messages were lost.
 */
#ifndef WEIR_IO_LINK_WATCH_H
#define WEIR_IO_LINK_WATCH_H

#include <stdbool.h>

/* A descriptor to poll for reading, or -1 when the kernel offers none (then look once a second). */
int link_watch_open(void);
void link_watch_close(int fd);

/* Takes all waiting messages; true when there were any, lost ones included. */
bool link_watch_changed(int fd);

#endif
