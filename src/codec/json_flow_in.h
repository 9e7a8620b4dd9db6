/* json_flow_in.h - a data record of an exporter as one line of JSON: as it was sent, nothing scaled. */
#ifndef WEIR_CODEC_JSON_FLOW_IN_H
#define WEIR_CODEC_JSON_FLOW_IN_H

#include "base/json.h"
#include "codec/flow_in.h"

/* Appends an object: tuple, times and counters under the seeds' names, then every other element of the
 * record under its own. exporter: whose record it is. */
void flow_in_to_json(struct text *t, const struct flow_in *f, const struct addr *exporter);

#endif
