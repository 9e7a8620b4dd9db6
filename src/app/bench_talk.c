/* bench_talk.c - short conversations whose payload says what they are, for the bench of detection. */
#include "app/bench_talk.h"

#include "base/alloc.h"
#include "base/cursor.h"
#include "io/sources.h"
#include "net/decode.h"

#include <string.h>

enum {
    MESSAGES = 12,  /* with payload, at most, of a conversation */
    MESSAGE = 1024, /* bytes of one */
    COPIES = 16,    /* of each conversation's weight in a round */
    FIRST_CLIENT = 0x10000000,
    SERVERS = 5000,
    FIRST_SEQ = 1000,
    CAPTURE_BYTES = 512 << 20 /* of frames kept of captures */
};

/* Bytes of one message. */
struct message {
    bool by_server;
    uint16_t n;
    uint8_t byte[MESSAGE];
};

struct talk {
    uint16_t port;
    bool is_tcp;
    unsigned weight; /* how often it occurs among the others */
    unsigned messages;
    struct message message[MESSAGES];
};

/* What one packet of a round is: of a made-up conversation, or a frame of a capture. */
struct talk_step {
    uint32_t flow;                 /* number in the round */
    const struct message *message; /* NULL: a bare segment */
    uint16_t port;
    bool is_tcp, by_server;
    uint8_t flags;
    uint32_t seq;
    size_t at; /* captures: of the frame in bytes, of its IP header in the frame */
    uint32_t len, ip_at;
    uint8_t version;
};

static void put(struct message *m, const void *bytes, size_t n)
{
    if (m->n + n > MESSAGE)
        return;
    memcpy(m->byte + m->n, bytes, n);
    m->n = (uint16_t)(m->n + n);
}

static void put_be(struct message *m, uint64_t value, unsigned bytes)
{
    for (unsigned i = bytes; i-- > 0;)
        put(m, &(uint8_t){(uint8_t)(value >> 8 * i)}, 1);
}

static void put_random(struct message *m, uint64_t seed, size_t n)
{
    for (size_t i = 0; i < n; i += 8)
        put_be(m, frame_mix(seed + i), 8);
}

static struct message *say(struct talk *t, bool by_server)
{
    struct message *m = &t->message[t->messages++];
    m->by_server = by_server;
    return m;
}

static void say_text(struct talk *t, bool by_server, const char *text)
{
    put(say(t, by_server), text, strlen(text));
}

/* A length that is known only afterwards: its place, and its value once all is written. */
static uint16_t begin_length(struct message *m, unsigned bytes)
{
    put_be(m, 0, bytes);
    return m->n;
}

static void end_length(struct message *m, uint16_t from, unsigned bytes)
{
    unsigned value = m->n - from;
    for (unsigned i = 0; i < bytes; i++)
        m->byte[from - 1 - i] = (uint8_t)(value >> 8 * i);
}

static void dns(struct talk *t)
{
    static const char question[] = "\x03www\x07"
                                   "example\x03org\0\0\x01\0\x01";
    *t = (struct talk){.port = 53, .weight = 4};
    struct message *q = say(t, false), *a = say(t, true);
    put(q, "\x12\x34\x01\0\0\x01\0\0\0\0\0\0", 12);
    put(q, question, sizeof question - 1);
    put(a, "\x12\x34\x81\x80\0\x01\0\x01\0\0\0\0", 12);
    put(a, question, sizeof question - 1);
    put(a, "\xc0\x0c\0\x01\0\x01\0\0\x0e\x10\0\x04\xc0\0\x02\x01", 16);
}

static void http(struct talk *t)
{
    *t = (struct talk){.port = 80, .is_tcp = true, .weight = 2};
    say_text(t, false,
             "GET /index.html HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: curl/8.5.0\r\n"
             "Accept: */*\r\n\r\n");
    say_text(t, true,
             "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\n"
             "Content-Length: 26\r\n\r\n<html><p>hello</p></html>\r\n");
}

/* RFC 8446, 4.1.2: the client's greeting with server_name, groups, algorithms and versions. */
static void client_hello(struct message *m)
{
    static const char name[] = "www.example.org";
    put(m, "\x16\x03\x01", 3);
    uint16_t record = begin_length(m, 2);
    put(m, "\x01", 1);
    uint16_t hello = begin_length(m, 3);
    put(m, "\x03\x03", 2);
    put_random(m, 1, 32);
    put(m, "\0", 1);
    put(m, "\0\x08\x13\x01\x13\x02\xc0\x2f\xc0\x30\x01\0", 12);
    uint16_t extensions = begin_length(m, 2);
    put(m, "\0\0", 2);
    uint16_t sni = begin_length(m, 2);
    put_be(m, sizeof name + 2, 2);
    put(m, "\0", 1);
    put_be(m, sizeof name - 1, 2);
    put(m, name, sizeof name - 1);
    end_length(m, sni, 2);
    put(m, "\0\x0a\0\x04\0\x02\0\x1d", 8);
    put(m, "\0\x0d\0\x06\0\x04\x04\x03\x08\x04", 10);
    put(m, "\0\x2b\0\x05\x04\x03\x04\x03\x03", 9);
    end_length(m, extensions, 2);
    end_length(m, hello, 3);
    end_length(m, record, 2);
}

