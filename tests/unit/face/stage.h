/* stage.h - a real engine with packets made here, a real face on a free port, and a client.
 *
 * The packets: a TCP conversation of a local client with a web server, a DNS query with its answer,
 * a ping, a TCP connection that is refused, a VLAN conversation, and one ARP request.
 */
#ifndef WEIR_TEST_STAGE_H
#define WEIR_TEST_STAGE_H

/* Ours first: cmocka has a macro called fail. */
#include "base/hash.h"
#include "engine/question.h"
#include "face/face.h"
#include "face/api.h"
#include "face/route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { STAGE_FRAMES = 64, STAGE_BYTES = 400 };

/* A source of frames in memory, as a file is. */
struct stage_source {
    struct source source; /* first */
    unsigned n, at;
    struct frame frame[STAGE_FRAMES];
    uint8_t bytes[STAGE_FRAMES][STAGE_BYTES];
};

struct stage {
    struct stage_source *source;
    struct locals locals;
    struct settings settings;
    struct engine *engine;
    struct face *face;
    unsigned port;
};

static inline enum source_result stage_read(struct source *source, struct burst *b, int timeout_ms)
{
    struct stage_source *s = (struct stage_source *)source;
    (void)timeout_ms;
    *b = (struct burst){0};
    while (s->at < s->n && b->n < BURST_FRAMES) {
        counter_add(&source->counts.received, 1);
        counter_add(&source->counts.received_bytes, s->frame[s->at].wire_len);
        b->frame[b->n++] = s->frame[s->at++];
    }
    return b->n ? SOURCE_OK : SOURCE_END;
}

static inline void stage_wake(struct source *source)
{
    (void)source;
}

static inline void stage_close(struct source *source)
{
    free(source);
}

/* What one packet says. */
struct stage_packet {
    const char *src, *dst;
    uint16_t src_port, dst_port, vlan;
    uint8_t proto, flags;
    uint32_t seq, ack;
    const void *payload;
    size_t len;
    int at_ms;
};

static inline uint8_t *put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
    return p + 2;
}

static inline uint8_t *put32(uint8_t *p, uint32_t v)
{
    return put16(put16(p, v >> 16), v & 0xffff);
}

static inline uint8_t *put_ethernet(uint8_t *p, const struct stage_packet *k, unsigned type)
{
    static const uint8_t macs[12] = {0x00, 0x25, 0x90, 0xd4, 0xcc, 0xf9,
                                     0x00, 0x1b, 0x21, 0x3a, 0x4b, 0x5c};
    bool back = k->src_port && k->src_port < k->dst_port;
    memcpy(p, back ? macs + 6 : macs, 6);
    memcpy(p + 6, back ? macs : macs + 6, 6);
    p += 12;
    if (k->vlan)
        p = put16(put16(p, 0x8100), k->vlan);
    return put16(p, type);
}

static inline void stage_add(struct stage_source *s, const struct stage_packet *k)
{
    uint8_t *begin = s->bytes[s->n], *p = put_ethernet(begin, k, 0x0800);
    unsigned header = k->proto == 6 ? 20 : 8;
    p[0] = 0x45;
    p[1] = 0;
    put16(p + 2, 20 + header + (unsigned)k->len);
    put32(p + 4, 0);
    p[8] = 64;
    p[9] = k->proto;
    put16(p + 10, 0);
    inet_pton(AF_INET, k->src, p + 12);
    inet_pton(AF_INET, k->dst, p + 16);
    p += 20;
    put16(put16(p, k->src_port), k->dst_port);
    if (k->proto == 6) {
        put32(put32(p + 4, k->seq), k->ack);
        p[12] = 0x50;
        p[13] = k->flags;
        put16(p + 14, 64000);
        put32(p + 16, 0);
    } else if (k->proto == 17) {
        put16(put16(p + 4, 8 + (unsigned)k->len), 0);
    }
    p += header;
    if (k->len)
        memcpy(p, k->payload, k->len);
    uint32_t len = (uint32_t)(p + k->len - begin);
    s->frame[s->n++] = (struct frame){.bytes = begin,
                                      .ts = 1500000000 * SECOND + k->at_ms * MILLISECOND,
                                      .cap_len = len,
                                      .wire_len = len,
                                      .link = 1};
}

