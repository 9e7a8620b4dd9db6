/* sflow.c - sFlow datagrams: head, samples, and which records they hold.
 *
 *   version 5   version, agent (type, address), sub-agent, sequence, uptime, n
 *               n times: format, length, sample; in flow and counter samples: format, length, record
 *   version 2,4 version, agent, sequence, uptime, n; samples and records follow without lengths,
 *               so what cannot be read ends the datagram
 *
 * Formats are enterprise << 12 | number; only those of enterprise 0 are known.
 */
#include "codec/sflow.h"

#include "codec/sflow_private.h"

enum {
    SAMPLE_FLOW = 1,
    SAMPLE_COUNTERS = 2,
    SAMPLE_FLOW_EXPANDED = 3,
    SAMPLE_COUNTERS_EXPANDED = 4,
    SAMPLE_DISCARDED = 5,
    FORMATS = 1000, /* version 4: number of an extended record + this = format of version 5 */
};

/* One datagram while it is read. */
struct reader {
    const struct sflow_ops *ops;
    void *to;
    struct sflow_head head;
};

struct addr sflow_addr(struct cursor *c)
{
    struct addr none = {{0}};
    uint32_t type = cur_be32(c);
    if (type == 0) /* "unknown" carries nothing */
        return none;
    const uint8_t *p = type == 1 ? cur_take(c, 4) : type == 2 ? cur_take(c, 16) : NULL;
    if (!p) {
        c->bad = true;
        return none;
    }
    return type == 1 ? addr_v4(p) : addr_v6(p);
}

struct sflow_text sflow_text(struct cursor *c)
{
    size_t len = cur_be32(c);
    struct sflow_text t = {.at = cur_take(c, len), .len = len};
    if (!t.at)
        return (struct sflow_text){0};
    size_t padding = (4 - len % 4) % 4;
    /* The last text of a datagram may come without its padding. */
    cur_take(c, padding <= cur_left(c) ? padding : cur_left(c));
    return t;
}

static void tell_fault(const struct reader *r, enum sflow_fault fault)
{
    if (r->ops->fault)
        r->ops->fault(r->to, fault);
}

static void tell_flow(const struct reader *r, struct sflow_sample *s)
{
    struct flow_in *f = &s->flow;
    f->packets[0] = 1;
    f->sampling = s->rate ? s->rate : 1;
    f->sampling_source = s->rate ? SAMPLING_HEADER : SAMPLING_UNKNOWN;
    f->in_if = s->in_format == SFLOW_IF_INDEX ? s->in_value : 0;
    f->out_if = s->out_format == SFLOW_IF_INDEX ? s->out_value : 0;
    f->domain = r->head.sub_agent;
    if (s->is_discard) {
        f->sampling_source = SAMPLING_NONE;
        f->kind = FLOW_IN_EVENT;
    }
    if (r->ops->flow)
        r->ops->flow(r->to, s);
}

/* Window over the next record of a version 5 sample. Some agents say 6 for the 16 bytes of the switch
 * record: a structure of fixed size is read as it is, else all that follows would be lost, too. */
static bool next_record(struct cursor *c, uint32_t *format, struct cursor *record, bool *is_wrong)
{
    *format = cur_be32(c);
    size_t len = cur_be32(c);
    size_t fixed = sflow_record_size(*format);
    *is_wrong = len < fixed;
    if (!cur_ok(c))
        return false;
    *record = cur_sub(c, *is_wrong ? fixed : len);
    return cur_ok(record);
}

static void read_flow_records(const struct reader *r, struct cursor *c, uint32_t n,
                              struct sflow_sample *s)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t format;
        struct cursor record;
        bool is_wrong;
        if (!next_record(c, &format, &record, &is_wrong)) {
            tell_fault(r, SFLOW_RECORD_CUT);
            break;
        }
        if (!sflow_flow_record(&record, format, r->head.version, s))
            s->unknown_records++;
        else if (is_wrong || !cur_ok(&record))
            tell_fault(r, SFLOW_RECORD_CUT);
    }
    tell_flow(r, s);
}

static struct sflow_sample new_sample(const struct reader *r)
{
    return (struct sflow_sample){.head = &r->head};
}

/* The compact form: source type in the top byte; format of an interface in its two top bits. */
static void compact_interfaces(struct sflow_sample *s, uint32_t in, uint32_t out)
{
    enum { VALUE = 0x3fffffff };
    s->in_format = in >> 30;
    s->in_value = in & VALUE;
    s->out_format = out >> 30;
    s->out_value = out & VALUE;
}

