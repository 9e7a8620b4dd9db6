/* merge_exporters.h - what several workers know of exporters, as one answer. */
#ifndef WEIR_ENGINE_MERGE_EXPORTERS_H
#define WEIR_ENGINE_MERGE_EXPORTERS_H

#include "engine/answer.h"

/* QUESTION_EXPORTERS and QUESTION_EXPORTER. NULL without memory; the parts stay their owners'. */
struct answer_box *merge_exporters(const struct question *q, struct answer *const *part,
                                   unsigned n);
/* QUESTION_TEMPLATES: the rows change owner. */
struct answer_box *merge_templates(struct answer *const *part, unsigned n);
/* QUESTION_TOLD. */
struct answer_box *merge_told(const struct question *q, struct answer *const *part, unsigned n);

#endif
