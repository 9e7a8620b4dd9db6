/* question.h - how others ask the engine: a question goes to workers, rows come back.
 *
 * The asker fills a struct question and calls question_ask(); each worker of the interface answers
 * between bursts, a slice at a time, into memory of the answer; question_ask() merges and returns.
 * A worker that is late is left out and complete says so; its part is freed when it is done with
 * it. Rows are values: nothing points into the engine.
 */
#ifndef WEIR_ENGINE_QUESTION_H
#define WEIR_ENGINE_QUESTION_H

#include "codec/collector.h"
#include "engine/host.h"
#include "engine/meter.h"
#include "model/filter.h"

struct engine;

enum question_kind {
    QUESTION_FLOWS,  /* rows of struct record: active flows that match */
    QUESTION_FLOW,   /* the one with flow_id */
    QUESTION_HOSTS,  /* rows of struct host_row */
    QUESTION_HOST,   /* one struct host_detail, by addr and vlan */
    QUESTION_GROUPS, /* rows of struct group_row of group_kind */
    QUESTION_TOP,    /* rows of struct top_row: active flows that match, summed by a field */
    QUESTION_TOTALS, /* one struct totals_row */
    QUESTION_SERIES, /* the interface's last hour, second by second: struct series_row per line */
    QUESTION_NAMES,  /* struct name_row of each host in `named`, in its order */
    QUESTION_EVENTS, /* rows of struct event_row, newest first */
    QUESTION_EXPORTERS, /* rows of struct exporter_view, by address, domain and protocol */
    QUESTION_EXPORTER,  /* one address: its struct exporter_view (of one domain, if asked so) and
                           struct exporter_detail */
    QUESTION_METER, /* rows of struct series_row: counters of an exporter's interface, the last hour */
    QUESTION_TEMPLATES, /* rows of struct kept_exporter: what is to survive a restart */
    QUESTION_TOLD, /* rows of struct told_row: what exporters told that is no traffic, newest first */
};

enum { QUESTION_ROWS = 10000 /* most rows (offset + limit) of one answer */ };

/* Which host is meant. */
struct host_id {
    struct addr addr;
    uint16_t vlan;
    uint32_t iface; /* UINT32_MAX = any */
};

struct question {
    enum question_kind kind;
    int iface;                   /* number of the interface, -1 = all */
    const struct filter *filter; /* FLOWS, TOP; HOSTS: only hosts with a matching active flow */
    const struct field *sort;    /* FLOWS: of field_table; HOSTS, GROUPS: of host_field_table by api
                                    name; NULL = bytes */
    bool ascending;
    uint32_t offset, limit;
    char flow_id[33];   /* FLOW */
    struct addr addr;   /* HOST, EXPORTER, METER */
    uint32_t interface; /* METER: SNMP index */
    bool one_domain;    /* EXPORTER: of `domain` alone */
    uint32_t domain;
    uint16_t vlan;          /* HOST */
    int hosts_local;        /* HOSTS: 1 only local, 0 only remote, -1 all */
    const char *host_text;  /* HOSTS: only hosts whose address or name contains this; or NULL */
    enum group_kind group;  /* GROUPS */
    const struct field *by; /* TOP: cli.ip, srv.ip, app, vlan ...; NULL with by_host */
    bool by_host;           /* TOP: by either end (each flow counts for both) */
    const struct host_id *named; /* NAMES: named_n of them */
    uint32_t named_n;
    uint32_t seconds; /* SERIES: how many of the last seconds */
    bool fresh;       /* of the workers themselves, not of what they have published */
    nsec_t timeout;   /* how long to wait for workers; 0 = 1 s */
};

/* One line of QUESTION_TOP. */
struct top_row {
    char key[128];     /* value of the field as record_print() writes it */
    struct addr addr;  /* when the field is an address */
    uint16_t vlan;     /* in which it was seen; or one of several */
    uint64_t bytes[2]; /* client to server, server to client; by_host: sent, received */
    uint64_t packets[2];
    uint64_t bps;
    uint64_t flows;
};

