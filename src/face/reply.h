/* reply.h - an answer on its way out: status, headers and bytes, shared by all who asked for it.
 *
 * A reply is written by one thread, then constant; it is counted, and freed by the last who puts
 * it back. Nothing here knows the HTTP library.
 */
#ifndef WEIR_FACE_REPLY_H
#define WEIR_FACE_REPLY_H

#include <pthread.h>

#include "base/json.h"
#include "face/assets.h"

enum {
    REPLY_GZIP_FROM = 1024 /* bytes below which compressing costs more than it saves */
};

struct reply {
    _Atomic unsigned users;
    int status;
    const char *type;          /* media type, constant */
    const struct asset *asset; /* then its bytes are sent and not the body's */
    struct text body;
    char location[256];   /* of a redirect, "" = none */
    char attachment[40];  /* file name for saving, "" = show */
    const char *allow;    /* of 405 and OPTIONS, NULL = none */
    unsigned retry_s;     /* of 503, 0 = none */
    pthread_mutex_t lock; /* guards what follows: made when first wanted */
    struct text gz;
    bool gz_tried;
};

/* A reply with one user; type is a constant media type. Never NULL: out of memory gives a constant
 * reply that says so. */
struct reply *reply_new(int status, const char *type);
struct reply *reply_json(void);
struct reply *reply_get(struct reply *r);
void reply_put(struct reply *r);

/* RFC 9457. anchor names the kind ("filter"), at is the offset of the fault or -1. */
struct reply *reply_problem(int status, const char *anchor, const char *title, const char *detail,
                            long at);

/* 302 to path, in which control bytes are refused (then 400). */
struct reply *reply_redirect(const char *path);

/* What to call once the body is written: gives r back, or a 503 when memory ran out on the way. */
struct reply *reply_finish(struct reply *r);

/* The bytes to send, compressed when `gzip` and worth it (then *is_gzip). Any thread. */
const void *reply_bytes(struct reply *r, bool gzip, size_t *size, bool *is_gzip);

/* Compresses all of bytes into *out in gzip's format; false when that failed. */
bool gzip_all(const void *bytes, size_t n, struct text *out);

#endif
