/* sets.c - the sets of which messages of NetFlow v9 and IPFIX are made.
 *
 *     set:      | id, 2 | octets with this header, 2 | records or templates ... |
 *     template: | id, 2 | fields, 2 | (IPFIX options: scope fields, 2) | id, 2 | octets, 2 | (enterprise, 4) | ...
 *     options template of v9: | id, 2 | octets of scopes, 2 | octets of options, 2 | ...
 */
#include "codec/sets.h"

#include "codec/parked.h"

enum {
    SET_HEADER = 4,
    SET_DATA = 256, /* and above */
    V9_TEMPLATES = 0,
    V9_OPTIONS = 1,
    IPFIX_TEMPLATES = 2,
    IPFIX_OPTIONS = 3,
    ENTERPRISE_BIT = 0x8000,
    NTOP_IDS = 1024 /* elements that ntop has placed above NTOP_IN_V9 */
};

/* A message on its way: sets from `waiting` to `here`, the set that is being read, have data that is not
 * decoded yet. */
struct walk {
    struct collector *c;
    struct message *m;
    const uint8_t *waiting, *here;
    bool has_data;
};

static bool is_ipfix(const struct message *m)
{
    return m->x->telemetry == TELEMETRY_IPFIX;
}

/* The next set: false at the end, where only padding, or nonsense that is counted, is left. */
static bool next_set(struct walk *w, struct cursor *body, uint16_t *id, struct cursor *set,
                     bool is_first_time)
{
    const uint8_t *h = cur_peek(body, SET_HEADER);
    size_t len = h ? load_be16(h + 2) : 0;
    if (h && len >= SET_HEADER && len <= cur_left(body)) {
        *id = load_be16(h);
        *set = cur_over(h + SET_HEADER, len - SET_HEADER);
        cur_take(body, len);
        return true;
    }
    bool is_padding = true;
    for (const uint8_t *p = body->at; p < body->end; p++)
        is_padding &= !*p;
    if (!is_padding && is_first_time)
        collector_lose(w->c, w->m->x, LOSS_set_length, 1);
    return false;
}

/* ---- Data ----------------------------------------------------------------------------------------- */

static void take_data(struct walk *w, uint16_t id, struct cursor set)
{
    struct template *t = exporter_template(w->m->x, id);
    if (!t) {
        w->m->is_unknown = true;
        if (exporter_has_voided(w->m->x, id) || !parked_keep(w->c, w->m, id, set))
            collector_lose(w->c, w->m->x, LOSS_no_template, 1);
        return;
    }
    t->used = w->m->d->received;
    if (t->is_options)
        return;
    uint32_t before = w->m->decoded;
    records_take(w->c, w->m, t, set);
    t->records += w->m->decoded - before;
}

static void take_options(struct walk *w, struct template *t, struct cursor set)
{
    t->used = w->m->d->received;
    uint32_t before = w->m->options;
    options_take(w->c, w->m, t, set);
    t->records += w->m->options - before;
}

/* Decodes the data sets that wait: at the end, and before a layout that they may need goes away. */
static void take_waiting(struct walk *w)
{
    struct cursor body = cur_over(w->waiting, (size_t)(w->here - w->waiting));
    uint16_t id;
    struct cursor set;
    while (w->has_data && next_set(w, &body, &id, &set, false))
        if (id >= SET_DATA)
            take_data(w, id, set);
    w->waiting = w->here;
    w->has_data = false;
}

/* ---- Templates ------------------------------------------------------------------------------------ */

static void bad_template(struct walk *w, uint16_t id)
{
    take_waiting(w);
    /* What came before with this id is void as well (B08), and no later layout may read its data. */
    exporter_void_template(w->m->x, id);
    parked_drop(w->c, w->m->x, id);
    collector_note(w->c, LOSS_template_bad);
}

/* Options that came before their layout, but in its message. */
static void take_waiting_options(struct walk *w, struct template *t)
{
    struct cursor body = cur_over(w->waiting, (size_t)(w->here - w->waiting));
    uint16_t id;
    struct cursor set;
    while (w->has_data && next_set(w, &body, &id, &set, false))
        if (id == t->id)
            take_options(w, t, set);
}

/* Neither the old layout nor the new one is used: the data waits until it is announced in peace. */
static void refuse_storm(struct walk *w, struct template *t)
{
    collector_note(w->c, LOSS_template_storm);
    collector_say(
        w->c, w->m->x, NEWS_TEMPLATES,
        "changes template %u more than ten times in a second: two exporters that cannot be "
        "told apart, or an attack",
        t->id);
    exporter_forget_template(w->m->x, t->id);
    template_free(t);
}

