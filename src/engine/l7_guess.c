/* l7_guess.c - names for flows without payload, without asking libndpi the same thing again.
 *
 * Such a flow is named by its ports, unless an address of it is in libndpi's lists of networks. To
 * ask for that takes 3,800 instructions, most of them to find the two addresses in no list, twice
 * each: a third of all work in a flood of SYNs. What a port says and whether an address is listed
 * is remembered here, and an address that is new costs one search.
 */
#include "engine/l7_guess.h"

#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "base/cursor.h"

static bool is_same(const struct l7_by_port *a, const struct l7_by_port *b)
{
    return a->master == b->master && a->app == b->app && a->category == b->category &&
           a->breed == b->breed && a->confidence == b->confidence;
}

/* Ports that say the same share an answer; past the last one a port is asked for each time. */
static void keep_port(struct l7_memory *m, uint8_t *of_port, const struct l7_by_port *says)
{
    unsigned i = 0;
    while (i < m->answers && !is_same(&m->answer[i], says))
        i++;
    if (i + 1 == L7_PORT_ANSWERS)
        return;
    if (i == m->answers)
        m->answer[m->answers++] = *says;
    *of_port = (uint8_t)(i + 1);
}

static struct l7_by_port port_says(struct l7 *l, uint8_t proto, uint16_t port)
{
    struct l7_memory *m = l7_memory_of(l);
    uint8_t *of_port = &m->of_port[proto == IPPROTO_UDP][port];
    if (*of_port)
        return m->answer[*of_port - 1];
    const uint32_t nowhere[2] = {0, 0};
    const uint16_t both[2] = {port, port};
    struct l7_result r;
    l7_ask_guess(l, proto, nowhere, both, &r);
    struct l7_by_port says = {r.master, r.app, r.category, r.breed, r.confidence};
    keep_port(m, of_port, &says);
    return says;
}

/* Neighbours do not share a place. Who makes addresses collide makes Weir ask again, no more. */
static unsigned place_of(uint32_t address)
{
    return address * 2654435761u >> 21;
}

_Static_assert(L7_ADDRESSES == 1 << (32 - 21), "a place for each value of place_of()");

static bool is_listed(struct l7 *l, uint32_t address)
{
    struct l7_memory *m = l7_memory_of(l);
    unsigned at = place_of(address);
    if (!m->address[at].is_known || m->address[at].address != address) {
        m->address[at].is_known = true;
        m->address[at].address = address;
        m->address[at].is_listed = l7_ask_listed(l, address);
    }
    return m->address[at].is_listed;
}

/* libndpi's lists of networks are of IPv4. */
static uint32_t host_order(const struct addr *a)
{
    return addr_is_v4(a) ? load_be32(a->byte + 12) : 0;
}

void l7_guess(struct l7 *l, const struct l7_tuple *t, struct l7_result *r)
{
    const uint32_t address[2] = {host_order(&t->client), host_order(&t->server)};
    const uint16_t port[2] = {t->client_port, t->server_port};
    bool has_ports = (t->proto == IPPROTO_TCP || t->proto == IPPROTO_UDP) && port[0] && port[1];
    if (!has_ports || is_listed(l, address[0]) || is_listed(l, address[1])) {
        l7_ask_guess(l, t->proto, address, port, r);
        return;
    }
    /* Where no address says anything the lower port does, or else the higher one. */
    bool swap = port[0] > port[1];
    struct l7_by_port says = port_says(l, t->proto, port[swap]);
    if (!says.app)
        says = port_says(l, t->proto, port[!swap]);
    memset(r, 0, offsetof(struct l7_result, names.bytes));
    r->master = says.master;
    r->app = says.app;
    r->category = says.category;
    r->breed = says.breed;
    r->confidence = says.confidence;
}
