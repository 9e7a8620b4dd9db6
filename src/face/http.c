/* http.c - connections, from their first byte to the last reply.
 *
 * libmicrohttpd calls the handler at least twice per request: at the first call only the headers
 * are there, and an answer then would close the connection, so it comes at the second. An API call
 * goes to the desk and its connection is suspended; when the desk is done the connection is resumed
 * and the handler, called once more, finds the reply.
 *
 * The library's own time-out starts anew with every byte, so a client that sends one byte in ten
 * seconds could hold a connection for ever. A list of connections with the time since which each
 * has been expected to say something closes that hole: http_sweep() shuts down those that are late.
 */
#include "face/http.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/log.h"
#include "face/http_reply.h"
#include "face/pages.h"

enum { HTTP_LOOPS = 2, HTTP_BACKLOG = 511, HTTP_MEMORY = 24 * 1024 };

/* One connection. In the list in the order of `since`, oldest first, while it is quiet. */
struct connection {
    struct http *http;
    struct connection *older, *newer;
    int fd;
    nsec_t since; /* clock_mono from which on a request is due */
    bool listed;  /* quiet: no request is being answered */
    bool asked;   /* has sent a whole request before */
};

/* One request. Owner: its connection, from the request line to completion. */
struct exchange {
    struct desk_waiter waiter; /* first: done() finds the exchange by it */
    struct MHD_Connection *mhd;
    struct http *http;
    char *target; /* as it came, NULL when out of memory */
    bool begun, asked;
    _Atomic(struct reply *) reply;
    size_t body;
    bool gzip;
};

struct http {
    struct http_config config;
    struct MHD_Daemon *daemon;
    unsigned port;
    pthread_mutex_t lock; /* guards the list and the counts */
    struct connection *oldest, *newest;
    unsigned connections;
    unsigned limit;
};

/* The list, with the lock held. */

static void unlist(struct connection *c)
{
    struct http *h = c->http;
    if (!c->listed)
        return;
    *(c->older ? &c->older->newer : &h->oldest) = c->newer;
    *(c->newer ? &c->newer->older : &h->newest) = c->older;
    c->older = c->newer = NULL;
    c->listed = false;
}

static void list(struct connection *c, nsec_t now)
{
    struct http *h = c->http;
    unlist(c);
    c->since = now;
    c->listed = true;
    c->older = h->newest;
    *(h->newest ? &h->newest->newer : &h->oldest) = c;
    h->newest = c;
}

/* Ends a quiet connection; its loop sees the end of the stream and tidies up. The descriptor is
 * ours to touch: it is closed only after the notice that takes the connection out of the list. */
static void shut(struct connection *c)
{
    unlist(c);
    shutdown(c->fd, SHUT_RDWR);
}

void http_sweep(struct http *h, nsec_t now)
{
    pthread_mutex_lock(&h->lock);
    struct connection *c = h->oldest;
    while (c) {
        struct connection *next = c->newer;
        nsec_t allowed = (c->asked ? HTTP_IDLE_S : HTTP_FIRST_S) * SECOND;
        if (now - c->since > allowed)
            shut(c);
        c = next;
    }
    pthread_mutex_unlock(&h->lock);
}

unsigned http_connections(struct http *h)
{
    pthread_mutex_lock(&h->lock);
    unsigned n = h->connections;
    pthread_mutex_unlock(&h->lock);
    return n;
}

static void connection_opened(struct http *h, struct MHD_Connection *mhd, void **context)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct connection *c = calloc(1, sizeof *c);
    *context = c;
    if (!c || !info) {
        free(c);
        *context = NULL;
        return;
    }
    c->http = h;
    c->fd = info->connect_fd;
    pthread_mutex_lock(&h->lock);
    h->connections++;
    list(c, clock_mono());
    if (h->connections > h->limit - HTTP_RESERVE && h->oldest != c)
        shut(h->oldest);
    pthread_mutex_unlock(&h->lock);
}

static void connection_notice(void *cls, struct MHD_Connection *mhd, void **context,
                              enum MHD_ConnectionNotificationCode code)
{
    struct http *h = cls;
    struct connection *c = *context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        connection_opened(h, mhd, context);
        return;
    }
    if (!c)
        return;
    pthread_mutex_lock(&h->lock);
    unlist(c);
    h->connections--;
    pthread_mutex_unlock(&h->lock);
    free(c);
    *context = NULL;
}

