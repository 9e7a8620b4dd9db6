/* collector.c - from datagrams of exporters to flow_in values; templates, sampling and loss by exporter. */
#include "codec/collector.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "codec/collector_private.h"
#include "codec/parked.h"

#include <stdarg.h>
#include <stdio.h>

enum { PARKED_DEFAULT = 1 << 20, SENTENCE = 256, SENTENCES = 5 };

static const nsec_t SENTENCE_PAUSE = 10 * SECOND;

const struct loss_info loss_table[LOSSES] = {
#define LOSS(name, group, title, text) [LOSS_##name] = {#name, LOSS_##group, title, text},
#include "codec/losses.def"
#undef LOSS
};

/* The list of allowed senders, "address[/bits],...", into c. */
static bool allow(struct collector *c, const char *list, struct err *e)
{
    uint32_t n = list && *list ? 1 : 0;
    for (const char *at = list; n && *at; at++)
        n += *at == ',';
    if (!n)
        return true;
    c->allowed = mem_alloc(ACCOUNT_templates, n * sizeof *c->allowed);
    if (!c->allowed)
        return fail(e, "no memory for the list of allowed exporters");
    c->allowed_count = n;
    for (uint32_t i = 0; i < n; i++) {
        char text[ADDR_TEXT + sizeof "/128"];
        size_t len = strcspn(list, ",");
        memcpy(text, list, len < sizeof text ? len : 0);
        text[len < sizeof text ? len : 0] = '\0';
        if (!prefix_parse(text, &c->allowed[i]))
            return fail(e, "%.*s is neither an address nor a network of exporters", (int)len, list);
        list += len + (list[len] == ',');
    }
    return true;
}

static bool is_allowed(const struct collector *c, const struct addr *from)
{
    for (uint32_t i = 0; i < c->allowed_count; i++)
        if (prefix_has(&c->allowed[i], from))
            return true;
    return !c->allowed;
}

struct collector *collector_new(const struct collector_config *config,
                                const struct collector_ops *ops, void *to, struct err *e)
{
    struct collector *c = mem_alloc(ACCOUNT_templates, sizeof *c);
    if (!c) {
        fail(e, "no memory for a collector");
        return NULL;
    }
    c->config = *config;
    c->ops = *ops;
    c->to = to;
    c->max_exporters = config->max_exporters && config->max_exporters < EXPORTERS
                           ? config->max_exporters
                           : EXPORTERS;
    c->max_parked = config->max_parked_bytes ? config->max_parked_bytes : PARKED_DEFAULT;
    size_t most = config->max_memory ? config->max_memory : QUOTA_ALL;
    c->quota.most[STANDING_NEW] = c->quota.most[STANDING_PASSING] = most / 4;
    c->quota.most[STANDING_SETTLED] = most / 2;
    if (allow(c, config->allow, e))
        return c;
    collector_free(c);
    return NULL;
}

void collector_free(struct collector *c)
{
    if (!c)
        return;
    collector_forget_all(c);
    mem_free(ACCOUNT_templates, c->allowed, c->allowed_count * sizeof *c->allowed);
    zmq_decoder_free(c->zmq);
    mem_free(ACCOUNT_templates, c, sizeof *c);
}

/* ---- Counting ------------------------------------------------------------------------------------- */

const struct collector_counts *collector_counts(const struct collector *c)
{
    return &c->counts;
}

void collector_lose(struct collector *c, struct exporter *x, enum loss loss, uint64_t n)
{
    enum loss_group group = loss_table[loss].group;
    counter_add(&c->counts.loss[loss], n);
    counter_add(&c->counts.records, n);
    if (x && group == LOSS_NO_TEMPLATE)
        x->no_template += n;
    if (x && group == LOSS_MALFORMED)
        x->malformed += n;
}

void collector_accept(struct collector *c, struct exporter *x, const struct flow_in *f, size_t n)
{
    counter_add(&c->counts.records, n);
    counter_add(&c->counts.accepted, n);
    x->records += n;
    collector_confirm(c, x);
    if (c->ops.flows)
        c->ops.flows(c->to, f, n);
}

void collector_count(struct collector *c, struct exporter *x, const struct interface_counters *i)
{
    collector_confirm(c, x);
    exporter_count_interface(x, i);
    counter_add(&c->counts.counter_samples, 1);
    if (c->ops.counters)
        c->ops.counters(c->to, i);
}

/* Five sentences at once and one in ten seconds: a fault that repeats must not hide the others (B18). */
static bool may_speak(struct exporter *x, nsec_t now)
{
    uint64_t more = now > x->spoke ? (uint64_t)((now - x->spoke) / SENTENCE_PAUSE) : 0;
    if (!x->spoke || more >= SENTENCES)
        x->sentences = SENTENCES;
    else
        x->sentences += (uint32_t)more;
    x->sentences = x->sentences < SENTENCES ? x->sentences : SENTENCES;
    x->spoke = !x->spoke || more ? now : x->spoke;
    if (!x->sentences) {
        x->unsaid++;
        return false;
    }
    x->sentences--;
    return true;
}

void collector_say(struct collector *c, struct exporter *x, enum exporter_news news,
                   const char *format, ...)
{
    if (!c->ops.say || x->standing == STANDING_NEW || !may_speak(x, c->now))
        return;
    char sentence[SENTENCE];
    va_list list;
    va_start(list, format);
    int n = vsnprintf(sentence, sizeof sentence, format, list);
    va_end(list);
    if (x->unsaid && n > 0 && (size_t)n < sizeof sentence)
        snprintf(sentence + n, sizeof sentence - (size_t)n, " (%u events were left out before)",
                 x->unsaid);
    x->unsaid = 0;
    c->ops.say(c->to, x, news, sentence);
}

