/* test_regex.c - regular expressions in linear time. */
#include "model/regex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <regex.h>
#include <cmocka.h>

static bool match(const char *pattern, const char *text)
{
    struct regex_error e = {0};
    struct regex *re = regex_compile(pattern, strlen(pattern), &e);
    if (!re)
        fail_msg("%s: %s at %zu", pattern, e.text, e.at);
    bool hit = regex_match(re, text, strlen(text));
    regex_free(re);
    return hit;
}

static void test_patterns_match_what_they_say(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool hit;
    } rows[] = {
        {"", "", true},
        {"", "abc", true},
        {"b", "abc", true},
        {"B", "abc", true},
        {"^b", "abc", false},
        {"^a.c$", "abc", true},
        {"a.c", "ac", false},
        {"^(ads?|track)[0-9]*\\.", "ad12.example.org", true},
        {"^(ads?|track)[0-9]*\\.", "badge.example.org", false},
        {"a|b|c", "xxc", true},
        {"^(a|b|c)$", "d", false},
        {"ab*c", "ac", true},
        {"ab*c", "abbbc", true},
        {"ab+c", "ac", false},
        {"ab+c", "abbc", true},
        {"ab?c", "abc", true},
        {"ab?c", "abbc", false},
        {"^a{3}$", "aaa", true},
        {"^a{3}$", "aaaa", false},
        {"^a{2,}$", "aaaaa", true},
        {"^a{2,}$", "a", false},
        {"^a{0,2}$", "", true},
        {"^a{0,2}$", "aaa", false},
        {"^(ab){2,3}$", "ababab", true},
        {"^(ab){2,3}$", "abababab", false},
        {"^x{0}y$", "y", true},
        {"a{", "a{", true},
        {"a{x}", "a{x}", true},
        {"[a-c]x", "bx", true},
        {"[A-C]x", "bx", true},
        {"[^a-c]x", "bx", false},
        {"[^a-c]x", "dx", true},
        {"[]]", "]", true},
        {"[a-]", "-", true},
        {"[\\d_]+$", "a1_2", true},
        {"^\\w+$", "ab_1", true},
        {"^\\w+$", "ab-1", false},
        {"^\\D+$", "ab", true},
        {"^\\S+$", "a b", false},
        {"\\bcat\\b", "a cat!", true},
        {"\\bcat\\b", "concat", false},
        {"\\Bcat", "concat", true},
        {"a.*?b", "axxb", true},
        {"(?:ab)+c", "ababc", true},
        {"(a*)*b", "aaaac", false},
        {"(a|a)*$", "aaaa", true},
        {"^(a{2})*$", "aaaa", true},
        {"^(a{2})*$", "aaa", false},
        {"^a{2}*$", "aaaa", true},
        {"\\.", ".", true},
        {"\\.", "x", false},
        {"$", "", true},
        {"a$b", "ab", false},
        {"()", "", true},
        {"(|a)b", "b", true},
        {"\xc3\xa4", "z\xc3\xa4h", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (match(rows[i].pattern, rows[i].text) != rows[i].hit)
            fail_msg("/%s/ on \"%s\"", rows[i].pattern, rows[i].text);
}

static void test_wrong_patterns_are_refused_with_the_place(void **state)
{
    static const struct {
        const char *pattern;
        size_t at;
    } rows[] = {{"a(b", 1}, {"a)", 1},    {"[a", 0},     {"*a", 0},     {"a|*", 2},
                {"a\\", 2}, {"[b-a]", 2}, {"a{101}", 1}, {"a{3,2}", 1}, {"(?=a)", 1},
                {"[\\", 2}, {"a*{2}", 2}, {"a{2}{2}", 4}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct regex_error e = {0};
        assert_null(regex_compile(rows[i].pattern, strlen(rows[i].pattern), &e));
        assert_non_null(e.text);
        if (e.at != rows[i].at)
            fail_msg("/%s/: %s at %zu", rows[i].pattern, e.text, e.at);
    }
}

static void test_patterns_that_would_grow_are_refused(void **state)
{
    static const char *const patterns[] = {"(((((a{100}){100}){100}){100}){100})",
                                           "((((((){100}){100}){100}){100}){100})",
                                           "((((((((((((((((((a))))))))))))))))))",
                                           "[a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a]"
                                           "[a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a]"
                                           "[a][a]"};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        struct regex_error e = {0};
        assert_null(regex_compile(patterns[i], strlen(patterns[i]), &e));
    }
    char longest[REGEX_PATTERN + 1];
    memset(longest, 'a', sizeof longest);
    struct regex_error e = {0};
    assert_null(regex_compile(longest, sizeof longest, &e));
    struct regex *re = regex_compile(longest, REGEX_PATTERN, &e);
    assert_non_null(re);
    regex_free(re);
}

/* Backtracking would need 2^40 steps for it. */
static void test_the_worst_pattern_is_quick(void **state)
{
    char text[256];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_false(match("^(a+)+(a|a)*(a?){40}b", text));
    assert_false(match("(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)x", text));
}

/* Random patterns of a small alphabet against libc's own engine. */
static void test_random_patterns_agree_with_libc(void **state)
{
    static const char *const parts[] = {"a", "b", ".", "[ab]", "[^a]", "(", ")",  "|",
                                        "*", "+", "?", "^",    "$",    "a", "{2}"};
    unsigned seed = 20261120, compared = 0, hits = 0;
    for (int round = 0; round < 20000; round++) {
        char pattern[64] = "", text[12];
        unsigned n = 1 + (unsigned)rand_r(&seed) % 8;
        while (n--)
            strcat(pattern, parts[(unsigned)rand_r(&seed) % (sizeof parts / sizeof *parts)]);
        if (strstr(pattern, "+?") || strstr(pattern, "}?") || strstr(pattern, "??"))
            continue; /* lazy here, optional there */
        size_t len = (unsigned)rand_r(&seed) % 8;
        for (size_t i = 0; i < len; i++)
            text[i] = "abc"[(unsigned)rand_r(&seed) % 3];
        text[len] = '\0';
        regex_t libc;
        struct regex_error e;
        struct regex *ours = regex_compile(pattern, strlen(pattern), &e);
        if (!ours)
            continue;
        if (regcomp(&libc, pattern, REG_EXTENDED | REG_NOSUB | REG_ICASE)) {
            regex_free(ours);
            continue;
        }
        bool expected = regexec(&libc, text, 0, NULL, 0) == 0;
        bool hit = regex_match(ours, text, len);
        if (hit != expected)
            fail_msg("/%s/ on \"%s\": %d", pattern, text, hit);
        compared++;
        hits += hit;
        regfree(&libc);
        regex_free(ours);
    }
    assert_true(compared > 3000);
    assert_true(hits > 500 && hits < compared - 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns_match_what_they_say),
        cmocka_unit_test(test_wrong_patterns_are_refused_with_the_place),
        cmocka_unit_test(test_patterns_that_would_grow_are_refused),
        cmocka_unit_test(test_the_worst_pattern_is_quick),
        cmocka_unit_test(test_random_patterns_agree_with_libc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
