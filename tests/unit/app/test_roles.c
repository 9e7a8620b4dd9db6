/* test_roles.c - words are found, misspelt ones are guessed, help knows whose option is whose. */
#include "app/help.h"
#include "app/roles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void test_every_role_is_found_by_its_word(void **state)
{
    (void)state;
    for (unsigned i = 0; i < role_count; i++)
        assert_ptr_equal(role_find(role_table[i].name), &role_table[i]);
    assert_null(role_find("reed"));
}

static void test_a_misspelt_word_names_the_nearest_role(void **state)
{
    (void)state;
    assert_string_equal(role_nearest("reed")->name, "read");
    assert_string_equal(role_nearest("leger")->name, "ledger");
    assert_string_equal(role_nearest("vresion")->name, "version");
    assert_null(role_nearest("trace.pcap"));
}

static bool applies(const char *option, const char *role)
{
    return help_applies(settings_find(option), role_find(role));
}

static void test_options_belong_to_the_roles_that_their_sentence_names(void **state)
{
    (void)state;
    assert_true(applies("filter", "read"));
    assert_false(applies("filter", "monitor"));
    assert_true(applies("check", "ledger"));
    assert_false(applies("check", "read"));
    assert_true(applies("json", "ledger"));
    assert_true(applies("json", "bench"));
    assert_true(applies("json", "version"));
    assert_false(applies("json", "read"));
    assert_true(applies("interface", "monitor"));
    assert_false(applies("interface", "read"));
    assert_true(applies("workers", "read"));
    assert_true(applies("data-dir", "ledger"));
}

static void test_every_option_belongs_to_some_role(void **state)
{
    (void)state;
    for (size_t i = 0; i < settings_count; i++) {
        unsigned roles = 0;
        for (unsigned k = 0; k < role_count; k++)
            roles += help_applies(&settings_options[i], &role_table[k]);
        assert_true(roles > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_role_is_found_by_its_word),
        cmocka_unit_test(test_a_misspelt_word_names_the_nearest_role),
        cmocka_unit_test(test_options_belong_to_the_roles_that_their_sentence_names),
        cmocka_unit_test(test_every_option_belongs_to_some_role),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
