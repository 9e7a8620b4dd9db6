/* exporter_rows.h - what can be asked about an exporter: its templates, sampling and interfaces, as values.
 *
 * Rows are copies, so that they may leave the thread of the collector; the exporter they are read
 * from may not. All times are packet time in nanoseconds.
 */
#ifndef WEIR_CODEC_EXPORTER_ROWS_H
#define WEIR_CODEC_EXPORTER_ROWS_H

#include "base/clock.h"
#include "net/addr.h"

struct exporter;

enum { EXPORTER_NAME = 64 /* octets of a name that somebody told, with the NUL */ };

enum telemetry {
    TELEMETRY_NONE,
    TELEMETRY_NETFLOW1,
    TELEMETRY_NETFLOW5,
    TELEMETRY_NETFLOW7,
    TELEMETRY_NETFLOW9,
    TELEMETRY_IPFIX,
    TELEMETRY_SFLOW2,
    TELEMETRY_SFLOW4,
    TELEMETRY_SFLOW5,
    TELEMETRY_ZMQ,
    TELEMETRIES
};

/* What an exporter is and does. */
struct exporter_row {
    struct addr addr;
    uint32_t domain;
    uint8_t telemetry; /* enum telemetry */
    nsec_t first, last;
    uint64_t datagrams, bytes, records, options;
    uint64_t lost; /* by sequence numbers: records (IPFIX, v5), datagrams (v9, sFlow) */
    uint64_t reordered, duplicate, no_template, malformed, parked;
    uint64_t restarts;
    int64_t skew; /* exporter's clock minus ours, nanoseconds */
    uint32_t templates;
    uint32_t sampling;
    uint8_t sampling_source;
    char name[EXPORTER_NAME]; /* told by options or a probe, "" = none */
    uint16_t
        port; /* that it sends from: two with the same address and domain differ in it; 0 = any */
};

/* A layout that an exporter announced. The fixed ones of NetFlow v1, v5 and v7 stand under their version. */
struct template_row {
    nsec_t learnt, used; /* when this layout came first; when it was last announced or needed */
    uint64_t records;    /* decoded with this layout, options data too */
    uint32_t octets;     /* of a record; the least that one has where it is variable */
    uint32_t changes;    /* how often its id was given another layout */
    uint16_t id, fields;
    bool is_options, is_variable;
};

/* One field of a template. */
struct template_field_row {
    uint32_t pen;
    uint16_t id;
    uint16_t octets; /* TEMPLATE_VARIABLE (65535): its length stands before it */
    bool is_scope;
    const char *name; /* constant; "" when no table knows the element */
};

/* How packets were chosen; IANA calls most of it selectorAlgorithm. */
enum sampling_mode {
    SAMPLING_MODE_UNKNOWN,
    SAMPLING_MODE_COUNT,  /* every n-th packet */
    SAMPLING_MODE_TIME,   /* those of some moments */
    SAMPLING_MODE_RANDOM, /* n of N, or each with a probability; sFlow, too */
    SAMPLING_MODE_MATCH   /* by what stands in them: properties or a hash */
};

/* One rate that an exporter told or that was configured for it. */
struct sampling_row {
    uint64_t id;     /* sampler or selector; of sFlow the data source's ifIndex */
    bool has_id;     /* false: for all that the exporter sends */
    uint8_t mode;    /* enum sampling_mode */
    uint8_t source;  /* enum sampling_source */
    uint32_t rate;   /* one packet stands for so many */
    uint32_t before; /* the rate that it replaced, 0 = none */
    nsec_t
        changed; /* when it was told first, or last became another one; 0 = from configuration or file */
    char name[EXPORTER_NAME];
};

/* Interface counters as sFlow or a probe tells them (RFC 2863 names). What is not counted is 0. */
struct interface_counters {
    const struct exporter *exporter;
    nsec_t at; /* when they came */
    uint32_t index;
    uint32_t type; /* ifType, 0 = not said */
    char name[EXPORTER_NAME];
    uint64_t speed; /* bit/s */
    uint8_t direction, admin_up, oper_up;
    uint64_t in_octets, out_octets, in_packets, out_packets;
    uint64_t in_errors, out_errors, in_discards, out_discards;
    uint64_t fcs_errors,
        collisions; /* of Ethernet: alignment and check sum; all kinds of collisions */
};

/* An interface of an exporter, by options data, counters or a probe's list of names. */
struct interface_row {
    uint32_t index;
    char name[EXPORTER_NAME], description[EXPORTER_NAME]; /* "" = nobody told */
    uint64_t speed;                                       /* bit/s, 0 = not told */
    struct interface_counters last; /* at is 0 when no counters came; exporter is NULL */
};

/* Row number i, from 0, in order of id; false past the end. The collector's thread. */
bool exporter_template_row(const struct exporter *x, unsigned i, struct template_row *row);
/* Field number `field`, from 0, of its template number i; false past the end of either. */
bool exporter_template_field(const struct exporter *x, unsigned i, unsigned field,
                             struct template_field_row *row);
/* Rates: first the one for the whole exporter, if there is one, then its samplers'. */
bool exporter_sampling_row(const struct exporter *x, unsigned i, struct sampling_row *row);
bool exporter_interface_row(const struct exporter *x, unsigned i, struct interface_row *row);

/* Its address, which lives as long as it does; NULL gives the address that is none. */
const struct addr *exporter_address(const struct exporter *x);
/* The exporter as a row. */
void exporter_to_row(const struct exporter *x, struct exporter_row *row);
/* Name of an exporter's interface, its description where it has no name, "" when nobody told. */
const char *exporter_interface(const struct exporter *x, uint32_t index);

#endif
