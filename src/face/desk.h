/* desk.h - answers calls on a few threads, equal calls of the same second once.
 *
 * Event loops must not wait for workers, so they leave calls here and are told when the reply is
 * there. A reply stays for the rest of its second; who asks the same within it gets the same bytes:
 * fifty browsers cost what one does. What took workers more than 10 ms (a filter over a million flows)
 * stays for another second per 10 ms, so that no question costs them more than a hundredth of their
 * time; the reply says of which second it is. A second of the desk begins 100 ms after the wall clock's, when
 * the engine has closed its own.
 */
#ifndef WEIR_FACE_DESK_H
#define WEIR_FACE_DESK_H

#include "face/api.h"

enum { DESK_OFFSET_MS = 100 };

struct desk;

/* Whoever waits. Filled by the asker, who keeps it until done was called, once, by any thread
 * (also from within desk_ask()). done owns r from then on: reply_put(). */
struct desk_waiter {
    void (*done)(struct desk_waiter *w, struct reply *r);
    struct desk_waiter *next;
    bool gzip; /* the reply will be sent compressed: do that here, too */
};

/* Starts the threads; api is borrowed until desk_free(). */
struct desk *desk_new(const struct api *api, unsigned threads, struct err *e);

/* No more calls are taken; those that wait are answered with 503. Any thread, once. */
void desk_stop(struct desk *d);
void desk_free(struct desk *d);

/* A fresh reply to an equal call, counted for the caller, or NULL. Any thread; never waits. */
struct reply *desk_find(struct desk *d, const struct call *c);

/* Answers c, which becomes the desk's, and then calls w->done. Any thread; never waits. */
void desk_ask(struct desk *d, struct call *c, struct desk_waiter *w);

/* Replies made and replies shared since the start. */
void desk_counts(struct desk *d, uint64_t *made, uint64_t *shared);

/* How many seconds a reply stays that took workers so long. */
int64_t desk_stay(nsec_t spent);

/* Number of the desk's second at a wall-clock time, and when the next one begins. */
int64_t desk_second(nsec_t wall);
nsec_t desk_next(nsec_t wall);

#endif
