/* record.c - values of a record's fields: reading, comparing, ordering. */
#include "model/record.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "model/protos.h"
#include "model/words.h"

static_assert(STRINGS <= UINT8_MAX, "a string's field is one byte in the tail");

void record_copy(struct record *to, const struct record *from)
{
    size_t used = from->tail.used < TAIL_BYTES ? from->tail.used : TAIL_BYTES;
    memcpy(to, from, offsetof(struct record, tail.bytes) + used);
}

static uint64_t record_duration(const struct record *r)
{
    return r->last > r->first ? (uint64_t)r->last - (uint64_t)r->first : 0;
}

/* a * b / c without overflow on the way, or the largest number when it does not fit. */
static uint64_t scale(uint64_t a, uint64_t b, uint64_t c)
{
    __extension__ unsigned __int128 wide = (unsigned __int128)a * b / c;
    return wide > UINT64_MAX ? UINT64_MAX : (uint64_t)wide;
}

static uint64_t goodput_ratio(const struct record *r)
{
    uint64_t bytes = r->sent_bytes + r->rcvd_bytes;
    return bytes ? scale(r->sent_goodput + r->rcvd_goodput, 10000, bytes) : 0;
}

static uint64_t average_bps(const struct record *r)
{
    uint64_t duration = record_duration(r);
    if (duration < (uint64_t)SECOND)
        duration = (uint64_t)SECOND;
    return scale(r->sent_bytes + r->rcvd_bytes, 8 * (uint64_t)SECOND, duration);
}

/* Fields that stand nowhere but follow from others. */
static uint64_t computed(const struct record *r, enum field_id id)
{
    switch (id) {
    case FIELD_duration:
        return record_duration(r);
    case FIELD_packets:
        return r->sent_packets + r->rcvd_packets;
    case FIELD_bytes:
        return r->sent_bytes + r->rcvd_bytes;
    case FIELD_goodput:
        return r->sent_goodput + r->rcvd_goodput;
    case FIELD_goodput_ratio:
        return goodput_ratio(r);
    case FIELD_avg_bps:
        return average_bps(r);
    case FIELD_tcp_flags:
        return r->client_flags | r->server_flags;
    case FIELD_retrans:
        return (uint64_t)r->sent_retrans + r->rcvd_retrans;
    case FIELD_rtt:
        return 2 * ((uint64_t)r->client_rtt + r->server_rtt);
    case FIELD_client_dscp:
        return r->client_tos >> 2;
    case FIELD_server_dscp:
        return r->server_tos >> 2;
    case FIELD_app:
        return (uint64_t)r->l7_master << 16 | r->l7_app;
    case FIELD_l7:
        return r->l7_app ? r->l7_app : r->l7_master;
    default:
        return 0;
    }
}

uint64_t record_member(const struct record *r, size_t offset, size_t size)
{
    const uint8_t *p = (const uint8_t *)r + offset;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    switch (size) {
    case 1:
        return *p;
    case 2:
        memcpy(&u16, p, sizeof u16);
        return u16;
    case 4:
        memcpy(&u32, p, sizeof u32);
        return u32;
    case 8:
        memcpy(&u64, p, sizeof u64);
        return u64;
    default:
        return 0;
    }
}

uint64_t record_number(const struct record *r, const struct field *f)
{
    if (f->offset < 0)
        return computed(r, (enum field_id)(f - field_table));
    return record_member(r, (size_t)f->offset, f->size);
}

static const struct addr *addr_of(const struct record *r, const struct field *f)
{
    return (const struct addr *)((const uint8_t *)r + f->offset);
}

static const struct mac *mac_of(const struct record *r, const struct field *f)
{
    return (const struct mac *)((const uint8_t *)r + f->offset);
}

/* Fields whose 0 is an answer as well: NOERROR of a lookup that was answered, the reply to an echo
 * request, the breed "safe" of an application that is known. */
static bool has_zero(const struct record *r, const struct field *f)
{
    switch ((enum field_id)(f - field_table)) {
    case FIELD_dns_code:
        return r->dns_type && r->rcvd_packets;
    case FIELD_server_icmp:
        return r->proto == 1 && r->client_icmp == 8 << 8 && r->rcvd_packets;
    case FIELD_breed:
        return r->l7_master || r->l7_app;
    default:
        return false;
    }
}

