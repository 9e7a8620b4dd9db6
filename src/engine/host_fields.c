/* host_fields.c - the columns of host tables out of host_fields.def. */
#include <strings.h>

#include "engine/question.h"

#define SIZE_u8   1
#define SIZE_u16  2
#define SIZE_u32  4
#define SIZE_u64  8
#define SIZE_time 8
#define SIZE_addr 16
#define SIZE_mac  6

const struct field host_field_table[] = {
#define HOST_FIELD(m, type, k, a, o, u, t, tp)                                                     \
    {.member = #m,                                                                                 \
     .kind = KIND_##k,                                                                             \
     .offset = offsetof(struct host_row, m),                                                       \
     .size = SIZE_##type,                                                                          \
     .seed = "",                                                                                   \
     .element = "",                                                                                \
     .api = a,                                                                                     \
     .operand = o,                                                                                 \
     .unit = u,                                                                                    \
     .title = t,                                                                                   \
     .tip = tp},
#include "engine/host_fields.def"
#undef HOST_FIELD
    {.member = "name",
     .kind = KIND_string,
     .offset = -1,
     .seed = "",
     .element = "",
     .api = "name",
     .operand = "name",
     .unit = "",
     .title = "Name",
     .tip = "The best name known for the host"},
    {.member = "bytes",
     .kind = KIND_bytes,
     .offset = -1,
     .seed = "",
     .element = "",
     .api = "bytes",
     .operand = "bytes",
     .unit = "bytes",
     .title = "Traffic",
     .tip = "Bytes sent and received"},
};

const size_t host_field_count = sizeof host_field_table / sizeof *host_field_table;

const struct field *host_field_find(const char *name)
{
    for (size_t i = 0; i < host_field_count; i++)
        if (!strcasecmp(host_field_table[i].api, name) ||
            !strcasecmp(host_field_table[i].operand, name))
            return &host_field_table[i];
    return NULL;
}
