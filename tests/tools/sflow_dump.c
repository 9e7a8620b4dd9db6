/* sflow_dump.c - datagrams as lines of hexadecimal in, one line per sFlow sample out.
 *
 * For tests/tools/compare_sflow.py: what the decoder hands over, and nothing of the engine's.
 */
#include "codec/sflow.h"

#include <stdio.h>

static void print_head(void *to, const struct sflow_head *h)
{
    char agent[ADDR_TEXT];
    addr_print(&h->agent, agent);
    printf("head %u %s %u %u %u %u\n", h->version, agent, h->sub_agent, h->sequence, h->uptime_ms,
           h->samples);
}

static void print_flow(void *to, const struct sflow_sample *s)
{
    printf("flow %u %u %u %u %u %u %u:%u %u:%u ", s->sequence, s->source_type, s->source_index,
           s->rate, s->pool, s->drops, s->in_format, s->in_value, s->out_format, s->out_value);
    printf("%s %u %u ", s->is_discard ? "discard" : "sample", s->discard_reason, s->stripped);
    if (s->has_frame) {
        printf("%u %u ", s->header_protocol, s->frame.wire_len);
        for (uint32_t i = 0; i < s->frame.cap_len; i++)
            printf("%02x", s->frame.bytes[i]);
    }
    putchar('\n');
}

static void print_counters(void *to, const struct sflow_counters *c)
{
    printf("counters %u %u %u", c->sequence, c->source_type, c->source_index);
    if (c->has_interface)
        printf(" %u %lu %lu", c->interface.index, c->interface.in_octets, c->interface.out_octets);
    putchar('\n');
}

static void print_fault(void *to, enum sflow_fault fault)
{
    printf("fault %s\n", sflow_fault_text(fault));
}

int main(void)
{
    static const struct sflow_ops ops = {print_head, print_flow, print_counters, print_fault};
    static char line[2 * 65536 + 2];
    static uint8_t bytes[65536];
    while (fgets(line, sizeof line, stdin)) {
        size_t n = 0;
        unsigned byte;
        for (const char *p = line; sscanf(p, "%2x", &byte) == 1 && n < sizeof bytes; p += 2)
            bytes[n++] = (uint8_t)byte;
        if (!sflow_decode(bytes, n, &ops, NULL))
            puts("head bad");
    }
    return 0;
}
