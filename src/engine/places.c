/* places.c - a direct-mapped table of ids. */
#include "engine/places.h"

#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"

void places_init(struct places *ps)
{
    pthread_mutex_init(&ps->lock, NULL);
}

void places_fini(struct places *ps)
{
    mem_free(ACCOUNT_editions, ps->place, PLACES_KEPT * sizeof *ps->place);
    pthread_mutex_destroy(&ps->lock);
}

static struct flow_place *place_of(const struct places *ps, const char *id)
{
    return &ps->place[hash_bytes(id, PLACE_ID) % PLACES_KEPT];
}

void places_keep(struct places *ps, const struct flow_place *place)
{
    pthread_mutex_lock(&ps->lock);
    if (!ps->place)
        ps->place = mem_alloc(ACCOUNT_editions, PLACES_KEPT * sizeof *ps->place);
    if (ps->place)
        *place_of(ps, place->id) = *place;
    pthread_mutex_unlock(&ps->lock);
}

bool places_find(struct places *ps, const char *id, struct flow_place *place)
{
    pthread_mutex_lock(&ps->lock);
    const struct flow_place *known = ps->place ? place_of(ps, id) : NULL;
    bool found = known && !memcmp(known->id, id, PLACE_ID);
    if (found)
        *place = *known;
    pthread_mutex_unlock(&ps->lock);
    return found;
}
