/* reading.h - reads one capture through an engine of its own and keeps what it said. */
#ifndef WEIR_APP_READING_H
#define WEIR_APP_READING_H

#include "app/collect.h"
#include "app/tap.h"
#include "base/settings.h"
#include "engine/engine.h"
#include "engine/ledger.h"

enum { READING_WORKERS = 64 };

/* How to read; borrowed by every reading, constant. */
struct reading_config {
    const struct settings *settings;
    struct engine_config engine;
    const struct filter *filter; /* records to keep */
    struct order order;
    bool keeps_records;
    bool watches_time;   /* fill reading.seen */
    bool shows_progress; /* on standard error, for readings that last */
};

/* What came of it. Large: not for the stack. */
struct reading {
    const char *name; /* as the user gave it */
    struct collection records;
    struct totals_row totals;
    struct ledger ledger;
    struct tap_seen seen;
    char damage[256];     /* "" or where and why the file ends early */
    bool was_interrupted; /* by Ctrl-C: what was read until then is here */
    unsigned workers;
    struct keeper keepers[READING_WORKERS];
};

/* Reads the file ("-": standard input) to its end. False with a sentence when it cannot be opened
 * or the engine cannot be set up; damage is no failure. Gives back with reading_free() after
 * success. One at a time: catches SIGINT while it runs. */
bool reading_run(struct reading *r, const struct reading_config *config, const char *name,
                 struct err *e);
void reading_free(struct reading *r);

#endif
