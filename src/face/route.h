/* route.h - finds what a request asks for and checks its parameters against the tables.
 *
 * A call is a request that was understood: its route, its parameters as values, its form. Every
 * reader of the API goes through here: GET, stream topic and test alike.
 */
#ifndef WEIR_FACE_ROUTE_H
#define WEIR_FACE_ROUTE_H

#include <stdint.h>

#include "face/reply.h"
#include "face/request.h"

enum method { METHOD_GET, METHOD_HEAD, METHOD_OPTIONS, METHOD_POST, METHOD_PATCH, METHOD_OTHER };
enum role { ROLE_VIEWER };
enum shape { SHAPE_LIST, SHAPE_ROWS, SHAPE_ONE, SHAPE_PLAIN, SHAPE_TEXT, SHAPE_STREAM };
enum format { FORMAT_JSON, FORMAT_CSV, FORMAT_NDJSON };

enum param {
#define PARAM(id, name, type, min, max, fallback, text) PARAM_##id,
#include "face/params.def"
#undef PARAM
    PARAMS
};

enum param_type { PARAM_TYPE_text, PARAM_TYPE_number, PARAM_TYPE_flag, PARAM_TYPE_choice };

struct param_info {
    const char *name;
    enum param_type type;
    int64_t min, max;
    const char *fallback;
    const char *text;
};

extern const struct param_info param_table[PARAMS];

struct api;
struct call;

struct route {
    enum method method;
    const char *path;
    enum role role;
    struct reply *(*handler)(const struct api *api, const struct call *call);
    uint32_t params; /* one bit per enum param */
    enum shape shape;
    const char *schema;
    const char *text;
};

extern const struct route route_table[];
extern const size_t route_count;

/* text is NULL when the parameter is absent and has no default. number: numbers, flags, the index
 * of a choice. */
struct value {
    const char *text;
    int64_t number;
    bool given;
};

/* Owner: who made it; call_free(). Constant once made. */
struct call {
    const struct route *route;
    struct request *request;
    const char *slot; /* the path's {word}, decoded; "" without */
    struct value value[PARAMS];
    enum format format;
    bool open_metrics; /* Accept asked for OpenMetrics */
    char *key;         /* equal for equal questions */
};

/* Understands a request. NULL with *problem filled when the answer is already known: a fault, an
 * unknown path under /api, a method that is not allowed. accept may be NULL. Any thread. */
struct call *call_new(enum method method, const char *target, size_t len, const char *accept,
                      struct reply **problem);
void call_free(struct call *c);

/* The route of a path; *slot becomes what stands at its {word}. NULL when there is none for any
 * method; *allowed has a bit per method that the path knows. */
const struct route *route_find(enum method method, const char *path, const char **slot,
                               unsigned *allowed);

/* The method that a request line names, as HTTP spells it, and back. Any thread. */
enum method method_from_word(const char *word);
const char *method_word(enum method method);

#endif
