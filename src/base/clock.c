/* clock.c - the only module that asks the kernel what time it is. */
#include "base/clock.h"

#include <time.h>

static nsec_t clock_read(clockid_t id)
{
    struct timespec ts = {0};
    clock_gettime(id, &ts);
    return (nsec_t)ts.tv_sec * SECOND + ts.tv_nsec;
}

nsec_t clock_wall(void)
{
    return clock_read(CLOCK_REALTIME);
}

nsec_t clock_mono(void)
{
    return clock_read(CLOCK_MONOTONIC);
}

nsec_t clock_cpu(void)
{
    return clock_read(CLOCK_THREAD_CPUTIME_ID);
}

void clock_sleep(nsec_t duration)
{
    if (duration <= 0)
        return;
    struct timespec ts = {.tv_sec = (time_t)(duration / SECOND),
                          .tv_nsec = (long)(duration % SECOND)};
    nanosleep(&ts, NULL);
}
