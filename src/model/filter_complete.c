/* filter_complete.c - what may come next in an unfinished filter.
 *
 * The words before the cursor are read once by a machine that only knows what may follow what; it
 * needs no correct expression. The word that the cursor touches is what is completed.
 */
#include "model/filter_tree.h"

#include <ctype.h>
#include <string.h>

#include "base/alloc.h"
#include "model/words.h"

enum { CANDIDATES = 1600, QUOTED = 128, RANKS = 3 };

/* What the machine expects. */
enum place {
    PLACE_TERM,     /* a field, a bareword, not, ( */
    PLACE_OPERATOR, /* after a field's name */
    PLACE_NOT_IN,   /* after field not */
    PLACE_VALUE,
    PLACE_LIST, /* ( after in */
    PLACE_LIST_VALUE,
    PLACE_LIST_NEXT, /* , or ) */
    PLACE_LINK       /* and, or, ), or another term */
};

struct candidate {
    const char *kind, *text, *title, *tip;
    uint8_t rank; /* 0 exact, 1 begins with the prefix, 2 contains it */
};

struct completer {
    const char *text;
    size_t len, at;
    enum place place;
    struct operand operand;
    bool known;         /* operand is one */
    struct token token; /* the one that the cursor touches */
    bool touched;
    const char *prefix;
    size_t prefix_len;
    size_t n;
    struct candidate candidate[CANDIDATES];
};

static char lower(char c)
{
    return (char)tolower((unsigned char)c);
}

/* Position of the prefix in the word: 0 begins with it, 1 somewhere behind, -1 nowhere. */
static int find_prefix(const struct completer *c, const char *word)
{
    size_t len = strlen(word), n = c->prefix_len;
    for (size_t i = 0; i + n <= len; i++) {
        size_t k = 0;
        while (k < n && lower(word[i + k]) == lower(c->prefix[k]))
            k++;
        if (k == n)
            return i > 0;
    }
    return -1;
}

static void offer(struct completer *c, const char *kind, const char *text, const char *title,
                  const char *tip)
{
    int where = find_prefix(c, text);
    bool by_title = title && (!strcmp(kind, "field") || !strcmp(kind, "value"));
    if (where < 0 && by_title)
        where = find_prefix(c, title) < 0 ? -1 : 1; /* "latency" finds appl */
    if (where < 0 || c->n == CANDIDATES)
        return;
    uint8_t rank = (uint8_t)(where + 1);
    if (!where && strlen(text) == c->prefix_len)
        rank = 0;
    c->candidate[c->n++] = (struct candidate){kind, text, title, tip, rank};
}

static void offer_fields(struct completer *c)
{
    for (size_t i = 0; i < operand_group_count; i++)
        offer(c, "field", operand_groups[i].name, operand_groups[i].title, operand_groups[i].tip);
    for (size_t i = 0; i < field_count; i++)
        if (field_table[i].kind != KIND_none)
            offer(c, "field", field_table[i].operand, field_table[i].title, field_table[i].tip);
}

static void offer_words(struct completer *c, enum field_kind kind)
{
    const char *word;
    uint64_t value;
    for (uint32_t i = 0; (word = kind_next_word(kind, &i, &value));) {
        if (kind == KIND_problem)
            offer(c, "value", word, problem_title(value), problem_text(value));
        else
            offer(c, "value", word, NULL, NULL);
    }
}

/* Examples for kinds without words, so that their form is known. */
static void offer_examples(struct completer *c, const struct operand *o)
{
    if (c->prefix_len)
        return;
    switch (operand_kind(o)) {
    case KIND_bytes:
        offer(c, "value", "1M", "1 MB", "k, M, G and T multiply by 1000, Ki, Mi and Gi by 1024");
        break;
    case KIND_bps:
        offer(c, "value", "10M", "10 Mbit/s", "k, M, G and T multiply by 1000");
        break;
    case KIND_duration:
    case KIND_usec:
        offer(c, "value", "100ms", "100 milliseconds", "ns, us, ms, s, m, h and d are units");
        offer(c, "value", "2s", "2 seconds", "ns, us, ms, s, m, h and d are units");
        break;
    case KIND_ratio:
        offer(c, "value", "50%", "Half", "Percent");
        break;
    case KIND_addr:
        offer(c, "value", "10.0.0.0/8", "A network", "An address, or a network with its length");
        break;
    case KIND_port:
        offer(c, "value", "443", "A port", "Or a range such as 1-1023");
        break;
    case KIND_icmp:
        offer(c, "value", "echo_request", "Ping", "A name, or type/code such as 3/1");
        break;
    default:
        break;
    }
}