bool record_has(const struct record *r, const struct field *f)
{
    static const struct mac no_mac;
    size_t len;
    char id[33];
    switch (f->kind) {
    case KIND_none:
        return false;
    case KIND_string:
        return tail_get(&r->tail, f->string, &len) != NULL;
    case KIND_addr:
        return !addr_is_none(addr_of(r, f));
    case KIND_mac:
        return memcmp(mac_of(r, f), &no_mac, sizeof no_mac) != 0;
    case KIND_flow_state:
    case KIND_trend:
    case KIND_locality:
    case KIND_client_reason:
    case KIND_flow_id:
        return true;
    case KIND_community_id:
        record_community_id(r, id);
        return *id;
    default:
        return record_number(r, f) != 0 || has_zero(r, f);
    }
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_strings(const struct record *a, const struct record *b, enum string_field s)
{
    size_t a_len, b_len;
    const char *a_text = (const char *)tail_get(&a->tail, s, &a_len);
    const char *b_text = (const char *)tail_get(&b->tail, s, &b_len);
    size_t n = a_len < b_len ? a_len : b_len;
    for (size_t i = 0; i < n; i++) {
        /* ASCII only, so that the order does not depend on anybody's locale. */
        int x = (uint8_t)a_text[i], y = (uint8_t)b_text[i];
        x += x >= 'A' && x <= 'Z' ? 'a' - 'A' : 0;
        y += y >= 'A' && y <= 'Z' ? 'a' - 'A' : 0;
        if (x != y)
            return x - y;
    }
    return compare_numbers(a_len, b_len);
}

/* Names in alphabetical order, unnamed numbers behind them in their own. */
static int compare_words(enum field_kind kind, uint64_t a, uint64_t b)
{
    if (a == b)
        return 0;
    const char *x = kind_word(kind, a), *y = kind_word(kind, b);
    if (x && y)
        return strcasecmp(x, y);
    if (!x && !y)
        return compare_numbers(a, b);
    return x ? -1 : 1;
}

static int compare_apps(const struct record *a, const struct record *b)
{
    if (a->l7_master == b->l7_master && a->l7_app == b->l7_app)
        return 0;
    char x[100], y[100];
    protos_full_name(a->l7_master, a->l7_app, x);
    protos_full_name(b->l7_master, b->l7_app, y);
    return strcasecmp(x, y);
}

static int compare_ids(const struct record *a, const struct record *b, enum field_kind kind)
{
    char x[33], y[33];
    if (kind == KIND_flow_id) {
        record_flow_id(a, x);
        record_flow_id(b, y);
    } else {
        record_community_id(a, x);
        record_community_id(b, y);
    }
    return strcmp(x, y);
}

int record_compare(const struct record *a, const struct record *b, const struct field *f)
{
    switch (f->kind) {
    case KIND_string:
        return compare_strings(a, b, f->string);
    case KIND_addr:
        return addr_compare(addr_of(a, f), addr_of(b, f));
    case KIND_mac:
        return memcmp(mac_of(a, f), mac_of(b, f), sizeof(struct mac));
    case KIND_app:
        return compare_apps(a, b);
    case KIND_l4:
    case KIND_category:
    case KIND_breed:
        return compare_words(f->kind, record_number(a, f), record_number(b, f));
    case KIND_flow_id:
    case KIND_community_id:
        return compare_ids(a, b, f->kind);
    case KIND_time: {
        int64_t x = (int64_t)record_number(a, f), y = (int64_t)record_number(b, f);
        return (x > y) - (x < y);
    }
    default:
        return compare_numbers(record_number(a, f), record_number(b, f));
    }
}

int record_order(const struct record *a, const struct record *b)
{
    int c;
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    if (a->proto != b->proto)
        return a->proto < b->proto ? -1 : 1;
    if ((c = addr_compare(&a->client, &b->client)) || (c = addr_compare(&a->server, &b->server)))
        return c;
    if ((c = compare_numbers(a->client_port, b->client_port)) ||
        (c = compare_numbers(a->server_port, b->server_port)) ||
        (c = compare_numbers(a->vlan, b->vlan)) ||
        (c = compare_numbers(a->vlan_inner, b->vlan_inner)) ||
        (c = compare_numbers(a->iface, b->iface)))
        return c;
    if (a->flow_first != b->flow_first)
        return a->flow_first < b->flow_first ? -1 : 1;
    return (a->last > b->last) - (a->last < b->last);
}
