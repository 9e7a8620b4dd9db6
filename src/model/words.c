/* words.c - words of the enumerated kinds, and back. */
#include "model/words.h"

#include <ctype.h>

#include "model/protos.h"

struct word {
    uint8_t kind;
    bool alias; /* accepted, never printed */
    uint16_t value;
    const char *text;
};

static const struct word words[] = {
#define WORDS(k)
#define WORD(k, v, t)  {.kind = KIND_##k, .value = v, .text = t},
#define ALIAS(k, v, t) {.kind = KIND_##k, .value = v, .alias = true, .text = t},
#include "model/words.def"
#undef WORDS
#undef WORD
#undef ALIAS
};

enum { WORD_COUNT = sizeof words / sizeof *words };

/* Where the rows of each kind begin: rows are counted by an enumerator each, and the name of the
 * kind takes the number of the row that follows it. */
#define JOIN_NOW(a, b) a##b
#define JOIN(a, b)     JOIN_NOW(a, b)
enum {
#define WORDS(k)       AT_##k, BACK_##k = AT_##k - 1,
#define WORD(k, v, t)  JOIN(ROW_, __COUNTER__),
#define ALIAS(k, v, t) JOIN(ROW_, __COUNTER__),
#include "model/words.def"
#undef WORDS
#undef WORD
#undef ALIAS
};

/* 0 stands for a kind without words: 1 + index of the first row. */
static const uint16_t first_word[KINDS] = {
#define WORDS(k) [KIND_##k] = 1 + AT_##k,
#define WORD(k, v, t)
#define ALIAS(k, v, t)
#include "model/words.def"
#undef WORDS
#undef WORD
#undef ALIAS
};

static const struct {
    const char *word, *title, *sentence;
} problems[] = {
#define PROBLEM(n, w, t, s) [PROBLEM_##n] = {w, t, s},
#include "model/problems.def"
#undef PROBLEM
};

enum { PROBLEM_COUNT = sizeof problems / sizeof *problems };

const char *problem_title(uint64_t problem)
{
    return problem < PROBLEM_COUNT ? problems[problem].title : "Unknown";
}

const char *problem_text(uint64_t problem)
{
    return problem < PROBLEM_COUNT ? problems[problem].sentence : "";
}

bool kind_is_set(enum field_kind kind)
{
    return kind == KIND_tcp_flags || kind == KIND_tunnels || kind == KIND_risk;
}

static bool kind_has_protos(enum field_kind kind)
{
    return kind == KIND_app || kind == KIND_category || kind == KIND_breed || kind == KIND_risk;
}

bool kind_has_words(enum field_kind kind)
{
    return first_word[kind] || kind_has_protos(kind);
}

uint32_t kind_values(enum field_kind kind)
{
    switch (kind) {
    case KIND_app:
        return PROTOS_MAX;
    case KIND_category:
        return CATEGORIES_MAX;
    case KIND_breed:
        return BREEDS_MAX;
    case KIND_risk:
        return RISKS_MAX;
    default:
        break;
    }
    uint32_t end = 0;
    for (size_t i = first_word[kind]; i && i <= WORD_COUNT && words[i - 1].kind == kind; i++)
        if (words[i - 1].value >= end)
            end = words[i - 1].value + 1u;
    return end;
}

const char *kind_word(enum field_kind kind, uint64_t value)
{
    switch (kind) {
    case KIND_app:
        return value < PROTOS_MAX ? protos_name((uint16_t)value) : NULL;
    case KIND_category:
        return value < CATEGORIES_MAX ? protos_category((uint8_t)value) : NULL;
    case KIND_breed:
        return value < BREEDS_MAX ? protos_breed((uint8_t)value) : NULL;
    case KIND_risk:
        return value < RISKS_MAX ? protos_risk((uint8_t)value) : NULL;
    default:
        break;
    }
    if (!first_word[kind])
        return NULL;
    for (const struct word *w = &words[first_word[kind] - 1];
         w < words + WORD_COUNT && w->kind == kind && !w->alias && w->value <= value; w++)
        if (w->value == value)
            return w->text;
    return NULL;
}

const char *kind_next_word(enum field_kind kind, uint32_t *at, uint64_t *value)
{
    if (kind_has_protos(kind)) {
        for (; *at < kind_values(kind); ++*at) {
            const char *word = kind_word(kind, *at);
            if (!word)
                continue;
            if (value)
                *value = *at;
            ++*at;
            return word;
        }
        return NULL;
    }
    size_t i = first_word[kind] + (size_t)*at;
    if (!first_word[kind] || i > WORD_COUNT || words[i - 1].kind != kind || words[i - 1].alias)
        return NULL;
    ++*at;
    if (value)
        *value = words[i - 1].value;
    return words[i - 1].text;
}

static char fold(char c)
{
    if (c == ' ' || c == '-')
        return '_';
    return (char)tolower((unsigned char)c);
}

bool word_equal(const char *word, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!word[i] || fold(word[i]) != fold(text[i]))
            return false;
    return !word[len];
}

/* "TLS.Google": both halves are names. -1 when no dot parts it so. */
static int64_t app_number(const char *word, size_t len)
{
    int whole = protos_find(word, len);
    if (whole >= 0)
        return whole;
    for (size_t dot = 1; dot + 1 < len; dot++) {
        if (word[dot] != '.')
            continue;
        int master = protos_find(word, dot);
        int app = protos_find(word + dot + 1, len - dot - 1);
        if (master >= 0 && app >= 0)
            return (int64_t)master << 16 | app;
    }
    return -1;
}

int64_t kind_number(enum field_kind kind, const char *word, size_t len)
{
    if (kind == KIND_app)
        return app_number(word, len);
    if (kind_has_protos(kind)) {
        for (uint32_t v = 0; v < kind_values(kind); v++) {
            const char *name = kind_word(kind, v);
            if (name && word_equal(name, word, len))
                return v;
        }
        return -1;
    }
    if (!first_word[kind])
        return -1;
    for (const struct word *w = &words[first_word[kind] - 1];
         w < words + WORD_COUNT && w->kind == kind; w++)
        if (word_equal(w->text, word, len))
            return w->value;
    for (unsigned i = 0; kind == KIND_problem && i < PROBLEM_COUNT; i++)
        if (word_equal(problems[i].title, word, len))
            return i;
    return -1;
}
