/* collect.h - keeps the records of a reading in little memory and gives them back in order.
 *
 * Each worker has its keeper, a sink. A record is kept as its words that are not zero: about a
 * third of its size. What says where the flow lived in the engine is not kept, so that the same
 * file gives the same bytes for any number of workers.
 */
#ifndef WEIR_APP_COLLECT_H
#define WEIR_APP_COLLECT_H

#include "engine/plug.h"
#include "model/filter.h"

struct collect_chunk;

/* A record that was kept. key orders most of them without unpacking. */
struct kept {
    uint64_t key;
    const uint8_t *packed; /* belongs to the keeper's chunks */
};

/* One worker's. Used by its thread while the engine runs, by anyone afterwards. */
struct keeper {
    struct sink sink; /* first: what the worker calls */
    const struct filter *filter;
    struct collect_chunk *chunks;
    struct kept *kept;
    size_t n, room;
    uint64_t seen; /* records that came */
    uint64_t lost; /* records for which there was no memory */
};

/* Records that match the filter (NULL: all) will be kept. keeper_fini() gives all back. */
void keeper_init(struct keeper *c, const struct filter *filter);
void keeper_fini(struct keeper *c);

/* How to order: by a field, ties and no field by record_order(). */
struct order {
    const struct field *by;
    bool largest_first;
};

/* All that n keepers kept, in order; borrows their memory. */
struct collection {
    struct kept *kept;
    size_t n;
    uint64_t seen, lost;
};

/* False with a sentence when out of memory. */
bool collection_gather(struct collection *all, const struct keeper *from, unsigned n,
                       const struct order *order, struct err *e);
void collection_free(struct collection *all);

/* Unpacks the record at an index below n. */
void collection_get(const struct collection *all, size_t index, struct record *r);

#endif
