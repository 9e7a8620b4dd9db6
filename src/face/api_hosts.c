/* api_hosts.c - hosts, and one host in full. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "face/api.h"
#include "face/rows.h"
#include "face/vendor.h"
#include "model/protos.h"
#include "model/words.h"

/* A member of struct host_row as its column says. */
static void host_cell(struct rows *rows, const struct host_row *h, const struct field *f)
{
    const uint8_t *at = (const uint8_t *)h + f->offset;
    char buf[ADDR_TEXT];
    uint64_t value = 0;
    if (f->kind == KIND_addr) {
        addr_print(&h->addr, buf);
        rows_string(rows, f->api, buf);
        return;
    }
    if (f->kind == KIND_mac) {
        mac_print(&h->mac, buf);
        rows_string(rows, f->api, buf);
        return;
    }
    memcpy(&value, at, f->size); /* little endian, as the build says */
    if (f->kind == KIND_time)
        rows_time(rows, f->api, (nsec_t)value);
    else if (f->kind == KIND_flag)
        rows_bool(rows, f->api, value != 0);
    else if (f->kind == KIND_trend)
        rows_string(rows, f->api, kind_word(KIND_trend, value));
    else
        rows_u64(rows, f->api, value);
}

void api_host_keys(struct rows *rows, const struct host_row *h, const struct locals *locals)
{
    char id[ADDR_TEXT + 8];
    size_t len = addr_print(&h->addr, id);
    snprintf(id + len, sizeof id - len, "@%u", h->vlan);
    rows_string(rows, "host_id", id);
    for (size_t i = 0; i < host_field_count; i++) {
        if (host_field_table[i].offset >= 0) /* the others are written below */
            host_cell(rows, h, &host_field_table[i]);
    }
    rows_u64(rows, "bytes", h->traffic.bytes[SIDE_SENT] + h->traffic.bytes[SIDE_RCVD]);
    rows_u64(rows, "packets", h->traffic.packets[SIDE_SENT] + h->traffic.packets[SIDE_RCVD]);
    rows_string(rows, "name", h->name);
    rows_string(rows, "name_source", h->name_source);
    rows_string(rows, "os", h->os);
    if (locals && h->network >= 0 && (unsigned)h->network < locals->n)
        rows_string(rows, "network", locals->net[h->network].name);
    else
        rows_absent(rows, "network");
    rows_bool(rows, "router_mac", h->is_router_mac);
    rows_string(rows, "vendor", vendor_find(mac_id(&h->mac)));
}

struct reply *api_hosts_list(const struct api *api, const struct call *c)
{
    struct filter *filter;
    struct rows rows;
    struct question q = {.kind = QUESTION_HOSTS, .iface = call_iface(c), .hosts_local = -1};
    struct reply *problem = call_check_iface(api, c);
    if (!problem)
        problem = rows_check_fields(c);
    if (!problem && !api_sort(c, host_field_find, &q.sort, &q.ascending))
        problem = api_sort_problem(c);
    if (problem || (problem = call_filter(c, &filter)))
        return problem;
    q.filter = filter;
    if (c->value[PARAM_local].given)
        q.hosts_local = (int)c->value[PARAM_local].number;
    const char *find = c->value[PARAM_find].text;
    q.host_text = find && *find ? find : NULL;
    q.offset = (uint32_t)c->value[PARAM_offset].number;
    q.limit = (uint32_t)c->value[PARAM_limit].number;
    if (q.offset + q.limit > QUESTION_ROWS)
        q.limit = QUESTION_ROWS - q.offset;
    struct answer *a = question_ask(api->engine, &q);
    rows_begin(&rows, c, "hosts");
    for (uint32_t i = 0; i < a->n; i++) {
        rows_open(&rows);
        api_host_keys(&rows, &a->hosts[i], api->locals);
        rows_close(&rows);
    }
    struct reply *r = rows_finish(&rows, c, a, 0);
    answer_free(a);
    filter_free(filter);
    return r;
}

