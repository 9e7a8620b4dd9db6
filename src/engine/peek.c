/* peek.c - which reader a packet goes to, SSH banners, and the hellos inside TLS records. */
#include "engine/peek.h"

#include "base/alloc.h"

enum {
    PORT_DNS = 53,
    PORT_MDNS = 5353,
    PORT_LLMNR = 5355,
    IP_TCP = 6,
    IP_UDP = 17,
    DNS_HEADER = 12,
    TLS_RECORD = 5,     /* type 1 | version 2 | length 2, RFC 8446 5.1 */
    TLS_MESSAGE = 4,    /* type 1 | length 3, RFC 8446 4 */
    TLS_HANDSHAKE = 22, /* record type */
    CLIENT_HELLO = 1,
    SERVER_HELLO = 2
};

static bool is_dns_port(uint16_t port)
{
    return port == PORT_DNS || port == PORT_MDNS || port == PORT_LLMNR;
}

static bool has_dns_port(const struct packet *p)
{
    return is_dns_port(p->src_port) || is_dns_port(p->dst_port);
}

static bool starts_hello(const struct packet *p)
{
    const uint8_t *b = p->payload;
    return p->payload_cap > TLS_RECORD && b[0] == TLS_HANDSHAKE && b[1] == 3 &&
           (b[5] == CLIENT_HELLO || b[5] == SERVER_HELLO);
}

bool peek_wants(const struct packet *p)
{
    if (!p->payload || p->payload_cap < TLS_RECORD)
        return false;
    if (p->proto == IP_UDP)
        return (p->payload_cap >= DNS_HEADER && has_dns_port(p)) ||
               peek_is_quic(p->payload, p->payload_cap);
    if (p->proto != IP_TCP)
        return false;
    if (starts_hello(p) || !memcmp(p->payload, "SSH-", 4) || !memcmp(p->payload, "HTTP/", 5))
        return true;
    if (has_dns_port(p))
        return p->payload_cap > DNS_HEADER + 2;
    /* Every method of HTTP starts with a capital letter and is at least two more long. */
    for (int i = 0; i < 3; i++) {
        if (p->payload[i] < 'A' || p->payload[i] > 'Z')
            return false;
    }
    return true;
}

/* RFC 4253 4.2: SSH-version-software comments CR LF. */
static void read_ssh(struct peek *k, struct cursor c, bool from_client)
{
    const uint8_t *start = c.at;
    while (cur_left(&c) && *c.at >= ' ')
        c.at++;
    size_t len = (size_t)(c.at - start);
    enum string_field field = from_client ? STRING_ssh_client : STRING_ssh_server;
    size_t old;
    if (!tail_get(&k->names, field, &old))
        tail_set(&k->names, field, start, len);
    k->ssh = true;
}

/* The first handshake message of a side: *message is its body, taken out of the records (into
 * scratch when it lies in several). False when more bytes are needed to have it whole; *message is
 * then what is there. */
static bool first_message(struct cursor c, uint8_t *scratch, struct cursor *message, uint8_t *type)
{
    struct cursor record = {0};
    size_t used = 0;
    while (cur_left(&c) >= TLS_RECORD) {
        const uint8_t *h = cur_take(&c, TLS_RECORD);
        if (h[0] != TLS_HANDSHAKE)
            break;
        size_t len = load_be16(h + 3);
        bool cut = len > cur_left(&c);
        record = cur_sub(&c, cut ? cur_left(&c) : len);
        size_t n = cur_left(&record);
        memcpy(scratch + used, record.at, n);
        used += n;
        if (cut || (used >= TLS_MESSAGE && used - TLS_MESSAGE >= load_be24(scratch + 1)))
            break;
    }
    *message = (struct cursor){.at = scratch, .end = scratch};
    if (used < TLS_MESSAGE)
        return false;
    *type = scratch[0];
    size_t want = load_be24(scratch + 1), have = used - TLS_MESSAGE;
    *message = cur_over(scratch + TLS_MESSAGE, want < have ? want : have);
    return have >= want;
}

