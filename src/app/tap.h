/* tap.h - a source that looks at the frames of another one as they pass by.
 *
 * The report wants to know which link types a file holds and how its traffic went over time; the
 * engine does not, so it is counted here, exactly and for a nanosecond a frame.
 */
#ifndef WEIR_APP_TAP_H
#define WEIR_APP_TAP_H

#include "engine/plug.h"

enum { TAP_BINS = 512, TAP_LINKS = 8 };

/* What passed. Written by the source's thread; read it when the engine has stopped. */
struct tap_seen {
    struct {
        uint16_t link;
        uint64_t frames;
    } link[TAP_LINKS]; /* the last one also counts all that found no place */
    unsigned links;
    nsec_t earliest, latest; /* stamps of any frame */
    nsec_t start;            /* of bin 0: time of the first frame */
    nsec_t width;            /* of a bin; doubles when the capture outgrows the bins */
    uint64_t bytes[TAP_BINS];
    unsigned bins;       /* used */
    uint64_t peak_bytes; /* wire bytes of the fullest whole second of the clock */
    nsec_t second;       /* start of the second that is being filled */
    uint64_t second_bytes;
};

/* Wraps inner, which the tap then owns and closes with itself. NULL with a sentence when out of
 * memory (inner is then still the caller's). *seen must outlive the source. */
struct source *tap_open(struct source *inner, struct tap_seen *seen, struct err *e);

/* Counts one frame. Public for its test. */
void tap_count(struct tap_seen *seen, const struct frame *f);

#endif