bool api_host_id(const char *text, struct addr *addr, uint16_t *vlan)
{
    char buf[ADDR_TEXT];
    size_t len = strcspn(text, "@");
    *vlan = 0;
    if (len >= sizeof buf)
        return false;
    memcpy(buf, text, len);
    buf[len] = 0;
    if (text[len] == '@') {
        const char *digits = text + len + 1;
        size_t n = strspn(digits, "0123456789");
        if (!n || n > 4 || digits[n])
            return false;
        *vlan = (uint16_t)strtoul(digits, NULL, 10);
    }
    return addr_parse(buf, addr);
}

struct answer *api_ask_host(const struct api *api, int iface, const char *text,
                            struct reply **problem)
{
    struct question q = {.kind = QUESTION_HOST, .iface = iface, .hosts_local = -1};
    *problem = NULL;
    if (!api_host_id(text, &q.addr, &q.vlan)) {
        *problem = reply_problem(400, "host", "Bad host", "a host is ip@vlan or ip", -1);
        return NULL;
    }
    struct answer *a = question_ask(api->engine, &q);
    if (a->found && a->host)
        return a;
    *problem = a->complete ? reply_problem(404, "host", "No such host", "it is not active now", -1)
                           : reply_problem(503, "late", "No answer", "a worker was late", -1);
    answer_free(a);
    return NULL;
}

/* "key":{"sent_name":..,"rcvd_name":..} pairs. */
static void pair_keys(struct json *j, const char *word, const uint64_t value[2])
{
    char key[48];
    snprintf(key, sizeof key, "%s_sent", word);
    json_pair_u64(j, key, value[SIDE_SENT]);
    snprintf(key, sizeof key, "%s_rcvd", word);
    json_pair_u64(j, key, value[SIDE_RCVD]);
}

static int compare_apps(const void *left, const void *right)
{
    const struct host_app *a = left, *b = right;
    uint64_t x = a->bytes[0] + a->bytes[1], y = b->bytes[0] + b->bytes[1];
    if (x != y)
        return x < y ? 1 : -1;
    return ((int)a->master << 16 | a->app) - ((int)b->master << 16 | b->app);
}

static void host_apps(struct json *j, struct host_detail *d)
{
    char name[100];
    qsort(d->app, d->apps, sizeof *d->app, compare_apps);
    json_key(j, "apps");
    json_open_array(j);
    for (unsigned i = 0; i < d->apps; i++) {
        const struct host_app *a = &d->app[i];
        uint16_t id = a->app ? a->app : a->master;
        const char *category = protos_category(protos_category_of(id));
        protos_full_name(a->master, a->app, name);
        json_open(j);
        json_pair_string(j, "app", name);
        json_pair_u64(j, "app_id", id);
        json_pair_string(j, "category", category ? category : "");
        pair_keys(j, "bytes", a->bytes);
        pair_keys(j, "packets", a->packets);
        json_pair_u64(j, "flows", a->flows);
        json_pair_u64(j, "seconds", a->seconds);
        json_close(j);
    }
    json_close_array(j);
}

static void peer_key(struct json *j, const char *key, const struct addr *addr)
{
    char buf[ADDR_TEXT];
    if (addr_is_none(addr))
        return;
    addr_print(addr, buf);
    json_pair_string(j, key, buf);
}

static void host_icmp(struct json *j, const struct host_detail *d)
{
    json_key(j, "icmp");
    json_open_array(j);
    for (unsigned i = 0; i < d->icmps; i++) {
        const struct host_icmp *m = &d->icmp[i];
        const char *name = icmp_name(m->version == 6, m->type, m->code);
        json_open(j);
        json_pair_u64(j, "version", m->version);
        json_pair_u64(j, "type", m->type);
        json_pair_u64(j, "code", m->code);
        json_pair_string(j, "name", name ? name : "");
        json_pair_u64(j, "sent", m->packets[SIDE_SENT]);
        json_pair_u64(j, "rcvd", m->packets[SIDE_RCVD]);
        peer_key(j, "last_sent_peer", &m->last_peer[SIDE_SENT]);
        peer_key(j, "last_rcvd_peer", &m->last_peer[SIDE_RCVD]);
        json_close(j);
    }
    json_close_array(j);
}

static void name_list(struct json *j, const struct host_name_count *names, unsigned n)
{
    json_key(j, "names");
    json_open_array(j);
    for (unsigned i = 0; i < n; i++) {
        json_open(j);
        json_pair_string(j, "name", names[i].name);
        json_pair_u64(j, "count", names[i].count);
        json_close(j);
    }
    json_close_array(j);
}

