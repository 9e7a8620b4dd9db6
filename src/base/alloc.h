/* alloc.h - memory with an account, so that the ledger can say where it went (L7).
 *
 * accounts.def lists the accounts. Memory of the packet path comes from pools (pool.h) that stand
 * on mem_reserve(): address space for the worst case at once, pages only as they are touched, so
 * that an entry never moves and its index is valid for life.
 *
 * Huge pages make random access twice as fast at 100,000 flows and more, but the first byte of each
 * costs 2 MB. So the first 2 MB of everything are small pages, and a quiet monitor stays small.
 *
 * All accounts together may have a budget (--memory, kept by ceiling.h). Past it memory is refused,
 * the most replaceable first: tables stop growing at seven eighths, details of their entries a
 * little later, and answers and records have the rest, so that a full Weir still says what it knows.
 */
#ifndef WEIR_BASE_ALLOC_H
#define WEIR_BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum account {
#define ACCOUNT(name, need, text) ACCOUNT_##name,
#include "base/accounts.def"
#undef ACCOUNT
    ACCOUNTS
};

/* How much of the budget may be gone before an account is refused. */
enum mem_need {
    NEED_TABLE,  /* growth of tables: seven eighths as a rule; they evict instead */
    NEED_DETAIL, /* what entries have beside them: 31 of 32; they do without */
    NEED_ANSWER  /* what Weir cannot say anything without: all of it */
};

enum {
    MEM_PAGE = 2 * 1024 * 1024, /* a huge page: the step in which large memory is touched */
    MEM_STEP = 16 * 1024        /* and the step before the first of them */
};

/* Zeroed memory, below 64 kB at a cache line's start, or NULL. Any thread. Given back with mem_free() of the
 * same account and size. mem_resize() moves the bytes, zeroes what is new, and leaves the old
 * memory alone when it returns NULL. */
void *mem_alloc(enum account account, size_t size);
/* The same without the cache line: for pieces of some tens of bytes that one thread writes once. */
void *mem_alloc_small(enum account account, size_t size);
void *mem_resize(enum account account, void *old, size_t old_size, size_t size);
void mem_free(enum account account, void *memory, size_t size);

/* For a library that frees without a size: zeroed, aligned and accounted as malloc() does it. Any
 * thread. */
void *mem_alloc_unsized(enum account account, size_t size);
void mem_free_unsized(enum account account, void *memory);

/* The budget in bytes, 0 = none (as at start). Whoever holds more than a smaller new one keeps it
 * and gets no more. Any thread. */
void mem_set_budget(uint64_t bytes);
uint64_t mem_budget(void);
/* How many eighths of a budget tables may fill; 7 unless somebody needs more beside them. */
void mem_set_table_eighths(unsigned eighths);

/* Bytes of all accounts now; and how often the budget refused an account. Any thread. */
uint64_t mem_total(void);
uint64_t mem_refused(enum account account);

/* Address space without pages, 2 MB aligned; NULL when the kernel says no. mem_reserve() is for what
 * fills from its beginning: the first 2 MB are small pages, the rest huge ones. mem_reserve_whole()
 * is for what is touched all over at once: huge pages from 2 MB on. What the owner is about to touch
 * it claims first: false when the budget has no room for a table of that size. mem_unclaim() takes
 * back what was claimed in vain; mem_touch() declares what the kernel has given already. Any thread.
 */
void *mem_reserve(enum account account, size_t size);
void *mem_reserve_whole(enum account account, size_t size);
bool mem_claim(enum account account, size_t size);
void mem_unclaim(enum account account, size_t size);
void mem_touch(enum account account, size_t size);
void mem_release(enum account account, void *memory, size_t size, size_t touched);

/* Fills used[ACCOUNTS] and returns the separately kept total, of one moment: it tries again while
 * other threads allocate in between. Any thread. */
uint64_t mem_snapshot(uint64_t *used);

/* Bytes now in an account, its highest value, its printable name and sentence. Any thread. */
uint64_t mem_used(enum account account);
uint64_t mem_peak(enum account account);
const char *mem_account_name(enum account account);
const char *mem_account_text(enum account account);

#endif
