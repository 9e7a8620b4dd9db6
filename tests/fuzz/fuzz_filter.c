/* fuzz_filter.c - a filter expression out of any bytes: compiled, matched, told and completed.
 *
 * The first bytes fill a record and place the cursor, the rest is the expression.
 */
#include "model/filter.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "model/protos.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void fill(struct record *r, const uint8_t *bytes, size_t n)
{
    static const char *const names[] = {"DNS", "HTTP", "TLS.Google"};
    protos_set(5, "DNS", 14, 1);
    protos_set(7, "HTTP", 5, 1);
    protos_set(91, "TLS", 5, 0);
    protos_set_risk(3, "XSS attack", 10);
    memset(r, 0, sizeof *r);
    uint8_t *to = (uint8_t *)r;
    for (size_t i = 0; n && i < offsetof(struct record, tail); i++)
        to[i] = bytes[i % n];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        tail_set(&r->tail, STRING_info + (enum string_field)i, names[i], strlen(names[i]));
}

static void tell(const struct filter *f, const char *expression, size_t at)
{
    struct text t = {0};
    struct json j = json_into(&t);
    if (f)
        filter_json(f, &j);
    text_reset(&t);
    j = json_into(&t);
    filter_complete(expression, at, 50, &j);
    assert(t.failed || (t.data[0] == '[' && t.data[t.len - 1] == ']'));
    text_free(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    enum { HEAD = 16 };
    if (n < HEAD)
        return 0;
    struct record r;
    fill(&r, bytes, HEAD);

    char *expression = malloc(n - HEAD + 1);
    if (!expression)
        abort();
    memcpy(expression, bytes + HEAD, n - HEAD);
    expression[n - HEAD] = '\0';
    size_t len = strlen(expression);

    struct filter_error e = {0};
    struct filter *f = filter_compile(expression, &e);
    if (f) {
        assert(!*e.text);
        bool hit = filter_match(f, &r);
        assert(hit == filter_match(f, &r));
    } else {
        assert(e.at <= len);
        assert(*e.text);
    }
    tell(f, expression, (size_t)bytes[0] << 4 | bytes[1]);
    filter_free(f);
    free(expression);
    return 0;
}
