/* test_notice.c - a sentence that changes while others read it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/notice.h"
#include "base/thread.h"

#include <cmocka.h>

struct writing {
    struct notice notice;
    atomic_bool enough;
};

static void write_on(void *argument)
{
    struct writing *w = argument;
    char text[NOTICE_BYTES];
    for (unsigned i = 0; !atomic_load(&w->enough); i++) {
        memset(text, 'a' + (int)(i % 26), sizeof text);
        text[40 + i % 26] = '\0';
        notice_set(&w->notice, text);
    }
}

static void test_a_reader_never_sees_two_sentences_mixed(void **state)
{
    (void)state;
    struct writing *w = calloc(1, sizeof *w);
    struct thread writer;
    struct err e;
    notice_set(&w->notice, "");
    assert_true(thread_start(&writer, "writer", write_on, w, &e));
    unsigned mixed = 0;
    for (unsigned i = 0; i < 200000; i++) {
        char text[NOTICE_BYTES];
        notice_get(&w->notice, text);
        size_t len = strlen(text);
        mixed += len && (strspn(text, (char[]){text[0], '\0'}) != len ||
                         len != 40 + (size_t)(text[0] - 'a'));
    }
    atomic_store(&w->enough, true);
    thread_join(&writer);
    assert_int_equal(mixed, 0);
    free(w);
}

static void test_a_long_sentence_is_cut(void **state)
{
    (void)state;
    struct notice n = {0};
    char text[NOTICE_BYTES], endless[200];
    notice_get(&n, text);
    assert_string_equal(text, "");
    memset(endless, 'x', sizeof endless);
    endless[199] = '\0';
    notice_set(&n, endless);
    notice_get(&n, text);
    assert_int_equal(strlen(text), NOTICE_BYTES - 1);
    notice_set(&n, "up");
    notice_get(&n, text);
    assert_string_equal(text, "up");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reader_never_sees_two_sentences_mixed),
        cmocka_unit_test(test_a_long_sentence_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
