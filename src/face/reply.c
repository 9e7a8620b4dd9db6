/* reply.c - counted replies, problems and compression. */
#include "face/reply.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

/* Sent when there is no memory for anything better; never freed. Its body has failed already, so
 * that what is added to it goes nowhere. */
static char no_memory_text[] =
    "{\"type\":\"/docs/errors#memory\",\"title\":\"Out of memory\",\"status\":503}";
static struct reply no_memory = {
    .users = 1,
    .status = 503,
    .type = "application/problem+json",
    .body = {.data = no_memory_text, .len = sizeof no_memory_text - 1, .failed = true},
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .gz_tried = true,
    .retry_s = 5,
};

struct reply *reply_new(int status, const char *type)
{
    struct reply *r = calloc(1, sizeof *r);
    if (!r)
        return &no_memory;
    r->users = 1;
    r->status = status;
    r->type = type;
    pthread_mutex_init(&r->lock, NULL);
    return r;
}

struct reply *reply_json(void)
{
    return reply_new(200, "application/json");
}

struct reply *reply_get(struct reply *r)
{
    atomic_fetch_add_explicit(&r->users, 1, memory_order_relaxed);
    return r;
}

void reply_put(struct reply *r)
{
    if (!r || r == &no_memory)
        return;
    if (atomic_fetch_sub_explicit(&r->users, 1, memory_order_acq_rel) != 1)
        return;
    text_free(&r->body);
    text_free(&r->gz);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

struct reply *reply_problem(int status, const char *anchor, const char *title, const char *detail,
                            long at)
{
    struct reply *r = reply_new(status, "application/problem+json");
    if (r == &no_memory)
        return r;
    char type[64];
    snprintf(type, sizeof type, "/docs/errors#%s", anchor);
    struct json j = json_into(&r->body);
    json_open(&j);
    json_pair_string(&j, "type", type);
    json_pair_string(&j, "title", title);
    json_pair_i64(&j, "status", status);
    if (detail && *detail)
        json_pair_string(&j, "detail", detail);
    if (at >= 0)
        json_pair_i64(&j, "at", at);
    json_close(&j);
    return reply_finish(r);
}

struct reply *reply_redirect(const char *path)
{
    for (const char *p = path; *p; p++) {
        if ((unsigned char)*p < 0x21 || (unsigned char)*p >= 0x7f)
            return reply_problem(400, "path", "Bad path", "not a place to be sent to", -1);
    }
    struct reply *r = reply_new(302, "text/plain; charset=utf-8");
    if (r == &no_memory)
        return r;
    if (strlen(path) >= sizeof r->location) {
        reply_put(r);
        return reply_problem(400, "path", "Bad path", "too long to be sent on", -1);
    }
    snprintf(r->location, sizeof r->location, "%s", path);
    text_add(&r->body, path);
    text_char(&r->body, '\n');
    return reply_finish(r);
}

struct reply *reply_finish(struct reply *r)
{
    if (!r->body.failed)
        return r;
    reply_put(r);
    return &no_memory;
}

bool gzip_all(const void *bytes, size_t n, struct text *out)
{
    z_stream z = {0};
    /* Level 1 costs a third of level 6 and loses a fifth; 16 asks for gzip's own header. */
    if (n > UINT32_MAX / 2 ||
        deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    size_t bound = deflateBound(&z, (uLong)n);
    bool ok = text_reserve(out, bound);
    if (ok) {
        z.next_in = (Bytef *)(uintptr_t)bytes;
        z.avail_in = (uInt)n;
        z.next_out = (Bytef *)out->data + out->len;
        z.avail_out = (uInt)bound;
        ok = deflate(&z, Z_FINISH) == Z_STREAM_END;
        out->len += ok ? z.total_out : 0;
    }
    deflateEnd(&z);
    return ok;
}

const void *reply_bytes(struct reply *r, bool gzip, size_t *size, bool *is_gzip)
{
    *is_gzip = false;
    if (r->asset) {
        *is_gzip = gzip && r->asset->gz;
        *size = *is_gzip ? r->asset->gz_size : r->asset->size;
        return *is_gzip ? r->asset->gz : r->asset->data;
    }
    if (gzip && r->body.len >= REPLY_GZIP_FROM) {
        pthread_mutex_lock(&r->lock);
        if (!r->gz_tried && !gzip_all(r->body.data, r->body.len, &r->gz))
            text_free(&r->gz);
        r->gz_tried = true;
        pthread_mutex_unlock(&r->lock);
        if (r->gz.len && r->gz.len < r->body.len) {
            *is_gzip = true;
            *size = r->gz.len;
            return r->gz.data;
        }
    }
    *size = r->body.len;
    return r->body.data ? r->body.data : "";
}
