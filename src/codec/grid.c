/* grid.c - aligned text tables for terminals.
 *
 * Cells stand one after the other in a text, each with its length and width in front, so that a
 * table of ten thousand rows is one allocation that grows.
 */
#include "codec/grid.h"

#include <string.h>

#include "base/clock.h"
#include "codec/human.h"

enum {
    CELL_HEAD = 4,    /* length u16, width u16 */
    CELL_MOST = 4096, /* bytes kept of a cell */
    GAP = 2,          /* blanks between columns */
    NARROWEST = 8     /* a text column is not cut further */
};

static const char ellipsis[] = "\xe2\x80\xa6"; /* U+2026 */

void grid_free(struct grid *g)
{
    text_free(&g->text);
    *g = (struct grid){0};
}

void grid_column(struct grid *g, const char *title, enum grid_align align, unsigned max)
{
    if (g->columns == GRID_COLUMNS || g->cells)
        return;
    struct grid_column *c = &g->column[g->columns++];
    size_t n = strnlen(title, sizeof c->title - 1);
    memcpy(c->title, title, n);
    c->title[n] = '\0';
    c->align = align;
    c->max = (uint16_t)(max < UINT16_MAX ? max : UINT16_MAX);
    c->width = (uint16_t)human_width(title, n);
}

/* Length of the valid UTF-8 character at s, or 0. */
static size_t utf8_length(const uint8_t *s, size_t n)
{
    size_t len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (!len || s[0] > 0xf4 || len > n)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    /* U+0080 to U+009F are terminal controls of C1. */
    if (len == 2 && s[0] == 0xc2 && s[1] < 0xa0)
        return 0;
    return len;
}

/* Appends the bytes with everything that a terminal would obey, or could not show, as '?'. */
static void add_clean(struct text *t, const uint8_t *s, size_t n)
{
    while (n) {
        size_t len = utf8_length(s, n);
        if (!len || *s < ' ' || *s == 0x7f)
            text_char(t, '?');
        else
            text_add_n(t, s, len);
        len = len ? len : 1;
        s += len;
        n -= len;
    }
}

void grid_cell_n(struct grid *g, const void *bytes, size_t len)
{
    if (!g->columns)
        return;
    size_t head = g->text.len;
    text_add_n(&g->text, "\0\0\0\0", CELL_HEAD);
    add_clean(&g->text, bytes, len < CELL_MOST ? len : CELL_MOST);
    if (g->text.failed)
        return;
    uint16_t size = (uint16_t)(g->text.len - head - CELL_HEAD);
    uint16_t width = (uint16_t)human_width(g->text.data + head + CELL_HEAD, size);
    memcpy(g->text.data + head, &size, sizeof size);
    memcpy(g->text.data + head + 2, &width, sizeof width);

    struct grid_column *c = &g->column[g->cells++ % g->columns];
    if (c->max && width > c->max)
        width = c->max;
    if (width > c->width)
        c->width = width;
}

void grid_cell(struct grid *g, const char *string)
{
    grid_cell_n(g, string, strlen(string));
}

void grid_cell_text(struct grid *g, struct text *scratch)
{
    grid_cell_n(g, scratch->data ? scratch->data : "", scratch->len);
    text_reset(scratch);
}

static void add_blanks(struct text *out, size_t n)
{
    while (n--)
        text_char(out, ' ');
}

/* As much of the text as fits into width columns, with an ellipsis when something is missing. */
static size_t add_cut(struct text *out, const char *s, size_t len, size_t width)
{
    size_t fits = 0, used = 0;
    while (fits < len) {
        size_t n = utf8_length((const uint8_t *)s + fits, len - fits);
        size_t w = human_width(s + fits, n ? n : 1);
        if (used + w > width - 1)
            break;
        used += w;
        fits += n ? n : 1;
    }
    text_add_n(out, s, fits);
    text_add(out, ellipsis);
    return used + 1;
}

static void add_cell(struct text *out, const struct grid_column *c, size_t width, const char *s,
                     size_t len, size_t cell_width)
{
    if (c->align == GRID_RIGHT && cell_width < width)
        add_blanks(out, width - cell_width);
    if (cell_width <= width)
        text_add_n(out, s, len);
    else
        cell_width = add_cut(out, s, len, width);
    if (c->align == GRID_LEFT && cell_width < width)
        add_blanks(out, width - cell_width);
}

