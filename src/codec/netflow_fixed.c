/* netflow_fixed.c - NetFlow v1, v5 and v7, whose records have one layout each.
 *
 *     | version, 2 | records, 2 | uptime ms, 4 | seconds, 4 | nanoseconds, 4 | sequence, 4 | engine, 2 | sampling, 2 |
 *
 * v1 ends after the nanoseconds; v7 has nothing after the sequence. The layouts are written as templates,
 * so that the same steps copy them and the same names show them.
 */
#include "codec/collector_private.h"

enum { HEADER_V1 = 16, HEADER_V5 = 24, PADDING = 210 };

static const struct template_field fields_v5[] = {
    {0, 8, 4, false},  {0, 12, 4, false}, {0, 15, 4, false}, {0, 10, 2, false},
    {0, 14, 2, false}, {0, 2, 4, false},  {0, 1, 4, false},  {0, 22, 4, false},
    {0, 21, 4, false}, {0, 7, 2, false},  {0, 11, 2, false}, {0, PADDING, 1, false},
    {0, 6, 1, false},  {0, 4, 1, false},  {0, 5, 1, false},  {0, 16, 2, false},
    {0, 17, 2, false}, {0, 9, 1, false},  {0, 13, 1, false}, {0, PADDING, 2, false},
};

static const struct template_field fields_v7[] = {
    {0, 8, 4, false},  {0, 12, 4, false}, {0, 15, 4, false}, {0, 10, 2, false},
    {0, 14, 2, false}, {0, 2, 4, false},  {0, 1, 4, false},  {0, 22, 4, false},
    {0, 21, 4, false}, {0, 7, 2, false},  {0, 11, 2, false}, {0, PADDING, 1, false},
    {0, 6, 1, false},  {0, 4, 1, false},  {0, 5, 1, false},  {0, 16, 2, false},
    {0, 17, 2, false}, {0, 9, 1, false},  {0, 13, 1, false}, {0, PADDING, 2, false},
    {0, 43, 4, false},
};

static const struct template_field fields_v1[] = {
    {0, 8, 4, false},  {0, 12, 4, false}, {0, 15, 4, false}, {0, 10, 2, false},
    {0, 14, 2, false}, {0, 2, 4, false},  {0, 1, 4, false},  {0, 22, 4, false},
    {0, 21, 4, false}, {0, 7, 2, false},  {0, 11, 2, false}, {0, PADDING, 2, false},
    {0, 4, 1, false},  {0, 5, 1, false},  {0, 6, 1, false},  {0, PADDING, 7, false},
};

static const struct {
    const struct template_field *fields;
    size_t n;
    size_t header;
} layouts[] = {
    [TELEMETRY_NETFLOW1] = {fields_v1, sizeof fields_v1 / sizeof *fields_v1, HEADER_V1},
    [TELEMETRY_NETFLOW5] = {fields_v5, sizeof fields_v5 / sizeof *fields_v5, HEADER_V5},
    [TELEMETRY_NETFLOW7] = {fields_v7, sizeof fields_v7 / sizeof *fields_v7, HEADER_V5},
};

/* The layout stands among the exporter's templates like any other; its id is the version. */
static struct template *layout_of(const struct message *m, uint16_t version)
{
    struct template *t = exporter_template(m->x, version);
    if (t)
        return t;
    enum telemetry telemetry = m->x->telemetry;
    enum template_fault fault;
    t = template_new(version, layouts[telemetry].fields, layouts[telemetry].n, false, false,
                     &fault);
    bool evicted;
    if (!t || !exporter_take_template(m->x, t, &evicted))
        return NULL;
    t->learnt = m->d->received;
    return t;
}

/* Two bits of mode, 14 of interval. */
static uint32_t sampling_in_header(struct collector *c, struct exporter *x, uint16_t word)
{
    static const uint8_t mode[] = {[1] = SAMPLING_MODE_COUNT, [2] = SAMPLING_MODE_RANDOM, [3] = 0};
    const struct sampling_told told = {.rate = word & 0x3fff, .mode = mode[word >> 14]};
    if (told.rate)
        sampling_state(c, x, &told);
    return (uint32_t)told.rate;
}

void netflow_fixed_take(struct collector *c, const struct datagram *d, enum telemetry telemetry)
{
    struct cursor body = cur_over(d->bytes, d->len);
    const uint8_t *h = cur_take(&body, layouts[telemetry].header);
    if (!h) {
        collector_lose(c, NULL, LOSS_short_header, 1);
        return;
    }
    /* Engine type and id tell several engines of one router apart. */
    bool is_v5 = telemetry == TELEMETRY_NETFLOW5;
    uint32_t domain = is_v5 ? load_be16(h + 20) : 0;
    uint16_t count = load_be16(h + 2);
    uint32_t sequence = telemetry == TELEMETRY_NETFLOW1 ? 0 : load_be32(h + 16);
    struct message m = {
        .d = d,
        .context = {.exported = (nsec_t)load_be32(h + 8) * SECOND + load_be32(h + 12) % 1000000000,
                    .uptime = load_be32(h + 4),
                    .has_uptime = true}};
    /* v1, and whoever does not count, keep to one session whatever their port. */
    const struct stamp stamp = {.sequence = sequence, .needs_no_template = true};
    m.x = telemetry == TELEMETRY_NETFLOW1
              ? collector_know(c, d, domain, telemetry)
              : collector_know_session(c, &m, domain, telemetry, &stamp);
    if (!m.x)
        return;
    m.x->skew = m.context.exported - d->received;
    m.sampling = is_v5 ? sampling_in_header(c, m.x, load_be16(h + 22)) : 0;
    if (telemetry != TELEMETRY_NETFLOW1 && !sequence_start(c, &m, sequence)) {
        collector_lose(c, m.x, LOSS_duplicate, count);
        return;
    }
    struct template *t = layout_of(&m, load_be16(h));
    if (t) {
        records_take_some(c, &m, t, body, count);
        t->used = d->received;
        t->records += m.decoded;
    }
    if (m.decoded < count)
        collector_lose(c, m.x, LOSS_record_cut, count - m.decoded);
    if (telemetry != TELEMETRY_NETFLOW1)
        sequence_end(&m, sequence, count);
}
