/* flow_fill.c - which column a key of a probe belongs to, and what its value says.
 *
 * A switch over the element's number; names are looked up in a small open-addressed table, since
 * a chain of comparisons cost more than the rest of a flow. Values may be numbers or text of numbers.
 */
#include "codec/flow_fill.h"

#include "base/cursor.h"

enum { TIMESTAMP = 65536, NO_KEY = 0, PORT_MAX = 65535 };

static uint32_t hash_name(const char *name, size_t len)
{
    uint32_t h = (uint32_t)len;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (uint8_t)name[i]) * 0x01000193u;
    return h ^ h >> 15;
}

void flow_names_init(struct flow_names *n)
{
    static const struct {
        const char *name;
        uint32_t id;
    } keys[] = {
#define KEY(name, number) {#name, number},
#include "codec/flow_keys.def"
#undef KEY
    };
    memset(n, 0, sizeof *n);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        size_t len = strlen(keys[i].name);
        uint32_t at = hash_name(keys[i].name, len) % FLOW_KEYS;
        while (n->slot[at].name)
            at = (at + 1) % FLOW_KEYS;
        n->slot[at].name = keys[i].name;
        n->slot[at].len = (uint32_t)len;
        n->slot[at].id = keys[i].id;
    }
}

/* Reads digits at *p; false when there is none or the number does not fit. */
static bool read_digits(const char **p, const char *end, uint32_t *value)
{
    const char *start = *p;
    uint64_t v = 0;
    while (*p < end && **p >= '0' && **p <= '9' && v <= UINT32_MAX)
        v = v * 10 + (uint64_t)(*(*p)++ - '0');
    *value = (uint32_t)v;
    return *p > start && v <= UINT32_MAX;
}

static bool key_of_digits(const char *key, size_t len, uint32_t *pen, uint32_t *id)
{
    const char *p = key, *end = key + len;
    *pen = 0;
    if (!read_digits(&p, end, id))
        return false;
    if (p == end)
        return *id <= PORT_MAX;
    *pen = *id;
    if (*p++ != '.' || !read_digits(&p, end, id) || p != end)
        return false;
    if (*pen == NTOP_PEN) {
        *pen = 0;
        *id = *id < NTOP_BASE ? *id + NTOP_BASE : *id;
    }
    return *id <= PORT_MAX;
}

bool flow_key_id(const struct flow_names *n, const char *key, size_t len, uint32_t *pen,
                 uint32_t *id)
{
    *pen = 0;
    if (len && key[0] >= '0' && key[0] <= '9')
        return key_of_digits(key, len, pen, id);
    for (uint32_t at = hash_name(key, len) % FLOW_KEYS; n->slot[at].name;
         at = (at + 1) % FLOW_KEYS) {
        if (n->slot[at].len == len && !memcmp(n->slot[at].name, key, len)) {
            *id = n->slot[at].id;
            return true;
        }
    }
    return false;
}

/* The whole number that a value is or begins with; negative ones and other text are 0. */
static uint64_t number_of(const struct flow_item *i)
{
    if (i->is_negative)
        return 0;
    if (i->type == ITEM_INTEGER)
        return i->integer;
    if (i->type == ITEM_REAL)
        return i->real >= 0 && i->real < 1.8e19 ? (uint64_t)i->real : 0;
    uint64_t v = 0;
    for (size_t k = 0; k < i->len && i->text[k] >= '0' && i->text[k] <= '9'; k++) {
        if (v > UINT64_MAX / 10 - 1)
            return UINT64_MAX;
        v = v * 10 + (uint64_t)(i->text[k] - '0');
    }
    return v;
}

static uint64_t at_most(const struct flow_item *i, uint64_t max)
{
    uint64_t v = number_of(i);
    return v <= max ? v : 0;
}

static uint8_t byte_of(const struct flow_item *i)
{
    return (uint8_t)at_most(i, UINT8_MAX);
}

static uint16_t short_of(const struct flow_item *i)
{
    return (uint16_t)at_most(i, UINT16_MAX);
}

static uint32_t word_of(const struct flow_item *i)
{
    return (uint32_t)at_most(i, UINT32_MAX);
}

