/* read_json.h - checks that a text is JSON and finds values in it, for tests only. */
#ifndef WEIR_TEST_READ_JSON_H
#define WEIR_TEST_READ_JSON_H

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each skips one value or part of it and returns what follows, or NULL when it is not JSON. */
static const char *skip_value(const char *p, int depth);

static const char *skip_space(const char *p)
{
    return p + strspn(p, " \t\r\n");
}

static const char *skip_string(const char *p)
{
    if (*p++ != '"')
        return NULL;
    while (*p && *p != '"') {
        if ((unsigned char)*p < 0x20)
            return NULL;
        if (*p == '\\' && !strchr("\"\\/bfnrtu", *++p))
            return NULL;
        p++;
    }
    return *p ? p + 1 : NULL;
}

static const char *skip_number(const char *p)
{
    const char *begin = p;
    p += *p == '-';
    size_t n = strspn(p, "0123456789");
    if (!n || (n > 1 && *p == '0'))
        return NULL;
    p += n;
    if (*p == '.') {
        n = strspn(++p, "0123456789");
        if (!n)
            return NULL;
        p += n;
    }
    return p > begin ? p : NULL;
}

/* True when an object has a key once only; keys are those read so far. */
static bool key_is_new(const char **keys, size_t *n, const char *key, size_t len)
{
    for (size_t i = 0; i < *n; i++) {
        if (!strncmp(keys[i], key, len))
            return false;
    }
    if (*n < 512)
        keys[(*n)++] = key;
    return true;
}

static const char *skip_list(const char *p, char end, int depth)
{
    const char *keys[512];
    size_t n = 0;
    p = skip_space(p + 1);
    if (*p == end)
        return p + 1;
    for (;;) {
        if (end == '}') {
            const char *key = skip_space(p);
            p = skip_string(key);
            if (!p || !key_is_new(keys, &n, key, (size_t)(p - key)))
                return NULL;
            p = skip_space(p);
            if (*p != ':')
                return NULL;
            p++;
        }
        p = skip_value(p, depth + 1);
        if (!p)
            return NULL;
        p = skip_space(p);
        if (*p == end)
            return p + 1;
        if (*p++ != ',')
            return NULL;
    }
}

static const char *skip_value(const char *p, int depth)
{
    p = skip_space(p);
    if (depth > 32)
        return NULL;
    if (*p == '{')
        return skip_list(p, '}', depth);
    if (*p == '[')
        return skip_list(p, ']', depth);
    if (*p == '"')
        return skip_string(p);
    for (int i = 0; i < 3; i++) {
        const char *word = (const char *[]){"true", "false", "null"}[i];
        if (!strncmp(p, word, strlen(word)))
            return p + strlen(word);
    }
    return skip_number(p);
}

static inline bool json_is_valid(const char *text)
{
    const char *end = skip_value(text, 0);
    return end && !*skip_space(end);
}

/* The value at a path such as "data.0.cli.ip" (numbers index arrays; a key with dots cannot be
 * named), or NULL. The result points into the text. */
static inline const char *json_at(const char *text, const char *path)
{
    const char *p = skip_space(text);
    while (*path && p) {
        size_t n = strcspn(path, ".");
        long index = isdigit((unsigned char)*path) ? strtol(path, NULL, 10) : -1;
        char end = *p == '{' ? '}' : ']';
        if (*p != '{' && *p != '[')
            return NULL;
        p = skip_space(p + 1);
        for (long i = 0; p && *p != end; i++) {
            bool found = i == index && end == ']';
            if (end == '}') {
                const char *key = p + 1;
                p = skip_string(p);
                found = (size_t)(p - key - 1) == n && !strncmp(key, path, n);
                p = skip_space(skip_space(p) + 1);
            }
            if (found)
                break;
            p = skip_space(skip_value(p, 0));
            p = *p == ',' ? skip_space(p + 1) : p;
        }
        if (!p || *p == end)
            return NULL;
        path += n + (path[n] == '.');
    }
    return p;
}

static inline double json_number(const char *text, const char *path)
{
    const char *p = json_at(text, path);
    return p ? strtod(p, NULL) : -1;
}

/* True when the value at path is this string (without escapes). */
static inline bool json_says(const char *text, const char *path, const char *string)
{
    const char *p = json_at(text, path);
    size_t n = strlen(string);
    return p && *p == '"' && !strncmp(p + 1, string, n) && p[n + 1] == '"';
}

/* Elements of the array or object at path, -1 when there is none. */
static inline int json_count(const char *text, const char *path)
{
    const char *p = json_at(text, path);
    if (!p || (*p != '[' && *p != '{'))
        return -1;
    char end = *p == '{' ? '}' : ']';
    int n = 0;
    p = skip_space(p + 1);
    while (*p != end) {
        if (end == '}')
            p = skip_space(skip_space(skip_string(p)) + 1);
        p = skip_space(skip_value(p, 0));
        p = *p == ',' ? skip_space(p + 1) : p;
        n++;
    }
    return n;
}

#endif
