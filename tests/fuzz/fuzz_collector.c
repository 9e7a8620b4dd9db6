/* fuzz_collector.c - any bytes as messages of exporters.
 *
 *     | port and seconds that pass, 1 | length, 2 little-endian | message | ...
 *
 * Whatever comes, equation L4 must hold, records must lie inside their message, and every time and rate
 * must be one that can be.
 */
#include "codec/collector.h"
#include "codec/template.h"

#include <stdlib.h>

enum { HEAD = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

struct seen {
    uint64_t records;
    nsec_t now;
};

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void on_flows(void *to, const struct flow_in *f, size_t n)
{
    struct seen *seen = to;
    for (size_t i = 0; i < n; i++) {
        seen->records += f[i].kind != FLOW_IN_OPTIONS;
        must(f[i].sampling >= 1 && f[i].sampling <= 1 << 24);
        must(f[i].last >= f[i].first);
        must(f[i].version == 0 || f[i].version == 4 || f[i].version == 6);
        struct field_walk w = field_walk_over(f[i].raw.layout, f[i].raw.bytes, f[i].raw.len);
        size_t sum = 0;
        while (field_next(&w))
            sum += w.len;
        must(cur_ok(&w.left) && sum <= f[i].raw.len);
    }
}

static void on_frame(void *to, const struct frame *frame, const struct flow_in *f)
{
    must(frame->cap_len && frame->cap_len <= frame->wire_len && f->exporter);
    uint8_t sum = 0;
    for (uint32_t i = 0; i < frame->cap_len; i++)
        sum ^= frame->bytes[i];
    must(sum <= UINT8_MAX);
}

static void check_ledger(const struct collector *c, const struct seen *seen)
{
    const struct collector_counts *n = collector_counts(c);
    uint64_t lost = 0;
    for (unsigned i = 0; i < LOSSES; i++)
        lost += loss_table[i].group == LOSS_NOTE ? 0 : counter_get(&n->loss[i]);
    must(counter_get(&n->records) == counter_get(&n->accepted) + lost);
    must(counter_get(&n->accepted) == seen->records);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct seen seen = {.now = 1700000000 * SECOND};
    const struct collector_ops ops = {.flows = on_flows, .frame = on_frame};
    const struct collector_config config = {.keep_raw = true, .max_parked_bytes = 4096};
    struct err e;
    struct collector *c = collector_new(&config, &ops, &seen, &e);
    must(c != NULL);
    struct cursor input = cur_over(bytes, n);
    while (cur_left(&input) > HEAD) {
        const uint8_t *h = cur_take(&input, HEAD);
        size_t len = load_le16(h + 1);
        len = len < cur_left(&input) ? len : cur_left(&input);
        const uint8_t from[4] = {192, 0, 2, h[0] & 3};
        seen.now += (h[0] >> 2) * SECOND;
        /* A copy of its own size, so that a step over its end is seen. */
        uint8_t *message = malloc(len ? len : 1);
        must(message != NULL);
        memcpy(message, cur_take(&input, len), len);
        telemetry_of(message, len);
        const struct datagram d = {
            .bytes = message, .len = len, .from = addr_v4(from), .received = seen.now};
        collector_take(c, &d);
        free(message);
    }
    collector_tick(c, INT64_MAX);
    check_ledger(c, &seen);
    collector_free(c);
    return 0;
}
