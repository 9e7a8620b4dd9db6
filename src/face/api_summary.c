/* api_summary.c - the state of things in one sentence that a novice understands.
 *
 * First what there is (who makes the traffic, or what the file held), then whether anything is
 * wrong: what was lost, what cannot be read, flows with problems. The worst of it sets the level.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/human.h"
#include "face/api.h"

enum level { LEVEL_GOOD, LEVEL_NOTICE, LEVEL_WARNING, LEVEL_ERROR };

/* The largest share that is worth naming, and how many hosts may make it. */
enum { SUMMARY_HOSTS = 10, SUMMARY_SHARE = 80 };

static const char *const level_words[] = {"good", "notice", "warning", "error"};

struct summary {
    struct text text;
    enum level level;
};

static void raise_level(struct summary *s, enum level level)
{
    if (level > s->level)
        s->level = level;
}

static void add_count(struct text *t, uint64_t n, const char *one, const char *many)
{
    human_count(t, n);
    text_char(t, ' ');
    text_add(t, n == 1 ? one : many);
}

static int compare_u64_down(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x < y) - (x > y);
}

/* "3 hosts send 81 % of the traffic": the fewest hosts that send most of it. Each packet is sent
 * by one host, so shares add up. */
static void say_senders(struct summary *s, uint64_t *sent, unsigned n, uint64_t whole,
                        const char *of)
{
    uint64_t sum = 0;
    unsigned k = 0;
    qsort(sent, n, sizeof *sent, compare_u64_down);
    while (k < n && (k == 0 || sum * 100 < whole * SUMMARY_SHARE))
        sum += sent[k++];
    if (!sum || !whole) {
        text_add(&s->text, "Traffic is only beginning");
        return;
    }
    uint64_t percent = sum >= whole ? 100 : sum * 100 / whole;
    add_count(&s->text, k, "host sends ", "hosts send ");
    if (percent >= 99) {
        text_add(&s->text, "nearly all of ");
    } else {
        text_u64(&s->text, percent);
        text_add(&s->text, " % of ");
    }
    text_add(&s->text, of);
}

/* Of a file: who sent it all. */
static void say_hosts(struct summary *s, const struct api *api, int iface, uint64_t whole)
{
    uint64_t sent[SUMMARY_HOSTS];
    struct question q = {.kind = QUESTION_HOSTS,
                         .iface = iface,
                         .limit = SUMMARY_HOSTS,
                         .sort = host_field_find("bytes_sent"),
                         .hosts_local = -1};
    struct answer *a = question_ask(api->engine, &q);
    for (uint32_t i = 0; i < a->n; i++)
        sent[i] = a->hosts[i].traffic.bytes[SIDE_SENT];
    say_senders(s, sent, a->n, whole, "the traffic");
    answer_free(a);
}

/* Of flows that are active: who sends them. whole: their bytes. */
static void say_talkers(struct summary *s, const struct api *api, int iface, const struct filter *f,
                        uint64_t whole)
{
    uint64_t sent[SUMMARY_HOSTS];
    struct question q = {.kind = QUESTION_TOP,
                         .iface = iface,
                         .filter = f,
                         .by_host = true,
                         .limit = SUMMARY_HOSTS,
                         .hosts_local = -1};
    struct answer *a = question_ask(api->engine, &q);
    for (uint32_t i = 0; i < a->n; i++)
        sent[i] = a->tops[i].bytes[SIDE_SENT];
    say_senders(s, sent, a->n, whole, f ? "it" : "the current traffic");
    answer_free(a);
}

static void say_flows(struct summary *s, const struct api *api, int iface, const struct filter *f)
{
    struct question q = {
        .kind = QUESTION_FLOWS, .iface = iface, .filter = f, .limit = 1, .hosts_local = -1};
    struct answer *a = question_ask(api->engine, &q);
    if (!a->total) {
        text_add(&s->text, f ? "No active flow matches" : "Nobody is talking now");
    } else if (f) {
        add_count(&s->text, a->total, "flow matches with ", "flows match with ");
        human_bytes(&s->text, a->sum_bytes);
        text_add(&s->text, "; ");
    }
    if (a->total)
        say_talkers(s, api, iface, f, a->sum_bytes);
    answer_free(a);
}

/* "12 of 340 flows have a problem, most often no answer". */
static void say_wrong(struct summary *s, uint64_t wrong, uint64_t all, const char *most)
{
    text_add(&s->text, "; ");
    human_count(&s->text, wrong);
    text_add(&s->text, " of ");
    human_count(&s->text, all);
    text_add(&s->text, all == 1 ? " flow has a problem: " : " flows have a problem, most often ");
    /* Titles begin with a capital; abbreviations (DNS error) keep theirs. */
    bool abbreviation = most[0] && most[1] >= 'A' && most[1] <= 'Z';
    text_char(&s->text, (char)(abbreviation ? most[0] : tolower((unsigned char)most[0])));
    text_add(&s->text, most + 1);
    raise_level(s, all >= 20 && wrong * 4 > all ? LEVEL_WARNING : LEVEL_NOTICE);
}

