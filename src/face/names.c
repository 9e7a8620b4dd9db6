/* names.c - pages of a sorted name table, shared by readers, replaced every two seconds. */
#include "face/names.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/question.h"

enum { NAMES_HOSTS = 2000 /* of the largest hosts, names are kept */ };

struct entry {
    struct addr addr;
    char name[64];
};

struct name_page {
    _Atomic unsigned users;
    unsigned n;
    struct entry entry[]; /* by address */
};

struct name_book {
    pthread_mutex_t lock;
    struct name_page *page;
    nsec_t made;
    bool asking; /* one reader makes the next page; others use the old one meanwhile */
};

struct name_book *name_book_new(void)
{
    struct name_book *b = calloc(1, sizeof *b);
    if (b)
        pthread_mutex_init(&b->lock, NULL);
    return b;
}

void name_book_free(struct name_book *b)
{
    if (!b)
        return;
    name_page_put(b->page);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

static int compare_entries(const void *a, const void *b)
{
    return addr_compare(&((const struct entry *)a)->addr, &((const struct entry *)b)->addr);
}

static struct name_page *make_page(struct engine *en)
{
    struct question q = {
        .kind = QUESTION_HOSTS, .iface = -1, .limit = NAMES_HOSTS, .hosts_local = -1};
    struct answer *a = question_ask(en, &q);
    struct name_page *page = calloc(1, sizeof *page + a->n * sizeof *page->entry);
    if (page) {
        page->users = 1;
        for (uint32_t i = 0; i < a->n; i++) {
            const struct host_row *h = &a->hosts[i];
            if (!h->name[0])
                continue;
            page->entry[page->n].addr = h->addr;
            memcpy(page->entry[page->n].name, h->name, sizeof h->name);
            page->n++;
        }
        qsort(page->entry, page->n, sizeof *page->entry, compare_entries);
    }
    answer_free(a);
    return page;
}

struct name_page *name_page_get(struct name_book *b, struct engine *en, nsec_t now)
{
    if (!b)
        return NULL;
    pthread_mutex_lock(&b->lock);
    bool ask = !b->asking && (!b->page || now - b->made >= 2 * SECOND);
    if (ask) {
        b->asking = true;
        pthread_mutex_unlock(&b->lock);
        struct name_page *page = make_page(en);
        pthread_mutex_lock(&b->lock);
        b->asking = false;
        b->made = now;
        name_page_put(b->page);
        b->page = page;
    }
    struct name_page *page = b->page;
    if (page)
        atomic_fetch_add_explicit(&page->users, 1, memory_order_relaxed);
    pthread_mutex_unlock(&b->lock);
    return page;
}

void name_page_put(struct name_page *n)
{
    if (n && atomic_fetch_sub_explicit(&n->users, 1, memory_order_acq_rel) == 1)
        free(n);
}

const char *name_page_find(const struct name_page *n, const struct addr *addr)
{
    if (!n)
        return NULL;
    struct entry wanted = {.addr = *addr};
    const struct entry *e = bsearch(&wanted, n->entry, n->n, sizeof *n->entry, compare_entries);
    return e ? e->name : NULL;
}
