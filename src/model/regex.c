/* regex.c - regular expressions whose time grows with the text and nothing else.
 *
 * The pattern becomes a program for Thompson's machine: all alternatives are followed at once, a
 * set of places in the program per byte of text, so nothing is ever tried twice (K. Thompson,
 * "Regular expression search algorithm", CACM 1968). Jumps are relative, so that code can be moved
 * when an operator that stands behind it wants an instruction in front of it.
 */
#include "model/regex.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"

enum { REPEAT_MOST = 100, NESTING_MOST = 16, PARSE_MOST = 20000 };

enum op { OP_BYTE, OP_ANY, OP_SET, OP_SPLIT, OP_JUMP, OP_BEGIN, OP_END, OP_BORDER, OP_MATCH };

struct step {
    uint8_t op;
    uint8_t byte; /* OP_BYTE: in lower case; OP_SET: which set; OP_BORDER: 1 = must not be one */
    int16_t jump; /* OP_SPLIT, OP_JUMP: relative to this step */
};

struct byte_set {
    uint8_t bits[32];
};

struct regex {
    unsigned steps, sets;
    struct step step[REGEX_STEPS];
    struct byte_set set[REGEX_SETS];
};

struct compiler {
    struct regex *re;
    const char *pattern;
    size_t len, at;
    unsigned nesting, work;
    struct regex_error *e;
    bool failed;
};

static void set_error(struct compiler *c, size_t at, const char *text)
{
    if (c->failed)
        return;
    c->failed = true;
    *c->e = (struct regex_error){.at = at, .text = text};
}

static bool more(const struct compiler *c)
{
    return !c->failed && c->at < c->len;
}

static char peek(const struct compiler *c)
{
    return c->at < c->len ? c->pattern[c->at] : '\0';
}

static void emit(struct compiler *c, struct step s)
{
    if (c->re->steps == REGEX_STEPS - 1) /* the last place is for the match */
        set_error(c, c->at, "the pattern is too large");
    else
        c->re->step[c->re->steps++] = s;
}

/* Puts a step in front of code that stands already. */
static void insert(struct compiler *c, unsigned at, struct step s)
{
    emit(c, s);
    if (c->failed)
        return;
    struct step *p = c->re->step;
    memmove(p + at + 1, p + at, (c->re->steps - 1 - at) * sizeof *p);
    p[at] = s;
}

static void set_add(struct byte_set *s, unsigned byte)
{
    s->bits[byte / 8] |= (uint8_t)(1u << byte % 8);
}

static bool set_has(const struct byte_set *s, uint8_t byte)
{
    return s->bits[byte / 8] >> byte % 8 & 1;
}

static bool is_word(uint8_t byte)
{
    return isalnum(byte) || byte == '_';
}

/* \d \w \s and their opposites; false when the letter is none of them. */
static bool set_add_class(struct byte_set *s, char letter)
{
    for (unsigned b = 0; b < 256; b++) {
        bool in;
        switch (tolower((unsigned char)letter)) {
        case 'd':
            in = b >= '0' && b <= '9';
            break;
        case 'w':
            in = b < 128 && is_word((uint8_t)b);
            break;
        case 's':
            in = b == ' ' || (b >= '\t' && b <= '\r');
            break;
        default:
            return false;
        }
        if (in == (islower((unsigned char)letter) != 0))
            set_add(s, b);
    }
    return true;
}

static void emit_set(struct compiler *c, const struct byte_set *s)
{
    if (c->re->sets == REGEX_SETS) {
        set_error(c, c->at, "the pattern has too many brackets");
        return;
    }
    c->re->set[c->re->sets] = *s;
    emit(c, (struct step){.op = OP_SET, .byte = (uint8_t)c->re->sets++});
}

static uint8_t escaped(char letter)
{
    switch (letter) {
    case 't':
        return '\t';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    default:
        return (uint8_t)letter;
    }
}

