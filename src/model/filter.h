/* filter.h - one filter language everywhere: live, files, API, pages.
 *
 *     app in (DNS,TLS) and not ip=10.0.0.0/8        bytes>=1M && duration<2s
 *     cli.port=srv.port                             192.168.2.222 dns.rcode!=0
 *
 * Grammar in docs/filter.md. Field names and words are case-insensitive; terms side by side mean
 * and. Operands that stand for either end: ip port mac host net. A compiled filter is constant and
 * may be used by any thread.
 */
#ifndef WEIR_MODEL_FILTER_H
#define WEIR_MODEL_FILTER_H

#include "base/json.h"
#include "model/record.h"

struct filter;

/* Where and why an expression is wrong. at counts bytes from 0. */
struct filter_error {
    size_t at;
    char text[200];
};

/* The compiled filter, owned by the caller and given back to filter_free(); NULL with *e filled
 * when the expression is wrong. An empty expression matches everything. */
struct filter *filter_compile(const char *expression, struct filter_error *e);
void filter_free(struct filter *f);

/* One more owner of a compiled filter, who gives it back to filter_free() as well: a filter is
 * counted (atomically) and goes with its last owner. NULL stays NULL. Any thread. */
struct filter *filter_keep(const struct filter *f);

/* True when the record matches. No allocation, no lock. f may be NULL: everything matches. */
bool filter_match(const struct filter *f, const struct record *r);

/* True when the expression says nothing, i.e. everything matches. */
bool filter_is_empty(const struct filter *f);

/* Appends `operand=value` so that compiling it means exactly this text: the value is quoted where it
 * would be several words, a keyword or a field. */
void filter_add_term(struct text *t, const char *operand, const char *value);

/* Writes the tree as JSON: {"op":"and","args":[{"field":"app","op":"in","values":[...],"at":0,
 * "end":16}, ...]}. For chips in the filter bar. */
void filter_json(const struct filter *f, struct json *j);

/* Writes completions at byte `at` of a possibly unfinished expression as a JSON array of
 * {"kind":"field|operator|value|keyword","text":"app","title":"Application","tip":"...",
 * "from":0,"to":2}: replacing [from,to) by text is what accepting it means. At most limit. */
void filter_complete(const char *expression, size_t at, unsigned limit, struct json *j);

#endif
