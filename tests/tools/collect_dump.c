/* collect_dump.c - datagrams as lines in, one line per data record out.
 *
 * For tests/tools/compare_flows.py: what the collector hands over, and nothing of the engine's.
 * A line in: number, sender, its port, time of receipt in milliseconds, the bytes in hexadecimal.
 */
#include "codec/collector.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned long number;

static void print_flows(void *to, const struct flow_in *f, size_t n)
{
    for (; n-- > 0; f++) {
        char src[ADDR_TEXT], dst[ADDR_TEXT];
        addr_print(&f->src, src);
        addr_print(&f->dst, dst);
        printf("%lu %u %s %s %u %u %u %" PRIu64 " %" PRIu64 " %" PRId64 " %" PRId64 " %u %u\n",
               number, f->kind, src, dst, f->src_port, f->dst_port, f->proto, f->bytes[0],
               f->packets[0], f->first / MILLISECOND, f->last / MILLISECOND, f->flags, f->sampling);
    }
}

static void print_frame(void *to, const struct frame *frame, const struct flow_in *f)
{
    printf("%lu frame %u %u %u\n", number, frame->wire_len, frame->cap_len, f->sampling);
}

static void ignore_counters(void *to, const struct interface_counters *c)
{
}

static void ignore_sentence(void *to, const struct exporter *x, enum exporter_news news,
                            const char *sentence)
{
}

static int print_counts(struct collector *c)
{
    const struct collector_counts *k = collector_counts(c);
    uint64_t records = counter_get(&k->records), sum = counter_get(&k->accepted);
    printf("end records %" PRIu64 " accepted %" PRIu64, records, sum);
    for (unsigned i = 0; i < LOSSES; i++) {
        uint64_t n = counter_get(&k->loss[i]);
        sum += loss_table[i].group == LOSS_NOTE ? 0 : n;
        if (n)
            printf(" %s %" PRIu64, loss_table[i].name, n);
    }
    printf("\n");
    return records != sum;
}

int main(void)
{
    static const struct collector_ops ops = {print_flows, print_frame, ignore_counters,
                                             ignore_sentence};
    static char line[2 * 65536 + 128], hex[2 * 65536 + 2];
    static uint8_t bytes[65536];
    struct err e;
    struct collector *c =
        collector_new(&(struct collector_config){.keep_raw = true}, &ops, NULL, &e);
    if (!c)
        return 2;
    while (fgets(line, sizeof line, stdin)) {
        char from[64];
        unsigned port, byte;
        int64_t ms;
        struct datagram d = {.bytes = bytes, .to_port = 2055};
        if (sscanf(line, "%lu %63s %u %" SCNd64 " %131073s", &number, from, &port, &ms, hex) != 5 ||
            !addr_parse(from, &d.from))
            continue;
        for (const char *p = hex; d.len < sizeof bytes && sscanf(p, "%2x", &byte) == 1; p += 2)
            bytes[d.len++] = (uint8_t)byte;
        d.from_port = (uint16_t)port;
        d.received = ms * MILLISECOND;
        collector_take(c, &d);
    }
    int open = print_counts(c);
    collector_free(c);
    return open;
}
