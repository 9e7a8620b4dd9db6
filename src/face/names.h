/* names.h - what addresses are called, so that rows of flows can say it.
 *
 * Flows carry addresses only; names belong to hosts. The workers are asked for the addresses of a
 * page, which costs them two look-ups a row.
 */
#ifndef WEIR_FACE_NAMES_H
#define WEIR_FACE_NAMES_H

#include "engine/question.h"

/* Names of both ends of these flows, or of these lines' addresses; to be given back with
 * answer_free(). NULL when there is nothing to ask or no memory. Any thread but a worker's. */
struct answer *names_of_flows(struct engine *en, const struct record *flow, uint32_t n);
struct answer *names_of_tops(struct engine *en, int iface, const struct top_row *top, uint32_t n);

/* The name of flow i's client or server, or of line i; NULL when it has none. names may be NULL. */
const char *names_client(const struct answer *names, uint32_t i);
const char *names_server(const struct answer *names, uint32_t i);
const char *names_top(const struct answer *names, uint32_t i);

#endif