static void learn(struct walk *w, uint16_t id, const struct template_field *fields, size_t n,
                  bool is_options)
{
    enum template_fault fault;
    struct template *t = template_new(id, fields, n, is_options, is_ipfix(w->m), &fault);
    if (!t) {
        bad_template(w, id);
        return;
    }
    t->used = t->learnt = w->m->d->received;
    const struct template *old = exporter_template(w->m->x, id);
    if (old && template_equal(old, t)) {
        template_free(t);
        exporter_template(w->m->x, id)->used = w->m->d->received;
        return;
    }
    if (old) {
        take_waiting(w);
        collector_note(w->c, LOSS_template_changed);
    }
    if (!exporter_may_announce(w->m->x, old != NULL, w->m->d->received)) {
        refuse_storm(w, t);
        return;
    }
    bool evicted;
    if (!exporter_take_template(w->m->x, t, &evicted))
        return;
    if (evicted)
        collector_note(w->c, LOSS_template_evicted);
    if (is_options)
        take_waiting_options(w, t);
    t->records += parked_release(w->c, w->m, t);
}

static struct template_field read_field(const struct walk *w, struct cursor *set, bool is_scope)
{
    struct template_field f = {.is_scope = is_scope};
    f.id = cur_be16(set);
    f.octets = cur_be16(set);
    if (is_ipfix(w->m)) {
        if (f.id & ENTERPRISE_BIT) {
            f.id &= (uint16_t)~ENTERPRISE_BIT;
            f.pen = cur_be32(set);
        }
    } else if (!is_scope && f.id >= NTOP_IN_V9 && f.id < NTOP_IN_V9 + NTOP_IDS) {
        f.id = (uint16_t)(f.id - NTOP_IN_V9);
        f.pen = PEN_NTOP;
    }
    return f;
}

/* One layout, or by the id of its set all of a kind (RFC 7011, 8.1). Another id is no withdrawal but
 * padding or nonsense: false. */
static bool withdraw(struct walk *w, uint16_t id, bool is_options)
{
    if (id < SET_DATA && id != (is_options ? IPFIX_OPTIONS : IPFIX_TEMPLATES))
        return false;
    take_waiting(w);
    if (id < SET_DATA)
        exporter_forget_templates(w->m->x, !is_options, is_options);
    else
        exporter_forget_template(w->m->x, id);
    return true;
}

/* One template; false when nothing more of the set can be read. */
static bool take_template(struct walk *w, struct cursor *set, bool is_options)
{
    uint16_t id = cur_be16(set), n = cur_be16(set), scopes = 0;
    if (is_ipfix(w->m) && n == 0)
        return withdraw(w, id, is_options);
    if (id < SET_DATA)
        return false;
    if (is_options && is_ipfix(w->m)) {
        scopes = cur_be16(set);
    } else if (is_options) {
        scopes = n / 4;
        n = (uint16_t)(scopes + cur_be16(set) / 4);
    }
    struct template_field fields[TEMPLATE_FIELDS];
    for (size_t i = 0; i < n && cur_ok(set); i++) {
        struct template_field f = read_field(w, set, i < scopes);
        if (i < TEMPLATE_FIELDS)
            fields[i] = f;
    }
    w->m->templates++;
    if (!cur_ok(set) || scopes > n)
        bad_template(w, id);
    else
        learn(w, id, fields, n, is_options);
    return cur_ok(set);
}

static void take_templates(struct walk *w, struct cursor set, bool is_options)
{
    while (cur_left(&set) >= 4 && take_template(w, &set, is_options))
        ;
}

/* ---- A message ------------------------------------------------------------------------------------ */

static void take_set(struct walk *w, uint16_t id, struct cursor set)
{
    uint16_t templates = is_ipfix(w->m) ? IPFIX_TEMPLATES : V9_TEMPLATES;
    uint16_t options = is_ipfix(w->m) ? IPFIX_OPTIONS : V9_OPTIONS;
    if (id == templates || id == options) {
        take_templates(w, set, id == options);
    } else if (id >= SET_DATA) {
        struct template *t = exporter_template(w->m->x, id);
        if (t && t->is_options)
            take_options(w, t, set);
        w->has_data = true;
    } else {
        collector_note(w->c, LOSS_set_reserved);
    }
}

void sets_take(struct collector *c, struct message *m, struct cursor body)
{
    struct walk w = {.c = c, .m = m, .waiting = body.at};
    uint16_t id;
    struct cursor set;
    w.here = body.at;
    while (next_set(&w, &body, &id, &set, true)) {
        take_set(&w, id, set);
        w.here = body.at;
    }
    take_waiting(&w);
}
