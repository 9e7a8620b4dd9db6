/* err.h - one sentence for a person about what could not be set up. */
#ifndef WEIR_BASE_ERR_H
#define WEIR_BASE_ERR_H

#include <stdbool.h>

enum { ERR_TEXT = 512 };

/* Owned by the caller, usually on its stack. text is "" while nothing went wrong. */
struct err {
    char text[ERR_TEXT];
};

/* Writes the sentence into *e (cut at ERR_TEXT; e may be NULL) and returns false, so that a
 * function can end with `return fail(e, ...)`. Any thread that owns *e. */
bool fail(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
