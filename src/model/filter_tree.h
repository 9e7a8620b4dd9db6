/* filter_tree.h - what a filter is inside; for the filter_*.c files only. */
#ifndef WEIR_MODEL_FILTER_TREE_H
#define WEIR_MODEL_FILTER_TREE_H

#include <stdatomic.h>

#include "model/filter.h"
#include "model/regex.h"

enum {
    FILTER_BYTES = 4096, /* longest expression */
    FILTER_NODES = 256,
    FILTER_DEPTH = 32,  /* of parentheses and nots */
    FILTER_HEIGHT = 14, /* of the tree, so that its JSON stays within the writer's 32 levels */
    FILTER_VALUES = 1024,
    FILTER_REGEXES = 8,
    FILTER_ENDS = 6,     /* fields that one operand may stand for */
    FILTER_NONE = 0xffff /* no node */
};

enum filter_op {
    OP_NONE,
    OP_EQUAL,
    OP_NOT_EQUAL,
    OP_LESS,
    OP_LESS_EQUAL,
    OP_GREATER,
    OP_GREATER_EQUAL,
    OP_HAS,
    OP_HAS_NOT,
    OP_REGEX,
    OP_IN,
    OP_NOT_IN,
    OP_EXISTS,
    OPS
};

/* Spelling, and the sentence that completion shows. */
struct filter_op_info {
    const char *text, *title;
};
extern const struct filter_op_info filter_ops[OPS];

/* Bytes of the expression from at on. */
enum token_kind {
    TOKEN_END,
    TOKEN_WORD,
    TOKEN_STRING, /* with its quotes */
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_COMMA,
    TOKEN_AND, /* && */
    TOKEN_OR,  /* || */
    TOKEN_NOT, /* ! */
    TOKEN_OP,
    TOKEN_BAD /* a byte that means nothing, or a string without its end */
};

struct token {
    enum token_kind kind;
    enum filter_op op;
    size_t at, end;
};

struct lexer {
    const char *text;
    size_t len, at;
};

/* The next token; TOKEN_END at the end, again and again. */
struct token lex_next(struct lexer *l);
/* True when the token is this keyword, in any case. */
bool token_is(const char *text, const struct token *t, const char *keyword);
/* Copies a word or a string without quotes and escapes; to has room for the token. */
size_t token_text(const char *text, const struct token *t, char *to);

/* True when the bytes, unquoted, are one value and nothing else: no keyword, no field's name. */
bool is_bare_value(const char *bytes, size_t len);

/* What stands on the left of an operator: one field, or several that all are looked at. */
struct operand {
    const char *name;
    uint8_t n;
    bool as_text;                /* compared as text whatever the fields are: host */
    uint16_t field[FILTER_ENDS]; /* enum field_id */
    const char *title, *tip;
};

/* Operands that stand for more than one field. */
extern const struct operand operand_groups[];
extern const size_t operand_group_count;

/* Finds an operand by name in any case; false when there is none. */
bool operand_find(const char *name, size_t len, struct operand *o);
/* The nearest name to a misspelt one, or NULL. */
const char *operand_nearest(const char *name, size_t len);
/* How the operand's values are written and compared. */
enum field_kind operand_kind(const struct operand *o);
/* True when the operator makes sense for the operand. */
bool operand_takes(const struct operand *o, enum filter_op op);

/* How a test looks at the record. */
enum test_way {
    WAY_NUMBER, /* between low and high, times factor */
    WAY_ADDR,
    WAY_MAC,
    WAY_TEXT,
    WAY_APP,
    WAY_SET, /* all bits of low are there */
    WAY_ICMP,
    WAY_FIELD,
    WAY_EXISTS
};

struct value {
    size_t at, end; /* in the expression */
    union {
        struct {
            uint64_t low, high;
        };
        struct prefix prefix;
        struct mac mac;
        struct {
            uint32_t text; /* in lower case, in filter.text from here on */
            uint32_t len;
        };
        const struct regex *regex;
        uint16_t field;
    };
};

enum node_kind { NODE_AND, NODE_OR, NODE_NOT, NODE_TEST };

struct node {
    uint8_t kind;
    uint8_t op;     /* enum filter_op as written */
    uint8_t way;    /* enum test_way */
    bool bare;      /* a test without a field name */
    uint16_t child; /* first one, or FILTER_NONE */
    uint16_t next;  /* sibling, or FILTER_NONE */
    uint16_t value; /* first one */
    uint16_t values;
    struct operand operand;
    size_t at, end;
};

/* Owned by whoever compiled it; constant, so any thread may use it. One block of memory. */
struct filter {
    size_t size;
    atomic_uint owners; /* it goes with the last */
    uint16_t root;      /* FILTER_NONE: everything matches */
    uint16_t nodes, values;
    uint16_t regexes;
    uint32_t text_used;
    struct node *node;
    struct value *value;
    char *source; /* the expression */
    char *text;   /* texts of values */
    struct regex *regex[FILTER_REGEXES];
};

/* Turns the expression, which stands in f->source, into the tree. The tables of f have room for the
 * limits above, and for as much text as the expression is long. False with *e filled. */
bool filter_parse(struct filter *f, size_t len, struct filter_error *e);

/* Reads one value for a test. The filter's text and regex tables take what it needs. False with *e
 * filled. */
struct value_want {
    struct filter *filter;
    const struct node *test;
    const char *bytes; /* without quotes */
    size_t len;
    bool quoted;
};
bool value_read(const struct value_want *want, struct value *v, struct filter_error *e);

/* Fills an error; at counts bytes of the expression. Always false. */
bool filter_fail(struct filter_error *e, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
