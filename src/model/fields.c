/* fields.c - fields.def as a table, and finding its rows by name. */
#include "model/record.h"

#include <assert.h>
#include <strings.h>

#include "model/nearest.h"

static_assert(sizeof(struct record) <= INT16_MAX, "offsets of members are 16 bits");

#define PLACE_none(m) .offset = -1, .size = 0
#define PLACE_here(m) .offset = offsetof(struct record, m), .size = sizeof((struct record){0}.m)
#define PLACE_u8      PLACE_here
#define PLACE_u16     PLACE_here
#define PLACE_u32     PLACE_here
#define PLACE_u64     PLACE_here
#define PLACE_time    PLACE_here
#define PLACE_addr    PLACE_here
#define PLACE_mac     PLACE_here

const struct field field_table[] = {
#define FIELD(m, type, k, s, e, a, o, u, ti, tt)                                                   \
    {.member = #m,                                                                                 \
     .kind = KIND_##k,                                                                             \
     PLACE_##type(m),                                                                              \
     .seed = s,                                                                                    \
     .element = e,                                                                                 \
     .api = a,                                                                                     \
     .operand = o,                                                                                 \
     .unit = u,                                                                                    \
     .title = ti,                                                                                  \
     .tip = tt},
#define STRING(m, s, e, a, o, ti, tt)                                                              \
    {.member = #m,                                                                                 \
     .kind = KIND_string,                                                                          \
     .string = STRING_##m,                                                                         \
     .offset = -1,                                                                                 \
     .seed = s,                                                                                    \
     .element = e,                                                                                 \
     .api = a,                                                                                     \
     .operand = o,                                                                                 \
     .unit = "",                                                                                   \
     .title = ti,                                                                                  \
     .tip = tt},
#include "model/fields.def"
#undef FIELD
#undef STRING
};

const size_t field_count = sizeof field_table / sizeof *field_table;

static const char *name_operand(const struct field *f)
{
    return f->operand;
}

static const char *name_api(const struct field *f)
{
    return f->api;
}

static const char *name_seed(const struct field *f)
{
    return f->seed;
}

static const char *name_member(const struct field *f)
{
    return f->member;
}

/* In the order in which a name is looked for: the operand wins where two rows share a word. */
static const char *(*const name_of[])(const struct field *) = {name_operand, name_api, name_seed,
                                                               name_member};

const struct field *field_find(const char *name)
{
    if (!name || !*name)
        return NULL;
    for (size_t way = 0; way < sizeof name_of / sizeof *name_of; way++)
        for (size_t i = 0; i < field_count; i++)
            if (field_table[i].kind != KIND_none &&
                !strcasecmp(name, name_of[way](&field_table[i])))
                return &field_table[i];
    return NULL;
}

const char *field_nearest(const char *name)
{
    if (!name)
        return NULL;
    struct nearest n = nearest_to(name, strlen(name));
    for (size_t i = 0; i < field_count; i++) {
        if (field_table[i].kind == KIND_none)
            continue;
        nearest_offer(&n, field_table[i].operand);
        nearest_offer(&n, field_table[i].api);
    }
    return n.best;
}
