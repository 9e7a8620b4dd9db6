/* fuzz_http.c - what a browser sends, before and beside the HTTP library: target, topics, headers.
 *
 * The first byte chooses; the rest is read as a request target, as the topics of a stream, or as
 * the value of a header. What is understood must be what the tables allow, and what is refused must
 * be refused with a status of the list.
 */
#include "face/api.h"
#include "face/http.h"
#include "face/pages.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static bool is_status(int status)
{
    return status == 400 || status == 404 || status == 405 || status == 414 || status == 503;
}

static void check_call(const struct call *c)
{
    assert(strlen(c->request->path) <= REQUEST_PATH && !strstr(c->request->path, "/../"));
    for (const char *p = c->request->path; *p; p++)
        assert((unsigned char)*p >= 0x20 && *p != 0x7f);
    for (int i = 0; i < PARAMS; i++) {
        const struct param_info *p = &param_table[i];
        const struct value *v = &c->value[i];
        if (v->given && (p->type == PARAM_TYPE_number || p->type == PARAM_TYPE_flag))
            assert(v->number >= p->min && v->number <= p->max);
    }
    struct addr addr;
    uint16_t vlan;
    api_host_id(c->slot, &addr, &vlan);
    struct filter *filter;
    reply_put(call_filter(c, &filter));
    filter_free(filter);
}

static void try_target(enum method method, const char *target, size_t n)
{
    struct reply *problem = NULL;
    struct call *c = call_new(method, target, n, NULL, &problem);
    assert((c != NULL) != (problem != NULL));
    if (c)
        check_call(c);
    else
        assert(is_status(problem->status));
    call_free(c);
    reply_put(problem);

    struct request_error e;
    struct request *r = request_parse(target, n, &e);
    if (!r)
        return;
    struct reply *page = pages_find(r, n & 1);
    assert(page->status == 200 || page->status == 302 || is_status(page->status));
    for (const char *p = page->location; *p; p++)
        assert((unsigned char)*p > 0x20 && (unsigned char)*p < 0x7f);
    reply_put(page);
    request_free(r);
}

static void try_topics(const char *raw, size_t n)
{
    char *topics[STREAM_TOPICS], *memory;
    int count = stream_topics(raw, n, topics, STREAM_TOPICS, &memory);
    assert(count <= STREAM_TOPICS);
    for (int i = 0; i < count; i++)
        assert(topics[i][0] && !strpbrk(topics[i], "\r\n"));
    free(memory);
}

static void try_headers(const char *value)
{
    struct http_address address;
    struct err e;
    struct text t = {0};
    header_accepts(value, "gzip");
    header_accepts(value, "application/json");
    host_is_allowed(value, "weir");
    http_parse_address(value, &address, &e);
    api_filter_term(&t, "info", value);
    percent_encode(&t, value);
    text_free(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (!n)
        return 0;
    char *copy = malloc(n);
    if (!copy)
        abort();
    memcpy(copy, bytes + 1, n - 1);
    copy[n - 1] = 0;
    switch (bytes[0] % 4) {
    case 0:
        try_target((enum method)(bytes[0] / 4 % (METHOD_OTHER + 1)), copy, n - 1);
        break;
    case 1:
        try_target(METHOD_GET, copy, n - 1);
        break;
    case 2:
        try_topics(copy, n - 1);
        break;
    default:
        try_headers(copy);
    }
    free(copy);
    return 0;
}
