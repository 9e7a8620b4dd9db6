/* api_common.c - what the handlers share: interface, filter, sort, envelope, filter terms. */
#include "face/api.h"

#include <stdio.h>
#include <string.h>

#include "face/rows.h"

int call_iface(const struct call *c)
{
    const struct value *v = &c->value[PARAM_iface];
    return v->given ? (int)v->number : -1;
}

struct reply *call_filter(const struct call *c, struct filter **filter)
{
    const char *q = c->value[PARAM_q].text;
    struct filter_error e = {0};
    *filter = NULL;
    if (!q || !*q)
        return NULL;
    *filter = filter_compile(q, &e);
    return *filter ? NULL : reply_problem(400, "filter", "Bad filter", e.text, (long)e.at);
}

struct reply *call_check_iface(const struct api *api, const struct call *c)
{
    struct interface_info info;
    int id = call_iface(c);
    if (id < 0 || engine_interface(api->engine, id, &info))
        return NULL;
    return reply_problem(404, "interface", "No such interface", "see /api/v1/interfaces", -1);
}

const struct addr *call_addr(const struct call *c, enum param p, struct addr *room,
                             struct reply **problem)
{
    const char *text = c->value[p].text;
    char detail[80];
    if (!text || !*text)
        return NULL;
    if (addr_parse(text, room))
        return room;
    snprintf(detail, sizeof detail, "%s must be an address", param_table[p].name);
    if (!*problem)
        *problem = reply_problem(400, "parameter", "Bad parameter", detail, -1);
    return NULL;
}

static void meta_open(struct json *j, nsec_t now, bool complete)
{
    json_key(j, "meta");
    json_open(j);
    json_pair_string(j, "source", "live");
    json_pair_i64(j, "t", to_ms(now));
    json_pair_bool(j, "complete", complete);
}

void api_meta(struct json *j, const struct answer *a)
{
    meta_open(j, a->now, a->complete);
    json_close(j);
}

void api_meta_sums(struct json *j, const struct answer *a)
{
    meta_open(j, a->now, a->complete);
    json_pair_u64(j, "sum_bytes", a->sum_bytes);
    json_pair_u64(j, "sum_packets", a->sum_packets);
    json_pair_u64(j, "sum_bps", a->sum_bps);
    json_close(j);
}

void api_meta_now(struct json *j, nsec_t now)
{
    meta_open(j, now, true);
    json_close(j);
}

void api_one_open(struct json *j)
{
    json_open(j);
    json_key(j, "data");
}

struct reply *api_one_finish(struct reply *r, struct json *j, const struct answer *a)
{
    if (a)
        api_meta(j, a);
    else
        api_meta_now(j, clock_wall());
    json_close(j);
    return reply_finish(r);
}

bool api_sort(const struct call *c, const struct field *(*find)(const char *),
              const struct field **field, bool *ascending)
{
    const char *name = c->value[PARAM_sort].text;
    *field = NULL;
    *ascending = false;
    if (!name || !*name)
        return true;
    *ascending = *name != '-';
    name += *name == '-';
    if (!strcmp(name, "bytes"))
        return true;
    *field = find(name);
    return *field && *(*field)->api && (*field)->kind != KIND_none &&
           (*field)->kind != KIND_flow_id && (*field)->kind != KIND_community_id;
}

struct reply *api_sort_problem(const struct call *c)
{
    char detail[128];
    snprintf(detail, sizeof detail, "rows cannot be sorted by '%.64s'", c->value[PARAM_sort].text);
    return reply_problem(400, "parameter", "Bad parameter", detail, -1);
}

void api_filter_term(struct text *t, const char *operand, const char *value)
{
    filter_add_term(t, operand, value);
}

struct answer *api_ask_totals(const struct api *api, int iface)
{
    struct question q = {.kind = QUESTION_TOTALS, .iface = iface, .hosts_local = -1};
    return question_ask(api->engine, &q);
}