/* Text of a decimal number in units of 10^-digits: "1.5" with 3 is 1500. */
static uint64_t fixed_of(const struct flow_item *i, unsigned digits)
{
    uint64_t scale = 1;
    for (unsigned k = 0; k < digits; k++)
        scale *= 10;
    if (i->is_negative)
        return 0;
    if (!i->text)
        return i->type == ITEM_REAL
                   ? (i->real < 1e9 ? (uint64_t)(i->real * (double)scale + 0.5) : 0)
                   : (i->integer < UINT64_MAX / scale ? i->integer * scale : 0);
    uint64_t v = 0;
    size_t k = 0;
    for (; k < i->len && i->text[k] >= '0' && i->text[k] <= '9' && v < 100000000000u; k++)
        v = v * 10 + (uint64_t)(i->text[k] - '0');
    v *= scale <= 1000000 || v < 10000000000u ? scale : 0;
    if (k < i->len && i->text[k] == '.')
        for (k++, scale /= 10; k < i->len && i->text[k] >= '0' && i->text[k] <= '9' && scale;
             k++, scale /= 10)
            v += (uint64_t)(i->text[k] - '0') * scale;
    return v;
}

/* "192.168.1.92" without a copy; false when it is anything else. */
static bool parse_v4(const char *text, size_t len, struct addr *a)
{
    const char *p = text, *end = text + len;
    uint8_t four[4];
    for (unsigned i = 0; i < 4; i++) {
        uint32_t v;
        const char *start = p;
        if (!read_digits(&p, end, &v) || v > 255 || p - start > 3)
            return false;
        four[i] = (uint8_t)v;
        if (i < 3 && (p == end || *p++ != '.'))
            return false;
    }
    *a = addr_v4(four);
    return p == end;
}

