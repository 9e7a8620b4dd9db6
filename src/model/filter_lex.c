/* filter_lex.c - the filter language's words and signs. */
#include "model/filter_tree.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

const struct filter_op_info filter_ops[OPS] = {
    [OP_EQUAL] = {"=", "is"},
    [OP_NOT_EQUAL] = {"!=", "is not"},
    [OP_LESS] = {"<", "is less than"},
    [OP_LESS_EQUAL] = {"<=", "is at most"},
    [OP_GREATER] = {">", "is more than"},
    [OP_GREATER_EQUAL] = {">=", "is at least"},
    [OP_HAS] = {"~", "contains"},
    [OP_HAS_NOT] = {"!~", "does not contain"},
    [OP_REGEX] = {"=~", "matches the regular expression"},
    [OP_IN] = {"in", "is one of"},
    [OP_NOT_IN] = {"not in", "is none of"},
    [OP_EXISTS] = {"exists", "has a value"},
};

/* Signs, longest first where one begins another. */
static const struct {
    const char *text;
    enum token_kind kind;
    enum filter_op op;
} signs[] = {
    {"==", TOKEN_OP, OP_EQUAL},         {"=~", TOKEN_OP, OP_REGEX},      {"=", TOKEN_OP, OP_EQUAL},
    {"!=", TOKEN_OP, OP_NOT_EQUAL},     {"!~", TOKEN_OP, OP_HAS_NOT},    {"!", TOKEN_NOT, OP_NONE},
    {"<>", TOKEN_OP, OP_NOT_EQUAL},     {"<=", TOKEN_OP, OP_LESS_EQUAL}, {"<", TOKEN_OP, OP_LESS},
    {">=", TOKEN_OP, OP_GREATER_EQUAL}, {">", TOKEN_OP, OP_GREATER},     {"~", TOKEN_OP, OP_HAS},
    {"&&", TOKEN_AND, OP_NONE},         {"||", TOKEN_OR, OP_NONE},       {"(", TOKEN_OPEN, OP_NONE},
    {")", TOKEN_CLOSE, OP_NONE},        {",", TOKEN_COMMA, OP_NONE},
};

static bool is_blank(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7f;
}

/* A single | may stand inside a word: SYN|ACK. */
static bool in_word(const struct lexer *l, size_t at)
{
    char c = l->text[at];
    if (is_blank(c) || strchr("()\"',=<>~!&", c))
        return false;
    return c != '|' || at + 1 >= l->len || l->text[at + 1] != '|';
}

static struct token lex_string(struct lexer *l)
{
    struct token t = {.kind = TOKEN_BAD, .at = l->at};
    char quote = l->text[l->at++];
    while (l->at < l->len && l->text[l->at] != quote)
        l->at += l->text[l->at] == '\\' && l->at + 1 < l->len ? 2 : 1;
    if (l->at < l->len) {
        l->at++;
        t.kind = TOKEN_STRING;
    }
    t.end = l->at;
    return t;
}

struct token lex_next(struct lexer *l)
{
    while (l->at < l->len && is_blank(l->text[l->at]))
        l->at++;
    struct token t = {.kind = TOKEN_END, .at = l->at, .end = l->at};
    if (l->at >= l->len)
        return t;
    if (l->text[l->at] == '"' || l->text[l->at] == '\'')
        return lex_string(l);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t n = strlen(signs[i].text);
        if (n > l->len - l->at || memcmp(l->text + l->at, signs[i].text, n) != 0)
            continue;
        l->at += n;
        t.kind = signs[i].kind;
        t.op = signs[i].op;
        t.end = l->at;
        return t;
    }
    t.kind = TOKEN_WORD;
    while (l->at < l->len && in_word(l, l->at))
        l->at++;
    if (l->at == t.at) {
        t.kind = TOKEN_BAD;
        l->at++;
    }
    t.end = l->at;
    return t;
}

bool token_is(const char *text, const struct token *t, const char *keyword)
{
    size_t n = t->end - t->at;
    return t->kind == TOKEN_WORD && n == strlen(keyword) && !strncasecmp(text + t->at, keyword, n);
}

/* Only the quotes and the backslash itself can be escaped; any other backslash stays, so that
 * regular expressions need not be written twice. */
size_t token_text(const char *text, const struct token *t, char *to)
{
    size_t n = t->end - t->at;
    if (t->kind != TOKEN_STRING) {
        memcpy(to, text + t->at, n);
        return n;
    }
    const char *from = text + t->at + 1, *end = text + t->end - 1;
    size_t len = 0;
    while (from < end) {
        if (*from == '\\' && from + 1 < end && strchr("\"'\\", from[1]))
            from++;
        to[len++] = *from++;
    }
    return len;
}

bool is_bare_value(const char *bytes, size_t len)
{
    static const char *const keywords[] = {"and", "or", "not", "in", "exists"};
    struct lexer lex = {.text = bytes, .len = len};
    struct token t = lex_next(&lex);
    struct operand o;
    if (t.kind != TOKEN_WORD || t.at || t.end != len || operand_find(bytes, len, &o))
        return false;
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (token_is(bytes, &t, keywords[i]))
            return false;
    return true;
}

void filter_add_term(struct text *t, const char *operand, const char *value)
{
    text_add(t, operand);
    text_char(t, '=');
    if (is_bare_value(value, strlen(value))) {
        text_add(t, value);
        return;
    }
    text_char(t, '"');
    for (; *value; value++) {
        if (strchr("\"'\\", *value))
            text_char(t, '\\');
        text_char(t, *value);
    }
    text_char(t, '"');
}
