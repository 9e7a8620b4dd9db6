/* saved.c - the ledger of the last run, kept in the data directory for `weir ledger`. */
#include "app/saved.h"

#include "app/json_read.h"
#include "app/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 4 << 20 };

#define FILE_NAME "last-ledger.json"

void saved_add(struct saved_writer *w, const char *name, const struct ledger *l,
               const struct totals_row *t)
{
    if (!w->has_begun) {
        w->json = json_into(&w->text);
        json_open(&w->json);
        json_key(&w->json, "interfaces");
        json_open_array(&w->json);
        w->has_begun = true;
    }
    /* The text may have moved with its owner since. */
    w->json.text = &w->text;
    json_open(&w->json);
    json_pair_string(&w->json, "name", name);
    json_key(&w->json, "ledger");
    ledger_json(l, t, &w->json);
    json_close(&w->json);
}

/* A reader never sees half a file: a new one takes the old one's name when it is whole. */
static bool write_file(const char *dir, const struct text *text, struct err *e)
{
    char path[PATH_MAX + 40], final[PATH_MAX + 40];
    snprintf(path, sizeof path, "%s/%s.%ld", dir, FILE_NAME, (long)getpid());
    snprintf(final, sizeof final, "%s/%s", dir, FILE_NAME);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd == -1)
        return fail(e, "cannot write %s: %s", path, strerror(errno));
    size_t done = 0;
    while (done < text->len) {
        ssize_t n = write(fd, text->data + done, text->len - done);
        if (n == -1)
            break;
        done += (size_t)n;
    }
    bool ok = close(fd) == 0 && done == text->len && rename(path, final) == 0;
    if (!ok) {
        fail(e, "cannot write %s: %s", final, strerror(errno));
        unlink(path);
    }
    return ok;
}

bool saved_finish(struct saved_writer *w, const struct settings *s, nsec_t now, struct err *e)
{
    bool ok = true;
    char dir[PATH_MAX];
    if (w->has_begun) {
        json_close_array(&w->json);
        json_pair_i64(&w->json, "saved", now / MILLISECOND);
        json_close(&w->json);
        text_char(&w->text, '\n');
        ok = setup_make_data_dir(s, dir, e) && !w->text.failed && write_file(dir, &w->text, e);
    }
    text_free(&w->text);
    *w = (struct saved_writer){0};
    return ok;
}

bool saved_load(const struct settings *s, struct text *text, char *path, struct err *e)
{
    char dir[PATH_MAX];
    if (!setup_data_dir(s, dir))
        return fail(e, "no data directory; give --data-dir");
    if (snprintf(path, PATH_MAX, "%s/%s", dir, FILE_NAME) >= PATH_MAX)
        return fail(e, "--data-dir is too long");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return fail(e, "%s: %s", path, strerror(errno));
    ssize_t n = 0;
    while (text->len < FILE_MAX && text_reserve(text, 65536)) {
        char bytes[65536];
        n = read(fd, bytes, sizeof bytes);
        if (n <= 0)
            break;
        text_add_n(text, bytes, (size_t)n);
    }
    close(fd);
    return n == 0 || fail(e, "%s: %s", path, n == -1 ? strerror(errno) : "too large");
}

/* Keeps a string in the ledger's own memory; "" when that is full. */
static const char *keep(struct saved_ledger *l, const char *string)
{
    size_t len = strlen(string) + 1;
    if (len > sizeof l->strings - l->used)
        return "";
    char *to = l->strings + l->used;
    memcpy(to, string, len);
    l->used += len;
    return to;
}

static bool is_key(const struct json_reader *r, const char *key)
{
    return !strcmp(r->key, key);
}

/* Reads on to the end of what was opened at this depth; false there, or when it is no JSON. */
static bool next_within(struct json_reader *r, unsigned depth, enum json_token *token)
{
    *token = json_next(r);
    return *token != JSON_BAD && *token != JSON_END && r->depth >= depth;
}

