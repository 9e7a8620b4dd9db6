/* request.h - what a browser asks for: a path and its parameters, taken apart and checked.
 *
 * A request target is read once, from raw bytes: RFC 3986 percent-encoding, `+` as a space in the
 * query. What could mean two things to two programs (an escaped slash, dot segments, NUL, control
 * bytes, a parameter given twice) is refused, so a path is compared only in one form.
 */
#ifndef WEIR_FACE_REQUEST_H
#define WEIR_FACE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum { REQUEST_PATH = 2048, REQUEST_QUERY = 8192, REQUEST_PAIRS = 64 };

/* name and value are decoded and end with NUL; raw is the value as it came, without NUL. */
struct pair {
    const char *name, *value;
    const char *raw;
    size_t raw_len;
};

/* Pointers are into the request itself. Owner: who parsed it; request_free(). */
struct request {
    const char *path;
    const char *query; /* raw, "" without */
    unsigned pairs;
    struct pair pair[REQUEST_PAIRS];
    char text[];
};

/* Why a target was refused. status is 400 or 414. */
struct request_error {
    int status;
    const char *why;
};

/* Takes `target` (origin form: begins with /) apart. NULL with *e filled when it is refused. */
struct request *request_parse(const char *target, size_t len, struct request_error *e);
void request_free(struct request *r);

/* The value of a parameter, or NULL when it was not given. */
const struct pair *request_find(const struct request *r, const char *name);

/* Decodes len bytes into out, which has room for as many; plus says that + is a space. Returns the
 * decoded length, or -1 for a broken escape or a control byte. */
long percent_decode(const char *bytes, size_t len, bool plus, char *out);

/* Appends text so that it can stand in a path segment or a parameter. */
void percent_encode(struct text *t, const char *string);

/* True when an Accept or Accept-Encoding header names `token` without q=0. header may be NULL. */
bool header_accepts(const char *header, const char *token);

/* True when a Host header is one that no foreign page can point here (DNS rebinding): an address,
 * localhost, or `name`; each with an optional port. */
bool host_is_allowed(const char *host, const char *name);

#endif
