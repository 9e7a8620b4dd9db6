/* frames.h - frames made by hand and a source that serves them, for the engine's tests. */
#ifndef WEIR_TESTS_FRAMES_H
#define WEIR_TESTS_FRAMES_H

#include <stdlib.h>
#include <string.h>

#include "engine/plug.h"

enum { FRAME_MOST = 20000, FRAME_BYTES = 256 };

/* A script of frames; every source over it serves all of them, as a capture file does. */
struct script {
    unsigned n;
    struct {
        nsec_t ts;
        uint16_t len, wire;
        uint8_t bytes[FRAME_BYTES];
    } frame[FRAME_MOST];
};

struct script_source {
    struct source base;
    const struct script *script;
    unsigned at;
};

static inline void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v & 0xffff);
}

struct one {
    nsec_t ts;
    uint32_t src, dst;
    uint16_t sport, dport;
    uint8_t proto, flags;
    uint32_t seq, ack;
    uint16_t window, payload, vlan;
    const void *data;
};

/* Adds an Ethernet/IPv4 frame; payload bytes are data or zeroes. */
static inline void add_frame(struct script *s, struct one o)
{
    uint8_t *f = s->frame[s->n].bytes;
    memset(f, 0, FRAME_BYTES);
    memcpy(f, "\x02\x00\x00\x00\x00", 5);
    f[5] = (uint8_t)o.dst;
    memcpy(f + 6, "\x02\x00\x00\x00\x00", 5);
    f[11] = (uint8_t)o.src;
    size_t at = 12;
    if (o.vlan) {
        put16(f + at, 0x8100);
        put16(f + at + 2, o.vlan);
        at += 4;
    }
    put16(f + at, 0x0800);
    uint8_t *ip = f + at + 2;
    unsigned head = o.proto == 6 ? 20 : 8;
    ip[0] = 0x45;
    put16(ip + 2, 20 + head + o.payload);
    ip[8] = 64;
    ip[9] = o.proto;
    put32(ip + 12, o.src);
    put32(ip + 16, o.dst);
    uint8_t *l4 = ip + 20;
    put16(l4, o.sport);
    put16(l4 + 2, o.dport);
    if (o.proto == 6) {
        put32(l4 + 4, o.seq);
        put32(l4 + 8, o.ack);
        l4[12] = 0x50;
        l4[13] = o.flags;
        put16(l4 + 14, o.window ? o.window : 1000);
    } else {
        put16(l4 + 4, 8u + o.payload);
    }
    if (o.data)
        memcpy(l4 + head, o.data, o.payload);
    s->frame[s->n].ts = o.ts;
    s->frame[s->n].len = s->frame[s->n].wire = (uint16_t)(at + 22 + head + o.payload);
    s->n++;
}

static inline enum source_result script_read(struct source *base, struct burst *b, int timeout_ms)
{
    struct script_source *s = (struct script_source *)base;
    (void)timeout_ms;
    b->n = 0;
    b->now = 0;
    while (b->n < 100 && s->at < s->script->n) {
        unsigned i = s->at++;
        b->frame[b->n++] = (struct frame){.bytes = s->script->frame[i].bytes,
                                          .ts = s->script->frame[i].ts,
                                          .cap_len = s->script->frame[i].len,
                                          .wire_len = s->script->frame[i].wire,
                                          .link = 1};
        counter_add(&s->base.counts.received, 1);
        counter_add(&s->base.counts.received_bytes, s->script->frame[i].wire);
    }
    return b->n ? SOURCE_OK : SOURCE_END;
}

static inline void script_wake(struct source *s)
{
    (void)s;
}

static inline void script_close(struct source *s)
{
    free(s);
}

static inline struct source *script_open(const struct script *script)
{
    static const struct source_ops ops = {script_read, script_wake, script_close};
    struct script_source *s = calloc(1, sizeof *s);
    s->base.ops = &ops;
    s->base.is_file = s->base.sees_all = true;
    memcpy(s->base.name, "script", 7);
    s->script = script;
    return &s->base;
}

#endif