/* Reads a hello if it is whole or if there will be no more of it. True when it is settled. */
static bool read_hello(struct peek *k, struct cursor c, bool is_last)
{
    uint8_t scratch[PEEK_STREAM];
    struct cursor message;
    uint8_t type = 0;
    struct hello h;
    cur_limit(&c, sizeof scratch);
    bool is_whole = first_message(c, scratch, &message, &type);
    if (!is_whole && !is_last)
        return false;
    if (type == CLIENT_HELLO && hello_read_client(&h, message)) {
        h.whole &= is_whole;
        peek_client_hello(k, &h, 't');
    } else if (type == SERVER_HELLO && hello_read_server(&h, message)) {
        h.whole &= is_whole;
        peek_server_hello(k, &h);
    }
    return true;
}

static void stream_end(struct peek_stream *s)
{
    mem_free(ACCOUNT_dpi, s->bytes, s->bytes ? PEEK_STREAM : 0);
    s->bytes = NULL;
    s->done = true;
}

static void stream_start(struct peek *k, struct peek_stream *s, const struct packet *p)
{
    struct cursor c = cur_over(p->payload, p->payload_cap);
    bool is_last = p->payload_cap < p->payload_len || p->payload_cap >= PEEK_STREAM;
    if (read_hello(k, c, is_last)) {
        s->done = true;
        return;
    }
    s->bytes = mem_alloc(ACCOUNT_dpi, PEEK_STREAM);
    if (!s->bytes) {
        s->done = true;
        return;
    }
    memcpy(s->bytes, p->payload, p->payload_cap);
    s->used = (uint16_t)p->payload_cap;
    s->next_seq = p->tcp_seq + p->payload_len;
}

/* The next segment of a hello: in order it is added, an old one is ignored, behind a gap the hello
 * is read as far as it came. */
static void stream_add(struct peek *k, struct peek_stream *s, const struct packet *p)
{
    if ((int32_t)(p->tcp_seq - s->next_seq) < 0)
        return;
    bool is_last = p->tcp_seq != s->next_seq;
    if (!is_last) {
        size_t room = PEEK_STREAM - s->used;
        size_t n = p->payload_cap < room ? p->payload_cap : room;
        memcpy(s->bytes + s->used, p->payload, n);
        s->used = (uint16_t)(s->used + n);
        s->next_seq += p->payload_len;
        is_last = p->payload_cap < p->payload_len || s->used == PEEK_STREAM;
    }
    if (read_hello(k, cur_over(s->bytes, s->used), is_last))
        stream_end(s);
}

static void read_tcp(struct peek *k, const struct packet *p, bool from_client)
{
    struct cursor c = cur_over(p->payload, p->payload_cap);
    struct peek_stream *s = &k->stream[from_client ? 0 : 1];
    if (s->bytes) {
        stream_add(k, s, p);
    } else if (starts_hello(p)) {
        if (!s->done)
            stream_start(k, s, p);
    } else if (has_dns_port(p)) {
        cur_take(&c, 2); /* RFC 1035 4.2.2: the message's length stands first */
        peek_dns(k, c);
    } else if (!memcmp(p->payload, "SSH-", 4)) {
        read_ssh(k, c, from_client);
    } else {
        peek_http(k, c);
    }
}

void peek_read(struct peek *k, const struct packet *p, bool from_client)
{
    bool waits = k->stream[0].bytes || k->stream[1].bytes;
    if (p->is_later_fragment || !p->payload || (!waits && !peek_wants(p)))
        return;
    if (p->proto == IP_TCP) {
        if (p->payload_cap >= TLS_RECORD || k->stream[from_client ? 0 : 1].bytes)
            read_tcp(k, p, from_client);
    } else if (has_dns_port(p)) {
        peek_dns(k, cur_over(p->payload, p->payload_cap));
    } else if (from_client && peek_is_quic(p->payload, p->payload_cap)) {
        peek_quic(k, cur_over(p->payload, p->payload_cap));
    }
}

void peek_fini(struct peek *k)
{
    /* A flow that ends before its hello is whole still names its server if that came. */
    if (k->quic)
        peek_quic_end(k);
    for (int i = 0; i < 2; i++) {
        struct peek_stream *s = &k->stream[i];
        if (s->bytes && !k->quic)
            read_hello(k, cur_over(s->bytes, s->used), true);
        stream_end(s);
    }
}
