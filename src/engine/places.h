/* places.h - where flows live that somebody has been told of, so that asking for one of them again
 * is one look and not a walk over a million.
 *
 * A flow's id says who talked when, and is the same in every run and file; it cannot say where the
 * flow is. The places of the ids that left in rows are kept here, in a table that forgets: what it
 * does not know is looked for once.
 */
#ifndef WEIR_ENGINE_PLACES_H
#define WEIR_ENGINE_PLACES_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { PLACES_KEPT = 8192, PLACE_ID = 32 };

struct flow_place {
    char id[PLACE_ID]; /* as record_flow_id() writes it, without its end */
    uint32_t iface, worker;
    uint32_t slot, generation; /* slot 0: there is no such flow any more */
};

/* Shared by all askers; workers do not see it. */
struct places {
    pthread_mutex_t lock;
    struct flow_place *place; /* PLACES_KEPT of them from the first one on; or NULL */
};

/* Zeroed memory becomes usable, and gives back what it kept. Nobody may ask meanwhile. */
void places_init(struct places *ps);
void places_fini(struct places *ps);

/* Keeps a place under its id. Any thread, as the next. */
void places_keep(struct places *ps, const struct flow_place *place);
/* Finds the place of an id of PLACE_ID digits; false when it is not known. */
bool places_find(struct places *ps, const char *id, struct flow_place *place);

#endif
