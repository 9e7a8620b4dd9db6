/* mailbox.h - letters from many threads to one, without locks.
 *
 * A letter is the first member of what is sent and belongs to the mailbox until it is taken. The
 * reader takes all at once, in the order in which they were sent.
 */
#ifndef WEIR_BASE_MAILBOX_H
#define WEIR_BASE_MAILBOX_H

#include <stdatomic.h>
#include <stddef.h>

struct letter {
    struct letter *next;
};

struct mailbox {
    _Atomic(struct letter *) head; /* newest first */
};

/* Any thread. In one order with mailbox_has() and with atomic flags: either the reader sees the
 * letter or the sender sees the flag that the reader raised before it looked. */
static inline void mailbox_send(struct mailbox *m, struct letter *l)
{
    l->next = atomic_load_explicit(&m->head, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&m->head, &l->next, l, memory_order_seq_cst,
                                                  memory_order_relaxed)) {
    }
}

/* True when something may be inside. Any thread. */
static inline int mailbox_has(const struct mailbox *m)
{
    return atomic_load_explicit((_Atomic(struct letter *) *)(size_t)&m->head,
                                memory_order_seq_cst) != NULL;
}

/* All letters, oldest first, or NULL. The reader's thread only. */
static inline struct letter *mailbox_take(struct mailbox *m)
{
    struct letter *l = atomic_exchange_explicit(&m->head, NULL, memory_order_acquire);
    struct letter *list = NULL;
    while (l) {
        struct letter *next = l->next;
        l->next = list;
        list = l;
        l = next;
    }
    return list;
}

#endif
