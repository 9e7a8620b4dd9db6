/* test_filter_docs.c - docs/filter.md tells the truth: it has every field, and its examples work. */
#include "model/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "model/filter_tree.h"
#include "model/protos.h"

static struct text doc;

/* The page stands at a fixed place beside this file. */
static int setup(void **state)
{
    static const char file[] = __FILE__;
    char path[512];
    const char *slash = strrchr(file, '/');
    snprintf(path, sizeof path, "%.*s/../../../docs/filter.md", (int)(slash - file), file);
    FILE *f = fopen(path, "re");
    if (!f)
        return -1;
    char line[512];
    while (fgets(line, sizeof line, f))
        text_add(&doc, line);
    fclose(f);
    protos_set(5, "DNS", 14, 1);
    protos_set(91, "TLS", 5, 0);
    return 0;
}

static int teardown(void **state)
{
    text_free(&doc);
    return 0;
}

static void test_every_operand_is_described(void **state)
{
    char cell[80];
    for (size_t i = 0; i < field_count; i++) {
        if (field_table[i].kind == KIND_none)
            continue;
        snprintf(cell, sizeof cell, "| `%s` | ", field_table[i].operand);
        const char *row = strstr(doc.data, cell);
        if (!row)
            fail_msg("docs/filter.md has no row for %s", field_table[i].operand);
        if (strncmp(strstr(row + strlen(cell), " | ") + 3, field_table[i].tip,
                    strlen(field_table[i].tip)) != 0)
            fail_msg("docs/filter.md says something else about %s than its tip",
                     field_table[i].operand);
    }
    for (size_t i = 0; i < operand_group_count; i++) {
        snprintf(cell, sizeof cell, "`%s`", operand_groups[i].name);
        assert_non_null(strstr(doc.data, cell));
    }
}

/* The first indented block: an expression, at least two blanks, what it means. */
static void test_every_example_compiles(void **state)
{
    const char *line = strstr(doc.data, "\n    ");
    unsigned n = 0;
    while (line && !strncmp(line, "\n    ", 5)) {
        const char *end = strstr(line + 5, "   ");
        assert_non_null(end);
        char expression[128];
        snprintf(expression, sizeof expression, "%.*s", (int)(end - line - 5), line + 5);
        struct filter_error e;
        struct filter *f = filter_compile(expression, &e);
        if (!f)
            fail_msg("%s: %s at %zu", expression, e.text, e.at);
        filter_free(f);
        n++;
        line = strchr(line + 1, '\n');
    }
    assert_int_equal(n, 7);
}

/* The last block: a wrong expression, "at N: sentence". */
static void test_every_error_is_as_written(void **state)
{
    const char *line = strstr(strstr(doc.data, "## Errors"), "\n    ");
    unsigned n = 0;
    while (line && !strncmp(line, "\n    ", 5)) {
        const char *at = strstr(line + 5, " at ");
        assert_non_null(at);
        const char *end = at;
        while (end > line && end[-1] == ' ')
            end--;
        char expression[128], told[300];
        snprintf(expression, sizeof expression, "%.*s", (int)(end - line - 5), line + 5);
        struct filter_error e;
        assert_null(filter_compile(expression, &e));
        snprintf(told, sizeof told, "at %zu: %s", e.at, e.text);
        assert_memory_equal(told, at + 1, strlen(told));
        n++;
        line = strchr(line + 1, '\n');
    }
    assert_int_equal(n, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_operand_is_described),
        cmocka_unit_test(test_every_example_compiles),
        cmocka_unit_test(test_every_error_is_as_written),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
