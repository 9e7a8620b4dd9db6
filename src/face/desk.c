/* desk.c - a queue of distinct calls, a table of fresh replies, a few threads.
 *
 * One lock guards everything; handlers run outside of it. An entry is either waiting or being
 * answered (then waiters hang on it), or answered and fresh until its second is over.
 */
#include "face/desk.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/thread.h"

enum {
    DESK_THREADS = 8,
    DESK_BUCKETS = 1024,
    DESK_QUEUE = 2048, /* calls that may wait; more are told to come back */
    DESK_WORK_MS = 10, /* of workers, for which a reply stays a second longer */
    DESK_STAY = 10     /* seconds, at most */
};

struct entry {
    struct entry *next; /* in its bucket */
    struct entry *next_queued;
    struct call *call;
    struct reply *reply; /* NULL until answered */
    struct desk_waiter *waiters;
    int64_t second; /* in which it was asked */
    int64_t last;   /* in which the reply still is fresh; once it is there */
    uint64_t hash;
};

struct desk {
    const struct api *api;
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct entry *bucket[DESK_BUCKETS];
    struct entry *first, **last; /* queue */
    unsigned queued;
    int64_t swept; /* second in which old replies were thrown away last */
    uint64_t made, shared;
    _Atomic bool stopping;
    unsigned threads;
    struct thread thread[DESK_THREADS];
};

int64_t desk_second(nsec_t wall)
{
    return (wall - DESK_OFFSET_MS * MILLISECOND) / SECOND;
}

nsec_t desk_next(nsec_t wall)
{
    return (desk_second(wall) + 1) * SECOND + DESK_OFFSET_MS * MILLISECOND;
}

int64_t desk_stay(nsec_t spent)
{
    int64_t seconds = 1 + spent / (DESK_WORK_MS * MILLISECOND);
    return seconds < DESK_STAY ? seconds : DESK_STAY;
}

static bool is_fresh(const struct entry *e, int64_t second)
{
    return e->reply && second >= e->second && second <= e->last;
}

static struct entry *find_entry(struct desk *d, const struct call *c, uint64_t hash)
{
    for (struct entry *e = d->bucket[hash % DESK_BUCKETS]; e; e = e->next) {
        if (e->hash == hash && !strcmp(e->call->key, c->key))
            return e;
    }
    return NULL;
}

static void free_entry(struct entry *e)
{
    call_free(e->call);
    reply_put(e->reply);
    free(e);
}

/* Throws away what was answered in an earlier second. Once a second at most. */
static void sweep(struct desk *d, int64_t second)
{
    if (d->swept == second)
        return;
    d->swept = second;
    for (unsigned i = 0; i < DESK_BUCKETS; i++) {
        for (struct entry **at = &d->bucket[i]; *at;) {
            struct entry *e = *at;
            if (!e->reply || is_fresh(e, second)) {
                at = &e->next;
                continue;
            }
            *at = e->next;
            free_entry(e);
        }
    }
}

static struct entry *take_work(struct desk *d)
{
    pthread_mutex_lock(&d->lock);
    while (!d->first && !d->stopping)
        pthread_cond_wait(&d->work, &d->lock);
    struct entry *e = d->first;
    if (e) {
        d->first = e->next_queued;
        d->queued--;
        if (!d->first)
            d->last = &d->first;
    }
    pthread_mutex_unlock(&d->lock);
    return e;
}

static void tell(struct desk_waiter *w, struct reply *r)
{
    while (w) {
        struct desk_waiter *next = w->next; /* w may be gone after done() */
        w->done(w, reply_get(r));
        w = next;
    }
}

/* Compresses here what an event loop would have to compress otherwise. */
static void compress_for(struct desk *d, const struct entry *e, struct reply *r)
{
    size_t size;
    bool gzip = false;
    pthread_mutex_lock(&d->lock);
    for (const struct desk_waiter *w = e->waiters; w; w = w->next)
        gzip |= w->gzip;
    pthread_mutex_unlock(&d->lock);
    if (gzip)
        reply_bytes(r, true, &size, &gzip);
}