/* Everything an interface counts, as sums over its workers. Ledger included. */
struct totals_row {
    nsec_t now;         /* packet time (files) or wall time (live) of the engine */
    nsec_t first, last; /* first and last packet */
    uint64_t packets[REASONS], bytes[REASONS]; /* frames and wire bytes per reason */
    uint64_t received, received_bytes;         /* from the source */
    uint64_t kernel_dropped, interface_dropped, filtered, damaged;
    uint64_t wire_packets, wire_bytes;     /* delivered to the decoders */
    uint64_t ip_packets, ip_bytes;         /* of flows, by the key's IP header */
    uint64_t overhead_bytes;               /* wire bytes around those IP packets */
    uint64_t record_packets, record_bytes; /* told by exporters: among ip_*, never on our wire */
    uint64_t excess_bytes;                 /* IP bytes claimed beyond the wire (length lies) */
    uint64_t ip_v4_bytes, ip_v6_bytes;
    struct traffic l4[L4_CLASSES]; /* client to server and back */
    uint64_t local_bytes[4],
        local_packets[4];                  /* by enum locality, client to server and back added */
    uint64_t upload_bytes, download_bytes; /* local to remote, remote to local, by packet */
    uint64_t goodput_bytes;
    uint64_t retrans, ooo, lost, keepalive, zero_window;
    uint64_t tcp_syn, tcp_synack, tcp_fin, tcp_rst;
    uint64_t sizes[SIZE_BINS]; /* IP packets by size */
    uint64_t flows_active, flows_created, flows_ended, flows_evicted;
    uint64_t flow_packets_active, flow_bytes_active; /* L3: what active flows hold ... */
    uint64_t flow_packets_ended, flow_bytes_ended;   /* ... and what went with ended ones */
    uint64_t hosts_active, hosts_local, devices;     /* by how many all workers know together */
    uint64_t hosts_held, hosts_created;              /* L3: by worker */
    uint64_t hosts_forgotten, hosts_evicted;         /* after silence; to make room */
    uint64_t emergencies, emergency; /* times that flows had to make room, and whether they must */
    uint64_t bps, pps, upload_bps, download_bps;                    /* of the last whole second */
    uint64_t datagrams, records, records_accepted, records_options; /* L4: what a collector took */
    uint64_t records_taken;   /* handed to the engine, sampled frames included ... */
    uint64_t records_counted; /* ... and counted at flows */
    uint64_t sampled_frames, counter_samples;
    uint64_t records_told; /* L5: given to sinks, of flows that ended or go on */
    uint64_t record_losses[LOSSES];
    uint64_t dpi_open;
    uint64_t questions, question_ns;  /* answered, and time spent on it */
    uint64_t alerted_flows;           /* active flows with a risk or problem */
    uint64_t problem_flows[PROBLEMS]; /* the same by enum problem; [PROBLEM_NONE] says nothing */
    uint64_t catching_up; /* workers of a shared file that are not at its end: `received` is late */
    unsigned workers, workers_done; /* workers_done: files read to the end */
};

/* One line of QUESTION_SERIES: name, then a value for each second. */
struct series_row {
    char name[64];    /* "upload", "download", "internal", "packets", "flows", "hosts", "drops",
                           "retrans", or "app:TLS.Google" (the ten largest and "app:other") */
    char unit[12];    /* bytes, packets, count */
    uint32_t n, step; /* seconds of each value: 1, METER_STEP */
    nsec_t end;       /* of the last one */
    uint64_t *value;  /* n values, oldest first; UINT64_MAX = no data. Owned by the answer */
};

/* One line of QUESTION_NAMES. */
struct name_row {
    char name[64]; /* "" = none is known */
    uint8_t rank;  /* how good it is, enum name_rank */
};

enum event_kind {
    EVENT_NEW_HOST,
    EVENT_NEW_DEVICE,
    EVENT_NEW_APP,
    EVENT_BIG_FLOW,
    EVENT_PROBLEM,
    EVENT_INTERFACE,
    EVENT_EMERGENCY,
    EVENT_EXPORTER
};
struct event_row {
    nsec_t ts;
    enum event_kind kind;
    char text[160];  /* a sentence */
    char filter[96]; /* expression that shows the flows behind it, or "" */
    char link[48];   /* flow id or host address, or "" */
};

enum exporter_state {
    EXPORTER_SENDS,
    EXPORTER_SILENT,    /* it was regular, and is not heard any more; there was an event */
    EXPORTER_REMEMBERED /* known from before the start only */
};

/* An observation domain of an exporter in one protocol: what it sends, and what became of it. Its traffic
 * is counted by address and domain; of several protocols of one domain the first row tells it. */
struct exporter_view {
    struct exporter_row row;
    uint32_t iface;          /* of Weir */
    uint8_t state;           /* enum exporter_state */
    nsec_t silence;          /* since its last datagram */
    nsec_t usual;            /* the longest pause of late, 0 = not known yet */
    uint64_t bytes, packets; /* counted, multiplied by sampling; */
    uint64_t bps;            /* of the last second */
    struct group_told told;  /* the same as sent; what others had told; records of traffic */
};

