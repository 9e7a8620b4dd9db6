/* collector_judge.h - what must hold whatever a collector is given: equation L4 and sound records.
 *
 * For the fuzz targets that feed a collector. Each record must lie inside its message, every time and
 * rate must be one that can be, and records = accepted + malformed + no_template + denied + dup.
 */
#ifndef WEIR_TESTS_FUZZ_COLLECTOR_JUDGE_H
#define WEIR_TESTS_FUZZ_COLLECTOR_JUDGE_H

#include "codec/collector.h"
#include "codec/template.h"

#include <stdlib.h>

struct judge {
    uint64_t records, sum;
    nsec_t now;
};

static inline void must(bool holds)
{
    if (!holds)
        abort();
}

static inline void judge_octets(struct judge *j, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        j->sum = (j->sum ^ bytes[i]) * 1099511628211u;
}

static inline void judge_field(void *to, const char *name, uint32_t pen, uint16_t id,
                               const uint8_t *value, size_t len, bool is_text)
{
    (void)pen;
    (void)id;
    (void)is_text;
    judge_octets(to, (const uint8_t *)name, name ? strlen(name) : 0);
    judge_octets(to, value, len);
}

static inline void judge_raw(struct judge *j, const struct flow_in_raw *raw)
{
    if (!raw->layout) {
        if (raw->each)
            raw->each(raw->context, judge_field, j);
        return;
    }
    struct field_walk w = field_walk_over(raw->layout, raw->bytes, raw->len);
    size_t sum = 0;
    while (field_next(&w))
        sum += w.len;
    must(cur_ok(&w.left) && sum <= raw->len);
    judge_octets(j, raw->bytes, raw->len);
}

static inline void judge_flows(void *to, const struct flow_in *f, size_t n)
{
    struct judge *j = to;
    for (; n-- > 0; f++) {
        j->records += f->kind != FLOW_IN_OPTIONS;
        must(f->sampling >= 1 && f->sampling <= 1 << 24);
        must(f->last >= f->first);
        must(f->version == 0 || f->version == 4 || f->version == 6);
        must(f->exporter != NULL);
        judge_raw(j, &f->raw);
    }
}

static inline void judge_frame(void *to, const struct frame *frame, const struct flow_in *f)
{
    must(frame->cap_len && frame->cap_len <= frame->wire_len && f->exporter);
    judge_octets(to, frame->bytes, frame->cap_len);
}

static inline void judge_counters(void *to, const struct interface_counters *c)
{
    (void)to;
    must(c->exporter && memchr(c->name, 0, sizeof c->name));
}

static const struct collector_ops judge_ops = {
    .flows = judge_flows, .frame = judge_frame, .counters = judge_counters};

static inline struct collector *judge_collector(struct judge *j)
{
    static const struct collector_config config = {.keep_raw = true, .max_parked_bytes = 4096};
    struct err e;
    struct collector *c = collector_new(&config, &judge_ops, j, &e);
    must(c != NULL);
    return c;
}

/* Copies a message, so that a step over its end is seen, and takes it. */
static inline void judge_take(struct collector *c, struct judge *j, struct datagram d)
{
    uint8_t *copy = malloc(d.len ? d.len : 1);
    must(copy != NULL);
    memcpy(copy, d.bytes, d.len);
    d.bytes = copy;
    d.received = j->now;
    collector_take(c, &d);
    free(copy);
}

/* At the end: nothing waits any more, and the ledger closes. */
static inline void judge_end(struct collector *c, const struct judge *j)
{
    collector_tick(c, INT64_MAX);
    const struct collector_counts *n = collector_counts(c);
    uint64_t lost = 0;
    for (unsigned i = 0; i < LOSSES; i++)
        lost += loss_table[i].group == LOSS_NOTE ? 0 : counter_get(&n->loss[i]);
    must(counter_get(&n->records) == counter_get(&n->accepted) + lost);
    must(counter_get(&n->accepted) == j->records);
    collector_free(c);
}

#endif
