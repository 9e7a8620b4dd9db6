/* tap.c - a source that looks at the frames of another one as they pass by. */
#include "app/tap.h"

#include "base/alloc.h"

#include <assert.h>

struct tap {
    struct source source; /* first: what the engine sees */
    struct source *inner;
    struct tap_seen *seen;
};

static void count_link(struct tap_seen *s, uint16_t link)
{
    unsigned i = 0;
    while (i < s->links && s->link[i].link != link)
        i++;
    if (i == s->links && s->links < TAP_LINKS)
        s->link[s->links++].link = link;
    s->link[i < TAP_LINKS ? i : TAP_LINKS - 1].frames++;
}

/* Two bins become one, so that the same bins cover twice the time. */
static void widen(struct tap_seen *s)
{
    for (unsigned i = 0; i < TAP_BINS / 2; i++)
        s->bytes[i] = s->bytes[2 * i] + s->bytes[2 * i + 1];
    for (unsigned i = TAP_BINS / 2; i < TAP_BINS; i++)
        s->bytes[i] = 0;
    s->width *= 2;
    s->bins = (s->bins + 1) / 2;
}

static void count_time(struct tap_seen *s, nsec_t ts, uint32_t len)
{
    if (!s->width) {
        s->start = s->earliest = s->latest = ts;
        s->width = MILLISECOND;
        s->second = ts - ts % SECOND;
    }

    s->earliest = ts < s->earliest ? ts : s->earliest;
    s->latest = ts > s->latest ? ts : s->latest;

    /* Frames stamped before the first one go to the first bin. The difference is taken unsigned:
     * stamps of a damaged file can be centuries apart. */
    uint64_t since = ts > s->start ? (uint64_t)ts - (uint64_t)s->start : 0;
    while (since / (uint64_t)s->width >= TAP_BINS)
        widen(s);
    unsigned bin = (unsigned)(since / (uint64_t)s->width);
    s->bytes[bin] += len;
    if (bin >= s->bins)
        s->bins = bin + 1;

    nsec_t second = ts - ts % SECOND;
    if (second > s->second) {
        s->second = second;
        s->second_bytes = 0;
    }
    s->second_bytes += len;
    if (s->second_bytes > s->peak_bytes)
        s->peak_bytes = s->second_bytes;
}

void tap_count(struct tap_seen *s, const struct frame *f)
{
    count_link(s, f->link);
    count_time(s, f->ts, f->wire_len);
}

/* The engine and the progress bar read the outer source's counts: all members are counters. */
static void mirror(struct tap *t)
{
    counter_t *to = (counter_t *)&t->source.counts;
    const counter_t *from = (const counter_t *)&t->inner->counts;
    static_assert(sizeof t->source.counts % sizeof *to == 0, "only counters");
    for (size_t i = 0; i < sizeof t->source.counts / sizeof *to; i++)
        atomic_store_explicit(&to[i], counter_get(&from[i]), memory_order_relaxed);
}

static void copy_state(struct tap *t)
{
    char words[NOTICE_BYTES];
    notice_get(&t->inner->state, words);
    notice_set(&t->source.state, words);
}

/* A message of an exporter has no link, and the time at which it was sent. */
static void count_one(struct tap *t, const struct burst *b, unsigned i)
{
    if (t->source.is_collector)
        count_time(t->seen, b->datagram[i].received, (uint32_t)b->datagram[i].len);
    else
        tap_count(t->seen, &b->frame[i]);
}

static enum source_result tap_read(struct source *s, struct burst *b, int timeout_ms)
{
    struct tap *t = (struct tap *)s;
    enum source_result result = t->inner->ops->read(t->inner, b, timeout_ms);
    mirror(t);
    if (result == SOURCE_END) {
        memcpy(s->damage, t->inner->damage, sizeof s->damage);
        copy_state(t);
    }
    if (result == SOURCE_OK) {
        for (unsigned i = 0; i < b->n; i++)
            count_one(t, b, i);
    }
    return result;
}

static void tap_wake(struct source *s)
{
    struct tap *t = (struct tap *)s;
    t->inner->ops->wake(t->inner);
}

static void tap_close(struct source *s)
{
    struct tap *t = (struct tap *)s;
    t->inner->ops->close(t->inner);
    mem_free(ACCOUNT_other, t, sizeof *t);
}

struct source *tap_open(struct source *inner, struct tap_seen *seen, struct err *e)
{
    static const struct source_ops ops = {.read = tap_read, .wake = tap_wake, .close = tap_close};
    struct tap *t = mem_alloc(ACCOUNT_other, sizeof *t);
    if (!t) {
        fail(e, "no memory for %s", inner->name);
        return NULL;
    }
    t->inner = inner;
    t->seen = seen;
    t->source.ops = &ops;
    memcpy(t->source.name, inner->name, sizeof t->source.name);
    memcpy(t->source.kind, inner->kind, sizeof t->source.kind);
    copy_state(t);
    t->source.is_file = inner->is_file;
    t->source.sees_all = inner->sees_all;
    t->source.is_collector = inner->is_collector;
    mirror(t);
    return &t->source;
}
