/* api_totals.c - interfaces, totals, ledger. */
#include <stdlib.h>

#include "engine/ledger.h"
#include "io/exports.h"
#include "face/api.h"
#include "face/rows.h"

/* Names of enum l4_class in the API. */
static const char *const l4_names[L4_CLASSES] = {
    [L4_TCP] = "tcp", [L4_UDP] = "udp", [L4_ICMP] = "icmp", [L4_OTHER] = "other"};

void api_l4_rows(struct json *j, const struct traffic *l4)
{
    json_key(j, "l4");
    json_open_array(j);
    for (int i = 0; i < L4_CLASSES; i++) {
        json_open(j);
        json_pair_string(j, "l4", l4_names[i]);
        json_pair_u64(j, "bytes_sent", l4[i].bytes[SIDE_SENT]);
        json_pair_u64(j, "bytes_rcvd", l4[i].bytes[SIDE_RCVD]);
        json_pair_u64(j, "packets_sent", l4[i].packets[SIDE_SENT]);
        json_pair_u64(j, "packets_rcvd", l4[i].packets[SIDE_RCVD]);
        json_close(j);
    }
    json_close_array(j);
}

void api_size_bins(struct json *j)
{
    json_key(j, "bins");
    json_open_array(j);
    for (int i = 0; i < SIZE_BINS; i++)
        json_u64(j, size_bin_top[i]);
    json_close_array(j);
}

void api_u64_array(struct json *j, const char *key, const uint64_t *values, unsigned n)
{
    json_key(j, key);
    json_open_array(j);
    for (unsigned i = 0; i < n; i++)
        json_u64(j, values[i]);
    json_close_array(j);
}

static void put_integer(struct json *j, const char *key, uint64_t value)
{
    json_pair_u64(j, key, value);
}

static void put_time(struct json *j, const char *key, nsec_t value)
{
    if (value)
        json_pair_i64(j, key, to_ms(value));
}

void api_totals_keys(struct json *j, const struct totals_row *t)
{
#define TOTAL(key, member, type, text) put_##type(j, #key, t->member);
#include "face/totals.def"
#undef TOTAL
    api_l4_rows(j, t->l4);
    json_key(j, "locality");
    json_open(j);
    for (uint64_t i = 0; i < 4; i++)
        json_pair_u64(j, kind_word(KIND_locality, i), t->local_bytes[i]);
    json_close(j);
    json_key(j, "sizes");
    json_open(j);
    api_size_bins(j);
    api_u64_array(j, "packets", t->sizes, SIZE_BINS);
    json_close(j);
}

struct reply *api_totals_one(const struct api *api, const struct call *c)
{
    struct reply *problem = call_check_iface(api, c);
    if (problem)
        return problem;
    struct answer *a = api_ask_totals(api, call_iface(c));
    struct reply *r = reply_json();
    struct json j = json_into(&r->body);
    api_one_open(&j);
    json_open(&j);
    if (a->totals)
        api_totals_keys(&j, a->totals);
    json_close(&j);
    r = api_one_finish(r, &j, a);
    answer_free(a);
    return r;
}

static void interface_keys(struct json *j, const struct api *api, const struct interface_info *info)
{
    json_pair_i64(j, "id", info->id);
    json_pair_string(j, "name", info->name);
    json_pair_string(j, "kind", info->kind);
    json_pair_string(j, "state", info->state);
    json_pair_bool(j, "is_file", info->is_file);
    json_pair_bool(j, "done", info->done);
    json_pair_string(j, "damage", info->damage);
    json_pair_u64(j, "workers", info->workers);
    struct answer *a = api_ask_totals(api, info->id);
    if (a->totals) {
        json_key(j, "totals");
        json_open(j);
        api_totals_keys(j, a->totals);
        json_close(j);
    }
    answer_free(a);
}

/* The flat columns that CSV has of an interface. */
static void interface_cells(struct rows *rows, const struct api *api,
                            const struct interface_info *info)
{
    struct answer *a = api_ask_totals(api, info->id);
    rows_u64(rows, "id", (uint64_t)info->id);
    rows_string(rows, "name", info->name);
    rows_string(rows, "kind", info->kind);
    rows_string(rows, "state", info->state);
    rows_bool(rows, "done", info->done);
    rows_string(rows, "damage", info->damage);
    rows_u64(rows, "workers", info->workers);
    struct totals_row none = {0};
    const struct totals_row *t = a->totals ? a->totals : &none;
    rows_open_group(rows, "totals");
    rows_u64(rows, "wire_packets", t->wire_packets);
    rows_u64(rows, "wire_bytes", t->wire_bytes);
    rows_u64(rows, "ip_packets", t->ip_packets);
    rows_u64(rows, "ip_bytes", t->ip_bytes);
    rows_u64(rows, "kernel_dropped", t->kernel_dropped);
    rows_close_group(rows);
    answer_free(a);
}

struct reply *api_interfaces_list(const struct api *api, const struct call *c)
{
    struct interface_info info;
    struct rows rows;
    rows_begin(&rows, c, "interfaces");
    struct answer page = {.complete = true, .now = clock_wall()};
    page.total = engine_interfaces(api->engine);
    int64_t end = c->value[PARAM_offset].number + c->value[PARAM_limit].number;
    for (int64_t i = c->value[PARAM_offset].number; i < end && i < (int64_t)page.total; i++) {
        if (!engine_interface(api->engine, (int)i, &info))
            continue;
        rows_open(&rows);
        if (c->format == FORMAT_CSV)
            interface_cells(&rows, api, &info);
        else
            interface_keys(&rows.j, api, &info);
        rows_close(&rows);
    }
    return rows_finish(&rows, c, &page, 0);
}

struct reply *api_interface_one(const struct api *api, const struct call *c)
{
    struct interface_info info;
    char *end;
    long id = strtol(c->slot, &end, 10);
    bool number = c->slot[0] >= '0' && c->slot[0] <= '9' && !*end && id < INTERFACES_MAX;
    if (!number || !engine_interface(api->engine, (int)id, &info))
        return reply_problem(404, "interface", "No such interface", "see /api/v1/interfaces", -1);
    struct reply *r = reply_json();
    struct json j = json_into(&r->body);
    api_one_open(&j);
    json_open(&j);
    interface_keys(&j, api, &info);
    json_close(&j);
    return api_one_finish(r, &j, NULL);
}

struct reply *api_ledger(const struct api *api, const struct call *c)
{
    struct reply *problem = call_check_iface(api, c);
    if (problem)
        return problem;
    struct answer *a = api_ask_totals(api, call_iface(c));
    if (!a->totals) {
        answer_free(a);
        return reply_problem(503, "late", "No answer", "no worker answered in time", -1);
    }
    struct ledger l;
    ledger_fill(&l, a->totals);
    if (api->exports && call_iface(c) < 0)
        exports_ledger(api->exports, UINT64_MAX, &l);
    struct reply *r = reply_json();
    struct json j = json_into(&r->body);
    api_one_open(&j);
    ledger_json(&l, a->totals, &j);
    r = api_one_finish(r, &j, a);
    answer_free(a);
    return r;
}
