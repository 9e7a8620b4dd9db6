/* thread.c - a named thread, and a wake-up that can be waited for with a deadline. */
#include "base/thread.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void *thread_enter(void *argument)
{
    struct thread *t = argument;
    pthread_setname_np(pthread_self(), t->name);
    t->main(t->argument);
    return NULL;
}

bool thread_start(struct thread *t, const char *name, void (*main)(void *), void *argument,
                  struct err *e)
{
    *t = (struct thread){.main = main, .argument = argument};
    snprintf(t->name, sizeof t->name, "%s", name);

    /* Signals are the main thread's; a new thread inherits this mask before it runs a line. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&t->id, NULL, thread_enter, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        return fail(e, "cannot start the thread %s: %s", t->name, strerror(error));
    t->running = true;
    return true;
}

void thread_join(struct thread *t)
{
    if (!t->running)
        return;
    pthread_join(t->id, NULL);
    t->running = false;
}

void event_init(struct event *ev)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&ev->lock, NULL);
    pthread_cond_init(&ev->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    ev->set = false;
}

void event_fini(struct event *ev)
{
    pthread_cond_destroy(&ev->changed);
    pthread_mutex_destroy(&ev->lock);
}

void event_set(struct event *ev)
{
    pthread_mutex_lock(&ev->lock);
    ev->set = true;
    pthread_cond_broadcast(&ev->changed);
    pthread_mutex_unlock(&ev->lock);
}

void event_clear(struct event *ev)
{
    pthread_mutex_lock(&ev->lock);
    ev->set = false;
    pthread_mutex_unlock(&ev->lock);
}

bool event_wait(struct event *ev, nsec_t deadline)
{
    if (deadline < 0)
        deadline = 0;
    struct timespec until = {.tv_sec = (time_t)(deadline / SECOND),
                             .tv_nsec = (long)(deadline % SECOND)};
    pthread_mutex_lock(&ev->lock);
    int error = 0;
    while (!ev->set && error != ETIMEDOUT)
        error = pthread_cond_timedwait(&ev->changed, &ev->lock, &until);
    bool set = ev->set;
    pthread_mutex_unlock(&ev->lock);
    return set;
}
