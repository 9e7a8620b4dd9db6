/* read.c - `weir read FILE...`: a report about captures, or their flows, without any server. */
#include "app/output.h"
#include "app/read_records.h"
#include "app/reading.h"
#include "app/report.h"
#include "app/roles.h"
#include "app/saved.h"
#include "app/setup.h"
#include "base/alloc.h"
#include "codec/export_packet.h"

#include <langinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { REPORT_TOP = 10, YEAR_S = 365 * 24 * 3600 };

/* What all files of a run share. */
struct read_run {
    const struct settings *settings;
    struct locals locals;
    struct filter *filter;
    struct reading_config config;
    struct output output;
    struct report_style style;
    struct saved_writer ledgers;
    unsigned reports; /* printed */
    int status;
};

static bool find_order(struct order *order, const char *word, struct err *e)
{
    *order = (struct order){0};
    if (!*word)
        return true;
    order->largest_first = *word == '-';
    const char *name = word + order->largest_first;
    order->by = field_find(name);
    if (order->by)
        return true;
    const char *near = field_nearest(name);
    return fail(e, "--sort: there is no field %.60s%s%s", name, near ? "; did you mean " : "",
                near ? near : "");
}

static bool find_filter(struct read_run *run, struct err *e)
{
    const char *expression = run->settings->filter;
    struct filter_error wrong = {0};
    run->filter = filter_compile(expression, &wrong);
    if (run->filter)
        return true;
    return fail(e, "--filter '%.200s' at letter %zu: %s", expression, wrong.at + 1, wrong.text);
}

static struct report_style choose_style(const struct read_run *run)
{
    const struct settings *s = run->settings;
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    bool is_dumb = !term || !strcmp(term, "dumb") || (no_color && *no_color);
    return (struct report_style){
        .has_colours = run->output.is_terminal && !is_dumb,
        .is_utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8"),
        .is_utc = !strcmp(s->tz, "utc"),
        .top = s->top > 0 ? (unsigned)s->top : REPORT_TOP,
        .filter = s->filter,
    };
}

static bool prepare(struct read_run *run, struct err *e)
{
    const struct settings *s = run->settings;
    struct reading_config *c = &run->config;
    /* The filter speaks of protocols and risks by name, so their names come first. */
    if (!setup_l7(s, e) || !setup_locals(s, &run->locals, e) || !find_filter(run, e) ||
        !find_order(&c->order, s->sort, e) || !output_open(&run->output, s, e))
        return false;
    setup_engine(s, &run->locals, 1, &c->engine);
    if (!setup_export_port(s, &c->engine.export_port, e))
        return false;
    if (s->records && c->engine.export_port == EXPORT_PORT_NONE)
        c->engine.export_port = EXPORT_PORT_ANY;
    bool is_report = run->output.form == OUTPUT_REPORT;
    /* A report speaks of flows, so each gives one record, at its end. */
    if (is_report && !setup_is_given(s, "flow-active"))
        c->engine.flow_active = YEAR_S * SECOND;
    c->settings = s;
    c->filter = run->filter;
    c->keeps_records = run->output.form != OUTPUT_NONE;
    c->watches_time = is_report;
    c->shows_progress = s->progress;
    run->style = choose_style(run);
    return true;
}

static void raise_status(struct read_run *run, int status)
{
    run->status = status > run->status ? status : run->status;
}

/* What is wrong with the input goes to standard error too: output may be going to a program. */
static void judge(struct read_run *run, const struct reading *r)
{
    const char *name = strcmp(r->name, "-") != 0 ? r->name : "standard input";
    if (r->damage[0]) {
        complain("%s: %s", name, r->damage);
        raise_status(run, STATUS_FOUND);
    }
    if (r->was_interrupted) {
        complain("%s: interrupted, not read to its end", name);
        raise_status(run, STATUS_FOUND);
    }
    if (r->records.lost) {
        complain("%s: no memory for %llu of its flow records", name,
                 (unsigned long long)r->records.lost);
        raise_status(run, STATUS_FOUND);
    }
}

static void read_one(struct read_run *run, struct reading *r, const char *name)
{
    struct err e = {""};
    if (!reading_run(r, &run->config, name, &e)) {
        raise_status(run, complain("%s", e.text));
        return;
    }
    judge(run, r);
    if (run->output.form == OUTPUT_REPORT) {
        if (run->reports++)
            text_char(&run->output.text, '\n');
        if (!report_print(&run->output.text, r, &run->style))
            raise_status(run, complain("%s: no memory for the report", name));
        output_flush(&run->output);
    } else {
        output_records(&run->output, &r->records, (size_t)run->settings->top);
    }
    saved_add(&run->ledgers, name, &r->ledger, &r->totals);
    reading_free(r);
}

/* The data records of exporters in all files, as they were sent. */
static int run_records(struct read_run *run)
{
    const struct string_list *files = &run->settings->words;
    const struct records_config config = {.settings = run->settings,
                                          .export_port = run->config.engine.export_port};
    struct err e = {""};
    for (unsigned i = 0; i < files->n && !run->output.is_broken; i++) {
        char damage[256] = "";
        if (!records_read(&config, files->item[i], &run->output, damage, &e))
            raise_status(run, complain("%s", e.text));
        if (damage[0]) {
            complain("%s: %s", files->item[i], damage);
            raise_status(run, STATUS_FOUND);
        }
    }
    if (!output_close(&run->output, &e)) {
        complain("%s", e.text);
        raise_status(run, STATUS_FOUND);
    }
    return run->status;
}

static int run_all(struct read_run *run)
{
    if (run->settings->records)
        return run_records(run);
    struct reading *r = mem_alloc(ACCOUNT_records, sizeof *r);
    if (!r)
        return complain("no memory");
    const struct string_list *files = &run->settings->words;
    for (unsigned i = 0; i < files->n && !run->output.is_broken; i++)
        read_one(run, r, files->item[i]);
    mem_free(ACCOUNT_records, r, sizeof *r);

    struct err e = {""};
    if (!output_close(&run->output, &e)) {
        complain("%s", e.text);
        raise_status(run, STATUS_FOUND);
    }
    /* `weir ledger` can tell of it later; whoever has no such directory does not miss it. */
    saved_finish(&run->ledgers, run->settings, clock_wall(), NULL);
    return run->status;
}

int role_read(const struct settings *s)
{
    if (!s->words.n)
        return complain("read what? name a capture file, or - for standard input: "
                        "weir read trace.pcap");
    signal(SIGPIPE, SIG_IGN);
    static struct read_run run;
    run = (struct read_run){.settings = s};
    struct err e = {""};
    int status = prepare(&run, &e) ? run_all(&run) : complain("%s", e.text);
    filter_free(run.filter);
    return status;
}
