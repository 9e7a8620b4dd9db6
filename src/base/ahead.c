/* ahead.c - pages made resident before their owner comes to them.
 *
 * Requests stand in a short queue. The helper takes one huge page of the first and puts the rest at
 * the end, so that a large table does not keep a small pool waiting. The lock is held for the
 * queue alone, never while a page is touched.
 */
#include "base/ahead.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/thread.h"

enum { REQUESTS = 64, SMALL_PAGE = 4096 };

#if !defined(MADV_POPULATE_WRITE)
enum { MADV_POPULATE_WRITE = 23 }; /* since Linux 5.14; headers may be older than the kernel */
#endif

struct range {
    uint8_t *at;
    size_t size;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t asked;    /* the queue is not empty any more */
    pthread_cond_t finished; /* a page was touched */
    struct range queue[REQUESTS];
    unsigned n;
    struct range busy; /* what is being touched now */
    bool was_started, runs;
    struct thread thread;
} helper = {.lock = PTHREAD_MUTEX_INITIALIZER,
            .asked = PTHREAD_COND_INITIALIZER,
            .finished = PTHREAD_COND_INITIALIZER};

static bool overlap(const struct range *a, const struct range *b)
{
    return a->at < b->at + b->size && b->at < a->at + a->size;
}

/* Older kernels: one write a page. Adding nothing atomically cannot lose what the owner writes. */
static void touch_by_hand(const struct range *r)
{
    for (size_t i = 0; i < r->size; i += SMALL_PAGE)
        atomic_fetch_or_explicit((_Atomic uint8_t *)(r->at + i), 0, memory_order_relaxed);
}

static void touch(const struct range *r)
{
    if (madvise(r->at, r->size, MADV_POPULATE_WRITE) == -1 && errno == EINVAL)
        touch_by_hand(r);
}

/* The first page of the queue; under the lock. */
static struct range next_page(void)
{
    struct range page = helper.queue[0], rest = page;
    helper.n--;
    for (unsigned i = 0; i < helper.n; i++)
        helper.queue[i] = helper.queue[i + 1];
    if (page.size <= MEM_PAGE)
        return page;
    page.size = MEM_PAGE;
    rest.at += MEM_PAGE;
    rest.size -= MEM_PAGE;
    helper.queue[helper.n++] = rest;
    return page;
}

static void run(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&helper.lock);
    for (;;) {
        while (!helper.n)
            pthread_cond_wait(&helper.asked, &helper.lock);
        struct range page = helper.busy = next_page();
        pthread_mutex_unlock(&helper.lock);
        touch(&page);
        pthread_mutex_lock(&helper.lock);
        helper.busy = (struct range){0};
        pthread_cond_broadcast(&helper.finished);
    }
}

/* A monitor that stays small never needs the thread. It holds nothing that must be given back, so it
 * ends with the process. Under the lock. */
static bool is_running(void)
{
    if (!helper.was_started) {
        struct err e = {""};
        helper.was_started = true;
        helper.runs = thread_start(&helper.thread, "weir-ahead", run, NULL, &e);
        if (helper.runs)
            pthread_detach(helper.thread.id);
        else
            log_warning("growing tables may delay packets: %s", e.text);
    }
    return helper.runs;
}

void ahead_touch(void *memory, size_t size)
{
    pthread_mutex_lock(&helper.lock);
    if (size && helper.n < REQUESTS && is_running()) {
        helper.queue[helper.n++] = (struct range){memory, size};
        pthread_cond_signal(&helper.asked);
    }
    pthread_mutex_unlock(&helper.lock);
}

void ahead_forget(const void *memory, size_t size)
{
    const struct range gone = {(uint8_t *)(uintptr_t)memory, size};
    pthread_mutex_lock(&helper.lock);
    unsigned kept = 0;
    for (unsigned i = 0; i < helper.n; i++)
        if (!overlap(&helper.queue[i], &gone))
            helper.queue[kept++] = helper.queue[i];
    helper.n = kept;
    while (helper.busy.size && overlap(&helper.busy, &gone))
        pthread_cond_wait(&helper.finished, &helper.lock);
    pthread_mutex_unlock(&helper.lock);
}