static void read_flow_sample(const struct reader *r, struct cursor *c)
{
    const uint8_t *p = cur_take(c, 32);
    if (!p) {
        tell_fault(r, SFLOW_SAMPLE_CUT);
        return;
    }
    struct sflow_sample s = new_sample(r);
    s.sequence = load_be32(p);
    s.source_type = p[4];
    s.source_index = load_be24(p + 5);
    s.rate = load_be32(p + 8);
    s.pool = load_be32(p + 12);
    s.drops = load_be32(p + 16);
    compact_interfaces(&s, load_be32(p + 20), load_be32(p + 24));
    read_flow_records(r, c, load_be32(p + 28), &s);
}

static void read_expanded_sample(const struct reader *r, struct cursor *c)
{
    const uint8_t *p = cur_take(c, 44);
    if (!p) {
        tell_fault(r, SFLOW_SAMPLE_CUT);
        return;
    }
    struct sflow_sample s = new_sample(r);
    s.sequence = load_be32(p);
    s.source_type = load_be32(p + 4);
    s.source_index = load_be32(p + 8);
    s.rate = load_be32(p + 12);
    s.pool = load_be32(p + 16);
    s.drops = load_be32(p + 20);
    s.in_format = load_be32(p + 24);
    s.in_value = load_be32(p + 28);
    s.out_format = load_be32(p + 32);
    s.out_value = load_be32(p + 36);
    read_flow_records(r, c, load_be32(p + 40), &s);
}

/* sflow.org/sflow_drops.txt: each discarded packet is told, within the agent's limit. */
static void read_discarded_sample(const struct reader *r, struct cursor *c)
{
    const uint8_t *p = cur_take(c, 32);
    if (!p) {
        tell_fault(r, SFLOW_SAMPLE_CUT);
        return;
    }
    struct sflow_sample s = new_sample(r);
    s.is_discard = true;
    s.sequence = load_be32(p);
    s.source_type = load_be32(p + 4);
    s.source_index = load_be32(p + 8);
    s.drops = load_be32(p + 12);
    s.in_value = load_be32(p + 16);
    s.out_value = load_be32(p + 20);
    s.discard_reason = load_be32(p + 24);
    read_flow_records(r, c, load_be32(p + 28), &s);
}

static void read_counter_sample(const struct reader *r, struct cursor *c, bool is_expanded)
{
    const uint8_t *p = cur_take(c, is_expanded ? 16 : 12);
    if (!p) {
        tell_fault(r, SFLOW_SAMPLE_CUT);
        return;
    }
    struct sflow_counters s = {.head = &r->head, .sequence = load_be32(p)};
    s.source_type = is_expanded ? load_be32(p + 4) : p[4];
    s.source_index = is_expanded ? load_be32(p + 8) : load_be24(p + 5);
    uint32_t n = load_be32(p + (is_expanded ? 12 : 8));
    for (uint32_t i = 0; i < n; i++) {
        uint32_t format = cur_be32(c);
        struct cursor record = cur_sub(c, cur_be32(c));
        if (!cur_ok(c)) {
            tell_fault(r, SFLOW_RECORD_CUT);
            break;
        }
        if (!sflow_counter_record(&record, format, &s))
            s.unknown_records++;
        else if (!cur_ok(&record))
            tell_fault(r, SFLOW_RECORD_CUT);
    }
    if (r->ops->counters)
        r->ops->counters(r->to, &s);
}

static void read_sample5(const struct reader *r, uint32_t format, struct cursor *c)
{
    switch (format) {
    case SAMPLE_FLOW:
        read_flow_sample(r, c);
        break;
    case SAMPLE_FLOW_EXPANDED:
        read_expanded_sample(r, c);
        break;
    case SAMPLE_DISCARDED:
        read_discarded_sample(r, c);
        break;
    case SAMPLE_COUNTERS:
    case SAMPLE_COUNTERS_EXPANDED:
        read_counter_sample(r, c, format == SAMPLE_COUNTERS_EXPANDED);
        break;
    default:
        tell_fault(r, SFLOW_SAMPLE_UNKNOWN);
    }
}

static void read_samples5(const struct reader *r, struct cursor *c)
{
    for (uint32_t i = 0; i < r->head.samples; i++) {
        uint32_t format = cur_be32(c);
        size_t len = cur_be32(c);
        struct cursor sample = cur_sub(c, len);
        if (!cur_ok(c)) { /* the parent: of nothing, a window over nothing is no error */
            tell_fault(r, SFLOW_SAMPLES_CUT);
            return;
        }
        read_sample5(r, format, &sample);
    }
}

/* A flow sample of version 2 or 4: one packet record, then a list of extended ones, none with a
 * length. False: where the next begins is not known. */
