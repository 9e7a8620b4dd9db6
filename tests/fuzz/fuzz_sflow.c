/* fuzz_sflow.c - the sFlow decoder on any bytes.
 *
 * Each byte that is handed over is read, so that the sanitizer sees what lies outside; a datagram
 * is told once or refused with exactly one fault, and no more samples are told than it claims.
 */
#include "codec/sflow.h"

#include <stdlib.h>

struct seen {
    unsigned heads, faults;
    uint64_t samples, claimed, sum;
};

static void touch(struct seen *s, const uint8_t *at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        s->sum += at[i];
}

static void see_head(void *to, const struct sflow_head *h)
{
    struct seen *s = to;
    s->heads++;
    s->claimed = h->samples;
}

static void see_flow(void *to, const struct sflow_sample *f)
{
    struct seen *s = to;
    s->samples++;
    if (f->has_frame) {
        if (f->frame.cap_len > f->frame.wire_len)
            abort();
        touch(s, f->frame.bytes, f->frame.cap_len);
    }
    touch(s, f->src_user.at, f->src_user.len);
    touch(s, f->dst_user.at, f->dst_user.len);
    touch(s, f->url.at, f->url.len);
    touch(s, f->host.at, f->host.len);
    if (f->gateway.path_len > SFLOW_PATH || f->gateway.communities_len > SFLOW_COMMUNITIES)
        abort();
    if (f->flow.sampling == 0)
        abort();
}

static void see_counters(void *to, const struct sflow_counters *c)
{
    struct seen *s = to;
    s->samples++;
    if (!memchr(c->interface.name, 0, sizeof c->interface.name))
        abort();
}

static void see_fault(void *to, enum sflow_fault fault)
{
    struct seen *s = to;
    s->faults++;
    if (!sflow_fault_text(fault))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const struct sflow_ops ops = {see_head, see_flow, see_counters, see_fault};
    struct seen s = {0};
    bool good = sflow_decode(bytes, n, &ops, &s);
    if (good != (s.heads == 1) || (!good && s.faults != 1) || s.samples > s.claimed)
        abort();
    return 0;
}
