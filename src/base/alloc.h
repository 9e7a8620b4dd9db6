/* alloc.h - memory with an account, so that the ledger can say where it went (L7).
 *
 * accounts.def lists the accounts. Memory of the packet path comes from pools (pool.h) that stand
 * on mem_reserve(): address space for the worst case at once, pages only as they are touched, so
 * that an entry never moves and its index is valid for life.
 *
 * Huge pages make random access twice as fast at 100,000 flows and more, but the first byte of each
 * costs 2 MB. So the first 2 MB of everything are small pages, and a quiet monitor stays small.
 */
#ifndef WEIR_BASE_ALLOC_H
#define WEIR_BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum account {
#define ACCOUNT(name, text) ACCOUNT_##name,
#include "base/accounts.def"
#undef ACCOUNT
    ACCOUNTS
};

enum {
    MEM_PAGE = 2 * 1024 * 1024, /* a huge page: the step in which large memory is touched */
    MEM_STEP = 16 * 1024        /* and the step before the first of them */
};

/* Zeroed memory, below 64 kB at a cache line's start, or NULL. Any thread. Given back with mem_free() of the
 * same account and size. mem_resize() moves the bytes, zeroes what is new, and leaves the old
 * memory alone when it returns NULL. */
void *mem_alloc(enum account account, size_t size);
void *mem_resize(enum account account, void *old, size_t old_size, size_t size);
void mem_free(enum account account, void *memory, size_t size);

/* For a library that frees without a size: zeroed, aligned and accounted as malloc() does it. Any
 * thread. */
void *mem_alloc_unsized(enum account account, size_t size);
void mem_free_unsized(enum account account, void *memory);

/* Address space without pages, 2 MB aligned; NULL when the kernel says no. mem_reserve() is for what
 * fills from its beginning: the first 2 MB are small pages, the rest huge ones. mem_reserve_whole()
 * is for what is touched all over at once: huge pages from 2 MB on. What the owner touches it
 * declares with mem_touch(), for the account. */
void *mem_reserve(enum account account, size_t size);
void *mem_reserve_whole(enum account account, size_t size);
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
