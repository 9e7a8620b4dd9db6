/* problem.h - what is wrong with a flow, in one word, and what a user agent says about a system. */
#ifndef WEIR_ENGINE_PROBLEM_H
#define WEIR_ENGINE_PROBLEM_H

#include "model/record.h"

/* Longer than these is slow: half a round trip, and a server's answer. */
enum { PROBLEM_SLOW_NETWORK_US = 250000, PROBLEM_SLOW_SERVER_US = 1000000 };

/* What the judgement rests on: counters of the whole flow, times in microseconds. */
struct problem_facts {
    bool tls_mismatch;
    uint8_t proto;
    enum tcp_state tcp_state;
    nsec_t age;                /* since the first packet */
    uint64_t packets, answers; /* of both sides; of the server alone */
    uint64_t retrans, zero_window;
    uint64_t risk;
    uint32_t client_rtt, server_rtt, appl;
    uint16_t dns_code, http_code;
};

/* The first thing that is wrong, PROBLEM_NONE if nothing. Pure. */
enum problem problem_of(const struct problem_facts *f);

/* "Windows", "macOS", "Linux", "Android", "iOS" ... out of an HTTP user agent, NULL if it does not
 * say. */
const char *agent_os(const uint8_t *agent, size_t len);

#endif
