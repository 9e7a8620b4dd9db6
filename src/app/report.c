/* report.c - a capture told in words: what a person wants to know first, first.
 *
 * Everything is written as UTF-8; where the terminal is not, the few letters beyond ASCII are
 * replaced at the very end.
 */
#include "app/report.h"

#include "codec/grid.h"
#include "codec/human.h"
#include "model/protos.h"
#include "net/decode.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { REPORT_COLUMNS = 80, BARS = 60, LABEL_COLUMNS = 11 };

/* One report on its way out. */
struct page {
    struct text *out;
    const struct reading *reading;
    const struct report_style *style;
    const struct digest *digest;
    const struct report_problems *problems;
    bool is_filtered;
};

static void colour(const struct page *p, const char *code)
{
    if (p->style->has_colours)
        text_printf(p->out, "\033[%sm", code);
}

static void coloured(const struct page *p, const char *code, const char *string)
{
    colour(p, code);
    text_add(p->out, string);
    colour(p, "0");
}

/* Words broken at the right margin, further lines indented. */
static void wrapped(struct text *out, const char *string, size_t column, unsigned indent)
{
    while (*string) {
        size_t len = strcspn(string, " ");
        size_t width = human_width(string, len);
        if (column > indent && column + 1 + width > REPORT_COLUMNS) {
            text_printf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            text_char(out, ' ');
            column++;
        }
        text_add_n(out, string, len);
        column += width;
        string += len;
        string += strspn(string, " ");
    }
    text_char(out, '\n');
}

static void count_with(struct text *t, uint64_t n, const char *one, const char *many)
{
    human_count(t, n);
    text_printf(t, " %s", n == 1 ? one : many);
}

static nsec_t span_of(const struct page *p)
{
    /* Stamps of a damaged file can be further apart than a duration can say. */
    nsec_t span;
    const struct tap_seen *seen = &p->reading->seen;
    return __builtin_sub_overflow(seen->latest, seen->earliest, &span) ? INT64_MAX : span;
}

enum { APP_NAME = 120 };

/* "TLS.Google", or "UDP, unknown" where only the transport has a name. buf has APP_NAME bytes. */
static void app_name(const struct app_key *key, char *buf)
{
    const char *l4 = key->l4 <= UINT8_MAX ? proto_name((uint8_t)key->l4) : NULL;
    if (key->master || key->app)
        protos_full_name(key->master, key->app, buf);
    else if (l4)
        snprintf(buf, APP_NAME, "%s, unknown", l4);
    else
        snprintf(buf, APP_NAME, "IP protocol %u", key->l4);
}

/* ", mostly HTTP (71.1 %)" */
static void add_largest_app(struct text *s, const struct digest *d)
{
    const struct sum *row = &d->apps.rows[0];
    uint64_t most = row->bytes[0] + row->bytes[1];
    struct app_key key;
    char name[APP_NAME];
    memcpy(&key, row->key, sizeof key);
    if (!key.master && !key.app)
        return;
    app_name(&key, name);
    if (most == d->bytes) {
        text_printf(s, ", all of it %s", name);
        return;
    }
    text_printf(s, ", %s %s (", most * 2 > d->bytes ? "mostly" : "most of it", name);
    human_share(s, most, d->bytes);
    text_char(s, ')');
}

/* "60 packets, 24.7 kB in 3.4 s: 1 flow between 2 hosts, mostly SMTP." */
static void print_headline(const struct page *p)
{
    const struct totals_row *t = &p->reading->totals;
    const struct digest *d = p->digest;
    struct text s = {0};
    colour(p, "1");
    text_add(p->out, !strcmp(p->reading->name, "-") ? "standard input" : p->reading->name);
    colour(p, "0");
    text_char(p->out, '\n');
    if (!t->received) {
        text_add(p->out, "There is not one packet in it.\n");
        return;
    }
    bool is_packets = p->reading->seen.links > 0;
    count_with(&s, t->received, is_packets ? "packet" : "message",
               is_packets ? "packets" : "messages");
    text_add(&s, ", ");
    human_bytes(&s, t->received_bytes);
    if (span_of(p)) {
        text_add(&s, " in ");
        human_duration(&s, span_of(p));
    }
    if (p->is_filtered) {
        text_add(&s, "; of them match ");
        count_with(&s, d->packets, "packet", "packets");
        text_add(&s, ", ");
        human_bytes(&s, d->bytes);
    }
    if (t->record_packets) {
        text_add(&s, ", telling of ");
        count_with(&s, t->record_packets, "packet", "packets");
        text_add(&s, ", ");
        human_bytes(&s, t->record_bytes);
    }
    if (d->flows) {
        text_add(&s, ": ");
        count_with(&s, d->flows, "flow", "flows");
        text_add(&s, " between ");
        count_with(&s, d->hosts.n, "host", "hosts");
    }
    if (d->apps.n && d->bytes)
        add_largest_app(&s, d);
    text_char(&s, '.');
    wrapped(p->out, s.data, 0, 0);
    text_free(&s);
}

