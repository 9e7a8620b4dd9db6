/* regex.h - regular expressions whose time grows with the text and nothing else.
 *
 * The usual syntax: . [abc] [^a-z] \d \w \s \D \W \S \b ^ $ ( ) (?: ) | * + ? {m} {m,} {m,n}, lazy
 * forms too (only whether there is a match counts). Case does not matter; a byte is a character.
 */
#ifndef WEIR_MODEL_REGEX_H
#define WEIR_MODEL_REGEX_H

#include <stdbool.h>
#include <stddef.h>

enum {
    REGEX_PATTERN = 256, /* longest pattern */
    REGEX_STEPS = 512,   /* instructions that a pattern may become */
    REGEX_SETS = 32      /* bracket expressions */
};

struct regex;

/* Where and why a pattern is wrong. */
struct regex_error {
    size_t at;
    const char *text;
};

/* Compiles the pattern of len bytes. The caller owns the result and gives it back to regex_free().
 * NULL with *e filled when it is wrong, too long, or when there is no memory. */
struct regex *regex_compile(const char *pattern, size_t len, struct regex_error *e);
void regex_free(struct regex *re);

/* True when any part of the text matches. At most REGEX_STEPS small steps for each byte; no
 * allocation; any thread. */
bool regex_match(const struct regex *re, const char *text, size_t len);

#endif
