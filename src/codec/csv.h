/* csv.h - records as comma-separated values (RFC 4180) that are safe to open in a spreadsheet. */
#ifndef WEIR_CODEC_CSV_H
#define WEIR_CODEC_CSV_H

#include "base/text.h"
#include "model/record.h"

/* Appends the API keys of the fields and CR LF. With n == 0 all fields are meant, here and below.
 * Any thread. */
void csv_header(struct text *t, const struct field *const *fields, size_t n);

/* Appends the values of one record and CR LF: numbers and words as in the REST API (times in epoch
 * milliseconds, latencies in milliseconds, volumes in bytes), sets joined by "; ", nothing where
 * the field has nothing to say. */
void csv_row(struct text *t, const struct record *r, const struct field *const *fields, size_t n);

/* Appends one text cell, without a comma. It is quoted when it must be. A cell that a spreadsheet
 * would take for a formula (it begins with = + - @ TAB or CR) gets a ' in front. */
void csv_cell(struct text *t, const void *bytes, size_t len);

/* Appends the end of a row. */
void csv_end(struct text *t);

#endif
