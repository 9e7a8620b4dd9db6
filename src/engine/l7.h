/* l7.h - which application a flow is, by libndpi; the only file that includes it is l7.c.
 *
 * One struct l7 per worker (libndpi is not thread-safe). A flow opens a state at its first packet
 * with payload, feeds packets until the verdict or until it had its share of them, and gives the
 * state back with what was learned. A flow that never had payload is guessed by port and marked as a
 * guess; so is one that comes while detection is over its share of the worker's time.
 */
#ifndef WEIR_ENGINE_L7_H
#define WEIR_ENGINE_L7_H

#include "base/err.h"
#include "model/record.h"

struct l7;      /* one worker's detection module and its pool of states */
struct l7_flow; /* one undecided flow */

struct l7_config {
    bool enabled;          /* false: ports only */
    unsigned packets;      /* most packets with payload that are looked at of a flow; of UDP four */
    const char *protos;    /* custom protocols file in nDPI's format, "" = none */
    unsigned share;        /* percent of the time that passes, which detection may use; see clock */
    nsec_t (*clock)(void); /* does not go backwards; NULL = any time (files: packets alone count) */
    uint32_t states;       /* flows undecided at once, 0 = as many as there is memory for */
    bool remember; /* let what one flow was help to name another (BitTorrent, Zoom): names may
                         * then differ with the number of workers */
};

/* What is known at the verdict. names holds strings (SNI, host, query ...) ready for a record. */
struct l7_result {
    uint16_t master, app;
    uint8_t category, breed, confidence; /* confidence: enum confidence */
    uint64_t risk;
    uint16_t tls_version, tls_cipher, http_code, dns_type, dns_code;
    bool tls_mismatch;
    struct tail names;
};

/* Fills the name tables of model/protos.h. Once, before threads; false with a sentence (and the
 * line of the custom protocols file) when something is wrong. */
bool l7_start(const struct l7_config *config, struct err *e);

/* One worker's module. NULL with a sentence when libndpi cannot be set up. */
struct l7 *l7_new(const struct l7_config *config, struct err *e);
void l7_free(struct l7 *l);

/* Why a flow with payload gets no state. */
enum l7_refusal {
    L7_NONE,    /* it has one, or detection is switched off */
    L7_NO_TIME, /* detection is over its share of time */
    L7_NO_ROOM  /* all states are taken, or there is no memory */
};

/* A state for a new flow that the caller calls `owner`, NULL with the reason in *why: then guess.
 * The worker's thread. */
struct l7_flow *l7_open(struct l7 *l, uint32_t owner, enum l7_refusal *why);

/* The owner of the state that has been open longest, 0 = none is. */
uint32_t l7_oldest(const struct l7 *l);

/* Looks at one packet with payload. True when the verdict is final or the flow had its packets: then
 * call l7_close(). from_client as far as known now. The worker's thread. */
bool l7_feed(struct l7 *l, struct l7_flow *f, const struct packet *p, bool from_client);

/* Ends detection, writes what is known (also a guess) into *result and takes the state back. */
void l7_close(struct l7 *l, struct l7_flow *f, const struct packet *p, bool from_client,
              struct l7_result *result);

/* Ends detection of a flow whose packet is not at hand (it expired). */
struct l7_tuple {
    struct addr client, server;
    uint16_t client_port, server_port;
    uint8_t proto;
};
void l7_end(struct l7 *l, struct l7_flow *f, const struct l7_tuple *t, struct l7_result *result);

/* A guess by protocol, port and address for a flow that never had a state. */
void l7_guess(struct l7 *l, const struct l7_tuple *t, struct l7_result *result);

/* Version of the library. Constant string; any thread. */
const char *l7_version(void);

/* Undecided flows now. Any thread. */
uint64_t l7_open_states(const struct l7 *l);

#endif
