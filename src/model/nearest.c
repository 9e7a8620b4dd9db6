/* nearest.c - which of many names is meant by a misspelt one.
 *
 * Distance of Damerau and Levenshtein with adjacent swaps, on rows of at most 40 bytes, so that a
 * search costs microseconds and no memory.
 */
#include "model/nearest.h"

#include <ctype.h>
#include <string.h>

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

static char lower(char c)
{
    return (char)tolower((unsigned char)c);
}

struct nearest nearest_to(const char *name, size_t len)
{
    struct nearest n = {.distance = NEAREST_NAME};
    if (len >= NEAREST_NAME)
        return n;
    for (size_t i = 0; i < len; i++)
        n.name[i] = lower(name[i]);
    n.len = len;
    return n;
}

static size_t distance(const struct nearest *n, const char *to, size_t to_len)
{
    size_t rows[3][NEAREST_NAME + 1];
    size_t *two = rows[0], *one = rows[1], *row = rows[2];
    for (size_t j = 0; j <= to_len; j++)
        one[j] = two[j] = j;
    for (size_t i = 1; i <= n->len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= to_len; j++) {
            size_t differs = n->name[i - 1] != lower(to[j - 1]);
            row[j] = min3(row[j - 1] + 1, one[j] + 1, one[j - 1] + differs);
            if (i > 1 && j > 1 && n->name[i - 1] == lower(to[j - 2]) &&
                n->name[i - 2] == lower(to[j - 1]) && two[j - 2] + 1 < row[j])
                row[j] = two[j - 2] + 1;
        }
        size_t *oldest = two;
        two = one;
        one = row;
        row = oldest;
    }
    return one[to_len];
}

void nearest_offer(struct nearest *n, const char *candidate)
{
    size_t len = strlen(candidate);
    if (!n->len || !len || len >= NEAREST_NAME)
        return;
    size_t allowed = len / 3 ? len / 3 : 1;
    size_t d = distance(n, candidate, len);
    if (d <= allowed && d < n->distance && d < len) {
        n->distance = d;
        n->best = candidate;
    }
}
