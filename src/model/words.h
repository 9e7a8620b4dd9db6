/* words.h - more about the words of enumerated kinds than every reader of records needs. */
#ifndef WEIR_MODEL_WORDS_H
#define WEIR_MODEL_WORDS_H

#include "model/record.h"

/* True when values of the kind are sets of bits: then kind_word() and kind_number() speak of bit
 * positions. */
bool kind_is_set(enum field_kind kind);

/* True when kind_word() knows names of this kind (also those that protos.h holds). */
bool kind_has_words(enum field_kind kind);

/* Values (or bit positions) below this may have a word; 0 when the kind has none. */
uint32_t kind_values(enum field_kind kind);

/* Walks through the words of a kind: *at starts at 0; *value (may be NULL) gets the word's value.
 * NULL at the end. */
const char *kind_next_word(enum field_kind kind, uint32_t *at, uint64_t *value);

/* True when the text of len bytes is this word: any case; blank, - and _ are the same. */
bool word_equal(const char *word, const char *text, size_t len);

/* "Echo request", "Port unreachable"; NULL when there is no name. v6 picks ICMPv6. RFC 792, 4443,
 * 4861 and IANA's registries. */
const char *icmp_name(bool v6, uint8_t type, uint8_t code);

/* type * 256 + code of such a name, or -1. A name that covers all codes gives code 0. */
int32_t icmp_number(bool v6, const char *name, size_t len);

#endif
