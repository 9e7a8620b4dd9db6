/* api_groups.c - traffic by something other than a host: applications, categories, MAC devices ...
 *
 * Groups are few, so all of them are fetched and put in order here; that way every list sorts by
 * every column.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "face/api.h"
#include "face/rows.h"
#include "face/vendor.h"
#include "model/protos.h"

/* How a kind is called and what its rows are filtered by. */
static const struct {
    const char *word, *operand, *file;
} kinds[GROUP_KINDS] = {
    [GROUP_MAC] = {"mac", "mac", "devices"},
    [GROUP_VLAN] = {"vlan", "vlan", "vlans"},
    [GROUP_NETWORK] = {"network", "net", "networks"},
    [GROUP_APP] = {"app", "app", "protocols"},
    [GROUP_CATEGORY] = {"category", "category", "categories"},
    [GROUP_L4] = {"l4", "l4", "l4"},
    [GROUP_PREFIX] = {"prefix", "ip", "prefixes"},
    [GROUP_EXPORTER] = {"exporter", "exporter", "exporters"},
    [GROUP_EXPORTER_IF] = {"exporter_if", "exporter", "exporter-interfaces"},
};

/* What a row is ordered by. */
enum group_order {
    ORDER_bytes,
    ORDER_bytes_sent,
    ORDER_bytes_rcvd,
    ORDER_packets,
    ORDER_bps,
    ORDER_flows,
    ORDER_total_flows,
    ORDER_first_seen,
    ORDER_last_seen,
    ORDER_hosts,
    ORDER_id,
    ORDER_name,
    ORDERS
};

static const char *const order_names[ORDERS] = {
    [ORDER_bytes] = "bytes",
    [ORDER_bytes_sent] = "bytes_sent",
    [ORDER_bytes_rcvd] = "bytes_rcvd",
    [ORDER_packets] = "packets",
    [ORDER_bps] = "bps",
    [ORDER_flows] = "flows",
    [ORDER_total_flows] = "total_flows",
    [ORDER_first_seen] = "first_seen",
    [ORDER_last_seen] = "last_seen",
    [ORDER_hosts] = "hosts",
    [ORDER_id] = "id",
    [ORDER_name] = "name",
};

struct order {
    enum group_order by;
    bool ascending;
};

static uint64_t order_value(const struct group_row *g, enum group_order by)
{
    switch (by) {
    case ORDER_bytes_sent:
        return g->traffic.bytes[SIDE_SENT];
    case ORDER_bytes_rcvd:
        return g->traffic.bytes[SIDE_RCVD];
    case ORDER_packets:
        return g->traffic.packets[SIDE_SENT] + g->traffic.packets[SIDE_RCVD];
    case ORDER_bps:
        return g->bps;
    case ORDER_flows:
        return g->flows;
    case ORDER_total_flows:
        return g->total_flows;
    case ORDER_first_seen:
        return (uint64_t)g->first;
    case ORDER_last_seen:
        return (uint64_t)g->last;
    case ORDER_hosts:
        return g->hosts;
    case ORDER_id:
        return g->id;
    default:
        return g->traffic.bytes[SIDE_SENT] + g->traffic.bytes[SIDE_RCVD];
    }
}

static int compare_groups(const void *left, const void *right, void *argument)
{
    const struct group_row *a = left, *b = right;
    const struct order *order = argument;
    int result;
    if (order->by == ORDER_name) {
        result = strcasecmp(a->name, b->name);
    } else {
        uint64_t x = order_value(a, order->by), y = order_value(b, order->by);
        result = (x > y) - (x < y);
    }
    if (!order->ascending)
        result = -result;
    return result ? result : (a->id > b->id) - (a->id < b->id);
}

static bool parse_order(const struct call *c, struct order *order)
{
    const char *sort = c->value[PARAM_sort].text;
    *order = (struct order){.by = ORDER_bytes};
    if (!sort || !*sort)
        return true;
    order->ascending = *sort != '-';
    sort += *sort == '-';
    for (int i = 0; i < ORDERS; i++) {
        if (!strcmp(sort, order_names[i])) {
            order->by = (enum group_order)i;
            return true;
        }
    }
    return false;
}

static void arp_keys(struct rows *rows, const struct group_row *g)
{
    rows_open_group(rows, "arp");
    rows_u64(rows, "requests_sent", g->arp_requests[SIDE_SENT]);
    rows_u64(rows, "requests_rcvd", g->arp_requests[SIDE_RCVD]);
    rows_u64(rows, "replies_sent", g->arp_replies[SIDE_SENT]);
    rows_u64(rows, "replies_rcvd", g->arp_replies[SIDE_RCVD]);
    rows_close_group(rows);
}

