/* names.c - the addresses of a page as one question. */
#include "face/names.h"

#include <stdlib.h>

static struct answer *ask(struct engine *en, int iface, const struct host_id *id, uint32_t n)
{
    struct question q = {.kind = QUESTION_NAMES, .iface = iface, .named = id, .named_n = n};
    return question_ask(en, &q);
}

struct answer *names_of_flows(struct engine *en, const struct record *flow, uint32_t n)
{
    struct host_id *id = n ? malloc(2 * n * sizeof *id) : NULL;
    if (!id)
        return NULL;
    for (uint32_t i = 0; i < n; i++) {
        const struct record *r = &flow[i];
        id[2 * i] = (struct host_id){.addr = r->client, .vlan = r->vlan, .iface = r->iface};
        id[2 * i + 1] = (struct host_id){.addr = r->server, .vlan = r->vlan, .iface = r->iface};
    }
    struct answer *a = ask(en, -1, id, 2 * n);
    free(id);
    return a;
}

struct answer *names_of_tops(struct engine *en, int iface, const struct top_row *top, uint32_t n)
{
    struct host_id *id = n ? malloc(n * sizeof *id) : NULL;
    if (!id)
        return NULL;
    for (uint32_t i = 0; i < n; i++)
        id[i] = (struct host_id){.addr = top[i].addr, .vlan = top[i].vlan, .iface = UINT32_MAX};
    struct answer *a = ask(en, iface, id, n);
    free(id);
    return a;
}

static const char *name_at(const struct answer *names, uint32_t i)
{
    return names && i < names->n && names->names[i].name[0] ? names->names[i].name : NULL;
}

const char *names_client(const struct answer *names, uint32_t i)
{
    return name_at(names, 2 * i);
}

const char *names_server(const struct answer *names, uint32_t i)
{
    return name_at(names, 2 * i + 1);
}

const char *names_top(const struct answer *names, uint32_t i)
{
    return name_at(names, i);
}
