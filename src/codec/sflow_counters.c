/* sflow_counters.c - the records of an sFlow counter sample: interface, Ethernet, VLAN, processor. */
#include "codec/sflow_private.h"

enum {
    COUNTERS_INTERFACE = 1,
    COUNTERS_ETHERNET = 2,
    COUNTERS_VLAN = 5,
    COUNTERS_PROCESSOR = 1001,
    COUNTERS_PORT_NAME = 1005
};

enum { INTERFACE_SIZE = 88, UNKNOWN32 = 0xffffffffu };

/* All ones: the agent does not count this. */
static uint64_t known32(const uint8_t *p)
{
    uint32_t v = load_be32(p);
    return v == UNKNOWN32 ? 0 : v;
}

static uint64_t known64(const uint8_t *p)
{
    uint64_t v = load_be64(p);
    return v == UINT64_MAX ? 0 : v;
}

/* struct if_counters:
 *   0 ifIndex, 4 ifType, 8 ifSpeed (64), 16 direction, 20 status,
 *   24 in: octets (64), 32 unicast, 36 multicast, 40 broadcast, 44 discards, 48 errors, 52 unknown,
 *   56 out: octets (64), 64 unicast, 68 multicast, 72 broadcast, 76 discards, 80 errors, 84 promiscuous */
static void read_interface(struct cursor *c, struct sflow_counters *s)
{
    const uint8_t *p = cur_take(c, INTERFACE_SIZE);
    if (!p)
        return;
    struct interface_counters *i = &s->interface;
    s->has_interface = true;
    i->index = load_be32(p);
    i->speed = load_be64(p + 8);
    i->direction = (uint8_t)load_be32(p + 16);
    i->admin_up = p[23] & 1;
    i->oper_up = p[23] >> 1 & 1;
    i->in_octets = known64(p + 24);
    i->in_packets = known32(p + 32) + known32(p + 36) + known32(p + 40);
    i->in_discards = known32(p + 44);
    i->in_errors = known32(p + 48);
    i->out_octets = known64(p + 56);
    i->out_packets = known32(p + 64) + known32(p + 68) + known32(p + 72);
    i->out_discards = known32(p + 76);
    i->out_errors = known32(p + 80);
}

static void read_ethernet(struct cursor *c, struct sflow_counters *s)
{
    const uint8_t *p = cur_take(c, sizeof s->ethernet);
    if (!p)
        return;
    for (unsigned i = 0; i < sizeof s->ethernet / sizeof *s->ethernet; i++)
        s->ethernet[i] = load_be32(p + 4 * (size_t)i);
    s->has_ethernet = true;
}

static void read_vlan(struct cursor *c, struct sflow_counters *s)
{
    const uint8_t *p = cur_take(c, 28);
    if (!p)
        return;
    s->has_vlan = true;
    s->vlan_id = load_be32(p);
    s->vlan_octets = load_be64(p + 4);
    for (unsigned i = 0; i < 3; i++)
        s->vlan_packets[i] = load_be32(p + 12 + 4 * (size_t)i);
    s->vlan_discards = load_be32(p + 24);
}

static void read_processor(struct cursor *c, struct sflow_counters *s)
{
    const uint8_t *p = cur_take(c, 28);
    if (!p)
        return;
    s->has_processor = true;
    for (unsigned i = 0; i < 3; i++)
        s->cpu_permyriad[i] = load_be32(p + 4 * (size_t)i);
    s->memory_total = load_be64(p + 12);
    s->memory_free = load_be64(p + 20);
}

static void read_port_name(struct cursor *c, struct sflow_counters *s)
{
    struct sflow_text t = sflow_text(c);
    if (!cur_ok(c))
        return;
    size_t n = t.len < sizeof s->interface.name - 1 ? t.len : sizeof s->interface.name - 1;
    memcpy(s->interface.name, t.at, n);
    s->interface.name[n] = '\0';
}

bool sflow_counter_record(struct cursor *c, uint32_t format, struct sflow_counters *s)
{
    switch (format) {
    case COUNTERS_INTERFACE:
        return read_interface(c, s), true;
    case COUNTERS_ETHERNET:
        return read_ethernet(c, s), true;
    case COUNTERS_VLAN:
        return read_vlan(c, s), true;
    case COUNTERS_PROCESSOR:
        return read_processor(c, s), true;
    case COUNTERS_PORT_NAME:
        return read_port_name(c, s), true;
    default:
        return false;
    }
}