static inline void stage_arp(struct stage_source *s, int at_ms)
{
    static const uint8_t arp[42] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x1b, 0x21, 0x3a, 0x4b, 0x5c, 0x08, 0x06,
        0,    1,    8,    0,    6,    4,    0,    1,    0x00, 0x1b, 0x21, 0x3a, 0x4b, 0x5c,
        192,  168,  1,    10,   0,    0,    0,    0,    0,    0,    192,  168,  1,    1};
    memcpy(s->bytes[s->n], arp, sizeof arp);
    s->frame[s->n] = (struct frame){.bytes = s->bytes[s->n],
                                    .ts = 1500000000 * SECOND + at_ms * MILLISECOND,
                                    .cap_len = 42,
                                    .wire_len = 42,
                                    .link = 1};
    s->n++;
}

#define WEB "192.168.1.10", "93.184.216.34", 40000, 80
#define BEW "93.184.216.34", "192.168.1.10", 80, 40000

static inline void stage_packets(struct stage_source *s)
{
    static const char get[] =
        "GET /=cmd HTTP/1.1\r\nHost: example.org\r\nUser-Agent: <b>x</b>\r\n\r\n";
    static const char ok[] =
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello";
    static const uint8_t query[] = {0x12, 0x34, 1,   0,   0,   1,   0,   0,   0,   0,
                                    0,    0,    7,   'e', 'x', 'a', 'm', 'p', 'l', 'e',
                                    3,    'o',  'r', 'g', 0,   0,   1,   0,   1};
    static const uint8_t reply[] = {0x12, 0x34, 0x81, 0x80, 0,   1,    0,    1,   0, 0,   0,   0,
                                    7,    'e',  'x',  'a',  'm', 'p',  'l',  'e', 3, 'o', 'r', 'g',
                                    0,    0,    1,    0,    1,   0xc0, 0x0c, 0,   1, 0,   1,   0,
                                    0,    0,    60,   0,    4,   93,   184,  216, 34};
    const struct stage_packet packets[] = {
        {"192.168.1.10", "192.168.1.1", 5353 + 1000, 53, 0, 17, 0, 0, 0, query, sizeof query, 0},
        {"192.168.1.1", "192.168.1.10", 53, 5353 + 1000, 0, 17, 0, 0, 0, reply, sizeof reply, 5},
        {WEB, 0, 6, 2, 100, 0, NULL, 0, 10},
        {BEW, 0, 6, 18, 500, 101, NULL, 0, 30},
        {WEB, 0, 6, 16, 101, 501, NULL, 0, 31},
        {WEB, 0, 6, 24, 101, 501, get, sizeof get - 1, 40},
        {BEW, 0, 6, 24, 501, 100 + sizeof get, ok, sizeof ok - 1, 90},
        {WEB, 0, 6, 16, 100 + sizeof get, 500 + sizeof ok, NULL, 0, 95},
        {"192.168.1.10", "192.168.1.1", 0x0800, 0, 0, 1, 0, 0, 0, query, 20, 200},
        {"192.168.1.1", "192.168.1.10", 0x0000, 0, 0, 1, 0, 0, 0, query, 20, 201},
        {"192.168.1.11", "192.168.1.1", 40001, 22, 0, 6, 2, 7, 0, NULL, 0, 300},
        {"192.168.1.1", "192.168.1.11", 22, 40001, 0, 6, 20, 0, 8, NULL, 0, 301},
        {"10.0.0.1", "10.0.0.2", 40002, 9999, 7, 17, 0, 0, 0, query, 29, 400},
        {"192.168.1.12", "192.168.1.1", 40003, 9998, 0, 17, 0, 0, 0, query, 29, 2500},
    };
    for (size_t i = 0; i < sizeof packets / sizeof *packets; i++)
        stage_add(s, &packets[i]);
    stage_arp(s, 2600);
}

static inline struct stage_source *stage_source_new(void)
{
    static const struct source_ops ops = {stage_read, stage_wake, stage_close};
    struct stage_source *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->source.ops = &ops;
    s->source.is_file = true;
    snprintf(s->source.name, sizeof s->source.name, "made.pcap");
    snprintf(s->source.kind, sizeof s->source.kind, "pcap");
    notice_set(&s->source.state, "up");
    stage_packets(s);
    return s;
}

