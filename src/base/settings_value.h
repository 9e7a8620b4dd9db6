/* settings_value.h - the text of one value becomes a number, with a sentence when it cannot. */
#ifndef WEIR_BASE_SETTINGS_VALUE_H
#define WEIR_BASE_SETTINGS_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct option_info;

/* on, off, yes, no, true, false, 1, 0. Any thread. */
bool value_read_flag(const char *text, bool *flag, struct err *e);

/* A whole number with the suffixes of the option's type (seconds: s m h d; bytes: k M G T, each
 * also with B or iB) inside the option's limits. Any thread. */
bool value_read_number(const struct option_info *option, const char *text, int64_t *number,
                       struct err *e);

/* How many letters must change to make one name the other: insertions, deletions, replacements
 * and swaps count one each. Looks at the first 40 letters. Any thread. */
unsigned value_distance(const char *a, const char *b);

#endif