static void print_verdict(const struct page *p)
{
    unsigned bad = 0;
    for (unsigned i = 0; i < p->problems->n; i++)
        bad += p->problems->item[i].is_bad;
    if (!p->problems->n) {
        coloured(p, "32", "Nothing looks wrong.");
        text_char(p->out, '\n');
        return;
    }
    colour(p, bad ? "31" : "33");
    text_printf(p->out, "%u thing%s to look at, see Problems below.", p->problems->n,
                p->problems->n == 1 ? "" : "s");
    colour(p, "0");
    text_char(p->out, '\n');
}

static void label(const struct page *p, const char *word)
{
    colour(p, "2");
    text_printf(p->out, "%-*s", LABEL_COLUMNS, word);
    colour(p, "0");
}

/* "2017-01-13 14:50:30.123"; the date alone counts 10 letters. */
static size_t moment(char *buf, size_t size, nsec_t time, bool is_utc, bool has_ms)
{
    time_t seconds = (time_t)(time / SECOND);
    struct tm tm = {0};
    if (is_utc)
        gmtime_r(&seconds, &tm);
    else
        localtime_r(&seconds, &tm);
    size_t len = strftime(buf, size, "%Y-%m-%d %H:%M:%S", &tm);
    if (has_ms && time >= 0)
        len += (size_t)snprintf(buf + len, size - len, ".%03d", (int)(time % SECOND / MILLISECOND));
    if (is_utc)
        len += (size_t)snprintf(buf + len, size - len, " UTC");
    else
        len += strftime(buf + len, size - len, " %z", &tm);
    return len;
}

/* Milliseconds are told where seconds would not tell the ends apart. */
static void print_when(const struct page *p)
{
    const struct tap_seen *seen = &p->reading->seen;
    bool has_ms = span_of(p) < MINUTE;
    char first[64], last[64];
    moment(first, sizeof first, seen->earliest, p->style->is_utc, has_ms);
    moment(last, sizeof last, seen->latest, p->style->is_utc, has_ms);
    char *zone = strrchr(first, ' ');
    bool same_day = strncmp(first, last, 10) == 0;
    label(p, "Time");
    text_printf(p->out, "%.*s to %s\n", (int)(zone - first), first, same_day ? last + 11 : last);
}

/* The average is told only where there is time to spread over. */
static void print_rate(const struct page *p)
{
    const struct totals_row *t = &p->reading->totals;
    nsec_t span = span_of(p);
    if (span < MILLISECOND)
        return;
    struct text s = {0};
    double seconds = (double)span / 1e9;
    text_add(&s, "average ");
    human_bps(&s, (uint64_t)((double)t->received_bytes * 8 / seconds));
    text_add(&s, " and ");
    human_pps(&s, (uint64_t)((double)t->received / seconds + 0.5));
    if (span >= 10 * SECOND) {
        text_add(&s, ", busiest second ");
        human_bps(&s, p->reading->seen.peak_bytes * 8);
    }
    label(p, "Rate");
    wrapped(p->out, s.data, LABEL_COLUMNS, LABEL_COLUMNS);
    text_free(&s);
}

/* One bar per column, eight heights; the tallest is the busiest. */
static void print_bars(const struct page *p)
{
    static const char *const bar[9] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const struct tap_seen *seen = &p->reading->seen;
    unsigned per_bar = (seen->bins + BARS - 1) / BARS;
    if (seen->bins < 8 || p->reading->totals.received < 10)
        return;
    unsigned bars = (seen->bins + per_bar - 1) / per_bar;
    uint64_t height[BARS] = {0}, tallest = 0;
    for (unsigned i = 0; i < seen->bins; i++)
        height[i / per_bar] += seen->bytes[i];
    for (unsigned i = 0; i < bars; i++)
        tallest = height[i] > tallest ? height[i] : tallest;

    label(p, "Over time");
    colour(p, "36");
    for (unsigned i = 0; i < bars; i++) {
        double share = (double)height[i] / (double)tallest;
        unsigned eighths = (unsigned)(share * 8 + 0.5);
        text_add(p->out, bar[height[i] && !eighths ? 1 : eighths]);
    }
    colour(p, "0");
    struct text s = {0};
    text_add(&s, "one bar is ");
    human_duration(&s, (nsec_t)per_bar * seen->width);
    text_add(&s, ", the tallest ");
    human_bps(&s, (uint64_t)((double)tallest * 8e9 / ((double)per_bar * (double)seen->width)));
    text_printf(p->out, "\n%*s%s\n", LABEL_COLUMNS, "", s.data ? s.data : "");
    text_free(&s);
}