/* The word that finds the group again, as filters write it. */
static void group_key(const struct locals *locals, const struct group_row *g, char *key,
                      size_t room)
{
    const char *word = NULL;
    if (g->kind == GROUP_MAC) {
        struct mac mac;
        char buf[MAC_TEXT];
        for (int i = 0; i < 6; i++)
            mac.byte[i] = (uint8_t)(g->id >> (40 - 8 * i));
        mac_print(&mac, buf);
        snprintf(key, room, "%s", buf);
        return;
    }
    if (g->kind == GROUP_VLAN) {
        snprintf(key, room, "%llu", (unsigned long long)g->id);
        return;
    }
    if (g->kind == GROUP_EXPORTER || g->kind == GROUP_EXPORTER_IF) {
        char buf[ADDR_TEXT];
        addr_print(&g->exporter, buf);
        snprintf(key, room, "%s", buf);
        return;
    }
    if (g->kind == GROUP_NETWORK && locals && g->id < locals->n) {
        char buf[ADDR_TEXT + 4];
        prefix_print(&locals->net[g->id].prefix, buf);
        snprintf(key, room, "%s", buf);
        return;
    }
    if (g->kind == GROUP_L4)
        word = kind_word(KIND_l4, g->id);
    snprintf(key, room, "%s", word ? word : g->name);
}

static void group_row(struct rows *rows, const struct locals *locals, const struct group_row *g)
{
    char key[80];
    struct text filter = {0};
    group_key(locals, g, key, sizeof key);
    if (g->kind != GROUP_PREFIX || g->id) /* the row of all other networks has no expression */
        api_filter_term(&filter, kinds[g->kind].operand, key);
    rows_open(rows);
    rows_string(rows, "kind", kinds[g->kind].word);
    rows_u64(rows, "id", g->id);
    rows_string(rows, "key", key);
    rows_string(rows, "name", *g->name ? g->name : key);
    rows_u64(rows, "bytes", order_value(g, ORDER_bytes));
    rows_u64(rows, "bytes_sent", g->traffic.bytes[SIDE_SENT]);
    rows_u64(rows, "bytes_rcvd", g->traffic.bytes[SIDE_RCVD]);
    rows_u64(rows, "packets", order_value(g, ORDER_packets));
    rows_u64(rows, "bps", g->bps);
    rows_string(rows, "trend", kind_word(KIND_trend, g->trend));
    rows_u64(rows, "flows", g->flows);
    rows_u64(rows, "total_flows", g->total_flows);
    rows_time(rows, "first_seen", g->first);
    rows_time(rows, "last_seen", g->last);
    rows_string(rows, "filter", filter.data ? filter.data : "");
    if (g->kind == GROUP_PREFIX)
        rows_u64(rows, "hosts", g->hosts);
    if (g->kind == GROUP_MAC) {
        rows_string(rows, "mac", key);
        rows_string(rows, "vendor", vendor_find(g->id));
        rows_u64(rows, "hosts", g->hosts);
        arp_keys(rows, g);
    }
    rows_close(rows);
    text_free(&filter);
}

static struct reply *groups_list(const struct api *api, const struct call *c, enum group_kind kind)
{
    struct order order;
    struct rows rows;
    struct question q = {.kind = QUESTION_GROUPS,
                         .group = kind,
                         .iface = call_iface(c),
                         .limit = QUESTION_ROWS,
                         .hosts_local = -1};
    struct reply *problem = call_check_iface(api, c);
    if (!problem)
        problem = rows_check_fields(c);
    if (!problem && !parse_order(c, &order))
        problem = api_sort_problem(c);
    if (problem)
        return problem;
    struct answer *a = question_ask(api->engine, &q);
    if (a->n)
        qsort_r(a->groups, a->n, sizeof *a->groups, compare_groups, &order);
    rows_begin(&rows, c, kinds[kind].file);
    int64_t end = c->value[PARAM_offset].number + c->value[PARAM_limit].number;
    for (int64_t i = c->value[PARAM_offset].number; i < end && i < (int64_t)a->n; i++)
        group_row(&rows, api->locals, &a->groups[i]);
    struct reply *r = rows_finish(&rows, c, a, 0);
    answer_free(a);
    return r;
}

struct reply *api_protocols_list(const struct api *api, const struct call *c)
{
    return groups_list(api, c, GROUP_APP);
}

struct reply *api_categories_list(const struct api *api, const struct call *c)
{
    return groups_list(api, c, GROUP_CATEGORY);
}

struct reply *api_devices_list(const struct api *api, const struct call *c)
{
    return groups_list(api, c, GROUP_MAC);
}

struct reply *api_vlans_list(const struct api *api, const struct call *c)
{
    return groups_list(api, c, GROUP_VLAN);
}

struct reply *api_networks_list(const struct api *api, const struct call *c)
{
    return groups_list(api, c, GROUP_NETWORK);
}

struct reply *api_l4_list(const struct api *api, const struct call *c)
{
    return groups_list(api, c, GROUP_L4);
}

struct reply *api_prefixes_list(const struct api *api, const struct call *c)
{
    return groups_list(api, c, GROUP_PREFIX);
}