/* Of all active flows, as the totals count them. */
static bool say_problems(struct summary *s, const struct totals_row *t)
{
    unsigned most = PROBLEM_NONE;
    for (unsigned p = PROBLEM_NONE + 1; p < PROBLEMS; p++)
        if (t->problem_flows[p] && (!most || t->problem_flows[p] > t->problem_flows[most]))
            most = p;
    if (most)
        say_wrong(s, t->alerted_flows, t->flows_active, problem_title(most));
    return most != PROBLEM_NONE;
}

/* Of those that match. */
static bool say_problems_of(struct summary *s, const struct api *api, int iface,
                            const struct filter *f)
{
    struct question q = {.kind = QUESTION_TOP,
                         .iface = iface,
                         .filter = f,
                         .by = field_find("problem"),
                         .limit = 32,
                         .hosts_local = -1};
    const char *none = kind_word(KIND_problem, PROBLEM_NONE);
    const struct top_row *most = NULL;
    uint64_t all = 0, wrong = 0;
    struct answer *a = question_ask(api->engine, &q);
    for (uint32_t i = 0; i < a->n; i++) {
        const struct top_row *row = &a->tops[i];
        all += row->flows;
        if (!row->key[0] || !strcasecmp(row->key, none) || !strcasecmp(row->key, "normal"))
            continue;
        wrong += row->flows;
        if (!most || row->flows > most->flows)
            most = row;
    }
    bool said = most != NULL;
    if (said)
        say_wrong(s, wrong, all, most->key);
    answer_free(a);
    return said;
}

/* What Weir itself could not see. */
static bool say_losses(struct summary *s, const struct totals_row *t)
{
    uint64_t dropped = t->kernel_dropped + t->interface_dropped;
    if (!dropped)
        return false;
    text_add(&s->text, "; ");
    add_count(&s->text, dropped, "packet was", "packets were");
    text_add(&s->text, " lost before Weir saw them (");
    human_share(&s->text, dropped, dropped + t->received);
    text_char(&s->text, ')');
    raise_level(s, LEVEL_WARNING);
    return true;
}

static bool say_interfaces(struct summary *s, const struct api *api, int iface)
{
    struct interface_info info;
    bool said = false;
    for (unsigned i = 0; i < engine_interfaces(api->engine); i++) {
        if ((iface >= 0 && (unsigned)iface != i) || !engine_interface(api->engine, (int)i, &info))
            continue;
        bool up = info.is_file || !info.state[0] || !strncmp(info.state, "up", 2);
        if (up && !info.damage[0])
            continue;
        text_add(&s->text, "; ");
        text_add(&s->text, info.name);
        text_add(&s->text, up ? ": " : " is ");
        text_add(&s->text, up ? info.damage : info.state);
        raise_level(s, up ? LEVEL_WARNING : LEVEL_ERROR);
        said = true;
    }
    return said;
}

/* A file has an end that its totals are about; live, only what goes on now is worth a sentence. */
static bool all_are_files(const struct api *api, int iface)
{
    struct interface_info info;
    for (unsigned i = 0; i < engine_interfaces(api->engine); i++) {
        bool asked = iface < 0 || (unsigned)iface == i;
        if (asked && engine_interface(api->engine, (int)i, &info) && !info.is_file)
            return false;
    }
    return true;
}

static void say_all(struct summary *s, const struct api *api, int iface,
                    const struct filter *filter, const struct totals_row *t)
{
    if (!t->wire_packets)
        text_add(&s->text, "No packet has been seen yet");
    else if (!filter && all_are_files(api, iface))
        say_hosts(s, api, iface, t->ip_bytes);
    else
        say_flows(s, api, iface, filter);
    bool wrong = say_interfaces(s, api, iface);
    wrong |= say_losses(s, t);
    wrong |= filter ? say_problems_of(s, api, iface, filter) : say_problems(s, t);
    if (!wrong && t->wire_packets)
        text_add(&s->text, "; nothing is wrong");
    text_char(&s->text, '.');
}

struct reply *api_summary(const struct api *api, const struct call *c)
{
    struct filter *filter;
    struct summary s = {.level = LEVEL_GOOD};
    struct totals_row none = {0};
    struct reply *problem = call_check_iface(api, c);
    if (problem || (problem = call_filter(c, &filter)))
        return problem;
    struct answer *a = api_ask_totals(api, call_iface(c));
    say_all(&s, api, call_iface(c), filter, a->totals ? a->totals : &none);
    struct reply *r = reply_json();
    struct json j = json_into(&r->body);
    api_one_open(&j);
    json_open(&j);
    json_pair_string(&j, "sentence", s.text.data ? s.text.data : "");
    json_pair_string(&j, "level", level_words[s.level]);
    json_close(&j);
    r = api_one_finish(r, &j, a);
    text_free(&s.text);
    answer_free(a);
    filter_free(filter);
    return r;
}
