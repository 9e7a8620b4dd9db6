/* settings.h - typed options from arguments and a file, out of one table (src/options.def).
 *
 * Columns of OPTION: member, type, short letter or 0, long name, default, minimum, maximum, unit,
 * sentence. Types: flag, number, seconds, bytes, string, list (a string that may be repeated).
 * A value set on the command line wins over the file, the file over the default.
 */
#ifndef WEIR_BASE_SETTINGS_H
#define WEIR_BASE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum option_type {
    OPTION_flag,
    OPTION_number,
    OPTION_seconds, /* 90, 90s, 5m, 2h, 1d */
    OPTION_bytes,   /* 4096, 64k, 512M, 2G */
    OPTION_string,
    OPTION_list,
};

enum { SETTINGS_LIST = 65536, SETTINGS_ROWS = 128 };

/* Where a value came from; a higher one is not replaced by a lower one. */
enum setting_source { SETTING_DEFAULT, SETTING_FILE, SETTING_ARGUMENT };

/* At most SETTINGS_LIST strings; owned, with the array, by the settings. */
struct string_list {
    unsigned n;
    const char **item;
};

/* One row of options.def, as every user of the table sees it. */
struct option_info {
    const char *name; /* long name without dashes, also the key in the file */
    char letter;      /* 0 = none */
    enum option_type type;
    const char *fallback;
    int64_t min, max;
    const char *unit;
    const char *text;
    size_t offset; /* of the member in struct settings */
};

extern const struct option_info settings_options[];
extern const size_t settings_count;

typedef bool setting_flag;
typedef int64_t setting_number;
typedef int64_t setting_seconds;
typedef int64_t setting_bytes;
typedef const char *setting_string;
typedef struct string_list setting_list;

/* A letter, a long name or both that stand for an option in one command. The last has name NULL. */
struct other_name {
    char letter;      /* 0 = none */
    const char *word; /* NULL = none */
    const char *name; /* of the option */
};

struct settings {
#define OPTION(member, type, letter, name, fallback, min, max, unit, text) setting_##type member;
#include "options.def"
#undef OPTION
    struct string_list words;             /* arguments that are no options */
    void *strings;                        /* chain of blocks, settings_free() */
    const struct other_name *other_names; /* win over options.def on the command line; or NULL */
    uint8_t source[SETTINGS_ROWS];        /* per row of settings_options: enum setting_source */
};

/* Fills *s with the defaults. settings_free() gives the strings back. One thread at a time. */
void settings_init(struct settings *s);
void settings_free(struct settings *s);

/* Reads `name = value` lines (# comments, lists by repetition, quotes around a value, also "-n=1"
 * and "--name=value" as ntopng.conf writes them). Errors say file:line:column, what is wrong and
 * the nearest name. */
bool settings_read_file(struct settings *s, const char *path, struct err *e);

/* The same from n bytes in memory; path is only for the sentence of an error. */
bool settings_read_text(struct settings *s, const char *path, const char *bytes, size_t n,
                        struct err *e);

/* Reads argv[first..]: --name value, --name=value, --no-flag, -x value, -xvalue, grouped flags.
 * What is no option is added to words; after `--` everything is. */
bool settings_read_args(struct settings *s, int argc, char **argv, int first, struct err *e);

/* Sets one option by its long name from text, with its limits checked, as an argument would. */
bool settings_set(struct settings *s, const char *name, const char *value, struct err *e);

/* The row of an option, or NULL. */
const struct option_info *settings_find(const char *name);

#endif
