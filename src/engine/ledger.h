/* ledger.h - the equations that must close to the unit, from the totals of an interface.
 *
 * L1 offered by the source = handed to Weir + left out by the packet filter + dropped by the kernel
 * L2 handed to Weir = frames of flows + other frames + malformed + untracked; wire bytes likewise
 * L3 IP packets = packets of active flows + of ended flows + untracked; IP bytes likewise, and
 *    wire bytes of IP frames = IP bytes + overhead - excess
 * L4 records of exporters = accepted + malformed + without template + denied + sent twice; and what was
 *    accepted = counted at flows + each reason of group RECORD
 * L5 records of finished flows for an export = sent + waiting + dropped by reason; and at the end of a run
 *    what flows told = what exports were offered
 * L7 memory in use = sum of the accounts
 */
#ifndef WEIR_ENGINE_LEDGER_H
#define WEIR_ENGINE_LEDGER_H

#include "base/json.h"
#include "engine/question.h"

enum { LEDGER_TERMS = 16, LEDGER_LINES = 40 };

struct ledger_term {
    const char *name; /* reason or total */
    uint64_t value;
    bool minus;
};

/* One equation: left = sum of right. */
struct ledger_line {
    const char *id;   /* "L2" */
    const char *text; /* in words */
    const char *unit; /* packets or bytes */
    uint64_t left;
    const char *left_name;
    unsigned terms;
    struct ledger_term term[LEDGER_TERMS];
    int64_t gap; /* left - right: 0 when it closes */
};

struct ledger {
    unsigned n;
    struct ledger_line line[LEDGER_LINES];
    bool closes;
};

/* Fills *l from totals. Totals asked of a running live interface are taken by each worker between
 * two bursts, so they close at any moment. */
void ledger_fill(struct ledger *l, const struct totals_row *t);
/* A further line of a ledger, by who knows what it is about; strings are borrowed. NULL when there are too
 * many. Then its terms, and when all are there, whether the ledger closes. */
struct ledger_line *ledger_add(struct ledger *l, const struct ledger_line *head);
void ledger_add_term(struct ledger_line *line, const char *name, uint64_t value);
void ledger_close(struct ledger *l);
void ledger_json(const struct ledger *l, const struct totals_row *t, struct json *j);
/* The word for a group of losses.def. */
const char *ledger_loss_group(enum loss_group group);
/* As a person reads it: equations, then every reason with packets and bytes. */
void ledger_print(const struct ledger *l, const struct totals_row *t, struct text *out);

#endif
