/* api_exports.c - where Weir exports its flows to, and what became of the records. */
#include "face/api.h"
#include "face/rows.h"
#include "io/exports.h"

static void export_row(struct rows *rows, const struct export_state *s)
{
    rows_open(rows);
    rows_string(rows, "name", s->name);
    rows_string(rows, "state", s->state);
    rows_u64(rows, "offered", s->offered);
    rows_u64(rows, "sent", s->sent);
    rows_u64(rows, "queued", export_queued(s));
    rows_u64(rows, "dropped", export_dropped(s));
    rows_u64(rows, "messages", s->messages);
    rows_u64(rows, "bytes", s->bytes);
    rows_open_group(rows, "drops");
    for (unsigned i = 0; i < EXPORT_DROPS; i++)
        rows_u64(rows, export_drop_name((enum export_drop)i), s->dropped[i]);
    rows_close_group(rows);
    rows_close(rows);
}

struct reply *api_exports_list(const struct api *api, const struct call *c)
{
    struct rows rows;
    struct export_state state;
    rows_begin(&rows, c, "exports");
    for (unsigned i = 0; api->exports && exports_state(api->exports, i, &state); i++)
        export_row(&rows, &state);
    return rows_finish(&rows, c, NULL, clock_wall());
}
