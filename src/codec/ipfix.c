/* ipfix.c - messages of IPFIX (RFC 7011).
 *
 *     | version 10, 2 | octets, 2 | seconds, 4 | sequence, 4 | observation domain, 4 | sets ... |
 *
 * The sequence counts the data records, with options data, sent before this message.
 */
#include "codec/sets.h"

enum { HEADER = 16 };

void ipfix_take(struct collector *c, const struct datagram *d)
{
    struct cursor body = cur_over(d->bytes, d->len);
    const uint8_t *h = cur_take(&body, HEADER);
    if (!h) {
        collector_lose(c, NULL, LOSS_short_header, 1);
        return;
    }
    uint32_t sequence = load_be32(h + 8);
    struct message m = {.d = d, .context = {.exported = (nsec_t)load_be32(h + 4) * SECOND}};
    const struct stamp stamp = {.sequence = sequence};
    m.x = collector_know_session(c, &m, load_be32(h + 12), TELEMETRY_IPFIX, &stamp);
    if (!m.x)
        return;
    size_t len = load_be16(h + 2);
    if (len < HEADER) {
        collector_lose(c, m.x, LOSS_message_length, 1);
        return;
    }
    if (len != d->len)
        collector_note(c, LOSS_length_longer);
    cur_limit(&body, len - HEADER);
    m.x->skew = m.context.exported - d->received;
    if (!sequence_start(c, &m, sequence)) {
        collector_lose(c, m.x, LOSS_duplicate, 1);
        return;
    }
    sets_take(c, &m, body);
    sequence_end(&m, sequence, m.decoded + m.options);
}