/* TLS 1.3: after the server's greeting all is encrypted. */
static void server_hello(struct message *m)
{
    put(m, "\x16\x03\x03", 3);
    uint16_t record = begin_length(m, 2);
    put(m, "\x02", 1);
    uint16_t hello = begin_length(m, 3);
    put(m, "\x03\x03", 2);
    put_random(m, 2, 32);
    put(m, "\0\x13\x01\0", 4);
    put(m, "\0\x06\0\x2b\0\x02\x03\x04", 8);
    end_length(m, hello, 3);
    end_length(m, record, 2);
    put(m, "\x14\x03\x03\0\x01\x01", 6);
    put(m, "\x17\x03\x03\x02\0", 5);
    put_random(m, 3, 512);
}

static void tls(struct talk *t)
{
    *t = (struct talk){.port = 443, .is_tcp = true, .weight = 4};
    client_hello(say(t, false));
    server_hello(say(t, true));
    for (unsigned i = 0; i < 4; i++) {
        struct message *m = say(t, i & 1);
        put(m, "\x17\x03\x03\x01\0", 5);
        put_random(m, 4 + i, 256);
    }
}

static void ssh(struct talk *t)
{
    *t = (struct talk){.port = 22, .is_tcp = true, .weight = 1};
    say_text(t, true, "SSH-2.0-OpenSSH_9.2p1\r\n");
    say_text(t, false, "SSH-2.0-OpenSSH_9.6\r\n");
}

static void ntp(struct talk *t)
{
    *t = (struct talk){.port = 123, .weight = 1};
    for (unsigned side = 0; side < 2; side++) {
        struct message *m = say(t, side);
        put(m, side ? "\x24\x02\x06\xe9" : "\x23\0\x06\xec", 4);
        put_random(m, 9 + side, 44 - 4);
        put_be(m, 0, 4);
    }
}

/* What nobody knows costs the most: all dissectors have a look. */
static void unknown(struct talk *t, bool is_tcp)
{
    *t = (struct talk){.port = is_tcp ? 48123 : 48124, .is_tcp = is_tcp, .weight = 1};
    for (unsigned i = 0; i < 10; i++)
        put_random(say(t, i & 1), 100 + i, 200);
}

/* The talks live as long as the process: steps point into them. */
enum { TALKS = 7 };
static struct talk talk[TALKS];

static void make_talks(void)
{
    dns(&talk[0]);
    http(&talk[1]);
    tls(&talk[2]);
    ssh(&talk[3]);
    ntp(&talk[4]);
    unknown(&talk[5], true);
    unknown(&talk[6], false);
}

static struct talk_step *add_step(struct talks *t)
{
    if (t->packets == t->steps_cap) {
        uint32_t cap = t->steps_cap ? 2 * t->steps_cap : 4096;
        struct talk_step *step =
            mem_resize(ACCOUNT_other, t->step, t->steps_cap * sizeof *step, cap * sizeof *step);
        if (!step)
            return NULL;
        t->step = step;
        t->steps_cap = cap;
    }
    return &t->step[t->packets++];
}

/* Packets of a conversation: TCP opens with three segments and closes with two. */
static unsigned packets_of(const struct talk *k)
{
    return k->messages + (k->is_tcp ? 5 : 0);
}

/* Packet i of the conversation. Sequence numbers of its side go on from those before. */
static bool add_packet(struct talks *t, const struct talk *k, uint32_t flow, unsigned i)
{
    static const uint8_t opening[] = {TCP_SYN, TCP_SYN | TCP_ACK, TCP_ACK};
    struct talk_step *s = add_step(t);
    if (!s)
        return false;
    *s = (struct talk_step){.flow = flow, .port = k->port, .is_tcp = k->is_tcp};
    unsigned first = k->is_tcp ? 3 : 0;
    if (i < first) {
        s->by_server = i == 1;
        s->flags = opening[i];
        s->seq = FIRST_SEQ + (i == 2);
        return true;
    }
    bool is_end = i - first >= k->messages;
    if (is_end) {
        s->by_server = (i - first) > k->messages;
        s->flags = TCP_FIN | TCP_ACK;
    } else {
        s->message = &k->message[i - first];
        s->by_server = s->message->by_server;
        s->flags = TCP_PSH | TCP_ACK;
    }
    s->seq = FIRST_SEQ + 1;
    for (unsigned m = 0; m < i - first && m < k->messages; m++)
        s->seq += k->message[m].by_server == s->by_server ? k->message[m].n : 0;
    return true;
}

