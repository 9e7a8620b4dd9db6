/* flow_keys.c - keys of probes' flows, looked up in two tables made at the start.
 *
 * Names stand in an open-addressed table, hashed by their first and last eight bytes: a hash over all of
 * them cost more than reading the value. Numbers lead straight to their column.
 */
#include "codec/flow_keys.h"

#include <assert.h>
#include <string.h>

#include "base/cursor.h"
#include "codec/flow_fill.h"

enum { IANA_MOST = 512, NTOP_MOST = 640, NAMELESS = 65536, NUMBER_MOST = 65535 };

/* The nameless numbers of flow_keys.def; those of fields.def that have none follow. */
enum { NAMELESS_FIELDS = 32 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static uint32_t load4(const char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static uint64_t load8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static uint32_t slot_of(const char *name, size_t len)
{
    uint64_t a = 0, b = 0;
    if (len >= 8) {
        a = load8(name);
        b = load8(name + len - 8);
    } else if (len >= 4) {
        a = load4(name);
        b = load4(name + len - 4);
    } else if (len) {
        a = (uint8_t)name[0];
        b = (uint8_t)name[len - 1];
    }
    uint64_t h = (a ^ len) * 0x9e3779b97f4a7c15u ^ b * 0xc2b2ae3d27d4eb4fu;
    return (uint32_t)((h ^ h >> 29) * 0x9e3779b97f4a7c15u >> 48) % FLOW_KEY_SLOTS;
}

static unsigned index_of(uint32_t id)
{
    if (id < IANA_MOST)
        return id;
    if (id >= NTOP_BASE && id < NTOP_BASE + NTOP_MOST)
        return IANA_MOST + id - NTOP_BASE;
    if (id >= NAMELESS && id < NAMELESS + FLOW_KEY_COLUMNS - IANA_MOST - NTOP_MOST)
        return IANA_MOST + NTOP_MOST + id - NAMELESS;
    return 0;
}

/* The slot in which a name stands, or the free one where it would. */
static unsigned find_slot(const struct flow_keys *k, const char *name, size_t len)
{
    unsigned at = slot_of(name, len);
    while (k->slot[at].name && (k->slot[at].len != len || memcmp(k->slot[at].name, name, len) != 0))
        at = (at + 1) % FLOW_KEY_SLOTS;
    return at;
}

static void add_key(struct flow_keys *k, const char *name, uint32_t id, struct flow_column column)
{
    size_t len = strlen(name);
    unsigned at = find_slot(k, name, len), index = index_of(id);
    assert(index);
    k->slot[at].name = name;
    k->slot[at].len = (uint16_t)len;
    k->slot[at].column = (uint16_t)index;
    k->column[index] = column;
}

/* A row of fields.def that flow_keys.def does not have. */
static void add_field(struct flow_keys *k, const char *seed, const char *element, unsigned row,
                      struct flow_column column)
{
    uint32_t pen = 0, id = 0;
    size_t len = strlen(seed);
    if (!len || k->slot[find_slot(k, seed, len)].name)
        return;
    if (!flow_key_number(element, strlen(element), &pen, &id) || !index_of(id) ||
        k->column[index_of(id)].kind != FILL_UNKNOWN)
        id = NAMELESS + NAMELESS_FIELDS + row;
    add_key(k, seed, id, column);
}

static void add_fields(struct flow_keys *k)
{
    unsigned row = 0;
    const struct flow_column skip = {.kind = FILL_SKIP};
#define FIELD(m, type, kind, seed, element, ...) add_field(k, seed, element, row++, skip);
#define STRING(m, seed, element, ...)                                                              \
    add_field(k, seed, element, row++,                                                             \
              (struct flow_column){.kind = FILL_STRING, .offset = STRING_##m});
#include "model/fields.def"
#undef FIELD
#undef STRING
}

void flow_keys_init(struct flow_keys *k)
{
    static const struct {
        const char *name;
        uint32_t id;
        struct flow_column column;
    } rows[] = {
#define KEY(name, number, kind, m)                                                                 \
    {#name, number, {FILL_##kind, false, (uint16_t)offsetof(struct flow_in, m)}},
#define COUNTER(name, number, kind, m)                                                             \
    {#name, number, {FILL_##kind, false, (uint16_t)offsetof(struct flow_fill, m)}},
#define NAME(name, number, kind, m)                                                                \
    {#name, number, {FILL_##kind, true, (uint16_t)offsetof(struct flow_in_names, m)}},
#include "codec/flow_keys.def"
#undef KEY
#undef COUNTER
#undef NAME
    };
    memset(k, 0, sizeof *k);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        add_key(k, rows[i].name, rows[i].id, rows[i].column);
    add_fields(k);
}

/* Reads digits at *p; false when there is none or the number does not fit. */
static bool read_digits(const char **p, const char *end, uint32_t *value)
{
    const char *start = *p;
    uint64_t v = 0;
    while (*p < end && is_digit(**p) && v <= UINT32_MAX)
        v = v * 10 + (uint64_t)(*(*p)++ - '0');
    *value = (uint32_t)v;
    return *p > start && v <= UINT32_MAX;
}

bool flow_key_number(const char *key, size_t len, uint32_t *pen, uint32_t *id)
{
    const char *p = key, *end = key + len;
    *pen = 0;
    if (!read_digits(&p, end, id))
        return false;
    if (p == end)
        return *id <= NUMBER_MOST;
    *pen = *id;
    if (*p++ != '.' || !read_digits(&p, end, id) || p != end)
        return false;
    if (*pen == NTOP_PEN) {
        *pen = 0;
        *id = *id < NTOP_BASE ? *id + NTOP_BASE : *id;
    }
    return *id <= NUMBER_MOST;
}

const struct flow_column *flow_keys_column(const struct flow_keys *k, uint32_t id)
{
    return &k->column[index_of(id)];
}

const struct flow_column *flow_keys_find(const struct flow_keys *k, const char *key, size_t len)
{
    uint32_t pen, id;
    if (len && is_digit(key[0])) {
        if (len == 1) /* or two: nearly all */
            return &k->column[key[0] - '0'];
        if (len == 2 && is_digit(key[1]))
            return &k->column[(key[0] - '0') * 10 + (key[1] - '0')];
        bool is_known = flow_key_number(key, len, &pen, &id) && !pen;
        return &k->column[is_known ? index_of(id) : 0];
    }
    unsigned at = find_slot(k, key, len);
    return &k->column[k->slot[at].name ? k->slot[at].column : 0];
}

static const struct flow_told_name *find_told(const struct flow_told_names *names, uint32_t pen,
                                              uint32_t id, bool is_value, uint64_t value)
{
    unsigned n = names->n < FLOW_TOLD_NAMES ? names->n : FLOW_TOLD_NAMES;
    for (unsigned i = 0; i < n; i++) {
        const struct flow_told_name *t = &names->name[i];
        if (t->pen == pen && t->id == id && t->is_value == is_value && t->value == value)
            return t;
    }
    return NULL;
}

void flow_told_learn(struct flow_told_names *names, const struct flow_told_name *name)
{
    const struct flow_told_name *same =
        find_told(names, name->pen, name->id, name->is_value, name->value);
    size_t at = same ? (size_t)(same - names->name) : names->n++ % FLOW_TOLD_NAMES;
    names->name[at] = *name;
}

const char *flow_told_element(const struct flow_told_names *names, uint32_t pen, uint32_t id)
{
    const struct flow_told_name *t = find_told(names, pen, id, false, 0);
    return t ? t->text : NULL;
}

const char *flow_told_value(const struct flow_told_names *names, uint32_t pen, uint32_t id,
                            uint64_t value)
{
    const struct flow_told_name *t = find_told(names, pen, id, true, value);
    return t ? t->text : NULL;
}
