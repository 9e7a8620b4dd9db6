/* leaders.c - candidates above a floor. */
#include "engine/leaders.h"

#include <stdlib.h>
#include <string.h>

bool leader_is_above(const struct leader *x, const struct leader *y)
{
    if (x->value != y->value)
        return x->value > y->value;
    if (x->second != y->second)
        return x->second > y->second;
    if (x->first != y->first)
        return x->first < y->first;
    return x->index < y->index;
}

void leaders_start(struct leaders *l)
{
    for (uint32_t i = 0; i < l->n; i++)
        l->member[l->candidate[i] / 64] = 0;
    l->n = 0;
    l->floor = (struct leader){0};
    l->floored = l->failed = false;
}

void leaders_free(struct leaders *l)
{
    mem_free(ACCOUNT_editions, l->candidate, LEADERS_MOST * sizeof *l->candidate);
    mem_free(ACCOUNT_editions, l->rank, LEADERS_MOST * sizeof *l->rank);
    mem_free(ACCOUNT_editions, l->member, l->words * sizeof *l->member);
    l->candidate = NULL;
    l->rank = NULL;
    l->member = NULL;
    l->words = 0;
    l->n = 0;
}

static bool is_member(const struct leaders *l, uint32_t index)
{
    return index / 64 < l->words && l->member[index / 64] >> (index % 64) & 1;
}

/* The bits double, so that a growing table does not grow them at every entry. */
static bool make_room(struct leaders *l, uint32_t index)
{
    if (!l->candidate)
        l->candidate = mem_alloc(ACCOUNT_editions, LEADERS_MOST * sizeof *l->candidate);
    if (!l->rank)
        l->rank = mem_alloc(ACCOUNT_editions, LEADERS_MOST * sizeof *l->rank);
    if (index / 64 >= l->words) {
        size_t words = l->words ? l->words : 64;
        while (index / 64 >= words)
            words *= 2;
        uint64_t *grown = mem_resize(ACCOUNT_editions, l->member, l->words * sizeof *l->member,
                                     words * sizeof *l->member);
        if (!grown)
            return false;
        l->member = grown;
        l->words = words;
    }
    return l->candidate && l->rank;
}

/* Ranks every candidate; who is gone or not above the floor leaves. */
static uint32_t look_at_all(struct leaders *l, struct leader *rank)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < l->n; i++) {
        uint32_t index = l->candidate[i];
        if (l->look(l->owner, index, &rank[kept]) &&
            (!l->floored || leader_is_above(&rank[kept], &l->floor)))
            l->candidate[kept++] = index;
        else
            l->member[index / 64] &= ~(1ull << (index % 64));
    }
    l->n = kept;
    return kept;
}

/* Brings the best `keep` of n to the front, in any order (Hoare's quickselect). */
static void select_best(struct leader *x, uint32_t n, uint32_t keep)
{
    uint32_t from = 0, to = n;
    while (to - from > 1) {
        struct leader pivot =
            x[from + (to - from - 1) / 2]; /* never the last, or it would not end */
        uint32_t i = from, j = to - 1;
        for (;;) {
            while (leader_is_above(&x[i], &pivot))
                i++;
            while (leader_is_above(&pivot, &x[j]))
                j--;
            if (i >= j)
                break;
            struct leader swap = x[i];
            x[i++] = x[j];
            x[j--] = swap;
        }
        if (keep <= j)
            to = j + 1;
        else
            from = j + 1;
    }
}

/* Half of a full set leaves, and the best of them is the floor. */
static void thin_out(struct leaders *l)
{
    uint32_t n = look_at_all(l, l->rank);
    if (n < LEADERS_MOST)
        return;
    uint32_t keep = n / 2;
    select_best(l->rank, n, keep);
    l->floor = l->rank[keep];
    for (uint32_t i = keep; i < n; i++) {
        uint32_t index = l->rank[i].index;
        l->member[index / 64] &= ~(1ull << (index % 64));
        if (leader_is_above(&l->rank[i], &l->floor))
            l->floor = l->rank[i];
    }
    l->floored = true;
    l->n = keep;
    for (uint32_t i = 0; i < keep; i++)
        l->candidate[i] = l->rank[i].index;
}

void leaders_offer(struct leaders *l, const struct leader *x)
{
    if ((l->floored && !leader_is_above(x, &l->floor)) || is_member(l, x->index))
        return;
    if (!make_room(l, x->index)) {
        l->failed = true;
        return;
    }
    if (l->n == LEADERS_MOST)
        thin_out(l);
    if (l->floored && !leader_is_above(x, &l->floor))
        return;
    l->member[x->index / 64] |= 1ull << (x->index % 64);
    l->candidate[l->n++] = x->index;
}

static int by_rank(const void *x, const void *y)
{
    return leader_is_above(x, y) ? -1 : leader_is_above(y, x);
}

uint32_t leaders_rank(struct leaders *l, struct leader *top)
{
    uint32_t n = l->failed ? 0 : look_at_all(l, top);
    if (n)
        qsort(top, n, sizeof *top, by_rank);
    return n;
}
