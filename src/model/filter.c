/* filter.c - compiled filters: memory, matching, and the tree as JSON.
 *
 * A filter is a small tree in one block of memory. Matching walks it, at most FILTER_HEIGHT deep,
 * and stops at the first answer. Values are prepared when it is compiled: addresses are prefixes,
 * words are numbers, texts are in lower case, durations in nanoseconds.
 */
#include "model/filter_tree.h"

#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "model/protos.h"
#include "model/words.h"

enum { FIELD_TEXT = 104 /* longest text of a field that is not a string */ };

/* Lays the tables out in one block; the caller gives it back with filter_free(). */
static struct filter *filter_new(size_t nodes, size_t values, size_t text)
{
    size_t node_at = sizeof(struct filter);
    size_t value_at = node_at + nodes * sizeof(struct node);
    size_t source_at = value_at + values * sizeof(struct value);
    size_t size = source_at + 2 * (text + 1);
    struct filter *f = mem_alloc(ACCOUNT_other, size);
    if (!f)
        return NULL;
    f->size = size;
    atomic_init(&f->owners, 1);
    f->node = (struct node *)((char *)f + node_at);
    f->value = (struct value *)((char *)f + value_at);
    f->source = (char *)f + source_at;
    f->text = f->source + text + 1;
    return f;
}

void filter_free(struct filter *f)
{
    if (!f || atomic_fetch_sub(&f->owners, 1) > 1)
        return;
    for (unsigned i = 0; i < f->regexes; i++)
        regex_free(f->regex[i]);
    mem_free(ACCOUNT_other, f, f->size);
}

struct filter *filter_keep(const struct filter *f)
{
    struct filter *kept = (struct filter *)(uintptr_t)f;
    if (kept)
        atomic_fetch_add(&kept->owners, 1);
    return kept;
}

/* A filter as large as it must be; takes the regexes over. */
static struct filter *filter_fit(struct filter *from, size_t len)
{
    struct filter *f = filter_new(from->nodes, from->values, len);
    if (!f)
        return NULL;
    f->root = from->root;
    f->nodes = from->nodes;
    f->values = from->values;
    f->regexes = from->regexes;
    f->text_used = from->text_used;
    memcpy(f->node, from->node, from->nodes * sizeof *f->node);
    memcpy(f->value, from->value, from->values * sizeof *f->value);
    memcpy(f->source, from->source, len + 1);
    memcpy(f->text, from->text, from->text_used);
    memcpy(f->regex, from->regex, sizeof f->regex);
    from->regexes = 0;
    return f;
}

struct filter *filter_compile(const char *expression, struct filter_error *e)
{
    size_t len = strlen(expression);
    if (e)
        *e = (struct filter_error){0};
    if (len > FILTER_BYTES) {
        filter_fail(e, FILTER_BYTES, "the expression is longer than %d bytes", FILTER_BYTES);
        return NULL;
    }
    struct filter *f = NULL;
    struct filter *roomy = filter_new(FILTER_NODES, FILTER_VALUES, len);
    if (roomy) {
        memcpy(roomy->source, expression, len + 1);
        if (!filter_parse(roomy, len, e)) {
            filter_free(roomy);
            return NULL;
        }
        f = filter_fit(roomy, len);
        filter_free(roomy);
    }
    if (!f)
        filter_fail(e, 0, "there is no memory for the filter");
    else if (e)
        *e = (struct filter_error){0}; /* a value that turned out to be a field left a message */
    return f;
}

