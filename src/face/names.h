/* names.h - what addresses are called, so that rows of flows can say it.
 *
 * Flows carry addresses only; names belong to hosts. The book asks for the largest hosts every two
 * seconds while somebody looks at flows, and keeps who has a name.
 */
#ifndef WEIR_FACE_NAMES_H
#define WEIR_FACE_NAMES_H

#include "base/clock.h"
#include "net/addr.h"

struct engine;
struct name_book; /* the page that is open now, replaced whole */
struct name_page; /* one page: constant, counted */

/* An empty book, NULL when out of memory. */
struct name_book *name_book_new(void);
void name_book_free(struct name_book *b);

/* A page at most two seconds older than now (clock_mono); NULL when there is none. Any thread but
 * a worker's; name_page_put() gives it back. */
struct name_page *name_page_get(struct name_book *b, struct engine *en, nsec_t now);
void name_page_put(struct name_page *n);

/* The name of an address, or NULL. n may be NULL. */
const char *name_page_find(const struct name_page *n, const struct addr *addr);

#endif
