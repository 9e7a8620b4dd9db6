/* ledger_role.c - `weir ledger`: where every packet went.
 *
 * Of files, which are read for it; else of the monitor that runs on this machine, asked over its
 * API; else of the last run, as saved in the data directory.
 */
#include "app/ask_http.h"
#include "app/reading.h"
#include "app/roles.h"
#include "app/saved.h"
#include "app/setup.h"
#include "base/alloc.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LEDGERS_MAX = 64 };

static void print_ledger(const struct settings *s, const char *name, const struct ledger *l,
                         const struct totals_row *t)
{
    struct text out = {0};
    if (s->json) {
        struct json j = json_into(&out);
        json_open(&j);
        json_pair_string(&j, "name", name);
        json_key(&j, "ledger");
        ledger_json(l, t, &j);
        json_close(&j);
        text_char(&out, '\n');
    } else {
        text_printf(&out, "%s\n", name);
        ledger_print(l, t, &out);
    }
    fwrite(out.data, 1, out.len, stdout);
    text_free(&out);
}

/* One file; STATUS_FOUND when its equations do not close (with --check). A damaged file is none of
 * the ledger's business as long as what was read adds up, but it is told. */
static int of_file(const struct reading_config *config, struct reading *r, const char *name)
{
    struct err e = {""};
    if (!reading_run(r, config, name, &e))
        return complain("%s", e.text);
    if (r->damage[0])
        complain("%s: %s", name, r->damage);
    print_ledger(config->settings, name, &r->ledger, &r->totals);
    bool closes = r->ledger.closes;
    reading_free(r);
    return config->settings->check && !closes ? STATUS_FOUND : STATUS_DONE;
}

static int of_files(const struct settings *s)
{
    static struct locals locals;
    struct err e = {""};
    if (!setup_locals(s, &locals, &e) || !setup_l7(s, &e))
        return complain("%s", e.text);
    struct reading_config config = {.settings = s, .shows_progress = s->progress};
    setup_engine(s, &locals, 1, &config.engine);
    if (!setup_export_port(s, &config.engine.export_port, &e))
        return complain("%s", e.text);
    struct reading *r = mem_alloc(ACCOUNT_records, sizeof *r);
    if (!r)
        return complain("no memory");
    int status = STATUS_DONE;
    for (unsigned i = 0; i < s->words.n; i++) {
        if (i && !s->json)
            putchar('\n');
        int one = of_file(&config, r, s->words.item[i]);
        status = one > status ? one : status;
    }
    mem_free(ACCOUNT_records, r, sizeof *r);
    return status;
}

/* The ledgers that stand in text; -1 when there is none. */
static int of_text(const struct settings *s, const struct text *text)
{
    struct saved_ledger *l = mem_alloc(ACCOUNT_other, LEDGERS_MAX * sizeof *l);
    if (!l)
        return complain("no memory");
    unsigned n = saved_parse(text->data, text->len, l, LEDGERS_MAX);
    int status = n ? STATUS_DONE : -1;
    for (unsigned i = 0; i < n; i++) {
        if (i && !s->json)
            putchar('\n');
        print_ledger(s, l[i].name[0] ? l[i].name : "all interfaces", &l[i].ledger, &l[i].totals);
        if (s->check && !l[i].ledger.closes)
            status = STATUS_FOUND;
    }
    mem_free(ACCOUNT_other, l, LEDGERS_MAX * sizeof *l);
    return status;
}

static int of_last_run(const struct settings *s)
{
    struct text text = {0};
    struct err e = {""};
    char path[PATH_MAX];
    if (!saved_load(s, &text, path, &e)) {
        text_free(&text);
        return complain("no monitor answers at %s, and no run has left its ledger: %s. "
                        "Name a capture file: weir ledger trace.pcap",
                        s->http, e.text);
    }
    fprintf(stderr, "weir: no monitor answers at %s; this is the last run's, from %s\n", s->http,
            path);
    int status = of_text(s, &text);
    text_free(&text);
    return status == -1 ? complain("%s holds no ledger", path) : status;
}

int role_ledger(const struct settings *s)
{
    if (s->words.n)
        return of_files(s);
    struct text answer = {0};
    int status = -1;
    if (ask_http(s->http, "/api/v1/ledger", &answer))
        status = of_text(s, &answer);
    text_free(&answer);
    return status == -1 ? of_last_run(s) : status;
}
