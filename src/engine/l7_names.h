/* l7_names.h - the names of a flow: which of two counts, which tells most, and whether the
 * certificate belongs to what was asked for. */
#ifndef WEIR_ENGINE_L7_NAMES_H
#define WEIR_ENGINE_L7_NAMES_H

#include "model/record.h"

/* Adds a string that somebody else wrote unless there is one already or it is empty or NULL. It
 * ends at a NUL, at the latest at size. */
void l7_names_put(struct tail *names, enum string_field field, const char *text, size_t size);

/* Sets STRING_info to the most telling of the names that are there; nothing when there is none. */
void l7_names_put_info(struct tail *names);

/* Client Requested against Server Certificate (A4.14): true when the SNI is in neither of the
 * alternatives (separated by commas) nor, without alternatives, the subject's common name (RFC 6125
 * 6.4.4). False when one side is not known, as it is from TLS 1.3 on. */
bool names_mismatch(const struct tail *names, const char *alternatives, const char *subject);

/* enum confidence of libndpi's word for it: its numbers moved between versions, its words did not.
 * CONFIDENCE_NONE for NULL and for what is not known. */
enum confidence l7_names_confidence(const char *word);

#endif
