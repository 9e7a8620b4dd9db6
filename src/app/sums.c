/* sums.c - adds up traffic by a key: what the report's tables are made of. */
#include "app/sums.h"

#include "base/hash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void place(struct sums *t, size_t row)
{
    size_t at = hash_bytes(t->rows[row].key, SUM_KEY) & t->mask;
    while (t->slots[at])
        at = (at + 1) & t->mask;
    t->slots[at] = (uint32_t)row + 1;
}

/* Twice the rows, and slots for twice as many as there are rows. */
static bool grow(struct sums *t)
{
    size_t room = t->room ? t->room * 2 : 64;
    uint32_t *slots = mem_alloc(ACCOUNT_records, room * 2 * sizeof *slots);
    if (!slots)
        return false;
    struct sum *rows =
        mem_resize(ACCOUNT_records, t->rows, t->room * sizeof *rows, room * sizeof *rows);
    if (!rows) {
        mem_free(ACCOUNT_records, slots, room * 2 * sizeof *slots);
        return false;
    }
    mem_free(ACCOUNT_records, t->slots, t->room * 2 * sizeof *slots);
    t->rows = rows;
    t->slots = slots;
    t->room = room;
    t->mask = room * 2 - 1;
    for (size_t i = 0; i < t->n; i++)
        place(t, i);
    return true;
}

struct sum *sums_at(struct sums *t, const void *key, size_t len)
{
    assert(len <= SUM_KEY);
    uint8_t full[SUM_KEY] = {0};
    memcpy(full, key, len);
    if (t->n == t->room && !grow(t))
        return NULL;

    size_t at = hash_bytes(full, SUM_KEY) & t->mask;
    for (; t->slots[at]; at = (at + 1) & t->mask) {
        struct sum *row = &t->rows[t->slots[at] - 1];
        if (!memcmp(row->key, full, SUM_KEY))
            return row;
    }
    struct sum *row = &t->rows[t->n];
    *row = (struct sum){0};
    memcpy(row->key, full, SUM_KEY);
    t->slots[at] = (uint32_t)++t->n;
    return row;
}

static int compare_rows(const void *a_row, const void *b_row)
{
    const struct sum *a = a_row, *b = b_row;
    uint64_t a_bytes = a->bytes[0] + a->bytes[1], b_bytes = b->bytes[0] + b->bytes[1];
    if (a_bytes != b_bytes)
        return a_bytes > b_bytes ? -1 : 1;
    uint64_t a_packets = a->packets[0] + a->packets[1], b_packets = b->packets[0] + b->packets[1];
    if (a_packets != b_packets)
        return a_packets > b_packets ? -1 : 1;
    return memcmp(a->key, b->key, SUM_KEY);
}

void sums_sort(struct sums *t)
{
    if (t->n)
        qsort(t->rows, t->n, sizeof *t->rows, compare_rows);
}

void sums_free(struct sums *t)
{
    mem_free(ACCOUNT_records, t->rows, t->room * sizeof *t->rows);
    mem_free(ACCOUNT_records, t->slots, t->room * 2 * sizeof *t->slots);
    *t = (struct sums){0};
}
