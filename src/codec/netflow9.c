/* netflow9.c - messages of NetFlow v9 (RFC 3954).
 *
 *     | version 9, 2 | records, 2 | uptime ms, 4 | seconds, 4 | sequence, 4 | source id, 4 | sets ... |
 *
 * The sequence counts messages. The number of records is often wrong, so the sets alone decide.
 */
#include "codec/sets.h"

enum { HEADER = 20 };

void netflow9_take(struct collector *c, const struct datagram *d)
{
    struct cursor body = cur_over(d->bytes, d->len);
    const uint8_t *h = cur_take(&body, HEADER);
    if (!h) {
        collector_lose(c, NULL, LOSS_short_header, 1);
        return;
    }
    uint32_t sequence = load_be32(h + 12);
    struct message m = {.d = d,
                        .context = {.exported = (nsec_t)load_be32(h + 8) * SECOND,
                                    .uptime = load_be32(h + 4),
                                    .has_uptime = true}};
    const struct stamp stamp = {.sequence = sequence};
    m.x = collector_know_session(c, &m, load_be32(h + 16), TELEMETRY_NETFLOW9, &stamp);
    if (!m.x)
        return;
    m.x->skew = m.context.exported - d->received;
    if (!sequence_start(c, &m, sequence)) {
        collector_lose(c, m.x, LOSS_duplicate, 1);
        return;
    }
    sets_take(c, &m, body);
    bool is_complete = !m.is_unknown;
    if (is_complete && m.decoded + m.options + m.templates != load_be16(h + 2))
        collector_note(c, LOSS_count_wrong);
    m.is_unknown = false; /* the sequence does not count records */
    sequence_end(&m, sequence, 1);
}
