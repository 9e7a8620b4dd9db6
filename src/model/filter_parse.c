/* filter_parse.c - the filter language's grammar.
 *
 *     expr = and {("or"|"||") and}            and  = not {["and"|"&&"|","] not}
 *     not  = {"not"|"!"} term                 term = "(" expr ")" | field op value | bareword
 *          | field ["not"] "in" "(" value {"," value} ")" | field "exists"
 *
 * Recursive descent over tokens. The first error ends it; at is where the thing stands that should
 * have been something else.
 */
#include "model/filter_tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct parser {
    struct filter *f;
    struct lexer lex;
    struct token token; /* the one that comes next */
    struct filter_error *e;
    bool failed;
    unsigned depth;
    char scratch[FILTER_BYTES + 1];
};

__attribute__((format(printf, 3, 0))) static void write_error(struct filter_error *e, size_t at,
                                                              const char *format, va_list arguments)
{
    if (!e)
        return;
    e->at = at;
    vsnprintf(e->text, sizeof e->text, format, arguments);
}

bool filter_fail(struct filter_error *e, size_t at, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_error(e, at, format, arguments);
    va_end(arguments);
    return false;
}

/* Ends the parse with an error; always FILTER_NONE. */
__attribute__((format(printf, 3, 4))) static uint16_t fail_at(struct parser *p, size_t at,
                                                              const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_error(p->e, at, format, arguments);
    va_end(arguments);
    p->failed = true;
    return FILTER_NONE;
}

static void advance(struct parser *p)
{
    p->token = lex_next(&p->lex);
    if (p->token.kind != TOKEN_BAD || p->failed)
        return;
    char c = p->lex.text[p->token.at];
    if (c == '"' || c == '\'')
        fail_at(p, p->token.at, "the quoted text has no end");
    else
        fail_at(p, p->token.at, "'%c' has no meaning here", c);
}

static bool next_is(const struct parser *p, const char *keyword)
{
    return token_is(p->lex.text, &p->token, keyword);
}

static bool is_keyword(const struct parser *p)
{
    return next_is(p, "and") || next_is(p, "or") || next_is(p, "not") || next_is(p, "in") ||
           next_is(p, "exists");
}

static uint16_t node_new(struct parser *p, enum node_kind kind, size_t at)
{
    if (p->f->nodes == FILTER_NODES)
        return fail_at(p, at, "the expression has more than %d terms", FILTER_NODES);
    p->f->node[p->f->nodes] = (struct node){
        .kind = (uint8_t)kind, .child = FILTER_NONE, .next = FILTER_NONE, .at = at, .end = at};
    return p->f->nodes++;
}

static struct value *value_new(struct parser *p, struct node *n, const struct token *t)
{
    if (p->f->values == FILTER_VALUES) {
        fail_at(p, t->at, "the expression has more than %d values", FILTER_VALUES);
        return NULL;
    }
    if (!n->values++)
        n->value = p->f->values;
    struct value *v = &p->f->value[p->f->values++];
    *v = (struct value){.at = t->at, .end = t->end};
    return v;
}

static enum test_way way_of(const struct operand *o, enum filter_op op)
{
    enum field_kind kind = operand_kind(o);
    if (op == OP_EXISTS)
        return WAY_EXISTS;
    if (op == OP_HAS || op == OP_HAS_NOT || op == OP_REGEX)
        return kind == KIND_tcp_flags ? WAY_SET : WAY_TEXT;
    switch (kind) {
    case KIND_string:
    case KIND_flow_id:
    case KIND_community_id:
        return WAY_TEXT;
    case KIND_addr:
        return WAY_ADDR;
    case KIND_mac:
        return WAY_MAC;
    case KIND_app:
    case KIND_app_id:
        return WAY_APP;
    case KIND_tunnels:
    case KIND_risk:
        return WAY_SET;
    case KIND_icmp:
        return WAY_ICMP;
    default:
        return WAY_NUMBER;
    }
}

/* Kinds whose values can be compared with each other share a number. */
static unsigned class_of(enum field_kind kind)
{
    switch (kind) {
    case KIND_number:
    case KIND_count:
    case KIND_packets:
    case KIND_bytes:
    case KIND_bps:
    case KIND_pps:
    case KIND_port:
        return KINDS;
    case KIND_duration:
    case KIND_usec:
        return KINDS + 1;
    default:
        return kind;
    }
}