/* One end of a range inside brackets; false for a class such as \d, which went into the set. */
static bool bracket_byte(struct compiler *c, struct byte_set *s, uint8_t *byte)
{
    char letter = c->pattern[c->at++];
    if (letter != '\\') {
        *byte = (uint8_t)letter;
        return true;
    }
    if (!more(c)) {
        set_error(c, c->at, "the pattern ends after a backslash");
        return false;
    }
    letter = c->pattern[c->at++];
    if (set_add_class(s, letter))
        return false;
    *byte = escaped(letter);
    return true;
}

static void bracket(struct compiler *c)
{
    size_t start = c->at++;
    struct byte_set s = {{0}};
    bool opposite = peek(c) == '^';
    c->at += opposite;
    for (bool first = true; more(c) && (first || peek(c) != ']'); first = false) {
        uint8_t low, high;
        if (!bracket_byte(c, &s, &low))
            continue;
        high = low;
        if (peek(c) == '-' && c->at + 1 < c->len && c->pattern[c->at + 1] != ']') {
            size_t dash = c->at++;
            if (!bracket_byte(c, &s, &high) || high < low) {
                set_error(c, dash, "the range in the brackets runs backwards");
                return;
            }
        }
        for (unsigned b = low; b <= high; b++) {
            set_add(&s, (unsigned)tolower((int)b));
            set_add(&s, (unsigned)toupper((int)b));
        }
    }
    if (peek(c) != ']') {
        set_error(c, start, "the bracket is not closed");
        return;
    }
    c->at++;
    for (unsigned i = 0; opposite && i < sizeof s.bits; i++)
        s.bits[i] = (uint8_t)~s.bits[i];
    emit_set(c, &s);
}

static void alternatives(struct compiler *c);

static void group(struct compiler *c)
{
    size_t start = c->at++;
    if (peek(c) == '?') {
        if (c->at + 1 >= c->len || c->pattern[c->at + 1] != ':') {
            set_error(c, c->at, "only (?: ) is known of the (? ) forms");
            return;
        }
        c->at += 2;
    }
    if (++c->nesting > NESTING_MOST) {
        set_error(c, start, "the pattern is nested too deeply");
        return;
    }
    alternatives(c);
    c->nesting--;
    if (c->failed)
        return;
    if (peek(c) != ')' || c->at >= c->len)
        set_error(c, start, "the parenthesis is not closed");
    else
        c->at++;
}

static void escape(struct compiler *c)
{
    if (++c->at >= c->len) {
        set_error(c, c->at, "the pattern ends after a backslash");
        return;
    }
    char letter = c->pattern[c->at++];
    struct byte_set s = {{0}};
    if (letter == 'b' || letter == 'B')
        emit(c, (struct step){.op = OP_BORDER, .byte = letter == 'B'});
    else if (set_add_class(&s, letter))
        emit_set(c, &s);
    else
        emit(c, (struct step){.op = OP_BYTE, .byte = (uint8_t)tolower(escaped(letter))});
}

static void atom(struct compiler *c)
{
    if (++c->work > PARSE_MOST) {
        set_error(c, c->at, "the pattern repeats too much");
        return;
    }
    switch (peek(c)) {
    case '(':
        group(c);
        return;
    case '[':
        bracket(c);
        return;
    case '\\':
        escape(c);
        return;
    case '*':
    case '+':
    case '?':
        set_error(c, c->at, "there is nothing to repeat");
        return;
    case '.':
        emit(c, (struct step){.op = OP_ANY});
        break;
    case '^':
        emit(c, (struct step){.op = OP_BEGIN});
        break;
    case '$':
        emit(c, (struct step){.op = OP_END});
        break;
    default:
        emit(c, (struct step){.op = OP_BYTE, .byte = (uint8_t)tolower((unsigned char)peek(c))});
    }
    c->at++;
}

