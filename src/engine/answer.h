/* answer.h - a worker's share of a question, between question.c and answer.c. */
#ifndef WEIR_ENGINE_ANSWER_H
#define WEIR_ENGINE_ANSWER_H

#include <stdatomic.h>

#include "engine/sample.h"
#include "engine/worker.h"

/* What rows are ordered by: numbers, addresses and the beginning of texts as four big-endian words
 * that compare as unsigned. Ties: the older flow, then the smaller index. */
struct sort_key {
    uint64_t word[4];
    uint64_t tie;
};

struct pick {
    struct sort_key key;
    uint32_t index;
    uint32_t generation;
};

/* A heap of the best n picks, worst on top. */
struct picks {
    struct pick *pick;
    uint32_t n, limit;
};

/* Rows of QUESTION_TOP while they are being summed. */
struct top_sums {
    struct top_row *row; /* cap of each, n in use */
    uint64_t *hash;
    uint32_t n, cap;
    uint32_t *place; /* open addressing by hash: number of the row + 1 */
    uint32_t places;
};

/* Gives its memory back; zeroed is empty. */
void top_sums_free(struct top_sums *s);

/* An answer with what is needed to free it. */
struct answer_box {
    struct answer answer;
    enum question_kind kind;
    size_t rows; /* allocated rows of the kind's array */
};

/* An empty answer of a kind with room for rows; NULL without memory. answer_free() takes it. */
struct answer_box *answer_new(enum question_kind kind, size_t rows);

/* A row's place in the order asked for. */
struct sort_key sort_key_of_record(const struct field *f, const struct record *r);
struct sort_key sort_key_of_host(const struct field *f, const struct host_row *r);
struct sort_key sort_key_of_group(const struct field *f, const struct group_row *r);
int sort_key_compare(const struct sort_key *a, const struct sort_key *b);

/* What an asker waits on, counted like the parts that point to it. */
struct asking {
    struct event done;
    atomic_int references;
};

/* Of FLOWS and HOSTS: who belongs to the page, then its rows. */
enum part_phase { PHASE_ALL, PHASE_MARK, PHASE_ONLY, PHASE_ROWS };

/* Owned by the asker and the worker together: whoever drops the second reference frees it. */
struct part {
    struct letter letter;
    struct question question; /* its filter is kept by the part */
    struct worker *worker;
    struct asking *asking; /* what the asker waits on; outlives both */
    struct part *next;     /* in the worker's list */
    atomic_int references;
    atomic_int state; /* enum part_state */
    char host_text[64];
    struct host_id *only; /* NAMES; HOSTS, second round: these hosts alone */
    uint32_t only_n;
    bool alone;   /* nobody else is asked */
    bool samples; /* HOSTS, first round: note who matches, for the workers know the same hosts */

    /* The worker's, until it says PART_READY. */
    enum part_phase phase;
    uint32_t at;
    nsec_t spent;                        /* worker time so far */
    uint32_t slice;                      /* entries to look at next */
    uint32_t only_slot, only_generation; /* FLOW: where it must be; slot 0 = look for it */
    uint32_t tick;                       /* SERIES: the second after the last one told */
    struct picks picks;
    uint64_t *marked; /* one bit per host with a matching flow */
    size_t marked_words;
    struct sample matched;
    struct sample known[KNOWN_KINDS]; /* TOTALS: where several workers know the same hosts */
    struct edition *edition;          /* out of which the part was answered; or NULL */
    struct top_sums sums;
    struct answer_box *box;
};

enum part_state { PART_OPEN, PART_READY, PART_ABANDONED };

/* Works on the part until it is done (true) or `entries` table entries were looked at. The
 * worker's thread, or the asker's when the worker has stopped. */
bool part_step(struct part *p, uint32_t entries);

/* The part is about these hosts alone, of which it keeps a copy. False without memory. */
bool part_restrict(struct part *p, const struct host_id *hosts, uint32_t n);

/* One slice of each kind, in answer_flows.c and answer_hosts.c. True when done. */
bool part_step_flows(struct part *p, uint32_t entries);
bool part_step_flow(struct part *p, uint32_t entries);
bool part_step_top(struct part *p, uint32_t entries);
bool part_step_hosts(struct part *p, uint32_t entries);
bool part_step_host(struct part *p);
bool part_step_series(struct part *p, uint32_t entries);
bool part_step_names(struct part *p, uint32_t entries);
bool part_step_groups(struct part *p, uint32_t entries);
bool part_step_exporters(struct part *p, uint32_t entries);
bool part_step_meter(struct part *p);
bool part_step_templates(struct part *p, uint32_t entries);
bool part_step_told(struct part *p);

/* A host's row with its interface and its device. */
void host_to_answer(const struct worker *w, uint32_t index, struct host_row *row);

/* Room for what the page of the question needs. False without memory. */
bool picks_start(struct picks *ps, const struct question *q);
/* Offers a pick to the heap, whose root is the worst that is kept. */
void picks_offer(struct picks *ps, const struct pick *p, bool ascending);

/* Everybody has been looked at: makes room for the rows of those that were picked. False without
 * memory, and then the part has been given up. */
bool part_begin_rows(struct part *p);

/* Memory ran out: the part is done without an answer, which tells the asker that it is incomplete.
 * Always true. */
bool part_give_up(struct part *p);

/* Drops one reference. */
void part_put(struct part *p);

#endif
