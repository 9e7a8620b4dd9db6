/* zmq_subscriber.c - a ZMQ subscriber that reads in batches.
 *
 * One SUB socket holds all endpoints of one interface, so that their messages come fairly mixed.
 * Messages stay where ZMQ received them until the next read: no copies.
 */
#include "io/zmq_subscriber.h"

#include "io/wakeup.h"
#include "io/zmq_watch.h"
#include "net/addr.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

enum { HIGH_WATER = 10000, ENDPOINT_MAX = 512, KEY_LEN = ZMQ_KEY_TEXT - 1, MESSAGE_MAX = 64 << 20 };

struct zmq_subscriber {
    void *context, *socket;
    struct wakeup wakeup;
    struct zmq_watch watch;
    char *endpoints; /* as they were given */
    unsigned held;   /* parts that hold messages of the last read */
    uint64_t received, malformed;
    zmq_msg_t part[2 * ZMQ_BATCH];
};

bool zmq_is_endpoint(const char *text)
{
    return !strncmp(text, "tcp://", 6) || !strncmp(text, "zmq://", 6) ||
           !strncmp(text, "ipc://", 6);
}

static bool read_key(const char *path, char *key)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return false;
    ssize_t n = read(fd, key, KEY_LEN);
    close(fd);
    key[KEY_LEN] = '\0';
    return n == KEY_LEN && strlen(key) == KEY_LEN;
}

static bool write_key(const char *path, const char *key, int mode, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd == -1 || write(fd, key, KEY_LEN) != KEY_LEN) {
        fail(e, "ZMQ key %s: %s", path, strerror(errno));
        if (fd != -1)
            close(fd);
        return false;
    }
    close(fd);
    return true;
}

bool zmq_keys_load(const char *dir, struct zmq_keys *keys, struct err *e)
{
    char public_path[512], secret_path[512];
    mkdir(dir, 0750); /* a first start; what else is wrong with it, open() tells */
    snprintf(public_path, sizeof public_path, "%s/zmq-key.pub", dir);
    snprintf(secret_path, sizeof secret_path, "%s/zmq-key.priv", dir);
    bool has_public = access(public_path, F_OK) == 0, has_secret = access(secret_path, F_OK) == 0;
    if (!has_public && !has_secret) {
        if (zmq_curve_keypair(keys->public_key, keys->secret_key) == -1) {
            fail(e, "ZMQ keys: this libzmq has no CURVE");
            return false;
        }
        return write_key(secret_path, keys->secret_key, 0600, e) &&
               write_key(public_path, keys->public_key, 0644, e);
    }
    if (read_key(secret_path, keys->secret_key) && read_key(public_path, keys->public_key))
        return true;
    fail(e, "ZMQ keys %s and .priv must both be there, with 40 characters each", public_path);
    return false;
}

bool zmq_keys_of_secret(const char *secret, struct zmq_keys *keys, struct err *e)
{
    if (strlen(secret) != KEY_LEN || zmq_curve_public(keys->public_key, secret) == -1)
        return fail(e, "--zmq-encryption-key-priv: a secret key has 40 letters (Z85)");
    memcpy(keys->secret_key, secret, ZMQ_KEY_TEXT);
    return true;
}

/* One endpoint of the list as ZMQ calls it; *binds: we wait for probes there. */
static bool read_endpoint(const char *text, size_t len, char endpoint[ENDPOINT_MAX], bool *binds,
                          struct err *e)
{
    *binds = len > 0 && text[len - 1] == 'c';
    if (len >= ENDPOINT_MAX)
        return fail(e, "ZMQ endpoint too long");
    snprintf(endpoint, ENDPOINT_MAX, "%.*s", (int)(len - *binds), text);
    if (!zmq_is_endpoint(endpoint))
        return fail(e, "%s is no ZMQ endpoint; it looks like tcp://host:5556", endpoint);
    if (!strncmp(endpoint, "zmq://", 6))
        memcpy(endpoint, "tcp", 3);
    return true;
}

/* Connects to or binds one endpoint of the list. */
static bool add_endpoint(struct zmq_subscriber *s, const char *text, size_t len, struct err *e)
{
    char endpoint[ENDPOINT_MAX];
    bool binds;
    if (!read_endpoint(text, len, endpoint, &binds, e))
        return false;
    if ((binds ? zmq_bind(s->socket, endpoint) : zmq_connect(s->socket, endpoint)) == 0)
        return true;
    fail(e, "ZMQ %s: %s", endpoint, zmq_strerror(errno));
    return false;
}

