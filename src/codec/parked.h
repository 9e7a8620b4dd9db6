/* parked.h - data sets that came before their template, kept until it comes.
 *
 * They wait for at most a minute of packet time, in bounded memory and number of their exporter; then they
 * are counted as records without a template. */
#ifndef WEIR_CODEC_PARKED_H
#define WEIR_CODEC_PARKED_H

#include "codec/collector_private.h"

/* Keeps a copy of a set and of the times of its message. False when there is no room for it. */
bool parked_keep(struct collector *c, const struct message *m, uint16_t id, struct cursor set);

/* Decodes, with their own times, all sets that waited for t, which its exporter has just learnt.
 * Returns how many records they had. */
uint32_t parked_release(struct collector *c, const struct message *m, struct template *t);

/* Counts sets that wait for this id as lost: the layout that they were of is not known and will not be. */
void parked_drop(struct collector *c, struct exporter *x, uint16_t id);

/* Counts sets that have waited since before `since`; INT64_MAX for all. */
void parked_expire(struct collector *c, struct exporter *x, nsec_t since);

#endif
