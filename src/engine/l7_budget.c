/* l7_budget.c - how much time protocol detection may take: a bucket that the clock fills. */
#include "engine/l7_budget.h"

static nsec_t share_of(const struct l7_budget *b, nsec_t time)
{
    return time / 100 * (nsec_t)b->percent;
}

void l7_budget_init(struct l7_budget *b, unsigned percent)
{
    *b = (struct l7_budget){.percent = percent < 100 ? percent : 0};
    b->left = share_of(b, L7_SPARE);
}

void l7_budget_fill(struct l7_budget *b, nsec_t now)
{
    nsec_t passed = b->filled ? now - b->filled : 0;
    b->filled = now;
    if (passed <= 0)
        return;
    nsec_t most = share_of(b, L7_SPARE);
    /* Hours without a new flow are worth no more than what the bucket holds. */
    nsec_t share = share_of(b, passed < HOUR ? passed : HOUR);
    b->left = share < most - b->left ? b->left + share : most;
}

void l7_budget_spend(struct l7_budget *b, nsec_t spent)
{
    b->left -= spent;
}