/* A word on the right that names a field of the same sort as the one on the left. */
static bool is_field_value(const struct parser *p, const struct node *n, struct value *v)
{
    const struct token *t = &p->token;
    struct operand right;
    if (t->kind != TOKEN_WORD || n->op < OP_EQUAL || n->op > OP_GREATER_EQUAL ||
        !operand_find(p->lex.text + t->at, t->end - t->at, &right) || right.n != 1 ||
        class_of(operand_kind(&right)) != class_of(operand_kind(&n->operand)))
        return false;
    v->field = right.field[0];
    return true;
}

/* One value. A word of the field's own vocabulary wins over a field of that name; text has no
 * vocabulary, so there the field wins, and quotes make it text. */
static void parse_value(struct parser *p, struct node *n)
{
    struct token t = p->token;
    if ((t.kind != TOKEN_WORD && t.kind != TOKEN_STRING) || is_keyword(p)) {
        if (!p->failed)
            fail_at(p, t.at, "expected value");
        return;
    }
    struct value *v = value_new(p, n, &t);
    if (!v)
        return;
    n->end = t.end;
    bool is_text = operand_kind(&n->operand) == KIND_string;
    if (is_text && is_field_value(p, n, v)) {
        n->way = WAY_FIELD;
        advance(p);
        return;
    }
    struct value_want want = {.filter = p->f,
                              .test = n,
                              .bytes = p->scratch,
                              .len = token_text(p->lex.text, &t, p->scratch),
                              .quoted = t.kind == TOKEN_STRING};
    if (!value_read(&want, v, p->e)) {
        if (!is_text && is_field_value(p, n, v))
            n->way = WAY_FIELD;
        else
            p->failed = true;
    }
    advance(p);
}

static void parse_list(struct parser *p, struct node *n)
{
    if (p->token.kind != TOKEN_OPEN) {
        fail_at(p, p->token.at, "expected '(' and the values of the list");
        return;
    }
    do {
        advance(p);
        parse_value(p, n);
    } while (!p->failed && p->token.kind == TOKEN_COMMA);
    if (p->failed)
        return;
    if (p->token.kind != TOKEN_CLOSE) {
        fail_at(p, p->token.at, "expected ',' or ')' in the list");
        return;
    }
    n->end = p->token.end;
    advance(p);
}

/* The operator, which is known to stand next; not in is two words. */
static enum filter_op parse_op(struct parser *p)
{
    enum filter_op op = p->token.op;
    if (next_is(p, "in")) {
        op = OP_IN;
    } else if (next_is(p, "exists")) {
        op = OP_EXISTS;
    } else if (next_is(p, "not")) {
        advance(p);
        op = OP_NOT_IN;
    }
    advance(p);
    return op;
}

static void list_ops(const struct operand *o, char *to, size_t size)
{
    size_t used = 0;
    for (unsigned op = OP_EQUAL; op < OPS; op++)
        if (operand_takes(o, op) && used < size)
            used += (size_t)snprintf(to + used, size - used, " %s", filter_ops[op].text);
}

/* field op value: the field's token has been read, the operator stands next. */
static uint16_t parse_test(struct parser *p, const struct token *name)
{
    const char *word = p->lex.text + name->at;
    size_t len = name->end - name->at;
    struct operand o;
    if (!operand_find(word, len, &o)) {
        const char *nearest = operand_nearest(word, len);
        int shown = len < 40 ? (int)len : 40;
        return nearest ? fail_at(p, name->at, "unknown field '%.*s': did you mean '%s'?", shown,
                                 word, nearest)
                       : fail_at(p, name->at, "unknown field '%.*s'", shown, word);
    }
    uint16_t index = node_new(p, NODE_TEST, name->at);
    if (p->failed)
        return FILTER_NONE;
    struct node *n = &p->f->node[index];
    struct token sign = p->token;
    n->operand = o;
    n->end = sign.end;
    enum filter_op op = parse_op(p);
    n->op = (uint8_t)op;
    if (p->failed)
        return FILTER_NONE;
    if (!operand_takes(&o, op)) {
        char ops[64];
        list_ops(&o, ops, sizeof ops);
        return fail_at(p, sign.at, "'%s' does not work with '%s': use one of%s",
                       filter_ops[op].text, o.name, ops);
    }
    n->way = (uint8_t)way_of(&o, op);
    if (op == OP_IN || op == OP_NOT_IN)
        parse_list(p, n);
    else if (op != OP_EXISTS)
        parse_value(p, n);
    return index;
}

