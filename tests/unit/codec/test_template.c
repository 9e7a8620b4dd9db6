/* test_template.c - layouts of records over every element and width. */
#include "codec/template.h"
#include "codec/steps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static const uint16_t widths[] = {0,  1,  2,  3,  4,  5,   7,   8,   9,   15,    16,
                                  17, 32, 63, 64, 65, 127, 128, 255, 256, 65534, 65535};

static void run_packed(const struct template *t, const uint8_t *bytes, size_t len,
                       struct flow_in *f, struct aside *a, const struct steps_context *context)
{
    static struct packed packed;
    struct cursor set = cur_over(bytes, len);
    assert_true(steps_packed_most(t) >= 1);
    assert_true(steps_pack(t, &set, &packed, 0));
    assert_int_equal(cur_left(&set), 0);
    steps_run_packed(t, &packed, 1, f, a, context);
}

/* Decodes one record in memory of exactly its size, so that the sanitizers see a step too far. */
static void decode(const struct template *t, size_t len)
{
    uint8_t *bytes = malloc(len);
    assert_non_null(bytes);
    memset(bytes, 0xff, len);
    if (t->is_variable) {
        /* The length in front: what is left in one octet. */
        bytes[0] = (uint8_t)(len - 2);
    }
    struct flow_in f = {0};
    struct aside a = {0};
    const struct steps_context context = {.exported = SECOND, .has_uptime = true};
    if (t->is_variable)
        run_packed(t, bytes, len, &f, &a, &context);
    else
        steps_run(t, bytes, 1, &f, &a, &context);
    free(bytes);
}

static void try_width(uint32_t pen, uint16_t id, uint16_t octets)
{
    /* A second field, so that a width of zero leaves something to read. */
    const struct template_field fields[] = {{pen, id, octets, false}, {0, 210, 1, false}};
    const struct element *e = element_find(pen, id);
    enum template_fault fault;
    struct template *t = template_new(256, fields, 2, false, true, &fault);
    bool must_fail = steps_copy(pen, id) && !element_width_fits(e, octets);
    assert_int_equal(t == NULL, must_fail);
    assert_int_equal(fault, must_fail ? TEMPLATE_BAD_WIDTH : TEMPLATE_GOOD);
    if (!t)
        return;
    if (t->is_variable)
        for (size_t value = 0; value <= 40; value++)
            decode(t, value + 2);
    else
        decode(t, t->min_len);
    template_free(t);
}

static void test_no_width_of_any_element_reads_or_writes_too_far(void **state)
{
    for (size_t i = 0; element_row(i); i++)
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
            const struct element *e = element_row(i);
            try_width(e->pen, e->id, widths[w]);
            if (e->pen == PEN_IANA)
                try_width(PEN_REVERSE, e->id, widths[w]);
        }
}

static void test_the_sum_of_widths_does_not_wrap(void **state)
{
    struct template_field fields[TEMPLATE_FIELDS];
    for (size_t i = 0; i < TEMPLATE_FIELDS; i++)
        fields[i] = (struct template_field){0, 96, 65534, false};
    enum template_fault fault;
    struct template *t = template_new(256, fields, TEMPLATE_FIELDS, false, true, &fault);
    assert_non_null(t);
    assert_int_equal(t->min_len, (size_t)TEMPLATE_FIELDS * 65534);
    template_free(t);
}

static void test_a_template_of_variable_fields_alone_has_records_of_their_lengths(void **state)
{
    const struct template_field fields[] = {{0, 96, 65535, false}, {0, 94, 65535, false}};
    static const uint8_t bytes[] = {2, 'a', 'b', 255, 0, 1, 'c', 9};
    enum template_fault fault;
    struct template *t = template_new(256, fields, 2, false, true, &fault);
    struct cursor c = cur_over(bytes, sizeof bytes);
    assert_int_equal(template_record_len(t, &c), 7);
    cur_take(&c, 3);
    assert_int_equal(template_record_len(t, &c), 0);
    template_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_width_of_any_element_reads_or_writes_too_far),
        cmocka_unit_test(test_the_sum_of_widths_does_not_wrap),
        cmocka_unit_test(test_a_template_of_variable_fields_alone_has_records_of_their_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
