/* settings_value.c - the text of one value becomes a number, with a sentence when it cannot. */
#include "base/settings_value.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/settings.h"

enum { DISTANCE_LETTERS = 40 };

bool value_read_flag(const char *text, bool *flag, struct err *e)
{
    static const char *const yes[] = {"on", "yes", "true", "1"};
    static const char *const no[] = {"off", "no", "false", "0"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        *flag = strcasecmp(text, yes[i]) == 0;
        if (*flag || strcasecmp(text, no[i]) == 0)
            return true;
    }
    return fail(e, "is on or off, not '%.60s'", text);
}

/* The factor that a suffix stands for, or 0 when it is none of the type's. */
static int64_t suffix_factor(enum option_type type, const char *suffix)
{
    if (!*suffix)
        return 1;
    if (type == OPTION_seconds && !suffix[1])
        switch (*suffix) {
        case 's':
            return 1;
        case 'm':
            return 60;
        case 'h':
            return 3600;
        case 'd':
            return 86400;
        default:
            return 0;
        }
    if (type != OPTION_bytes)
        return 0;
    if (suffix[1] && strcmp(suffix + 1, "B") != 0 && strcmp(suffix + 1, "iB") != 0)
        return 0;
    switch (*suffix | 0x20) {
    case 'k':
        return INT64_C(1) << 10;
    case 'm':
        return INT64_C(1) << 20;
    case 'g':
        return INT64_C(1) << 30;
    case 't':
        return INT64_C(1) << 40;
    default:
        return 0;
    }
}

static const char *type_words(enum option_type type)
{
    switch (type) {
    case OPTION_seconds:
        return "a time such as 90, 90s, 5m, 2h or 1d";
    case OPTION_bytes:
        return "a size such as 4096, 64k, 512M or 2G";
    default:
        return "a whole number";
    }
}

bool value_read_number(const struct option_info *option, const char *text, int64_t *number,
                       struct err *e)
{
    const char *at = text;
    bool negative = *at == '-';
    if (negative)
        at++;
    bool fits = true;
    int64_t value = 0;
    const char *digits = at;
    for (; *at >= '0' && *at <= '9'; at++)
        fits &= !__builtin_mul_overflow(value, 10, &value) &&
                !__builtin_add_overflow(value, *at - '0', &value);
    int64_t factor = suffix_factor(option->type, at);
    if (at == digits || !factor)
        return fail(e, "is %s, not '%.60s'", type_words(option->type), text);

    fits &= !__builtin_mul_overflow(value, negative ? -factor : factor, &value);
    if (!fits || value < option->min || value > option->max)
        return fail(e, "is from %" PRId64 " to %" PRId64 "%s%s, not %.60s", option->min,
                    option->max, *option->unit ? " " : "", option->unit, text);
    *number = value;
    return true;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned value_distance(const char *a, const char *b)
{
    unsigned rows[3][DISTANCE_LETTERS + 1];
    unsigned *two_up = rows[0], *up = rows[1], *row = rows[2];
    unsigned len_a = (unsigned)strnlen(a, DISTANCE_LETTERS);
    unsigned len_b = (unsigned)strnlen(b, DISTANCE_LETTERS);
    for (unsigned j = 0; j <= len_b; j++)
        up[j] = j;
    for (unsigned i = 1; i <= len_a; i++) {
        row[0] = i;
        for (unsigned j = 1; j <= len_b; j++) {
            unsigned change = up[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(change, least(up[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], two_up[j - 2] + 1);
        }
        unsigned *spare = two_up;
        two_up = up;
        up = row;
        row = spare;
    }
    return up[len_b];
}
