/* progress.c - a bar on standard error for readings that last longer than a second. */
#include "app/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BAR = 30, LINE = 80 };

struct progress progress_start(bool is_wanted, nsec_t now)
{
    return (struct progress){.is_wanted = is_wanted && isatty(STDERR_FILENO), .start = now};
}

void progress_line(char *buf, nsec_t spent, uint64_t position, uint64_t size, uint64_t packets)
{
    double million = (double)packets / 1e6;
    if (!size) {
        snprintf(buf, LINE + 1, "%.1f million packets read", million);
        return;
    }
    double share = position < size ? (double)position / (double)size : 1;
    char bar[BAR + 1];
    int full = (int)(share * BAR);
    memset(bar, '.', BAR);
    memset(bar, '#', (size_t)full);
    bar[BAR] = '\0';
    double left = share > 0 ? (double)spent / 1e9 * (1 - share) / share : 0;
    snprintf(buf, LINE + 1, "[%s] %3d %%  %.1f million packets, %.0f s left", bar,
             (int)(share * 100), million, left);
}

void progress_draw(struct progress *p, nsec_t now, uint64_t position, uint64_t size,
                   uint64_t packets)
{
    if (!p->is_wanted || now - p->start < SECOND)
        return;
    char line[LINE + 1];
    progress_line(line, now - p->start, position, size, packets);
    /* Back to the left margin; erase to its end what an older, longer line left. */
    fprintf(stderr, "\r%s\033[K", line);
    p->is_shown = true;
}

void progress_end(struct progress *p)
{
    if (p->is_shown)
        fputs("\r\033[K", stderr);
    p->is_shown = false;
}