static struct connection *connection_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* The whole request is here: time no longer runs against the client. */
static void connection_asked(struct MHD_Connection *mhd)
{
    struct connection *c = connection_of(mhd);
    if (!c)
        return;
    pthread_mutex_lock(&c->http->lock);
    unlist(c);
    c->asked = true;
    pthread_mutex_unlock(&c->http->lock);
}

/* The request line has been read: keep the target as it came, before the library touches it. */
static void *exchange_begin(void *cls, const char *target, struct MHD_Connection *mhd)
{
    struct exchange *x = calloc(1, sizeof *x);
    if (!x)
        return NULL;
    x->http = cls;
    x->mhd = mhd;
    x->target = strdup(target);
    return x;
}

static void exchange_end(void *cls, struct MHD_Connection *mhd, void **context,
                         enum MHD_RequestTerminationCode code)
{
    struct http *h = cls;
    struct exchange *x = *context;
    struct connection *c = connection_of(mhd);
    (void)code;
    if (c) {
        pthread_mutex_lock(&h->lock);
        list(c, clock_mono());
        pthread_mutex_unlock(&h->lock);
    }
    if (!x)
        return;
    reply_put(atomic_load(&x->reply));
    free(x->target);
    free(x);
    *context = NULL;
}

static void exchange_done(struct desk_waiter *w, struct reply *r)
{
    struct exchange *x = (struct exchange *)(void *)w;
    atomic_store(&x->reply, r);
    MHD_resume_connection(x->mhd);
}

/* What is counted and looked for among the headers. */
struct header_scan {
    unsigned lines, hosts, lengths;
    bool chunked, folded;
};

static enum MHD_Result scan_header(void *cls, enum MHD_ValueKind kind, const char *key,
                                   const char *value)
{
    struct header_scan *s = cls;
    (void)kind;
    s->lines++;
    s->hosts += !strcasecmp(key, MHD_HTTP_HEADER_HOST);
    s->lengths += !strcasecmp(key, MHD_HTTP_HEADER_CONTENT_LENGTH);
    s->chunked |= !strcasecmp(key, MHD_HTTP_HEADER_TRANSFER_ENCODING);
    for (const char *p = value ? value : ""; *p; p++)
        s->folded |= (unsigned char)*p < 0x20 && *p != '\t';
    return MHD_YES;
}

static const char *header(struct MHD_Connection *mhd, const char *name)
{
    return MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, name);
}

/* What two programs might read differently is refused (request smuggling), and so are names that a
 * foreign page has made point here. */
static struct reply *check_headers(struct exchange *x, const char *version)
{
    struct header_scan s = {0};
    MHD_get_connection_values(x->mhd, MHD_HEADER_KIND, scan_header, &s);
    if (s.lines > HTTP_HEADERS)
        return reply_problem(431, "request", "Too many headers", "at most 64", -1);
    bool must_have_host = !strcmp(version, MHD_HTTP_VERSION_1_1);
    if (s.hosts > 1 || s.lengths > 1 || (s.chunked && s.lengths) || s.folded ||
        (must_have_host && !s.hosts))
        return reply_problem(400, "request", "Bad request", "ambiguous or missing headers", -1);
    const char *host = header(x->mhd, MHD_HTTP_HEADER_HOST);
    if (host && !host_is_allowed(host, x->http->config.name))
        return reply_problem(
            403, "host", "Unknown host name",
            "ask by address, as localhost, or by the name given with --instance-name", -1);
    return NULL;
}

/* A request that changes something must come from our own pages or from a program. */
static struct reply *check_origin(struct exchange *x)
{
    const char *site = header(x->mhd, "Sec-Fetch-Site");
    const char *origin = header(x->mhd, MHD_HTTP_HEADER_ORIGIN);
    const char *host = header(x->mhd, MHD_HTTP_HEADER_HOST);
    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return reply_problem(403, "origin", "Foreign origin", "not from another site", -1);
    const char *slashes = origin ? strstr(origin, "://") : NULL;
    if (origin && (!slashes || !host || strcmp(slashes + 3, host) != 0))
        return reply_problem(403, "origin", "Foreign origin", "not from another site", -1);
    return NULL;
}

static int send_reply(struct exchange *x, struct reply *r)
{
    return http_send(x->mhd, r, x->gzip, header(x->mhd, MHD_HTTP_HEADER_IF_NONE_MATCH));
}