static void offer_values(struct completer *c)
{
    if (!c->known)
        return;
    if (kind_has_words(operand_kind(&c->operand)))
        offer_words(c, operand_kind(&c->operand));
    offer_examples(c, &c->operand);
}

static void offer_operators(struct completer *c)
{
    if (!c->known)
        return;
    for (unsigned op = OP_EQUAL; op < OPS; op++)
        if (operand_takes(&c->operand, op))
            offer(c, "operator", filter_ops[op].text, filter_ops[op].title, NULL);
}

static void offer_terms(struct completer *c)
{
    offer_fields(c);
    if (c->prefix_len)
        offer_words(c, KIND_app);
    offer(c, "keyword", "not", "Not", "What follows must not be true");
}

static void offer_links(struct completer *c)
{
    offer(c, "keyword", "and", "And", "Both must be true; a blank means the same");
    offer(c, "keyword", "or", "Or", "At least one must be true");
}

/* Remembers the operand that a word names; false when it names none. */
static bool take_operand(struct completer *c, const struct token *t)
{
    c->known = operand_find(c->text + t->at, t->end - t->at, &c->operand);
    return c->known;
}

/* Where a bareword, a link or a sign leads from a place where a term may stand. */
static enum place after_term(struct completer *c, const struct token *t)
{
    switch (t->kind) {
    case TOKEN_WORD:
        if (token_is(c->text, t, "and") || token_is(c->text, t, "or") ||
            token_is(c->text, t, "not"))
            return PLACE_TERM;
        return take_operand(c, t) && operand_kind(&c->operand) != KIND_flag ? PLACE_OPERATOR
                                                                            : PLACE_LINK;
    case TOKEN_STRING:
    case TOKEN_CLOSE:
        return PLACE_LINK;
    case TOKEN_OP:
        c->known = false;
        return PLACE_VALUE;
    default:
        return PLACE_TERM;
    }
}

static enum place after_operator(struct completer *c, const struct token *t)
{
    if (t->kind == TOKEN_OP)
        return PLACE_VALUE;
    if (token_is(c->text, t, "in"))
        return PLACE_LIST;
    if (token_is(c->text, t, "not"))
        return PLACE_NOT_IN;
    if (token_is(c->text, t, "exists"))
        return PLACE_LINK;
    return after_term(c, t);
}

static enum place after(struct completer *c, const struct token *t)
{
    switch (c->place) {
    case PLACE_OPERATOR:
        return after_operator(c, t);
    case PLACE_NOT_IN:
        return token_is(c->text, t, "in") ? PLACE_LIST : after_term(c, t);
    case PLACE_VALUE:
        return t->kind == TOKEN_WORD || t->kind == TOKEN_STRING ? PLACE_LINK : after_term(c, t);
    case PLACE_LIST:
        return t->kind == TOKEN_OPEN ? PLACE_LIST_VALUE : after_term(c, t);
    case PLACE_LIST_VALUE:
        return t->kind == TOKEN_CLOSE ? PLACE_LINK : PLACE_LIST_NEXT;
    case PLACE_LIST_NEXT:
        return t->kind == TOKEN_CLOSE ? PLACE_LINK : PLACE_LIST_VALUE;
    default:
        return after_term(c, t);
    }
}

/* True when typing at the cursor would change the token. Behind a sign a new token begins, except
 * that another character may make it a longer sign where an operator is looked for. */
static bool touches(const struct completer *c, const struct token *t)
{
    if (t->at >= c->at || t->end < c->at)
        return false;
    switch (t->kind) {
    case TOKEN_WORD:
    case TOKEN_STRING:
        return true;
    case TOKEN_BAD:
        return c->text[t->at] == '"' || c->text[t->at] == '\'';
    case TOKEN_OP:
        return t->end > c->at;
    case TOKEN_NOT:
        return c->place == PLACE_OPERATOR;
    default:
        return false;
    }
}

