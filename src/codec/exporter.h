/* exporter.h - what a collector knows about one exporter: templates, sequence, sampling, names.
 *
 * An exporter is a source of one protocol with one observation domain. Its memory is bounded, so that
 * it can only push out what is its own (rule B07). Private to the codecs; others use collector.h.
 */
#ifndef WEIR_CODEC_EXPORTER_H
#define WEIR_CODEC_EXPORTER_H

#include "codec/collector.h"
#include "codec/template.h"

enum {
    EXPORTERS = 4096,
    EXPORTER_TEMPLATES = 512,
    EXPORTER_SAMPLERS = 256,
    EXPORTER_NAMES = 4096,
    EXPORTER_INTERFACES = 4096,
    EXPORTER_RECENT = 16 /* messages that a repeated one is compared with */
};

enum exporter_name { NAME_APPLICATION, NAME_VRF, NAME_SAMPLER };

/* One rate and who said it; rate 0 = nobody did. */
struct told_rate {
    uint32_t rate, before;
    uint8_t mode;   /* enum sampling_mode */
    uint8_t source; /* enum sampling_source */
    nsec_t changed;
};

struct sampler {
    uint64_t id;
    struct told_rate told;
};

struct told_name {
    uint64_t id;
    uint8_t kind; /* enum exporter_name */
    char text[EXPORTER_NAME];
};

/* The last messages, to know one that the network has doubled. */
struct recent_message {
    uint32_t sequence;
    uint32_t len;
    uint64_t hash;
};

struct parked;

/* Owner: the worker of its collector. Never moves; freed with the collector. */
struct exporter {
    struct addr addr;
    uint32_t domain;
    uint8_t telemetry;
    uint16_t port;
    bool has_flows; /* records were handed on, so others may hold a pointer to it */
    nsec_t first, last;
    uint64_t datagrams, bytes, records, options;
    uint64_t lost, reordered, duplicate, no_template, malformed;
    uint64_t restarts;
    int64_t skew;

    struct template **templates; /* in order of id */
    uint32_t template_count, template_room;

    bool has_sequence;
    uint8_t ways_ruled_out; /* of counting what sequence numbers count (sequence.c) */
    uint32_t last_sequence, next_sequence;
    bool has_uptime;
    uint32_t uptime;
    nsec_t uptime_exported; /* the message's time at that uptime */
    nsec_t restarted;
    uint32_t recent_at;
    struct recent_message recent[EXPORTER_RECENT];

    nsec_t boot;              /* systemInitTimeMilliseconds of options */
    struct told_rate whole;   /* for all that it sends, by configuration or options */
    struct told_rate seen;    /* the last one that a header or a record stated */
    struct sampler *samplers; /* in order of id */
    uint32_t sampler_count, sampler_room;
    /* What follows for a record that says nothing itself. */
    uint32_t sampling;
    uint8_t sampling_source;

    struct interface_row *interfaces; /* in order of index */
    uint32_t interface_count, interface_room;
    struct told_name *names; /* in order of kind and id */
    uint32_t name_count, name_room;
    char name[EXPORTER_NAME];
    uint64_t probe_dropped; /* flows that it told to have not sent */

    struct parked *parked, *parked_last;
    size_t parked_bytes;
    uint64_t parked_sets;

    nsec_t spoke;       /* since when `sentences` has not grown */
    uint32_t sentences; /* that it may say yet */
    uint32_t unsaid;    /* that it was not let */
};

/* Gives back what it holds, but not itself. Parked data must be gone. */
void exporter_fini(struct exporter *x);

/* The template with this id, or NULL. */
struct template *exporter_template(const struct exporter *x, uint16_t id);

enum learnt { LEARNT_NEW, LEARNT_SAME, LEARNT_CHANGED };

/* Keeps t, which it owns from now on; an older one with the same id is freed. *evicted says whether
 * the least used other one had to go. False when out of memory (t is freed). */
bool exporter_take_template(struct exporter *x, struct template *t, bool *evicted);
void exporter_forget_template(struct exporter *x, uint16_t id);
/* All of one kind (withdrawal of all), or with both true all (a restart, B08). */
void exporter_forget_templates(struct exporter *x, bool data, bool options);

/* Room for one more of an array that doubles, of `most` at most; NULL when there is none. */
void *exporter_grow(void *old, uint32_t count, uint32_t *room, size_t size, uint32_t most);

/* A name of strangers: up to its first NUL and without control characters. */
void exporter_copy_name(char to[EXPORTER_NAME], const uint8_t *text, size_t len);

/* Names told by options. Text need not end; control characters are left out. */
void exporter_set_name(struct exporter *x, enum exporter_name kind, uint64_t id,
                       const uint8_t *text, size_t len);
const char *exporter_name_of(const struct exporter *x, enum exporter_name kind, uint64_t id);

/* An interface is told of (exporter_interfaces.c): a name or description that is not empty, or counters. */
void exporter_name_interface(struct exporter *x, uint32_t index, const uint8_t *text, size_t len);
void exporter_describe_interface(struct exporter *x, uint32_t index, const uint8_t *text,
                                 size_t len);
void exporter_count_interface(struct exporter *x, const struct interface_counters *c);

#endif
