/* help.h - `weir --help`, and the options of one command, from roles.def and options.def. */
#ifndef WEIR_APP_HELP_H
#define WEIR_APP_HELP_H

#include "app/roles.h"

/* Prints the overview (role NULL) or one command with its options to standard output. Returns
 * STATUS_DONE. */
int help_print(const struct role *role);

/* True when the option has a meaning for the role. */
bool help_applies(const struct option_info *option, const struct role *role);

#endif