/* Hands the call to the desk and lets the connection sleep. */
static int ask_desk(struct exchange *x, struct call *c)
{
    struct reply *r = desk_find(x->http->config.desk, c);
    if (r) {
        call_free(c);
        return send_reply(x, r);
    }
    x->asked = true;
    x->waiter = (struct desk_waiter){.done = exchange_done, .gzip = x->gzip};
    MHD_suspend_connection(x->mhd);
    desk_ask(x->http->config.desk, c, &x->waiter);
    return MHD_YES;
}

static int answer_stream(struct exchange *x, struct call *c)
{
    struct stream *stream = x->http->config.stream;
    struct reply *problem = NULL;
    if (c->route->method != METHOD_GET) {
        problem = check_origin(x);
        struct reply *r = problem ? problem : stream_change(stream, c);
        call_free(c);
        return send_reply(x, r);
    }
    struct MHD_Response *response = stream_open(stream, x->mhd, c, x->gzip, &problem);
    call_free(c);
    return response ? http_send_stream(x->mhd, response, x->gzip) : send_reply(x, problem);
}

static struct reply *options_reply(void)
{
    struct reply *r = reply_new(204, "text/plain; charset=utf-8");
    if (r->status == 204)
        r->allow = "GET, HEAD, OPTIONS";
    return r;
}

/* Pages and old addresses; the API's own paths never come here. */
static struct reply *page_reply(struct exchange *x, const char *accept)
{
    struct request_error e;
    struct request *request = request_parse(x->target, strlen(x->target), &e);
    if (!request)
        return reply_problem(e.status, "request", "Bad request", e.why, -1);
    bool json = header_accepts(accept, "application/json") && !header_accepts(accept, "text/html");
    struct reply *r = pages_find(request, json);
    request_free(request);
    return r;
}

static bool is_api(const char *target)
{
    return !strncmp(target, "/api/", 5) || !strncmp(target, "/metrics", 8);
}

/* The whole request is here. */
static int answer_request(struct exchange *x, enum method method, const char *version)
{
    const char *accept = header(x->mhd, MHD_HTTP_HEADER_ACCEPT);
    struct reply *problem = check_headers(x, version);
    x->gzip = header_accepts(header(x->mhd, MHD_HTTP_HEADER_ACCEPT_ENCODING), "gzip");
    if (!problem && x->body > HTTP_BODY)
        problem = reply_problem(413, "request", "Too large", "bodies are at most 4096 bytes", -1);
    if (!problem && !x->target)
        problem = reply_problem(503, "memory", "Out of memory", NULL, -1);
    if (!problem && method == METHOD_OPTIONS)
        problem = options_reply();
    if (problem)
        return send_reply(x, problem);
    if (!is_api(x->target)) {
        bool reads = method == METHOD_GET || method == METHOD_HEAD;
        struct reply *r = reads ? page_reply(x, accept)
                                : reply_problem(405, "method", "Method not allowed", NULL, -1);
        if (r->status == 405)
            r->allow = "GET, HEAD, OPTIONS";
        return send_reply(x, r);
    }
    struct call *c = call_new(method, x->target, strlen(x->target), accept, &problem);
    if (!c)
        return send_reply(x, problem);
    if (c->route->shape == SHAPE_STREAM && method != METHOD_HEAD)
        return answer_stream(x, c);
    return ask_desk(x, c);
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *mhd, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **context)
{
    struct exchange *x = *context;
    (void)cls;
    (void)url;
    (void)upload;
    if (!x)
        return MHD_NO;
    x->mhd = mhd;
    if (!x->begun) {
        x->begun = true;
        return MHD_YES;
    }
    if (*upload_size) {
        x->body += *upload_size;
        *upload_size = 0;
        return MHD_YES;
    }
    if (x->asked) {
        struct reply *r = atomic_exchange(&x->reply, NULL);
        if (r)
            return (enum MHD_Result)send_reply(x, r);
        return MHD_NO; /* resumed without a reply: cannot be, and must not hang */
    }
    connection_asked(mhd);
    return (enum MHD_Result)answer_request(x, method_from_word(method), version);
}

/* Keeps the target as it came: ours is the only decoder. */
static size_t keep_escapes(void *cls, struct MHD_Connection *mhd, char *s)
{
    (void)cls;
    (void)mhd;
    return strlen(s);
}

