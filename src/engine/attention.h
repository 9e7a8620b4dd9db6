/* attention.h - flows that somebody looks at: the latest record about each, with every field as it was sent.
 *
 * A flow keeps what has a column. What exporters say beyond that (elements that nobody knows, extra keys
 * of a probe's JSON) would cost memory for each flow and is read by nobody, so it is kept only while a
 * flow is asked for: from then on its next records, one a second at most.
 */
#ifndef WEIR_ENGINE_ATTENTION_H
#define WEIR_ENGINE_ATTENTION_H

#include "engine/question.h"

enum { ATTENTION_FLOWS = 4 /* looked at at once; the one asked for longest ago goes */ };

struct attended {
    uint64_t hash; /* of the flow's key */
    nsec_t asked, kept;
    struct told_row *row; /* NULL until a record has come */
};

/* Zeroed is empty. Owner: one worker. */
struct attention {
    unsigned n; /* flows that are looked at: the one thing that each record's way reads */
    struct attended flow[ATTENTION_FLOWS];
};

/* Somebody asks for the flow with this hash at this time of the worker. Returns its latest record, NULL when
 * none has come since it is looked at; valid until the next call. */
const struct told_row *attention_ask(struct attention *a, uint64_t hash, nsec_t now);

/* True when the record of a flow should be handed to attention_keep(). */
static inline bool attention_wants(const struct attention *a, uint64_t hash, nsec_t now)
{
    for (unsigned i = 0; i < a->n; i++)
        if (a->flow[i].hash == hash)
            return !a->flow[i].row || now >= a->flow[i].kept + SECOND;
    return false;
}

/* Takes a copy of the record of a flow that is looked at. */
void attention_keep(struct attention *a, uint64_t hash, nsec_t now, const struct told_row *row);

/* Forgets flows that nobody has asked for lately. */
void attention_tick(struct attention *a, nsec_t now);
void attention_fini(struct attention *a);

#endif