static void host_tcp(struct json *j, const struct host_row *h)
{
    json_key(j, "tcp");
    json_open(j);
    pair_keys(j, "syn", h->tcp_syn);
    pair_keys(j, "fin", h->tcp_fin);
    pair_keys(j, "rst", h->tcp_rst);
    pair_keys(j, "retrans", h->retrans);
    pair_keys(j, "ooo", h->ooo);
    pair_keys(j, "lost", h->lost);
    json_close(j);
}

/* An object of two numbers. */
static void two_keys(struct json *j, const char *key, const char *first, uint64_t a,
                     const char *second, uint64_t b)
{
    json_key(j, key);
    json_open(j);
    json_pair_u64(j, first, a);
    json_pair_u64(j, second, b);
    json_close(j);
}

static void host_counters(struct json *j, const struct host_row *h)
{
    json_key(j, "sizes");
    json_open(j);
    api_size_bins(j);
    api_u64_array(j, "sent", h->sizes[SIDE_SENT], SIZE_BINS);
    api_u64_array(j, "rcvd", h->sizes[SIDE_RCVD], SIZE_BINS);
    json_close(j);
    host_tcp(j, h);
    two_keys(j, "goodput", "sent", h->goodput[SIDE_SENT], "rcvd", h->goodput[SIDE_RCVD]);
    two_keys(j, "low_goodput", "client", h->low_goodput_client, "server", h->low_goodput_server);
    two_keys(j, "unanswered", "client", h->unanswered_client, "server", h->unanswered_server);
    json_key(j, "arp");
    json_open(j);
    pair_keys(j, "requests", h->arp_requests);
    pair_keys(j, "replies", h->arp_replies);
    json_close(j);
}

static void host_dns_http(struct json *j, const struct host_detail *d)
{
    const struct host_row *h = &d->row;
    json_key(j, "dns");
    json_open(j);
    pair_keys(j, "queries", h->dns_queries);
    pair_keys(j, "ok", h->dns_replies_ok);
    pair_keys(j, "error", h->dns_replies_error);
    name_list(j, d->dns_name, d->dns_names);
    json_close(j);
    json_key(j, "http");
    json_open(j);
    pair_keys(j, "requests", h->http_requests);
    api_u64_array(j, "codes_sent", h->http_codes[SIDE_SENT] + 1, 5);
    api_u64_array(j, "codes_rcvd", h->http_codes[SIDE_RCVD] + 1, 5);
    name_list(j, d->http_name, d->http_names);
    json_close(j);
    name_list(j, d->other_name, d->other_names);
}

static void series_values(struct json *j, const char *key, const uint32_t *values, unsigned n)
{
    json_key(j, key);
    json_open_array(j);
    for (unsigned i = 0; i < n; i++) {
        if (values[i] == UINT32_MAX)
            json_null(j);
        else
            json_u64(j, values[i]);
    }
    json_close_array(j);
}

struct reply *api_host_one(const struct api *api, const struct call *c)
{
    struct reply *problem = call_check_iface(api, c);
    struct answer *a = problem ? NULL : api_ask_host(api, call_iface(c), c->slot, &problem);
    if (!a)
        return problem;
    struct host_detail *d = a->host;
    struct reply *r = reply_json();
    struct rows rows = {.reply = r, .j = json_into(&r->body)};
    struct json *j = &rows.j;
    api_one_open(j);
    json_open(j);
    api_host_keys(&rows, &d->row, api->locals);
    api_l4_rows(j, d->row.l4);
    host_apps(j, d);
    host_counters(j, &d->row);
    host_icmp(j, d);
    host_dns_http(j, d);
    if (d->series_n) {
        json_key(j, "series");
        json_open(j);
        json_pair_i64(j, "end", to_ms(d->series_end));
        json_pair_u64(j, "step_ms", 1000);
        series_values(j, "sent", d->series[SIDE_SENT], d->series_n);
        series_values(j, "rcvd", d->series[SIDE_RCVD], d->series_n);
        json_close(j);
    }
    json_close(j);
    r = api_one_finish(r, j, a);
    answer_free(a);
    return r;
}
