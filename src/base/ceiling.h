/* ceiling.h - the whole process stays below --memory.
 *
 * What the accounts of alloc.h hold is known to the byte; the rest of the process - program,
 * libraries, stacks, what malloc wastes - is measured as resident memory minus the accounts, at
 * start and a few times a second. What is left of the limit is the budget of the accounts.
 */
#ifndef WEIR_BASE_CEILING_H
#define WEIR_BASE_CEILING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct ceiling {
    uint64_t limit;    /* of the whole process in bytes, 0 = none */
    uint64_t outside;  /* resident but on no account */
    uint64_t budget;   /* of the accounts */
    uint64_t resident; /* as last measured */
};

/* Bytes that this process could have: the least of what the machine has available and what its
 * cgroups (v1 and v2) allow. root is put in front of /proc and /sys, "" outside of tests. 0 when
 * nothing can be read. */
uint64_t ceiling_available(const char *root);

/* Resident bytes of this process now, 0 when they cannot be read. Any thread. */
uint64_t ceiling_resident(void);

/* Sets the limit and notes what the process has before anything is built: nothing is refused yet.
 * 0 lifts the limit. One thread for this and the next two. */
void ceiling_set(uint64_t limit);

/* From now on the accounts have what the limit leaves them. False with a sentence that says how
 * much is needed when that is not `need` bytes more than they hold now. */
bool ceiling_hold(uint64_t need, struct err *e);

/* Measures again; a few times a second. Does nothing without a limit. */
void ceiling_look(void);

/* How things are. Any thread. */
struct ceiling ceiling_state(void);

#endif
