/* silence.c - which exporters have fallen silent, though they were regular. */
#include "engine/silence.h"

#include <stdio.h>

#include "base/alloc.h"
#include "engine/worker.h"

enum { REGULAR_AFTER = 8, PAUSES = 3, DECAY = 64 };

static const nsec_t SILENT_AFTER = 60 * SECOND;

static bool is_of(const struct listened *l, const struct exporter_row *row)
{
    return l->domain == row->domain && l->port == row->port && l->telemetry == row->telemetry &&
           addr_equal(&l->addr, &row->addr);
}

static bool has_room(struct silence *s)
{
    if (s->n < s->room)
        return true;
    uint32_t room = s->room ? 2 * s->room : 16;
    struct listened *more =
        mem_resize(ACCOUNT_templates, s->list, s->room * sizeof *more, room * sizeof *more);
    if (!more)
        return false;
    s->list = more;
    s->room = room;
    return true;
}

/* The place of exporter number i; NULL without memory. Exporters seldom change theirs: then they are looked
 * for further on, and who had the place waits there. Those of a flood of forged ones are not worth it. */
static struct listened *place_of(struct silence *s, uint32_t i, const struct exporter_row *row)
{
    uint32_t at = i;
    while (at < s->n && !is_of(&s->list[at], row))
        at = row->datagrams > REGULAR_AFTER ? at + 1 : s->n;
    if (at == s->n) {
        if (!has_room(s))
            return NULL;
        s->list[s->n++] = (struct listened){.addr = row->addr,
                                            .domain = row->domain,
                                            .port = row->port,
                                            .telemetry = row->telemetry};
    }
    if (at != i) {
        struct listened other = s->list[i];
        s->list[i] = s->list[at];
        s->list[at] = other;
    }
    return &s->list[i];
}

static nsec_t patience(const struct listened *l)
{
    return PAUSES * l->usual > SILENT_AFTER ? PAUSES * l->usual : SILENT_AFTER;
}

static bool is_regular(const struct listened *l)
{
    return l->gaps >= REGULAR_AFTER;
}

static void say_silent(struct worker *w, const struct exporter *x, const struct listened *l,
                       nsec_t silence)
{
    char sentence[120];
    snprintf(sentence, sizeof sentence, "is silent for %lld s; its longest pause was %lld s",
             (long long)(silence / SECOND), (long long)((l->usual + SECOND - 1) / SECOND));
    collect_say(w, x, EVENT_EXPORTER, sentence);
}

static void say_back(struct worker *w, const struct exporter *x, nsec_t silence)
{
    char sentence[120];
    snprintf(sentence, sizeof sentence, "is back after %lld s of silence",
             (long long)(silence / SECOND));
    collect_say(w, x, EVENT_EXPORTER, sentence);
}

/* It was heard in the second that is over. */
static void hear(struct worker *w, const struct exporter *x, struct listened *l,
                 const struct exporter_row *row)
{
    nsec_t gap = l->last ? row->last - l->last : 0;
    bool was_silent = l->is_silent || (is_regular(l) && gap > patience(l));
    if (was_silent) {
        say_back(w, x, gap);
    } else if (gap > 0) {
        nsec_t faded = l->usual - l->usual / DECAY;
        l->usual = gap > faded ? gap : faded;
        l->gaps++;
    }
    l->is_silent = false;
    l->datagrams = row->datagrams;
    l->last = row->last;
}

void silence_look(struct worker *w, nsec_t now)
{
    struct silence *s = &w->collect->silence;
    struct exporter_row row;
    const struct exporter *x;
    uint32_t n = 0;
    for (; (x = collector_exporter_at(w->collect->collector, n)); n++) {
        exporter_to_row(x, &row);
        struct listened *l = place_of(s, n, &row);
        if (!l)
            return;
        if (row.datagrams != l->datagrams) {
            hear(w, x, l, &row);
        } else if (is_regular(l) && !l->is_silent && now - l->last > patience(l)) {
            l->is_silent = true;
            say_silent(w, x, l, now - l->last);
        }
    }
    s->n = n; /* the others have been forgotten */
}

const struct listened *silence_of(const struct silence *s, uint32_t i,
                                  const struct exporter_row *row)
{
    return i < s->n && is_of(&s->list[i], row) ? &s->list[i] : NULL;
}

void silence_fini(struct silence *s)
{
    mem_free(ACCOUNT_templates, s->list, s->room * sizeof *s->list);
    *s = (struct silence){0};
}