/* A stage on which a source plays; it is played to its end. */
static inline struct stage *stage_open_on(struct source *source)
{
    struct err e = {""};
    struct stage *stage = calloc(1, sizeof *stage);
    assert_non_null(stage);
    settings_init(&stage->settings);
    assert_true(locals_add(&stage->locals, "192.168.0.0/16=Office,10.0.0.0/8", &e));
    struct engine_config config = {.flow_idle = MINUTE,
                                   .flow_active = MINUTE,
                                   .tcp_closed_idle = 15 * SECOND,
                                   .local_host_idle = 5 * MINUTE,
                                   .remote_host_idle = MINUTE,
                                   .timeouts = true,
                                   .decap = true,
                                   .max_flows = 10000,
                                   .max_hosts = 10000,
                                   .locals = &stage->locals,
                                   .l7 = {.enabled = true, .packets = 8, .protos = ""},
                                   .keep_series = true,
                                   .learn_names = true};
    stage->engine = engine_new(&config, &e);
    assert_non_null(stage->engine);
    assert_int_equal(engine_add_interface(stage->engine, source->name, &source, 1, NULL, &e), 0);
    struct face_config face = {.address = "127.0.0.1:0",
                               .name = "weir.example",
                               .locals = &stage->locals,
                               .about = {"0.1.0", "abc", "today", "4.2", "1.10"}};
    stage->face = face_start(&face, stage->engine, &stage->settings, &e);
    if (!stage->face)
        fail_msg("%s", e.text);
    assert_true(engine_start(stage->engine, &e));
    assert_true(engine_wait_done(stage->engine, clock_mono() + 10 * SECOND));
    stage->port = face_port(stage->face);
    return stage;
}

static inline struct stage *stage_open(void)
{
    return stage_open_on(&stage_source_new()->source);
}

static inline void stage_close_all(struct stage *stage)
{
    face_stop(stage->face);
    engine_stop(stage->engine);
    engine_free(stage->engine);
    settings_free(&stage->settings);
    free(stage);
}

/* A reply as the client read it. */
struct got {
    int status;
    struct text head, body; /* head ends with an empty line; body is unchunked */
};

static inline void got_free(struct got *g)
{
    text_free(&g->head);
    text_free(&g->body);
}

static inline int stage_connect(unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = 20};
    assert_int_not_equal(fd, -1);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static inline void unchunk(struct text *t)
{
    size_t out = 0, at = 0;
    while (at < t->len) {
        char *end;
        size_t n = strtoul(t->data + at, &end, 16);
        at = (size_t)(end - t->data) + 2;
        if (!n || at + n > t->len)
            break;
        memmove(t->data + out, t->data + at, n);
        out += n;
        at += n + 2;
    }
    t->len = out;
    if (t->data)
        t->data[out] = 0;
}

/* Sends the bytes as they are and reads until the other side closes. */
static inline struct got stage_raw(unsigned port, const char *bytes, size_t n)
{
    struct got g = {0};
    char buf[65536];
    int fd = stage_connect(port);
    assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), (ssize_t)n);
    ssize_t got;
    while ((got = recv(fd, buf, sizeof buf, 0)) > 0)
        text_add_n(&g.head, buf, (size_t)got);
    close(fd);
    char *end = g.head.data ? strstr(g.head.data, "\r\n\r\n") : NULL;
    if (!end)
        return g;
    g.status = atoi(g.head.data + 9);
    size_t head = (size_t)(end - g.head.data) + 4;
    text_add_n(&g.body, g.head.data + head, g.head.len - head);
    g.head.len = head;
    g.head.data[head] = 0;
    if (strstr(g.head.data, "Transfer-Encoding: chunked"))
        unchunk(&g.body);
    return g;
}

/* One request with further header lines (each with its CR LF, or ""). */
static inline struct got stage_ask(unsigned port, const char *method, const char *target,
                                   const char *lines)
{
    struct text request = {0};
    text_printf(&request, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n%s\r\n",
                method, target, port, lines);
    struct got g = stage_raw(port, request.data, request.len);
    text_free(&request);
    return g;
}

static inline struct got stage_get(unsigned port, const char *target)
{
    return stage_ask(port, "GET", target, "");
}

/* The value of a header of the reply, into buf; "" when absent. */
static inline const char *got_header(const struct got *g, const char *name, char *buf, size_t room)
{
    size_t n = strlen(name);
    buf[0] = 0;
    for (const char *p = g->head.data; p && *p;
         p = strstr(p, "\r\n") ? strstr(p, "\r\n") + 2 : NULL) {
        if (!strncasecmp(p, name, n) && p[n] == ':') {
            p += n + 1 + strspn(p + n + 1, " ");
            snprintf(buf, room, "%.*s", (int)strcspn(p, "\r"), p);
            break;
        }
    }
    return buf;
}

#endif