/* {m}, {m,}, {m,n}; most is -1 for no end. False when it is no such thing: then { is itself. */
static bool read_counts(struct compiler *c, int *least, int *most)
{
    size_t at = c->at + 1;
    int number[2] = {-1, -1};
    unsigned n = 0;
    for (; at < c->len && c->pattern[at] != '}'; at++) {
        char letter = c->pattern[at];
        if (letter == ',' && n == 0)
            n = 1;
        else if (isdigit((unsigned char)letter) && number[n] <= REPEAT_MOST)
            number[n] = (number[n] < 0 ? 0 : number[n]) * 10 + (letter - '0');
        else
            return false;
    }
    if (at >= c->len || number[0] < 0)
        return false;
    *least = number[0];
    *most = n == 0 ? number[0] : number[1];
    if (*least > REPEAT_MOST || *most > REPEAT_MOST)
        set_error(c, c->at, "at most 100 repetitions are possible");
    else if (*most >= 0 && *most < *least)
        set_error(c, c->at, "the repetition's bounds run backwards");
    c->at = at + 1;
    return true;
}

/* Wraps the code from `from` on, which is all that was emitted last. */
static void make_optional(struct compiler *c, unsigned from)
{
    int size = (int)(c->re->steps - from);
    insert(c, from, (struct step){.op = OP_SPLIT, .jump = (int16_t)(size + 1)});
}

static void make_loop(struct compiler *c, unsigned from)
{
    int size = (int)(c->re->steps - from);
    insert(c, from, (struct step){.op = OP_SPLIT, .jump = (int16_t)(size + 2)});
    emit(c, (struct step){.op = OP_JUMP, .jump = (int16_t)(-size - 1)});
}

/* The atom between from and to of the pattern, compiled once more. */
static void atom_again(struct compiler *c, size_t from)
{
    c->at = from;
    atom(c);
}

static void counted(struct compiler *c, size_t source, unsigned code, int least, int most)
{
    size_t after = c->at;
    if (least == 0)
        c->re->steps = code;
    for (int i = 1; i < least && !c->failed; i++)
        atom_again(c, source);
    if (most < 0 && !c->failed) {
        unsigned from = c->re->steps;
        atom_again(c, source);
        make_loop(c, from);
    }
    for (int i = least; i < most && !c->failed; i++) {
        unsigned from = c->re->steps;
        atom_again(c, source);
        make_optional(c, from);
    }
    if (!c->failed)
        c->at = after;
}

static void repeat_sign(struct compiler *c, unsigned code, char sign)
{
    c->at++;
    if (sign == '?') {
        make_optional(c, code);
    } else if (sign == '*') {
        make_loop(c, code);
    } else {
        int size = (int)(c->re->steps - code);
        emit(c, (struct step){.op = OP_SPLIT, .jump = 2});
        emit(c, (struct step){.op = OP_JUMP, .jump = (int16_t)(-size - 1)});
    }
}

/* An atom and what repeats it. A count compiles the atom's source once more, so it can only stand
 * alone. */
static void repeated(struct compiler *c)
{
    size_t source = c->at;
    unsigned code = c->re->steps;
    atom(c);
    for (unsigned n = 0; more(c); n++) {
        size_t at = c->at;
        int least = -1, most = -1;
        char sign = peek(c);
        if (sign == '*' || sign == '+' || sign == '?') {
            repeat_sign(c, code, sign);
        } else if (sign == '{' && read_counts(c, &least, &most)) {
            if (n)
                set_error(c, at, "a count cannot follow another repetition");
            counted(c, source, code, least, most);
        } else {
            return;
        }
        if (peek(c) == '?')
            c->at++; /* lazy: it matters where a match ends, not whether there is one */
    }
}

static void sequence(struct compiler *c)
{
    while (more(c) && peek(c) != '|' && peek(c) != ')')
        repeated(c);
}

static void alternatives(struct compiler *c)
{
    unsigned code = c->re->steps;
    sequence(c);
    while (more(c) && peek(c) == '|') {
        c->at++;
        int size = (int)(c->re->steps - code);
        insert(c, code, (struct step){.op = OP_SPLIT, .jump = (int16_t)(size + 2)});
        unsigned jump = c->re->steps;
        emit(c, (struct step){.op = OP_JUMP});
        if (c->failed)
            return;
        sequence(c);
        /* The rest may hold more alternatives, which are wrapped together with this one. */
        c->re->step[jump].jump = (int16_t)(c->re->steps - jump);
    }
}

void regex_free(struct regex *re)
{
    mem_free(ACCOUNT_other, re, sizeof *re);
}

