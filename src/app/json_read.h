/* json_read.h - reads JSON (RFC 8259) token by token, without a tree and without allocating.
 *
 * For small answers of our own making (ledgers); still written for strangers' bytes: every read is
 * checked, depth is bounded, long strings are cut.
 */
#ifndef WEIR_APP_JSON_READ_H
#define WEIR_APP_JSON_READ_H

#include "base/cursor.h"

enum json_token {
    JSON_END,    /* the document is over */
    JSON_BAD,    /* it is not JSON, or too deep; says so for ever */
    JSON_OPEN,   /* { or [ */
    JSON_CLOSE,  /* } or ] */
    JSON_STRING, /* in text */
    JSON_NUMBER, /* in number when it is an integer that fits, else 0 */
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL,
};

enum { JSON_TEXT = 512, JSON_DEPTH = 32 };

/* On the reader's stack; borrows the bytes. */
struct json_reader {
    struct cursor at;
    unsigned depth;
    bool bad;
    bool is_object[JSON_DEPTH + 1];
    bool is_first;        /* nothing stands before in the present object or array */
    bool is_over;         /* the outermost value was read */
    char key[64];         /* of the token just read, "" in arrays */
    char text[JSON_TEXT]; /* of a string, cut to fit */
    int64_t number;
};

/* A reader at the start of n borrowed bytes. Any thread. */
struct json_reader json_read(const void *bytes, size_t n);

/* The next token; what it carries stands in the reader until the next call. After JSON_END and
 * JSON_BAD it says the same for ever. */
enum json_token json_next(struct json_reader *r);

#endif
