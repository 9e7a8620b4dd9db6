/* alloc.c - memory with an account, so that the ledger can say where it went (L7). */
#include "base/alloc.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/ahead.h"

enum { MEM_LINE = 64, MEM_LARGE = 64 * 1024 };

static const struct {
    const char *name;
    enum mem_need need;
    const char *text;
} accounts[ACCOUNTS] = {
#define ACCOUNT(name, need, text) [ACCOUNT_##name] = {#name, NEED_##need, text},
#include "base/accounts.def"
#undef ACCOUNT
};

static _Atomic uint64_t used[ACCOUNTS];
static _Atomic uint64_t peak[ACCOUNTS];
static _Atomic uint64_t
    total; /* of all accounts, counted on its own so that the ledger can compare */
static _Atomic uint64_t refused[ACCOUNTS];
static _Atomic uint64_t allowed[NEED_ANSWER + 1]; /* highest total by need */

static void account_add(enum account account, size_t size)
{
    uint64_t now = atomic_fetch_add_explicit(&used[account], size, memory_order_relaxed) + size;
    atomic_fetch_add_explicit(&total, size, memory_order_relaxed);
    uint64_t high = atomic_load_explicit(&peak[account], memory_order_relaxed);
    while (now > high &&
           !atomic_compare_exchange_weak_explicit(&peak[account], &high, now, memory_order_relaxed,
                                                  memory_order_relaxed))
        continue;
}

/* Workers that ask in the same moment may pass the mark together by what each asks for, at most a
 * huge page: an exact answer would be a lock. */
static bool has_room(enum account account, enum mem_need need, size_t size)
{
    uint64_t most = atomic_load_explicit(&allowed[need], memory_order_relaxed);
    uint64_t now = atomic_load_explicit(&total, memory_order_relaxed);
    if (most == 0 || (now <= most && size <= most - now))
        return true;
    atomic_fetch_add_explicit(&refused[account], 1, memory_order_relaxed);
    return false;
}

static _Atomic unsigned table_eighths = 7;

void mem_set_table_eighths(unsigned eighths)
{
    atomic_store(&table_eighths, eighths);
    mem_set_budget(mem_budget());
}

void mem_set_budget(uint64_t bytes)
{
    uint64_t some = bytes ? 1 : 0; /* 0 would mean none */
    atomic_store(&allowed[NEED_TABLE], bytes / 8 * atomic_load(&table_eighths) | some);
    atomic_store(&allowed[NEED_DETAIL], (bytes - bytes / 32) | some);
    atomic_store(&allowed[NEED_ANSWER], bytes);
}

uint64_t mem_budget(void)
{
    return atomic_load_explicit(&allowed[NEED_ANSWER], memory_order_relaxed);
}

uint64_t mem_total(void)
{
    return atomic_load_explicit(&total, memory_order_relaxed);
}

uint64_t mem_refused(enum account account)
{
    return atomic_load_explicit(&refused[account], memory_order_relaxed);
}

static void account_take(enum account account, size_t size)
{
    atomic_fetch_sub_explicit(&used[account], size, memory_order_relaxed);
    atomic_fetch_sub_explicit(&total, size, memory_order_relaxed);
}

void *mem_alloc(enum account account, size_t size)
{
    /* Small entries begin at a cache line, so two owners never share one. Large ones come from
     * the kernel as zeros already: calloc() knows and does not write them again. */
    void *memory = NULL;
    if (size > PTRDIFF_MAX || !has_room(account, accounts[account].need, size))
        return NULL;
    if (size >= MEM_LARGE)
        memory = calloc(1, size);
    else if (posix_memalign(&memory, MEM_LINE, size ? size : 1) == 0)
        memset(memory, 0, size);
    if (!memory)
        return NULL;
    account_add(account, size);
    return memory;
}

void *mem_alloc_small(enum account account, size_t size)
{
    if (!has_room(account, accounts[account].need, size))
        return NULL;
    void *memory = calloc(1, size ? size : 1);
    if (memory)
        account_add(account, size);
    return memory;
}