/* Which field a value means that stands alone. */
static enum filter_op bare_meaning(const char *bytes, size_t len, struct operand *o)
{
    char text[ADDR_TEXT + 8];
    struct prefix prefix;
    struct mac mac;
    if (len < sizeof text) {
        memcpy(text, bytes, len);
        text[len] = '\0';
        if (prefix_parse(text, &prefix)) {
            operand_find("ip", 2, o);
            return OP_EQUAL;
        }
        if (mac_parse(text, &mac)) {
            operand_find("mac", 3, o);
            return OP_EQUAL;
        }
    }
    if (kind_number(KIND_app, bytes, len) >= 0) {
        operand_find("app", 3, o);
        return OP_EQUAL;
    }
    operand_find("host", 4, o);
    return OP_HAS;
}

/* A flag may stand alone and means yes. Any other field without an operator is unfinished. */
static uint16_t parse_bare(struct parser *p)
{
    struct token t = p->token;
    struct operand o;
    bool flag = false;
    if (t.kind == TOKEN_WORD && operand_find(p->lex.text + t.at, t.end - t.at, &o)) {
        flag = operand_kind(&o) == KIND_flag;
        if (!flag)
            return fail_at(p, t.end,
                           "expected an operator after '%s' (to search for the word, quote "
                           "it)",
                           o.name);
    }
    uint16_t index = node_new(p, NODE_TEST, t.at);
    if (p->failed)
        return FILTER_NONE;
    struct node *n = &p->f->node[index];
    size_t len = token_text(p->lex.text, &t, p->scratch);
    n->bare = true;
    n->end = t.end;
    n->op = OP_EQUAL;
    if (t.kind == TOKEN_STRING) {
        operand_find("host", 4, &o);
        n->op = OP_HAS;
    } else if (!flag) {
        n->op = (uint8_t)bare_meaning(p->scratch, len, &o);
    }
    n->operand = o;
    n->way = (uint8_t)way_of(&o, (enum filter_op)n->op);
    struct value *v = value_new(p, n, &t);
    if (!v)
        return FILTER_NONE;
    if (flag) {
        v->low = v->high = 1;
    } else {
        struct value_want want = {.filter = p->f, .test = n, .bytes = p->scratch, .len = len};
        p->failed = !value_read(&want, v, p->e);
    }
    advance(p);
    return index;
}

static uint16_t parse_or(struct parser *p);

static bool deeper(struct parser *p)
{
    if (++p->depth <= FILTER_DEPTH)
        return true;
    fail_at(p, p->token.at, "the expression is nested more than %d levels deep", FILTER_DEPTH);
    return false;
}

static uint16_t parse_group(struct parser *p)
{
    size_t open = p->token.at;
    if (!deeper(p))
        return FILTER_NONE;
    advance(p);
    uint16_t inside = parse_or(p);
    p->depth--;
    if (p->failed)
        return FILTER_NONE;
    if (p->token.kind != TOKEN_CLOSE)
        return fail_at(p, p->token.at, "expected ')' for the '(' at %zu", open);
    advance(p);
    return inside;
}

/* True when the next word is a field with its test. An `in` with a sign behind it is a field itself:
 * after a bareword a term of its own begins there. */
static bool begins_test(const struct parser *p)
{
    struct lexer ahead = p->lex;
    struct token after = lex_next(&ahead), third = lex_next(&ahead);
    if (token_is(p->lex.text, &after, "not"))
        return token_is(p->lex.text, &third, "in");
    if (token_is(p->lex.text, &after, "in"))
        return third.kind != TOKEN_OP;
    return after.kind == TOKEN_OP || token_is(p->lex.text, &after, "exists");
}

