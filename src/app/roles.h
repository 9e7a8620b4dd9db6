/* roles.h - one function for each word of roles.def, and the statuses they exit with. */
#ifndef WEIR_APP_ROLES_H
#define WEIR_APP_ROLES_H

#include "base/settings.h"

/* What the shell sees. STATUS_FOUND: everything readable was read and told, but something is wrong
 * with it (a damaged file, an equation that does not close). STATUS_SETUP: nothing, or one of the
 * inputs, could be started (usage, missing file, no privilege, busy port). */
enum status { STATUS_DONE = 0, STATUS_FOUND = 1, STATUS_SETUP = 2 };

struct role {
    const char *name;
    int (*run)(const struct settings *s);
    const char *usage, *text;
};

extern const struct role role_table[];
extern const unsigned role_count;

/* The role of a word, NULL when there is none. */
const struct role *role_find(const char *word);
/* The nearest role to a misspelt word, NULL when nothing is near. */
const struct role *role_nearest(const char *word);

/* Writes "weir: sentence" to standard error and returns STATUS_SETUP. */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The roles themselves. Each runs in the main thread, reads constant settings, speaks to standard
 * output and error and returns an enum status. */
int role_monitor(const struct settings *s);
int role_probe(const struct settings *s);
int role_read(const struct settings *s);
int role_ledger(const struct settings *s);
int role_bench(const struct settings *s);
int role_check_config(const struct settings *s);
int role_version(const struct settings *s);
int role_help(const struct settings *s);

#endif
