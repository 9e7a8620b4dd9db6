/* zmq_topics.c - what probes tell beside flows: how they are, counters, and names of all kinds. */
#include "codec/zmq_topics.h"

#include <stdio.h>
#include <string.h>

#include "base/cursor.h"

/* One field of a message as it came. */
struct told {
    const char *name;
    const uint8_t *value;
    size_t len;
};

static uint64_t number_of(const struct told *t)
{
    uint64_t v = 0;
    for (size_t i = 0; i < t->len && t->value[i] >= '0' && t->value[i] <= '9'; i++) {
        if (v > UINT64_MAX / 10 - 1)
            return UINT64_MAX;
        v = v * 10 + (uint64_t)(t->value[i] - '0');
    }
    return v;
}

/* What is not printable becomes a blank: names go to pages and logs. */
static void copy_text(char *to, size_t size, const struct told *t)
{
    size_t n = t->len < size - 1 ? t->len : size - 1;
    for (size_t i = 0; i < n; i++)
        to[i] = t->value[i] < ' ' || t->value[i] == 0x7f ? ' ' : (char)t->value[i];
    to[n] = '\0';
}

static bool is(const struct told *t, const char *name)
{
    return !strcmp(t->name, name);
}

/* --- event ----------------------------------------------------------------------------------------- */

struct reading_status {
    struct zmq_status *s;
    bool is_status;
};

static void take_status(void *to, const char *name, uint32_t pen, uint16_t id, const uint8_t *value,
                        size_t len, bool is_text)
{
    struct reading_status *r = to;
    const struct told t = {name, value, len};
    if (!strncmp(name, "probe.", 6) || !strncmp(name, "iface.", 6) || !strncmp(name, "zmq.", 4))
        r->is_status = true;
    if (is(&t, "iface.name"))
        copy_text(r->s->name, sizeof r->s->name, &t);
    else if (is(&t, "probe.version"))
        copy_text(r->s->version, sizeof r->s->version, &t);
    else if (is(&t, "time"))
        r->s->time = (nsec_t)(number_of(&t) & UINT32_MAX) * SECOND;
    else if (is(&t, "packet_drops"))
        r->s->dropped_packets = number_of(&t);
    else if (!strncmp(name, "drops.", 6))
        r->s->dropped_flows += number_of(&t) & UINT32_MAX;
}

bool zmq_status_read(const struct flow_in_raw *raw, struct zmq_status *s)
{
    struct reading_status r = {.s = s};
    *s = (struct zmq_status){0};
    raw->each(raw->context, take_status, &r);
    return r.is_status;
}

/* --- counter --------------------------------------------------------------------------------------- */

struct reading_counters {
    struct interface_counters *c;
    struct addr *device;
};

static bool says(const struct told *t, const char *word)
{
    return t->len == strlen(word) && !memcmp(t->value, word, t->len);
}

static bool parse_addr(const char *text, size_t len, struct addr *a)
{
    char copy[ADDR_TEXT];
    if (len >= sizeof copy)
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return addr_parse(copy, a);
}

/* As text, or an IPv4 address as a number. */
static void set_device(struct addr *a, const struct told *t)
{
    uint64_t v = number_of(t);
    if (memchr(t->value, '.', t->len) || memchr(t->value, ':', t->len))
        parse_addr((const char *)t->value, t->len, a);
    else if (v <= UINT32_MAX)
        *a = addr_v4((const uint8_t[]){(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
                                       (uint8_t)v});
}

static void take_counter(void *to, const char *name, uint32_t pen, uint16_t id,
                         const uint8_t *value, size_t len, bool is_text)
{
    const struct reading_counters *r = to;
    struct interface_counters *c = r->c;
    const struct told t = {name, value, len};
    const struct {
        const char *name;
        uint64_t *number;
    } numbers[] = {
        {"ifSpeed", &c->speed},
        {"ifInOctets", &c->in_octets},
        {"ifInPackets", &c->in_packets},
        {"ifInErrors", &c->in_errors},
        {"ifOutOctets", &c->out_octets},
        {"ifOutPackets", &c->out_packets},
        {"ifOutErrors", &c->out_errors},
        {"ifInDiscards", &c->in_discards},
        {"ifOutDiscards", &c->out_discards},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (is(&t, numbers[i].name))
            *numbers[i].number = number_of(&t);
    if (is(&t, "ifIndex"))
        c->index = (uint32_t)number_of(&t);
    else if (is(&t, "deviceIP"))
        set_device(r->device, &t);
    else if (is(&t, "ifAdminStatus"))
        c->admin_up = says(&t, "Up");
    else if (is(&t, "ifOperStatus"))
        c->oper_up = says(&t, "Up");
    else if (is(&t, "ifDirection"))
        c->direction = says(&t, "Full") ? 1 : 2;
    else if (is(&t, "ifName"))
        copy_text(c->name, sizeof c->name, &t);
}

void zmq_counters_read(const struct flow_in_raw *raw, struct interface_counters *c,
                       struct addr *device)
{
    struct reading_counters r = {c, device};
    raw->each(raw->context, take_counter, &r);
}

/* --- snmp-ifaces ----------------------------------------------------------------------------------- */

struct reading_interfaces {
    void (*told)(void *to, const struct addr *device, uint32_t index, const uint8_t *text,
                 size_t len);
    void *to;
};

/* "192.168.2.169.3": the index stands behind the last point. */
static void take_interface(void *to, const char *name, uint32_t pen, uint16_t id,
                           const uint8_t *value, size_t len, bool is_text)
{
    const struct reading_interfaces *r = to;
    const char *dot = strrchr(name, '.');
    struct addr device;
    if (!dot || !len || !parse_addr(name, (size_t)(dot - name), &device))
        return;
    const struct told index = {name, (const uint8_t *)dot + 1, strlen(dot + 1)};
    r->told(r->to, &device, (uint32_t)number_of(&index), value, len);
}

void zmq_interfaces_read(const struct flow_in_raw *raw,
                         void (*told)(void *to, const struct addr *device, uint32_t index,
                                      const uint8_t *text, size_t len),
                         void *to)
{
    struct reading_interfaces r = {told, to};
    raw->each(raw->context, take_interface, &r);
}

/* --- template, option ------------------------------------------------------------------------------ */

struct reading_name {
    struct flow_told_name name;
    bool has_field, has_name;
};

static void take_name(void *to, const char *name, uint32_t pen, uint16_t id, const uint8_t *value,
                      size_t len, bool is_text)
{
    struct reading_name *r = to;
    const struct told t = {name, value, len};
    if (is(&t, "PEN")) {
        r->name.pen = (uint32_t)number_of(&t);
    } else if (is(&t, "field")) {
        r->name.id = (uint32_t)number_of(&t);
        r->has_field = true;
    } else if (is(&t, "value")) {
        r->name.value = number_of(&t);
        r->name.is_value = true;
    } else if (is(&t, "name") || is(&t, "map.name")) {
        copy_text(r->name.text, sizeof r->name.text, &t);
        r->has_name = len > 0;
    }
}

bool zmq_name_read(const struct flow_in_raw *raw, struct flow_told_names *names)
{
    struct reading_name r = {0};
    raw->each(raw->context, take_name, &r);
    if (!r.has_field || !r.has_name)
        return false;
    if (r.name.pen == NTOP_PEN && r.name.id >= NTOP_BASE)
        r.name.id -= NTOP_BASE;
    flow_told_learn(names, &r.name);
    return true;
}