static void print_links(const struct page *p)
{
    const struct tap_seen *seen = &p->reading->seen;
    const struct totals_row *t = &p->reading->totals;
    struct text s = {0};
    for (unsigned i = 0; i < seen->links; i++) {
        text_add(&s, i ? ", " : "");
        if (link_is_known(seen->link[i].link))
            text_add(&s, link_name(seen->link[i].link));
        else
            text_printf(&s, "link type %u", seen->link[i].link);
    }
    uint64_t others = t->wire_packets - t->ip_packets;
    if (t->ip_packets && others && t->wire_packets > t->ip_packets) {
        text_add(&s, "; ");
        count_with(&s, others, "packet", "packets");
        text_add(&s, " without IP (");
        bool has_one = false;
        for (unsigned i = 0; i < REASONS; i++) {
            if (reason_table[i].group != GROUP_OTHER || !t->packets[i])
                continue;
            text_printf(&s, "%s%s", has_one ? ", " : "", reason_table[i].title);
            has_one = true;
        }
        text_add(&s, has_one ? ")" : "malformed)");
    }
    label(p, "Carried by");
    wrapped(p->out, s.data ? s.data : "", LABEL_COLUMNS, LABEL_COLUMNS);
    text_free(&s);
}

static void print_problems(const struct page *p)
{
    const struct report_problems *list = p->problems;
    if (!list->n)
        return;
    text_char(p->out, '\n');
    coloured(p, "1", "Problems");
    text_char(p->out, '\n');
    for (unsigned i = 0; i < list->n; i++) {
        coloured(p, list->item[i].is_bad ? "31" : "33", list->item[i].is_bad ? "  ! " : "  - ");
        wrapped(p->out, list->item[i].text, 4, 4);
        if (!list->item[i].filter[0])
            continue;
        text_add(p->out, "    ");
        colour(p, "2");
        text_printf(p->out, "--filter '%s'", list->item[i].filter);
        colour(p, "0");
        text_char(p->out, '\n');
    }
}

static void cell_bytes(struct grid *g, uint64_t bytes)
{
    struct text s = {0};
    human_bytes(&s, bytes);
    grid_cell_text(g, &s);
    text_free(&s);
}

static void cell_count(struct grid *g, uint64_t n)
{
    struct text s = {0};
    human_count(&s, n);
    grid_cell_text(g, &s);
    text_free(&s);
}

static void cell_share(struct grid *g, uint64_t part, uint64_t whole)
{
    struct text s = {0};
    human_share(&s, part, whole);
    grid_cell_text(g, &s);
    text_free(&s);
}

/* Title, table, and how many rows there are besides. */
static void print_grid(const struct page *p, const char *title, struct grid *g, size_t shown,
                       size_t all)
{
    text_char(p->out, '\n');
    colour(p, "1");
    text_add(p->out, title);
    colour(p, "0");
    if (shown < all) {
        struct text s = {0};
        text_add(&s, ": the largest ");
        human_exact(&s, shown);
        text_add(&s, " of ");
        human_exact(&s, all);
        text_add(p->out, s.data ? s.data : "");
        text_free(&s);
    }
    text_char(p->out, '\n');
    grid_print(g, p->out, 2, REPORT_COLUMNS);
    grid_free(g);
}

static size_t rows_shown(const struct page *p, const struct sums *t)
{
    return t->n < p->style->top ? t->n : p->style->top;
}

static void cell_host(struct grid *g, const struct addr *addr, uint16_t vlan)
{
    char name[ADDR_TEXT + 8];
    size_t len = addr_print(addr, name);
    if (vlan)
        snprintf(name + len, sizeof name - len, "@%u", vlan);
    grid_cell(g, name);
}

static void print_hosts(const struct page *p)
{
    const struct sums *t = &p->digest->hosts;
    size_t n = rows_shown(p, t);
    if (!n)
        return;
    struct grid g = {0};
    grid_column(&g, "address", GRID_LEFT, 0);
    grid_column(&g, "sent", GRID_RIGHT, 0);
    grid_column(&g, "received", GRID_RIGHT, 0);
    grid_column(&g, "flows", GRID_RIGHT, 0);
    grid_column(&g, "known as", GRID_LEFT, 40);
    for (size_t i = 0; i < n; i++) {
        struct host_key key;
        memcpy(&key, t->rows[i].key, sizeof key);
        cell_host(&g, &key.addr, key.vlan);
        cell_bytes(&g, t->rows[i].bytes[0]);
        cell_bytes(&g, t->rows[i].bytes[1]);
        cell_count(&g, t->rows[i].flows);
        grid_cell(&g, t->rows[i].label);
    }
    print_grid(p, "Hosts", &g, n, t->n);
}

