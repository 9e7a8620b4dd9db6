/* stream.c - listeners, topics and the frames between them.
 *
 * One lock guards listeners and topics. Order of locks: stream before MHD's own (taken by
 * MHD_resume_connection); the desk is never called with the lock held, since it may call back.
 */
#include "face/stream.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <microhttpd.h>
#include <zlib.h>

enum { TOPIC_BUCKETS = 256 };

/* What is asked once a second for all who listen. Lives while somebody does or a reply is due. */
struct topic {
    struct desk_waiter waiter; /* first: done() gets back to the topic by it */
    struct stream *stream;
    struct topic *next;
    char *name;     /* as asked, decoded */
    unsigned users; /* listeners, and one while a reply is due */
    bool asking;
    bool for_all; /* the reply that is due is for all, not only for who came new */
};

struct listener {
    struct stream *stream;
    struct listener *next, **from;
    struct MHD_Connection *connection;
    char sid[33];
    bool suspended; /* its connection waits for bytes */
    bool gzip;
    z_stream z;
    struct text queue; /* bytes to send; those before `sent` are gone */
    size_t sent;
    uint64_t lost; /* frames since the last lag event */
    nsec_t heard;  /* clock_mono of the last bytes */
    unsigned topics;
    struct topic *topic[STREAM_TOPICS];
    bool fresh[STREAM_TOPICS]; /* no frame of that topic has come yet */
};

struct stream {
    struct desk *desk;
    pthread_mutex_t lock;
    struct listener *listeners;
    struct topic *topics;
    unsigned count;
    _Atomic unsigned count_seen; /* the same for other threads */
    uint64_t seq;
    bool stopping;
};

