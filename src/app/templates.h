/* templates.h - what exporters told of their records, kept in the data directory over a restart. */
#ifndef WEIR_APP_TEMPLATES_H
#define WEIR_APP_TEMPLATES_H

#include "base/settings.h"
#include "engine/engine.h"

/* What each interface's file holds. Zero to begin with; the main thread's. */
struct templates {
    uint64_t written[INTERFACES_MAX]; /* a hash of it */
    bool is_told[INTERFACES_MAX];     /* that it cannot be written */
    nsec_t due;                       /* when it is looked at next */
};

/* Gives each live collector what its exporters told before. Before engine_start(); what cannot be read is
 * logged. */
void templates_recall(const struct settings *s, struct engine *en);

/* Writes what has changed, once a minute of `now`. Waits for the disk. */
void templates_keep(struct templates *t, const struct settings *s, struct engine *en, nsec_t now);

/* The same at once. */
void templates_keep_now(struct templates *t, const struct settings *s, struct engine *en,
                        nsec_t now);

#endif
