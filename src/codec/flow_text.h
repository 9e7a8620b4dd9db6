/* flow_text.h - flows as probes send them over ZMQ: JSON objects and nDPI's TLV, into flow_in. */
#ifndef WEIR_CODEC_FLOW_TEXT_H
#define WEIR_CODEC_FLOW_TEXT_H

#include "codec/flow_fill.h"

/* Takes one record; f->flow and all it borrows stay until the callback returns. Its raw.each gives
 * every field again: JSON's nested objects as "OUTER.INNER", text without escapes, numbers as text. */
typedef void flow_text_record(void *to, const struct flow_fill *f);

/* Each object of a JSON document (one, or an array of them) is a record. False when the document is
 * not JSON to its end; the objects before the damage were told. received: see flow_fill_begin().
 * Any thread. */
bool flow_json_decode(const struct flow_keys *keys, const uint8_t *bytes, size_t len,
                      nsec_t received, flow_text_record *record, void *to);

/* The same for TLV. Lists and blocks inside are refused, as ntop's own readers do. */
bool flow_tlv_decode(const struct flow_keys *keys, const uint8_t *bytes, size_t len,
                     nsec_t received, flow_text_record *record, void *to);

#endif