/* Takes columns from the widest text column, one by one, until a line fits or nothing can give. */
static void fit(const struct grid *g, size_t *width, size_t room)
{
    for (;;) {
        size_t sum = 0;
        unsigned widest = g->columns;
        for (unsigned i = 0; i < g->columns; i++) {
            sum += width[i] + (i ? GAP : 0);
            if (g->column[i].align == GRID_LEFT && g->column[i].max && width[i] > NARROWEST &&
                (widest == g->columns || width[i] > width[widest]))
                widest = i;
        }
        if (sum <= room || widest == g->columns)
            return;
        width[widest]--;
    }
}

/* Blanks at the end of a line help nobody. */
static void end_line(struct text *out)
{
    while (out->len && out->data[out->len - 1] == ' ')
        out->len--;
    text_char(out, '\n');
}

static void add_titles(const struct grid *g, struct text *out, unsigned indent, const size_t *width)
{
    bool any = false;
    for (unsigned i = 0; i < g->columns; i++)
        any = any || g->column[i].title[0];
    if (!any)
        return;
    add_blanks(out, indent);
    for (unsigned i = 0; i < g->columns; i++) {
        const char *title = g->column[i].title;
        if (i)
            add_blanks(out, GAP);
        add_cell(out, &g->column[i], width[i], title, strlen(title),
                 human_width(title, strlen(title)));
    }
    end_line(out);
}

void grid_print(const struct grid *g, struct text *out, unsigned indent, unsigned wide)
{
    size_t width[GRID_COLUMNS];
    for (unsigned i = 0; i < g->columns; i++)
        width[i] = g->column[i].width;
    if (wide)
        fit(g, width, wide > indent ? wide - indent : 1);
    add_titles(g, out, indent, width);

    const char *at = g->text.data;
    for (size_t i = 0; i < g->cells; i++) {
        unsigned column = (unsigned)(i % g->columns);
        uint16_t size, cell_width;
        memcpy(&size, at, sizeof size);
        memcpy(&cell_width, at + 2, sizeof cell_width);
        add_blanks(out, column ? GAP : indent);
        add_cell(out, &g->column[column], width[column], at + CELL_HEAD, size, cell_width);
        if (column + 1 == g->columns || i + 1 == g->cells)
            end_line(out);
        at += CELL_HEAD + size;
    }
}

/* Columns that a field takes at most: names and texts are cut, what identifies is not. */
static unsigned field_width(const struct field *f)
{
    switch (f->kind) {
    case KIND_string:
        return 48;
    case KIND_risk:
        return 40;
    case KIND_app:
        return 24;
    default:
        return 0;
    }
}

static enum grid_align field_align(const struct field *f)
{
    switch (f->kind) {
    case KIND_number:
    case KIND_count:
    case KIND_packets:
    case KIND_bytes:
    case KIND_bps:
    case KIND_pps:
    case KIND_ratio:
    case KIND_duration:
    case KIND_usec:
    case KIND_port:
    case KIND_app_id:
        return GRID_RIGHT;
    default:
        return GRID_LEFT;
    }
}

void grid_columns_for(struct grid *g, const struct field *const *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        grid_column(g, fields[i]->title, field_align(fields[i]), field_width(fields[i]));
}

void grid_value(struct text *t, const struct record *r, const struct field *f)
{
    uint64_t value = record_number(r, f);
    switch (f->kind) {
    case KIND_count:
    case KIND_packets:
        human_count(t, value);
        break;
    case KIND_bytes:
        human_bytes(t, value);
        break;
    case KIND_bps:
        human_bps(t, value);
        break;
    case KIND_pps:
        human_pps(t, value);
        break;
    case KIND_ratio:
        human_ratio(t, value);
        break;
    case KIND_duration:
        human_duration(t, (nsec_t)value);
        break;
    case KIND_usec:
        human_duration(t, (nsec_t)value * MICROSECOND);
        break;
    default:
        record_print(t, r, f);
    }
}

void grid_record(struct grid *g, const struct record *r, const struct field *const *fields,
                 size_t n)
{
    struct text value = {0};
    for (size_t i = 0; i < n && i < GRID_COLUMNS; i++) {
        if (record_has(r, fields[i]))
            grid_value(&value, r, fields[i]);
        grid_cell_text(g, &value);
    }
    text_free(&value);
}