struct regex *regex_compile(const char *pattern, size_t len, struct regex_error *e)
{
    struct regex *re = mem_alloc(ACCOUNT_other, sizeof *re);
    struct compiler c = {.re = re, .pattern = pattern, .len = len, .e = e};
    if (!re)
        set_error(&c, 0, "there is no memory for the pattern");
    else if (len > REGEX_PATTERN)
        set_error(&c, REGEX_PATTERN, "the pattern is longer than 256 bytes");
    else
        alternatives(&c);
    if (!c.failed && c.at < c.len)
        set_error(&c, c.at, "there is a ) too many");
    if (c.failed) {
        regex_free(re);
        return NULL;
    }
    re->step[re->steps++] = (struct step){.op = OP_MATCH};
    return re;
}

/* Places in the program that are alive before one byte of text. */
struct places {
    unsigned n;
    uint16_t at[REGEX_STEPS];
};

struct machine {
    const struct regex *re;
    const char *text;
    size_t len, pos;
    uint16_t seen[REGEX_STEPS]; /* == round: already among the next places */
    uint16_t round;
    bool matched;
};

static bool at_border(const struct machine *m)
{
    bool before = m->pos > 0 && is_word((uint8_t)m->text[m->pos - 1]);
    bool after = m->pos < m->len && is_word((uint8_t)m->text[m->pos]);
    return before != after;
}

/* Adds a place and all that can be reached from it without a byte. Each place is pushed at most
 * once a round, so the stack cannot overflow. */
static void follow(struct machine *m, struct places *p, unsigned start)
{
    uint16_t stack[REGEX_STEPS];
    unsigned top = 0;
    if (m->seen[start] == m->round)
        return;
    m->seen[start] = m->round;
    stack[top++] = (uint16_t)start;
    while (top) {
        unsigned at = stack[--top];
        const struct step *s = &m->re->step[at];
        unsigned next[2], n = 0;
        switch (s->op) {
        case OP_MATCH:
            m->matched = true;
            return;
        case OP_JUMP:
            next[n++] = (unsigned)((int)at + s->jump);
            break;
        case OP_SPLIT:
            next[n++] = at + 1;
            next[n++] = (unsigned)((int)at + s->jump);
            break;
        case OP_BEGIN:
            if (m->pos == 0)
                next[n++] = at + 1;
            break;
        case OP_END:
            if (m->pos == m->len)
                next[n++] = at + 1;
            break;
        case OP_BORDER:
            if (at_border(m) != (bool)s->byte)
                next[n++] = at + 1;
            break;
        default:
            p->at[p->n++] = (uint16_t)at;
        }
        while (n--) {
            if (m->seen[next[n]] == m->round)
                continue;
            m->seen[next[n]] = m->round;
            stack[top++] = (uint16_t)next[n];
        }
    }
}

static bool takes(const struct regex *re, const struct step *s, uint8_t byte)
{
    switch (s->op) {
    case OP_BYTE:
        return s->byte == (uint8_t)tolower(byte);
    case OP_SET:
        return set_has(&re->set[s->byte], byte);
    default:
        return true;
    }
}

bool regex_match(const struct regex *re, const char *text, size_t len)
{
    struct machine m = {.re = re, .text = text, .len = len};
    struct places places[2];
    struct places *now = &places[0], *next = &places[1];
    memset(m.seen, 0, re->steps * sizeof *m.seen);
    if (len >= UINT16_MAX)
        len = m.len = UINT16_MAX - 1;

    now->n = 0;
    m.round = 1;
    follow(&m, now, 0);
    for (; m.pos < len && !m.matched;) {
        uint8_t byte = (uint8_t)text[m.pos++];
        next->n = 0;
        m.round++;
        for (unsigned i = 0; i < now->n && !m.matched; i++)
            if (takes(re, &re->step[now->at[i]], byte))
                follow(&m, next, now->at[i] + 1u);
        if (!m.matched)
            follow(&m, next, 0); /* a match may begin here as well */
        struct places *old = now;
        now = next;
        next = old;
    }
    return m.matched;
}
