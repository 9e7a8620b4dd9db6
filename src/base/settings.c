/* settings.c - typed options from arguments and a file, out of one table (src/options.def).
 *
 * All readers end in put(), which knows the type of a row and where its member is. Strings live
 * in a chain of blocks that settings_free() walks; a value that is replaced stays there until then,
 * which costs a few bytes and saves every question of who frees it.
 */
#include "base/settings.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/settings_value.h"

const struct option_info settings_options[] = {
#define OPTION(member, kind, short_letter, long_name, value, low, high, unit_name, sentence)       \
    {.name = (long_name),                                                                          \
     .letter = (short_letter),                                                                     \
     .type = OPTION_##kind,                                                                        \
     .fallback = (value),                                                                          \
     .min = (low),                                                                                 \
     .max = (high),                                                                                \
     .unit = (unit_name),                                                                          \
     .text = (sentence),                                                                           \
     .offset = offsetof(struct settings, member)},
#include "options.def"
#undef OPTION
};
const size_t settings_count = sizeof settings_options / sizeof settings_options[0];
static_assert(sizeof settings_options / sizeof settings_options[0] <= SETTINGS_ROWS,
              "struct settings has no room for the source of every option");

enum { FILE_LIMIT = 1 << 20, NAME_LIMIT = 64 };

/* A block of the chain; its bytes follow. */
struct block {
    struct block *next;
    max_align_t bytes[];
};

static void *keep(struct settings *s, const void *bytes, size_t used, size_t size)
{
    struct block *block = calloc(1, sizeof *block + size);
    if (!block)
        return NULL;
    if (used)
        memcpy(block->bytes, bytes, used);
    block->next = s->strings;
    s->strings = block;
    return block->bytes;
}

static bool no_memory(struct err *e)
{
    return fail(e, "has no memory left");
}

static bool list_add(struct settings *s, struct string_list *list, const char *value, struct err *e)
{
    if (list->n == SETTINGS_LIST)
        return fail(e, "is given more than %d times", SETTINGS_LIST);
    const char *copy = keep(s, value, strlen(value), strlen(value) + 1);
    /* The array doubles whenever its length is a power of two. */
    if (copy && (list->n & (list->n - 1)) == 0) {
        size_t room = list->n ? (size_t)list->n * 2 : 1;
        const char **item = keep(s, list->item, list->n * sizeof *item, room * sizeof *item);
        if (!item)
            return no_memory(e);
        list->item = item;
    }
    if (!copy)
        return no_memory(e);
    list->item[list->n++] = copy;
    return true;
}

/* Sets a row's member from text; the sentence in *e lacks its subject, which the caller knows.
 * A value that a stronger source has already overruled is checked all the same. */
static bool put(struct settings *s, const struct option_info *option, const char *value,
                enum setting_source source, struct err *e)
{
    enum option_type type = option->type;
    bool flag = false;
    int64_t number = 0;
    if (type == OPTION_flag && !value_read_flag(value, &flag, e))
        return false;
    if (type == OPTION_number || type == OPTION_seconds || type == OPTION_bytes)
        if (!value_read_number(option, value, &number, e))
            return false;

    uint8_t *was = &s->source[option - settings_options];
    if (source < *was)
        return true;
    void *member = (char *)s + option->offset;
    if (type == OPTION_flag) {
        *(bool *)member = flag;
    } else if (type == OPTION_string) {
        const char *copy = keep(s, value, strlen(value), strlen(value) + 1);
        if (!copy)
            return no_memory(e);
        *(const char **)member = copy;
    } else if (type == OPTION_list) {
        struct string_list *list = member;
        if (source != *was)
            *list = (struct string_list){0};
        if (!list_add(s, list, value, e))
            return false;
    } else {
        *(int64_t *)member = number;
    }
    *was = (uint8_t)source;
    return true;
}

void settings_init(struct settings *s)
{
    *s = (struct settings){0};
    for (size_t i = 0; i < settings_count; i++) {
        const struct option_info *option = &settings_options[i];
        struct err e = {""};
        if (!*option->fallback && option->type != OPTION_string)
            continue;
        bool good = put(s, option, option->fallback, SETTING_DEFAULT, &e);
        assert(good); /* a default that its own row does not allow */
        (void)good;
    }
}

void settings_free(struct settings *s)
{
    for (struct block *block = s->strings; block;) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
    *s = (struct settings){0};
}

static const struct option_info *find_n(const char *name, size_t len)
{
    for (size_t i = 0; i < settings_count; i++)
        if (strlen(settings_options[i].name) == len &&
            memcmp(settings_options[i].name, name, len) == 0)
            return &settings_options[i];
    return NULL;
}

const struct option_info *settings_find(const char *name)
{
    return find_n(name, strlen(name));
}

