/* exporter.c - what a collector knows about one exporter: templates, sequence, sampling, names. */
#include "codec/exporter.h"

#include "base/alloc.h"

#include <string.h>

/* ---- Memory --------------------------------------------------------------------------------------- */

static bool has_room(const struct exporter *x, size_t bytes)
{
    const struct quota *q = x->quota;
    return x->held + bytes <= QUOTA_ONE && q->held[x->standing] + bytes <= q->most[x->standing];
}

bool exporter_claim(struct exporter *x, size_t bytes)
{
    if (!has_room(x, bytes)) {
        x->refused++;
        return false;
    }
    x->held += bytes;
    x->quota->held[x->standing] += bytes;
    return true;
}

void exporter_unclaim(struct exporter *x, size_t bytes)
{
    x->held -= bytes;
    x->quota->held[x->standing] -= bytes;
}

void *exporter_grow(struct exporter *x, void *old, uint32_t count, uint32_t *room, size_t size,
                    uint32_t most)
{
    if (count < *room)
        return old;
    uint32_t more = *room ? *room * 2 : 8;
    more = more < most ? more : most;
    size_t bytes = (more - *room) * size;
    if (more <= count || !exporter_claim(x, bytes))
        return NULL;
    void *new = mem_resize(ACCOUNT_templates, old, *room * size, more * size);
    if (new)
        *room = more;
    else
        exporter_unclaim(x, bytes);
    return new;
}

/* ---- Templates ------------------------------------------------------------------------------------ */

