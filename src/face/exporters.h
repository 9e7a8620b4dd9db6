/* exporters.h - exporters as people see them: one row per address, over its domains and protocols.
 *
 * The engine knows an exporter by address, domain and protocol; people know it by its address. For
 * the API and for metrics.
 */
#ifndef WEIR_FACE_EXPORTERS_H
#define WEIR_FACE_EXPORTERS_H

#include "base/json.h"
#include "engine/question.h"

/* Sums over all that one address exports. */
struct exporter_sum {
    struct addr addr;
    char ip[ADDR_TEXT], name[64], protocol[96], filter[80], sampling_source[16], state[16];
    nsec_t first, last;
    uint64_t domains, silent_ms;
    uint64_t datagrams, export_bytes, records, options;
    uint64_t lost_records, lost_messages;
    uint64_t reordered, duplicate, no_template, parked, malformed, restarts;
    int64_t skew_ms;
    uint64_t templates, sampling;
    uint64_t bytes, packets, bps;    /* scaled */
    uint64_t raw_bytes, raw_packets; /* the same as it was sent */
    uint64_t dup_bytes, dup_packets; /* told by others, too, and counted there; scaled */
    uint8_t best_state;              /* enum exporter_state */
    bool is_heard;                   /* since the start */
    uint32_t row, rows;              /* its part of the engine's rows */
};

/* All exporters, in order of their addresses. Owner: who asked; exporter_sums_free(). */
struct exporter_sums {
    uint32_t n;
    struct exporter_sum *sum;
    struct answer *answer; /* the rows that were summed */
};

struct engine;

/* Asks for those of one interface, -1 = all. n is 0 when there are none or there is no memory. */
void exporter_sums_ask(struct exporter_sums *x, struct engine *en, int iface);
/* The one of this address, with its detail in the answer. */
void exporter_sums_ask_one(struct exporter_sums *x, struct engine *en, int iface,
                           const struct addr *addr);
void exporter_sums_free(struct exporter_sums *x);

/* "interfaces", "layouts" and "rates" into an open object. */
void exporter_detail_keys(struct json *j, const struct exporter_detail *d);

/* The word for a state: "sends". */
const char *exporter_state_word(enum exporter_state state);
/* How a protocol is called: "NetFlow v9". */
const char *telemetry_title(enum telemetry t);
/* True when its sequence numbers count records, false for messages. NetFlow v1 counts nothing. */
bool telemetry_counts_records(enum telemetry t);

#endif