struct stream *stream_new(struct desk *desk)
{
    struct stream *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->desk = desk;
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

unsigned stream_count(const void *stream)
{
    const struct stream *s = stream;
    return atomic_load_explicit(&s->count_seen, memory_order_relaxed);
}

/* Everything below until "ticker" runs with the lock held. */

static void wake(struct listener *l)
{
    if (!l->suspended)
        return;
    l->suspended = false;
    MHD_resume_connection(l->connection);
}

static size_t pending(const struct listener *l)
{
    return l->queue.len - l->sent;
}

/* Appends bytes to the queue through the listener's gzip stream, flushed so that the browser can
 * read all of it at once. */
static void queue_bytes(struct listener *l, const char *bytes, size_t n)
{
    if (l->sent && l->sent >= pending(l)) { /* what is gone is moved over at most once */
        memmove(l->queue.data, l->queue.data + l->sent, pending(l));
        l->queue.len -= l->sent;
        l->sent = 0;
    }
    if (!l->gzip) {
        text_add_n(&l->queue, bytes, n);
        return;
    }
    l->z.next_in = (Bytef *)(uintptr_t)bytes;
    l->z.avail_in = (uInt)n;
    do {
        size_t room = n / 4 + 1024;
        if (!text_reserve(&l->queue, room))
            return;
        l->z.next_out = (Bytef *)l->queue.data + l->queue.len;
        l->z.avail_out = (uInt)room;
        deflate(&l->z, Z_SYNC_FLUSH);
        l->queue.len += room - l->z.avail_out;
    } while (l->z.avail_out == 0);
}

static void send_bytes(struct listener *l, const char *bytes, size_t n, nsec_t now)
{
    queue_bytes(l, bytes, n);
    l->heard = now;
    wake(l);
}

/* A whole frame, or the count of those lost when the listener does not keep up. */
static void send_frame(struct listener *l, const struct text *frame, nsec_t now)
{
    if (pending(l) > STREAM_QUEUE || l->queue.failed) {
        l->lost++;
        return;
    }
    if (l->lost) {
        char lag[80];
        int n = snprintf(lag, sizeof lag, "event: lag\ndata: {\"lost\":%llu}\n\n",
                         (unsigned long long)l->lost);
        l->lost = 0;
        queue_bytes(l, lag, (size_t)n);
    }
    send_bytes(l, frame->data, frame->len, now);
}

static void topic_put(struct topic *t)
{
    if (--t->users)
        return;
    for (struct topic **at = &t->stream->topics; *at; at = &(*at)->next) {
        if (*at == t) {
            *at = t->next;
            break;
        }
    }
    free(t->name);
    free(t);
}

/* Place of a topic among a listener's, or -1. */
static int topic_place(const struct listener *l, const struct topic *t)
{
    for (unsigned i = 0; i < l->topics; i++) {
        if (l->topic[i] == t)
            return (int)i;
    }
    return -1;
}

static void topic_done(struct desk_waiter *w, struct reply *r);

static struct topic *topic_get(struct stream *s, const char *name)
{
    for (struct topic *t = s->topics; t; t = t->next) {
        if (!strcmp(t->name, name)) {
            t->users++;
            return t;
        }
    }
    struct topic *t = calloc(1, sizeof *t);
    if (!t || !(t->name = strdup(name))) {
        free(t);
        return NULL;
    }
    t->waiter.done = topic_done;
    t->stream = s;
    t->users = 1;
    t->next = s->topics;
    s->topics = t;
    return t;
}

static void forget_topics(struct listener *l)
{
    while (l->topics)
        topic_put(l->topic[--l->topics]);
}

/* Marks a topic as being asked for, so that it stays; false when it already is. */
static bool start_asking(struct topic *t)
{
    if (t->asking)
        return false;
    t->asking = true;
    t->users++;
    return true;
}

/* Without the lock from here on, except where it is taken. */

static void write_frame(struct text *frame, const struct topic *t, const struct reply *r,
                        uint64_t seq)
{
    text_add(frame, "id: ");
    text_i64(frame, to_ms(clock_wall()));
    text_char(frame, '.');
    text_u64(frame, seq);
    text_add(frame, "\nevent: ");
    text_add(frame, t->name);
    text_add(frame, "\ndata: ");
    text_add_n(frame, r->body.data ? r->body.data : "", r->body.len);
    text_add(frame, "\n\n");
}

static void topic_done(struct desk_waiter *w, struct reply *r)
{
    struct topic *t = (struct topic *)(void *)w;
    struct stream *s = t->stream;
    struct text frame = {0};
    nsec_t now = clock_mono();
    pthread_mutex_lock(&s->lock);
    bool for_all = t->for_all;
    t->asking = t->for_all = false;
    write_frame(&frame, t, r, ++s->seq);
    for (struct listener *l = s->listeners; l && !frame.failed; l = l->next) {
        int place = topic_place(l, t);
        if (place < 0 || (!for_all && !l->fresh[place]))
            continue;
        l->fresh[place] = false;
        send_frame(l, &frame, now);
    }
    topic_put(t);
    pthread_mutex_unlock(&s->lock);
    text_free(&frame);
    reply_put(r);
}

/* The call that a topic stands for. Lists as CSV and streams within streams are refused. */
static struct call *topic_call(const char *name, struct reply **problem)
{
    struct text target = {0};
    text_add(&target, "/api/v1/");
    text_add(&target, name);
    if (target.failed) {
        *problem = reply_problem(503, "memory", "Out of memory", NULL, -1);
        return NULL;
    }
    struct call *c = call_new(METHOD_GET, target.data, target.len, NULL, problem);
    text_free(&target);
    if (c && (c->format != FORMAT_JSON || c->route->shape == SHAPE_STREAM)) {
        call_free(c);
        *problem =
            reply_problem(400, "topic", "Bad topic", "a topic is a GET that answers JSON", -1);
        return NULL;
    }
    return c;
}

/* t was marked by start_asking(); its name stays since nobody frees it meanwhile. */
static void ask_topic(struct topic *t)
{
    struct reply *problem = NULL;
    struct call *c = topic_call(t->name, &problem);
    if (c)
        desk_ask(t->stream->desk, c, &t->waiter);
    else
        topic_done(&t->waiter, problem);
}

void stream_tick(struct stream *s, nsec_t now)
{
    static const char comment[] = ": still here\n\n";
    struct topic **due = NULL;
    size_t n = 0, room = 0;
    pthread_mutex_lock(&s->lock);
    for (struct topic *t = s->topics; t; t = t->next)
        room++;
    due = room ? calloc(room, sizeof(struct topic *)) : NULL;
    for (struct topic *t = s->topics; t && due && !s->stopping; t = t->next) {
        t->for_all = true;
        if (start_asking(t))
            due[n++] = t;
    }
    for (struct listener *l = s->listeners; l; l = l->next) {
        if (now - l->heard >= STREAM_KEEPALIVE_S * SECOND && !pending(l))
            send_bytes(l, comment, sizeof comment - 1, now);
    }
    pthread_mutex_unlock(&s->lock);
    for (size_t i = 0; i < n; i++)
        ask_topic(due[i]);
    free((void *)due);
}

int stream_topics(const char *raw, size_t len, char **topics, int most, char **memory)
{
    const char *end = raw + len;
    int n = 0;
    char *out = *memory = malloc(len + 1);
    if (!out)
        return -1;
    while (raw < end) {
        const char *comma = memchr(raw, ',', (size_t)(end - raw));
        size_t size = comma ? (size_t)(comma - raw) : (size_t)(end - raw);
        long decoded = percent_decode(raw, size, true, out);
        if (decoded < 0 || (decoded && n == most))
            return -1;
        if (decoded)
            topics[n++] = out;
        /* Room for the NUL: a comma, or the byte beyond the last topic. */
        out[decoded] = 0;
        out += decoded + 1;
        raw += size + (comma != NULL);
    }
    return n;
}

/* Makes the listener listen to these topics only; new ones are put into fresh, to be asked for at
 * once. With the lock held. False when memory ran out on the way. */
static bool set_topics(struct listener *l, char **names, int n, struct topic **fresh, int *fresh_n)
{
    struct listener old = *l;
    bool ok = true;
    l->topics = 0;
    *fresh_n = 0;
    for (int i = 0; i < n && ok; i++) {
        struct topic *t = topic_get(l->stream, names[i]);
        ok = t != NULL;
        if (!ok)
            break;
        if (topic_place(l, t) >= 0) {
            topic_put(t);
            continue;
        }
        int before = topic_place(&old, t);
        l->fresh[l->topics] = before < 0 || old.fresh[before];
        l->topic[l->topics++] = t;
        if (before < 0 && start_asking(t))
            fresh[(*fresh_n)++] = t;
    }
    while (old.topics)
        topic_put(old.topic[--old.topics]);
    return ok;
}

static struct reply *bad_topics(void)
{
    return reply_problem(400, "topic", "Bad topics",
                         "topics must be at most 32 GET paths, each URL-encoded, by comma", -1);
}

static struct reply *change(struct stream *s, const char *sid, char **names, int n)
{
    struct topic *fresh[STREAM_TOPICS];
    int fresh_n = 0;
    bool ok = true;
    pthread_mutex_lock(&s->lock);
    struct listener *l = s->listeners;
    while (l && strcmp(l->sid, sid) != 0)
        l = l->next;
    if (l)
        ok = set_topics(l, names, n, fresh, &fresh_n);
    pthread_mutex_unlock(&s->lock);
    for (int i = 0; i < fresh_n; i++)
        ask_topic(fresh[i]);
    if (!l)
        return reply_problem(404, "stream", "No such stream", "it has ended; open another", -1);
    if (!ok)
        return reply_problem(503, "memory", "Out of memory", NULL, -1);
    struct reply *r = reply_json();
    struct json j = json_into(&r->body);
    api_one_open(&j);
    json_open(&j);
    json_pair_string(&j, "sid", sid);
    json_key(&j, "topics");
    json_open_array(&j);
    for (int i = 0; i < n; i++)
        json_string(&j, names[i]);
    json_close_array(&j);
    json_close(&j);
    return api_one_finish(r, &j, NULL);
}

struct reply *stream_change(struct stream *s, const struct call *c)
{
    char *names[STREAM_TOPICS];
    char *memory = NULL;
    const struct pair *topics = request_find(c->request, "topics");
    int n = topics ? stream_topics(topics->raw, topics->raw_len, names, STREAM_TOPICS, &memory) : 0;
    struct reply *r = n < 0 ? bad_topics() : change(s, c->slot, names, n);
    free(memory);
    return r;
}

/* MHD's reader: an event loop's thread. */
static ssize_t read_queue(void *cls, uint64_t pos, char *buf, size_t max)
{
    struct listener *l = cls;
    struct stream *s = l->stream;
    (void)pos;
    pthread_mutex_lock(&s->lock);
    ssize_t n;
    size_t left = pending(l);
    if (left) {
        size_t take = left < max ? left : max;
        memcpy(buf, l->queue.data + l->sent, take);
        l->sent += take;
        n = (ssize_t)take;
    } else if (s->stopping || l->queue.failed) {
        n = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        l->suspended = true;
        MHD_suspend_connection(l->connection);
        n = 0;
    }
    pthread_mutex_unlock(&s->lock);
    return n;
}

static void free_listener(void *cls)
{
    struct listener *l = cls;
    struct stream *s = l->stream;
    pthread_mutex_lock(&s->lock);
    *l->from = l->next;
    if (l->next)
        l->next->from = l->from;
    forget_topics(l);
    s->count--;
    atomic_store_explicit(&s->count_seen, s->count, memory_order_relaxed);
    pthread_mutex_unlock(&s->lock);
    if (l->gzip)
        deflateEnd(&l->z);
    text_free(&l->queue);
    free(l);
}

/* 128 bits that cannot be guessed: knowing them is the right to change the stream. */
static bool make_sid(char *sid)
{
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return false;
    for (int i = 0; i < 16; i++)
        snprintf(sid + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

static struct listener *new_listener(struct stream *s, struct MHD_Connection *connection, bool gzip)
{
    struct listener *l = calloc(1, sizeof *l);
    if (!l || !make_sid(l->sid)) {
        free(l);
        return NULL;
    }
    l->stream = s;
    l->connection = connection;
    /* A window of 32 kB holds the last frame, which the next one mostly repeats. */
    l->gzip = gzip && deflateInit2(&l->z, 3, Z_DEFLATED, 15 + 16, 7, Z_DEFAULT_STRATEGY) == Z_OK;
    return l;
}

/* Enters the listener and says hello. With the lock held; false when there are too many. */
static bool enter(struct stream *s, struct listener *l)
{
    char hello[96];
    if (s->count >= STREAM_LISTENERS || s->stopping)
        return false;
    s->count++;
    atomic_store_explicit(&s->count_seen, s->count, memory_order_relaxed);
    l->next = s->listeners;
    l->from = &s->listeners;
    if (l->next)
        l->next->from = &l->next;
    s->listeners = l;
    int n = snprintf(hello, sizeof hello, "retry: 2000\nevent: hello\ndata: {\"sid\":\"%s\"}\n\n",
                     l->sid);
    queue_bytes(l, hello, (size_t)n);
    l->heard = clock_mono();
    return true;
}

static void drop_listener(struct listener *l)
{
    if (l && l->gzip)
        deflateEnd(&l->z);
    if (l)
        text_free(&l->queue);
    free(l);
}

struct MHD_Response *stream_open(struct stream *s, struct MHD_Connection *connection,
                                 const struct call *c, bool gzip, struct reply **problem)
{
    char *names[STREAM_TOPICS];
    char *memory = NULL;
    struct topic *fresh[STREAM_TOPICS];
    int fresh_n = 0;
    const struct pair *topics = request_find(c->request, "topics");
    int n = topics ? stream_topics(topics->raw, topics->raw_len, names, STREAM_TOPICS, &memory) : 0;
    struct listener *l = n < 0 ? NULL : new_listener(s, connection, gzip);
    struct MHD_Response *response = NULL;
    bool entered = false;
    if (l) {
        pthread_mutex_lock(&s->lock);
        entered = enter(s, l);
        if (entered)
            set_topics(l, names, n, fresh, &fresh_n);
        pthread_mutex_unlock(&s->lock);
    }
    if (entered)
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 32 * 1024, read_queue, l,
                                                     free_listener);
    if (!response) {
        *problem = n < 0 ? bad_topics()
                         : reply_problem(503, "busy", "Busy", "too many streams are open", -1);
        if (entered)
            free_listener(l);
        else
            drop_listener(l);
    }
    for (int i = 0; i < fresh_n; i++)
        ask_topic(fresh[i]);
    free(memory);
    return response;
}

void stream_stop(struct stream *s)
{
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    for (struct listener *l = s->listeners; l; l = l->next)
        wake(l);
    pthread_mutex_unlock(&s->lock);
}

void stream_free(struct stream *s)
{
    if (!s)
        return;
    assert(!s->listeners && !s->topics);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