void *mem_resize(enum account account, void *old, size_t old_size, size_t size)
{
    void *memory = mem_alloc(account, size);
    if (!memory)
        return NULL;
    if (old) {
        memcpy(memory, old, old_size < size ? old_size : size);
        mem_free(account, old, old_size);
    }
    return memory;
}

void mem_free(enum account account, void *memory, size_t size)
{
    if (!memory)
        return;
    free(memory);
    account_take(account, size);
}

void *mem_alloc_unsized(enum account account, size_t size)
{
    void *memory = has_room(account, accounts[account].need, size) ? calloc(1, size) : NULL;
    if (memory)
        account_add(account, malloc_usable_size(memory));
    return memory;
}

void mem_free_unsized(enum account account, void *memory)
{
    if (!memory)
        return;
    account_take(account, malloc_usable_size(memory));
    free(memory);
}

static size_t whole_pages(size_t size)
{
    return (size + MEM_PAGE - 1) & ~(size_t)(MEM_PAGE - 1);
}

/* size bytes of address space at a huge page's start, in small pages so far. */
static uint8_t *reserve(size_t size)
{
    if (size == 0 || size > SIZE_MAX / 2)
        return NULL;
    size = whole_pages(size);
    uint8_t *all = mmap(NULL, size + MEM_PAGE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED)
        return NULL;

    size_t before = whole_pages((uintptr_t)all) - (uintptr_t)all;
    if (before)
        munmap(all, before);
    if (before < MEM_PAGE)
        munmap(all + before + size, MEM_PAGE - before);
    uint8_t *memory = all + before;
    /* A core file of a monitor with a million flows would fill a disk. */
    (void)madvise(memory, size, MADV_DONTDUMP);
    (void)madvise(memory, size, MADV_NOHUGEPAGE);
    return memory;
}

/* Fewer TLB misses where the kernel offers it; where it does not, nothing is lost. */
static void want_huge(uint8_t *memory, size_t size)
{
    (void)madvise(memory, size, MADV_HUGEPAGE);
}

void *mem_reserve(enum account account, size_t size)
{
    (void)account; /* address space is free; what is touched is accounted */
    uint8_t *memory = reserve(size);
    if (memory && size > MEM_PAGE)
        want_huge(memory + MEM_PAGE, whole_pages(size) - MEM_PAGE);
    return memory;
}

void *mem_reserve_whole(enum account account, size_t size)
{
    (void)account;
    uint8_t *memory = reserve(size);
    if (memory && size >= MEM_PAGE)
        want_huge(memory, whole_pages(size));
    return memory;
}

bool mem_claim(enum account account, size_t size)
{
    if (!has_room(account, NEED_TABLE, size))
        return false;
    account_add(account, size);
    return true;
}

void mem_unclaim(enum account account, size_t size)
{
    account_take(account, size);
}

void mem_touch(enum account account, size_t size)
{
    account_add(account, size);
}

void mem_release(enum account account, void *memory, size_t size, size_t touched)
{
    if (!memory)
        return;
    ahead_forget(memory, whole_pages(size));
    munmap(memory, whole_pages(size));
    account_take(account, touched);
}

uint64_t mem_used(enum account account)
{
    return atomic_load_explicit(&used[account], memory_order_relaxed);
}

uint64_t mem_peak(enum account account)
{
    return atomic_load_explicit(&peak[account], memory_order_relaxed);
}

const char *mem_account_name(enum account account)
{
    return accounts[account].name;
}

const char *mem_account_text(enum account account)
{
    return accounts[account].text;
}

uint64_t mem_snapshot(uint64_t *now)
{
    enum { TRIES = 1000 };
    uint64_t whole = 0;
    for (unsigned i = 0; i < TRIES; i++) {
        uint64_t sum = 0;
        whole = atomic_load(&total);
        for (unsigned a = 0; a < ACCOUNTS; a++)
            sum += now[a] = atomic_load(&used[a]);
        if (sum == whole && whole == atomic_load(&total))
            break;
    }
    return whole;
}