static uint16_t parse_word(struct parser *p)
{
    struct token name = p->token;
    bool is_test = begins_test(p);
    /* The interface by which packets came in is called like an operator. */
    if (is_keyword(p) && !(is_test && next_is(p, "in")))
        return fail_at(p, name.at, "expected a field or a value before '%.*s'",
                       (int)(name.end - name.at), p->lex.text + name.at);
    if (!is_test)
        return parse_bare(p);
    advance(p);
    return p->failed ? FILTER_NONE : parse_test(p, &name);
}

static uint16_t parse_term(struct parser *p)
{
    if (p->failed)
        return FILTER_NONE;
    switch (p->token.kind) {
    case TOKEN_OPEN:
        return parse_group(p);
    case TOKEN_STRING:
        return parse_bare(p);
    case TOKEN_WORD:
        return parse_word(p);
    case TOKEN_OP:
        return fail_at(p, p->token.at, "expected a field before '%s'",
                       filter_ops[p->token.op].text);
    default:
        return fail_at(p, p->token.at, "expected a field or a value");
    }
}

/* Two nots are none. */
static uint16_t parse_not(struct parser *p)
{
    size_t at = p->token.at;
    bool not = false;
    while (!p->failed && (p->token.kind == TOKEN_NOT || next_is(p, "not"))) {
        not = !not ;
        advance(p);
    }
    uint16_t inside = parse_term(p);
    if (p->failed || !not )
        return inside;
    uint16_t index = node_new(p, NODE_NOT, at);
    if (p->failed)
        return FILTER_NONE;
    p->f->node[index].child = inside;
    p->f->node[index].end = p->f->node[inside].end;
    return index;
}

/* Takes what may stand between two terms of an and: nothing is an and as well. */
static bool take_and(struct parser *p)
{
    enum token_kind kind = p->token.kind;
    if (kind == TOKEN_AND || kind == TOKEN_COMMA || next_is(p, "and")) {
        advance(p);
        return true;
    }
    return kind == TOKEN_STRING || kind == TOKEN_OPEN || kind == TOKEN_NOT ||
           (kind == TOKEN_WORD && !next_is(p, "or"));
}

static bool take_or(struct parser *p)
{
    if (p->token.kind != TOKEN_OR && !next_is(p, "or"))
        return false;
    advance(p);
    return true;
}

static uint16_t parse_chain(struct parser *p, enum node_kind kind, bool (*take)(struct parser *),
                            uint16_t (*parse)(struct parser *))
{
    uint16_t first = parse(p);
    uint16_t list = first, last = first;
    while (!p->failed && take(p)) {
        uint16_t next = parse(p);
        if (p->failed)
            return FILTER_NONE;
        if (list == first) {
            list = node_new(p, kind, p->f->node[first].at);
            if (p->failed)
                return FILTER_NONE;
            p->f->node[list].child = first;
        }
        p->f->node[last].next = next;
        p->f->node[list].end = p->f->node[next].end;
        last = next;
    }
    return list;
}

static uint16_t parse_and(struct parser *p)
{
    return parse_chain(p, NODE_AND, take_and, parse_not);
}

static uint16_t parse_or(struct parser *p)
{
    return parse_chain(p, NODE_OR, take_or, parse_and);
}

static bool is_too_high(struct parser *p, uint16_t index, unsigned height)
{
    const struct node *n = &p->f->node[index];
    if (height > FILTER_HEIGHT) {
        fail_at(p, n->at, "the expression is nested too deeply");
        return true;
    }
    for (uint16_t c = n->child; c != FILTER_NONE; c = p->f->node[c].next)
        if (is_too_high(p, c, height + 1))
            return true;
    return false;
}

bool filter_parse(struct filter *f, size_t len, struct filter_error *e)
{
    struct parser p = {.f = f, .lex = {.text = f->source, .len = len}, .e = e};
    f->root = FILTER_NONE;
    advance(&p);
    if (p.token.kind == TOKEN_END)
        return true;
    uint16_t root = parse_or(&p);
    if (!p.failed && p.token.kind != TOKEN_END)
        fail_at(&p, p.token.at,
                p.token.kind == TOKEN_CLOSE ? "there is a ')' too many" : "expected 'and' or 'or'");
    if (p.failed || is_too_high(&p, root, 1))
        return false;
    f->root = root;
    return true;
}
