/* template.c - layouts of data records: what an exporter announced, checked and made ready to copy. */
#include "codec/template.h"

#include "base/alloc.h"
#include "codec/steps.h"

bool field_next(struct field_walk *w)
{
    if (w->next >= w->layout->fields)
        return false;
    w->field = &w->layout->field[w->next];
    w->len = w->field->octets;
    if (w->len == TEMPLATE_VARIABLE) {
        /* RFC 7011, 7: one octet, or 255 and two. */
        w->len = cur_u8(&w->left);
        if (w->len == 255)
            w->len = cur_be16(&w->left);
    }
    w->bytes = cur_take(&w->left, w->len);
    if (!cur_ok(&w->left))
        return false;
    w->next++;
    return true;
}

size_t template_record_len(const struct template *t, const struct cursor *c)
{
    if (!t->is_variable)
        return cur_left(c) < t->min_len ? 0 : t->min_len;
    struct field_walk w = field_walk_over(t, c->at, cur_left(c));
    while (field_next(&w))
        ;
    return cur_ok(&w.left) ? (size_t)(w.left.at - c->at) : 0;
}

static enum template_fault check_fields(const struct template_field *fields, size_t n,
                                        size_t *min_len)
{
    *min_len = 0;
    for (size_t i = 0; i < n; i++) {
        const struct template_field *f = &fields[i];
        *min_len += f->octets == TEMPLATE_VARIABLE ? 1 : f->octets;
        const struct element *e = f->is_scope ? NULL : element_find(f->pen, f->id);
        /* A width that cannot be is only dangerous, and only a sign of nonsense, where it would be
         * copied; routers do send other elements in widths of their own. */
        if (e && steps_copy(f->pen, f->id) && !element_width_fits(e, f->octets))
            return TEMPLATE_BAD_WIDTH;
    }
    return *min_len ? TEMPLATE_GOOD : TEMPLATE_EMPTY;
}

/* Octets between fields of variable length; their sum to *sum. Returns the number of such fields. */
static uint32_t find_runs(const struct template_field *fields, size_t n, uint32_t *run,
                          uint32_t *sum)
{
    uint32_t variables = 0;
    run[0] = *sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (fields[i].octets == TEMPLATE_VARIABLE) {
            run[++variables] = 0;
            continue;
        }
        run[variables] += fields[i].octets;
        *sum += fields[i].octets;
    }
    return variables;
}

struct template *template_new(uint16_t id, const struct template_field *fields, size_t n,
                              bool is_options, bool is_ipfix, enum template_fault *fault)
{
    size_t min_len;
    *fault = n > TEMPLATE_FIELDS ? TEMPLATE_TOO_LARGE : check_fields(fields, n, &min_len);
    if (*fault != TEMPLATE_GOOD)
        return NULL;

    size_t steps_at = sizeof(struct template) + n * sizeof *fields;
    struct step steps[TEMPLATE_STEPS];
    uint32_t run[TEMPLATE_FIELDS + 1];
    struct template draft = {
        .id = id, .fields = (uint16_t)n, .min_len = min_len, .is_options = is_options};
    draft.variables = find_runs(fields, n, run, &draft.packed_len);
    draft.is_variable = draft.variables > 0;
    steps_compile(&draft, fields, is_ipfix, steps);

    size_t runs_at = steps_at + draft.steps * sizeof *steps;
    size_t runs_size = (draft.variables + 1) * sizeof *run;
    draft.size = runs_at + runs_size;
    struct template *t = mem_alloc(ACCOUNT_templates, draft.size);
    if (!t) {
        *fault = TEMPLATE_NO_MEMORY;
        return NULL;
    }
    *t = draft;
    memcpy(t->field, fields, n * sizeof *fields);
    memcpy((uint8_t *)t + steps_at, steps, t->steps * sizeof *steps);
    memcpy((uint8_t *)t + runs_at, run, runs_size);
    t->step = (const struct step *)(const void *)((uint8_t *)t + steps_at);
    t->run = (const uint32_t *)(const void *)((uint8_t *)t + runs_at);
    return t;
}

void template_free(struct template *t)
{
    if (t)
        mem_free(ACCOUNT_templates, t, t->size);
}

bool template_equal(const struct template *a, const struct template *b)
{
    if (a->fields != b->fields || a->is_options != b->is_options)
        return false;
    for (size_t i = 0; i < a->fields; i++) {
        const struct template_field *f = &a->field[i], *g = &b->field[i];
        if (f->pen != g->pen || f->id != g->id || f->octets != g->octets ||
            f->is_scope != g->is_scope)
            return false;
    }
    return true;
}
