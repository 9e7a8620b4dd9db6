/* cert_name.h - does a certificate belong to the name that was asked for? */
#ifndef WEIR_ENGINE_CERT_NAME_H
#define WEIR_ENGINE_CERT_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* RFC 6125 6.4: without regard to case; a leftmost label "*" stands for exactly one label; a dot at
 * the end of either is ignored. Nothing else is a wildcard. Pure. */
bool cert_name_matches(const char *pattern, size_t pattern_len, const char *name, size_t name_len);

/* True when one of the names, separated by commas, matches. */
bool cert_names_match(const char *names, const char *name, size_t name_len);

/* The common name in a subject such as "C=US, O=Example, CN=www.example.org"; NULL without. */
const char *cert_common_name(const char *subject, size_t *len);

#endif
