/* api.h - what the handlers of routes.def are given, and what they share.
 *
 * A handler turns a call into a reply: it asks the engine, which answers with values, and writes
 * them out. Handlers run on the threads of the desk and keep nothing.
 */
#ifndef WEIR_FACE_API_H
#define WEIR_FACE_API_H

#include "base/settings.h"
#include "engine/engine.h"
#include "engine/question.h"
#include "face/face.h"
#include "face/route.h"

/* What every handler may look at. Constant once the face runs; owned by it. */
struct api {
    struct engine *engine;
    const struct settings *settings;
    const struct locals *locals;   /* may be NULL */
    const struct exports *exports; /* NULL when nothing is exported */
    struct face_about about;
    nsec_t started; /* wall clock */
    nsec_t started_mono;
    unsigned (*streams)(const void *stream); /* open streams now */
    const void *stream;
};

#define ROUTE(method, path, role, handler, params, shape, schema, text)                            \
    struct reply *api_##handler(const struct api *api, const struct call *call);
#include "face/routes.def"
#undef ROUTE

/* The interface a call is about, -1 = all. */
int call_iface(const struct call *c);
/* Compiles q into *filter (NULL when absent); a problem with the offset when it is wrong. The
 * caller frees the filter. */
struct reply *call_filter(const struct call *c, struct filter **filter);
/* The address that a parameter names, in *room. NULL when it is absent, and with *problem filled, unless
 * it is already, when it cannot be read. */
const struct addr *call_addr(const struct call *c, enum param p, struct addr *room,
                             struct reply **problem);
/* 404 unless the interface exists or none was named. */
struct reply *call_check_iface(const struct api *api, const struct call *c);

/* Nanoseconds as JSON's epoch milliseconds. */
static inline int64_t to_ms(nsec_t t)
{
    return t / MILLISECOND;
}

/* ,"meta":{...} of an answer. sums: also the sums over all rows that match. */
void api_meta(struct json *j, const struct answer *a);
void api_meta_sums(struct json *j, const struct answer *a);
/* The same for what is known without asking: now is the wall clock. */
void api_meta_now(struct json *j, nsec_t now);

/* {"data": of a single thing, and its end with meta. */
void api_one_open(struct json *j);
struct reply *api_one_finish(struct reply *r, struct json *j, const struct answer *a);

/* Keys of /totals into an open object. */
void api_totals_keys(struct json *j, const struct totals_row *t);

/* Resolves sort= against a table; false when there is no such column. Sets *ascending; *field is
 * NULL for "bytes" and when nothing was given. */
bool api_sort(const struct call *c, const struct field *(*find)(const char *),
              const struct field **field, bool *ascending);
struct reply *api_sort_problem(const struct call *c);

/* "l4":[...] of four traffic pairs by enum l4_class; "bins":[...]; "key":[...]. */
void api_l4_rows(struct json *j, const struct traffic *l4);
void api_size_bins(struct json *j);
void api_u64_array(struct json *j, const char *key, const uint64_t *values, unsigned n);

/* One row's keys of the host table into rows or an open object. */
struct rows;
void api_host_keys(struct rows *rows, const struct host_row *h, const struct locals *locals);

/* Reads "ip@vlan" or "ip" (VLAN 0). */
bool api_host_id(const char *text, struct addr *addr, uint16_t *vlan);
/* One host by such an id. NULL with *problem filled when there is none. */
struct answer *api_ask_host(const struct api *api, int iface, const char *text,
                            struct reply **problem);

/* Appends operand=value as a filter expression, quoted where the grammar needs it. */
void api_filter_term(struct text *t, const char *operand, const char *value);

/* Totals of one interface or all; NULL inside the answer when nobody answered. The caller frees. */
struct answer *api_ask_totals(const struct api *api, int iface);

/* The properties of a schemas.def row contain this key. */
bool schema_has(const char *schema, const char *key);

/* The whole OpenAPI document, for the route and the contract test. */
void openapi_write(struct json *j, const struct face_about *about);

/* Resident memory and how much of it is huge pages, CPU time, threads and open files of this process,
 * from /proc. */
struct process_state {
    uint64_t rss_bytes, huge_bytes, cpu_ms, threads, open_fds;
};
void process_read(struct process_state *p);
/* "threads":[{name,cpu_ms}] of this process. */
void threads_json(struct json *j);

#endif
