/* flow_out_private.h - a message under way, shared by the three formats. */
#ifndef WEIR_CODEC_FLOW_OUT_PRIVATE_H
#define WEIR_CODEC_FLOW_OUT_PRIVATE_H

#include "codec/flow_out.h"

enum { SET_HEADER = 4, LAYOUT_SET = 1200 };

/* Flows between IPv4 and between IPv6 addresses; seen here, told by an exporter with an IPv4 address,
 * with an IPv6 address. */
enum told_by { TOLD_BY_NOBODY, TOLD_BY_V4, TOLD_BY_V6, TELLERS };
enum { LAYOUTS = 2 * TELLERS };

/* One copy step: from the record to the wire. */
struct out_step {
    uint8_t how;  /* enum out_how of ipfix_out.c */
    uint8_t size; /* octets in the record */
    uint8_t len;  /* octets on the wire; 0 = text */
    int16_t offset;
    const struct field *field;
};

/* A compiled template with its set as it is sent. */
struct out_layout {
    uint16_t id;
    unsigned n, texts;
    bool is_sent;    /* the collector has it: in this session, and not too long ago */
    size_t fixed;    /* octets of a record without its texts */
    size_t text_max; /* of each text, so that every record fits into an empty message */
    uint8_t set[LAYOUT_SET];
    size_t set_len;
    struct out_step step[2 * EXPORT_FIELDS];
};

struct flow_out {
    struct flow_out_config config;
    struct export_template template;
    flow_send *send;
    void *to;
    bool splits;           /* two records for a flow with two directions */
    unsigned told;         /* records that ended in this message */
    unsigned records;      /* data and template records in this message */
    unsigned data_records; /* data records alone */
    uint32_t sequence;     /* v5 flows, v9 datagrams, IPFIX data records, before this message */
    nsec_t boot;
    nsec_t templates_at; /* since when templates count as sent; 0 = never in this session */
    unsigned since;      /* messages since then */
    size_t set_at;       /* where the open set begins; 0 = none */
    uint16_t set_id;
    size_t len;
    struct out_layout layout[LAYOUTS]; /* told_by * 2, + 1 between IPv6 addresses */
    char left_out[200];
    struct record turned; /* the server's side of the record at hand */
    uint8_t message[FLOW_OUT_MOST];
};

/* Milliseconds since boot as the 32 bits of the wire; they wrap after 49 days as they should. */
static inline uint32_t uptime_ms(const struct flow_out *o, nsec_t at)
{
    return at > o->boot ? (uint32_t)((uint64_t)(at - o->boot) / MILLISECOND) : 0;
}

/* --- netflow5_out.c --- */
bool netflow5_can(const struct record *r);
void netflow5_add(struct flow_out *o, const struct record *r, nsec_t now);
void netflow5_flush(struct flow_out *o, nsec_t now);

/* --- ipfix_out.c --- */
bool ipfix_compile(struct flow_out *o, struct err *e);
void ipfix_add(struct flow_out *o, const struct record *r, nsec_t now);
void ipfix_flush(struct flow_out *o, nsec_t now);

#endif
