/* thread.h - a named thread, and a wake-up that can be waited for with a deadline. */
#ifndef WEIR_BASE_THREAD_H
#define WEIR_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/err.h"

struct thread {
    pthread_t id;
    bool running;
    char name[16];
    void (*main)(void *);
    void *argument;
};

/* Starts main(argument) under a name of at most 15 letters, all signals blocked. The struct must
 * outlive the thread; thread_join() waits for its end and is harmless on one never started. */
bool thread_start(struct thread *t, const char *name, void (*main)(void *), void *argument,
                  struct err *e);
void thread_join(struct thread *t);

/* A sticky event: set once or often, seen by every waiter until cleared. Any thread. */
struct event {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool set;
};

/* In the caller's memory; nobody may wait any more when event_fini() is called. */
void event_init(struct event *ev);
void event_fini(struct event *ev);

/* Wakes every waiter; makes the next wait wait again. */
void event_set(struct event *ev);
void event_clear(struct event *ev);
/* True when set, false when the deadline (clock_mono) passed first. */
bool event_wait(struct event *ev, nsec_t deadline);

#endif
