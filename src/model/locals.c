/* locals.c - which networks are local, and what they are called. */
#include "model/locals.h"

#include "base/cursor.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { ENTRY_MAX = 256 /* longest "prefix=alias" */ };

/* Where an entry stands, for messages: the list itself when file is NULL. */
struct place {
    const char *file;
    unsigned line;
};

static bool fail_at(struct err *e, const struct place *at, const char *what, const char *entry)
{
    if (at->file)
        return fail(e, "local networks: %s line %u: \"%s\" %s", at->file, at->line, entry, what);
    return fail(e, "local networks: \"%s\" %s", entry, what);
}

enum { V4_BITS = 96 /* before an IPv4 address begins */ };

/* What is not IPv4 becomes the broadcast address, which is nobody's. */
static void number_v4(struct locals *l)
{
    for (unsigned i = 0; i < l->n; i++) {
        const struct prefix *p = &l->net[i].prefix;
        bool is_v4 = p->bits >= V4_BITS && addr_is_v4(&p->addr);
        unsigned bits = is_v4 ? p->bits - V4_BITS : 32;
        l->v4[i].mask = bits ? UINT32_MAX << (32 - bits) : 0;
        l->v4[i].net = is_v4 ? load_be32(p->addr.byte + 12) : UINT32_MAX;
    }
}

/* Longest prefix first, so that the first that has an address is the right one. The same prefix
 * again only gets the new name. */
static bool insert(struct locals *l, const struct prefix *p, const char *name)
{
    unsigned i = 0;
    while (i < l->n && (l->net[i].prefix.bits > p->bits ||
                        (l->net[i].prefix.bits == p->bits &&
                         addr_compare(&l->net[i].prefix.addr, &p->addr) < 0)))
        i++;
    bool known = i < l->n && l->net[i].prefix.bits == p->bits &&
                 addr_equal(&l->net[i].prefix.addr, &p->addr);
    if (!known) {
        if (l->n == LOCALS_MAX)
            return false;
        memmove(&l->net[i + 1], &l->net[i], (l->n - i) * sizeof l->net[0]);
        l->n++;
        l->net[i].prefix = *p;
        char text[ADDR_TEXT + 4];
        size_t len = prefix_print(p, text);
        memcpy(l->net[i].name, text, len < LOCAL_NAME ? len : LOCAL_NAME - 1);
        l->net[i].name[len < LOCAL_NAME ? len : LOCAL_NAME - 1] = '\0';
    }
    if (name && *name)
        snprintf(l->net[i].name, LOCAL_NAME, "%.*s", LOCAL_NAME - 1, name);
    number_v4(l);
    return true;
}

/* Blanks around the bytes do not count. */
static void trim(const char **text, size_t *len)
{
    while (*len && isspace((unsigned char)**text)) {
        ++*text;
        --*len;
    }
    while (*len && isspace((unsigned char)(*text)[*len - 1]))
        --*len;
}

static bool add_entry(struct locals *l, const char *text, size_t len, const struct place *at,
                      struct err *e)
{
    trim(&text, &len);
    if (!len)
        return true;
    char entry[ENTRY_MAX];
    if (len >= sizeof entry) {
        memcpy(entry, text, 32);
        entry[32] = '\0';
        return fail_at(e, at, "... is too long for a network", entry);
    }
    memcpy(entry, text, len);
    entry[len] = '\0';

    char network[ENTRY_MAX];
    const char *name = NULL;
    size_t n = strcspn(entry, "=");
    if (entry[n])
        name = entry + n + 1;
    memcpy(network, entry, n);
    while (n && isspace((unsigned char)network[n - 1]))
        n--;
    network[n] = '\0';
    while (name && isspace((unsigned char)*name))
        name++;

    struct prefix p;
    if (!prefix_parse(network, &p))
        return fail_at(e, at, "is not a network such as 192.168.0.0/16 or fe80::/10=Name", entry);
    if (!insert(l, &p, name))
        return fail_at(e, at, "does not fit: at most 256 local networks are possible", entry);
    return true;
}

/* Entries of one line: separated by commas, # begins a comment. */
static bool add_line(struct locals *l, const char *line, const struct place *at, struct err *e)
{
    size_t end = strcspn(line, at->file ? "#\r\n" : "");
    for (size_t i = 0; i <= end;) {
        size_t n = 0;
        while (i + n < end && line[i + n] != ',')
            n++;
        if (!add_entry(l, line + i, n, at, e))
            return false;
        i += n + 1;
    }
    return true;
}

static bool add_file(struct locals *l, const char *path, struct err *e)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return fail(e, "local networks: %s: %s", path, strerror(errno));
    struct place at = {.file = path};
    char line[4096];
    bool ok = true;
    while (ok && fgets(line, sizeof line, f)) {
        at.line++;
        if (!strchr(line, '\n') && !feof(f))
            ok = fail(e, "local networks: %s line %u is longer than 4095 bytes", path, at.line);
        else
            ok = add_line(l, line, &at, e);
    }
    if (ok && ferror(f))
        ok = fail(e, "local networks: %s: %s", path, strerror(errno));
    fclose(f);
    return ok;
}

bool locals_add(struct locals *l, const char *list, struct err *e)
{
    while (isspace((unsigned char)*list))
        list++;
    if (*list == '@')
        return add_file(l, list + 1, e);
    if (*list == '/' || !strncmp(list, "./", 2) || !strncmp(list, "../", 3))
        return add_file(l, list, e);
    const struct place at = {0};
    return add_line(l, list, &at, e);
}

static int find_v4(const struct locals *l, uint32_t ip)
{
    if (ip >> 28 == 0xe || ip == UINT32_MAX) /* multicast, broadcast */
        return -1;
    for (unsigned i = 0; i < l->n; i++)
        if (!((ip ^ l->v4[i].net) & l->v4[i].mask))
            return (int)i;
    return -1;
}

int locals_find(const struct locals *l, const struct addr *a)
{
    if (addr_is_v4(a))
        return find_v4(l, load_be32(a->byte + 12));
    if (addr_is_multicast(a))
        return -1;
    for (unsigned i = 0; i < l->n; i++)
        if (prefix_has(&l->net[i].prefix, a))
            return (int)i;
    return -1;
}