bool filter_is_empty(const struct filter *f)
{
    return !f || f->root == FILTER_NONE;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool starts_with(const char *text, const char *needle, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (lower(text[i]) != needle[i])
            return false;
    return true;
}

static bool contains(const char *text, size_t len, const char *needle, size_t n)
{
    for (size_t i = 0; i + n <= len; i++)
        if (starts_with(text + i, needle, n))
            return true;
    return false;
}

static bool text_matches(const struct filter *f, const struct node *n, const char *text, size_t len)
{
    for (unsigned i = 0; i < n->values; i++) {
        const struct value *v = &f->value[n->value + i];
        bool hit;
        if (n->op == OP_REGEX)
            hit = regex_match(v->regex, text, len);
        else if (n->op == OP_HAS || n->op == OP_HAS_NOT)
            hit = contains(text, len, f->text + v->text, v->len);
        else
            hit = len == v->len && starts_with(text, f->text + v->text, len);
        if (hit)
            return true;
    }
    return false;
}

static const void *member(const struct record *r, const struct field *fd)
{
    return (const uint8_t *)r + fd->offset;
}

/* The field as text, in buf or where it stands. */
static const char *text_of(const struct record *r, const struct field *fd, char *buf, size_t *len)
{
    const char *text = buf;
    switch (fd->kind) {
    case KIND_string:
        text = (const char *)tail_get(&r->tail, fd->string, len);
        return text ? text : "";
    case KIND_addr:
        *len = addr_is_none(member(r, fd)) ? 0 : addr_print(member(r, fd), buf);
        return text;
    case KIND_mac:
        *len = mac_print(member(r, fd), buf);
        return text;
    case KIND_app:
        *len = protos_full_name(r->l7_master, r->l7_app, buf);
        return text;
    case KIND_flow_id:
        record_flow_id(r, buf);
        break;
    case KIND_community_id:
        record_community_id(r, buf);
        break;
    default:
        text = kind_word(fd->kind, record_number(r, fd));
    }
    *len = text ? strlen(text) : 0;
    return text ? text : "";
}

/* Any word of a set of bits. */
static bool set_text_matches(const struct filter *f, const struct node *n, enum field_kind kind,
                             uint64_t bits)
{
    for (; bits; bits &= bits - 1) {
        const char *word = kind_word(kind, (unsigned)__builtin_ctzll(bits));
        if (word && text_matches(f, n, word, strlen(word)))
            return true;
    }
    return false;
}

/* Durations count in nanoseconds here, whatever the member's unit is. */
static uint64_t number_of(const struct record *r, const struct field *fd)
{
    uint64_t v = record_number(r, fd);
    return fd->kind == KIND_usec ? v * (uint64_t)MICROSECOND : v;
}

static bool number_matches(enum filter_op op, uint64_t have, uint64_t low, uint64_t high)
{
    switch (op) {
    case OP_LESS:
        return have < low;
    case OP_LESS_EQUAL:
        return have <= low;
    case OP_GREATER:
        return have > low;
    case OP_GREATER_EQUAL:
        return have >= low;
    default:
        return have >= low && have <= high;
    }
}

/* master * 65536 + app of the value means that pair, a single number either of both. */
static bool app_matches(const struct record *r, uint64_t value)
{
    if (value > UINT16_MAX)
        return r->l7_master == value >> 16 && r->l7_app == (value & UINT16_MAX);
    if (!value)
        return !r->l7_master && !r->l7_app;
    return r->l7_master == value || r->l7_app == value;
}

static bool icmp_matches(const struct record *r, const struct field *fd, const struct value *v)
{
    if (r->proto != 1 && r->proto != 58)
        return false;
    return record_number(r, fd) == (r->proto == 58 ? v->high : v->low);
}

static bool value_matches(const struct node *n, const struct value *v, const struct record *r,
                          const struct field *fd)
{
    switch ((enum test_way)n->way) {
    case WAY_ADDR:
        return prefix_has(&v->prefix, member(r, fd));
    case WAY_MAC:
        return !memcmp(&v->mac, member(r, fd), sizeof v->mac);
    case WAY_APP:
        return app_matches(r, v->low);
    case WAY_SET:
        return (record_number(r, fd) & v->low) == v->low;
    case WAY_ICMP:
        return icmp_matches(r, fd, v);
    default:
        return number_matches((enum filter_op)n->op, number_of(r, fd), v->low, v->high);
    }
}

static bool fields_match(enum filter_op op, const struct record *r, const struct field *left,
                         const struct field *right)
{
    char a[FIELD_TEXT], b[FIELD_TEXT];
    size_t a_len, b_len;
    switch (left->kind) {
    case KIND_addr:
        return addr_equal(member(r, left), member(r, right));
    case KIND_mac:
        return !memcmp(member(r, left), member(r, right), sizeof(struct mac));
    case KIND_string:
    case KIND_flow_id:
    case KIND_community_id: {
        const char *x = text_of(r, left, a, &a_len), *y = text_of(r, right, b, &b_len);
        if (a_len != b_len)
            return false;
        for (size_t i = 0; i < a_len; i++)
            if (lower(x[i]) != lower(y[i]))
                return false;
        return true;
    }
    default: {
        uint64_t want = number_of(r, right);
        return number_matches(op, number_of(r, left), want, want);
    }
    }
}

static bool end_matches(const struct filter *f, const struct node *n, const struct record *r,
                        const struct field *fd)
{
    char buf[FIELD_TEXT];
    size_t len;
    switch ((enum test_way)n->way) {
    case WAY_EXISTS:
        return record_has(r, fd);
    case WAY_FIELD:
        return fields_match((enum filter_op)n->op, r, fd, &field_table[f->value[n->value].field]);
    case WAY_TEXT:
        if (kind_is_set(fd->kind))
            return set_text_matches(f, n, fd->kind, record_number(r, fd));
        const char *text = text_of(r, fd, buf, &len);
        return text_matches(f, n, text, len);
    default:
        break;
    }
    for (unsigned i = 0; i < n->values; i++)
        if (value_matches(n, &f->value[n->value + i], r, fd))
            return true;
    return false;
}

/* Any end may match; what is negated must match at no end. */
static bool test_matches(const struct filter *f, const struct node *n, const struct record *r)
{
    bool hit = false;
    for (unsigned i = 0; i < n->operand.n && !hit; i++)
        hit = end_matches(f, n, r, &field_table[n->operand.field[i]]);
    bool negated = n->op == OP_NOT_EQUAL || n->op == OP_HAS_NOT || n->op == OP_NOT_IN;
    return hit != negated;
}

static bool node_matches(const struct filter *f, uint16_t index, const struct record *r)
{
    const struct node *n = &f->node[index];
    switch ((enum node_kind)n->kind) {
    case NODE_TEST:
        return test_matches(f, n, r);
    case NODE_NOT:
        return !node_matches(f, n->child, r);
    default:
        break;
    }
    bool or = n->kind == NODE_OR;
    for (uint16_t c = n->child; c != FILTER_NONE; c = f->node[c].next)
        if (node_matches(f, c, r) == or)
            return or ;
    return ! or ;
}

bool filter_match(const struct filter *f, const struct record *r)
{
    return filter_is_empty(f) || node_matches(f, f->root, r);
}

static void test_to_json(const struct filter *f, const struct node *n, struct json *j)
{
    json_pair_string(j, "field", n->operand.name);
    json_pair_string(j, "op", filter_ops[n->op].text);
    json_key(j, "values");
    json_open_array(j);
    char text[FILTER_BYTES];
    for (unsigned i = 0; i < n->values; i++) {
        const struct value *v = &f->value[n->value + i];
        struct token t = {.kind = TOKEN_WORD, .at = v->at, .end = v->end};
        char quote = f->source[v->at];
        if (quote == '"' || quote == '\'')
            t.kind = TOKEN_STRING;
        json_string_n(j, text, token_text(f->source, &t, text));
    }
    json_close_array(j);
    if (n->bare)
        json_pair_bool(j, "bare", true);
}

static void node_to_json(const struct filter *f, uint16_t index, struct json *j)
{
    const struct node *n = &f->node[index];
    json_open(j);
    if (n->kind == NODE_TEST) {
        test_to_json(f, n, j);
    } else {
        json_pair_string(j, "op", n->kind == NODE_AND ? "and" : n->kind == NODE_OR ? "or" : "not");
        json_key(j, "args");
        json_open_array(j);
        for (uint16_t c = n->child; c != FILTER_NONE; c = f->node[c].next)
            node_to_json(f, c, j);
        json_close_array(j);
    }
    json_pair_u64(j, "at", n->at);
    json_pair_u64(j, "end", n->end);
    json_close(j);
}

void filter_json(const struct filter *f, struct json *j)
{
    if (filter_is_empty(f)) {
        json_open(j);
        json_pair_string(j, "op", "and");
        json_key(j, "args");
        json_open_array(j);
        json_close_array(j);
        json_close(j);
        return;
    }
    node_to_json(f, f->root, j);
}
