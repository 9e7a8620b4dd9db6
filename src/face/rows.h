/* rows.h - writes the rows of a list once, as JSON, NDJSON or CSV.
 *
 * A handler opens a row, names its values in a fixed order and ends it. In CSV a group's keys get
 * its name and a dot, an absent value is an empty cell, and the header comes from the first row;
 * so every row of one list must name the same keys. What `fields` leaves out is not written.
 */
#ifndef WEIR_FACE_ROWS_H
#define WEIR_FACE_ROWS_H

#include "engine/question.h"
#include "face/route.h"

/* On the handler's stack between rows_begin() and rows_finish(). */
struct rows {
    struct reply *reply;
    enum format format;
    struct json j;
    bool with_page;
    const char *wanted; /* list by comma, NULL = all */
    struct text header; /* csv, from the first row */
    struct text csv;    /* csv, everything below the header */
    unsigned count, cells;
    char prefix[32]; /* group that is open, with its dot */
    bool hidden;     /* the group that is open is left out */
};

/* Starts the answer to a call; file names what a browser saves CSV and NDJSON under. */
void rows_begin(struct rows *rows, const struct call *c, const char *file);
/* Ends it. page: offset and limit of the call and the answer's total are told. sums: see
 * api_meta_sums(). a may be NULL where nothing was asked: then now is told and total is the count. */
struct reply *rows_finish(struct rows *rows, const struct call *c, const struct answer *a,
                          nsec_t now);
struct reply *rows_finish_sums(struct rows *rows, const struct call *c, const struct answer *a);

/* One row, and a group of keys inside it ("cli" of cli.ip). */
void rows_open(struct rows *rows);
void rows_close(struct rows *rows);
void rows_open_group(struct rows *rows, const char *key);
void rows_close_group(struct rows *rows);

/* One key and its value in the open row; left out unless rows_wants() it. */
void rows_string(struct rows *rows, const char *key, const char *value);
void rows_u64(struct rows *rows, const char *key, uint64_t value);
void rows_i64(struct rows *rows, const char *key, int64_t value);
void rows_time(struct rows *rows, const char *key, nsec_t value);
void rows_bool(struct rows *rows, const char *key, bool value);
void rows_absent(struct rows *rows, const char *key); /* null */
/* A value that is JSON already; in CSV a cell with its text. */
void rows_json(struct rows *rows, const char *key, const char *json);

/* True when fields= lets this key through (given with its group's prefix). */
bool rows_wants(const struct rows *rows, const char *key);

/* A problem when fields= names what a schemas.def row does not have, else NULL. */
struct reply *rows_check_fields(const struct call *c);

#endif