static bool read_flow_sample4(const struct reader *r, struct cursor *c)
{
    const uint8_t *p = cur_take(c, 32);
    if (!p)
        return false;
    struct sflow_sample s = new_sample(r);
    s.sequence = load_be32(p);
    s.source_type = p[4];
    s.source_index = load_be24(p + 5);
    s.rate = load_be32(p + 8);
    s.pool = load_be32(p + 12);
    s.drops = load_be32(p + 16);
    compact_interfaces(&s, load_be32(p + 20), load_be32(p + 24));
    /* 1 header, 2 IPv4, 3 IPv6: in version 5 the latter two moved up for sampled Ethernet. */
    uint32_t packet = load_be32(p + 28);
    bool good = packet >= 1 && packet <= 3 &&
                sflow_flow_record(c, packet == 1 ? 1 : packet + 1, r->head.version, &s);
    uint32_t n = good ? cur_be32(c) : 0;
    for (uint32_t i = 0; i < n && good && cur_ok(c); i++) {
        uint32_t format = cur_be32(c);
        good = format >= 1 && format <= 5 &&
               sflow_flow_record(c, FORMATS + format, r->head.version, &s);
    }
    good = good && cur_ok(c);
    if (s.has_frame || s.has_columns)
        tell_flow(r, &s);
    return good;
}

/* The counters of version 4: generic ones alone, or followed by those of the medium. */
static bool read_counter_sample4(const struct reader *r, struct cursor *c)
{
    enum { GENERIC = 1, ETHERNET = 2, TOKEN_RING = 3, FDDI = 4, VG = 5, WAN = 6, VLAN = 7 };
    const uint8_t *p = cur_take(c, 16);
    if (!p)
        return false;
    struct sflow_counters s = {.head = &r->head, .sequence = load_be32(p)};
    s.source_type = p[4];
    s.source_index = load_be24(p + 5);
    uint32_t medium = load_be32(p + 12);
    if (medium < GENERIC || medium > VLAN)
        return false;
    if (medium == VLAN)
        sflow_counter_record(c, 5, &s);
    else
        sflow_counter_record(c, 1, &s);
    if (medium == ETHERNET)
        sflow_counter_record(c, 2, &s);
    if (medium == TOKEN_RING)
        cur_take(c, 72);
    if (medium == VG)
        cur_take(c, 80);
    if (r->ops->counters && (s.has_interface || s.has_vlan))
        r->ops->counters(r->to, &s);
    return cur_ok(c);
}

static void read_samples4(const struct reader *r, struct cursor *c)
{
    for (uint32_t i = 0; i < r->head.samples; i++) {
        uint32_t type = cur_be32(c);
        if (!cur_ok(c)) {
            tell_fault(r, SFLOW_SAMPLES_CUT);
            return;
        }
        if (type != SAMPLE_FLOW && type != SAMPLE_COUNTERS) {
            tell_fault(r, SFLOW_SAMPLE_UNKNOWN);
            return;
        }
        if (!(type == SAMPLE_FLOW ? read_flow_sample4(r, c) : read_counter_sample4(r, c))) {
            tell_fault(r, SFLOW_SAMPLE_CUT);
            return;
        }
    }
}

static bool read_head(struct reader *r, struct cursor *c)
{
    struct sflow_head *h = &r->head;
    h->version = cur_be32(c);
    if (cur_ok(c) && h->version != 2 && h->version != 4 && h->version != 5) {
        tell_fault(r, SFLOW_BAD_VERSION);
        return false;
    }
    const uint8_t *type = cur_peek(c, 4);
    if (type && load_be32(type) != 1 && load_be32(type) != 2) {
        tell_fault(r, SFLOW_BAD_ADDRESS);
        return false;
    }
    h->agent = sflow_addr(c);
    h->sub_agent = h->version >= 5 ? cur_be32(c) : 0;
    h->sequence = cur_be32(c);
    h->uptime_ms = cur_be32(c);
    h->samples = cur_be32(c);
    if (!cur_ok(c))
        tell_fault(r, SFLOW_SHORT_HEADER);
    return cur_ok(c);
}

bool sflow_decode(const uint8_t *bytes, size_t len, const struct sflow_ops *ops, void *to)
{
    struct reader r = {.ops = ops, .to = to};
    struct cursor c = cur_over(bytes, len);
    if (!read_head(&r, &c))
        return false;
    if (ops->head)
        ops->head(to, &r.head);
    if (r.head.version >= 5)
        read_samples5(&r, &c);
    else
        read_samples4(&r, &c);
    return true;
}

const char *sflow_fault_text(enum sflow_fault fault)
{
    static const char *const texts[SFLOW_FAULTS] = {
        [SFLOW_SHORT_HEADER] = "shorter than an sFlow header",
        [SFLOW_BAD_VERSION] = "no known version of sFlow",
        [SFLOW_BAD_ADDRESS] = "the agent's address is of no known type",
        [SFLOW_SAMPLES_CUT] = "fewer samples than the header says",
        [SFLOW_SAMPLE_CUT] = "a sample that ends too early",
        [SFLOW_RECORD_CUT] = "a record whose length is wrong",
        [SFLOW_SAMPLE_UNKNOWN] = "a sample of an unknown format",
    };
    return texts[fault];
}
