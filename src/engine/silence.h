/* silence.h - which exporters have fallen silent, though they were regular.
 *
 * Looked at once a second of the worker's time, packet time for a file: an exporter that was heard in eight
 * different seconds is regular, and its usual pause is the longest of late. After three of them, but
 * not before a minute, it is silent. That it is back is told, too, also of one that fell silent together with
 * everybody else, when nobody was there to make time pass.
 */
#ifndef WEIR_ENGINE_SILENCE_H
#define WEIR_ENGINE_SILENCE_H

#include "base/clock.h"
#include "codec/collector.h"

struct worker;

/* How one exporter is heard. */
struct listened {
    struct addr addr; /* who it is */
    uint32_t domain;
    uint16_t port;
    uint8_t telemetry;
    bool is_silent;
    uint32_t gaps; /* pauses seen */
    uint64_t datagrams;
    nsec_t last;
    nsec_t usual; /* pause, 0 = not known yet */
};

/* In the order that the collector's exporters had last. Zeroed is empty; owner: one worker. */
struct silence {
    struct listened *list;
    uint32_t n, room;
};

/* A second has gone by: says who has fallen silent and who is back. */
void silence_look(struct worker *w, nsec_t now);
/* What is known of exporter number i, which is this one; or NULL. */
const struct listened *silence_of(const struct silence *s, uint32_t i,
                                  const struct exporter_row *row);
void silence_fini(struct silence *s);

#endif
