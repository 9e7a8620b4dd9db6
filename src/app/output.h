/* output.h - where `weir read` writes, and in which form. */
#ifndef WEIR_APP_OUTPUT_H
#define WEIR_APP_OUTPUT_H

#include "app/collect.h"
#include "base/settings.h"

#include <stdio.h>

enum output_form { OUTPUT_REPORT, OUTPUT_JSON, OUTPUT_CSV, OUTPUT_TABLE, OUTPUT_NONE };

enum { OUTPUT_FIELDS = 128 };

/* Owner: the main thread. */
struct output {
    enum output_form form;
    FILE *file;
    const char *path; /* NULL: standard output */
    bool is_terminal;
    unsigned wide;    /* columns of the terminal, 0 = none */
    struct text text; /* on its way to the file */
    const struct field *fields[OUTPUT_FIELDS];
    size_t n;
    bool has_header;
    bool is_broken; /* nobody reads any more, or the disk is full: nothing more is written */
    int why;        /* errno then */
};

/* Understands --output, --columns, --write (or -w) and opens the file. False with a sentence. */
bool output_open(struct output *o, const struct settings *s, struct err *e);

/* Writes the first `top` records (0: all) in the form; nothing for report and none. */
void output_records(struct output *o, const struct collection *all, size_t top);

/* Writes what o->text holds and empties it. */
void output_flush(struct output *o);

/* Ends the file. False with a sentence when something could not be written; a reader that went
 * away (EPIPE) has had enough and is no failure. */
bool output_close(struct output *o, struct err *e);

#endif
