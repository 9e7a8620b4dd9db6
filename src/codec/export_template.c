/* export_template.c - which fields an export sends, from nProbe's -T or a sensible choice. */
#include "codec/export_template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/nearest.h"

struct extra {
    const char *name, *element;
    uint8_t len;
    enum export_how how;
};

struct group {
    const char *name, *members;
};

static const struct extra extras[] = {
#define EXTRA(name_, element_, len_, how_)                                                         \
    {.name = (name_), .element = (element_), .len = (len_), .how = EXPORT_##how_},
#define GROUP(...)
#include "codec/export_extra.def"
#undef EXTRA
#undef GROUP
};

static const struct group groups[] = {
#define EXTRA(...)
#define GROUP(name_, members_) {.name = (name_), .members = (members_)},
#include "codec/export_extra.def"
#undef EXTRA
#undef GROUP
};

enum { EXTRAS = sizeof extras / sizeof *extras, GROUPS = sizeof groups / sizeof *groups };

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
    case KIND_app_id:
        return 2;
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
        const struct export_field *have = &t->field[i];
        if (have->name == f->name || (f->field && have->field == f->field && have->how == f->how))
            return true;
    }
    if (t->n == EXPORT_FIELDS)
        return fail(e, "-T names more than %d fields", EXPORT_FIELDS);
    if (f->field && is_of_server(f->field))
        t->has_reverse = true;
    t->field[t->n++] = *f;
    return true;
}

static bool add_extra(struct export_template *t, const struct extra *x, struct err *e)
{
    struct export_field f = {.name = x->name, .how = x->how, .len = x->len};
    read_element(x->element, &f);
    switch (x->how) {
    case EXPORT_CLIENT:
        f.how = EXPORT_FIELD;
        f.field = &field_table[FIELD_client];
        break;
    case EXPORT_SERVER:
        f.how = EXPORT_FIELD;
        f.field = &field_table[FIELD_server];
        break;
    case EXPORT_VLAN:
        f.field = &field_table[FIELD_vlan];
        break;
    case EXPORT_FIRST_UPTIME:
        f.field = &field_table[FIELD_first];
        break;
    case EXPORT_LAST_UPTIME:
        f.field = &field_table[FIELD_last];
        break;
    default:
        break;
    }
    return add(t, &f, e);
}

static bool is_word(const char *name, const char *word, size_t len)
{
    return strlen(name) == len && !strncasecmp(name, word, len);
}

static bool add_unknown(const char *word, size_t len, struct err *e)
{
    struct nearest near = nearest_to(word, len);
    for (size_t i = 0; i < field_count; i++) {
        if (field_table[i].seed)
            nearest_offer(&near, field_table[i].seed);
    }
    for (unsigned i = 0; i < EXTRAS; i++)
        nearest_offer(&near, extras[i].name);
    return fail(e, "-T: there is no field %%%.*s%s%s", len < 60 ? (int)len : 60, word,
                near.best ? "; did you mean %" : "; docs/export.md lists them",
                near.best ? near.best : "");
}

static bool add_name(struct export_template *t, const char *word, size_t len, struct err *e)
{
    for (unsigned i = 0; i < EXTRAS; i++) {
        if (is_word(extras[i].name, word, len))
            return add_extra(t, &extras[i], e);
    }
    for (size_t i = 0; i < field_count; i++) {
        const struct field *row = &field_table[i];
        if (!row->seed || !is_word(row->seed, word, len))
            continue;
        struct export_field f = {.name = row->seed, .field = row, .len = octets_of(row)};
        read_element(row->element, &f);
        return add(t, &f, e);
    }
    return add_unknown(word, len, e);
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
    return t->n || fail(e, "-T names no field");
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
}
