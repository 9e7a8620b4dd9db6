/* fuzz_collector.c - any bytes as messages of exporters.
 *
 *     | port and seconds that pass, 1 | length, 2 little-endian | message | ...
 *
 * With bit 7 of the first octet the message is one of a probe over ZeroMQ, whose first octet says how
 * long its header is.
 */
#include "collector_judge.h"

enum { HEAD = 3, IS_ZMQ = 0x80 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void take_zmq(struct collector *c, struct judge *j, struct datagram d)
{
    if (!d.len)
        return;
    size_t head_len = d.bytes[0] < d.len - 1 ? d.bytes[0] : d.len - 1;
    uint8_t *head = malloc(head_len ? head_len : 1);
    must(head != NULL);
    memcpy(head, d.bytes + 1, head_len);
    d.head = head;
    d.head_len = head_len;
    d.bytes += 1 + head_len;
    d.len -= 1 + head_len;
    judge_take(c, j, d);
    free(head);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct judge judge = {.now = 1700000000 * SECOND};
    struct collector *c = judge_collector(&judge);
    struct cursor input = cur_over(bytes, n);
    while (cur_left(&input) > HEAD) {
        const uint8_t *h = cur_take(&input, HEAD);
        size_t len = load_le16(h + 1);
        len = len < cur_left(&input) ? len : cur_left(&input);
        const uint8_t from[4] = {192, 0, 2, h[0] & 3};
        const uint8_t *message = cur_take(&input, len);
        const struct datagram d = {.bytes = message, .len = len, .from = addr_v4(from)};
        judge.now += (h[0] >> 2 & 31) * SECOND;
        telemetry_of(message, len);
        if (h[0] & IS_ZMQ)
            take_zmq(c, &judge, d);
        else
            judge_take(c, &judge, d);
    }
    judge_end(c, &judge);
    return 0;
}