__attribute__((format(printf, 2, 0))) static void log_library(void *cls, const char *format,
                                                              va_list arguments)
{
    char line[256];
    (void)cls;
    vsnprintf(line, sizeof line, format, arguments);
    line[strcspn(line, "\n")] = 0;
    log_debug("http: %s", line);
}

/* Sockets need descriptors; the soft limit of 1024 is for programs that use select(). */
static unsigned raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        return HTTP_CONNECTIONS / 2;
    rlim_t wanted = 4 * HTTP_CONNECTIONS;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    rlim_t half = limit.rlim_cur / 2;
    if (half < 4 * HTTP_RESERVE)
        return 4 * HTTP_RESERVE;
    return half < HTTP_CONNECTIONS ? (unsigned)half : HTTP_CONNECTIONS;
}

/* Builds the socket address; returns its length. */
static socklen_t socket_address(const struct http_address *a, struct sockaddr_storage *storage)
{
    memset(storage, 0, sizeof *storage);
    if (addr_is_v4(&a->addr)) {
        struct sockaddr_in *in = (struct sockaddr_in *)storage;
        in->sin_family = AF_INET;
        in->sin_port = htons(a->port);
        memcpy(&in->sin_addr, a->addr.byte + 12, 4);
        return sizeof *in;
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)storage;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(a->port);
    memcpy(&in6->sin6_addr, a->addr.byte, 16);
    return sizeof *in6;
}

static bool fail_bind(struct err *e, const struct http_address *a)
{
    if (errno == EADDRINUSE)
        return fail(e,
                    "port %u is in use by another program; choose another with -w, such as -w %u",
                    a->port, a->port < 65535 ? a->port + 1 : 3000);
    if (errno == EACCES)
        return fail(e, "port %u needs privileges; choose one above 1023 with -w", a->port);
    return fail(e, "port %u: %s", a->port, strerror(errno));
}

static int open_socket(struct http *h, struct err *e)
{
    struct sockaddr_storage storage;
    socklen_t len = socket_address(&h->config.address, &storage);
    int one = 1;
    int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd == -1) {
        fail(e, "web server: %s", strerror(errno));
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&storage, len) == -1 || listen(fd, HTTP_BACKLOG) == -1 ||
        getsockname(fd, (struct sockaddr *)&storage, &len) == -1) {
        fail_bind(e, &h->config.address);
        close(fd);
        return -1;
    }
    h->port = ntohs(storage.ss_family == AF_INET ? ((struct sockaddr_in *)&storage)->sin_port
                                                 : ((struct sockaddr_in6 *)&storage)->sin6_port);
    return fd;
}

static struct MHD_Daemon *start_daemon(struct http *h, int fd)
{
    unsigned flags =
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_ERROR_LOG;
    if (!addr_is_v4(&h->config.address.addr))
        flags |= MHD_USE_IPv6;
    /* The library's limit is a share for each loop and refuses, ours counts all and makes room:
     * twice as many leave the decision to us. */
    return MHD_start_daemon(
        flags, 0, NULL, NULL, handle, h, MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_THREAD_POOL_SIZE, HTTP_LOOPS,
        MHD_OPTION_CONNECTION_LIMIT, 2 * h->limit, MHD_OPTION_CONNECTION_TIMEOUT, HTTP_IDLE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_MEMORY, MHD_OPTION_URI_LOG_CALLBACK,
        exchange_begin, h, MHD_OPTION_NOTIFY_COMPLETED, exchange_end, h,
        MHD_OPTION_NOTIFY_CONNECTION, connection_notice, h, MHD_OPTION_UNESCAPE_CALLBACK,
        keep_escapes, NULL, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
}

struct http *http_start(const struct http_config *config, struct err *e)
{
    struct http *h = calloc(1, sizeof *h);
    if (!h) {
        fail(e, "out of memory");
        return NULL;
    }
    h->config = *config;
    h->limit = raise_descriptors();
    pthread_mutex_init(&h->lock, NULL);
    int fd = open_socket(h, e);
    if (fd != -1) {
        h->daemon = start_daemon(h, fd);
        if (!h->daemon) {
            close(fd);
            fail(e, "the web server could not start its threads");
        }
    }
    if (h->daemon)
        return h;
    http_stop(h);
    return NULL;
}

void http_stop(struct http *h)
{
    if (!h)
        return;
    if (h->daemon)
        MHD_stop_daemon(h->daemon);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

unsigned http_port(const struct http *h)
{
    return h->port;
}
