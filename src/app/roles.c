/* roles.c - the table of what the program can be. */
#include "app/roles.h"

#include "model/nearest.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct role role_table[] = {
#define ROLE(name_, function, usage_, text_)                                                       \
    {.name = #name_, .run = function, .usage = usage_, .text = text_},
#include "app/roles.def"
#undef ROLE
};
const unsigned role_count = sizeof role_table / sizeof *role_table;

const struct role *role_find(const char *word)
{
    for (unsigned i = 0; i < role_count; i++) {
        if (!strcmp(role_table[i].name, word))
            return &role_table[i];
    }
    return NULL;
}

const struct role *role_nearest(const char *word)
{
    struct nearest near = nearest_to(word, strlen(word));
    for (unsigned i = 0; i < role_count; i++)
        nearest_offer(&near, role_table[i].name);
    return near.best ? role_find(near.best) : NULL;
}

int complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("weir: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return STATUS_SETUP;
}