static const struct option_info *find_letter(char letter)
{
    for (size_t i = 0; i < settings_count; i++)
        if (letter && settings_options[i].letter == letter)
            return &settings_options[i];
    return NULL;
}

/* A row by its long name; for flags also by --no-NAME, and by --NAME where the row is no-NAME,
 * with *negated set. The sentence of a failure names the nearest option. */
static const struct option_info *find_name(const char *name, size_t len, bool *negated,
                                           struct err *e)
{
    *negated = false;
    const struct option_info *option = find_n(name, len);
    if (option)
        return option;

    char other[NAME_LIMIT];
    if (len < sizeof other - 3) {
        *negated = true;
        bool has_no = len > 3 && memcmp(name, "no-", 3) == 0;
        snprintf(other, sizeof other, "no-%.*s", (int)len, name);
        option = has_no ? find_n(name + 3, len - 3) : find_n(other, len + 3);
        if (option && option->type == OPTION_flag)
            return option;
    }

    char asked[NAME_LIMIT];
    snprintf(asked, sizeof asked, "%.*s", len < NAME_LIMIT ? (int)len : NAME_LIMIT - 1, name);
    unsigned best = UINT32_MAX;
    for (size_t i = 0; i < settings_count; i++) {
        unsigned distance = value_distance(asked, settings_options[i].name);
        if (distance >= best)
            continue;
        best = distance;
        option = &settings_options[i];
    }
    if (best <= 3 && best < len)
        fail(e, "unknown option --%s, did you mean --%s?", asked, option->name);
    else
        fail(e, "unknown option --%s, see weir --help", asked);
    return NULL;
}

/* "--name" or "-x" before the sentence that put() left. */
static bool blame(struct err *e, const struct option_info *option)
{
    struct err rest = e ? *e : (struct err){""};
    return fail(e, "--%s %.400s", option->name, rest.text);
}

static bool put_named(struct settings *s, const struct option_info *option, bool negated,
                      const char *value, enum setting_source source, struct err *e)
{
    if (option->type == OPTION_flag) {
        bool on = true;
        if (value && !value_read_flag(value, &on, e))
            return blame(e, option);
        value = on != negated ? "on" : "off";
    }
    if (!value)
        return fail(e, "--%s needs a value", option->name);
    return put(s, option, value, source, e) || blame(e, option);
}

bool settings_set(struct settings *s, const char *name, const char *value, struct err *e)
{
    bool negated;
    const struct option_info *option = find_name(name, strlen(name), &negated, e);
    return option && put_named(s, option, negated, value, SETTING_ARGUMENT, e);
}

/* The arguments as they are read. */
struct arguments {
    int n;
    char **at;
    int next;
};

/* The argument after an option as its value, unless it looks like the next long option. */
static const char *next_value(struct arguments *a)
{
    if (a->next >= a->n || strncmp(a->at[a->next], "--", 2) == 0)
        return NULL;
    return a->at[a->next++];
}

/* By a name that only this command has; NULL when it is none. */
static const struct option_info *find_other(const struct settings *s, char letter, const char *word,
                                            size_t len)
{
    for (const struct other_name *o = s->other_names; o && o->name; o++) {
        bool is_word = o->word && strlen(o->word) == len && word && !memcmp(o->word, word, len);
        if (is_word || (letter && o->letter == letter))
            return settings_find(o->name);
    }
    return NULL;
}

static bool read_long(struct settings *s, struct arguments *a, const char *word, struct err *e)
{
    bool negated = false;
    const char *equals = strchr(word, '=');
    size_t len = equals ? (size_t)(equals - word) : strlen(word);
    const struct option_info *option = find_other(s, 0, word, len);
    if (!option)
        option = find_name(word, len, &negated, e);
    if (!option)
        return false;
    const char *value = equals ? equals + 1 : NULL;
    if (!value && option->type != OPTION_flag)
        value = next_value(a);
    return put_named(s, option, negated, value, SETTING_ARGUMENT, e);
}

static const struct option_info *find_meaning(const struct settings *s, char letter)
{
    const struct option_info *option = find_other(s, letter, NULL, 0);
    return option ? option : find_letter(letter);
}

static bool read_letters(struct settings *s, struct arguments *a, const char *word, struct err *e)
{
    for (; *word; word++) {
        const struct option_info *option = find_meaning(s, *word);
        if (!option)
            return fail(e, "unknown option -%c, see weir --help",
                        *word > ' ' && *word < 127 ? *word : '?');
        if (option->type == OPTION_flag) {
            if (!put_named(s, option, false, NULL, SETTING_ARGUMENT, e))
                return false;
            continue;
        }
        const char *value = word[1] == '=' ? word + 2 : word[1] ? word + 1 : next_value(a);
        return put_named(s, option, false, value, SETTING_ARGUMENT, e);
    }
    return true;
}