/* An interface of an exporter: what its records say, and what its counters. */
struct exporter_if_row {
    uint32_t index;
    char name[EXPORTER_NAME], description[EXPORTER_NAME];
    uint64_t speed;         /* bit/s, 0 = not told */
    nsec_t first, last;     /* of its records and counters */
    struct traffic traffic; /* of its records, in [0] and out [1] */
    uint64_t bps;
    struct interface_counters counters; /* as last told; at is 0 when none came */
    nsec_t interval;                    /* between the last two samples, 0 = there is one alone */
    uint64_t delta[METER_COLUMNS];      /* what came in between, */
    uint64_t total[METER_COLUMNS];      /* and since the first one */
    uint32_t restarts;
};

/* A layout that an exporter announced in one of its domains; its fields are in exporter_detail.field. */
struct exporter_template {
    uint32_t domain;
    uint8_t telemetry;
    uint16_t port; /* of exporter_row */
    bool is_heard; /* else it is from before the start */
    struct template_row row;
    uint32_t first_field, fields;
};

struct exporter_sampling {
    uint32_t domain;
    uint8_t telemetry;
    uint16_t port;
    bool is_heard;
    struct sampling_row row;
};

/* Of QUESTION_EXPORTER: interfaces by index, templates and rates by domain, protocol and id. */
struct exporter_detail {
    uint32_t interfaces, interfaces_room;
    uint32_t templates, templates_room;
    uint32_t fields, fields_room;
    uint32_t samplings, samplings_room;
    struct exporter_if_row *interface;
    struct exporter_template *template;
    struct template_field_row *field;
    struct exporter_sampling *sampling;
};

/* Templates and sampling of an exporter, packed (collector_pack()). */
struct kept_exporter {
    struct addr addr;
    uint32_t domain;
    uint8_t telemetry;
    uint16_t port;
    bool is_heard;      /* in this run */
    nsec_t last;        /* when it was heard last */
    struct text packed; /* owned by the answer */
};

/* One record of an exporter that is no traffic: a firewall's event, a message. */
struct told_row {
    nsec_t ts;
    struct addr exporter;
    uint32_t domain;
    bool is_event; /* else a message */
    uint8_t event; /* element 233: 1 created, 2 deleted, 3 denied ...; 0 = not said */
    uint8_t proto;
    uint16_t src_port, dst_port;
    struct addr src, dst; /* none where it is about no flow */
    char fields[1536];    /* all of it as a JSON object */
};

/* One exporter on the way of a flow, in the order in which they told of it. */
struct hop_row {
    struct addr exporter;
    uint32_t domain, in_if, out_if;
    nsec_t last; /* when a record of it came last */
};

enum { ANSWER_HOPS = 4 };

struct answer {
    bool complete;  /* every worker asked has answered in time */
    bool found;     /* FLOW, HOST */
    uint64_t total; /* rows that match, of which n are here */
    nsec_t now;     /* engine time */
    uint32_t n;
    struct record *records;          /* FLOWS, FLOW */
    struct host_row *hosts;          /* HOSTS */
    struct host_detail *host;        /* HOST */
    struct group_row *groups;        /* GROUPS */
    struct top_row *tops;            /* TOP */
    struct totals_row *totals;       /* TOTALS */
    struct series_row *series;       /* SERIES, METER */
    struct name_row *names;          /* NAMES */
    struct event_row *events;        /* EVENTS */
    struct exporter_view *exporters; /* EXPORTERS, EXPORTER */
    struct exporter_detail exporter; /* EXPORTER; owned by the answer */
    struct kept_exporter *kept;      /* TEMPLATES; each exporter once, as who hears it knows it */
    struct told_row *told;           /* TOLD */
    struct hop_row hop[ANSWER_HOPS]; /* FLOW: hops of them, where exporters told of it */
    uint32_t hops;
    struct told_row
        *latest; /* FLOW: a record about it with every field, since it is asked for; or NULL */
    uint64_t sum_bytes, sum_packets; /* FLOWS: over all matching rows, not only those here */
    uint64_t sum_bps;
};

/* What live workers have published of the last second is taken where it says all that is asked:
 * totals; the first rows of all flows or hosts by traffic or throughput. For the rest they are
 * asked.
 *
 * Asks and waits. Any thread but a worker's. Always returns an answer, which the caller gives back
 * with answer_free(); complete is false when something is missing. The filter must stay valid
 * until the call returns (parts left behind keep their own copy). */
struct answer *question_ask(struct engine *en, const struct question *q);

/* CPU time of workers that the questions of this thread have taken so far. */
nsec_t question_spent(void);

/* Gives an answer back; NULL is ignored. Any thread. */
void answer_free(struct answer *a);

/* Row of host_fields.def by api key or operand, NULL when there is none. offset is into struct
 * host_row. */
extern const struct field host_field_table[];
extern const size_t host_field_count;
const struct field *host_field_find(const char *name);

#endif
