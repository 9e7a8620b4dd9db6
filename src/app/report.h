/* report.h - a capture told in words: what a person wants to know first, first. */
#ifndef WEIR_APP_REPORT_H
#define WEIR_APP_REPORT_H

#include "app/digest.h"
#include "app/reading.h"

/* How it may look. */
struct report_style {
    bool has_colours;
    bool is_utf8;       /* else ASCII stands for bars, arrows and thin spaces */
    bool is_utc;        /* times in UTC, else in the machine's zone */
    unsigned top;       /* rows of each table */
    const char *filter; /* the expression the flows had to match, "" = all */
};

/* Appends the report of one reading, 80 columns wide. False when out of memory. */
bool report_print(struct text *out, const struct reading *r, const struct report_style *style);

/* Private to the report's two files: what looks wrong, worst first. */
struct report_problems {
    unsigned n;
    struct {
        char text[360];   /* a sentence */
        char filter[120]; /* expression that shows the flows behind it, or "" */
        bool is_bad;      /* numbers may be wrong or somebody suffers; else worth a look */
    } item[32];
};
void report_problems_find(struct report_problems *p, const struct reading *r,
                          const struct digest *d);

#endif
