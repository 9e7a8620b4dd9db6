/* exporter.c - what a collector knows about one exporter: templates, sequence, sampling, names. */
#include "codec/exporter.h"

#include "base/alloc.h"

#include <string.h>

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

void *exporter_grow(void *old, uint32_t count, uint32_t *room, size_t size, uint32_t most)
{
    if (count < *room)
        return old;
    uint32_t more = *room ? *room * 2 : 8;
    more = more < most ? more : most;
    if (more <= count)
        return NULL;
    void *new = mem_resize(ACCOUNT_templates, old, *room * size, more * size);
    if (new)
        *room = more;
    return new;
}

bool exporter_take_template(struct exporter *x, struct template *t, bool *evicted)
{
    const struct template *old = exporter_template(x, t->id);
    *evicted = false;
    t->changes = old ? old->changes + 1 : 0;
    exporter_forget_template(x, t->id);
    if (x->template_count == EXPORTER_TEMPLATES) {
        evict_template(x);
        *evicted = true;
    }
    struct template **all = exporter_grow(x->templates, x->template_count, &x->template_room,
                                          sizeof *all, EXPORTER_TEMPLATES);
    if (!all) {
        template_free(t);
        return false;
    }
    x->templates = all;
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
            exporter_grow(x->names, x->name_count, &x->name_room, sizeof *all, EXPORTER_NAMES);
        if (!all)
            return;
        x->names = all;
        memmove(&all[i + 1], &all[i], (x->name_count - i) * sizeof *all);
        x->name_count++;
        all[i] = (struct told_name){.kind = (uint8_t)kind, .id = id};
    }
    memcpy(x->names[i].text, name, sizeof name);
}

void exporter_fini(struct exporter *x)
{
    exporter_forget_templates(x, true, true);
    mem_free(ACCOUNT_templates, x->templates, x->template_room * sizeof *x->templates);
    mem_free(ACCOUNT_templates, x->names, x->name_room * sizeof *x->names);
    mem_free(ACCOUNT_templates, x->samplers, x->sampler_room * sizeof *x->samplers);
    mem_free(ACCOUNT_templates, x->interfaces, x->interface_room * sizeof *x->interfaces);
    x->templates = NULL;
    x->names = NULL;
    x->samplers = NULL;
    x->interfaces = NULL;
}
