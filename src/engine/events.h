/* events.h - what changed lately, as sentences: one worker's ring. */
#ifndef WEIR_ENGINE_EVENTS_H
#define WEIR_ENGINE_EVENTS_H

#include "engine/question.h"

enum { EVENTS_KEPT = 256, EVENTS_PER_SECOND = 8 };

/* Owner: one worker. */
struct events {
    uint32_t n;    /* ever added */
    uint32_t tick; /* second of the last one, and how many came in it */
    uint32_t in_tick;
    uint64_t suppressed;
    struct event_row row[EVENTS_KEPT];
};

/* A row to fill in, or NULL when this second has had its share. */
struct event_row *events_add(struct events *ev, nsec_t now, enum event_kind kind);

#endif
