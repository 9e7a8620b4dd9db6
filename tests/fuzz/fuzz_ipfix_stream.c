/* fuzz_ipfix_stream.c - any bytes as IPFIX over TCP or out of a file (RFC 5655).
 *
 * The first byte says in which pieces they come. The pieces make no difference, every byte is given out
 * or told of as what broke the stream, and the messages' records are judged as those of datagrams.
 */
#include "io/ipfix_stream.h"

#include "collector_judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

struct outcome {
    uint64_t messages, sum, records, position;
    bool is_broken;
};

static void take_messages(struct ipfix_stream *s, struct collector *c, struct judge *j,
                          struct outcome *o)
{
    const uint8_t *message;
    size_t len;
    nsec_t exported;
    while (ipfix_stream_next(s, &message, &len, &exported)) {
        must(len >= IPFIX_HEADER && message >= s->bytes && message + len <= s->bytes + s->used);
        judge_take(c, j, (struct datagram){.bytes = message, .len = len, .is_stream = true});
        o->messages++;
    }
}

static struct outcome run(const uint8_t *bytes, size_t n, size_t piece)
{
    struct outcome o = {0};
    struct judge judge = {.now = 1700000000 * SECOND};
    struct collector *c = judge_collector(&judge);
    struct ipfix_stream s = {.bytes = malloc(IPFIX_STREAM_BYTES)};
    must(s.bytes != NULL);
    for (size_t at = 0; at < n && !s.is_broken;) {
        size_t room;
        uint8_t *to = ipfix_stream_room(&s, &room);
        size_t some = n - at < piece ? n - at : piece;
        some = some < room ? some : room;
        must(some > 0); /* a stream that waits for more than it has room for would wait for ever */
        memcpy(to, bytes + at, some);
        s.used += some;
        at += some;
        take_messages(&s, c, &judge, &o);
    }
    o.is_broken = s.is_broken;
    o.position = s.position;
    must(s.position <= n);
    judge_end(c, &judge);
    o.sum = judge.sum;
    o.records = judge.records;
    free(s.bytes);
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const size_t pieces[] = {1, 2, 3, 15, 16, 17, 100, 1400};
    if (n < 1)
        return 0;
    ipfix_stream_is(bytes + 1, n - 1);
    struct outcome whole = run(bytes + 1, n - 1, SIZE_MAX);
    struct outcome cut = run(bytes + 1, n - 1, pieces[bytes[0] % 8]);
    must(whole.messages == cut.messages && whole.sum == cut.sum && whole.records == cut.records);
    must(whole.position == cut.position && whole.is_broken == cut.is_broken);
    return 0;
}
