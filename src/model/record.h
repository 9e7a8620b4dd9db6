/* record.h - what a flow did in an interval, as a flat value that leaves the engine.
 *
 * Members come from fields.def. Strings stand in a bounded tail as (field, length, bytes); what does
 * not fit is cut and counted. Sinks, filters, JSON, tables and pages speak only records.
 */
#ifndef WEIR_MODEL_RECORD_H
#define WEIR_MODEL_RECORD_H

#include "base/text.h"
#include "net/packet.h"

/* How a field is compared and printed. */
enum field_kind {
    KIND_none, /* a raw member that other fields show */
    KIND_number,
    KIND_count,
    KIND_packets,
    KIND_bytes,
    KIND_bps,
    KIND_pps,
    KIND_ratio,    /* hundredths of a percent: 5486 is 54.86 % */
    KIND_time,     /* nsec_t; JSON: milliseconds */
    KIND_duration, /* nanoseconds; JSON: milliseconds with 3 decimals; filter: 2s, 41ms */
    KIND_usec,     /* microseconds; JSON: milliseconds with 3 decimals; filter: 2s, 41ms */
    KIND_addr,
    KIND_mac,
    KIND_port,
    KIND_string,
    KIND_l4,
    KIND_tcp_flags,
    KIND_tcp_state,
    KIND_flow_state,
    KIND_trend,
    KIND_flag,
    KIND_icmp,
    KIND_dscp,
    KIND_app,
    KIND_app_id,
    KIND_category,
    KIND_breed,
    KIND_confidence,
    KIND_risk,
    KIND_problem,
    KIND_locality,
    KIND_client_reason,
    KIND_end_reason,
    KIND_observed,
    KIND_sampling_source,
    KIND_tunnels,
    KIND_tls_version,
    KIND_tls_cipher,
    KIND_dns_type,
    KIND_dns_code,
    KIND_flow_id,
    KIND_community_id,
    KINDS
};

/* Index of each row in field_table. */
enum field_id {
#define FIELD(member, ...)  FIELD_##member,
#define STRING(member, ...) FIELD_##member,
#include "model/fields.def"
#undef FIELD
#undef STRING
    FIELDS
};

enum string_field {
    STRING_none,
#define FIELD(...)
#define STRING(member, ...) STRING_##member,
#include "model/fields.def"
#undef FIELD
#undef STRING
    STRINGS
};

enum {
    TAIL_BYTES = 1536,
    TAIL_STRING = 255 /* longest string kept; URLs and infos are cut to it */
};

/* Strings one after the other: field u8, length u8, bytes. */
struct tail {
    uint16_t used;
    uint8_t bytes[TAIL_BYTES];
};

/* Enumerations below travel in files and JSON; their numbers never change meaning. */
enum flow_state { FLOW_ACTIVE, FLOW_COMPLETED, FLOW_ENDED };
enum trend { TREND_STEADY, TREND_UP, TREND_DOWN };
enum locality { LOCALITY_L2L, LOCALITY_L2R, LOCALITY_R2L, LOCALITY_R2R };
enum client_reason { CLIENT_FIRST, CLIENT_SYN, CLIENT_SYN_ACK, CLIENT_PORT, CLIENT_INITIATOR };
/* flowDirection (IPFIX element 61) + 1 */
enum observed { OBSERVED_NONE, OBSERVED_INGRESS, OBSERVED_EGRESS };
/* Where the sampling rate of an exporter came from, worst first. */
enum sampling_source {
    SAMPLING_UNKNOWN, /* nobody said: counted as 1 and shown as unknown */
    SAMPLING_NONE,    /* the exporter says that it does not sample */
    SAMPLING_RECORD,  /* element 34, 50, 305/306 ... in the record itself */
    SAMPLING_HEADER,  /* NetFlow v5 header, sFlow sample */
    SAMPLING_OPTIONS, /* options data for this sampler or selector */
    SAMPLING_CONFIG   /* the user's word, which overrules all */
};
/* flowEndReason, RFC 5102 5.11.3 */
enum end_reason { END_NONE, END_IDLE, END_ACTIVE, END_OF_FLOW, END_FORCED, END_RESOURCES };
/* Zeek's conn_state. */
enum tcp_state {
    TCP_STATE_NONE,
    TCP_S0,
    TCP_S1,
    TCP_SF,
    TCP_REJ,
    TCP_S2,
    TCP_S3,
    TCP_RSTO,
    TCP_RSTR,
    TCP_RSTOS0,
    TCP_RSTRH,
    TCP_SH,
    TCP_SHR,
    TCP_OTH
};
enum confidence {
    CONFIDENCE_NONE,
    CONFIDENCE_PORT,
    CONFIDENCE_IP,
    CONFIDENCE_PARTIAL,
    CONFIDENCE_CACHE,
    CONFIDENCE_DPI,
    CONFIDENCE_CUSTOM
};
/* What is wrong with a flow, worst first when several apply. */
enum problem {
    PROBLEM_NONE,
    PROBLEM_CERTIFICATE_MISMATCH,
    PROBLEM_NO_ANSWER,
    PROBLEM_REFUSED,
    PROBLEM_RESET,
    PROBLEM_RETRANSMISSIONS,
    PROBLEM_ZERO_WINDOW,
    PROBLEM_SLOW_NETWORK,
    PROBLEM_SLOW_SERVER,
    PROBLEM_DNS_ERROR,
    PROBLEM_HTTP_ERROR,
    PROBLEM_LOW_GOODPUT,
    PROBLEM_RISK
};
enum { PROBLEMS = PROBLEM_RISK + 1 };