static void print_apps(const struct page *p)
{
    const struct sums *t = &p->digest->apps;
    size_t n = rows_shown(p, t);
    if (!n)
        return;
    struct grid g = {0};
    grid_column(&g, "protocol", GRID_LEFT, 30);
    grid_column(&g, "bytes", GRID_RIGHT, 0);
    grid_column(&g, "share", GRID_RIGHT, 0);
    grid_column(&g, "packets", GRID_RIGHT, 0);
    grid_column(&g, "flows", GRID_RIGHT, 0);
    for (size_t i = 0; i < n; i++) {
        const struct sum *row = &t->rows[i];
        struct app_key key;
        char name[APP_NAME];
        memcpy(&key, row->key, sizeof key);
        app_name(&key, name);
        grid_cell(&g, name);
        cell_bytes(&g, row->bytes[0] + row->bytes[1]);
        cell_share(&g, row->bytes[0] + row->bytes[1], p->digest->bytes);
        cell_count(&g, row->packets[0] + row->packets[1]);
        cell_count(&g, row->flows);
    }
    print_grid(p, "Protocols", &g, n, t->n);
}

static void print_talks(const struct page *p)
{
    const struct sums *t = &p->digest->talks;
    size_t n = rows_shown(p, t);
    if (!n)
        return;
    struct grid g = {0};
    grid_column(&g, "client", GRID_LEFT, 0);
    grid_column(&g, "server", GRID_LEFT, 0);
    grid_column(&g, "protocol", GRID_LEFT, 16);
    grid_column(&g, "bytes", GRID_RIGHT, 0);
    grid_column(&g, "flows", GRID_RIGHT, 0);
    grid_column(&g, "about", GRID_LEFT, 40);
    for (size_t i = 0; i < n; i++) {
        const struct sum *row = &t->rows[i];
        struct talk_key key;
        char name[APP_NAME];
        memcpy(&key, row->key, sizeof key);
        app_name(&key.app, name);
        cell_host(&g, &key.client, key.vlan);
        cell_host(&g, &key.server, key.vlan);
        grid_cell(&g, name);
        cell_bytes(&g, row->bytes[0] + row->bytes[1]);
        cell_count(&g, row->flows);
        grid_cell(&g, row->label);
    }
    print_grid(p, "Conversations", &g, n, t->n);
}

/* ASCII for the letters that this file and codec/human write beyond it. */
static void make_ascii(struct text *out, size_t from)
{
    static const struct {
        const char *utf8, *ascii;
    } swap[] = {
        {"▁", "_"}, {"▂", "."}, {"▃", ":"}, {"▄", "-"},      {"▅", "="},
        {"▆", "+"}, {"▇", "*"}, {"█", "#"}, {"\u2009", " "}, {"\u202f", " "},
        {"…", "~"}, {"µ", "u"}, {"→", ">"},
    };
    size_t to = from;
    for (size_t at = from; at < out->len;) {
        size_t skip = 1;
        const char *with = NULL;
        for (size_t i = 0; i < sizeof swap / sizeof *swap && !with; i++) {
            size_t len = strlen(swap[i].utf8);
            if (out->len - at >= len && !memcmp(out->data + at, swap[i].utf8, len)) {
                with = swap[i].ascii;
                skip = len;
            }
        }
        out->data[to++] = with ? *with : out->data[at];
        at += skip;
    }
    out->len = to;
    if (out->data)
        out->data[to] = '\0';
}

static void print_page(const struct page *p)
{
    print_headline(p);
    print_verdict(p);
    if (p->reading->totals.received) {
        text_char(p->out, '\n');
        print_when(p);
    }
    if (p->reading->seen.links) {
        print_rate(p);
        print_bars(p);
        print_links(p);
    }
    if (p->is_filtered) {
        label(p, "Filter");
        wrapped(p->out, p->style->filter, LABEL_COLUMNS, LABEL_COLUMNS);
    }
    print_problems(p);
    print_hosts(p);
    print_apps(p);
    print_talks(p);
}

bool report_print(struct text *out, const struct reading *r, const struct report_style *style)
{
    struct digest *digest = mem_alloc(ACCOUNT_records, sizeof *digest);
    struct report_problems *problems = mem_alloc(ACCOUNT_records, sizeof *problems);
    bool ok = digest && problems;
    if (ok) {
        size_t from = out->len;
        digest_fill(digest, &r->records);
        report_problems_find(problems, r, digest);
        struct page page = {.out = out,
                            .reading = r,
                            .style = style,
                            .digest = digest,
                            .problems = problems,
                            .is_filtered = style->filter[0] != '\0'};
        print_page(&page);
        digest_free(digest);
        if (!style->is_utf8)
            make_ascii(out, from);
    }
    mem_free(ACCOUNT_records, digest, sizeof *digest);
    mem_free(ACCOUNT_records, problems, sizeof *problems);
    return ok && !out->failed;
}
