/* output.c - where `weir read` writes, and in which form. */
#include "app/output.h"

#include "app/setup.h"
#include "codec/csv.h"
#include "codec/grid.h"
#include "codec/json_record.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { FLUSH_AT = 1 << 16 };

static bool find_form(struct output *o, const char *word, struct err *e)
{
    static const char *const words[] = {
        [OUTPUT_REPORT] = "report", [OUTPUT_JSON] = "json", [OUTPUT_CSV] = "csv",
        [OUTPUT_TABLE] = "table",   [OUTPUT_NONE] = "none",
    };
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        if (!strcmp(word, words[i])) {
            o->form = (enum output_form)i;
            return true;
        }
    }
    return fail(e, "--output %.40s is none of report, json, csv, table, none", word);
}

static bool add_field(struct output *o, const char *name, struct err *e)
{
    const struct field *f = field_find(name);
    if (!f) {
        const char *near = field_nearest(name);
        return fail(e, "--columns: there is no field %.60s%s%s", name,
                    near ? "; did you mean " : "", near ? near : "");
    }
    if (o->n == OUTPUT_FIELDS)
        return fail(e, "--columns: more than %d fields", OUTPUT_FIELDS);
    o->fields[o->n++] = f;
    return true;
}

/* Nothing chosen: every field in csv (n = 0), in a table what fits on a line. */
static bool find_fields(struct output *o, const char *list, struct err *e)
{
    static const char useful[] =
        "cli.ip,cli.port,srv.ip,srv.port,l4,app,packets,bytes,duration_ms,problem,info";
    if (!*list && o->form == OUTPUT_TABLE)
        list = useful;
    while (*list) {
        size_t len = strcspn(list, ",");
        char name[64];
        if (len >= sizeof name)
            return fail(e, "--columns: there is no field %.60s", list);
        memcpy(name, list, len);
        name[len] = '\0';
        if (len && !add_field(o, name, e))
            return false;
        list += len + (list[len] == ',');
    }
    return true;
}

bool output_open(struct output *o, const struct settings *s, struct err *e)
{
    *o = (struct output){.file = stdout};
    if (!find_form(o, s->output, e) || !find_fields(o, s->columns, e))
        return false;
    if (s->write[0])
        o->path = s->write;
    else if (setup_is_argument(s, "http-port"))
        o->path = s->http; /* -w FILE; in a configuration file it still is the monitor's address */
    if (o->path) {
        o->file = fopen(o->path, "we");
        if (!o->file)
            return fail(e, "cannot write %s: %s", o->path, strerror(errno));
    }
    struct winsize size;
    o->is_terminal = isatty(fileno(o->file));
    if (o->is_terminal && ioctl(fileno(o->file), TIOCGWINSZ, &size) == 0)
        o->wide = size.ws_col;
    return true;
}

void output_flush(struct output *o)
{
    if (!o->is_broken && o->text.len &&
        fwrite(o->text.data, 1, o->text.len, o->file) != o->text.len) {
        o->is_broken = true;
        o->why = errno;
    }
    if (o->text.failed) {
        o->is_broken = true;
        o->why = ENOMEM;
    }
    text_reset(&o->text);
}

static void write_table(struct output *o, const struct collection *all, size_t top)
{
    struct grid grid = {0};
    struct record r;
    grid_columns_for(&grid, o->fields, o->n);
    for (size_t i = 0; i < top; i++) {
        collection_get(all, i, &r);
        grid_record(&grid, &r, o->fields, o->n);
    }
    grid_print(&grid, &o->text, 0, o->wide);
    grid_free(&grid);
    output_flush(o);
}

void output_records(struct output *o, const struct collection *all, size_t top)
{
    if (!top || top > all->n)
        top = all->n;
    if (o->form == OUTPUT_TABLE)
        write_table(o, all, top);
    if (o->form != OUTPUT_JSON && o->form != OUTPUT_CSV)
        return;
    if (o->form == OUTPUT_CSV && !o->has_header)
        csv_header(&o->text, o->fields, o->n);
    o->has_header = true;
    struct record r;
    for (size_t i = 0; i < top && !o->is_broken; i++) {
        collection_get(all, i, &r);
        if (o->form == OUTPUT_CSV) {
            csv_row(&o->text, &r, o->fields, o->n);
        } else {
            record_to_json_seed(&o->text, &r);
            text_char(&o->text, '\n');
        }
        if (o->text.len >= FLUSH_AT)
            output_flush(o);
    }
    output_flush(o);
}

bool output_close(struct output *o, struct err *e)
{
    output_flush(o);
    if (fflush(o->file) == EOF && !o->is_broken) {
        o->is_broken = true;
        o->why = errno;
    }
    if (o->path && fclose(o->file) == EOF && !o->is_broken) {
        o->is_broken = true;
        o->why = errno;
    }
    text_free(&o->text);
    if (!o->is_broken || o->why == EPIPE)
        return true;
    return fail(e, "cannot write %s: %s", o->path ? o->path : "the output", strerror(o->why));
}
