/* json_record.h - records as JSON: one line with the seeds' names, or objects of the REST API. */
#ifndef WEIR_CODEC_JSON_RECORD_H
#define WEIR_CODEC_JSON_RECORD_H

#include "base/json.h"
#include "model/record.h"

/* Appends one object on one line, without a line feed, with the names of fields.def's seed column
 * in its order. IPV4_ in a name becomes IPV6_ when the address is one. Addresses, ports, PROTOCOL,
 * SRC_VLAN, IN_ and OUT_ counters, times and the application are always there, the rest when it is
 * set. FIRST_SWITCHED and LAST_SWITCHED are seconds, ..._MILLISECONDS milliseconds, latencies
 * milliseconds with three decimals; L7_PROTO is a number, or "91.126" when master and application
 * differ. Any thread. Out of memory: see text.failed. */
void record_to_json_seed(struct text *t, const struct record *r);

/* Best known names of the two ends; NULL or "" where there is none. */
struct record_names {
    const char *client, *server;
};

/* Writes the keys of the REST API (docs/api.md) into an object that the caller has opened and
 * closes: the chosen fields, or with n == 0 all. What has nothing to say is left out. A dot in a
 * key makes an object. names may be NULL. */
void record_members_to_json_api(struct json *j, const struct record *r,
                                const struct field *const *fields, size_t n,
                                const struct record_names *names);

/* The same as a whole object without names. */
void record_to_json_api(struct json *j, const struct record *r, const struct field *const *fields,
                        size_t n);

/* One field's value in the form of the REST API; null when it has nothing to say. */
void record_value_to_json(struct json *j, const struct record *r, const struct field *f);

#endif