static bool add_endpoints(struct zmq_subscriber *s, const char *list, struct err *e)
{
    for (;;) {
        size_t len = strcspn(list, ",");
        if (!add_endpoint(s, list, len, e))
            return false;
        if (!list[len])
            return true;
        list += len + 1;
    }
}

/* Prefixes subscribe: the topic stands first in the header. A probe that is silent is asked for a
 * sign of life, else a connection that died without a word is never made anew. */
static bool set_options(struct zmq_subscriber *s, const struct zmq_subscriber_config *config)
{
    static const char *const topics[] = {"flow",   "event", "counter",         "template",
                                         "option", "hello", "listening-ports", "snmp-ifaces",
                                         "message"};
    int high_water = config->high_water ? config->high_water : HIGH_WATER;
    int linger = 0, v6 = 1, heartbeat = 5000, timeout = 15000, on = 1;
    int64_t largest = MESSAGE_MAX;
    bool good = zmq_setsockopt(s->socket, ZMQ_RCVHWM, &high_water, sizeof high_water) == 0 &&
                zmq_setsockopt(s->socket, ZMQ_LINGER, &linger, sizeof linger) == 0 &&
                zmq_setsockopt(s->socket, ZMQ_IPV6, &v6, sizeof v6) == 0 &&
                zmq_setsockopt(s->socket, ZMQ_TCP_KEEPALIVE, &on, sizeof on) == 0 &&
                zmq_setsockopt(s->socket, ZMQ_HEARTBEAT_IVL, &heartbeat, sizeof heartbeat) == 0 &&
                zmq_setsockopt(s->socket, ZMQ_HEARTBEAT_TIMEOUT, &timeout, sizeof timeout) == 0 &&
                zmq_setsockopt(s->socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest) == 0;
    if (good && config->keys)
        good = zmq_setsockopt(s->socket, ZMQ_CURVE_SERVER, &on, sizeof on) == 0 &&
               zmq_setsockopt(s->socket, ZMQ_CURVE_SECRETKEY, config->keys->secret_key,
                              ZMQ_KEY_TEXT) == 0;
    for (size_t i = 0; good && i < sizeof topics / sizeof *topics; i++)
        good = zmq_setsockopt(s->socket, ZMQ_SUBSCRIBE, topics[i], strlen(topics[i])) == 0;
    return good;
}

struct zmq_subscriber *zmq_subscriber_open(const struct zmq_subscriber_config *config,
                                           struct err *e)
{
    struct zmq_subscriber *s = calloc(1, sizeof *s);
    if (!s) {
        fail(e, "ZMQ: out of memory");
        return NULL;
    }
    if (!wakeup_init(&s->wakeup, e)) {
        zmq_subscriber_close(s);
        return NULL;
    }
    s->context = zmq_ctx_new();
    s->socket = s->context ? zmq_socket(s->context, ZMQ_SUB) : NULL;
    if (!s->socket || !set_options(s, config)) {
        fail(e, "ZMQ socket: %s", zmq_strerror(errno));
        zmq_subscriber_close(s);
        return NULL;
    }
    zmq_watch_open(&s->watch, s->context, s->socket, "subscriber");
    s->endpoints = strdup(config->endpoints);
    if (!add_endpoints(s, config->endpoints, e)) {
        zmq_subscriber_close(s);
        return NULL;
    }
    return s;
}

static void release(struct zmq_subscriber *s)
{
    for (unsigned i = 0; i < s->held; i++)
        zmq_msg_close(&s->part[i]);
    s->held = 0;
}

void zmq_subscriber_close(struct zmq_subscriber *s)
{
    if (!s)
        return;
    release(s);
    if (s->socket)
        zmq_close(s->socket);
    zmq_watch_close(&s->watch);
    if (s->context)
        zmq_ctx_term(s->context);
    wakeup_fini(&s->wakeup);
    free(s->endpoints);
    free(s);
}

/* Parts past the second; true when there were any. */
static bool drop_rest(struct zmq_subscriber *s, zmq_msg_t *last)
{
    bool had = false;
    while (zmq_msg_more(last)) {
        had = true;
        if (zmq_msg_recv(last, s->socket, 0) == -1)
            break;
    }
    return had;
}

enum received { RECEIVED, RECEIVED_MALFORMED, RECEIVED_NOTHING };

