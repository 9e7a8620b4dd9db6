/* messages.h - builds messages of exporters byte by byte, for the tests of the collector. */
#ifndef WEIR_TESTS_CODEC_MESSAGES_H
#define WEIR_TESTS_CODEC_MESSAGES_H

#include "codec/collector.h"

#include <string.h>

enum { MESSAGE_MAX = 4096, KEPT_MAX = 64 };

#define NOON (1500000000 * SECOND) /* 2017-07-14, when most of the messages are sent */

struct message_bytes {
    uint8_t at[MESSAGE_MAX];
    size_t len;
    size_t set; /* where the open set begins */
};

static inline void put(struct message_bytes *m, uint64_t value, unsigned octets)
{
    for (unsigned i = octets; i-- > 0;)
        m->at[m->len++] = (uint8_t)(i < 8 ? value >> 8 * i : 0);
}

static inline void put_text(struct message_bytes *m, const char *text, size_t octets)
{
    size_t n = strlen(text) < octets ? strlen(text) : octets;
    memset(m->at + m->len, 0, octets);
    memcpy(m->at + m->len, text, n);
    m->len += octets;
}

static inline void set_u16(struct message_bytes *m, size_t at, size_t value)
{
    m->at[at] = (uint8_t)(value >> 8);
    m->at[at + 1] = (uint8_t)value;
}

static inline void open_set(struct message_bytes *m, unsigned id)
{
    m->set = m->len;
    put(m, id, 2);
    put(m, 0, 2);
}

static inline void close_set(struct message_bytes *m)
{
    set_u16(m, m->set + 2, m->len - m->set);
}

/* Header of NetFlow v9: uptime in milliseconds, time in seconds, domain 7. */
static inline struct message_bytes v9_message(uint32_t uptime, uint32_t seconds, uint32_t sequence)
{
    struct message_bytes m = {.len = 0};
    put(&m, 9, 2);
    put(&m, 1, 2);
    put(&m, uptime, 4);
    put(&m, seconds, 4);
    put(&m, sequence, 4);
    put(&m, 7, 4);
    return m;
}

static inline struct message_bytes ipfix_message(uint32_t seconds, uint32_t sequence)
{
    struct message_bytes m = {.len = 0};
    put(&m, 10, 2);
    put(&m, 0, 2);
    put(&m, seconds, 4);
    put(&m, sequence, 4);
    put(&m, 7, 4);
    return m;
}

/* pen, id, octets; id 0 ends. In v9 all pens are 0. */
struct field_row {
    uint32_t pen;
    uint16_t id, octets;
};

static inline void put_template(struct message_bytes *m, uint16_t id, const struct field_row *f)
{
    unsigned n = 0;
    while (f[n].id)
        n++;
    put(m, id, 2);
    put(m, n, 2);
    for (unsigned i = 0; i < n; i++) {
        put(m, f[i].pen ? f[i].id | 0x8000u : f[i].id, 2);
        put(m, f[i].octets, 2);
        if (f[i].pen)
            put(m, f[i].pen, 4);
    }
}

/* A template in a set of its own, and behind it an open set of its data. */
static inline void open_with_template(struct message_bytes *m, uint16_t id,
                                      const struct field_row *f)
{
    open_set(m, 2);
    put_template(m, id, f);
    close_set(m);
    open_set(m, id);
}

/* What the collector told since forget_told(). */
static struct told {
    struct flow_in flow[KEPT_MAX];
    size_t flows;
    size_t all; /* with those that are not kept */
    char said[512];
    size_t sentences;
    enum exporter_news news; /* of the last sentence */
} told;

static inline void on_flows(void *to, const struct flow_in *f, size_t n)
{
    (void)to;
    for (size_t i = 0; i < n; i++) {
        if (f[i].kind == FLOW_IN_OPTIONS)
            continue;
        if (told.flows < KEPT_MAX)
            told.flow[told.flows++] = f[i];
        told.all++;
    }
}

static inline void on_frame(void *to, const struct frame *frame, const struct flow_in *f)
{
    (void)to;
    (void)frame;
    (void)f;
}

static inline void on_counters(void *to, const struct interface_counters *c)
{
    (void)to;
    (void)c;
}

static inline void on_say(void *to, const struct exporter *x, enum exporter_news news,
                          const char *sentence)
{
    (void)to;
    (void)x;
    size_t n = strlen(sentence);
    n = n < sizeof told.said - 1 ? n : sizeof told.said - 1;
    memcpy(told.said, sentence, n);
    told.said[n] = '\0';
    told.sentences++;
    told.news = news;
}

static const struct collector_ops message_ops = {
    .flows = on_flows, .frame = on_frame, .counters = on_counters, .say = on_say};

static inline void forget_told(void)
{
    told = (struct told){0};
}

static inline void take_at(struct collector *c, const struct message_bytes *m, nsec_t received)
{
    struct datagram d = {.bytes = m->at,
                         .len = m->len,
                         .from = addr_v4((const uint8_t[]){192, 0, 2, 1}),
                         .from_port = 40000,
                         .to_port = 2055,
                         .received = received};
    collector_take(c, &d);
}

/* IPFIX messages say their length; it is filled in here. */
static inline void take(struct collector *c, struct message_bytes *m)
{
    if (m->at[1] == 10)
        set_u16(m, 2, m->len);
    take_at(c, m, NOON);
}

#endif
