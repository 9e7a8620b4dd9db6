/* exporter_detail.h - the lists of an answer about one exporter: interfaces, templates, rates. */
#ifndef WEIR_ENGINE_EXPORTER_DETAIL_H
#define WEIR_ENGINE_EXPORTER_DETAIL_H

#include "engine/question.h"

/* Adds what the exporter told; is_heard: in this run. The thread of its collector. False without memory. */
bool exporter_detail_take(struct exporter_detail *d, const struct exporter *x, bool is_heard);

/* One more interface, zeroed but for its index; NULL without memory or beyond all reason. */
struct exporter_if_row *exporter_detail_interface(struct exporter_detail *d, uint32_t index);

/* Adds the lists of another worker. False without memory. */
bool exporter_detail_add(struct exporter_detail *d, const struct exporter_detail *more);

/* Puts all in order, and what several workers know together. */
void exporter_detail_join(struct exporter_detail *d);

/* Gives the lists back. */
void exporter_detail_free(struct exporter_detail *d);

#endif