static void read_terms(struct json_reader *r, struct saved_ledger *l, struct ledger_line *line)
{
    enum json_token token;
    for (unsigned depth = r->depth; next_within(r, depth, &token);) {
        if (token == JSON_OPEN && line->terms < LEDGER_TERMS)
            line->term[line->terms++] = (struct ledger_term){.name = ""};
        if (!line->terms)
            continue;
        struct ledger_term *term = &line->term[line->terms - 1];
        if (token == JSON_STRING && is_key(r, "name"))
            term->name = keep(l, r->text);
        else if (token == JSON_NUMBER && is_key(r, "value"))
            term->value = (uint64_t)r->number;
        else if (token == JSON_TRUE && is_key(r, "minus"))
            term->minus = true;
    }
}

static void read_line_string(struct json_reader *r, struct saved_ledger *l,
                             struct ledger_line *line)
{
    const char **member = is_key(r, "id")          ? &line->id
                          : is_key(r, "text")      ? &line->text
                          : is_key(r, "unit")      ? &line->unit
                          : is_key(r, "left_name") ? &line->left_name
                                                   : NULL;
    if (member)
        *member = keep(l, r->text);
}

static void read_lines(struct json_reader *r, struct saved_ledger *l)
{
    struct ledger_line *line = NULL;
    enum json_token token;
    for (unsigned depth = r->depth; next_within(r, depth, &token);) {
        if (token == JSON_OPEN && line && is_key(r, "terms")) {
            read_terms(r, l, line);
        } else if (token == JSON_OPEN) {
            if (l->ledger.n == LEDGER_LINES)
                continue;
            line = &l->ledger.line[l->ledger.n++];
            *line = (struct ledger_line){.id = "", .text = "", .unit = "", .left_name = ""};
        } else if (token == JSON_STRING && line) {
            read_line_string(r, l, line);
        } else if (token == JSON_NUMBER && line && is_key(r, "left")) {
            line->left = (uint64_t)r->number;
        } else if (token == JSON_NUMBER && line && is_key(r, "gap")) {
            line->gap = r->number;
        }
    }
}

static void read_reasons(struct json_reader *r, struct saved_ledger *l)
{
    unsigned row = REASONS;
    enum json_token token;
    for (unsigned depth = r->depth; next_within(r, depth, &token);) {
        if (token == JSON_STRING && is_key(r, "name")) {
            for (row = 0; row < REASONS && strcmp(reason_table[row].name, r->text) != 0; row++)
                ;
        } else if (token == JSON_NUMBER && row < REASONS && is_key(r, "packets")) {
            l->totals.packets[row] = (uint64_t)r->number;
        } else if (token == JSON_NUMBER && row < REASONS && is_key(r, "bytes")) {
            l->totals.bytes[row] = (uint64_t)r->number;
        }
    }
}

unsigned saved_parse(const void *bytes, size_t n, struct saved_ledger *to, unsigned max)
{
    struct json_reader r = json_read(bytes, n);
    struct saved_ledger *l = NULL;
    char name[sizeof to->name] = "";
    unsigned found = 0;
    for (enum json_token token = json_next(&r); token != JSON_END && token != JSON_BAD;
         token = json_next(&r)) {
        bool is_flag = token == JSON_TRUE || token == JSON_FALSE;
        if (token == JSON_STRING && is_key(&r, "name")) {
            snprintf(name, sizeof name, "%.*s", (int)sizeof name - 1, r.text);
        } else if (is_flag && is_key(&r, "closes")) {
            if (found == max)
                break;
            l = &to[found++];
            memset(l, 0, sizeof *l);
            memcpy(l->name, name, sizeof name);
            l->ledger.closes = token == JSON_TRUE;
        } else if (token == JSON_OPEN && l && is_key(&r, "lines")) {
            read_lines(&r, l);
        } else if (token == JSON_OPEN && l && is_key(&r, "reasons")) {
            read_reasons(&r, l);
        }
    }
    return found;
}
