/* cert_name.c - names of certificates against the name a client asked for (RFC 6125 6.4). */
#include "engine/cert_name.h"

#include <string.h>
#include <strings.h>

static size_t without_last_dot(const char *name, size_t len)
{
    return len && name[len - 1] == '.' ? len - 1 : len;
}

bool cert_name_matches(const char *pattern, size_t pattern_len, const char *name, size_t name_len)
{
    pattern_len = without_last_dot(pattern, pattern_len);
    name_len = without_last_dot(name, name_len);
    if (pattern_len > 2 && pattern[0] == '*' && pattern[1] == '.') {
        const char *dot = memchr(name, '.', name_len);
        if (!dot || dot == name)
            return false;
        size_t label = (size_t)(dot - name);
        pattern += 1;
        pattern_len -= 1;
        name += label;
        name_len -= label;
    }
    return pattern_len && pattern_len == name_len && !strncasecmp(pattern, name, name_len);
}

bool cert_names_match(const char *names, const char *name, size_t name_len)
{
    while (*names) {
        size_t len = strcspn(names, ",");
        if (cert_name_matches(names, len, name, name_len))
            return true;
        names += len;
        names += *names == ',';
    }
    return false;
}

const char *cert_common_name(const char *subject, size_t *len)
{
    for (const char *at = subject; (at = strstr(at, "CN=")); at += 3) {
        if (at != subject && at[-1] != ' ' && at[-1] != ',')
            continue;
        *len = strcspn(at + 3, ",");
        return at + 3;
    }
    return NULL;
}
