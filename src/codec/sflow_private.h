/* sflow_private.h - what the files of the sFlow decoder share. */
#ifndef WEIR_CODEC_SFLOW_PRIVATE_H
#define WEIR_CODEC_SFLOW_PRIVATE_H

#include "base/cursor.h"
#include "codec/sflow.h"

/* Type and address as sFlow writes them: 1 and four bytes, 2 and sixteen; else the cursor gets bad. */
struct addr sflow_addr(struct cursor *c);

/* Length, bytes, padding to four. */
struct sflow_text sflow_text(struct cursor *c);

/* Reads what one record of a flow sample says into s. format as in version 5 with enterprise 0;
 * version decides what gateway and user records look like. False when the format is not known; then
 * nothing was read. */
bool sflow_flow_record(struct cursor *c, uint32_t format, uint32_t version, struct sflow_sample *s);

/* The same for a record of a counter sample. */
bool sflow_counter_record(struct cursor *c, uint32_t format, struct sflow_counters *s);

/* The size of a record whose structure never changes; 0 where it does. */
size_t sflow_record_size(uint32_t format);

#endif
