/* grid.h - aligned text tables for terminals.
 *
 * Cells are added row by row, then the grid is printed: columns get the width of their widest cell
 * within a bound, longer text is cut with an ellipsis (addresses and numbers never), numbers stand
 * to the right. Bytes that could steer a terminal are replaced.
 */
#ifndef WEIR_CODEC_GRID_H
#define WEIR_CODEC_GRID_H

#include "base/text.h"
#include "model/record.h"

enum { GRID_COLUMNS = 64 };

enum grid_align { GRID_LEFT, GRID_RIGHT };

struct grid_column {
    char title[40];
    enum grid_align align;
    uint16_t max;   /* columns of a terminal at most, 0 = no bound */
    uint16_t width; /* of the widest cell so far, within max */
};

/* Zero-initialised is an empty grid without columns. Owner: whoever declares it. */
struct grid {
    struct grid_column column[GRID_COLUMNS];
    unsigned columns;
    size_t cells;
    struct text text; /* cells: length u16, width u16, bytes */
};

/* Forgets columns and cells and gives the memory back. */
void grid_free(struct grid *g);

/* Adds a column before the first cell. More than GRID_COLUMNS are ignored. */
void grid_column(struct grid *g, const char *title, enum grid_align align, unsigned max);

/* Adds the next cell, row by row from left to right. */
void grid_cell(struct grid *g, const char *string);
void grid_cell_n(struct grid *g, const void *bytes, size_t len);
/* Adds what *scratch holds and empties it, so that human_*() can fill cells. */
void grid_cell_text(struct grid *g, struct text *scratch);

/* Adds a column for each field (title, alignment, bound), and a row with a record's values. */
void grid_columns_for(struct grid *g, const struct field *const *fields, size_t n);
void grid_record(struct grid *g, const struct record *r, const struct field *const *fields,
                 size_t n);

/* Appends a line of titles (unless all are ""), and a line per row. indent blanks stand before
 * each line; when `wide` is not 0, lines that would be longer are made to fit by cutting the widest
 * text columns. */
void grid_print(const struct grid *g, struct text *out, unsigned indent, unsigned wide);

/* Appends a field's value as a person reads it, scaled with its unit: 16.0 MB, 41 ms. */
void grid_value(struct text *t, const struct record *r, const struct field *f);

#endif
