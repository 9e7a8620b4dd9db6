/* export_template.c - which fields an export sends, from nProbe's -T or a sensible choice. */
#include "codec/export_template.h"

#include "model/nearest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct extra {
    const char *name, *element;
    const char *alias; /* NULL for a row of its own */
    uint8_t len, value;
    enum export_how how;
    const struct field *field;
};

struct group {
    const char *name, *members;
};

static const struct extra extras[] = {
#define ALIAS(name_, of_) {.name = (name_), .alias = (of_)},
#define EXTRA(name_, element_, len_, how_, member_)                                                \
    {.name = (name_),                                                                              \
     .element = (element_),                                                                        \
     .len = (len_),                                                                                \
     .how = EXPORT_##how_,                                                                         \
     .field = &field_table[FIELD_##member_]},
#define CONSTANT(name_, element_, len_, value_)                                                    \
    {.name = (name_),                                                                              \
     .element = (element_),                                                                        \
     .len = (len_),                                                                                \
     .value = (value_),                                                                            \
     .how = EXPORT_CONSTANT},
#define GROUP(...)
#include "codec/export_extra.def"
#undef ALIAS
#undef EXTRA
#undef CONSTANT
#undef GROUP
};

static const struct group groups[] = {
#define ALIAS(...)
#define EXTRA(...)
#define CONSTANT(...)
#define GROUP(name_, members_) {.name = (name_), .members = (members_)},
#include "codec/export_extra.def"
#undef ALIAS
#undef EXTRA
#undef CONSTANT
#undef GROUP
};

enum {
    EXTRAS = sizeof extras / sizeof *extras,
    GROUPS = sizeof groups / sizeof *groups,
    LEAST_ALIKE = 3, /* letters of a beginning that means anything */
    MOST_NEAR = 8    /* names that an error lists */
};

/* What the client's side and the server's side say of the same thing. */
static const uint8_t pairs[][2] = {
    {FIELD_client, FIELD_server},
    {FIELD_client_port, FIELD_server_port},
    {FIELD_client_mac, FIELD_server_mac},
    {FIELD_sent_packets, FIELD_rcvd_packets},
    {FIELD_sent_bytes, FIELD_rcvd_bytes},
    {FIELD_sent_goodput, FIELD_rcvd_goodput},
    {FIELD_sent_max_bps, FIELD_rcvd_max_bps},
    {FIELD_client_flags, FIELD_server_flags},
    {FIELD_sent_retrans, FIELD_rcvd_retrans},
    {FIELD_sent_ooo, FIELD_rcvd_ooo},
    {FIELD_sent_lost, FIELD_rcvd_lost},
    {FIELD_sent_keepalive, FIELD_rcvd_keepalive},
    {FIELD_sent_zero_window, FIELD_rcvd_zero_window},
    {FIELD_client_rtt, FIELD_server_rtt},
    {FIELD_sent_iat_min, FIELD_rcvd_iat_min},
    {FIELD_sent_iat_avg, FIELD_rcvd_iat_avg},
    {FIELD_sent_iat_max, FIELD_rcvd_iat_max},
    {FIELD_sent_min_ip, FIELD_rcvd_min_ip},
    {FIELD_sent_max_ip, FIELD_rcvd_max_ip},
    {FIELD_client_tos, FIELD_server_tos},
    {FIELD_client_ttl, FIELD_server_ttl},
    {FIELD_client_icmp, FIELD_server_icmp},
    {FIELD_outer_src, FIELD_outer_dst},
    {FIELD_raw_sent_packets, FIELD_raw_rcvd_packets},
    {FIELD_raw_sent_bytes, FIELD_raw_rcvd_bytes},
    {FIELD_in_if, FIELD_out_if},
    {FIELD_client_as, FIELD_server_as},
    {FIELD_client_mask, FIELD_server_mask},
    {FIELD_vrf_in, FIELD_vrf_out},
    {FIELD_nat_client, FIELD_nat_server},
    {FIELD_nat_client_port, FIELD_nat_server_port},
};

enum { PAIRS = sizeof pairs / sizeof *pairs };

static const struct export_twin *twin_of(const struct export_field *x)
{
    static const struct export_twin twins[] = {
        {8, 27, "IPV6_SRC_ADDR"},
        {12, 28, "IPV6_DST_ADDR"},
        {9, 29, "IPV6_SRC_MASK"},
        {13, 30, "IPV6_DST_MASK"},
        {15, 62, "IPV6_NEXT_HOP"},
        {18, 63, "BGP_IPV6_NEXT_HOP"},
        {32, 139, "ICMP_TYPE"},
        {130, 131, "EXPORTER_IPV6_ADDRESS"},
        {225, 281, "POST_NAT_SRC_IPV6_ADDR"},
        {226, 282, "POST_NAT_DST_IPV6_ADDR"},
    };
    for (unsigned i = 0; !x->pen && i < sizeof twins / sizeof *twins; i++) {
        if (twins[i].v4 == x->id)
            return &twins[i];
    }
    return NULL;
}

bool export_is_v6(const struct export_field *x, const struct record *r)
{
    const struct addr *own = (const void *)((const uint8_t *)r + x->field->offset);
    if (x->field->kind == KIND_addr)
        return !addr_is_v4(own) && !addr_is_none(own);
    return !addr_is_v4(&r->client) || !addr_is_v4(&r->server);
}

const struct field *field_reverse(const struct field *f)
{
    if (f == &field_table[FIELD_tcp_flags])
        return &field_table[FIELD_server_flags];
    for (unsigned i = 0; i < PAIRS; i++) {
        if (f == &field_table[pairs[i][0]])
            return &field_table[pairs[i][1]];
    }
    return NULL;
}

static bool is_of_server(const struct field *f)
{
    /* Addresses, ports, interfaces and the like stand in every record; these tell a second direction. */
    static const enum field_id second[] = {
        FIELD_rcvd_packets,   FIELD_rcvd_bytes,       FIELD_rcvd_goodput,    FIELD_server_flags,
        FIELD_rcvd_retrans,   FIELD_rcvd_ooo,         FIELD_rcvd_lost,       FIELD_rcvd_keepalive,
        FIELD_rcvd_min_ip,    FIELD_rcvd_max_ip,      FIELD_server_tos,      FIELD_server_ttl,
        FIELD_raw_rcvd_bytes, FIELD_raw_rcvd_packets, FIELD_rcvd_zero_window};
    for (unsigned i = 0; i < sizeof second / sizeof *second; i++) {
        if (f == &field_table[second[i]])
            return true;
    }
    return false;
}

static void swap(uint8_t *a, uint8_t *b, size_t n)
{
    uint8_t old[sizeof(struct addr)];
    memcpy(old, a, n);
    memcpy(a, b, n);
    memcpy(b, old, n);
}

void record_reverse(struct record *r)
{
    uint8_t *base = (uint8_t *)r;
    for (unsigned i = 0; i < PAIRS; i++) {
        const struct field *a = &field_table[pairs[i][0]], *b = &field_table[pairs[i][1]];
        swap(base + a->offset, base + b->offset, a->size);
    }
    r->next_hop = r->bgp_next_hop = (struct addr){0};
    r->observed = OBSERVED_NONE;
    r->mpls_1 = r->mpls_2 = r->mpls_3 = 0;
    if (r->locality == LOCALITY_L2R)
        r->locality = LOCALITY_R2L;
    else if (r->locality == LOCALITY_R2L)
        r->locality = LOCALITY_L2R;
}

/* "8" and "35632.118" of the element column; "" leaves 0. */
static void read_element(const char *element, struct export_field *f)
{
    char *dot = NULL;
    unsigned long first = strtoul(element, &dot, 10);
    f->pen = 0;
    f->id = (uint16_t)first;
    if (*dot == '.') {
        f->pen = (uint32_t)first;
        f->id = (uint16_t)strtoul(dot + 1, NULL, 10);
    }
}

/* Octets of a row's value on the wire; 0 = text. */
static uint8_t octets_of(const struct field *f)
{
    switch (f->kind) {
    case KIND_string:
    case KIND_app:
    case KIND_community_id:
        return 0;
    case KIND_addr:
        return 4;
    case KIND_flow_id:
    case KIND_time:
        return 8;
    case KIND_app_id: /* what carries it in the upper half, as TLS in TLS.Google */
    case KIND_duration:
        return 4;
    default:
        break;
    }
    if (f->size)
        return f->size;
    return f->kind == KIND_tcp_flags || f->kind == KIND_dscp ? 1 : 8;
}

static bool add(struct export_template *t, const struct export_field *f, struct err *e)
{
    for (unsigned i = 0; i < t->n; i++) {
        if (t->field[i].name == f->name)
            return true;
    }
    if (t->n == EXPORT_FIELDS)
        return fail(e, "-T names more than %d fields", EXPORT_FIELDS);
    if (f->field && is_of_server(f->field))
        t->has_reverse = true;
    t->field[t->n] = *f;
    t->field[t->n++].twin = twin_of(f);
    return true;
}

static bool is_word(const char *name, const char *word, size_t len)
{
    return strlen(name) == len && !strncasecmp(name, word, len);
}

/* Name i of what can be sent; NULL past the end, "" for a row without one. */
static const char *name_at(size_t i)
{
    if (i < field_count)
        return field_table[i].seed ? field_table[i].seed : "";
    return i - field_count < EXTRAS ? extras[i - field_count].name : NULL;
}

static bool begins_alike(const char *name, const char *word, size_t len)
{
    return len >= LEAST_ALIKE && !strncasecmp(name, word, len);
}

/* The nearest name, and those that begin with what was written. */
static bool fail_unknown(const char *word, size_t len, struct err *e)
{
    struct nearest near = nearest_to(word, len);
    const char *name;
    for (size_t i = 0; (name = name_at(i)); i++)
        nearest_offer(&near, name);
    char list[200] = "";
    size_t used = 0, listed = 0;
    for (size_t i = 0; (name = name_at(i)) && listed < MOST_NEAR; i++) {
        if (name != near.best && !begins_alike(name, word, len))
            continue;
        int n = snprintf(list + used, sizeof list - used, "%s%%%s", listed++ ? ", " : "", name);
        used += n > 0 && (size_t)n < sizeof list - used ? (size_t)n : 0;
    }
    return fail(e, "-T: there is no field %%%.*s%s%s", len < 60 ? (int)len : 60, word,
                listed ? "; did you mean " : "; docs/export.md lists them", list);
}

/* By the name in the registries of IANA and the vendors; NULL when it is in none. */
static const struct element *find_element(const char *word, size_t len)
{
    const struct element *row;
    for (size_t i = 0; (row = element_row(i)); i++) {
        if (is_word(row->key, word, len) || is_word(row->name, word, len))
            return row;
    }
    return NULL;
}

static bool leave_out(struct export_template *t, const char *word, size_t len)
{
    size_t used = strlen(t->no_value);
    snprintf(t->no_value + used, sizeof t->no_value - used, "%s%.*s", used ? ", " : "", (int)len,
             word);
    return true;
}

static const struct extra *find_extra(const char *word, size_t len)
{
    for (unsigned i = 0; i < EXTRAS; i++) {
        if (is_word(extras[i].name, word, len))
            return &extras[i];
    }
    return NULL;
}

static bool add_name(struct export_template *t, const char *word, size_t len, struct err *e)
{
    const struct extra *x = find_extra(word, len);
    if (x && !x->alias) {
        struct export_field f = {
            .name = x->name, .how = x->how, .field = x->field, .len = x->len, .value = x->value};
        read_element(x->element, &f);
        return add(t, &f, e);
    }
    if (x) {
        word = x->alias;
        len = strlen(word);
    }
    const struct element *element = find_element(word, len);
    for (size_t i = 0; i < field_count; i++) {
        const struct field *row = &field_table[i];
        struct export_field f = {.name = row->seed, .field = row, .len = octets_of(row)};
        if (!row->seed || !*row->seed)
            continue;
        read_element(row->element, &f);
        if (is_word(row->seed, word, len) ||
            (element && f.id && element->id == f.id && element->pen == f.pen))
            return add(t, &f, e);
    }
    return element ? leave_out(t, word, len) : fail_unknown(word, len, e);
}

static const char *group_members(const char *word, size_t len)
{
    for (unsigned i = 0; i < GROUPS; i++) {
        if (is_word(groups[i].name, word, len))
            return groups[i].members;
    }
    return NULL;
}

static bool fail_group(const char *word, size_t len, struct err *e)
{
    char known[200] = "";
    size_t at = 0;
    for (unsigned i = 0; i < GROUPS; i++) {
        int n = snprintf(known + at, sizeof known - at, "%s@%s@", i ? ", " : "", groups[i].name);
        at += n > 0 && (size_t)n < sizeof known - at ? (size_t)n : 0;
    }
    return fail(e, "-T: there is no group @%.*s@; there are %s", len < 60 ? (int)len : 60, word,
                known);
}

static bool add_all(struct export_template *t, const char *text, struct err *e)
{
    static const char apart[] = " \t\r\n,";
    for (text += strspn(text, apart); *text; text += strspn(text, apart)) {
        size_t len = strcspn(text, apart);
        const char *word = text;
        text += len;
        if (*word == '@' && len > 2 && word[len - 1] == '@') {
            const char *members = group_members(word + 1, len - 2);
            if (!members)
                return fail_group(word + 1, len - 2, e);
            if (!add_all(t, members, e))
                return false;
            continue;
        }
        if (*word == '%') {
            word++;
            len--;
        }
        if (!add_name(t, word, len, e))
            return false;
    }
    return true;
}

bool export_template_parse(struct export_template *t, const char *text, struct err *e)
{
    *t = (struct export_template){0};
    if (!add_all(t, text, e))
        return false;
    t->packet_fields = t->n;
    return t->n || fail(e, "-T names no field that Weir could fill%s%s", *t->no_value ? ": " : "",
                        t->no_value);
}

void export_template_default(struct export_template *t, bool is_v9, bool two_way)
{
    static const char common[] =
        "IPV4_SRC_ADDR IPV4_DST_ADDR L4_SRC_PORT L4_DST_PORT PROTOCOL TCP_FLAGS SRC_TOS SRC_VLAN "
        "IN_BYTES IN_PKTS INPUT_SNMP OUTPUT_SNMP IP_PROTOCOL_VERSION ICMP_TYPE FLOW_END_REASON "
        "L7_PROTO ";
    *t = (struct export_template){0};
    struct err none = {""};
    add_all(t, common, &none);
    add_all(
        t, is_v9 ? "FIRST_SWITCHED LAST_SWITCHED" : "FLOW_START_MILLISECONDS FLOW_END_MILLISECONDS",
        &none);
    if (two_way)
        add_all(t, "OUT_BYTES OUT_PKTS", &none);
    t->packet_fields = t->n;
    add_all(t, "EXPORTER_IPV4_ADDRESS SRC_AS DST_AS IPV4_SRC_MASK IPV4_DST_MASK IPV4_NEXT_HOP",
            &none);
}

void export_template_everything(struct export_template *t)
{
    struct err none = {""};
    *t = (struct export_template){0};
    for (size_t i = 0; i < field_count; i++) {
        const char *seed = field_table[i].seed;
        /* Not the one that is always 1. */
        if (seed && *seed && i != FIELD_sampling)
            add_name(t, seed, strlen(seed), &none);
    }
    add_all(t, "FIRST_SWITCHED LAST_SWITCHED", &none);
    t->packet_fields = t->n;
}