/* The next message into two parts. ZMQ delivers all parts of a message or none. */
static enum received receive(struct zmq_subscriber *s, struct zmq_message *m)
{
    zmq_msg_t *header = &s->part[s->held], *payload = header + 1;
    zmq_msg_init(header);
    if (zmq_msg_recv(header, s->socket, ZMQ_DONTWAIT) == -1) {
        zmq_msg_close(header);
        return RECEIVED_NOTHING;
    }
    zmq_msg_init(payload);
    bool good = zmq_msg_more(header) && zmq_msg_recv(payload, s->socket, 0) != -1;
    if (!good || drop_rest(s, payload)) {
        zmq_msg_close(header);
        zmq_msg_close(payload);
        s->malformed++;
        return RECEIVED_MALFORMED;
    }
    s->held += 2;
    s->received++;
    const char *peer = zmq_msg_gets(header, "Peer-Address");
    *m = (struct zmq_message){.header = zmq_msg_data(header),
                              .payload = zmq_msg_data(payload),
                              .header_len = zmq_msg_size(header),
                              .payload_len = zmq_msg_size(payload),
                              .peer = peer ? peer : ""};
    return RECEIVED;
}

static unsigned receive_all(struct zmq_subscriber *s, struct zmq_message *out, unsigned max)
{
    unsigned n = 0;
    /* A flood of malformed messages must not keep the caller here. */
    for (unsigned tries = 0; n < max && tries < 2 * ZMQ_BATCH; tries++) {
        enum received r = receive(s, &out[n]);
        if (r == RECEIVED_NOTHING)
            break;
        n += r == RECEIVED;
    }
    return n;
}

unsigned zmq_subscriber_read(struct zmq_subscriber *s, struct zmq_message *out, unsigned max,
                             int timeout_ms)
{
    release(s);
    max = max < ZMQ_BATCH ? max : ZMQ_BATCH;
    unsigned n = receive_all(s, out, max);
    if (n || timeout_ms == 0)
        return n;
    zmq_pollitem_t items[] = {{.socket = s->socket, .events = ZMQ_POLLIN},
                              {.fd = s->wakeup.read_fd, .events = ZMQ_POLLIN}};
    if (zmq_poll(items, 2, timeout_ms) < 1)
        return 0;
    if (items[1].revents)
        wakeup_clear(&s->wakeup);
    return receive_all(s, out, max);
}

/* The host of "tcp://host:port"; false when it is a name. *port is what stands behind the last colon. */
static bool read_host(const char *endpoint, struct addr *host, const char **port)
{
    char text[ADDR_TEXT];
    const char *start = endpoint + strlen("tcp://"), *end = strrchr(endpoint, ':');
    *port = end && end >= start ? end + 1 : "";
    if (!**port)
        return false;
    if (*start == '[' && end[-1] == ']') {
        start++;
        end--;
    }
    snprintf(text, sizeof text, "%.*s", (int)(end - start), start);
    return addr_parse(text, host);
}

/* May the peer, whose address ZMQ tells in digits, be this endpoint, whose host may be a name? */
static bool may_be(const char *endpoint, const char *peer)
{
    struct addr host, peer_host;
    const char *port, *peer_port;
    bool is_name = !read_host(endpoint, &host, &port);
    bool is_told = strlen(peer) > strlen("tcp://") && read_host(peer, &peer_host, &peer_port);
    return is_told && !strcmp(port, peer_port) && (is_name || addr_equal(&host, &peer_host));
}

static void connect_again(struct zmq_subscriber *s, const char *peer)
{
    const char *list = s->endpoints;
    while (list) {
        size_t len = strcspn(list, ",");
        char endpoint[ENDPOINT_MAX];
        struct err e;
        bool binds;
        if (read_endpoint(list, len, endpoint, &binds, &e) && !binds && may_be(endpoint, peer)) {
            zmq_disconnect(s->socket, endpoint);
            zmq_connect(s->socket, endpoint);
        }
        list = list[len] ? list + len + 1 : NULL;
    }
}

unsigned zmq_subscriber_refused(struct zmq_subscriber *s, char *peer)
{
    unsigned n = zmq_watch_failures(&s->watch, peer);
    if (n)
        connect_again(s, peer);
    return n;
}

void zmq_subscriber_wake(struct zmq_subscriber *s)
{
    wakeup_send(&s->wakeup);
}

uint64_t zmq_subscriber_received(const struct zmq_subscriber *s)
{
    return s->received;
}

uint64_t zmq_subscriber_malformed(const struct zmq_subscriber *s)
{
    return s->malformed;
}
