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
    EXPORTER_VOIDED = 32,
    EXPORTER_RECENT = 16 /* messages that a repeated one is compared with */
};

/* Who makes room for others: the first ones first. */
enum standing {
    STANDING_NEW,     /* nothing of it could be decoded yet */
    STANDING_PASSING, /* it has sent records, for less than a minute */
    STANDING_SETTLED,
    STANDINGS
};

enum {
    QUOTA_ALL =
        64 << 20,       /* of all exporters together (rule B07): half of it for the settled ones */
    QUOTA_ONE = 4 << 20 /* of one */
};

/* Memory of the exporters of a collector, by standing, so that those of nobody cannot use up what those who
 * have settled need. */
struct quota {
    size_t held[STANDINGS], most[STANDINGS];
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
    uint16_t port;    /* of its transport session; 0 where ports mean nothing */
    bool is_stream;   /* TCP */
    bool has_ended;   /* the stream has */
    bool is_younger;  /* others with its key were heard before: its elders, or its neighbours */
    uint8_t standing; /* enum standing */
    uint32_t place;   /* in the collector's table */
    uint64_t born;    /* how many the collector had known before */
    struct exporter *older, *newer; /* of its standing, by when they were heard */
    struct quota *quota;
    size_t held;             /* bytes of it */
    uint32_t refused;        /* how often it had no room, since that was counted */
    nsec_t first, last, gap; /* gap: the longest between two messages */
    uint64_t datagrams, bytes, records, options;
    uint64_t lost, reordered, duplicate, no_template, malformed;
    uint64_t restarts;
    int64_t skew;

    struct template **templates; /* in order of id */
    uint32_t template_count, template_room;
    /* Ids whose last layout was refused: their data is of a layout that nobody knows. 0 = free. */
    uint16_t voided[EXPORTER_VOIDED];
    uint32_t voided_at;

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

    nsec_t changed_second;      /* when templates changed last, in whole seconds ... */
    uint32_t changes_in_second; /* ... and how often in that one */

    nsec_t spoke;       /* since when `sentences` has not grown */
    uint32_t sentences; /* that it may say yet */
    uint32_t unsaid;    /* that it was not let */
};

/* Takes memory of its share. False when there is no room for it, which is counted. */
bool exporter_claim(struct exporter *x, size_t bytes);
void exporter_unclaim(struct exporter *x, size_t bytes);

/* Gives back what it holds, but not itself. Parked data must be gone. */
void exporter_fini(struct exporter *x);

/* The template with this id, or NULL. */
struct template *exporter_template(const struct exporter *x, uint16_t id);

enum learnt { LEARNT_NEW, LEARNT_SAME, LEARNT_CHANGED };

/* Keeps t, which it owns from now on; an older one with the same id is freed. *evicted says whether
 * the least used other ones had to go. False without room for it (t is freed). */
bool exporter_take_template(struct exporter *x, struct template *t, bool *evicted);
void exporter_forget_template(struct exporter *x, uint16_t id);
/* Forgets it, and remembers that its data must not wait for a layout, until a good one comes. */
void exporter_void_template(struct exporter *x, uint16_t id);
bool exporter_has_voided(const struct exporter *x, uint16_t id);
/* All of one kind (withdrawal of all), or with both true all (a restart, B08). */
void exporter_forget_templates(struct exporter *x, bool data, bool options);

/* Templates may change ten times in a second of packet time: more is an attack, or two exporters that cannot
 * be told apart. False when there were too many changes, is_change counting as one, for what is left of
 * the second: then nothing new is to be learnt (rule B07). */
bool exporter_may_announce(struct exporter *x, bool is_change, nsec_t now);

/* y has followed elder, which is about to be forgotten: it takes over its counters and what it has told, but
 * for its templates, and where it has told nothing of the kind itself. */
void exporter_succeed(struct exporter *y, struct exporter *elder);

/* Room for one more of its array that doubles, of `most` at most; NULL when there is none. */
void *exporter_grow(struct exporter *x, void *old, uint32_t count, uint32_t *room, size_t size,
                    uint32_t most);

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