static void read_until_cursor(struct completer *c)
{
    struct lexer lex = {.text = c->text, .len = c->len};
    for (;;) {
        struct token t = lex_next(&lex);
        if (t.kind == TOKEN_END || t.at >= c->at)
            return;
        if (touches(c, &t)) {
            c->token = t;
            c->touched = true;
            return;
        }
        c->place = after(c, &t);
    }
}

static void offer_all(struct completer *c)
{
    switch (c->place) {
    case PLACE_TERM:
        offer_terms(c);
        break;
    case PLACE_OPERATOR:
        offer_operators(c);
        break;
    case PLACE_NOT_IN:
        offer(c, "operator", "in", "is one of", NULL);
        break;
    case PLACE_VALUE:
    case PLACE_LIST_VALUE:
        offer_values(c);
        break;
    case PLACE_LIST:
        offer(c, "operator", "(", "The list", NULL);
        break;
    case PLACE_LIST_NEXT:
        offer(c, "operator", ",", "Another value", NULL);
        offer(c, "operator", ")", "End of the list", NULL);
        break;
    case PLACE_LINK:
        offer_links(c);
        if (c->touched) /* a blank is an and, so a term may begin here as well */
            offer_terms(c);
        break;
    }
}

/* A value as it must be written: in quotes when it is not one word, or means something else. */
static size_t written(const struct candidate *cand, char to[QUOTED])
{
    size_t n = strlen(cand->text);
    if (n > QUOTED - 3)
        n = QUOTED - 3;
    memcpy(to, cand->text, n);
    if (strcmp(cand->kind, "value") != 0)
        return n;
    /* A field's name is fine here: the field's own vocabulary wins. */
    struct operand o;
    if (is_bare_value(cand->text, n) || operand_find(cand->text, n, &o))
        return n;
    char quote = memchr(cand->text, '"', n) ? '\'' : '"';
    memmove(to + 1, to, n);
    to[0] = quote;
    to[n + 1] = quote;
    return n + 2;
}

static void write_candidate(const struct candidate *cand, size_t from, size_t to, struct json *j)
{
    char text[QUOTED];
    size_t n = written(cand, text);
    json_open(j);
    json_pair_string(j, "kind", cand->kind);
    json_key(j, "text");
    json_string_n(j, text, n);
    json_pair_string(j, "title", cand->title ? cand->title : cand->text);
    json_pair_string(j, "tip", cand->tip ? cand->tip : "");
    json_pair_u64(j, "from", from);
    json_pair_u64(j, "to", to);
    json_close(j);
}

/* The part of the touched token before the cursor is what candidates are compared with; accepting
 * one replaces the whole token. */
static void complete(struct completer *c, unsigned limit, struct json *j)
{
    read_until_cursor(c);
    size_t from = c->at, to = c->at;
    c->prefix = c->text + c->at;
    if (c->touched) {
        from = c->token.at;
        to = c->token.end > c->at ? c->token.end : c->at;
        size_t skip = c->text[from] == '"' || c->text[from] == '\'';
        c->prefix = c->text + from + skip;
        c->prefix_len = c->at - from - skip;
        if (c->prefix_len && c->prefix[c->prefix_len - 1] == c->text[from] && skip)
            c->prefix_len--; /* the closing quote */
    }
    offer_all(c);
    /* Within a rank they keep the order of their tables, which is that of importance. */
    unsigned done = 0;
    for (unsigned rank = 0; rank < RANKS; rank++)
        for (size_t i = 0; i < c->n && done < limit; i++)
            if (c->candidate[i].rank == rank) {
                write_candidate(&c->candidate[i], from, to, j);
                done++;
            }

    /* Behind a whole field name its operators are what comes next. */
    if (c->place == PLACE_TERM && c->touched && take_operand(c, &c->token) &&
        c->token.end == c->at) {
        c->n = c->prefix_len = 0;
        offer_operators(c);
        for (size_t i = 0; i < c->n && done < limit; i++, done++)
            write_candidate(&c->candidate[i], c->at, c->at, j);
    }
}

void filter_complete(const char *expression, size_t at, unsigned limit, struct json *j)
{
    size_t len = strnlen(expression, FILTER_BYTES);
    struct completer *c = mem_alloc(ACCOUNT_other, sizeof *c);
    json_open_array(j);
    if (c) {
        c->text = expression;
        c->len = len;
        c->at = at < len ? at : len;
        complete(c, limit, j);
        mem_free(ACCOUNT_other, c, sizeof *c);
    }
    json_close_array(j);
}
