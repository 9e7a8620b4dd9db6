/* silence.c - which exporters have fallen silent, though they were regular. */
#include "engine/silence.h"

#include <stdio.h>

#include "base/alloc.h"
#include "engine/worker.h"

enum { REGULAR_AFTER = 8, PAUSES = 3, DECAY = 64 };

static const nsec_t SILENT_AFTER = 60 * SECOND;

/* The place of exporter number i, begun again when another one has it now; NULL without memory. */
static struct listened *place_of(struct silence *s, uint32_t i, const struct exporter *x)
{
    if (i >= s->room) {
        uint32_t room = s->room ? 2 * s->room : 16;
        struct listened *more =
            mem_resize(ACCOUNT_templates, s->list, s->room * sizeof *more, room * sizeof *more);
        if (!more)
            return NULL;
        s->list = more;
        s->room = room;
    }
    if (i >= s->n || s->list[i].exporter != x)
        s->list[i] = (struct listened){.exporter = x};
    s->n = i < s->n ? s->n : i + 1;
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

static void say_silent(struct worker *w, const struct listened *l, nsec_t silence)
{
    char sentence[120];
    snprintf(sentence, sizeof sentence, "is silent for %lld s; its longest pause was %lld s",
             (long long)(silence / SECOND), (long long)((l->usual + SECOND - 1) / SECOND));
    collect_say(w, l->exporter, sentence);
}

static void say_back(struct worker *w, const struct listened *l, nsec_t silence)
{
    char sentence[120];
    snprintf(sentence, sizeof sentence, "is back after %lld s of silence",
             (long long)(silence / SECOND));
    collect_say(w, l->exporter, sentence);
}

/* It was heard in the second that is over. */
static void hear(struct worker *w, struct listened *l, const struct exporter_row *row)
{
    nsec_t gap = l->last ? row->last - l->last : 0;
    bool was_silent = l->is_silent || (is_regular(l) && gap > patience(l));
    if (was_silent) {
        say_back(w, l, gap);
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
    struct exporter_row row;
    const struct exporter *x;
    for (uint32_t i = 0; (x = collector_exporter_at(w->collect->collector, i)); i++) {
        struct listened *l = place_of(&w->collect->silence, i, x);
        if (!l)
            return;
        exporter_to_row(x, &row);
        if (row.datagrams != l->datagrams) {
            hear(w, l, &row);
        } else if (is_regular(l) && !l->is_silent && now - l->last > patience(l)) {
            l->is_silent = true;
            say_silent(w, l, now - l->last);
        }
    }
}

const struct listened *silence_of(const struct silence *s, uint32_t i, const struct exporter *x)
{
    return i < s->n && s->list[i].exporter == x ? &s->list[i] : NULL;
}

void silence_fini(struct silence *s)
{
    mem_free(ACCOUNT_templates, s->list, s->room * sizeof *s->list);
    *s = (struct silence){0};
}