/* Each conversation's packet i before any packet i + 1. */
bool talks_make(struct talks *t, struct err *e)
{
    make_talks();
    for (unsigned i = 0; i < MESSAGES + 5; i++) {
        uint32_t flow = 0;
        for (unsigned k = 0; k < TALKS; k++) {
            for (unsigned copy = 0; copy < COPIES * talk[k].weight; copy++, flow++) {
                if (i < packets_of(&talk[k]) && !add_packet(t, &talk[k], flow, i))
                    return fail(e, "no memory for the conversations");
            }
        }
        t->flows = flow;
    }
    return true;
}

/* One frame of a capture; what is no IP or too long is left out. */
static bool add_frame(struct talks *t, struct decoder *d, const struct frame *f, struct err *e)
{
    struct packet p;
    if (f->link != 1 || f->cap_len > TALK_STRIDE)
        return true;
    enum reason why = packet_decode(d, f, &p);
    if (why != REASON_ipv4 && why != REASON_ipv6)
        return true;
    struct talk_step *s = t->bytes_n + f->cap_len <= t->bytes_cap ? add_step(t) : NULL;
    if (!s)
        return fail(e, "the captures are too large: %d MB of frames are kept", CAPTURE_BYTES >> 20);
    *s = (struct talk_step){.at = t->bytes_n,
                            .len = f->cap_len,
                            .ip_at = (uint32_t)(p.ip - f->bytes),
                            .version = p.version};
    memcpy(t->bytes + t->bytes_n, f->bytes, f->cap_len);
    t->bytes_n += f->cap_len;
    return true;
}

bool talks_read(struct talks *t, const char *path, struct err *e)
{
    static struct decoder decoder;
    static struct burst burst;
    struct source *source;
    unsigned n;
    if (!t->bytes && !(t->bytes = mem_reserve(ACCOUNT_other, CAPTURE_BYTES)))
        return fail(e, "no memory for the frames of captures");
    t->bytes_cap = CAPTURE_BYTES;
    if (!source_open(path, &(struct source_options){0}, 1, &source, &n, e))
        return false;
    bool ok = decoder_init(&decoder, true, e);
    while (ok && source->ops->read(source, &burst, 0) == SOURCE_OK) {
        for (unsigned i = 0; ok && i < burst.n; i++)
            ok = add_frame(t, &decoder, &burst.frame[i], e);
    }
    decoder_fini(&decoder);
    source->ops->close(source);
    return ok && (t->packets || fail(e, "%s has no IP packet in an Ethernet frame", path));
}

void talks_free(struct talks *t)
{
    mem_free(ACCOUNT_other, t->step, t->steps_cap * sizeof *t->step);
    mem_release(ACCOUNT_other, t->bytes, CAPTURE_BYTES, 0);
    *t = (struct talks){0};
}

/* A frame of a capture with other addresses: the low 24 bits of each are moved by the round, which
 * keeps pairs pairs and networks networks. */
static uint32_t put_frame(const struct talks *t, const struct talk_step *s, uint64_t round,
                          uint8_t *to)
{
    memcpy(to, t->bytes + s->at, s->len);
    uint32_t first = s->version == 4 ? 12 : 8, size = s->version == 4 ? 4 : 16;
    for (unsigned side = 0; side < 2; side++) {
        uint8_t *end = to + s->ip_at + first + (side + 1) * size;
        for (unsigned i = 1; i <= 3; i++)
            end[-(int)i] ^= (uint8_t)(round >> 8 * (i - 1));
    }
    return s->len;
}

uint32_t talks_packet(void *talks, uint64_t n, uint8_t *to)
{
    static const struct frame_form form = {.bytes = 64};
    const struct talks *t = talks;
    const struct talk_step *s = &t->step[n % t->packets];
    uint64_t round = n / t->packets;
    if (s->version)
        return put_frame(t, s, round, to);
    uint64_t flow = round * t->flows + s->flow;
    struct frame_plan plan = {.client = (uint32_t)(FIRST_CLIENT + flow),
                              .server = FRAME_LOCAL_HOSTS + (uint32_t)(frame_mix(flow) % SERVERS),
                              .client_port = (uint16_t)(1024 + frame_mix(flow) / SERVERS % 60000),
                              .server_port = s->port,
                              .is_tcp = s->is_tcp,
                              .by_server = s->by_server,
                              .flags = s->flags,
                              .seq = s->seq};
    if (s->message) {
        plan.payload = s->message->byte;
        plan.payload_len = s->message->n;
    }
    return frame_write(&form, &plan, to);
}
