/* exporter_interfaces.c - the interfaces of an exporter: names by options data or a probe, and counters. */
#include "codec/exporter.h"

/* Place of index, or where it would stand. */
static uint32_t place_of(const struct exporter *x, uint32_t index)
{
    uint32_t low = 0, high = x->interface_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (x->interfaces[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct interface_row *find(const struct exporter *x, uint32_t index)
{
    uint32_t i = place_of(x, index);
    return i < x->interface_count && x->interfaces[i].index == index ? &x->interfaces[i] : NULL;
}

/* The interface, made when it is new; NULL without room. */
static struct interface_row *know(struct exporter *x, uint32_t index)
{
    struct interface_row *known = find(x, index);
    if (known)
        return known;
    struct interface_row *all = exporter_grow(x, x->interfaces, x->interface_count,
                                              &x->interface_room, sizeof *all, EXPORTER_INTERFACES);
    if (!all)
        return NULL;
    x->interfaces = all;
    uint32_t i = place_of(x, index);
    memmove(&all[i + 1], &all[i], (x->interface_count - i) * sizeof *all);
    x->interface_count++;
    all[i] = (struct interface_row){.index = index};
    return &all[i];
}

void exporter_name_interface(struct exporter *x, uint32_t index, const uint8_t *text, size_t len)
{
    char name[EXPORTER_NAME];
    exporter_copy_name(name, text, len);
    struct interface_row *i = name[0] ? know(x, index) : NULL;
    if (i)
        memcpy(i->name, name, sizeof name);
}

void exporter_describe_interface(struct exporter *x, uint32_t index, const uint8_t *text,
                                 size_t len)
{
    char description[EXPORTER_NAME];
    exporter_copy_name(description, text, len);
    struct interface_row *i = description[0] ? know(x, index) : NULL;
    if (i)
        memcpy(i->description, description, sizeof description);
}

void exporter_count_interface(struct exporter *x, const struct interface_counters *c)
{
    struct interface_row *i = know(x, c->index);
    if (!i)
        return;
    i->last = *c;
    i->last.exporter = NULL;
    i->speed = c->speed;
    if (c->name[0])
        memcpy(i->name, c->name, sizeof i->name);
}

bool exporter_interface_row(const struct exporter *x, unsigned i, struct interface_row *row)
{
    if (i >= x->interface_count)
        return false;
    *row = x->interfaces[i];
    return true;
}

const char *exporter_interface(const struct exporter *x, uint32_t index)
{
    const struct interface_row *i = find(x, index);
    return !i ? "" : i->name[0] ? i->name : i->description;
}