/* Place of id, or where it would stand. */
static uint32_t template_place(const struct exporter *x, uint16_t id)
{
    uint32_t low = 0, high = x->template_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (x->templates[middle]->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct template *exporter_template(const struct exporter *x, uint16_t id)
{
    uint32_t i = template_place(x, id);
    return i < x->template_count && x->templates[i]->id == id ? x->templates[i] : NULL;
}

static void remove_template(struct exporter *x, uint32_t i)
{
    exporter_unclaim(x, x->templates[i]->size);
    template_free(x->templates[i]);
    x->template_count--;
    memmove(&x->templates[i], &x->templates[i + 1], (x->template_count - i) * sizeof *x->templates);
}

static void evict_template(struct exporter *x)
{
    uint32_t oldest = 0;
    for (uint32_t i = 1; i < x->template_count; i++)
        if (x->templates[i]->used < x->templates[oldest]->used)
            oldest = i;
    remove_template(x, oldest);
}

bool exporter_take_template(struct exporter *x, struct template *t, bool *evicted)
{
    const struct template *old = exporter_template(x, t->id);
    *evicted = false;
    t->changes = old ? old->changes + 1 : 0;
    exporter_forget_template(x, t->id);
    for (unsigned i = 0; i < EXPORTER_VOIDED; i++)
        x->voided[i] = x->voided[i] == t->id ? 0 : x->voided[i];
    while (x->template_count &&
           (x->template_count == EXPORTER_TEMPLATES || !has_room(x, t->size))) {
        evict_template(x);
        *evicted = true;
    }
    struct template **all = exporter_grow(x, x->templates, x->template_count, &x->template_room,
                                          sizeof *all, EXPORTER_TEMPLATES);
    x->templates = all ? all : x->templates;
    if (!all || !exporter_claim(x, t->size)) {
        template_free(t);
        return false;
    }
    uint32_t i = template_place(x, t->id);
    memmove(&all[i + 1], &all[i], (x->template_count - i) * sizeof *all);
    all[i] = t;
    x->template_count++;
    return true;
}

void exporter_forget_template(struct exporter *x, uint16_t id)
{
    uint32_t i = template_place(x, id);
    if (i < x->template_count && x->templates[i]->id == id)
        remove_template(x, i);
}

bool exporter_has_voided(const struct exporter *x, uint16_t id)
{
    for (unsigned i = 0; i < EXPORTER_VOIDED; i++)
        if (x->voided[i] == id)
            return true;
    return false;
}

void exporter_void_template(struct exporter *x, uint16_t id)
{
    exporter_forget_template(x, id);
    if (!exporter_has_voided(x, id))
        x->voided[x->voided_at++ % EXPORTER_VOIDED] = id;
}

void exporter_forget_templates(struct exporter *x, bool data, bool options)
{
    for (uint32_t i = x->template_count; i-- > 0;)
        if (x->templates[i]->is_options ? options : data)
            remove_template(x, i);
}

/* ---- Names ---------------------------------------------------------------------------------------- */

static uint32_t name_place(const struct exporter *x, enum exporter_name kind, uint64_t id)
{
    uint32_t low = 0, high = x->name_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        const struct told_name *n = &x->names[middle];
        if (n->kind < kind || (n->kind == kind && n->id < id))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const char *exporter_name_of(const struct exporter *x, enum exporter_name kind, uint64_t id)
{
    uint32_t i = name_place(x, kind, id);
    bool found = i < x->name_count && x->names[i].kind == kind && x->names[i].id == id;
    return found ? x->names[i].text : "";
}

void exporter_copy_name(char to[EXPORTER_NAME], const uint8_t *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len && text[i] && n < EXPORTER_NAME - 1; i++)
        if (text[i] >= ' ' && text[i] != 0x7f)
            to[n++] = (char)text[i];
    while (n && to[n - 1] == ' ')
        n--;
    to[n] = 0;
}

void exporter_set_name(struct exporter *x, enum exporter_name kind, uint64_t id,
                       const uint8_t *text, size_t len)
{
    char name[EXPORTER_NAME];
    exporter_copy_name(name, text, len);
    if (!name[0])
        return;
    uint32_t i = name_place(x, kind, id);
    if (i == x->name_count || x->names[i].kind != kind || x->names[i].id != id) {
        struct told_name *all =
            exporter_grow(x, x->names, x->name_count, &x->name_room, sizeof *all, EXPORTER_NAMES);
        if (!all)
            return;
        x->names = all;
        memmove(&all[i + 1], &all[i], (x->name_count - i) * sizeof *all);
        x->name_count++;
        all[i] = (struct told_name){.kind = (uint8_t)kind, .id = id};
    }
    memcpy(x->names[i].text, name, sizeof name);
}

/* ---- The end -------------------------------------------------------------------------------------- */

static void give_back(struct exporter *x, void *array, size_t bytes)
{
    mem_free(ACCOUNT_templates, array, bytes);
    exporter_unclaim(x, bytes);
}

void exporter_fini(struct exporter *x)
{
    exporter_forget_templates(x, true, true);
    give_back(x, x->templates, x->template_room * sizeof *x->templates);
    give_back(x, x->names, x->name_room * sizeof *x->names);
    give_back(x, x->samplers, x->sampler_room * sizeof *x->samplers);
    give_back(x, x->interfaces, x->interface_room * sizeof *x->interfaces);
    x->templates = NULL;
    x->names = NULL;
    x->samplers = NULL;
    x->interfaces = NULL;
    x->template_room = x->name_room = x->sampler_room = x->interface_room = 0;
}

bool exporter_may_announce(struct exporter *x, bool is_change, nsec_t now)
{
    enum { CHANGES_MOST = 10 };
    if (x->changed_second != now / SECOND)
        x->changes_in_second = 0;
    x->changed_second = now / SECOND;
    x->changes_in_second += is_change;
    return x->changes_in_second <= CHANGES_MOST;
}

static void add_counters(struct exporter *y, const struct exporter *elder)
{
    y->datagrams += elder->datagrams;
    y->bytes += elder->bytes;
    y->records += elder->records;
    y->options += elder->options;
    y->lost += elder->lost;
    y->reordered += elder->reordered;
    y->duplicate += elder->duplicate;
    y->no_template += elder->no_template;
    y->malformed += elder->malformed;
    y->restarts += elder->restarts + 1;
    y->first = elder->first;
}

static void hand_over(struct exporter *from, struct exporter *to, size_t bytes)
{
    exporter_unclaim(from, bytes);
    to->held += bytes;
    to->quota->held[to->standing] += bytes;
}

static void take_names(struct exporter *y, struct exporter *elder)
{
    y->names = elder->names;
    y->name_count = elder->name_count;
    y->name_room = elder->name_room;
    hand_over(elder, y, y->name_room * sizeof *y->names);
    elder->names = NULL;
    elder->name_count = elder->name_room = 0;
}

static void take_interfaces(struct exporter *y, struct exporter *elder)
{
    y->interfaces = elder->interfaces;
    y->interface_count = elder->interface_count;
    y->interface_room = elder->interface_room;
    hand_over(elder, y, y->interface_room * sizeof *y->interfaces);
    elder->interfaces = NULL;
    elder->interface_count = elder->interface_room = 0;
}

void exporter_succeed(struct exporter *y, struct exporter *elder)
{
    add_counters(y, elder);
    if (!y->name_room)
        take_names(y, elder);
    if (!y->interface_room)
        take_interfaces(y, elder);
    if (!y->name[0])
        memcpy(y->name, elder->name, sizeof y->name);
}
