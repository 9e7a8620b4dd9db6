/* protos.h - names of application protocols, categories, breeds and risks by number.
 *
 * The numbers are libndpi's; engine/l7 fills the tables once at start, before threads. Without it
 * numbers print as themselves. Constant afterwards, so any thread may read.
 */
#ifndef WEIR_MODEL_PROTOS_H
#define WEIR_MODEL_PROTOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROTOS_MAX = 1024, CATEGORIES_MAX = 256, BREEDS_MAX = 16, RISKS_MAX = 64 };

/* Remember a name (copied, at most 47 bytes). Out of range is ignored. */
void protos_set(uint16_t id, const char *name, uint8_t category, uint8_t breed);
void protos_set_category(uint8_t id, const char *name);
void protos_set_breed(uint8_t id, const char *name);
void protos_set_risk(uint8_t bit, const char *name, uint16_t score);

/* "TLS", or NULL when there is none of that number. */
const char *protos_name(uint16_t id);
const char *protos_category(uint8_t id);
const char *protos_breed(uint8_t id);
/* Name of the risk whose bit is set at this position; its weight. */
const char *protos_risk(uint8_t bit);
uint16_t protos_risk_score(uint64_t risks);
uint8_t protos_category_of(uint16_t id);
uint8_t protos_breed_of(uint16_t id);

/* Number of a name without regard to case, or -1. */
int protos_find(const char *name, size_t len);

/* nDPI's way: "TLS.Google", or "DNS" when master and app say the same or one is unknown (0). buf
 * has 100 bytes. Returns its length. */
size_t protos_full_name(uint16_t master, uint16_t app, char *buf);

/* One colour index 0..9 per name, the same on every machine. */
unsigned protos_colour(const char *name);

#endif
