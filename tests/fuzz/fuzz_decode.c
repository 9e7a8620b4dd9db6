/* fuzz_decode.c - any bytes as the frames that one worker reads.
 *
 *  | link type, 2 | tag of the card, 2 | options |, then frames | length, 2 | bytes |, little-endian
 *  options: bit 0 do not look into tunnels, bit 1 the wire had 1000 bytes more
 *
 * Each frame must end in one reason of the first four groups, pointers must stay inside the frame,
 * lengths must fit together, the shortcut must say what the walk says, and both directions must have
 * one key.
 */
#include "base/hash.h"
#include "model/key.h"
#include "net/fragment.h"
#include "net/walk.h"

#include <stdlib.h>

enum { HEAD = 5, OUTER_ONLY = 1, SNAPPED = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_inside(const struct frame *f, const struct packet *p)
{
    const uint8_t *end = f->bytes + f->cap_len;
    must(p->ip >= f->bytes && p->ip + p->ip_cap <= end);
    must(p->ip_cap >= (p->version == 4 ? 20 : 40) && p->ip_bytes >= (p->version == 4 ? 20 : 40));
    must(!p->l4 || (p->l4 > p->ip && p->l4 < end));
    must(!p->payload || (p->payload > p->ip && p->payload + p->payload_cap <= end));
    must(!p->payload == !p->payload_cap);
    must(p->payload_cap <= p->payload_len && p->payload_len <= p->ip_bytes);
    must(p->tunnels <= PACKET_TUNNELS);
    must(p->is_fragment || !p->is_later_fragment);
    must(!p->is_tcp || p->l4);
}

static void check_key(const struct packet *p)
{
    struct packet back = *p;
    back.src = p->dst;
    back.dst = p->src;
    back.src_port = p->dst_port;
    back.dst_port = p->src_port;
    struct keyed a, b;
    key_from_packet(p, &a);
    key_from_packet(&back, &b);
    must(a.key.low == b.key.low && a.key.high == b.key.high && a.hash == b.hash);
    must(key_spread(p) == key_spread(&back));
}

/* A glance says no, or what the whole decoding says. */
static void check_glance(const struct frame *f, const struct packet *p)
{
    struct glance g, whole = glance_of(p);
    struct ends ends;
    if (!packet_glance(f, &g, &ends))
        return;
    struct packet plain;
    must(packet_decode_plain(f, &plain));
    must(g.version == whole.version && g.is_tcp == whole.is_tcp);
    must(g.wire_len == whole.wire_len && g.ip_bytes == whole.ip_bytes);
    must(g.payload_len == whole.payload_len && g.tcp_seq == whole.tcp_seq);
    must(g.tcp_window == whole.tcp_window && g.tcp_flags == whole.tcp_flags);
    struct keyed quick, slow;
    key_from_ends(&ends, &quick);
    key_from_packet(p, &slow);
    must(quick.hash == slow.hash && quick.from_high == slow.from_high);
}

static void check_frame(struct decoder *d, const struct frame *f)
{
    struct packet fast, walk;
    memset(&fast, 0xa5, sizeof fast);
    memset(&walk, 0x5a, sizeof walk);
    enum reason reason = packet_decode(d, f, &fast);
    must(reason < REASONS && reason_table[reason].group <= GROUP_MALFORMED);
    must(reason == decode_by_walk(d, f, &walk));
    must(!memcmp(&fast, &walk, offsetof(struct packet, src_mac)));
    must((reason_table[reason].group == GROUP_FLOW) == (fast.version != 0));
    if (!fast.version) {
        must(!fast.ip && !fast.l4 && !fast.payload);
        return;
    }
    must(fast.version == (reason == REASON_ipv4 ? 4 : 6));
    check_inside(f, &fast);
    check_key(&fast);
    check_glance(f, &fast);
}

/* One decoder for all inputs would remember fragments from one to the next; a new table for each
 * costs more than the frames. So each input has a time of its own. */
static struct decoder *decoder_of_now(void)
{
    static struct decoder d;
    if (!d.fragments) {
        struct err e = {""};
        must(decoder_init(&d, true, &e));
    }
    return &d;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static nsec_t now;
    struct cursor c = cur_over(bytes, n);
    const uint8_t *head = cur_take(&c, HEAD);
    if (!head)
        return 0;
    struct decoder *d = decoder_of_now();
    d->decap = !(head[4] & OUTER_ONLY);
    now += HOUR;
    while (cur_left(&c) >= 2) {
        size_t length = load_le16(cur_take(&c, 2));
        if (length > cur_left(&c))
            length = cur_left(&c);
        const uint8_t *at = cur_take(&c, length);
        /* Memory of exactly that size, so that one byte too many is seen. */
        uint8_t *copy = malloc(length ? length : 1);
        must(copy != NULL);
        memcpy(copy, at, length);
        struct frame f = {.bytes = copy,
                          .ts = now,
                          .cap_len = (uint32_t)length,
                          .wire_len = (uint32_t)length + (head[4] & SNAPPED ? 1000 : 0),
                          .link = load_le16(head),
                          .vlan = load_le16(head + 2)};
        check_frame(d, &f);
        free(copy);
    }
    return 0;
}