static bool addr_of(const struct flow_item *i, struct addr *a)
{
    if (i->type == ITEM_TEXT) {
        if (parse_v4(i->text, i->len, a))
            return true;
        char text[ADDR_TEXT];
        if (i->len < sizeof text && memchr(i->text, ':', i->len)) {
            memcpy(text, i->text, i->len);
            text[i->len] = '\0';
            return addr_parse(text, a);
        }
    }
    uint64_t v = number_of(i);
    if (v == 0 || v > UINT32_MAX)
        return false;
    addr_set_v4(a, (const uint8_t[]){(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
                                     (uint8_t)v});
    return true;
}

/* "::" and "0.0.0.0" say nothing. */
static bool is_empty(const struct addr *a)
{
    static const uint8_t zero[4];
    return addr_is_none(a) || (addr_is_v4(a) && !memcmp(a->byte + 12, zero, 4));
}

static void set_end(struct flow_fill *f, struct addr *end, const struct flow_item *i)
{
    struct addr a;
    if (!addr_of(i, &a))
        return;
    if (addr_is_none(end) || is_empty(end))
        *end = is_empty(&a) && !addr_is_none(end) ? *end : a;
    else if (!is_empty(&a) && !addr_equal(end, &a))
        f->second_addresses++;
}

static void set_addr(struct addr *to, const struct flow_item *i)
{
    struct addr a;
    if (addr_of(i, &a) && !is_empty(&a))
        *to = a;
}

static void set_mac(struct mac *to, const struct flow_item *i)
{
    char text[MAC_TEXT];
    if (i->type != ITEM_TEXT || i->len >= sizeof text)
        return;
    memcpy(text, i->text, i->len);
    text[i->len] = '\0';
    struct mac m;
    if (mac_parse(text, &m))
        *to = m;
}

/* 7, "7" or "5.126": master and application; alone it is the application. */
static void set_l7(struct flow_in *f, const struct flow_item *i)
{
    const char *dot = i->text ? memchr(i->text, '.', i->len) : NULL;
    if (!dot) {
        f->l7_app = short_of(i);
        return;
    }
    struct flow_item part = {.type = ITEM_TEXT, .text = i->text, .len = (size_t)(dot - i->text)};
    f->l7_master = short_of(&part);
    part.text = dot + 1;
    part.len = (size_t)(i->text + i->len - part.text);
    f->l7_app = short_of(&part);
}

static void set_direction(struct flow_in *f, const struct flow_item *i)
{
    uint64_t v = number_of(i);
    f->direction = !i->is_negative && v <= 1 ? (uint8_t)(v + 1) : 0;
}

static void set_first(struct flow_fill *f, nsec_t t)
{
    f->flow->first = t;
    f->has_first = t > 0;
}

static void set_last(struct flow_fill *f, nsec_t t)
{
    f->flow->last = t;
    f->has_last = t > 0;
}

static nsec_t seconds_of(const struct flow_item *i)
{
    return (nsec_t)fixed_of(i, 9);
}

static nsec_t millis_of(const struct flow_item *i)
{
    uint64_t v = number_of(i);
    return v < 1u << 31 ? 0 : v < 10000000000000u ? (nsec_t)v * MILLISECOND : 0;
}

static void add_delta(struct flow_fill *f, uint64_t *to, const struct flow_item *i)
{
    *to = number_of(i);
    f->has_delta = true;
}

static void add_total(struct flow_fill *f, uint64_t *to, const struct flow_item *i)
{
    *to = number_of(i);
    f->has_total = true;
}

/* Columns that say where the packets went. False: the number is none of them. */
static bool fill_path(struct flow_in *f, uint32_t id, const struct flow_item *i)
{
    switch (id) {
    case 9:
    case 29:
        f->src_mask = f->src_mask ? f->src_mask : byte_of(i);
        break;
    case 13:
    case 30:
        f->dst_mask = f->dst_mask ? f->dst_mask : byte_of(i);
        break;
    case 10:
        f->in_if = word_of(i);
        break;
    case 14:
        f->out_if = word_of(i);
        break;
    case 15:
    case 62:
        set_addr(&f->next_hop, i);
        break;
    case 16:
        f->src_as = word_of(i);
        break;
    case 17:
        f->dst_as = word_of(i);
        break;
    case 18:
    case 63:
        set_addr(&f->bgp_next_hop, i);
        break;
    case 56:
    case 81:
        set_mac(&f->src_mac, i);
        break;
    case 57:
    case 80:
        set_mac(&f->dst_mac, i);
        break;
    case 58:
    case 243:
        f->vlan = f->vlan ? f->vlan : short_of(i) & 0xfff;
        break;
    case 59:
    case 254:
        f->vlan_out = f->vlan_out ? f->vlan_out : short_of(i) & 0xfff;
        break;
    case 245:
        f->vlan_inner = short_of(i) & 0xfff;
        break;
    case 70:
    case 71:
    case 72:
        f->mpls[id - 70] = word_of(i);
        break;
    case 234:
    case 235:
        f->vrf[id - 234] = word_of(i);
        break;
    default:
        return false;
    }
    return true;
}

/* Columns of what the probe found out about the conversation. */
static void fill_more(struct flow_in *f, uint32_t id, const struct flow_item *i)
{
    switch (id) {
    case 52:
        f->ttl[0] = byte_of(i);
        break;
    case 61:
        set_direction(f, i);
        break;
    case 136:
        f->end_reason = byte_of(i);
        break;
    case 225:
        set_addr(&f->nat_src, i);
        break;
    case 226:
        set_addr(&f->nat_dst, i);
        break;
    case 227:
        f->nat_src_port = short_of(i);
        break;
    case 228:
        f->nat_dst_port = short_of(i);
        break;
    case 233:
        f->firewall_event = byte_of(i);
        break;
    case NTOP_BASE + 78:
    case NTOP_BASE + 79:
        f->tcp_flags[id - NTOP_BASE - 78] = byte_of(i);
        break;
    case 32:
    case NTOP_BASE + 98:
        f->icmp = short_of(i);
        break;
    case NTOP_BASE + 109:
    case NTOP_BASE + 110:
        f->retrans[id - NTOP_BASE - 109] = word_of(i);
        break;
    case NTOP_BASE + 111:
    case NTOP_BASE + 112:
        f->ooo[id - NTOP_BASE - 111] = word_of(i);
        break;
    case NTOP_BASE + 118:
        set_l7(f, i);
        break;
    case NTOP_BASE + 123:
        f->client_us = (uint32_t)fixed_of(i, 3);
        break;
    case NTOP_BASE + 124:
        f->server_us = (uint32_t)fixed_of(i, 3);
        break;
    case NTOP_BASE + 125:
        f->appl_us = (uint32_t)fixed_of(i, 3);
        break;
    default:
        break;
    }
}

/* Who, when and how much: what nearly every flow has. False: the number is none of them. */
static bool fill_main(struct flow_fill *f, uint32_t id, const struct flow_item *i)
{
    struct flow_in *flow = f->flow;
    switch (id) {
    case 1:
        return add_delta(f, &f->delta_bytes[0], i), true;
    case 2:
        return add_delta(f, &f->delta_packets[0], i), true;
    case 23:
        return add_delta(f, &f->delta_bytes[1], i), true;
    case 24:
        return add_delta(f, &f->delta_packets[1], i), true;
    case 231:
    case 232:
        return add_total(f, &f->total_bytes[id - 231], i), true;
    case 298:
    case 299:
        return add_total(f, &f->total_packets[id - 298], i), true;
    case 4:
        return flow->proto = byte_of(i), true;
    case 5:
        return flow->tos[0] = byte_of(i), true;
    case 55:
        return flow->tos[1] = byte_of(i), true;
    case 6:
        return flow->tcp_flags[0] |= byte_of(i), true;
    case 7:
        return flow->src_port = short_of(i), true;
    case 11:
        return flow->dst_port = short_of(i), true;
    case 8:
    case 27:
        return set_end(f, &flow->src, i), true;
    case 12:
    case 28:
        return set_end(f, &flow->dst, i), true;
    case 21:
    case 151:
        return set_last(f, seconds_of(i)), true;
    case 22:
    case 150:
        return set_first(f, seconds_of(i)), true;
    case 152:
        return set_first(f, millis_of(i)), true;
    case 153:
        return set_last(f, millis_of(i)), true;
    case TIMESTAMP:
        return set_first(f, seconds_of(i)), set_last(f, seconds_of(i)), true;
    case 130:
    case 131:
        return set_addr(&f->exporter, i), true;
    default:
        return false;
    }
}

void flow_fill_begin(struct flow_fill *f, const struct flow_names *names, struct flow_in *flow,
                     nsec_t received)
{
    *f = (struct flow_fill){.names = names, .flow = flow};
    memset(flow, 0, sizeof *flow);
    flow->exported = flow->first = flow->last = received;
    /* Probes multiply before they send; SAMPLING_INTERVAL only tells that they did. */
    flow->sampling = 1;
    flow->sampling_source = SAMPLING_NONE;
}

void flow_fill_item(struct flow_fill *f, const struct flow_item *item)
{
    uint32_t pen = 0, id = item->id;
    if (item->key && (!flow_key_id(f->names, item->key, item->key_len, &pen, &id) || pen))
        return;
    if (!fill_main(f, id, item) && !fill_path(f->flow, id, item))
        fill_more(f->flow, id, item);
}

/* Deltas and totals of the same traffic are never added: deltas win where both are there. */
void flow_fill_end(struct flow_fill *f)
{
    struct flow_in *flow = f->flow;
    bool is_total = f->has_total && !f->has_delta;
    memcpy(flow->bytes, is_total ? f->total_bytes : f->delta_bytes, sizeof flow->bytes);
    memcpy(flow->packets, is_total ? f->total_packets : f->delta_packets, sizeof flow->packets);
    flow->flags = is_total ? FLOW_IN_TOTALS : 0;
    if (flow->bytes[1] || flow->packets[1])
        flow->flags |= FLOW_IN_REVERSE;
    if (f->has_first != f->has_last)
        *(f->has_first ? &flow->last : &flow->first) = f->has_first ? flow->first : flow->last;
    if (f->has_first || f->has_last)
        flow->flags |= FLOW_IN_HAS_TIMES;
    bool has_src = !addr_is_none(&flow->src), has_dst = !addr_is_none(&flow->dst);
    if (has_src && has_dst)
        flow->version = addr_is_v4(&flow->src) ? 4 : 6;
    if (flow->firewall_event)
        flow->kind = FLOW_IN_EVENT;
    else if (!has_src || !has_dst || !(f->has_delta || f->has_total))
        flow->kind = FLOW_IN_MESSAGE;
}