#define RECORD_MEMBER_none(member)
#define RECORD_MEMBER_u8(member)   uint8_t member;
#define RECORD_MEMBER_u16(member)  uint16_t member;
#define RECORD_MEMBER_u32(member)  uint32_t member;
#define RECORD_MEMBER_u64(member)  uint64_t member;
#define RECORD_MEMBER_time(member) nsec_t member;
#define RECORD_MEMBER_addr(member) struct addr member;
#define RECORD_MEMBER_mac(member)  struct mac member;

struct record {
    nsec_t flow_first; /* first packet of the flow, of which this record may tell a later part */
    uint32_t worker;   /* where it lives, with slot and generation: for questions only */
    uint32_t slot;
    uint32_t generation;
#define FIELD(member, type, ...) RECORD_MEMBER_##type(member)
#define STRING(...)
#include "model/fields.def"
#undef FIELD
#undef STRING
    struct tail tail; /* last: record_copy() copies only what is used of it */
};

/* One row of fields.def, or one more way to export a member. */
struct field {
    const char *member;
    enum field_kind kind;
    enum string_field string; /* STRING_none unless kind is KIND_string */
    int16_t offset;           /* of the member in struct record; -1 when computed or a string */
    uint8_t size;             /* of the member */
    const char *seed, *element, *api, *operand, *unit, *title, *tip;
};

extern const struct field field_table[];
extern const size_t field_count;

/* Finds a row by api key, operand, seed name or member, in any case; NULL when there is none. */
const struct field *field_find(const char *name);

/* The nearest name to a misspelt one, for messages; NULL when nothing is near. */
const char *field_nearest(const char *name);

/* Adds or replaces a string; longer than TAIL_STRING is cut (at a UTF-8 border). False when cut or
 * when there is no room left. */
bool tail_set(struct tail *t, enum string_field field, const void *bytes, size_t len);
/* The bytes of a string, or NULL when it is not there. Not NUL-terminated. */
const uint8_t *tail_get(const struct tail *t, enum string_field field, size_t *len);

/* The record with the used part of its tail only; both stay the caller's. */
void record_copy(struct record *to, const struct record *from);

/* Value of a numeric, enumerated or time field (also of the computed ones). 0 for strings and
 * addresses. Of app it is master * 65536 + app. */
uint64_t record_number(const struct record *r, const struct field *f);
/* True when the field has something to say: not 0, not empty, not ::. Enumerations whose 0 is a
 * statement (state, trend, direction, client_reason) always do; so do the code of an answered DNS
 * lookup, the reply to an echo request and the breed of a known application. */
bool record_has(const struct record *r, const struct field *f);
/* The number in a member of 1, 2, 4 or 8 bytes at an offset of the record; 0 for other sizes. */
uint64_t record_member(const struct record *r, size_t offset, size_t size);
/* <0, 0, >0 by the field's own order (numbers, addresses, text without case). Ties are the
 * caller's business. */
int record_compare(const struct record *a, const struct record *b, const struct field *f);
/* Total order that is the same from run to run: first packet, protocol, addresses, ports, VLAN. */
int record_order(const struct record *a, const struct record *b);

/* Appends the value as a person reads it, exact and without scaling (addresses, names, digits,
 * "54.86 %", "41.224 ms", times in UTC). The filter accepts it as a value of that field, in quotes
 * when it has blanks. Strings are appended as they came from the network. */
void record_print(struct text *t, const struct record *r, const struct field *f);

/* 32 hexadecimal digits: hash of flow_first in us, tuple, VLANs and interface. buf has 33 bytes. */
void record_flow_id(const struct record *r, char *buf);
/* "1:" and base64 of SHA-1, community id v1, seed 0; buf has 32 bytes. "" for what has none. */
void record_community_id(const struct record *r, char *buf);

/* Words of an enumerated kind: "syn_ack", "l2r"; NULL where there is none. The filter accepts them
 * in any case, JSON prints them. Of the sets of bits (tcp_flags, tunnels, risk) value is the bit's
 * position. More in words.h. */
const char *kind_word(enum field_kind kind, uint64_t value);
/* Number of a word of an enumerated kind (also app, category, risk names), or -1. "TLS.Google" of
 * kind app is master * 65536 + app. */
int64_t kind_number(enum field_kind kind, const char *word, size_t len);

/* "No answer", and the sentence that explains it to a novice: see problems.def. */
const char *problem_title(uint64_t problem);
const char *problem_text(uint64_t problem);

#endif
