/* saved.h - the ledger of the last run, kept in the data directory for `weir ledger`. */
#ifndef WEIR_APP_SAVED_H
#define WEIR_APP_SAVED_H

#include "base/clock.h"
#include "base/settings.h"
#include "engine/ledger.h"

/* A ledger that was written down: by the last run, or by a running monitor's API. */
struct saved_ledger {
    char name[128]; /* interface or file; "" for a monitor's sum */
    struct ledger ledger;
    struct totals_row totals; /* reasons and what the ledger's terms name */
    char strings[8192];       /* memory of the strings in ledger */
    size_t used;
};

/* Names and ledgers of a run on their way into the file. Zero is empty. */
struct saved_writer {
    struct text text;
    struct json json;
    bool has_begun;
};

/* Adds one interface or file of the run. */
void saved_add(struct saved_writer *w, const char *name, const struct ledger *l,
               const struct totals_row *t);

/* Writes all that was added to last-ledger.json in the data directory, which is made when it is
 * not there (0700). False with a sentence when that cannot be done; forgets the rest. */
bool saved_finish(struct saved_writer *w, const struct settings *s, nsec_t now, struct err *e);

/* Reads {"closes":..,"lines":[..],"reasons":[..]} wherever it stands in n bytes of JSON, at most
 * `max` of them. Returns how many; what stands before a damage counts. */
unsigned saved_parse(const void *bytes, size_t n, struct saved_ledger *to, unsigned max);

/* The file's bytes into *text, its path into path (PATH_MAX bytes). False when there is none. */
bool saved_load(const struct settings *s, struct text *text, char *path, struct err *e);

#endif
