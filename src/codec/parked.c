/* parked.c - data sets that came before their template, kept until it comes. */
#include "codec/parked.h"

#include "base/alloc.h"

/* Each new template looks through all that waits: what fills a megabyte with empty sets would make a datagram of
 * templates cost a third of a second. Sets of half a kilobyte, as exporters fill them, reach both bounds. */
enum { SETS_MOST = 2048 };

/* One set; oldest first in its exporter's list. */
struct parked {
    struct parked *next;
    struct steps_context context;
    nsec_t received;
    uint32_t sampling;
    uint16_t id;
    uint16_t len;
    uint8_t bytes[];
};

static size_t size_of(const struct parked *p)
{
    return sizeof *p + p->len;
}

static struct parked *make_parked(struct exporter *x, size_t size, size_t most)
{
    if (x->parked_sets == SETS_MOST || x->parked_bytes + size > most || !exporter_claim(x, size))
        return NULL;
    struct parked *p = mem_alloc_small(ACCOUNT_templates, size);
    if (!p)
        exporter_unclaim(x, size);
    return p;
}

bool parked_keep(struct collector *c, const struct message *m, uint16_t id, struct cursor set)
{
    struct exporter *x = m->x;
    size_t len = cur_left(&set);
    struct parked *p = make_parked(x, sizeof *p + len, c->max_parked);
    if (!p) {
        collector_note(c, LOSS_parked_full);
        return false;
    }
    p->context = m->context;
    p->received = m->d->received;
    p->sampling = m->sampling;
    p->id = id;
    p->len = (uint16_t)len;
    memcpy(p->bytes, set.at, len);
    if (x->parked_last)
        x->parked_last->next = p;
    else
        x->parked = p;
    x->parked_last = p;
    x->parked_bytes += size_of(p);
    x->parked_sets++;
    return true;
}

static void discard(struct exporter *x, struct parked *p)
{
    x->parked_bytes -= size_of(p);
    exporter_unclaim(x, size_of(p));
    x->parked_sets--;
    mem_free(ACCOUNT_templates, p, size_of(p));
}

/* Takes what waits for this id out of the list, in its order. */
static struct parked *take_out(struct exporter *x, uint16_t id)
{
    struct parked *taken = NULL, **taken_end = &taken, **at = &x->parked;
    x->parked_last = NULL;
    while (*at) {
        struct parked *p = *at;
        if (p->id == id) {
            *at = p->next;
            p->next = NULL;
            *taken_end = p;
            taken_end = &p->next;
        } else {
            x->parked_last = p;
            at = &p->next;
        }
    }
    return taken;
}

uint32_t parked_release(struct collector *c, const struct message *m, struct template *t)
{
    uint32_t records = 0;
    if (!m->x->parked)
        return 0;
    for (struct parked *p = take_out(m->x, t->id), *next; p; p = next) {
        next = p->next;
        struct datagram d = *m->d;
        d.received = p->received;
        struct message then = {.d = &d, .x = m->x, .context = p->context, .sampling = p->sampling};
        struct cursor set = cur_over(p->bytes, p->len);
        if (t->is_options)
            options_take(c, &then, t, set);
        else
            records_take(c, &then, t, set);
        records += then.decoded + then.options;
        discard(m->x, p);
    }
    return records;
}

void parked_drop(struct collector *c, struct exporter *x, uint16_t id)
{
    for (struct parked *p = take_out(x, id), *next; p; p = next) {
        next = p->next;
        discard(x, p);
        collector_lose(c, x, LOSS_no_template, 1);
    }
}

void parked_expire(struct collector *c, struct exporter *x, nsec_t since)
{
    while (x->parked && x->parked->received < since) {
        struct parked *p = x->parked;
        x->parked = p->next;
        if (!x->parked)
            x->parked_last = NULL;
        discard(x, p);
        collector_lose(c, x, LOSS_no_template, 1);
    }
}