static void answer_entry(struct desk *d, struct entry *e)
{
    nsec_t before = question_spent();
    struct reply *r = d->stopping
                          ? reply_problem(503, "stop", "Stopping", "Weir is being stopped", -1)
                          : e->call->route->handler(d->api, e->call);
    int64_t stay = desk_stay(question_spent() - before);
    compress_for(d, e, r);
    pthread_mutex_lock(&d->lock);
    struct desk_waiter *waiters = e->waiters;
    e->waiters = NULL;
    e->reply = reply_get(r);
    e->last = e->second + stay - 1;
    d->made++;
    pthread_mutex_unlock(&d->lock);
    tell(waiters, r);
    reply_put(r);
}

static void desk_main(void *argument)
{
    struct desk *d = argument;
    struct entry *e;
    while ((e = take_work(d)))
        answer_entry(d, e);
}

struct desk *desk_new(const struct api *api, unsigned threads, struct err *e)
{
    struct desk *d = calloc(1, sizeof *d);
    if (!d) {
        fail(e, "out of memory");
        return NULL;
    }
    d->api = api;
    d->last = &d->first;
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->work, NULL);
    for (unsigned i = 0; i < threads && i < DESK_THREADS; i++) {
        if (!thread_start(&d->thread[i], "weir-desk", desk_main, d, e)) {
            desk_stop(d);
            desk_free(d);
            return NULL;
        }
        d->threads++;
    }
    return d;
}

void desk_stop(struct desk *d)
{
    pthread_mutex_lock(&d->lock);
    d->stopping = true;
    pthread_cond_broadcast(&d->work);
    pthread_mutex_unlock(&d->lock);
    for (unsigned i = 0; i < d->threads; i++)
        thread_join(&d->thread[i]);
    d->threads = 0;
}

void desk_free(struct desk *d)
{
    if (!d)
        return;
    for (unsigned i = 0; i < DESK_BUCKETS; i++) {
        while (d->bucket[i]) {
            struct entry *e = d->bucket[i];
            d->bucket[i] = e->next;
            free_entry(e);
        }
    }
    pthread_cond_destroy(&d->work);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

struct reply *desk_find(struct desk *d, const struct call *c)
{
    uint64_t hash = hash_bytes(c->key, strlen(c->key));
    int64_t second = desk_second(clock_wall());
    pthread_mutex_lock(&d->lock);
    sweep(d, second);
    struct entry *e = find_entry(d, c, hash);
    struct reply *r = e && is_fresh(e, second) ? reply_get(e->reply) : NULL;
    d->shared += r != NULL;
    pthread_mutex_unlock(&d->lock);
    return r;
}

/* Hangs w on the entry of an equal call, or makes one. With the lock held. A reply that is there
 * already or must be refused is returned; NULL says that w waits. */
static struct reply *ask_locked(struct desk *d, struct call **c, struct desk_waiter *w)
{
    uint64_t hash = hash_bytes((*c)->key, strlen((*c)->key));
    int64_t second = desk_second(clock_wall());
    if (d->stopping || d->queued >= DESK_QUEUE)
        return reply_problem(503, "busy", "Busy", "too many questions at once; try again", -1);
    sweep(d, second);
    struct entry *e = find_entry(d, *c, hash);
    if (e) {
        d->shared++;
        if (e->reply)
            return reply_get(e->reply);
        w->next = e->waiters;
        e->waiters = w;
        return NULL;
    }
    e = calloc(1, sizeof *e);
    if (!e)
        return reply_problem(503, "memory", "Out of memory", NULL, -1);
    *e = (struct entry){.call = *c,
                        .second = second,
                        .hash = hash,
                        .waiters = w,
                        .next = d->bucket[hash % DESK_BUCKETS]};
    *c = NULL;
    w->next = NULL;
    d->bucket[hash % DESK_BUCKETS] = e;
    *d->last = e;
    d->last = &e->next_queued;
    d->queued++;
    pthread_cond_signal(&d->work);
    return NULL;
}

void desk_ask(struct desk *d, struct call *c, struct desk_waiter *w)
{
    pthread_mutex_lock(&d->lock);
    struct reply *r = ask_locked(d, &c, w);
    pthread_mutex_unlock(&d->lock);
    call_free(c);
    if (r)
        w->done(w, r);
}

void desk_counts(struct desk *d, uint64_t *made, uint64_t *shared)
{
    pthread_mutex_lock(&d->lock);
    *made = d->made;
    *shared = d->shared;
    pthread_mutex_unlock(&d->lock);
}