/* ---- Messages ------------------------------------------------------------------------------------- */

enum { V1_RECORD = 48, V5_RECORD = 48, V7_RECORD = 52, FIXED_MOST = 30 };

static bool is_zero(const uint8_t *from, const uint8_t *end)
{
    while (from < end && !*from)
        from++;
    return from == end;
}

/* The first record's flow began before it ended, and that before the message was made, all within a day.
 * The stamps may wrap, and a flow may have begun just before the uptime did. */
static bool stamps_fit(const uint8_t *b, size_t header)
{
    enum { DAY_MS = 24 * 3600 * 1000 };
    uint32_t uptime = load_be32(b + 4), first = load_be32(b + header + 24);
    uint32_t last = load_be32(b + header + 28);
    return last - first <= DAY_MS && uptime - last <= DAY_MS && load_be32(b + 12) < 1000000000;
}

/* As many records as the header says, and nothing behind them but padding; some exporters leave old
 * octets there, and then the times must make sense. */
static bool fixed_fits(const uint8_t *b, size_t len, size_t header, size_t record)
{
    size_t n = load_be16(b + 2), end = header + n * record;
    return n && n <= FIXED_MOST && len >= end &&
           (is_zero(b + end, b + len) || stamps_fit(b, header));
}

static enum telemetry sflow_of(const uint8_t *b, size_t len)
{
    static const uint8_t version[] = {
        [2] = TELEMETRY_SFLOW2, [4] = TELEMETRY_SFLOW4, [5] = TELEMETRY_SFLOW5};
    uint32_t v = load_be32(b), family = len >= 28 ? load_be32(b + 4) : 0;
    if (v >= sizeof version || (family != 1 && family != 2))
        return TELEMETRY_NONE;
    return version[v];
}

/* One set after the other, to the message's last octet. */
static bool sets_close(struct cursor c)
{
    while (cur_left(&c)) {
        const uint8_t *h = cur_peek(&c, 4);
        size_t set = h ? load_be16(h + 2) : 0;
        if (set < 4 || !cur_take(&c, set))
            return false;
    }
    return true;
}

/* The first set has an id that can be and ends inside the message, or all sets together fill it, whatever
 * their ids. Where the message's own length is wrong, as some exporters have it, the set must begin
 * with a template that can be. */
static bool sets_fit(const uint8_t *b, size_t len, size_t header, unsigned first_id, bool is_sure)
{
    struct cursor c = cur_over(b, len);
    cur_take(&c, header);
    const uint8_t *h = cur_peek(&c, 8);
    if (!h)
        return false;
    unsigned id = load_be16(h);
    size_t set = load_be16(h + 2);
    bool is_template = (id == first_id || id == first_id + 1) && load_be16(h + 4) >= 256;
    bool is_first = is_template || (is_sure && id >= 256);
    return (is_first && set >= 8 && set <= cur_left(&c)) || (is_sure && sets_close(c));
}

enum telemetry telemetry_of(const uint8_t *bytes, size_t len)
{
    if (len < 24)
        return TELEMETRY_NONE;
    switch (load_be16(bytes)) {
    case 0:
        return sflow_of(bytes, len);
    case 1:
        return fixed_fits(bytes, len, 16, V1_RECORD) ? TELEMETRY_NETFLOW1 : TELEMETRY_NONE;
    case 5:
        return fixed_fits(bytes, len, 24, V5_RECORD) ? TELEMETRY_NETFLOW5 : TELEMETRY_NONE;
    case 7:
        return fixed_fits(bytes, len, 24, V7_RECORD) ? TELEMETRY_NETFLOW7 : TELEMETRY_NONE;
    case 9:
        return sets_fit(bytes, len, 20, 0, true) ? TELEMETRY_NETFLOW9 : TELEMETRY_NONE;
    case 10: {
        bool is_sure = load_be16(bytes + 2) == len;
        return sets_fit(bytes, len, 16, 2, is_sure) ? TELEMETRY_IPFIX : TELEMETRY_NONE;
    }
    default:
        return TELEMETRY_NONE;
    }
}

void collector_take(struct collector *c, const struct datagram *d)
{
    counter_add(&c->counts.datagrams, 1);
    counter_add(&c->counts.bytes, d->len);
    c->now = d->received;
    if (d->head) {
        zmq_message_take(c, d);
        return;
    }
    if (!is_allowed(c, &d->from)) {
        collector_lose(c, NULL, LOSS_acl_denied, 1);
        return;
    }
    /* By its version word alone: what came to this port is meant as an export, and damage is to be
     * told, not ignored. */
    unsigned version = d->len >= 2 ? load_be16(d->bytes) : UINT16_MAX;
    switch (version) {
    case 0: /* sFlow's version has 32 bits */
        sflow_take(c, d);
        break;
    case 1:
        netflow_fixed_take(c, d, TELEMETRY_NETFLOW1);
        break;
    case 5:
        netflow_fixed_take(c, d, TELEMETRY_NETFLOW5);
        break;
    case 7:
        netflow_fixed_take(c, d, TELEMETRY_NETFLOW7);
        break;
    case 9:
        netflow9_take(c, d);
        break;
    case 10:
        ipfix_take(c, d);
        break;
    default:
        collector_lose(c, NULL, LOSS_not_export, 1);
    }
}
