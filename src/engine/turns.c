/* turns.c - who has to go next: entries of a table in the order in which they came. */
#include "engine/turns.h"

enum { FIRST = 256 /* entries of a new ring */ };

bool turns_init(struct turns *t, enum account account, uint32_t slots, struct err *e)
{
    *t = (struct turns){.size = FIRST, .most = FIRST, .account = account};
    while (t->most <= slots / TURNS_PART / 2)
        t->most *= 2;
    t->turn = mem_alloc(account, t->size * sizeof *t->turn);
    return t->turn ? true : fail(e, "no memory for a queue of %s", mem_account_name(account));
}

void turns_fini(struct turns *t)
{
    mem_free(t->account, t->turn, t->size * sizeof *t->turn);
    *t = (struct turns){0};
}

static void grow(struct turns *t)
{
    uint32_t n = turns_length(t);
    struct turn *wider =
        t->size < t->most ? mem_alloc(t->account, 2 * t->size * sizeof *wider) : NULL;
    if (!wider)
        return;
    for (uint32_t i = 0; i < n; i++)
        wider[i] = t->turn[(t->head + i) & (t->size - 1)];
    mem_free(t->account, t->turn, t->size * sizeof *wider);
    t->turn = wider;
    t->size *= 2;
    t->head = 0;
    t->tail = n;
}

void turns_add(struct turns *t, struct turn turn)
{
    if (turns_length(t) == t->size)
        grow(t);
    if (turns_length(t) == t->size)
        t->head++;
    t->turn[t->tail++ & (t->size - 1)] = turn;
}
