/* clock.h - the only module that asks the kernel what time it is. */
#ifndef WEIR_BASE_CLOCK_H
#define WEIR_BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds: since 1970 UTC for a moment, plain for a duration. */
typedef int64_t nsec_t;

#define MICROSECOND ((nsec_t)1000)
#define MILLISECOND ((nsec_t)1000000)
#define SECOND      ((nsec_t)1000000000)
#define MINUTE      (60 * SECOND)
#define HOUR        (60 * MINUTE)

/* Wall clock, nanoseconds since 1970. Any thread. */
nsec_t clock_wall(void);

/* Monotonic clock, for deadlines and measured durations. Any thread. */
nsec_t clock_mono(void);

/* CPU time used by the calling thread. */
nsec_t clock_cpu(void);

/* Sleeps for the duration, shorter if a signal arrives. Never in engine/ or below. */
void clock_sleep(nsec_t duration);

#endif