bool settings_read_args(struct settings *s, int argc, char **argv, int first, struct err *e)
{
    struct arguments a = {.n = argc, .at = argv, .next = first};
    bool only_words = false;
    while (a.next < a.n) {
        const char *word = a.at[a.next++];
        bool good;
        if (only_words || word[0] != '-' || !word[1]) {
            struct err rest = {""};
            good = list_add(s, &s->words, word, &rest) || fail(e, "an argument %s", rest.text);
        } else if (word[1] != '-') {
            good = read_letters(s, &a, word + 1, e);
        } else if (word[2]) {
            good = read_long(s, &a, word + 2, e);
        } else {
            only_words = good = true;
        }
        if (!good)
            return false;
    }
    return true;
}

/* A place in a configuration file, for the sentence of an error. */
struct line {
    const char *path;
    unsigned number;
    const char *start;
    const char *end; /* without comment and white space behind */
};

static bool blame_place(struct err *e, const struct line *line, const char *at)
{
    struct err rest = e ? *e : (struct err){""};
    return fail(e, "%.80s:%u:%u: %.400s", line->path, line->number,
                (unsigned)(at - line->start) + 1, rest.text);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts a comment that starts a line or follows white space outside of quotes, and blanks. */
static void cut_comment(struct line *line)
{
    bool quoted = false;
    for (const char *at = line->start; at < line->end; at++) {
        quoted ^= *at == '"';
        if (*at == '#' && !quoted && (at == line->start || is_blank(at[-1])))
            line->end = at;
    }
    while (line->end > line->start && is_blank(line->end[-1]))
        line->end--;
}

static const struct option_info *line_option(const struct line *line, const char **at,
                                             bool *negated, struct err *e)
{
    const char *name = *at;
    unsigned dashes = 0;
    while (name < line->end && *name == '-' && dashes < 2) {
        name++;
        dashes++;
    }
    const char *end = name;
    while (end < line->end && *end != '=' && !is_blank(*end))
        end++;
    *negated = false;
    if (dashes == 1 && end > name) {
        *at = name + 1; /* -i=eth0, -i eth0 and -ieth0 */
        const struct option_info *option = find_letter(*name);
        if (!option)
            fail(e, "unknown option -%c", *name > ' ' && *name < 127 ? *name : '?');
        return option;
    }
    *at = end;
    return find_name(name, (size_t)(end - name), negated, e);
}

static bool read_line(struct settings *s, struct line *line, struct err *e)
{
    cut_comment(line);
    const char *at = line->start;
    while (at < line->end && is_blank(*at))
        at++;
    if (at == line->end)
        return true;

    const char *name = at;
    bool negated;
    const struct option_info *option = line_option(line, &at, &negated, e);
    if (!option)
        return blame_place(e, line, name);
    while (at < line->end && is_blank(*at))
        at++;
    bool equals = at < line->end && *at == '=';
    if (equals)
        at++;
    while (at < line->end && is_blank(*at))
        at++;

    const char *end = line->end;
    if (end - at >= 2 && *at == '"' && end[-1] == '"' &&
        !memchr(at + 1, '"', (size_t)(end - at) - 2)) {
        at++;
        end--;
    }
    char *value = keep(s, at, (size_t)(end - at), (size_t)(end - at) + 1);
    if (!value)
        return no_memory(e);
    bool given = equals || at < end;
    if (put_named(s, option, negated, given ? value : NULL, SETTING_FILE, e))
        return true;
    return blame_place(e, line, at < line->end ? at : name);
}

bool settings_read_text(struct settings *s, const char *path, const char *bytes, size_t n,
                        struct err *e)
{
    const char *end = bytes + n;
    struct line line = {.path = path, .start = bytes};
    while (line.start < end) {
        const char *newline = memchr(line.start, '\n', (size_t)(end - line.start));
        line.number++;
        line.end = newline ? newline : end;
        const char *zero = memchr(line.start, 0, (size_t)(line.end - line.start));
        if (zero) {
            fail(e, "not a text file: a zero byte");
            return blame_place(e, &line, zero);
        }
        if (!read_line(s, &line, e))
            return false;
        line.start = newline ? newline + 1 : end;
    }
    return true;
}

bool settings_read_file(struct settings *s, const char *path, struct err *e)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return fail(e, "configuration file %s: %s", path, strerror(errno));
    char *bytes = malloc(FILE_LIMIT);
    bool good = false;
    size_t n = bytes ? fread(bytes, 1, FILE_LIMIT, file) : 0;
    if (!bytes)
        fail(e, "configuration file %s: no memory", path);
    else if (ferror(file))
        fail(e, "configuration file %s: %s", path, strerror(errno));
    else if (n == FILE_LIMIT)
        fail(e, "configuration file %s: longer than 1 MB", path);
    else
        good = settings_read_text(s, path, bytes, n, e);
    free(bytes);
    fclose(file);
    return good;
}
