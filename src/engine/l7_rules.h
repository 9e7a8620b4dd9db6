/* l7_rules.h - checks a file of custom protocols before libndpi reads it.
 *
 * libndpi prints what it does not like to standard output and goes on, or turns "tcp:http" into
 * port 0. A user deserves the line and the reason instead.
 */
#ifndef WEIR_ENGINE_L7_RULES_H
#define WEIR_ENGINE_L7_RULES_H

#include "base/err.h"

#include <stddef.h>

/* Reads the whole file. False with "FILE, line N: ..." in *e at the first line that libndpi would
 * not understand. At start. */
bool l7_rules_check(const char *path, struct err *e);

/* One line without its end. False with a sentence that starts with what is wrong, not with the
 * place. Empty lines and those that begin with # are right. */
bool l7_rule_check(const char *line, size_t len, struct err *e);

#endif
