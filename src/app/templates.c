/* templates.c - what exporters told of their records, kept in the data directory over a restart.
 *
 * One file per interface, for all of its workers: after a restart any of them may hear any exporter. The
 * workers pack, this thread writes, so that no packet waits for a disk.
 */
#include "app/templates.h"

#include "app/setup.h"
#include "base/hash.h"
#include "base/log.h"
#include "engine/question.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static const nsec_t EVERY = MINUTE;
static const nsec_t FORGOTTEN_AFTER = 30 * 24 * HOUR; /* of exporters that are not heard any more */

/* DIR/templates-udp_127.0.0.1_2055: the interface's name without what a file's name must not have. */
static void name_file(char *path, size_t size, const char *dir, const char *interface)
{
    char name[64] = "";
    size_t n = 0;
    for (const char *at = interface; *at && n < sizeof name - 1; at++) {
        bool plain = isalnum((unsigned char)*at) || *at == '.' || *at == '-';
        if (plain || (n && name[n - 1] != '_'))
            name[n++] = plain ? *at : '_';
    }
    snprintf(path, size, "%s/templates-%s", dir, name);
}

static bool is_live_collector(const struct engine *en, unsigned i, struct interface_info *info)
{
    return engine_interface(en, (int)i, info) && info->is_collector && !info->is_file;
}

void templates_recall(const struct settings *s, struct engine *en)
{
    char dir[PATH_MAX], path[PATH_MAX + 80];
    if (!setup_data_dir(s, dir))
        return;
    for (unsigned i = 0; i < engine_interfaces(en); i++) {
        struct interface_info info;
        struct err e = {""};
        if (!is_live_collector(en, i, &info))
            continue;
        name_file(path, sizeof path, dir, info.name);
        if (!engine_recall(en, (int)i, path, &e))
            log_warning("%s", e.text);
    }
}

/* What the interface's exporters told, as it stands now. */
static void gather(struct engine *en, unsigned i, nsec_t now, struct text *all)
{
    const struct question q = {.kind = QUESTION_TEMPLATES, .iface = (int)i};
    struct answer *a = question_ask(en, &q);
    for (uint32_t k = 0; a->complete && k < a->n; k++)
        if (a->kept[k].is_heard || now - a->kept[k].last < FORGOTTEN_AFTER)
            text_add_n(all, a->kept[k].packed.data, a->kept[k].packed.len);
    answer_free(a);
}

static void keep(struct templates *t, const struct settings *s, struct engine *en, unsigned i,
                 const char *interface, nsec_t now)
{
    char dir[PATH_MAX], path[PATH_MAX + 80];
    struct text all = {0};
    struct err e = {""};
    gather(en, i, now, &all);
    uint64_t hash = all.len ? hash_bytes(all.data, all.len) : 0;
    bool written = true;
    if (hash && hash != t->written[i]) {
        written = setup_make_data_dir(s, dir, &e);
        name_file(path, sizeof path, dir, interface);
        written = written && collector_write(&all, path, &e);
        t->written[i] = written ? hash : t->written[i];
    }
    if (!written && !t->is_told[i])
        log_warning("templates of exporters will not survive a restart: %s", e.text);
    t->is_told[i] = !written;
    text_free(&all);
}

void templates_keep_now(struct templates *t, const struct settings *s, struct engine *en,
                        nsec_t now)
{
    for (unsigned i = 0; i < engine_interfaces(en); i++) {
        struct interface_info info;
        if (is_live_collector(en, i, &info))
            keep(t, s, en, i, info.name, now);
    }
    t->due = now + EVERY;
}

void templates_keep(struct templates *t, const struct settings *s, struct engine *en, nsec_t now)
{
    if (!t->due)
        t->due = now + EVERY;
    if (now >= t->due)
        templates_keep_now(t, s, en, now);
}
