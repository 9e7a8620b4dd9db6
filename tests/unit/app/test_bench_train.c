/* test_bench_train.c - what a made-up exporter sends is what it says, sent once or again. */
#include "app/bench_train.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { FLOWS = 1000, BYTES = 1 << 20 };

static const nsec_t begin = 1700000000 * SECOND;

struct seen {
    uint64_t flows, frames, bytes, misplaced;
};

static void see_flows(void *to, const struct flow_in *f, size_t n)
{
    struct seen *seen = to;
    for (size_t i = 0; i < n; i++) {
        bool is_sample = f[i].kind == FLOW_IN_SAMPLE;
        seen->flows += !is_sample; /* those come as frames, too */
        seen->bytes += f[i].bytes[0];
        seen->misplaced += !is_sample && (f[i].version != 4 || f[i].dst_port != 443 ||
                                          f[i].src_port < 1024 || !f[i].packets[0]);
    }
}

static void see_frame(void *to, const struct frame *frame, const struct flow_in *f)
{
    struct seen *seen = to;
    seen->frames++;
    seen->misplaced += frame->cap_len != 128 || f->sampling != 100;
}

/* Sends the train twice; returns the records that it told. */
static uint64_t send_twice(struct train *t, struct collector *c)
{
    uint64_t told = 0;
    nsec_t now = begin;
    uint32_t i = 0;
    for (uint32_t sent = 0; sent < 2 * t->n; sent++) {
        told += train_stamp(t, i, now);
        collector_take(c, &t->message[i]);
        now += MILLISECOND;
        i = train_next(t, i);
    }
    return told;
}

static void test_every_form_is_taken_to_the_last_record_and_without_a_complaint(void **state)
{
    static const struct collector_ops ops = {.flows = see_flows, .frame = see_frame};
    (void)state;
    for (unsigned form = 0; form < TRAIN_FORMS; form++) {
        struct seen seen = {0};
        struct train t;
        struct err e = {""};
        struct collector *c = collector_new(&(struct collector_config){0}, &ops, &seen, &e);
        assert_non_null(c);
        assert_true(train_make(&t, &train_forms[form], FLOWS, BYTES, begin, &e));
        uint64_t told = send_twice(&t, c);
        const struct collector_counts *counts = collector_counts(c);
        assert_int_equal(counter_get(&counts->accepted), told);
        assert_int_equal(seen.flows + seen.frames, told);
        assert_int_equal(seen.misplaced, 0);
        assert_true(seen.bytes || seen.frames);
        for (unsigned i = 0; i < LOSSES; i++)
            assert_int_equal(counter_get(&counts->loss[i]), 0);
        struct exporter_row row;
        assert_true(collector_exporter(c, 0, &row));
        assert_int_equal(row.lost, 0);
        assert_int_equal(row.restarts, 0);
        assert_false(collector_exporter(c, 1, &row));
        train_free(&t);
        collector_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_form_is_taken_to_the_last_record_and_without_a_complaint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
