/* route.c - the dispatcher: one table, matched segment by segment, default no. */
#include "face/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "face/api.h"

const struct param_info param_table[PARAMS] = {
#define PARAM(id, name, type, min, max, fallback, text)                                            \
    [PARAM_##id] = {name, PARAM_TYPE_##type, min, max, fallback, text},
#include "face/params.def"
#undef PARAM
};

#define P(id)  (1u << PARAM_##id)
#define P_FORM P(format)
#define P_ROWS (P(limit) | P(offset) | P_FORM)
#define P_LIST (P_ROWS | P(sort) | P(fields) | P(iface))

const struct route route_table[] = {
#define ROUTE(method, path, role, handler, params, shape, schema, text)                            \
    {METHOD_##method, path, ROLE_##role, api_##handler, params, SHAPE_##shape, #schema, text},
#include "face/routes.def"
#undef ROUTE
};
const size_t route_count = sizeof route_table / sizeof *route_table;

static const char *const method_words[] = {
    [METHOD_GET] = "GET",   [METHOD_HEAD] = "HEAD",   [METHOD_OPTIONS] = "OPTIONS",
    [METHOD_POST] = "POST", [METHOD_PATCH] = "PATCH", [METHOD_OTHER] = "?",
};

enum method method_from_word(const char *word)
{
    for (int m = METHOD_GET; m < METHOD_OTHER; m++) {
        if (!strcmp(word, method_words[m]))
            return (enum method)m;
    }
    return METHOD_OTHER;
}

const char *method_word(enum method method)
{
    return method_words[method];
}

/* True when path is pattern, whose {word}, always its last segment, stands for one segment. */
static bool path_matches(const char *pattern, const char *path, const char **slot)
{
    size_t fixed = strcspn(pattern, "{");
    if (!pattern[fixed]) {
        *slot = "";
        return !strcmp(pattern, path);
    }
    if (strncmp(pattern, path, fixed) || !path[fixed] || strchr(path + fixed, '/'))
        return false;
    *slot = path + fixed;
    return true;
}

const struct route *route_find(enum method method, const char *path, const char **slot,
                               unsigned *allowed)
{
    const struct route *found = NULL;
    const char *at;
    *allowed = 0;
    for (size_t i = 0; i < route_count; i++) {
        const struct route *r = &route_table[i];
        if (!path_matches(r->path, path, &at))
            continue;
        *allowed |= 1u << r->method;
        if (r->method == METHOD_GET)
            *allowed |= 1u << METHOD_HEAD;
        if (r->method == method || (r->method == METHOD_GET && method == METHOD_HEAD)) {
            found = r;
            *slot = at;
        }
    }
    return found;
}

static struct reply *bad_param(const struct param_info *p, const char *why)
{
    char detail[256];
    snprintf(detail, sizeof detail, "%s %s", p->name, why);
    return reply_problem(400, "parameter", "Bad parameter", detail, -1);
}

static bool parse_number(const char *s, int64_t *number)
{
    size_t n = strspn(s, "0123456789");
    if (!n || n > 15 || s[n])
        return false;
    *number = 0;
    for (; *s; s++)
        *number = *number * 10 + (*s - '0');
    return true;
}

/* Index of a word among words by |, or -1. */
static int choice_index(const char *words, const char *word)
{
    size_t len = strlen(word);
    for (int i = 0; *words; i++) {
        size_t n = strcspn(words, "|");
        if (n == len && !strncmp(words, word, n))
            return i;
        words += n + (words[n] == '|');
    }
    return -1;
}

static struct reply *parse_value(const struct param_info *p, const struct pair *given,
                                 struct value *v)
{
    char why[160];
    v->given = given != NULL;
    if (!given) {
        v->text = p->type == PARAM_TYPE_choice || !*p->fallback ? NULL : p->fallback;
        if (v->text && p->type != PARAM_TYPE_text)
            parse_number(v->text, &v->number);
        return NULL;
    }
    v->text = given->value;
    if (p->type == PARAM_TYPE_text) {
        if (strlen(v->text) >= (size_t)p->min && strlen(v->text) <= (size_t)p->max)
            return NULL;
        snprintf(why, sizeof why, "must have %lld to %lld bytes", (long long)p->min,
                 (long long)p->max);
        return bad_param(p, why);
    }
    if (p->type == PARAM_TYPE_choice) {
        v->number = choice_index(p->fallback, v->text);
        if (v->number >= 0)
            return NULL;
        snprintf(why, sizeof why, "must be one of %s", p->fallback);
        return bad_param(p, why);
    }
    if (parse_number(v->text, &v->number) && v->number >= p->min && v->number <= p->max)
        return NULL;
    snprintf(why, sizeof why, "must be a number from %lld to %lld", (long long)p->min,
             (long long)p->max);
    return bad_param(p, why);
}

/* Parameters that the route does not know are ignored, so that links outlive versions. */
static struct reply *parse_values(struct call *c)
{
    for (int i = 0; i < PARAMS; i++) {
        if (!(c->route->params & 1u << i))
            continue;
        struct reply *problem = parse_value(
            &param_table[i], request_find(c->request, param_table[i].name), &c->value[i]);
        if (problem)
            return problem;
    }
    return NULL;
}

static void choose_format(struct call *c, const char *accept)
{
    c->open_metrics = header_accepts(accept, "application/openmetrics-text");
    if (!(c->route->params & P(format)))
        return;
    if (c->value[PARAM_format].given)
        c->format = (enum format)c->value[PARAM_format].number;
    else if (header_accepts(accept, "text/csv"))
        c->format = FORMAT_CSV;
    else if (header_accepts(accept, "application/x-ndjson"))
        c->format = FORMAT_NDJSON;
}

static bool make_key(struct call *c)
{
    struct text key = {0};
    text_add(&key, c->request->path);
    text_char(&key, '?');
    text_add(&key, c->request->query);
    text_char(&key, '\n');
    text_u64(&key, (uint64_t)c->format * 2 + c->open_metrics);
    c->key = key.data;
    return !key.failed;
}

static struct reply *method_problem(unsigned allowed)
{
    static char allow[1u << METHOD_OTHER][40];
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct reply *r = reply_problem(405, "method", "Method not allowed",
                                    "this path does not know the method", -1);
    /* The words of each set are written once and stay, so that replies can borrow them. */
    pthread_mutex_lock(&lock);
    char *words = allow[allowed];
    bool written = *words;
    for (int m = 0; !written && m < METHOD_OTHER; m++) {
        if (allowed & 1u << m) {
            size_t len = strlen(words);
            snprintf(words + len, sizeof allow[0] - len, "%s%s", len ? ", " : "", method_words[m]);
        }
    }
    pthread_mutex_unlock(&lock);
    if (r->status == 405)
        r->allow = words;
    return r;
}

static struct reply *find_route(struct call *c, enum method method)
{
    unsigned allowed;
    c->slot = "";
    c->route = route_find(method, c->request->path, &c->slot, &allowed);
    if (c->route)
        return NULL;
    if (allowed)
        return method_problem(allowed | 1u << METHOD_OPTIONS);
    return reply_problem(404, "path", "Not found", "no such resource; see /api/v1/openapi.json",
                         -1);
}

struct call *call_new(enum method method, const char *target, size_t len, const char *accept,
                      struct reply **problem)
{
    struct request_error e = {.status = 503, .why = "out of memory"};
    struct call *c = calloc(1, sizeof *c);
    if (!c || !(c->request = request_parse(target, len, &e))) {
        free(c);
        *problem = reply_problem(e.status, "request", "Bad request", e.why, -1);
        return NULL;
    }
    *problem = find_route(c, method);
    if (!*problem)
        *problem = parse_values(c);
    if (!*problem) {
        choose_format(c, accept);
        int64_t most = c->format == FORMAT_JSON ? 1000 : 10000;
        if (c->value[PARAM_limit].number > most)
            *problem = bad_param(&param_table[PARAM_limit], "must be a number from 1 to 1000");
        else if (!make_key(c))
            *problem = reply_problem(503, "memory", "Out of memory", NULL, -1);
    }
    if (!*problem)
        return c;
    call_free(c);
    return NULL;
}

void call_free(struct call *c)
{
    if (!c)
        return;
    request_free(c->request);
    free(c->key);
    free(c);
}
