/* progress.h - a bar on standard error for readings that last longer than a second. */
#ifndef WEIR_APP_PROGRESS_H
#define WEIR_APP_PROGRESS_H

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

/* Owner: whoever waits for the reading. */
struct progress {
    bool is_wanted, is_shown;
    nsec_t start;
};

/* is_wanted is ignored unless standard error is a terminal. */
struct progress progress_start(bool is_wanted, nsec_t now);

/* Draws the bar, or the packets alone when the size is unknown (0). */
void progress_draw(struct progress *p, nsec_t now, uint64_t position, uint64_t size,
                   uint64_t packets);

/* Wipes it away. */
void progress_end(struct progress *p);

/* The line without terminal codes, for drawing and for its test. buf has 81 bytes. */
void progress_line(char *buf, nsec_t spent, uint64_t position, uint64_t size, uint64_t packets);

#endif
